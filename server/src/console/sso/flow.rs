//! One sign-in under way, as one browser has it: a secret in its cookie, from which everything else follows.

use crate::console::links;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// How long somebody may take at the provider, in microseconds. The cookie lasts as long.
pub(super) const VALID_FOR: i64 = 10 * 60 * 1_000_000;

/// A secret is 32 bytes as base64url.
const LENGTH: usize = 43;

/// The secret of the cookie. Neither it nor anything that follows from it is printed or stored, but for a digest.
pub(super) struct Flow(String);

impl Flow {
    pub(super) fn fresh() -> Self {
        Self(links::secret())
    }

    /// What a browser sent, if it could be one of ours.
    pub(super) fn sent(secret: String) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (secret.len() == LENGTH && secret.bytes().all(fits)).then_some(Self(secret))
    }

    /// For the cookie.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// What the provider hands back (RFC 6749, section 10.12).
    pub(super) fn state(&self) -> String {
        self.derived("state")
    }

    /// What the ID token repeats (OpenID Connect Core 1.0, section 15.5.2).
    pub(super) fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// What shows that whoever brings the code is who asked for it (RFC 7636).
    pub(super) fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// Under which the sign-in is kept.
    pub(super) fn state_digest(&self) -> [u8; 32] {
        links::digest(&self.state())
    }

    /// 256 bits that tell nothing of the secret, nor of each other.
    fn derived(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("countersign sign-in {what} {}", self.0).as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_follow_from_the_secret_and_differ() {
        let (one, other) = (Flow::fresh(), Flow::fresh());
        let parts = [one.state(), one.nonce(), one.verifier(), other.state(), one.secret().to_owned()];
        for (at, part) in parts.iter().enumerate() {
            assert_eq!(part.len(), LENGTH);
            assert!(!parts[..at].contains(part), "{part}");
        }
        let again = Flow::sent(one.secret().to_owned()).unwrap();
        assert_eq!(
            (again.state(), again.nonce(), again.verifier()),
            (one.state(), one.nonce(), one.verifier())
        );
        assert_eq!(again.state_digest(), links::digest(&one.state()));
    }

    #[test]
    fn what_cannot_be_a_secret_is_none() {
        for bad in ["", "x", &"é".repeat(22), &"a".repeat(44), &format!("{}=", "a".repeat(42))] {
            assert!(Flow::sent((*bad).to_owned()).is_none(), "{bad}");
        }
    }
}
