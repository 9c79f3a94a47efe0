//! Whom a token is for: one of the called server's audiences, and one that its issuer lists where it lists any.

use super::words::short;
use crate::compile::CompiledServer;
use crate::decision::Decision;
use crate::facts::{Facts, TokenFacts};
use crate::reason::Reason;

/// How many audiences a sentence names.
const NAMED: usize = 3;

/// A caller without a token of an outside issuer passes. `server`: the one that is called, or that the enforcement key
/// is bound to; without any, the issuer's own list must say what its tokens may be for.
pub(super) fn check(facts: &Facts, server: Option<&CompiledServer>) -> Result<(), Decision> {
    let Some(token) = facts.identity.token() else { return Ok(()) };
    let why = match server {
        Some(server) => not_for(token, server),
        None if token.listed.as_ref().is_some_and(|listed| !listed.is_empty()) => None,
        None => Some(format!(
            "the call names no server, and the token no audience that issuer `{}` lists",
            short(&token.issuer)
        )),
    };
    match why {
        Some(why) => Err(Decision::deny(Reason::TokenWrongAudience, why)),
        None => Ok(()),
    }
}

/// Why the token is not for this server; None where it is.
fn not_for(token: &TokenFacts, server: &CompiledServer) -> Option<String> {
    let named = |audience: &&String| server.audiences.contains(audience);
    let Some(audience) = token.audiences.iter().find(named) else {
        return Some(format!(
            "the token is for {}; server `{}` is {}",
            list(&token.audiences),
            server.slug,
            list(&server.audiences)
        ));
    };
    match &token.listed {
        Some(listed) if !listed.iter().any(|audience| named(&audience)) => Some(format!(
            "issuer `{}` does not list {}, by which the token names server `{}`",
            short(&token.issuer),
            list(std::slice::from_ref(audience)),
            server.slug
        )),
        _ => None,
    }
}

fn list(audiences: &[String]) -> String {
    let named: Vec<String> =
        audiences.iter().take(NAMED).map(|audience| format!("`{}`", short(audience))).collect();
    let more = if audiences.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}
