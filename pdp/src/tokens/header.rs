//! What a token's header may say (RFC 7515, section 4.1; RFC 8725). It chooses among the issuer's algorithms and keys,
//! and never brings its own.

use super::Refusal;
use policy::issuer::{Algorithm, Issuer};
use policy::text::shown;
use serde_json::{Map, Value};

/// The longest name of a key, in bytes.
pub(super) const MAX_KID: usize = 256;

/// Keys, where to get them, and what would change how the rest is read.
const REFUSED: &[&str] = &["jku", "jwk", "x5u", "x5c", "crit", "b64", "enc", "zip"];

/// A header that says nothing it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    /// Which key signed.
    pub(super) kid: Option<String>,
    /// It says that this is an access token (RFC 9068, section 2.1).
    pub(super) says_access_token: bool,
}

impl Header {
    pub(super) fn check(header: &Map<String, Value>, issuer: &Issuer) -> Result<Self, Refusal> {
        if let Some(member) = REFUSED.iter().find(|member| header.contains_key(**member)) {
            return Err(Refusal::invalid(format!("the token's header must not hold `{member}`")));
        }
        let given =
            text(header, "alg")?.ok_or_else(|| Refusal::invalid("the token's header has no `alg`"))?;
        let algorithm = algorithm(given).filter(|algorithm| issuer.algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or_else(|| {
            Refusal::invalid(format!("the issuer's tokens are not signed with `{}`", shown(given, 20)))
        })?;
        let says_access_token = says_access_token(text(header, "typ")?, issuer)?;
        if text(header, "cty")?.is_some_and(|cty| is_media_type(cty, "jwt")) {
            return Err(Refusal::invalid("the token holds another token (`cty`), which is not supported"));
        }
        let kid = text(header, "kid")?;
        if kid.is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID) {
            return Err(Refusal::invalid(format!("`kid` is not a text of 1 to {MAX_KID} bytes")));
        }
        Ok(Self { algorithm, kid: kid.map(str::to_owned), says_access_token })
    }

    /// The key that the token names, in a sentence.
    pub(super) fn named(&self) -> String {
        match &self.kid {
            Some(kid) => format!("the key `{}`", shown(kid, 60)),
            None => format!("a key for {} (the token names none)", self.algorithm),
        }
    }
}

/// An algorithm by its name in a header or a key; `Ed25519` is the newer name (RFC 9864) of what `EdDSA` is here.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    if name == "Ed25519" { Some(Algorithm::EdDsa) } else { name.parse().ok() }
}

/// Whether `typ` says that it is an access token. Where it need not, it may at most say that it is a JWT: each other
/// kind of token (ID-JAG, logout tokens, DPoP proofs, …) has a name of its own (RFC 8725, section 3.11).
fn says_access_token(typ: Option<&str>, issuer: &Issuer) -> Result<bool, Refusal> {
    match typ {
        Some(typ) if is_media_type(typ, "at+jwt") => Ok(true),
        Some(typ) if is_media_type(typ, "jwt") && !issuer.require_typ => Ok(false),
        None if !issuer.require_typ => Ok(false),
        Some(typ) => {
            let typ = shown(typ, 40);
            Err(Refusal::invalid(format!("the token is no access token: its `typ` is `{typ}`")))
        }
        None => Err(Refusal::invalid("the token does not say that it is an access token: it has no `typ`")),
    }
}

/// Media types in headers may leave out `application/`, and are alike in either case (RFC 7515, section 4.1.9).
pub(super) fn is_media_type(given: &str, name: &str) -> bool {
    let prefix = "application/";
    let bare = match given.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => given.get(prefix.len()..).unwrap_or_default(),
        _ => given,
    };
    bare.eq_ignore_ascii_case(name)
}

fn text<'a>(header: &'a Map<String, Value>, member: &str) -> Result<Option<&'a str>, Refusal> {
    match header.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::invalid(format!("`{member}` in the token's header is no text"))),
    }
}
