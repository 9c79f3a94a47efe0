//! Issuers of tokens that are trusted here: what an administrator writes down about one, and what is refused.
//!
//! The names are those of the bundle. Nothing here is fetched or verified; that is `pdp`'s part.

mod actor;
mod address;
mod introspection;
mod mapping;
#[cfg(test)]
mod tests;

pub use actor::{ActorClaim, ActorNeed};
pub use address::check_fetched_url;
pub use introspection::{ClientAuth, Introspection};
pub use mapping::{MAX_MAPPINGS, RoleMapping};

use crate::arguments::canonical;
use crate::ids::{TenantSlug, check_id, check_slug};
use address::check_issuer_url;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// The most keys that a key set may hold.
pub const MAX_KEYS: usize = 100;

/// The most audiences that an issuer may be narrowed to, and the longest of them.
const MAX_AUDIENCES: usize = 100;
const MAX_AUDIENCE: usize = 2_048;
/// The largest key set that is written down, in bytes.
const MAX_JWKS: usize = 64 * 1024;
/// The most seconds by which two clocks may differ.
const MAX_SKEW: u32 = 300;
/// How short and how long the last good keys may be used, in seconds: a minute, 30 days.
const KEYS_AGE_LEAST: u32 = 60;
const KEYS_AGE_MOST: u32 = 2_592_000;

/// A trusted issuer of tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Issuer {
    /// The `iss` of its tokens, compared byte by byte: https, or http on loopback.
    pub url: String,
    /// For people; the URL, if none is given.
    #[serde(default)]
    pub name: String,
    /// Whether its tokens count at all.
    #[serde(default = "yes")]
    pub active: bool,
    /// The tenants in which its identities count. Empty: in none.
    #[serde(default)]
    pub tenants: Vec<TenantSlug>,
    /// They only narrow a server's own. Empty: no narrowing.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// Where its keys come from.
    #[serde(default)]
    pub keys: KeySource,
    /// How its tokens may be signed.
    #[serde(default = "usual_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// By how many seconds its clock may differ from ours; at most 300.
    #[serde(default = "usual_skew")]
    pub clock_skew: u32,
    /// The claim that names the subject.
    #[serde(default = "usual_claim")]
    pub subject_claim: String,
    /// Whether the header must say that the token is an access token (RFC 9068, section 2.1). Without, an
    /// ID token is told apart by its claims alone.
    #[serde(default = "yes")]
    pub require_typ: bool,
    /// Whether tokens must have a `jti`. Without, one cannot be revoked by itself.
    #[serde(default = "yes")]
    pub require_jti: bool,
    /// For how many seconds the last good keys may be used while no new ones can be had.
    #[serde(default = "usual_keys_age")]
    pub keys_max_age: u32,
    #[serde(default)]
    pub unknown_subjects: UnknownSubjects,
    /// How it is asked about its tokens. None: it is not, and its tokens are JWTs that are verified by its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection: Option<Introspection>,
    /// The claim that names who acts for the subject. None: only `act` does, where a token has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_claim: Option<ActorClaim>,
    /// With `actor_claim`: whether each token must have it.
    #[serde(default, skip_serializing_if = "ActorNeed::is_required")]
    pub actor: ActorNeed,
    /// Claims that stand for roles. None: roles come from memberships alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub role_mappings: Vec<RoleMapping>,
}

/// Where an issuer's keys come from: `discovery`, `{ jwks_url: … }` or `{ jwks: { keys: […] } }`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// The issuer's metadata names the address (OpenID Connect Discovery 1.0, RFC 8414).
    #[default]
    Discovery,
    /// A JWK set (RFC 7517) at this address.
    JwksUrl(String),
    /// This JWK set, never fetched.
    Jwks(Map<String, Value>),
}

/// What happens to a valid token of nobody that is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownSubjects {
    /// The call is denied, and the identity listed for an administrator.
    #[default]
    Deny,
    /// The subject is registered, without any role.
    Provision,
}

macro_rules! algorithms {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// How a token may be signed (RFC 7518, section 3.1; RFC 8037). What uses a shared secret, and `none`, is
        /// not among them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Algorithm {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl Algorithm {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for Algorithm {
            type Err = AlgorithmError;

            fn from_str(text: &str) -> Result<Self, AlgorithmError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(AlgorithmError),
                }
            }
        }
    };
}

algorithms! {
    Rs256 = "RS256",
    Rs384 = "RS384",
    Rs512 = "RS512",
    Ps256 = "PS256",
    Ps384 = "PS384",
    Ps512 = "PS512",
    /// On the curve P-256.
    Es256 = "ES256",
    /// On the curve P-384.
    Es384 = "ES384",
    /// On the curve Ed25519 alone.
    EdDsa = "EdDSA",
}

/// The word is no algorithm that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA")]
pub struct AlgorithmError;

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with an issuer, and in which of its fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {why}")]
pub struct IssuerError {
    /// The bundle's name for it.
    pub field: &'static str,
    pub why: String,
}

fn yes() -> bool {
    true
}

fn usual_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa]
}

fn usual_skew() -> u32 {
    30
}

fn usual_claim() -> String {
    "sub".to_owned()
}

fn usual_keys_age() -> u32 {
    86_400
}

// The derived functions are the type's own (`remote`), so that the name can follow the URL.
impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut issuer = Self::deserialize(deserializer)?;
        if issuer.name.is_empty() {
            issuer.name.clone_from(&issuer.url);
        }
        Ok(issuer)
    }
}

impl Serialize for Issuer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl Issuer {
    /// An issuer as it is where nothing else is said about it.
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        Self {
            name: url.clone(),
            url,
            active: true,
            tenants: Vec::new(),
            audiences: Vec::new(),
            keys: KeySource::default(),
            algorithms: usual_algorithms(),
            clock_skew: usual_skew(),
            subject_claim: usual_claim(),
            require_typ: true,
            require_jti: true,
            keys_max_age: usual_keys_age(),
            unknown_subjects: UnknownSubjects::default(),
            introspection: None,
            actor_claim: None,
            actor: ActorNeed::Required,
            role_mappings: Vec::new(),
        }
    }

    /// Which checks are switched off for its tokens, in words for the reviewer.
    pub fn weaker(&self) -> Vec<&'static str> {
        let mut weaker = Vec::new();
        if !self.require_typ {
            weaker.push("`typ` is not required: only the claims tell an access token from another one");
        }
        if !self.require_jti {
            weaker.push("`jti` is not required: a token without it cannot be revoked by itself");
        }
        weaker
    }

    /// Checks every field by itself; whether the tenants exist, the database knows.
    ///
    /// # Errors
    /// At the first field that cannot be as it is.
    pub fn check(&self) -> Result<(), IssuerError> {
        check_issuer_url(&self.url).map_err(|why| wrong("url", why))?;
        // Which may be longer than what people give.
        if self.name != self.url {
            check_id(&self.name).map_err(|why| wrong("name", why.to_string()))?;
        }
        for tenant in &self.tenants {
            check_slug(tenant.as_str()).map_err(|why| wrong("tenants", why.to_string()))?;
        }
        once(&self.tenants).map_err(|why| wrong("tenants", why))?;
        check_audiences(&self.audiences).map_err(|why| wrong("audiences", why))?;
        self.keys.check().map_err(|why| wrong("keys", why))?;
        if self.algorithms.is_empty() {
            return Err(wrong("algorithms", "must name at least one"));
        }
        once(&self.algorithms).map_err(|why| wrong("algorithms", why))?;
        if self.clock_skew > MAX_SKEW {
            return Err(wrong("clock_skew", format!("must not be more than {MAX_SKEW} seconds")));
        }
        check_claim(&self.subject_claim).map_err(|why| wrong("subject_claim", why))?;
        if !(KEYS_AGE_LEAST..=KEYS_AGE_MOST).contains(&self.keys_max_age) {
            let why = format!("must be {KEYS_AGE_LEAST} to {KEYS_AGE_MOST} seconds");
            return Err(wrong("keys_max_age", why));
        }
        if let Some(introspection) = &self.introspection {
            introspection.check().map_err(|why| wrong("introspection", why))?;
        }
        if self.actor == ActorNeed::Optional && self.actor_claim.is_none() {
            return Err(wrong("actor", "can be `optional` only beside an `actor_claim`"));
        }
        if self.role_mappings.len() > MAX_MAPPINGS {
            return Err(wrong("role_mappings", format!("must not be more than {MAX_MAPPINGS}")));
        }
        for mapping in &self.role_mappings {
            mapping.check().map_err(|why| wrong("role_mappings", why))?;
        }
        Ok(())
    }
}

fn wrong(field: &'static str, why: impl Into<String>) -> IssuerError {
    IssuerError { field, why: why.into() }
}

fn once<T: Eq + std::hash::Hash + fmt::Display>(list: &[T]) -> Result<(), String> {
    let mut seen = HashSet::new();
    match list.iter().find(|item| !seen.insert(*item)) {
        Some(twice) => Err(format!("names `{twice}` twice")),
        None => Ok(()),
    }
}

fn check_audiences(audiences: &[String]) -> Result<(), String> {
    if audiences.len() > MAX_AUDIENCES {
        return Err(format!("must not name more than {MAX_AUDIENCES}"));
    }
    for audience in audiences {
        if audience.is_empty() || audience.len() > MAX_AUDIENCE || audience.chars().any(char::is_control) {
            return Err(format!("must be texts of 1 to {MAX_AUDIENCE} bytes without control characters"));
        }
    }
    once(audiences)
}

/// A claim can name the subject if it means nothing else (RFC 7519, section 4.1; RFC 7800).
fn check_claim(claim: &str) -> Result<(), String> {
    if matches!(claim, "iss" | "aud" | "exp" | "nbf" | "iat" | "jti" | "cnf" | "act" | "scope") {
        return Err(format!("must not be `{claim}`, which means something else"));
    }
    if claim.is_empty() || claim.len() > 200 || claim.chars().any(char::is_control) {
        return Err("must be 1 to 200 bytes without control characters".to_owned());
    }
    Ok(())
}

impl KeySource {
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Discovery => Ok(()),
            Self::JwksUrl(url) => check_fetched_url(url).map_err(|why| format!("`jwks_url` {why}")),
            Self::Jwks(set) => check_jwks(set).map_err(|why| format!("`jwks` {why}")),
        }
    }
}

/// What everybody can see to be no set of public keys.
fn check_jwks(set: &Map<String, Value>) -> Result<(), String> {
    let Some(Value::Array(keys)) = set.get("keys") else { return Err("must hold a list `keys`".to_owned()) };
    if keys.is_empty() || keys.len() > MAX_KEYS {
        return Err(format!("must hold 1 to {MAX_KEYS} keys"));
    }
    if set.iter().map(|(name, value)| name.len() + canonical(value).len()).sum::<usize>() > MAX_JWKS {
        return Err(format!("must not be larger than {MAX_JWKS} bytes"));
    }
    for (index, key) in keys.iter().enumerate() {
        let Value::Object(key) = key else { return Err(format!("key {index} is not an object")) };
        if let Some(member) =
            ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().find(|m| key.contains_key(**m))
        {
            return Err(format!("key {index} holds `{member}`, which is secret; give the public key alone"));
        }
    }
    Ok(())
}
