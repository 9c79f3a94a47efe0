//! Who acts for the subject of a token, as its claims say it (RFC 8693, section 4.1). A token that names somebody is never
//! taken as if it did not.

use super::{Refusal, claims};
use policy::issuer::{ActorClaim, Issuer};
use policy::text::shown;
use serde_json::{Map, Value};

/// Whom a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedActor {
    /// Which claim does.
    pub(crate) claim: ActorClaim,
    /// Its identity at the token's issuer.
    pub(crate) sub: String,
    /// Another issuer, whose identity it is said to be: this one does not speak for that.
    pub(crate) other_issuer: Option<String>,
    /// Who acted before it, the latest first.
    pub(crate) chain: Vec<String>,
}

/// The claim `act`, where the token has it, whatever the issuer's setting is; else the claim that the issuer names.
///
/// # Errors
/// When the claim is not what it must be.
pub(crate) fn named(claims: &Map<String, Value>, issuer: &Issuer) -> Result<Option<NamedActor>, Refusal> {
    if let Some(act) = claims.get("act") {
        return delegated(act, issuer).map(Some);
    }
    let claim = match issuer.actor_claim {
        None | Some(ActorClaim::ActSub) => return Ok(None),
        Some(claim) => claim,
    };
    let sub = claims::text(claims, claim.as_str())?;
    Ok(sub.map(|sub| NamedActor { claim, sub: sub.to_owned(), other_issuer: None, chain: Vec::new() }))
}

/// How deep it may nest, the claims' own limits have said already.
fn delegated(act: &Value, issuer: &Issuer) -> Result<NamedActor, Refusal> {
    let (sub, iss) = member(act)?;
    let mut chain = Vec::new();
    let mut earlier = act.get("act");
    while let Some(act) = earlier {
        let (sub, iss) = member(act)?;
        chain.push(match iss.filter(|iss| *iss != issuer.url) {
            Some(iss) => format!("{sub} ({iss})"),
            None => sub.to_owned(),
        });
        earlier = act.get("act");
    }
    let other_issuer = iss.filter(|iss| *iss != issuer.url).map(str::to_owned);
    Ok(NamedActor { claim: ActorClaim::ActSub, sub: sub.to_owned(), other_issuer, chain })
}

/// The `sub` and the `iss` of one `act`.
fn member(act: &Value) -> Result<(&str, Option<&str>), Refusal> {
    let Value::Object(members) = act else { return Err(Refusal::invalid("`act` is no object")) };
    let within = |refusal: Refusal| Refusal::invalid(format!("in `act`, {}", refusal.why));
    let sub = claims::text(members, "sub").map_err(within)?;
    let sub = sub.ok_or_else(|| Refusal::invalid("`act` names nobody: it has no `sub`"))?;
    Ok((sub, claims::text(members, "iss").map_err(within)?))
}

/// Whether the PEP may call the token's client so (`context.agent`): by who acts, or where nobody does, by whom the token
/// is of or was issued to.
pub(crate) fn is_called(agent: &str, claims: &Map<String, Value>, actor: Option<&NamedActor>) -> bool {
    match actor {
        Some(actor) => actor.sub == agent,
        None => {
            let says = |claim: &&str| claims.get(*claim).and_then(Value::as_str) == Some(agent);
            ["client_id", "azp"].iter().any(says)
        }
    }
}

/// What the reviewer reads of an identity that another issuer would have to speak for.
pub(crate) fn of_another(issuer: &str) -> String {
    format!("the token names an actor of another issuer, `{}`", shown(issuer, 200))
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Reason;
    use serde_json::json;

    const ISSUER: &str = "https://idp.example";

    fn issuer(claim: Option<ActorClaim>) -> Issuer {
        Issuer { actor_claim: claim, ..Issuer::new(ISSUER) }
    }

    fn of(claims: &Value, claim: Option<ActorClaim>) -> Result<Option<NamedActor>, Refusal> {
        named(claims.as_object().expect("an object"), &issuer(claim))
    }

    #[test]
    fn who_is_named() {
        let (act, client, azp) =
            (Some(ActorClaim::ActSub), Some(ActorClaim::ClientId), Some(ActorClaim::Azp));
        for (claims, setting, expected) in [
            (json!({}), None, None),
            (json!({"client_id": "c", "azp": "a"}), None, None),
            (json!({"client_id": "c", "azp": "a"}), act, None),
            (json!({"client_id": "c", "azp": "a"}), client, Some((ActorClaim::ClientId, "c"))),
            (json!({"client_id": "c", "azp": "a"}), azp, Some((ActorClaim::Azp, "a"))),
            (json!({"azp": "a"}), client, None),
            (json!({"act": {"sub": "bot"}}), None, Some((ActorClaim::ActSub, "bot"))),
            (json!({"act": {"sub": "bot"}, "azp": "a"}), act, Some((ActorClaim::ActSub, "bot"))),
            (json!({"act": {"sub": "bot"}, "azp": "a"}), azp, Some((ActorClaim::ActSub, "bot"))),
            (json!({"act": {"sub": "bot", "iss": ISSUER}}), act, Some((ActorClaim::ActSub, "bot"))),
        ] {
            let named = of(&claims, setting).expect("reads");
            let told = named.as_ref().map(|actor| (actor.claim, actor.sub.as_str()));
            assert_eq!(told, expected, "{claims} {setting:?}");
            assert!(named.is_none_or(|actor| actor.other_issuer.is_none() && actor.chain.is_empty()));
        }
    }

    #[test]
    fn a_chain_is_told_and_another_issuer_is_seen() {
        let claims = json!({"act": {"sub": "c", "iss": "https://other.example",
            "act": {"sub": "b", "iss": ISSUER, "act": {"sub": "a", "iss": "https://third.example"}}}});
        let actor = of(&claims, None).expect("reads").expect("is named");
        assert_eq!((actor.sub.as_str(), actor.other_issuer.as_deref()), ("c", Some("https://other.example")));
        assert_eq!(actor.chain, ["b", "a (https://third.example)"]);
    }

    #[test]
    fn what_is_malformed_is_never_ignored() {
        let long = "x".repeat(2_000);
        for (claims, setting) in [
            (json!({"act": null}), None),
            (json!({"act": "bot"}), None),
            (json!({"act": ["bot"]}), None),
            (json!({"act": {}}), None),
            (json!({"act": {"client_id": "bot"}}), None),
            (json!({"act": {"sub": ""}}), None),
            (json!({"act": {"sub": 7}}), None),
            (json!({"act": {"sub": long}}), None),
            (json!({"act": {"sub": ["bot"]}}), None),
            (json!({"act": {"sub": "bot", "iss": 7}}), None),
            (json!({"act": {"sub": "bot", "act": "b"}}), None),
            (json!({"act": {"sub": "bot", "act": {"sub": null}}}), None),
            (json!({"act": {"sub": "bot", "act": {"sub": "b", "act": {}}}}), None),
            (json!({"azp": ["a"]}), Some(ActorClaim::Azp)),
            (json!({"client_id": 7}), Some(ActorClaim::ClientId)),
            (json!({"act": {}, "azp": "a"}), Some(ActorClaim::Azp)),
        ] {
            let refusal = of(&claims, setting).expect_err("refused");
            assert_eq!(refusal.reason, Reason::TokenInvalid, "{claims}");
        }
    }

    #[test]
    fn what_a_pep_may_call_the_client() {
        let claims = json!({"sub": "a-17", "client_id": "c", "azp": "a"});
        let claims = claims.as_object().expect("an object");
        let actor = of(&json!({"act": {"sub": "bot"}}), None).expect("reads");
        for (agent, alone, through) in
            [("c", true, false), ("a", true, false), ("bot", false, true), ("a-17", false, false)]
        {
            assert_eq!(is_called(agent, claims, None), alone, "{agent}");
            assert_eq!(is_called(agent, claims, actor.as_ref()), through, "{agent}");
        }
    }
}
