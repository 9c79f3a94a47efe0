//! A ceremony under way, as it is kept: what is asked of the browser, and what its answer is held against.

use super::error::PasskeyFailure;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::accounts::{Account, CeremonyPurpose, Passkey as Stored};
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PasskeyRegistration, Uuid, Webauthn};

/// What is kept of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    /// The member `publicKey` of what the browser is asked (section 5.4 and 5.5), as JSON.
    pub(super) options: Value,
    pub(super) awaited: Awaited,
}

/// What for, with the state that the answer must fit.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Awaited {
    Add {
        name: String,
        state: Box<PasskeyRegistration>,
    },
    SignIn {
        state: Box<DiscoverableAuthentication>,
    },
    SecondFactor {
        /// Which password was right.
        password_version: i64,
        state: Box<DiscoverableAuthentication>,
    },
    Prove {
        /// The page that asked for it.
        back: String,
        state: Box<DiscoverableAuthentication>,
    },
}

impl Awaited {
    pub(super) fn purpose(&self) -> CeremonyPurpose {
        match self {
            Self::Add { .. } => CeremonyPurpose::Add,
            Self::SignIn { .. } => CeremonyPurpose::SignIn,
            Self::SecondFactor { .. } => CeremonyPurpose::SecondFactor,
            Self::Prove { .. } => CeremonyPurpose::Prove,
        }
    }
}

impl Begun {
    pub(super) fn read(data: &str) -> Result<Self, PasskeyFailure> {
        serde_json::from_str(data).map_err(PasskeyFailure::Kept)
    }

    pub(super) fn write(&self) -> Result<String, PasskeyFailure> {
        serde_json::to_string(self).map_err(PasskeyFailure::Kept)
    }

    /// Another passkey, which must lie on its authenticator so that it says by itself whose it is.
    pub(super) fn adding(
        webauthn: &Webauthn,
        account: &Account,
        known: &[Stored],
        name: String,
    ) -> Result<Self, PasskeyFailure> {
        let ids = known.iter().map(|stored| read(stored).map(|passkey| passkey.cred_id().clone()));
        let ids: Vec<Vec<u8>> = ids.collect::<Result<_, _>>()?;
        let handle = handle(&account.id)?;
        let (asked, state) =
            webauthn.start_passkey_registration(handle, &account.login, &account.name, Some(ids))?;
        let mut options = serde_json::to_value(&asked.public_key).map_err(PasskeyFailure::Kept)?;
        if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".to_owned(), json!("required"));
            selection.insert("requireResidentKey".to_owned(), json!(true));
        }
        Ok(Self { options, awaited: Awaited::Add { name, state: Box::new(state) } })
    }

    /// Whichever passkey of this console there is.
    pub(super) fn signing_in(webauthn: &Webauthn) -> Result<Self, PasskeyFailure> {
        let (options, state) = asked(webauthn, &[])?;
        Ok(Self { options, awaited: Awaited::SignIn { state } })
    }

    /// One of these, since the password was right.
    pub(super) fn second_factor(
        webauthn: &Webauthn,
        account: &Account,
        known: &[Stored],
    ) -> Result<Self, PasskeyFailure> {
        let (options, state) = asked_of(webauthn, known)?;
        let password_version = account.password_version;
        Ok(Self { options, awaited: Awaited::SecondFactor { password_version, state } })
    }

    /// One of these, of whoever is signed in.
    pub(super) fn proving(
        webauthn: &Webauthn,
        known: &[Stored],
        back: String,
    ) -> Result<Self, PasskeyFailure> {
        let (options, state) = asked_of(webauthn, known)?;
        Ok(Self { options, awaited: Awaited::Prove { back, state } })
    }
}

type Asked = (Value, Box<DiscoverableAuthentication>);

fn asked_of(webauthn: &Webauthn, known: &[Stored]) -> Result<Asked, PasskeyFailure> {
    if known.is_empty() {
        return Err(PasskeyFailure::NoPasskey);
    }
    asked(webauthn, known)
}

/// Asks for an answer of one of these passkeys; of any, where there are none. That it is one of them is looked at again
/// when it answers.
fn asked(webauthn: &Webauthn, known: &[Stored]) -> Result<Asked, PasskeyFailure> {
    let (asked, state) = webauthn.start_discoverable_authentication()?;
    let mut options = serde_json::to_value(&asked.public_key).map_err(PasskeyFailure::Kept)?;
    let mut allowed = Vec::with_capacity(known.len());
    for stored in known {
        let id = URL_SAFE_NO_PAD.encode(read(stored)?.cred_id());
        allowed.push(json!({ "type": "public-key", "id": id }));
    }
    if let Some(options) = options.as_object_mut() {
        options.insert("allowCredentials".to_owned(), Value::Array(allowed));
    }
    Ok((options, Box::new(state)))
}

/// The passkey as it is kept.
pub(super) fn read(stored: &Stored) -> Result<Passkey, PasskeyFailure> {
    serde_json::from_str(&stored.credential).map_err(PasskeyFailure::Kept)
}

/// What authenticators know an account by: its id, which says nothing of anybody.
pub(super) fn handle(account: &str) -> Result<Uuid, PasskeyFailure> {
    Uuid::parse_str(account).map_err(|_| PasskeyFailure::Outdated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::passkeys::Party;
    use crate::console::public_url::check_public_url;

    #[test]
    fn a_sign_in_asks_for_any_passkey_with_verification_and_reads_back() {
        let party = Party::of(&check_public_url("https://console.example.org").unwrap());
        let begun = Begun::signing_in(party.webauthn().unwrap()).unwrap();
        assert_eq!(begun.options["allowCredentials"], json!([]));
        assert_eq!(begun.options["userVerification"], "required");
        assert_eq!(begun.options["rpId"], "console.example.org");
        let read = Begun::read(&begun.write().unwrap()).unwrap();
        assert_eq!(read.options, begun.options);
        assert_eq!(read.awaited.purpose(), CeremonyPurpose::SignIn);
        assert_ne!(
            Begun::signing_in(party.webauthn().unwrap()).unwrap().options["challenge"],
            read.options["challenge"]
        );
    }

    #[test]
    fn nothing_is_asked_of_an_account_without_passkeys() {
        let party = Party::of(&check_public_url("https://console.example.org").unwrap());
        let none = Begun::proving(party.webauthn().unwrap(), &[], "/".to_owned());
        assert!(matches!(none, Err(PasskeyFailure::NoPasskey)));
    }
}
