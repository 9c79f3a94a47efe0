//! Signatures of webhooks, as Standard Webhooks writes them (https://www.standardwebhooks.com, version 1.0.0): HMAC-SHA256
//! over id, time and body, under a secret that both sides keep.

use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::ops::RangeInclusive;

/// What a secret begins with; behind it stands the key in base64.
const PREFIX: &str = "whsec_";

/// How many bytes a key has.
const KEY: RangeInclusive<usize> = 24..=64;

/// A text that is no secret of a webhook. Nothing of it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the webhook is not `whsec_` and 24 to 64 bytes in base64")]
pub struct SecretError;

/// A fresh secret of 256 random bits, which are handed down.
pub fn fresh_secret(random: &[u8; 32]) -> Secret {
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(random)))
}

/// One signature: `v1,` and base64. `at`: seconds since 1970.
///
/// # Errors
/// When the secret is none.
pub fn sign(secret: &Secret, id: &str, at: i64, body: &str) -> Result<String, SecretError> {
    let key = secret
        .expose()
        .strip_prefix(PREFIX)
        .and_then(|text| STANDARD.decode(text).ok())
        .filter(|key| KEY.contains(&key.len()))
        .ok_or(SecretError)?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).map_err(|_| SecretError)?;
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body.as_bytes());
    let signature: [u8; 32] = mac.finalize().into_bytes().into();
    Ok(format!("v1,{}", STANDARD.encode(signature)))
}

/// The header `webhook-signature`: a signature under each of the secrets, any of which a receiver may know.
///
/// # Errors
/// When a secret is none.
pub fn header(secrets: &[Secret], id: &str, at: i64, body: &str) -> Result<String, SecretError> {
    let signatures: Result<Vec<String>, SecretError> =
        secrets.iter().map(|secret| sign(secret, id, at, body)).collect();
    Ok(signatures?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;

    fn published() -> Secret {
        Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    }

    /// The example that the libraries of Standard Webhooks are tested with.
    #[test]
    fn it_is_the_published_signature() {
        assert_eq!(
            sign(&published(), ID, AT, BODY).as_deref(),
            Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
    }

    #[test]
    fn two_secrets_sign_beside_each_other() {
        let newer = fresh_secret(&[7; 32]);
        let both = header(&[newer.clone(), published()], ID, AT, BODY).expect("signs");
        let (first, second) = both.split_once(' ').expect("two");
        assert_eq!(sign(&newer, ID, AT, BODY).as_deref(), Ok(first));
        assert_eq!(sign(&published(), ID, AT, BODY).as_deref(), Ok(second));
    }

    #[test]
    fn what_is_no_secret_signs_nothing() {
        let short = format!("{PREFIX}{}", STANDARD.encode([1; 23]));
        let long = format!("{PREFIX}{}", STANDARD.encode([1; 65]));
        let bare = STANDARD.encode([1; 32]);
        for bad in ["", PREFIX, "whsec_***", &short, &long, &bare] {
            assert_eq!(sign(&Secret::new(bad), ID, AT, BODY), Err(SecretError), "{bad}");
        }
        assert!(!SecretError.to_string().contains("***"));
    }

    proptest! {
        /// Every secret that is made signs, and any other id, time, body or secret gives another signature.
        #[test]
        fn everything_is_signed(
            random: [u8; 32],
            id in "[a-z0-9-]{1,40}",
            at in 0_i64..4_000_000_000,
            body in ".{0,200}",
            other in ".{1,20}",
        ) {
            let secret = fresh_secret(&random);
            let signed = sign(&secret, &id, at, &body).expect("signs");
            prop_assert!(signed.starts_with("v1,") && signed.len() == 47);
            prop_assert_ne!(&sign(&secret, &format!("{id}0"), at, &body).expect("signs"), &signed);
            prop_assert_ne!(&sign(&secret, &id, at + 1, &body).expect("signs"), &signed);
            prop_assert_ne!(&sign(&secret, &id, at, &format!("{body}{other}")).expect("signs"), &signed);
            let mut random = random;
            random[0] ^= 1;
            prop_assert_ne!(&sign(&fresh_secret(&random), &id, at, &body).expect("signs"), &signed);
        }
    }
}
