//! One public key (RFC 7517, RFC 7518 section 6, RFC 8037), bound to what it is for, and the one place that verifies
//! signatures.

use crate::tokens::header::{MAX_KID, algorithm};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use policy::issuer::Algorithm;
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt;

/// The sizes of RSA keys that are taken, in bits (RFC 7518, section 3.3; above, verifying takes long).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Kind {
    fn fits(self, algorithm: Algorithm) -> bool {
        let wanted = match algorithm {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => Self::Rsa,
            Algorithm::Es256 => Self::P256,
            Algorithm::Es384 => Self::P384,
            Algorithm::EdDsa => Self::Ed25519,
        };
        self == wanted
    }
}

/// A public key that can verify tokens.
#[derive(Debug)]
pub(in crate::tokens) struct Key {
    kid: Option<String>,
    /// The one algorithm that it is for, where it says so.
    algorithm: Option<Algorithm>,
    kind: Kind,
    thumbprint: [u8; 32],
    material: Material,
}

/// What is needed to check a signature, as `ring` takes it.
enum Material {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    /// Of a curve.
    Point(Vec<u8>),
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa(_) => "Rsa",
            Self::Point(_) => "Point",
        })
    }
}

impl Key {
    /// None: it is no key that can verify a token, or not one that should.
    pub(in crate::tokens) fn read(jwk: &Map<String, Value>) -> Option<Self> {
        // A private key that was published is nobody's any more.
        if jwk.contains_key("d") || jwk.contains_key("k") {
            return None;
        }
        if !may_verify(jwk) {
            return None;
        }
        let kid = match jwk.get("kid") {
            None => None,
            Some(Value::String(kid)) if !kid.is_empty() && kid.len() <= MAX_KID => Some(kid.clone()),
            Some(_) => return None,
        };
        let (kind, thumbprint, material) = material(jwk)?;
        let algorithm = match jwk.get("alg") {
            None => None,
            // A name that is not known here, such as `RSA-OAEP`, is for something else.
            Some(name) => Some(name.as_str().and_then(algorithm).filter(|named| kind.fits(*named))?),
        };
        Some(Self { kid, algorithm, kind, thumbprint, material })
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The SHA-256 thumbprint (RFC 7638).
    pub(in crate::tokens) fn thumbprint(&self) -> &[u8; 32] {
        &self.thumbprint
    }

    pub(in crate::tokens) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.kind.fits(algorithm) && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Whether this key signed `signed` so. The caller has asked [`Self::is_for`].
    pub(in crate::tokens) fn verifies(&self, algorithm: Algorithm, signed: &str, signature: &[u8]) -> bool {
        verifies(&self.material, algorithm, signed.as_bytes(), signature)
    }
}

/// Checks with `ring`, which needs a tenth of the time of what reads the keys (ADR 0026).
fn verifies(material: &Material, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
    let checked = match (material, scheme(algorithm)) {
        (Material::Rsa(key), Scheme::Rsa(scheme)) => key.verify(scheme, signed, signature),
        (Material::Point(point), Scheme::Curve(scheme)) => {
            UnparsedPublicKey::new(scheme, point).verify(signed, signature)
        }
        (Material::Rsa(_), Scheme::Curve(_)) | (Material::Point(_), Scheme::Rsa(_)) => return false,
    };
    checked.is_ok()
}

/// How `ring` checks the signatures of an algorithm.
enum Scheme {
    Rsa(&'static RsaParameters),
    Curve(&'static dyn VerificationAlgorithm),
}

/// RFC 7518, sections 3.3 to 3.5, and RFC 8037, section 3.1. Signatures of elliptic curves are two numbers of fixed length.
fn scheme(algorithm: Algorithm) -> Scheme {
    match algorithm {
        Algorithm::Rs256 => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 => Scheme::Curve(&signature::ECDSA_P256_SHA256_FIXED),
        Algorithm::Es384 => Scheme::Curve(&signature::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDsa => Scheme::Curve(&signature::ED25519),
    }
}

/// `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3), where they are given, must say that it verifies.
fn may_verify(jwk: &Map<String, Value>) -> bool {
    let by_use = jwk.get("use").is_none_or(|used| used == "sig");
    let by_operation = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|one| one == "verify"))
    });
    by_use && by_operation
}

/// What kind of key it is, its thumbprint, and the key itself.
fn material(jwk: &Map<String, Value>) -> Option<(Kind, [u8; 32], Material)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let (n, e) = (text("n")?, text("e")?);
            let key = RsaPublicKeyComponents { n: decode(n)?, e: decode(e)? };
            rsa_is_sound(&key.n, &key.e).then_some(())?;
            let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
            Some((Kind::Rsa, thumbprint(&members), Material::Rsa(key)))
        }
        ("EC", Some(curve)) => {
            let (kind, length, algorithm) = match curve {
                "P-256" => (Kind::P256, 32, jsonwebtoken::Algorithm::ES256),
                "P-384" => (Kind::P384, 48, jsonwebtoken::Algorithm::ES384),
                _ => return None,
            };
            let (x, y) = (text("x")?, text("y")?);
            let (left, right) = (decode(x)?, decode(y)?);
            (left.len() == length && right.len() == length).then_some(())?;
            is_a_point(&DecodingKey::from_ec_components(x, y).ok()?, algorithm).then_some(())?;
            let members = format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#);
            // Uncompressed (SEC 1, section 2.3.3).
            Some((kind, thumbprint(&members), Material::Point([vec![4], left, right].concat())))
        }
        ("OKP", Some("Ed25519")) => {
            let x = text("x")?;
            let point = decode(x)?;
            // The library takes the first 32 bytes of what it gets.
            (point.len() == 32).then_some(())?;
            is_a_point(&DecodingKey::from_ed_components(x).ok()?, jsonwebtoken::Algorithm::EdDSA)
                .then_some(())?;
            let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
            Some((Kind::Ed25519, thumbprint(&members), Material::Point(point)))
        }
        _ => None,
    }
}

/// base64url without padding; what decodes holds nothing that JSON would escape.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The size of the modulus, which is odd as two primes make it, and an odd exponent of 3 or more that fits into 32 bits.
fn rsa_is_sound(modulus: &[u8], exponent: &[u8]) -> bool {
    let Some((first, rest)) = modulus.split_first() else { return false };
    // Base64urlUInt (RFC 7518, section 2) has no leading zeros.
    let bits = rest.len() * 8 + (8 - first.leading_zeros() as usize);
    let exponent = match exponent {
        [0, ..] | [] => return false,
        bytes if bytes.len() > 4 => return false,
        bytes => bytes.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte)),
    };
    let odd = modulus.last().is_some_and(|last| last % 2 == 1);
    *first != 0 && odd && RSA_BITS.contains(&bits) && exponent >= 3 && exponent % 2 == 1
}

/// Whether the coordinates lie on the curve. `ring` asks that with each signature, but does not tell it of a key alone.
fn is_a_point(key: &DecodingKey, algorithm: jsonwebtoken::Algorithm) -> bool {
    (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key).is_ok()
}

fn thumbprint(members: &str) -> [u8; 32] {
    Sha256::digest(members.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(jwk: &Value) -> Option<Key> {
        Key::read(jwk.as_object().expect("an object"))
    }

    #[test]
    fn the_thumbprint_of_rfc_7638() {
        // Section 3.1.
        let key = read(&json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        }))
        .expect("a key");
        assert_eq!(URL_SAFE_NO_PAD.encode(key.thumbprint()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert!(key.is_for(Algorithm::Rs256));
        assert!(!key.is_for(Algorithm::Ps256), "it says what it is for");
        assert!(!key.is_for(Algorithm::Es256));
    }

    #[test]
    fn the_signature_of_rfc_8037() {
        // Appendix A.4.
        let key = read(&json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }))
        .expect("a key");
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature =
            decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
                .expect("base64url");
        assert!(key.verifies(Algorithm::EdDsa, signed, &signature));
        assert!(!key.verifies(Algorithm::EdDsa, "else", &signature));
        assert!(!key.verifies(Algorithm::Es256, signed, &signature));
        assert!(!key.verifies(Algorithm::Rs256, signed, &signature));
    }

    #[test]
    fn what_is_no_key_to_verify_with() {
        let point = json!({
            "kty": "EC", "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        });
        assert!(read(&point).is_some(), "the key of RFC 7517, appendix A.1");
        for (member, value) in [
            ("kty", json!("RSA")),
            ("kty", json!("oct")),
            ("kty", json!("ec")),
            ("kty", json!(null)),
            ("crv", json!("P-384")),
            ("crv", json!("P-521")),
            ("crv", json!("secp256k1")),
            ("crv", json!("Ed25519")),
            ("x", json!("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D5")),
            ("x", json!("AAAA")),
            ("y", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
            ("y", json!("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM=")),
            ("y", json!(7)),
            ("use", json!("enc")),
            ("use", json!(["sig"])),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!("verify")),
            ("alg", json!("RS256")),
            ("alg", json!("ES384")),
            ("alg", json!("ECDH-ES")),
            ("alg", json!("HS256")),
            ("alg", json!("none")),
            ("alg", json!(null)),
            ("kid", json!("")),
            ("kid", json!(7)),
            ("kid", json!("x".repeat(257))),
            ("d", json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE")),
            ("k", json!("c2VjcmV0")),
        ] {
            let mut jwk = point.clone();
            jwk[member] = value.clone();
            assert!(read(&jwk).is_none(), "{member}: {value}");
        }
        let mut jwk = point;
        for (member, value) in
            [("use", json!("sig")), ("key_ops", json!(["verify"])), ("alg", json!("ES256"))]
        {
            jwk[member] = value;
        }
        assert!(read(&jwk).is_some());
    }

    #[test]
    fn rsa_keys_have_a_sound_size() {
        let modulus = |bits: usize| [vec![0x80_u8], vec![1; bits / 8 - 1]].concat();
        for (bits, exponent, sound) in [
            (2_048, vec![1, 0, 1], true),
            (4_096, vec![3], true),
            (1_024, vec![1, 0, 1], false),
            (2_040, vec![1, 0, 1], false),
            (4_104, vec![1, 0, 1], false),
            (2_048, vec![], false),
            (2_048, vec![0], false),
            (2_048, vec![1], false),
            (2_048, vec![1, 0, 0], false),
            (2_048, vec![0, 1, 0, 1], false),
            (2_048, vec![1, 0, 0, 0, 1], false),
        ] {
            assert_eq!(rsa_is_sound(&modulus(bits), &exponent), sound, "{bits} {exponent:?}");
        }
        assert!(!rsa_is_sound(&[], &[3]));
        let padded = [vec![0], modulus(2_048)].concat();
        assert!(!rsa_is_sound(&padded, &[3]));
        let even = [modulus(2_040), vec![2]].concat();
        assert!(!rsa_is_sound(&even, &[3]));
    }
}
