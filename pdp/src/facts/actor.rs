//! Who acts for the caller: by the caller's verified token alone, or by the word of a PEP that vouches for its callers.

use super::{Live, is_told_of};
use crate::enforce::Question;
use crate::tokens::{self, NamedActor, Refusal};
use policy::facts::{ActorFacts, ActorIdentity, Identity, TokenFacts};
use policy::issuer::{ActorNeed, Issuer};
use policy::text::shown;
use policy::{Call, Reason};
use serde_json::Value;
use store::{CallerBy, LiveActor, LiveState, StoreError};

/// What the PEP calls whoever acts (`context.agent`). None: it says nothing.
fn agent(call: &Call) -> Option<&Value> {
    call.context.get("agent").filter(|agent| !agent.is_null())
}

/// The id by which a PEP that vouches names whoever acts, where it is a text.
pub(crate) fn named(call: &Call) -> Option<&str> {
    agent(call).and_then(Value::as_str)
}

/// The subject of a PEP that vouches for it, and the actor that it names.
pub(super) async fn read_vouched(live: Live<'_>, question: &Question) -> Result<LiveState, StoreError> {
    live.read_with(CallerBy::Subject(question.subject.id.as_str()), named(&question.call)).await
}

/// Who acts, where a PEP vouches for it: by subject id.
pub(crate) fn vouched(call: &Call, found: Option<LiveActor>) -> Option<Box<ActorFacts>> {
    let agent = agent(call)?;
    let Value::String(id) = agent else {
        return Some(unknown("`context.agent` is no text".to_owned()));
    };
    let Some(LiveActor { subject: Some(subject), memberships, .. }) = found else {
        let id = shown(id, 80);
        return Some(unknown(format!("`context.agent` is `{id}`, which is no registered subject")));
    };
    Some(Box::new(ActorFacts { memberships, ..ActorFacts::new(ActorIdentity::Asserted { subject }) }))
}

fn unknown(why: String) -> Box<ActorFacts> {
    Box::new(ActorFacts::new(ActorIdentity::Unknown { why }))
}

/// Who acts by a verified token. `found` is what the state that the token was judged by says of it.
pub(super) fn by_token(
    token: &TokenFacts,
    issuer: &Issuer,
    named: Option<NamedActor>,
    found: Option<LiveActor>,
) -> Option<Box<ActorFacts>> {
    let Some(NamedActor { claim, sub, other_issuer, chain }) = named else {
        let wanted = issuer.actor_claim.filter(|_| issuer.actor == ActorNeed::Required)?;
        return Some(unknown(format!(
            "tokens of issuer `{}` must say who acts, in `{}`; this one does not",
            shown(&issuer.url, 200),
            wanted.as_str()
        )));
    };
    let mut actor = match (other_issuer, found) {
        (Some(other), _) => {
            ActorFacts::new(ActorIdentity::Unknown { why: tokens::of_another_issuer(&other) })
        }
        (None, Some(LiveActor { subject: Some(subject), memberships, .. })) => {
            let claim = claim.as_str().to_owned();
            ActorFacts { memberships, ..ActorFacts::new(ActorIdentity::Token { claim, sub, subject }) }
        }
        (None, _) => ActorFacts::new(ActorIdentity::UnknownIdentity { issuer: token.issuer.clone(), sub }),
    };
    actor.chain = chain;
    Some(Box::new(actor))
}

/// Who acts, as far as whoever asks may be told of it.
pub(super) fn told_of(state: &LiveState) -> Option<&LiveActor> {
    let credential = state.credential.as_ref();
    state.actor.as_ref().filter(|actor| is_told_of(credential, &actor.memberships))
}

/// Refuses a token whose client the PEP calls something else than the token does.
pub(super) fn agrees(
    question: &Question,
    token: &TokenFacts,
    identity: Option<&policy::SubjectId>,
    named: Option<&NamedActor>,
    found: Option<&LiveActor>,
) -> Result<(), Refusal> {
    let Some(agent) = agent(&question.call) else { return Ok(()) };
    let said = agent.as_str().is_some_and(|agent| {
        // By the Countersign id of who acts, too; of the subject, where nobody does.
        let known = match named {
            Some(_) => found.and_then(|found| found.subject.as_ref()).map(|subject| subject.id.as_str()),
            None => identity.map(policy::SubjectId::as_str),
        };
        known == Some(agent) || tokens::is_called(agent, &token.claims, named)
    });
    if said { Ok(()) } else { Err(differs()) }
}

/// The same for the holder of a key of ours, who acts for nobody.
pub(super) fn agrees_with_key(question: &Question, identity: Identity) -> Identity {
    let same = |id: &str| agent(&question.call).is_none_or(|agent| agent.as_str() == Some(id));
    match &identity {
        Identity::ApiKey { subject, .. } if !same(subject.id.as_str()) => {
            let Refusal { reason, why } = differs();
            Identity::TokenRefused { reason, why, issuer: None }
        }
        _ => identity,
    }
}

fn differs() -> Refusal {
    let why = "`context.agent` is not who acts by the caller's token".to_owned();
    Refusal { reason: Reason::TokenInvalid, why }
}
