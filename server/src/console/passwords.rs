//! Passwords: which are accepted, how they are kept (argon2id), and that checking them cannot be used to
//! exhaust the server.
//!
//! One hash takes 19 MiB and some ten milliseconds of one core. So hashing runs on the blocking threads, two
//! at a time, and a request that would wait longer than two seconds is sent away instead. Browsers that signed in
//! before have a place of their own, which a crowd of strangers cannot take.

use super::common::is_common;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const AT_ONCE: usize = 2;
/// Beside them, for browsers that are known.
const RESERVED: usize = 1;
const LONGEST_WAIT: Duration = Duration::from_secs(2);

const SHORTEST: usize = 12;
/// Nobody types more; it bounds the work of the estimate below.
const LONGEST: usize = 256;
/// How much of a password its strength is estimated by: the work grows with the square of the length.
const ESTIMATED: usize = 72;

/// Belongs to no password. Unknown logins are checked against it, so that they take as long as known ones.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y291bnRlcnNpZ24tbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password was not checked or kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasswordError {
    /// Too many at once; try again in a moment.
    #[error("too many passwords are being checked")]
    Busy,
    #[error("the password could not be hashed")]
    Hash,
}

/// Why a new password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Weakness {
    #[error("Use at least {} characters.", SHORTEST)]
    Short,
    #[error("Use at most {} characters.", LONGEST)]
    Long,
    #[error("The password must differ from the login.")]
    IsLogin,
    #[error(
        "This is one of the passwords that everybody tries first. Several unrelated words make a good one."
    )]
    Common,
    #[error("This password is too easy to guess. Several unrelated words make a good one.")]
    Guessable,
}

/// Hashes and checks passwords, a few at a time. Clones share the limit.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    permits: Arc<Semaphore>,
    reserved: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), reserved: Arc::new(Semaphore::new(RESERVED)) }
    }

    /// The same in the reserved place.
    pub(super) fn reserved(&self) -> Self {
        Self { permits: Arc::clone(&self.reserved), reserved: Arc::clone(&self.reserved) }
    }

    /// The PHC string to keep.
    pub(super) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || {
            let hash: PasswordHash =
                argon2()?.hash_password(password.as_bytes()).map_err(|_| PasswordError::Hash)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password belongs to the kept hash. Without one it takes as long, and the answer is no.
    pub(super) async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || {
            let known = kept.is_some();
            let kept = kept.as_deref().unwrap_or(NOBODY);
            let hash = PasswordHash::new(kept).map_err(|_| PasswordError::Hash)?;
            let matches = argon2()?.verify_password(password.as_bytes(), &hash).is_ok();
            Ok(known && matches)
        })
        .await
    }

    /// Whether a new password may be used for this login (empty where that is not known).
    pub(super) async fn accept(
        &self,
        password: String,
        login: String,
    ) -> Result<Result<(), Weakness>, PasswordError> {
        self.run(move || Ok(check(&password, &login))).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let waiting = Arc::clone(&self.permits).acquire_owned();
        let permit = match tokio::time::timeout(LONGEST_WAIT, waiting).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) | Err(_) => return Err(PasswordError::Busy),
        };
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            // Only now: a caller that hung up must not free the place while the work goes on.
            drop(permit);
            result
        });
        done.await.map_err(|_| PasswordError::Hash)?
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::Hash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// At least twelve characters, not the login, none that everybody tries, and hard to guess (zxcvbn 3 of 4: some 10^8 guesses or more).
fn check(password: &str, login: &str) -> Result<(), Weakness> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Weakness::Short);
    }
    if length > LONGEST {
        return Err(Weakness::Long);
    }
    if password.to_lowercase() == login.to_lowercase() {
        return Err(Weakness::IsLogin);
    }
    if is_common(password) {
        return Err(Weakness::Common);
    }
    let head: String = password.chars().take(ESTIMATED).collect();
    // Words that an attacker tries first on this very site.
    let known: &[&str] = if login.is_empty() { &["countersign"] } else { &[login, "countersign"] };
    let estimate = zxcvbn::zxcvbn(&head, known);
    if estimate.score() >= zxcvbn::Score::Three { Ok(()) } else { Err(Weakness::Guessable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_passwords_are_long_and_hard_to_guess() {
        for (password, login, expected) in [
            ("", "ada", Err(Weakness::Short)),
            ("x7#kQ9!mZ2p", "ada", Err(Weakness::Short)),
            ("aaaaaaaaaaaaaaaa", "ada", Err(Weakness::Guessable)),
            ("password1234", "ada", Err(Weakness::Common)),
            ("Dragon!!!!!!!2026", "ada", Err(Weakness::Common)),
            ("countersign1", "ada", Err(Weakness::Guessable)),
            ("ada.lovelace@example.org", "Ada.Lovelace@example.org", Err(Weakness::IsLogin)),
            ("correct horse battery staple", "ada", Ok(())),
            ("x7#kQ9!mZ2pL", "ada", Ok(())),
            ("ŵyth ōstrich öfen 42 zebra", "ada", Ok(())),
        ] {
            assert_eq!(check(password, login), expected, "{password}");
        }
        assert_eq!(check(&"long".repeat(65), "ada"), Err(Weakness::Long));
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let passwords = Passwords::new();
        let kept = passwords.hash("correct horse battery staple".to_owned()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(
            passwords.verify("correct horse battery staple".to_owned(), Some(kept.clone())).await.unwrap()
        );
        assert!(!passwords.verify("correct horse battery stable".to_owned(), Some(kept)).await.unwrap());
    }

    #[tokio::test]
    async fn strangers_do_not_take_the_reserved_place() {
        let passwords = Passwords::new();
        let _crowd = passwords.permits.acquire_many(2).await.unwrap();
        let wrong = passwords.verify("x".to_owned(), None).await;
        assert!(matches!(wrong, Err(PasswordError::Busy)));
        assert!(!passwords.reserved().verify("x".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password_but_is_checked_all_the_same() {
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert!(!Passwords::new().verify("correct horse battery staple".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_kept_hash_that_does_not_read_is_an_error() {
        let kept = Some("not a hash".to_owned());
        assert!(matches!(Passwords::new().verify("x".to_owned(), kept).await, Err(PasswordError::Hash)));
    }
}
