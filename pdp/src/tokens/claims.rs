//! What a token's claims must be (RFC 7519, section 4.1; RFC 9068, section 2.2), but for the audience, which only the
//! called server knows. All of it is checked on every call.

use super::header::Header;
use super::parts::Parts;
use super::{Refusal, actor};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::facts::TokenFacts;
use policy::issuer::Issuer;
use policy::text::shown;
use policy::{Reason, Timestamp};
use serde_json::{Map, Value};

/// The largest claims that are taken, in bytes: they are kept with each decision.
pub(super) const MAX_CLAIMS: usize = 8 * 1024;
/// The longest text that names somebody or something, in bytes.
const MAX_TEXT: usize = 1_024;
/// The most audiences of one token.
const MAX_AUDIENCES: usize = 100;
/// 9999-12-31T23:59:59Z, in seconds.
const LAST_SECOND: f64 = 253_402_300_799.0;
/// What other kinds of tokens hold: ID tokens (OpenID Connect Core 1.0, section 2) and security events (RFC 8417).
const OF_OTHER_TOKENS: &[&str] = &["nonce", "at_hash", "c_hash", "s_hash", "events"];

/// Whether the token is of this issuer at all: byte by byte.
pub(super) fn check_issuer(claims: &Map<String, Value>, issuer: &Issuer) -> Result<(), Refusal> {
    if text(claims, "iss")? == Some(issuer.url.as_str()) {
        Ok(())
    } else {
        Err(Refusal::invalid("the token's `iss` is not this issuer"))
    }
}

/// The facts of a token whose signature is good.
pub(super) fn check(
    parts: &Parts<'_>,
    header: &Header,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<TokenFacts, Refusal> {
    facts(parts.payload.clone(), parts.payload_bytes, header.says_access_token, issuer, now)
}

/// The facts of claims that are known to be the issuer's. `bytes`: how large they are.
pub(super) fn facts(
    claims: Map<String, Value>,
    bytes: usize,
    says_access_token: bool,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<TokenFacts, Refusal> {
    if bytes > MAX_CLAIMS {
        return Err(Refusal::invalid(format!("the token's claims are larger than {MAX_CLAIMS} bytes")));
    }
    is_plain_access_token(&claims, says_access_token)?;
    required(text(&claims, "sub")?, "sub")?;
    let sub = required(text(&claims, &issuer.subject_claim)?, &issuer.subject_claim)?.to_owned();
    let audiences = audiences(&claims)?;
    let listed = listed(&audiences, issuer);
    let jti = text(&claims, "jti")?.map(str::to_owned);
    if issuer.require_jti && jti.is_none() {
        return Err(missing("jti"));
    }
    let scopes = scopes(&claims)?;
    // Who acts is told from the claims; what is malformed is no token at all.
    actor::named(&claims, issuer)?;
    let (issued_at, expires_at) = check_times(&claims, issuer, now)?;
    Ok(TokenFacts {
        issuer: issuer.url.clone(),
        sub,
        jti,
        issued_at,
        expires_at,
        audiences,
        listed,
        scopes,
        weaker: issuer.weaker().into_iter().map(str::to_owned).collect(),
        claims,
        tenants: issuer.tenants.clone(),
    })
}

/// When it was issued, if it says so, and when it ends.
fn check_times(
    claims: &Map<String, Value>,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Timestamp), Refusal> {
    let skew = i64::from(issuer.clock_skew) * 1_000_000;
    let expires_at = required(moment(claims, "exp")?, "exp")?;
    let (not_before, issued_at) = (moment(claims, "nbf")?, moment(claims, "iat")?);
    if expires_at.saturating_add_micros(skew) <= now {
        let why = format!("the token expired at {expires_at}");
        return Err(Refusal { reason: Reason::TokenExpired, why });
    }
    let latest = now.saturating_add_micros(skew);
    if let Some(not_before) = not_before.filter(|moment| latest < *moment) {
        return Err(Refusal::invalid(format!("the token is not valid before {not_before}")));
    }
    if let Some(issued_at) = issued_at.filter(|moment| latest < *moment) {
        return Err(Refusal::invalid(format!("the token was issued at {issued_at}, which is yet to come")));
    }
    Ok((issued_at, expires_at))
}

/// Refuses what is another kind of token, and what asks for more checks than are made here.
fn is_plain_access_token(claims: &Map<String, Value>, says_access_token: bool) -> Result<(), Refusal> {
    check_confirmation(claims)?;
    if says_access_token {
        return Ok(());
    }
    if let Some(claim) = OF_OTHER_TOKENS.iter().find(|claim| claims.contains_key(**claim)) {
        return Err(Refusal::invalid(format!("the token is no access token: it holds `{claim}`")));
    }
    // Two common issuers say it in the claims: Keycloak (`typ`), Amazon Cognito (`token_use`).
    for (claim, access) in [("typ", "bearer"), ("token_use", "access")] {
        if text(claims, claim)?.is_some_and(|kind| !kind.eq_ignore_ascii_case(access)) {
            return Err(Refusal::invalid(format!(
                "the token is no access token: its `{claim}` says otherwise"
            )));
        }
    }
    Ok(())
}

/// A token may be bound to a key by its thumbprint (RFC 9449, section 6.1), and in no other way.
fn check_confirmation(claims: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(confirmation) = claims.get("cnf") else { return Ok(()) };
    let members = confirmation.as_object().filter(|members| !members.is_empty());
    let members = members.ok_or_else(|| Refusal::invalid("`cnf` does not say what the token is bound to"))?;
    if let Some(other) = members.keys().find(|member| *member != "jkt") {
        let how = if other == "x5t#S256" { " (mTLS)" } else { "" };
        let other = shown(other, 40);
        return Err(Refusal::invalid(format!(
            "the token is bound (`cnf`) by `{other}`{how}, which is not supported"
        )));
    }
    if members.get("jkt").and_then(Value::as_str).is_some_and(is_thumbprint) {
        Ok(())
    } else {
        Err(Refusal::invalid("`cnf` holds no thumbprint of a key (`jkt`)"))
    }
}

/// A SHA-256 in base64url.
fn is_thumbprint(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

fn missing(claim: &str) -> Refusal {
    Refusal::invalid(format!("the token has no `{claim}`"))
}

fn required<T>(value: Option<T>, claim: &str) -> Result<T, Refusal> {
    value.ok_or_else(|| missing(claim))
}

/// A claim that is a text; a claim of another type is refused even where it is not needed.
pub(super) fn text<'a>(claims: &'a Map<String, Value>, claim: &str) -> Result<Option<&'a str>, Refusal> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= MAX_TEXT => Ok(Some(text)),
        Some(_) => Err(Refusal::invalid(format!("`{claim}` is not a text of 1 to {MAX_TEXT} bytes"))),
    }
}

/// A `NumericDate` (RFC 7519, section 2): seconds, whole or not.
pub(super) fn moment(claims: &Map<String, Value>, claim: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| (0.0..=LAST_SECOND).contains(seconds));
    let seconds = seconds
        .ok_or_else(|| Refusal::invalid(format!("`{claim}` is not a number of seconds since 1970")))?;
    // Whole seconds stay exact; within the bounds nothing overflows.
    let micros = match value.as_i64() {
        Some(whole) => whole.saturating_mul(1_000_000),
        None => (seconds * 1e6) as i64,
    };
    Ok(Some(Timestamp::from_micros(micros)))
}

/// One audience, or a list of them (RFC 7519, section 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let audiences = match claims.get("aud") {
        None => return Err(missing("aud")),
        Some(Value::Array(items)) if !items.is_empty() && items.len() <= MAX_AUDIENCES => texts(items),
        Some(one) => texts(std::slice::from_ref(one)),
    };
    audiences.ok_or_else(|| Refusal::invalid("`aud` is neither a text nor a list of texts"))
}

/// Those of the audiences that the issuer lists, where it lists any. Whether one of them is the called server's,
/// evaluation asks.
fn listed(audiences: &[String], issuer: &Issuer) -> Option<Vec<String>> {
    if issuer.audiences.is_empty() {
        return None;
    }
    Some(audiences.iter().filter(|audience| issuer.audiences.contains(audience)).cloned().collect())
}

fn texts(values: &[Value]) -> Option<Vec<String>> {
    values
        .iter()
        .map(|value| {
            value.as_str().filter(|text| !text.is_empty() && text.len() <= MAX_TEXT).map(str::to_owned)
        })
        .collect()
}

/// `scope` (RFC 8693, section 4.2), or what some issuers write instead: `scp`, a text or a list.
fn scopes(claims: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    match (claims.get("scope"), claims.get("scp")) {
        (Some(Value::String(scopes)), _) | (None, Some(Value::String(scopes))) => Ok(words(scopes)),
        (None, Some(Value::Array(scopes))) => {
            texts(scopes).ok_or_else(|| Refusal::invalid("`scp` is not a list of texts"))
        }
        (None, None) => Ok(Vec::new()),
        _ => Err(Refusal::invalid("`scope` is no text")),
    }
}
