//! The three parts of a signed token in its compact form (RFC 7515, section 7.1), read strictly: what two readers
//! could understand differently is not read at all.

use super::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::arguments::parse_exact;
use serde_json::{Map, Value};
use std::fmt;

/// The longest token, in bytes.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// A token in its parts. Nothing of it is verified.
pub(super) struct Parts<'a> {
    /// What is signed: header and payload as they came.
    pub(super) signed: &'a str,
    pub(super) header: Map<String, Value>,
    pub(super) payload: Map<String, Value>,
    /// How many bytes the payload has.
    pub(super) payload_bytes: usize,
    pub(super) signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// # Errors
    /// When it is too long, is no JWT, or is one with more than one meaning.
    pub(super) fn read(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(Refusal::invalid(format!("the token is longer than {MAX_TOKEN} bytes")));
        }
        let count = token.split('.').count();
        if count == 5 {
            return Err(Refusal::invalid("the token is encrypted, which is not supported"));
        }
        let split = token.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, payload) = signed.split_once('.')?;
            Some((signed, header, payload, signature))
        });
        let Some((signed, header, payload, signature)) = split.filter(|_| count == 3) else {
            return Err(Refusal::invalid("the token is no JWT: it does not have three parts"));
        };
        let (header, _) = object("header", header)?;
        let (payload, payload_bytes) = object("payload", payload)?;
        let signature = decode("signature", signature)?;
        Ok(Self { signed, header, payload, payload_bytes, signature })
    }
}

/// base64url without padding (RFC 7515, section 2); one text for the same bytes.
fn decode(part: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    let refused = |_| Refusal::invalid(format!("the token's {part} is not base64url"));
    URL_SAFE_NO_PAD.decode(text).map_err(refused)
}

/// The JSON object of a part, and how many bytes it has.
fn object(part: &str, text: &str) -> Result<(Map<String, Value>, usize), Refusal> {
    let bytes = decode(part, text)?;
    // What is wrong with it may repeat a piece of the token; that is not told.
    match parse_exact(&bytes) {
        Ok(Value::Object(map)) => Ok((map, bytes.len())),
        Ok(_) => Err(Refusal::invalid(format!("the token's {part} is no JSON object"))),
        Err(_) => Err(Refusal::invalid(format!(
            "the token's {part} is not JSON with one meaning (malformed, duplicate keys, U+0000, or inexact numbers)"
        ))),
    }
}

/// A token that says whose it is. Nothing of it is verified.
pub struct Jwt<'a> {
    pub(super) parts: Parts<'a>,
    issuer: String,
}

impl<'a> Jwt<'a> {
    pub(super) fn of(parts: Parts<'a>) -> Option<Self> {
        parts.header.get("alg").filter(|alg| alg.is_string())?;
        let issuer = parts.payload.get("iss")?.as_str().filter(|issuer| !issuer.is_empty())?.to_owned();
        Some(Self { parts, issuer })
    }

    pub fn says(&self) -> Said<'_> {
        Said { issuer: &self.issuer, claims: &self.parts.payload }
    }
}

impl fmt::Debug for Jwt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The claims are a person's.
        f.debug_struct("Jwt").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// What a token says of itself, or its issuer of it. Good for finding out what to verify it with, and for nothing else.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// The `iss`.
    pub issuer: &'a str,
    pub(crate) claims: &'a Map<String, Value>,
}

impl<'a> Said<'a> {
    /// A claim that is a text and not empty, such as the one that names the subject.
    pub fn claim(self, name: &str) -> Option<&'a str> {
        self.claims.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    pub fn jti(self) -> Option<&'a str> {
        self.claim("jti")
    }
}
