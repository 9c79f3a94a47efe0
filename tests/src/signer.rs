//! An issuer with a key that everybody knows, for what is measured with its tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto, encode};
use policy::issuer::{self, Issuer, KeySource};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://idp.example";
/// The URL of the demo's CRM server, which is its audience.
const CRM: &str = "http://127.0.0.1:9000/mcp";
const KID: &str = "one";

/// Signs with ES256 as the issuer does.
pub struct Signer(EncodingKey);

impl Default for Signer {
    fn default() -> Self {
        Self(EncodingKey::from_ec_der(include_bytes!("../../pdp/src/tokens/tests/keys/es256-one.der")))
    }
}

impl Signer {
    /// The public key as the issuer publishes it.
    pub fn jwks(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.0, Algorithm::ES256).expect("a key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        jwk["kid"] = json!(KID);
        json!({ "keys": [jwk] })
    }

    /// The issuer with this URL as a bundle has it: in acme, its keys written down.
    pub fn issuer(&self, url: &str) -> Value {
        json!({"url": url, "tenants": ["acme"], "keys": {"jwks": self.jwks()}, "algorithms": ["ES256"],
            "clock_skew": 0})
    }

    /// The same, as tokens are verified against it.
    pub fn known(&self) -> Issuer {
        let Value::Object(jwks) = self.jwks() else { panic!("a set of keys") };
        Issuer {
            tenants: vec!["acme".into()],
            keys: KeySource::Jwks(jwks),
            algorithms: vec![issuer::Algorithm::Es256],
            ..Issuer::new(ISSUER)
        }
    }

    /// Signs these very texts, whatever they say.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = crypto::sign(signed.as_bytes(), &self.0, Algorithm::ES256).expect("signs");
        format!("{signed}.{signature}")
    }

    /// An access token for the demo's CRM server, issued two minutes ago and good for an hour.
    pub fn token(&self, sub: &str, jti: &str) -> String {
        self.token_of(ISSUER, sub, jti, &json!({}))
    }

    /// The same of another issuer that signs with this key, with these claims beside the usual ones.
    pub fn token_of(&self, issuer: &str, sub: &str, jti: &str, more: &Value) -> String {
        let now = server::clock::system()().micros() / 1_000_000;
        let mut claims = json!({"iss": issuer, "sub": sub, "aud": CRM, "iat": now - 120, "exp": now + 3_600, "jti": jti,
            "client_id": "support-app", "scope": "crm:read crm:refund"});
        for (name, value) in more.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(KID.to_owned());
        encode(&header, &claims, &self.0).expect("signs")
    }
}
