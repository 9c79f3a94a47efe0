//! Signing as issuers do, and as nobody should.

use super::with;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

pub(super) struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    pub(super) kid: &'static str,
}

/// The text of a part.
pub(super) fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    pub(super) fn es256() -> Self {
        let key = EncodingKey::from_ec_der(include_bytes!("keys/es256-one.der"));
        Self { algorithm: Algorithm::ES256, key, kid: "es256-one" }
    }

    pub(super) fn other_es256() -> Self {
        let key = EncodingKey::from_ec_der(include_bytes!("keys/es256-two.der"));
        Self { algorithm: Algorithm::ES256, key, kid: "es256-two" }
    }

    pub(super) fn es384() -> Self {
        let key = EncodingKey::from_ec_der(include_bytes!("keys/es384.der"));
        Self { algorithm: Algorithm::ES384, key, kid: "es384" }
    }

    pub(super) fn ed25519() -> Self {
        let key = EncodingKey::from_ed_der(include_bytes!("keys/ed25519.der"));
        Self { algorithm: Algorithm::EdDSA, key, kid: "ed25519" }
    }

    /// One RSA key; its name says the algorithm that it is for.
    pub(super) fn rsa(algorithm: Algorithm, kid: &'static str) -> Self {
        let key = EncodingKey::from_rsa_der(include_bytes!("keys/rsa2048.der"));
        Self { algorithm, key, kid }
    }

    pub(super) fn of_every_algorithm() -> Vec<Self> {
        vec![
            Self::es256(),
            Self::es384(),
            Self::ed25519(),
            Self::rsa(Algorithm::RS256, "rs256"),
            Self::rsa(Algorithm::RS384, "rs384"),
            Self::rsa(Algorithm::RS512, "rs512"),
            Self::rsa(Algorithm::PS256, "ps256"),
            Self::rsa(Algorithm::PS384, "ps384"),
            Self::rsa(Algorithm::PS512, "ps512"),
        ]
    }

    pub(super) fn named(self, kid: &'static str) -> Self {
        Self { kid, ..self }
    }

    /// The public key as the issuer publishes it.
    pub(super) fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, self.algorithm).expect("a key");
        let jwk = serde_json::to_value(jwk).expect("JSON");
        with(with(jwk, "kid", json!(self.kid)), "use", json!("sig"))
    }

    pub(super) fn header(&self) -> Value {
        json!({"alg": self.algorithm, "typ": "at+jwt", "kid": self.kid})
    }

    /// An access token with these claims.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    /// Signs these very texts, whatever they say.
    pub(super) fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", part(header), part(payload));
        let signature = crypto::sign(signed.as_bytes(), &self.key, self.algorithm).expect("signs");
        format!("{signed}.{signature}")
    }
}

/// A token that is signed with a shared secret.
pub(super) fn hs256(secret: &[u8], header: &Value, payload: &Value) -> String {
    let signed = format!("{}.{}", part(header.to_string()), part(payload.to_string()));
    let key = EncodingKey::from_secret(secret);
    let signature = crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).expect("signs");
    format!("{signed}.{signature}")
}
