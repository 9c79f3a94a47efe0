//! From the record of a decision to what its page shows. Tolerant of members that are absent; what is there and
//! cannot be understood is named.

use super::arguments_read::{self, Miss};
use super::view::{
    ActorWords, DecisionView, MembershipWords, MissLine, Place, RecordFacts, RuleLine, SubjectWords,
    TokenWords, ToolFacts, TouchedLine, Who, Why,
};
use super::words;
use crate::explain;
use crate::moment::Moment;
use crate::pages::resources::name::{name_of, read_name};
use crate::pages::try_call::again;
use crate::verdict::{EffectWords, Verdict};
use policy::decision::{NearestMiss, Truth};
use policy::facts::{
    ActorFacts, ActorIdentity, BoundFact, Facts, Identity, MembershipFacts, RoleGrant, RoleOrigin,
    SubjectFacts, TokenFacts,
};
use policy::labels::{Effect, Trust};
use policy::text::shown;
use policy::{Decision, Reach, Risk, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::decisions::RecordedDecision;

/// How `pdp` writes the id of a resource that stands in a redacted argument: this, and a digest.
const REDACTED: &str = "$redacted:";

/// The tool, as `pdp` writes it; every member may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BodyTool {
    definition_hash: Option<String>,
    risk: Option<Risk>,
    sensitivity: Option<String>,
    read_only: Option<bool>,
}

/// The parts of a body that could be read, and the names of those that could not.
#[derive(Default)]
struct Body {
    request_id: Option<String>,
    facts: Option<Facts>,
    decision: Option<Decision>,
    tool: Option<BodyTool>,
    micros: Option<u64>,
    unreadable: Vec<String>,
    raw: String,
}

impl Body {
    fn read(text: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            let raw = text.to_owned();
            return Self { unreadable: vec!["the whole record".to_owned()], raw, ..Self::default() };
        };
        let mut unreadable = Vec::new();
        let mut body = Self {
            request_id: part(&value, "request_id", &mut unreadable),
            facts: part(&value, "facts", &mut unreadable),
            decision: part(&value, "decision", &mut unreadable),
            tool: part(&value, "tool", &mut unreadable),
            micros: part(&value, "ms", &mut unreadable),
            unreadable: Vec::new(),
            raw: serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        };
        body.unreadable = unreadable;
        body
    }
}

fn part<T: DeserializeOwned>(body: &Value, name: &str, unreadable: &mut Vec<String>) -> Option<T> {
    let value = body.get(name).filter(|value| !value.is_null())?;
    match T::deserialize(value) {
        Ok(part) => Some(part),
        Err(error) => {
            tracing::warn!(part = name, %error, "a recorded decision is not as expected");
            unreadable.push(format!("`{name}`"));
            None
        }
    }
}

/// What the page shows, seen from `now`.
pub(super) fn describe(recorded: RecordedDecision, now: Timestamp) -> DecisionView {
    let tries_again = again::is_known(&recorded);
    let row = recorded.row;
    let reason = row.reason();
    let body = Body::read(&recorded.body);
    let mut misses = Vec::new();
    for miss in body.decision.iter().flat_map(|decision| &decision.nearest) {
        misses.extend(miss.parameters.iter().map(|parameter| Miss { rule: &miss.name, parameter }));
    }
    let arguments = arguments_read::read(recorded.arguments.as_deref(), recorded.had_arguments, &misses);
    let facts = body.facts.as_ref();
    let glass = body.decision.as_ref().and_then(|decision| decision.break_glass.as_ref());
    DecisionView {
        break_glass: glass.map(|used| {
            format!(
                "`{}` asked for it and `{}` confirmed it, until {}: {}",
                shown(&used.asked_by, 200),
                shown(&used.confirmed_by, 200),
                Moment::new(used.until, now).exact,
                shown(&used.reason, 500)
            )
        }),
        verdict: Verdict::of(row.outcome, reason),
        reason_title: reason.map_or_else(|| row.reason.clone(), |reason| reason.title().to_owned()),
        reason: row.reason,
        at: Moment::new(row.at, now),
        id: row.id.to_string(),
        server: row.server,
        tool: row.tool,
        action: row.action,
        sentence: body.decision.as_ref().map(|decision| words::sentence(&decision.reviewer_text)),
        revision: body.decision.as_ref().map(|decision| decision.revision.to_string()),
        why: body.decision.as_ref().map(why),
        arguments,
        who: facts.map(|facts| who(facts, row.tenant.as_deref(), now)),
        tenant: row.tenant,
        subject: row.subject,
        tool_facts: body.tool.map(|tool| ToolFacts {
            risk: tool.risk,
            sensitivity: tool.sensitivity,
            read_only: tool.read_only,
            definition_hash: tool.definition_hash,
        }),
        touched: facts.map(|facts| facts.bound.iter().map(touched).collect()).unwrap_or_default(),
        record: RecordFacts {
            credential: facts.map(|facts| facts.credential.name.clone()).or(row.credential),
            trust: facts.map(|facts| trust(facts.credential.trust).to_owned()),
            task: facts.and_then(|facts| facts.task.as_ref()).map(|task| task.id.to_string()),
            approval: body
                .decision
                .as_ref()
                .and_then(|decision| decision.approval.as_ref())
                .map(|approval| (approval.id.to_string(), words::part(approval.part).to_owned())),
            request_id: body.request_id,
            took: body.micros.map(words::micros),
            place: Some(Place { chain: recorded.chain, seq: recorded.seq, hash: recorded.hash.to_string() }),
        },
        raw: Some(body.raw),
        unreadable: body.unreadable,
        tries_again,
    }
}

/// What of it somebody of these tenants alone is told: not what the caller is in others, nor where it stands in the record,
/// whose places count the calls of all tenants. The record as it was written says both.
pub(super) fn within(mut shown: DecisionView, reach: &Reach) -> DecisionView {
    if reach.is_everything() {
        return shown;
    }
    if let Some(who) = &mut shown.who {
        who.memberships.retain(|held| reach.holds(&held.tenant));
    }
    shown.record.place = None;
    shown.raw = None;
    shown
}

/// "/customer_id: customer c-42, of acme".
fn touched(fact: &BoundFact) -> TouchedLine {
    let whose = match &fact.resource {
        None => "not registered".to_owned(),
        Some(resource) if resource.tenant.as_str().is_empty() => "of another tenant".to_owned(),
        Some(resource) => format!("of {}", resource.tenant),
    };
    let at = if fact.at.is_empty() { "resource" } else { &fact.at };
    let name = name_of(&fact.kind, &fact.id);
    let is_found =
        !fact.id.starts_with(REDACTED) && read_name(&name) == Some((fact.kind.as_str(), fact.id.as_str()));
    TouchedLine { text: format!("{at}: {} {}, {whose}", fact.kind, fact.id), name: is_found.then_some(name) }
}

fn why(decision: &Decision) -> Why {
    let rules = decision.rules.iter().map(|rule| RuleLine {
        name: rule.name.clone(),
        version: Some(rule.version),
        words: EffectWords {
            effect: rule.effect,
            once_approved: rule.effect == Effect::Allow && rule.approval.is_some(),
            shadow: false,
        },
        unknown: (rule.truth == Truth::Unknown)
            .then(|| rule.note.clone().unwrap_or_else(|| "a part of it could not be told".to_owned())),
        approval: rule.approval.as_ref().map(explain::approval),
    });
    let shadow = decision.shadow.iter().map(|rule| RuleLine {
        name: rule.name.clone(),
        version: None,
        words: EffectWords { effect: rule.effect, once_approved: false, shadow: true },
        unknown: (rule.truth == Truth::Unknown).then(|| "a part of it could not be told".to_owned()),
        approval: None,
    });
    Why {
        rules: rules.collect(),
        nearest: decision.nearest.iter().map(miss).collect(),
        shadow: shadow.collect(),
        notes: decision.remarks(),
    }
}

fn miss(miss: &NearestMiss) -> MissLine {
    MissLine {
        name: miss.name.clone(),
        part: miss.part,
        text: words::sentence(&miss.text),
        parameters: miss.parameters.iter().map(words::parameter).collect(),
    }
}

fn who(facts: &Facts, tenant: Option<&str>, now: Timestamp) -> Who {
    Who {
        subject: facts.identity.subject().map(subject),
        how: how(&facts.identity),
        token: facts.identity.token().map(|facts| token(facts, now)),
        memberships: facts.memberships.iter().map(|held| membership(held, facts, tenant, now)).collect(),
        actor: facts.actor.as_deref().map(|facts| actor(facts, tenant)),
    }
}

fn subject(facts: &SubjectFacts) -> SubjectWords {
    SubjectWords {
        id: facts.id.to_string(),
        name: facts.name.clone(),
        kind: facts.kind.to_string(),
        active: facts.active,
    }
}

fn actor(facts: &ActorFacts, tenant: Option<&str>) -> ActorWords {
    let held = facts.memberships.iter().find(|held| tenant == Some(held.tenant.as_str()));
    let how = match &facts.identity {
        ActorIdentity::Token { claim, sub, .. } => {
            format!("the verified token names it, `{}` in {}", shown(sub, 80), shown(claim, 20))
        }
        ActorIdentity::Asserted { .. } => "the enforcement key vouched for it".to_owned(),
        ActorIdentity::UnknownIdentity { issuer, sub } => {
            format!("not at all: nobody is `{}` of `{}`", shown(sub, 80), shown(issuer, 80))
        }
        ActorIdentity::Unknown { why } => format!("not at all: {why}"),
    };
    let roles = |held: &MembershipFacts| match held.roles.as_slice() {
        [] => "no role".to_owned(),
        roles => roles.iter().map(role).collect::<Vec<_>>().join(", "),
    };
    ActorWords {
        subject: facts.subject().map(subject),
        how,
        roles: held.map(roles),
        chain: (!facts.chain.is_empty()).then(|| facts.chain.join(", ")),
    }
}

/// A role, and where it comes from where that is not a membership of this tenant alone.
fn role(grant: &RoleGrant) -> String {
    let origin = match &grant.origin {
        RoleOrigin::Assigned => String::new(),
        RoleOrigin::Mapped { claim, .. } => format!(", from the claim {claim}"),
    };
    match (grant.global, origin.as_str()) {
        (false, "") => grant.name.clone(),
        (true, _) => format!("{} (of every tenant{origin})", grant.name),
        (false, _) => format!("{} ({})", grant.name, origin.trim_start_matches(", ")),
    }
}

fn token(facts: &TokenFacts, now: Timestamp) -> TokenWords {
    TokenWords {
        issuer: facts.issuer.clone(),
        sub: facts.sub.clone(),
        jti: facts.jti.clone(),
        expires: Moment::new(facts.expires_at, now).exact,
        scopes: (!facts.scopes.is_empty()).then(|| facts.scopes.join(", ")),
        weaker: (!facts.weaker.is_empty()).then(|| facts.weaker.join("; ")),
    }
}

fn membership(
    held: &MembershipFacts,
    facts: &Facts,
    tenant: Option<&str>,
    now: Timestamp,
) -> MembershipWords {
    let expired = held.until.is_some_and(|until| until <= facts.now);
    let outside = !facts.identity.counts_in(&held.tenant);
    let state = match (expired, outside) {
        (true, _) => "had expired",
        (_, true) => "the token's issuer does not count in this tenant",
        _ if tenant == Some(held.tenant.as_str()) => "counted for this call",
        _ => "another tenant",
    };
    MembershipWords {
        tenant: held.tenant.to_string(),
        roles: held.roles.iter().map(role).collect(),
        until: held.until.map(|until| Moment::new(until, now)),
        state: state.to_owned(),
    }
}

fn how(identity: &Identity) -> String {
    match identity {
        Identity::ApiKey { .. } => "by an own API key".to_owned(),
        Identity::Token { .. } => "by an access token that was verified".to_owned(),
        Identity::Asserted { .. } => "the enforcement key vouched for it".to_owned(),
        Identity::TokenMissing => "not at all: no token was sent".to_owned(),
        Identity::TokenInvalid => "not at all: the token is not valid".to_owned(),
        Identity::TokenExpired => "not at all: the token has expired".to_owned(),
        Identity::TokenRevoked => "not at all: the token was revoked".to_owned(),
        Identity::SubjectDiffers => "not at all: the subject named is not the token's".to_owned(),
        Identity::UnknownSubject { id } => format!("not at all: `{id}` is not registered"),
        Identity::Lapsed { why, .. } => format!("by a key or a token that counts no longer: {why}"),
        Identity::TokenRefused { why, issuer: Some(issuer), .. } => {
            format!("not at all: token of `{}`: {why}", shown(issuer, 80))
        }
        Identity::TokenRefused { why, issuer: None, .. } => format!("not at all: {why}"),
        Identity::UnknownIdentity { issuer, sub } => {
            format!("not at all: nobody is `{}` of `{}`", shown(sub, 80), shown(issuer, 80))
        }
    }
}

fn trust(trust: Trust) -> &'static str {
    match trust {
        Trust::VerifyToken => "the caller's own token is verified",
        Trust::AssertSubject => "it vouches for the subject",
        Trust::AssertAttributes => "it vouches for the subject and its attributes",
    }
}

#[cfg(test)]
mod tests;
