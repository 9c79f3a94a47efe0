//! A token's scopes: one more limit on what live policy allows, never a grant.

use super::words::short;
use crate::compile::CompiledTool;
use crate::decision::Decision;
use crate::facts::Facts;
use crate::reason::Reason;

/// Every scope that the tool asks for must be one of the token's. A caller without a token of an outside issuer (with an
/// API key, or vouched for by the PEP) has none.
pub(super) fn check(facts: &Facts, tool: &CompiledTool) -> Result<(), Decision> {
    let token = facts.identity.token();
    let held = token.map(|token| token.scopes.as_slice()).unwrap_or_default();
    let Some(missing) = tool.source.scopes.iter().find(|scope| !held.contains(scope)) else { return Ok(()) };
    let missing = short(missing);
    let why = match token {
        Some(_) => format!("the tool asks for the scope `{missing}`, which the token lacks"),
        None => {
            format!("the tool asks for the scope `{missing}`, and the caller showed no token of an issuer")
        }
    };
    let mut decision = Decision::deny(Reason::TokenScopeInsufficient, why);
    decision.caller_text = format!("The token lacks the scope `{missing}`, which this tool asks for.");
    Err(decision)
}
