//! An issuer with keys that everybody knows, and what the stories say to Countersign about it.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use store::administration::Page;
use store::{UnmappedCaller, UnmappedState, Writer};
pub(crate) use tests::pep::refund;
use tests::world::operator;
use tests::{Pep, World};

pub(crate) const URL: &str = "https://idp.example";
/// The URL of the demo's CRM server, which is its audience.
pub(crate) const CRM: &str = "http://127.0.0.1:9000/mcp";

/// Signs as the issuer does.
pub(crate) struct Signer {
    key: EncodingKey,
}

/// What every token here says to be signed with.
const KID: &str = "one";

impl Signer {
    pub(crate) fn new() -> Self {
        let der = include_bytes!("../../../../pdp/src/tokens/tests/keys/es256-one.der");
        Self { key: EncodingKey::from_ec_der(der) }
    }

    /// Whose tokens only say to be the issuer's.
    pub(crate) fn forger() -> Self {
        let der = include_bytes!("../../../../pdp/src/tokens/tests/keys/es256-two.der");
        Self { key: EncodingKey::from_ec_der(der) }
    }

    /// The set with the public key.
    pub(crate) fn jwks(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).expect("a key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        jwk["kid"] = json!(KID);
        json!({"jwks": {"keys": [jwk]}})
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.typed("at+jwt", claims)
    }

    /// The public key by itself.
    pub(crate) fn jwk(&self) -> Jwk {
        Jwk::from_encoding_key(&self.key, Algorithm::ES256).expect("a key")
    }

    /// A proof of possession of this key (RFC 9449).
    pub(crate) fn proof(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("dpop+jwt".to_owned());
        header.jwk = Some(self.jwk());
        encode(&header, claims, &self.key).expect("signs")
    }

    pub(crate) fn typed(&self, typ: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(KID.to_owned());
        encode(&header, claims, &self.key).expect("signs")
    }
}

/// In microseconds.
pub(crate) fn now() -> i64 {
    server::clock::system()().micros()
}

/// Claims of a good token, issued two minutes ago.
pub(crate) fn claims() -> Value {
    let seconds = now() / 1_000_000;
    json!({
        "iss": URL,
        "sub": "a-17",
        "aud": CRM,
        "iat": seconds - 120,
        "exp": seconds + 3_600,
        "jti": "t-1",
        "scope": "crm:read crm:refund",
        "acr": "gold",
    })
}

/// Those claims with one more, or another; null takes it away.
pub(crate) fn with(claim: &str, value: Value) -> Value {
    and(claims(), claim, value)
}

pub(crate) fn and(mut claims: Value, claim: &str, value: Value) -> Value {
    if value.is_null() {
        claims.as_object_mut().expect("an object").remove(claim);
    } else {
        claims[claim] = value;
    }
    claims
}

/// A bundle with the issuer as it should be, and `ivy`, who is known by its tokens.
pub(crate) fn registered() -> String {
    let issuer = json!({
        "url": URL,
        "active": true,
        "tenants": ["acme"],
        "audiences": [],
        "keys": Signer::new().jwks(),
        "algorithms": ["ES256"],
        "clock_skew": 0,
        "subject_claim": "sub",
        "require_typ": true,
        "require_jti": true,
        "unknown_subjects": "deny",
    });
    let ivy = json!({
        "id": "ivy",
        "active": true,
        "identities": [{"issuer": URL, "sub": "a-17"}],
        "memberships": [{"tenant": "acme", "roles": ["support-agent"]}],
    });
    json!({"issuers": [issuer], "subjects": [ivy]}).to_string()
}

/// A bundle with another setting of the issuer.
pub(crate) fn issuer(setting: &str, value: &Value) -> String {
    json!({"issuers": [and(json!({"url": URL}), setting, value.clone())]}).to_string()
}

/// A bundle with something else of `ivy`.
pub(crate) fn ivy(setting: &str, value: &Value) -> String {
    json!({"subjects": [and(json!({"id": "ivy"}), setting, value.clone())]}).to_string()
}

/// How a call that is allowed otherwise comes out for whoever shows this.
pub(crate) async fn reason(pep: &Pep, token: &str) -> String {
    pep.call(token, "refund", refund()).await.reason().to_owned()
}

pub(crate) async fn writer(world: &World) -> Writer {
    world.store.write(operator()).await.expect("a unit of work")
}

pub(crate) async fn unmapped(world: &World, state: UnmappedState) -> Vec<UnmappedCaller> {
    world.store.list_unmapped(Some(state), &Page::ALL).await.expect("lists")
}
