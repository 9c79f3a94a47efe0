//! The form of an issuer: read into an issuer, or told what is wrong with every field; and filled with one that stands.
//!
//! What may be a secret is not kept for the next page, whose address would carry it.

use super::mappings;
use crate::pages::form::answer::Draft;
use crate::pages::form::place::Ask;
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::server::write::{keep, parse_tenants};
use policy::arguments::parse_exact;
use policy::ids::check_id;
use policy::issuer::{
    ActorClaim, ActorNeed, Algorithm, ClientAuth, Introspection, Issuer, KeySource, UnknownSubjects,
    check_fetched_url,
};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// What the form sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct IssuerFields {
    /// Empty: a new issuer.
    pub(super) id: String,
    pub(super) url: String,
    pub(super) name: String,
    pub(super) tenants: Vec<String>,
    /// `discovery`, `jwks_url` or `jwks`.
    pub(super) keys: String,
    pub(super) jwks_url: String,
    pub(super) jwks: String,
    pub(super) algorithms: Vec<String>,
    pub(super) clock_skew: String,
    /// One on each line.
    pub(super) audiences: String,
    pub(super) subject_claim: String,
    pub(super) require_typ: bool,
    pub(super) require_jti: bool,
    pub(super) keys_max_age: String,
    /// `deny` or `provision`.
    pub(super) unknown_subjects: String,
    /// `none`, or how the secret is shown. The secret itself is not here: nothing fills a form with it again.
    pub(super) introspection: String,
    pub(super) endpoint: String,
    pub(super) client_id: String,
    /// `none`, or the claim that names who acts.
    pub(super) actor_claim: String,
    pub(super) actor_optional: bool,
    /// One on each line.
    pub(super) role_mappings: String,
}

/// The longest that the database takes.
const MOST_URL: usize = 1_000;
const MOST_AUDIENCES: usize = 100;
const LONGEST_AUDIENCE: usize = 2_048;
const LONGEST_CLAIM: usize = 200;
const LARGEST_JWKS: usize = 64 * 1024;
const SKEW: RangeInclusive<u32> = 0..=300;
const KEYS_AGE: RangeInclusive<u32> = 60..=2_592_000;

/// Members of a JWK that are secret (RFC 7518, section 6).
const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl IssuerFields {
    /// The form that this issuer fills.
    pub(super) fn of(issuer: &Issuer) -> Self {
        let (keys, jwks_url, jwks) = match &issuer.keys {
            KeySource::Discovery => ("discovery", String::new(), String::new()),
            KeySource::JwksUrl(url) => ("jwks_url", url.clone(), String::new()),
            KeySource::Jwks(set) => {
                ("jwks", String::new(), serde_json::to_string_pretty(set).unwrap_or_default())
            }
        };
        let unknown_subjects = match issuer.unknown_subjects {
            UnknownSubjects::Deny => "deny",
            UnknownSubjects::Provision => "provision",
        };
        let asked = issuer.introspection.as_ref();
        Self {
            introspection: asked.map_or("none", |asked| asked.auth.as_str()).to_owned(),
            endpoint: asked.and_then(|asked| asked.endpoint.clone()).unwrap_or_default(),
            client_id: asked.map(|asked| asked.client_id.clone()).unwrap_or_default(),
            actor_claim: issuer.actor_claim.map_or("none", ActorClaim::as_str).to_owned(),
            actor_optional: issuer.actor == ActorNeed::Optional,
            role_mappings: issuer.role_mappings.iter().map(mappings::line).collect::<Vec<_>>().join("\n"),
            id: String::new(),
            url: issuer.url.clone(),
            // Left empty, it is the URL.
            name: if issuer.name == issuer.url { String::new() } else { issuer.name.clone() },
            tenants: issuer.tenants.iter().map(ToString::to_string).collect(),
            keys: keys.to_owned(),
            jwks_url,
            jwks,
            algorithms: issuer.algorithms.iter().map(ToString::to_string).collect(),
            clock_skew: issuer.clock_skew.to_string(),
            audiences: issuer.audiences.join("\n"),
            subject_claim: issuer.subject_claim.clone(),
            require_typ: issuer.require_typ,
            require_jti: issuer.require_jti,
            keys_max_age: issuer.keys_max_age.to_string(),
            unknown_subjects: unknown_subjects.to_owned(),
        }
    }

    /// Which of the two forms it is.
    pub(super) fn ask(&self) -> Ask {
        if self.id.is_empty() { Ask::New } else { Ask::Edit }
    }

    /// As it was typed, for the form `ask`.
    pub(super) fn draft(&self, ask: Ask) -> Draft {
        let jwks = match parse_jwks(&self.jwks) {
            Err(Fault::SecretKey) => "",
            _ => self.jwks.as_str(),
        };
        let values = [
            ("url", self.url.as_str()),
            ("name", self.name.as_str()),
            ("keys", self.keys.as_str()),
            ("jwks_url", self.jwks_url.as_str()),
            ("jwks", jwks),
            ("clock_skew", self.clock_skew.as_str()),
            ("audiences", self.audiences.as_str()),
            ("subject_claim", self.subject_claim.as_str()),
            ("keys_max_age", self.keys_max_age.as_str()),
            ("unknown_subjects", self.unknown_subjects.as_str()),
            ("introspection", self.introspection.as_str()),
            ("endpoint", self.endpoint.as_str()),
            ("client_id", self.client_id.as_str()),
            ("actor_claim", self.actor_claim.as_str()),
            ("role_mappings", self.role_mappings.as_str()),
        ];
        let switches = [
            ("require_typ", self.require_typ),
            ("require_jti", self.require_jti),
            ("actor_optional", self.actor_optional),
        ];
        let switches = switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "true"));
        let tenants = self.tenants.iter().map(|tenant| ("tenants", tenant.as_str()));
        let algorithms = self.algorithms.iter().map(|name| ("algorithms", name.as_str()));
        Draft::new(ask.as_str(), values.into_iter().chain(switches).chain(tenants).chain(algorithms))
    }

    /// The issuer as it would be, or what is wrong with every field.
    pub(super) fn read(&self) -> Result<Issuer, Vec<Problem>> {
        let mut problems = Vec::new();
        let at = |field: &'static str| move |fault: Fault| Problem::new(field, fault);
        let mut issuer = Issuer::new(self.url.trim());
        keep(&mut problems, check_url(&issuer.url).map_err(at("url")));
        let name = self.name.trim();
        if !name.is_empty() {
            keep(&mut problems, check_id(name).map_err(|error| Problem::new("name", Fault::from(&error))));
            name.clone_into(&mut issuer.name);
        }
        // What cannot be read leaves what is usual; nothing comes of it then.
        if let Some(tenants) = keep(&mut problems, parse_tenants(&self.tenants)) {
            issuer.tenants = tenants;
        }
        if let Some(keys) = keep(&mut problems, self.read_keys()) {
            issuer.keys = keys;
        }
        if let Some(algorithms) = keep(&mut problems, self.read_algorithms().map_err(at("algorithms"))) {
            issuer.algorithms = algorithms;
        }
        if let Some(skew) = keep(&mut problems, between(&self.clock_skew, &SKEW).map_err(at("clock_skew"))) {
            issuer.clock_skew = skew;
        }
        if let Some(age) =
            keep(&mut problems, between(&self.keys_max_age, &KEYS_AGE).map_err(at("keys_max_age")))
        {
            issuer.keys_max_age = age;
        }
        if let Some(audiences) =
            keep(&mut problems, parse_audiences(&self.audiences).map_err(at("audiences")))
        {
            issuer.audiences = audiences;
        }
        self.subject_claim.trim().clone_into(&mut issuer.subject_claim);
        keep(&mut problems, check_claim(&issuer).map_err(at("subject_claim")));
        issuer.require_typ = self.require_typ;
        issuer.require_jti = self.require_jti;
        match self.unknown_subjects.as_str() {
            "deny" => issuer.unknown_subjects = UnknownSubjects::Deny,
            "provision" => issuer.unknown_subjects = UnknownSubjects::Provision,
            _ => problems.push(Problem::new("unknown_subjects", Fault::NoKind)),
        }
        if let Some(introspection) = keep(&mut problems, self.read_introspection()) {
            issuer.introspection = introspection;
        }
        match self.actor_claim.as_str() {
            "" | "none" => {}
            word => match ActorClaim::from_word(word) {
                Some(claim) => {
                    issuer.actor_claim = Some(claim);
                    if self.actor_optional {
                        issuer.actor = ActorNeed::Optional;
                    }
                }
                None => problems.push(Problem::new("actor_claim", Fault::NoKind)),
            },
        }
        let mapped = mappings::parse_all(&self.role_mappings, &issuer.tenants);
        if let Some(mapped) = keep(&mut problems, mapped.map_err(at("role_mappings"))) {
            issuer.role_mappings = mapped;
        }
        // The vocabulary has the last word.
        match issuer.check() {
            _ if !problems.is_empty() => Err(problems),
            Ok(()) => Ok(issuer),
            Err(error) => Err(vec![Problem::new(error.field, Fault::Refused)]),
        }
    }

    fn read_keys(&self) -> Result<KeySource, Problem> {
        match self.keys.as_str() {
            "discovery" => Ok(KeySource::Discovery),
            "jwks_url" => {
                let url = self.jwks_url.trim();
                let fault = match check_fetched_url(url) {
                    Ok(()) => return Ok(KeySource::JwksUrl(url.to_owned())),
                    Err(_) if url.is_empty() => Fault::Missing,
                    Err(_) if names_a_user(url) => Fault::SecretInUrl,
                    Err(_) => Fault::NotFetchable,
                };
                Err(Problem::new("jwks_url", fault))
            }
            "jwks" => {
                parse_jwks(&self.jwks).map(KeySource::Jwks).map_err(|fault| Problem::new("jwks", fault))
            }
            _ => Err(Problem::new("keys", Fault::NoKind)),
        }
    }

    fn read_introspection(&self) -> Result<Option<Introspection>, Problem> {
        let auth = match self.introspection.as_str() {
            "" | "none" => return Ok(None),
            "client_secret_basic" => ClientAuth::ClientSecretBasic,
            "client_secret_post" => ClientAuth::ClientSecretPost,
            _ => return Err(Problem::new("introspection", Fault::NoKind)),
        };
        let endpoint = self.endpoint.trim();
        if !endpoint.is_empty() && check_fetched_url(endpoint).is_err() {
            let fault = if names_a_user(endpoint) { Fault::SecretInUrl } else { Fault::NotFetchable };
            return Err(Problem::new("endpoint", fault));
        }
        let client_id = self.client_id.trim();
        if client_id.is_empty() {
            return Err(Problem::new("client_id", Fault::Missing));
        }
        let endpoint = Some(endpoint.to_owned()).filter(|endpoint| !endpoint.is_empty());
        let asked = Introspection { endpoint, auth, ..Introspection::new(client_id) };
        match (Issuer { introspection: Some(asked.clone()), ..usual() }).check() {
            Ok(()) => Ok(Some(asked)),
            Err(_) => Err(Problem::new("client_id", Fault::Control)),
        }
    }

    fn read_algorithms(&self) -> Result<Vec<Algorithm>, Fault> {
        if self.algorithms.is_empty() {
            return Err(Fault::NothingChosen);
        }
        let mut chosen = Vec::with_capacity(self.algorithms.len());
        for name in &self.algorithms {
            let name = name.parse().map_err(|_| Fault::NoKind)?;
            if chosen.contains(&name) {
                return Err(Fault::Twice);
            }
            chosen.push(name);
        }
        Ok(chosen)
    }
}

/// An issuer that takes every value for which this holds, so that one field can be tried on it.
fn usual() -> Issuer {
    Issuer::new("https://idp.example")
}

fn check_url(url: &str) -> Result<(), Fault> {
    match Issuer::new(url).check() {
        _ if url.len() > MOST_URL => Err(Fault::TooLong(MOST_URL)),
        Ok(()) => Ok(()),
        Err(_) if url.is_empty() => Err(Fault::Missing),
        Err(_) if names_a_user(url) => Err(Fault::SecretInUrl),
        Err(_) => Err(Fault::NotAnIssuer),
    }
}

/// `https://user:password@host`.
fn names_a_user(url: &str) -> bool {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

fn check_claim(issuer: &Issuer) -> Result<(), Fault> {
    let claim = issuer.subject_claim.as_str();
    let tried = Issuer { subject_claim: claim.to_owned(), ..usual() };
    match tried.check() {
        Ok(()) => Ok(()),
        Err(_) if claim.is_empty() => Err(Fault::Missing),
        Err(_) if claim.len() > LONGEST_CLAIM => Err(Fault::TooLong(LONGEST_CLAIM)),
        Err(_) if claim.chars().any(char::is_control) => Err(Fault::Control),
        Err(_) => Err(Fault::OtherClaim),
    }
}

fn between(given: &str, range: &RangeInclusive<u32>) -> Result<u32, Fault> {
    let number = given.trim().parse().ok().filter(|number| range.contains(number));
    number.ok_or(Fault::NotBetween(*range.start(), *range.end()))
}

fn parse_audiences(given: &str) -> Result<Vec<String>, Fault> {
    let lines = given.lines().map(str::trim).filter(|line| !line.is_empty());
    let audiences: Vec<String> = lines.map(ToOwned::to_owned).collect();
    let tried = Issuer { audiences, ..usual() };
    let too_long = |line: &String| line.len() > LONGEST_AUDIENCE;
    let odd = |line: &String| line.chars().any(char::is_control);
    match tried.check() {
        Ok(()) => Ok(tried.audiences),
        Err(_) if tried.audiences.len() > MOST_AUDIENCES => Err(Fault::TooMany(MOST_AUDIENCES)),
        Err(_) if tried.audiences.iter().any(too_long) => Err(Fault::TooLong(LONGEST_AUDIENCE)),
        Err(_) if tried.audiences.iter().any(odd) => Err(Fault::Control),
        Err(_) => Err(Fault::Twice),
    }
}

/// A key set as it is pasted.
fn parse_jwks(given: &str) -> Result<Map<String, Value>, Fault> {
    let text = given.trim();
    if text.is_empty() {
        return Err(Fault::Missing);
    }
    let set = match parse_exact(text.as_bytes()) {
        Ok(value) if holds_secret(&value) => return Err(Fault::SecretKey),
        Ok(Value::Object(set)) => set,
        Ok(_) => return Err(Fault::NotAKeySet),
        Err(_) if looks_secret(text) => return Err(Fault::SecretKey),
        Err(_) => return Err(Fault::NotJson),
    };
    let tried = Issuer { keys: KeySource::Jwks(set), ..usual() };
    match (tried.check(), tried.keys) {
        (Ok(()), KeySource::Jwks(set)) => Ok(set),
        _ if text.len() > LARGEST_JWKS => Err(Fault::TooLong(LARGEST_JWKS)),
        _ => Err(Fault::NotAKeySet),
    }
}

/// Whether it is a key, or a list of keys, with more than their public part.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            let more = members.get("keys").is_some_and(holds_secret);
            more || SECRET.iter().any(|member| members.contains_key(*member))
        }
        Value::Array(items) => items.iter().any(holds_secret),
        _ => false,
    }
}

/// The same of what cannot be read: a key of another format, or a part of one.
fn looks_secret(text: &str) -> bool {
    text.contains("PRIVATE KEY") || SECRET.iter().any(|member| text.contains(&format!("\"{member}\"")))
}

#[cfg(test)]
mod tests;
