//! Signed texts in their compact form (RFC 7515, section 7.1), by Ed25519 (RFC 8037). Pure: no key is kept here, no clock
//! is asked.
//!
//! A text is only ever taken with the very header that its kind and its key give: nothing of a header that came is read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::EllipticCurve;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The longest text that is looked at, in bytes.
const MAX_TEXT: usize = 4 * 1024;

/// Bytes of a private or a public key.
const KEY: usize = 32;

/// What stands before the private key in its PKCS #8 form (RFC 8410, section 7).
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What a text is for. One kind is never taken for another (RFC 8725, section 3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Binds a request for approval to the denial that gave rise to it.
    Denial,
    /// Says that a request was approved.
    Approval,
}

impl Kind {
    fn typ(self) -> &'static str {
        match self {
            Self::Denial => "countersign-denial+jwt",
            Self::Approval => "countersign-approval+jwt",
        }
    }
}

/// A private key, ready to sign.
#[derive(Clone)]
pub(super) struct PrivateKey {
    key: EncodingKey,
    /// 32 bytes, base64url: `x` of the public half.
    public: String,
}

impl PrivateKey {
    /// The key of these 256 random bits. None: the library refuses them.
    pub(super) fn from_seed(seed: &[u8; KEY]) -> Option<Self> {
        let key = EncodingKey::from_ed_der(&[PKCS8.as_slice(), seed.as_slice()].concat());
        let half = DEFAULT_PROVIDER.key_utils.ed_pub_components_from_private_key;
        let public = half(key.as_bytes(), &EllipticCurve::Ed25519).ok()?;
        Some(Self { key, public: URL_SAFE_NO_PAD.encode(public) })
    }

    /// The key as it is kept: its seed, base64url. None: it is something else.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let seed = <[u8; KEY]>::try_from(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        Self::from_seed(&seed)
    }

    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// The signed text of a payload. None: the library does not sign.
    pub(super) fn sign(&self, kind: Kind, kid: &str, payload: &str) -> Option<String> {
        let signed = format!("{}.{}", header(kind, kid), URL_SAFE_NO_PAD.encode(payload));
        let signer = (DEFAULT_PROVIDER.signer_factory)(&Algorithm::EdDSA, &self.key).ok()?;
        let signature = signer.try_sign(signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The payload of a text that is of this kind and signed by this key. `public`: `x` of the key.
pub(super) fn verified(text: &str, kind: Kind, kid: &str, public: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let (signed, signature) = text.rsplit_once('.')?;
    let payload = signed.strip_prefix(&header(kind, kid))?.strip_prefix('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if URL_SAFE_NO_PAD.decode(public).ok()?.len() != KEY {
        return None;
    }
    let key = DecodingKey::from_ed_components(public).ok()?;
    let verifier = (DEFAULT_PROVIDER.verifier_factory)(&Algorithm::EdDSA, &key).ok()?;
    verifier.verify(signed.as_bytes(), &signature).ok()?;
    URL_SAFE_NO_PAD.decode(payload).ok()
}

/// The thumbprint of a public key (RFC 7638; RFC 8037, appendix A.3).
pub(super) fn thumbprint(public: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

/// The key as it is published (RFC 7517; RFC 8037, section 2).
pub(super) fn jwk(kid: &str, public: &str) -> serde_json::Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": public, "kid": kid, "alg": "EdDSA", "use": "sig" })
}

fn header(kind: Kind, kid: &str) -> String {
    let header = json!({ "alg": "EdDSA", "kid": kid, "typ": kind.typ() });
    URL_SAFE_NO_PAD.encode(header.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> PrivateKey {
        PrivateKey::from_seed(&[byte; KEY]).expect("a key")
    }

    fn part(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn the_example_of_rfc_8037() {
        // Appendix A.1 to A.3: a key, its public half and its thumbprint.
        let private = PrivateKey::from_text("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("a key");
        assert_eq!(private.public(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(thumbprint(private.public()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_signed_is_taken_for_what_it_is_alone() {
        let (one, two) = (key(1), key(2));
        let text = one.sign(Kind::Denial, "kid", r#"{"a":1}"#).expect("signs");
        let read = verified(&text, Kind::Denial, "kid", one.public());
        assert_eq!(read.as_deref(), Some(br#"{"a":1}"#.as_slice()));
        assert!(verified(&text, Kind::Approval, "kid", one.public()).is_none(), "another kind");
        assert!(verified(&text, Kind::Denial, "other", one.public()).is_none(), "another name");
        assert!(verified(&text, Kind::Denial, "kid", two.public()).is_none(), "another key");
        assert!(verified(&text, Kind::Denial, "kid", "AAAA").is_none(), "no key");
    }

    #[test]
    fn forged_texts() {
        let key = key(1);
        let text = key.sign(Kind::Denial, "kid", r#"{"a":1}"#).expect("signs");
        let (signed, signature) = text.rsplit_once('.').expect("three parts");
        let (head, payload) = signed.split_once('.').expect("three parts");
        let none = part(r#"{"alg":"none","kid":"kid","typ":"countersign-denial+jwt"}"#);
        let own = part(r#"{"alg":"EdDSA","jwk":{"kty":"OKP"},"kid":"kid","typ":"countersign-denial+jwt"}"#);
        for forged in [
            String::new(),
            "..".to_owned(),
            signed.to_owned(),
            format!("{signed}."),
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            format!("{own}.{payload}.{signature}"),
            format!("{head}.{}.{signature}", part(r#"{"a":2}"#)),
            format!("{head}.{payload}.{payload}.{signature}"),
            format!("{text}="),
            format!(" {text}"),
            format!("{text}.{signature}"),
            format!("{head}.{}.{signature}", "x".repeat(MAX_TEXT)),
        ] {
            assert!(verified(&forged, Kind::Denial, "kid", key.public()).is_none(), "{forged}");
        }
    }

    proptest! {
        #[test]
        fn no_other_text_is_taken(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.=-]") {
            let key = key(3);
            let text = key.sign(Kind::Approval, "kid", r#"{"sub":"a","exp":1}"#).expect("signs");
            let mut letters: Vec<char> = text.chars().collect();
            let at = at.index(letters.len());
            let with = with.chars().next().expect("one letter");
            prop_assume!(letters[at] != with);
            letters[at] = with;
            let other: String = letters.into_iter().collect();
            prop_assert!(verified(&other, Kind::Approval, "kid", key.public()).is_none());
        }
    }
}
