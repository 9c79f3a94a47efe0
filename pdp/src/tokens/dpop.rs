//! Proofs of possession (RFC 9449): a token that is bound to a key is good for whoever shows, with each request, that it
//! holds that key. What the request was, the PEP says: it alone knows at which address it is reached.
//!
//! Whether a proof was shown before, the database knows. Nothing in here asks it.

use super::Refusal;
use super::claims::{moment, text};
use super::header::{algorithm, is_media_type};
use super::keys::Key;
use super::parts::Parts;
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::Timestamp;
use policy::text::shown;
use reqwest::Url;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use store::ProofId;

/// The longest proof and the longest address, in bytes.
const MAX_PROOF: usize = 8 * 1024;
const MAX_URL: usize = 2_048;
/// How old a proof may be, and how far ahead the clock of whoever made it, in microseconds.
const AGE: i64 = 120 * 1_000_000;
const AHEAD: i64 = 30 * 1_000_000;
/// For so long a proof is remembered after it is too old, in microseconds: databases' clocks may be set.
const MARGIN: i64 = 60 * 1_000_000;

/// What would change how the rest is read, and keys from elsewhere.
const REFUSED: &[&str] = &["jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "enc", "zip", "cty"];
/// What of a JWK is secret (RFC 7518, section 6).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A proof as a PEP passes it on (`context.dpop`), with the request that it came with.
#[derive(Debug, Clone)]
pub struct ShownProof {
    pub proof: Secret,
    /// The HTTP method, as it came.
    pub method: String,
    /// Where the PEP was asked.
    pub url: String,
    /// Shared by the questions that one request to the PEP gave rise to.
    pub taken: Taken,
}

/// Which proofs were taken already within one request: there each counts for all questions.
#[derive(Debug, Clone, Default)]
pub struct Taken(Arc<Mutex<HashSet<ProofId>>>);

impl Taken {
    pub(crate) fn holds(&self, proof: &ProofId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(proof)
    }

    pub(crate) fn note(&self, proof: ProofId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(proof);
    }
}

/// A proof that is right, but for whether it was shown before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    pub id: ProofId,
    /// From then on it is too old.
    pub until: Timestamp,
}

/// What is said of a proof follows this.
fn wrong(why: impl Into<String>) -> Refusal {
    Refusal::invalid(format!("the proof of the caller's key (`context.dpop`): {}", why.into()))
}

/// Checks the proof for this token (RFC 9449, section 4.3). `bound_to`: the thumbprint of the key that the token is
/// bound to. A proof that was not needed must be right as well; None where none came and none is needed.
///
/// # Errors
/// When it is missing or wrong.
pub fn check(
    shown: Option<&ShownProof>,
    token: &Secret,
    bound_to: Option<&str>,
    now: Timestamp,
) -> Result<Option<Proven>, Refusal> {
    let Some(shown) = shown else {
        return match bound_to {
            Some(_) => Err(Refusal::invalid(
                "the token is bound to a key of the caller's (`cnf.jkt`), and no proof of it came (`context.dpop`)",
            )),
            None => Ok(None),
        };
    };
    let proof = shown.proof.expose();
    if proof.len() > MAX_PROOF {
        return Err(wrong(format!("it is longer than {MAX_PROOF} bytes")));
    }
    let parts = Parts::read(proof).map_err(|_| wrong("it is no JWT with one meaning"))?;
    let key = check_signature(&parts)?;
    let jti = check_claims(&parts.payload, shown, token, now)?;
    let thumbprint = key.thumbprint();
    if bound_to.is_some_and(|bound_to| bound_to != URL_SAFE_NO_PAD.encode(thumbprint)) {
        return Err(wrong("it is of another key than the token is bound to"));
    }
    let id = ProofId { thumbprint: hex::encode(thumbprint), jti };
    // However far ahead it was made.
    Ok(Some(Proven { id, until: now.saturating_add_micros(AHEAD + AGE + MARGIN) }))
}

/// The key that the proof brings, which signed it.
fn check_signature(parts: &Parts<'_>) -> Result<Key, Refusal> {
    let header = &parts.header;
    let said = |member: &str| header.get(member).and_then(Value::as_str);
    if !said("typ").is_some_and(|typ| is_media_type(typ, "dpop+jwt")) {
        return Err(wrong("its `typ` is not `dpop+jwt`"));
    }
    if let Some(member) = REFUSED.iter().find(|member| header.contains_key(**member)) {
        return Err(wrong(format!("its header must not hold `{member}`")));
    }
    let named = said("alg").unwrap_or_default();
    let algorithm = algorithm(named)
        .ok_or_else(|| wrong(format!("it is signed with `{}`, which is not taken", shown(named, 20))))?;
    let jwk =
        header.get("jwk").and_then(Value::as_object).ok_or_else(|| wrong("it brings no key (`jwk`)"))?;
    if let Some(member) = PRIVATE.iter().find(|member| jwk.contains_key(**member)) {
        return Err(wrong(format!("its key holds `{member}`, which is secret")));
    }
    let key = Key::read(jwk).ok_or_else(|| wrong("its key is none that is taken"))?;
    if !key.is_for(algorithm) {
        return Err(wrong(format!("its key is not for {algorithm}")));
    }
    if key.verifies(algorithm, parts.signed, &parts.signature) {
        Ok(key)
    } else {
        Err(wrong("the signature is not that of its key"))
    }
}

/// The digest of its own id.
fn check_claims(
    claims: &Map<String, Value>,
    shown: &ShownProof,
    token: &Secret,
    now: Timestamp,
) -> Result<String, Refusal> {
    let said = |claim: &str| match text(claims, claim) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(wrong(format!("it has no `{claim}`"))),
        Err(refusal) => Err(wrong(refusal.why)),
    };
    let jti = said("jti")?;
    if said("htm")? != shown.method {
        return Err(wrong("it was made for another method (`htm`)"));
    }
    let asked = target(&shown.url).ok_or_else(|| wrong("`url` is no http or https address"))?;
    if target(said("htu")?).is_none_or(|target| target != asked) {
        return Err(wrong("it was made for another address (`htu`)"));
    }
    let made = moment(claims, "iat").map_err(|refusal| wrong(refusal.why))?;
    let made = made.ok_or_else(|| wrong("it has no `iat`"))?;
    if made.saturating_add_micros(AGE) < now {
        return Err(wrong(format!("it was made at {made}, which is too long ago")));
    }
    if now.saturating_add_micros(AHEAD) < made {
        return Err(wrong(format!("it was made at {made}, which is yet to come")));
    }
    if said("ath")? != URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose().as_bytes())) {
        return Err(wrong("it was made for another token (`ath`)"));
    }
    Ok(hex::encode(Sha256::digest(jti.as_bytes())))
}

/// An address without query and fragment, written in the one way in which it is compared (RFC 9449, section 4.3; RFC
/// 3986, sections 6.2.2 and 6.2.3).
fn target(given: &str) -> Option<String> {
    // The parser drops blanks and line breaks; whoever sends some is not understood.
    if given.len() > MAX_URL || !given.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut url = Url::parse(given).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    if !plain || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    Some(escapes_in_one_way(url.as_str()))
}

/// `%41` is `A`, and `%2f` is `%2F`.
fn escapes_in_one_way(url: &str) -> String {
    let mut pieces = url.split('%');
    let mut written = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) if code.is_ascii_alphanumeric() || b"-._~".contains(&code) => {
                written.push(char::from(code));
                written.push_str(piece.get(2..).unwrap_or_default());
            }
            Some(code) => {
                written.push_str(&format!("%{code:02X}"));
                written.push_str(piece.get(2..).unwrap_or_default());
            }
            None => {
                written.push('%');
                written.push_str(piece);
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn addresses_are_compared_in_one_way() {
        let one = "https://mcp.example/crm/a";
        for same in [
            "HTTPS://MCP.example:443/crm/a",
            "https://mcp.example/crm/./x/../a?q=1#f",
            "https://mcp.example/%63rm/a",
        ] {
            assert_eq!(target(same), target(one), "{same}");
        }
        for other in [
            "http://mcp.example/crm/a",
            "https://mcp.example:8443/crm/a",
            "https://mcp.example/crm/a/",
            "https://mcp.example/crm/A",
            "https://mcp.example/crm%2Fa",
            "https://mcp.example.evil.example/crm/a",
        ] {
            assert!(target(other).is_some() && target(other) != target(one), "{other}");
        }
        assert_eq!(target("https://mcp.example/a%2fb"), target("https://mcp.example/a%2Fb"));
        assert_eq!(target("https://mcp.example"), target("https://mcp.example/"));
        for bad in [
            "",
            "/crm",
            "ftp://mcp.example/",
            "https://a@mcp.example/",
            " https://mcp.example/",
            "https://a/\n",
        ] {
            assert_eq!(target(bad), None, "{bad:?}");
        }
    }
}
