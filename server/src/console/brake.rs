//! The brake on guessing: in which buckets an attempt counts, and how many of them a minute holds. All replicas
//! count together, in the database.

use super::ConsoleState;
use super::address::Address;
use axum::http::{Extensions, HeaderMap};
use policy::Timestamp;
use store::StoreError;

/// In one minute, for one login from one address.
const PER_LOGIN: i64 = 5;
/// In one minute, from one address for any login.
const PER_ADDRESS: i64 = 20;
/// In one minute, by one browser that signed in before.
const PER_DEVICE: i64 = 5;
/// In one minute, of somebody who is signed in and gives the own password once more.
const PER_ACCOUNT: i64 = 5;

/// Who tries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attempt<'a> {
    /// A browser that is not known.
    Stranger { login: &'a str, address: Address },
    /// A browser that signed in to this account before, by its digest. What others do is not counted against it.
    Known { device: &'a [u8; 32], address: Address },
    /// Somebody who is signed in.
    SignedIn { account: &'a str, address: Address },
    /// Whoever shows the administration API a token that is none.
    Token { address: Address },
    /// Whoever begins to sign in by a provider, which is asked for it.
    Provider { address: Address },
    /// Whoever begins to sign in by a passkey alone.
    Passkey { address: Address },
}

impl Attempt<'_> {
    /// The address first: a long login is cut, and must not cut the address away.
    fn buckets(self) -> Vec<(String, i64)> {
        match self {
            Self::Stranger { login, address } => {
                let from = address.bucket();
                vec![(format!("address {from}"), PER_ADDRESS), (format!("{from} login {login}"), PER_LOGIN)]
            }
            Self::Known { device, .. } => vec![(format!("device {}", hex::encode(device)), PER_DEVICE)],
            Self::SignedIn { account, address } => {
                vec![(format!("{} password {account}", address.bucket()), PER_ACCOUNT)]
            }
            Self::Token { address } => vec![(format!("token {}", address.bucket()), PER_ADDRESS)],
            Self::Provider { address } => vec![(format!("provider {}", address.bucket()), PER_ADDRESS)],
            Self::Passkey { address } => vec![(format!("passkey {}", address.bucket()), PER_ADDRESS)],
        }
    }

    /// For the log, which must not have the login: people type their password into the wrong field.
    fn origin(self) -> String {
        match self {
            Self::Stranger { address, .. }
            | Self::Known { address, .. }
            | Self::SignedIn { address, .. }
            | Self::Token { address }
            | Self::Provider { address }
            | Self::Passkey { address } => address.bucket(),
        }
    }
}

/// Counts an attempt. Where there were too many: how many seconds to wait.
pub(super) async fn count(state: &ConsoleState, attempt: Attempt<'_>) -> Result<Option<i64>, StoreError> {
    let now = state.now();
    let buckets = attempt.buckets();
    if buckets.iter().any(|(bucket, _)| state.attempts.is_full(bucket, now)) {
        return Ok(Some(rest_of_minute(now)));
    }
    // Strangers queue for the database. The others are few, and wait for nobody.
    let _turn = match attempt {
        Attempt::Stranger { .. }
        | Attempt::Token { .. }
        | Attempt::Provider { .. }
        | Attempt::Passkey { .. } => match state.attempts.turn().await {
            Some(turn) => Some(turn),
            None => return Ok(Some(1)),
        },
        Attempt::Known { .. } | Attempt::SignedIn { .. } => None,
    };
    for (bucket, most) in buckets {
        if state.store.register_attempt(&bucket, now).await? > most {
            if state.attempts.fill(&bucket, now) {
                let from = attempt.origin();
                tracing::warn!(address = %from, "too many attempts to sign in; refused for the rest of the minute");
            }
            return Ok(Some(rest_of_minute(now)));
        }
    }
    Ok(None)
}

impl ConsoleState {
    /// Where a request came from.
    pub(crate) fn address_of(&self, headers: &HeaderMap, extensions: &Extensions) -> Address {
        Address::of(self, headers, extensions)
    }

    /// Counts a request with an administrator token that is none. Where there were too many from this address: how
    /// many seconds to wait.
    pub(crate) async fn count_bad_token(&self, address: Address) -> Result<Option<i64>, StoreError> {
        count(self, Attempt::Token { address }).await
    }
}

/// Attempts are counted in whole minutes.
fn rest_of_minute(now: Timestamp) -> i64 {
    60 - now.micros().div_euclid(1_000_000).rem_euclid(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_ends_with_the_minute() {
        for (moment, seconds) in
            [("2026-11-23T10:00:00Z", 60), ("2026-11-23T10:00:01.5Z", 59), ("2026-11-23T10:00:59.999Z", 1)]
        {
            assert_eq!(rest_of_minute(Timestamp::parse(moment).unwrap()), seconds, "{moment}");
        }
    }
}
