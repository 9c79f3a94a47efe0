//! Who shows a key or a token of its own: not to have a call decided, but to see to its tasks. The same key is looked up,
//! and the same token verified, as for a call.

use super::{Live, outside, valid};
use crate::enforce::{Question, SubjectClaim};
use crate::secret::Secret;
use crate::tokens::Tokens;
use policy::arguments::Arguments;
use policy::facts::{AssertedProperties, CredentialFacts, SubjectFacts};
use policy::ids::WHOEVER;
use policy::{Call, ResourceRef, TenantSlug};
use serde_json::Map;
use store::{CallerBy, CredentialBy, LiveQuery, LiveState, Store, StoreError};

/// Somebody who was recognised.
#[derive(Debug, Clone, PartialEq)]
pub enum Recognised {
    /// A PEP, by an enforcement key that is valid now.
    Platform(CredentialFacts),
    /// A caller, by its own API key or by a token of an issuer that lists what its tokens are for.
    Caller {
        subject: SubjectFacts,
        /// Where its membership counts now, in order.
        tenants: Vec<TenantSlug>,
    },
}

/// None: nobody. A token of an issuer that would have to be asked about it is nobody's here, so that a stranger has
/// nothing sent anywhere; nor is one that needs a proof.
pub(crate) async fn recognise(
    store: &Store,
    tokens: &Tokens,
    token: &Secret,
    request_id: &str,
) -> Result<Option<Recognised>, StoreError> {
    let digest = token.digest();
    let query = LiveQuery {
        credential: CredentialBy::Digest(&digest),
        caller: CallerBy::KeyDigest(&digest),
        tenant: None,
        bound: &[],
        actor: None,
        task: None,
        approvals: None,
    };
    let state = store.read_live(&query).await?;
    let now = state.now;
    if let Some(credential) = state.credential.as_ref().filter(|credential| valid(credential, now)) {
        return Ok(Some(Recognised::Platform(credential.facts.clone())));
    }
    if state.key.is_some() {
        return Ok(by_key(state));
    }
    let Some(jwt) = Tokens::read(token) else { return Ok(None) };
    let issuer = store.get_issuer(jwt.says().issuer).await?;
    if issuer.is_none_or(|stored| stored.issuer.introspection.is_some()) {
        return Ok(None);
    }
    let live = Live {
        store,
        credential: None,
        tenant: None,
        bound: &[],
        task: None,
        approvals: None,
        registers: false,
    };
    let (state, judged) =
        outside::read(live, tokens, token, &jwt, &nothing_asked(request_id), &mut None).await?;
    let LiveState { now, subject, memberships, actor: acting, .. } = state;
    let Some(judged) = judged else { return Ok(None) };
    let outside::Caller { identity, actor, .. } = judged.recognised(subject, acting, WHOEVER);
    // Whoever acts for the subject must be somebody who may, and counts where both do.
    if actor.as_ref().is_some_and(|actor| actor.subject().is_none_or(|acting| !acting.active)) {
        return Ok(None);
    }
    let acts_in =
        |tenant: &TenantSlug| actor.as_ref().is_none_or(|actor| actor.membership(tenant, now).is_some());
    // No server is called, so the issuer's own list must say what its tokens may be for.
    let listed =
        identity.token().and_then(|token| token.listed.as_ref()).is_some_and(|list| !list.is_empty());
    let Some(subject) = identity.subject().filter(|subject| subject.active && listed) else {
        return Ok(None);
    };
    let tenants = memberships
        .iter()
        .filter(|held| held.until.is_none_or(|until| now < until) && identity.counts_in(&held.tenant))
        .filter(|held| acts_in(&held.tenant))
        .map(|held| held.tenant.clone())
        .collect();
    Ok(Some(Recognised::Caller { subject: subject.clone(), tenants }))
}

fn by_key(state: LiveState) -> Option<Recognised> {
    let LiveState { now, key, subject, memberships, .. } = state;
    let expired = key.is_none_or(|key| key.expires_at.is_some_and(|end| end <= now));
    let subject = subject.filter(|subject| subject.active && !expired)?;
    let lives = memberships.into_iter().filter(|held| held.until.is_none_or(|until| now < until));
    Some(Recognised::Caller { subject, tenants: lives.map(|held| held.tenant).collect() })
}

/// What a token is verified for where no call is decided.
fn nothing_asked(request_id: &str) -> Question {
    Question {
        call: Call {
            action: String::new(),
            resource: ResourceRef { kind: String::new(), id: String::new() },
            arguments: Arguments::NotSent,
            context: Map::new(),
            tenant: None,
        },
        subject: SubjectClaim { kind: String::new(), id: WHOEVER.to_owned(), properties: Map::new() },
        properties: AssertedProperties::default(),
        access_token: None,
        request_id: request_id.to_owned(),
        proof: None,
        approval: None,
        idempotency_key: None,
        files: false,
    }
}
