//! Step 3: gather. From what one statement read to the facts of one call.

pub(crate) mod actor;
pub(crate) mod bound;
mod opaque;
mod outside;
pub(crate) mod own;
mod proof;

use crate::enforce::{AskError, Question};
use crate::secret::Secret;
use crate::tokens::Tokens;
use outside::{Asked, Caller, Judged};
use policy::arguments::canonical;
use policy::facts::{AssertedProperties, CredentialFacts, Facts, Identity, MembershipFacts, SubjectFacts};
use policy::ids::WHOEVER;
use policy::labels::Trust;
use policy::{Reason, ResourceRef, Timestamp};
use serde_json::{Map, Value};
use store::live::{LiveCredential, LiveKey};
use store::{CallerBy, CredentialBy, LiveApproval, LiveQuery, LiveState, Store, StoreError};

/// The facts of a call, and the keys that were used for them.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) facts: Facts,
    pub(crate) credential_key: Option<String>,
    pub(crate) api_key: Option<String>,
    /// What was asked of this call, as far as it still counts.
    pub(crate) approvals: Vec<LiveApproval>,
}

/// What an issuer said of the token of one call. A call that is looked at again, as where the policy was compiled anew
/// meanwhile, does not ask again: the token is the same, and how the issuer is registered is held against how it was.
#[derive(Debug, Default)]
pub(crate) struct Heard(Option<Asked>);

/// The largest properties of a subject, an action or a resource that are taken as facts, in bytes of their
/// canonical form. Where they are not taken, their size does not matter.
pub(crate) const MAX_PROPERTIES: usize = 16 * 1024;

/// The way to the live state for one call.
#[derive(Clone, Copy)]
struct Live<'a> {
    store: &'a Store,
    /// The digest of the enforcement key. None: the caller asks for itself.
    credential: Option<&'a str>,
    tenant: Option<&'a str>,
    bound: &'a [ResourceRef],
    task: Option<&'a str>,
    /// Under which digest approvals of the call are read along.
    approvals: Option<&'a str>,
    /// Whether an unknown identity may be registered, as its issuer says.
    registers: bool,
}

impl Live<'_> {
    async fn read(&self, caller: CallerBy<'_>) -> Result<LiveState, StoreError> {
        self.read_with(caller, None).await
    }

    /// The same, with somebody who acts for the caller.
    async fn read_with(&self, caller: CallerBy<'_>, actor: Option<&str>) -> Result<LiveState, StoreError> {
        let credential = self.credential.map_or(CredentialBy::None, CredentialBy::Digest);
        let Self { tenant, bound, task, approvals, .. } = *self;
        let query = LiveQuery { credential, caller, tenant, bound, actor, task, approvals };
        self.store.read_live(&query).await
    }
}

/// Reads the live state for one call, with what is registered of the resources that are `asked` for and the requests for
/// approval that were filed under `named`, the digest of what the call names. One statement; a second only where a PEP that
/// vouches for its subjects sends a token all the same, for a proof, or for a token of an outside issuer as `outside` and
/// `opaque` say. `heard`: of earlier rounds of the same call.
pub(crate) async fn gather(
    store: &Store,
    tokens: &Tokens,
    key: &Secret,
    question: &Question,
    asked: &[ResourceRef],
    named: Option<&str>,
    heard: &mut Heard,
) -> Result<Result<Gathered, AskError>, StoreError> {
    let sought = Sought { asked, approvals: named, registers: true };
    read(store, tokens, key, question, sought, heard).await
}

/// As [`gather`], for somebody who only looks: nobody becomes known by it.
pub(crate) async fn look(
    store: &Store,
    tokens: &Tokens,
    key: &Secret,
    question: &Question,
) -> Result<Result<Gathered, AskError>, StoreError> {
    // Who only looks neither files nor uses any.
    let sought = Sought { asked: &[], approvals: None, registers: false };
    read(store, tokens, key, question, sought, &mut Heard::default()).await
}

/// What is read along with the caller.
#[derive(Clone, Copy)]
struct Sought<'a> {
    /// Registered resources.
    asked: &'a [ResourceRef],
    /// The digest under which requests for approval are filed.
    approvals: Option<&'a str>,
    /// Whether an unknown identity may be registered, as its issuer says.
    registers: bool,
}

async fn read(
    store: &Store,
    tokens: &Tokens,
    key: &Secret,
    question: &Question,
    sought: Sought<'_>,
    heard: &mut Heard,
) -> Result<Result<Gathered, AskError>, StoreError> {
    let Sought { asked, approvals, registers } = sought;
    let credential = key.digest();
    let tenant = question.call.tenant.as_ref().map(policy::TenantSlug::as_str);
    let task = question.call.task();
    let live =
        Live { store, credential: Some(&credential), tenant, bound: asked, task, approvals, registers };
    let (mut state, judged) = match &question.access_token {
        None => (actor::read_vouched(live, question).await?, None),
        Some(token) => match Tokens::read(token) {
            Some(jwt) => outside::read(live, tokens, token, &jwt, question, &mut heard.0).await?,
            None => opaque::read(live, tokens, token, question, &mut heard.0).await?,
        },
    };
    let vouches = state.credential.as_ref().is_some_and(|c| c.facts.trust != Trust::VerifyToken);
    if vouches && question.access_token.is_some() {
        state = actor::read_vouched(live, question).await?;
    }
    Ok(assemble(state, judged, question, asked, registers))
}

/// Whether the key is a valid credential now.
pub(crate) async fn authenticate(store: &Store, key: &Secret) -> Result<bool, StoreError> {
    Ok(credential(store, key).await?.is_some())
}

/// The credential of this key, where it is a valid one, and the database's clock.
pub(crate) async fn credential(
    store: &Store,
    key: &Secret,
) -> Result<Option<(CredentialFacts, Timestamp)>, StoreError> {
    let digest = key.digest();
    let query = LiveQuery {
        credential: CredentialBy::Digest(&digest),
        caller: CallerBy::Nobody,
        tenant: None,
        bound: &[],
        actor: None,
        task: None,
        approvals: None,
    };
    let state = store.read_live(&query).await?;
    let live = state.credential.filter(|credential| valid(credential, state.now));
    Ok(live.map(|credential| (credential.facts, state.now)))
}

fn assemble(
    state: LiveState,
    judged: Option<Judged>,
    question: &Question,
    asked: &[ResourceRef],
    registers: bool,
) -> Result<Gathered, AskError> {
    let LiveState {
        now,
        global_revision,
        credential,
        key,
        subject,
        memberships,
        bound,
        actor: acting,
        task,
        approvals,
        ..
    } = state;
    let credential = credential.filter(|c| valid(c, now)).ok_or(AskError::NotACredential)?;
    let api_key = key.as_ref().map(|key| key.id.clone());
    let told = is_told_of(Some(&credential), &memberships);
    let asserted = asserted(question, credential.facts.trust)?;
    let Caller { identity, actor, issuer } = match (credential.facts.trust, judged) {
        (Trust::VerifyToken, Some(judged)) => judged.recognised(subject, acting, &question.subject.id),
        (Trust::VerifyToken, None) => {
            let identity = identify(&credential.facts, question, key, subject, now, told);
            Caller::by_itself(if told { actor::agrees_with_key(question, identity) } else { identity })
        }
        _ => Caller {
            actor: actor::vouched(&question.call, acting),
            ..Caller::by_itself(identify(&credential.facts, question, key, subject, now, told))
        },
    };
    // A caller that was not recognised has no memberships either, nobody acts for it, and it has no task.
    let is_known = identity.subject().is_some();
    let mut facts = Facts {
        now,
        global_revision,
        credential: credential.facts,
        identity,
        memberships: if is_known { memberships } else { Vec::new() },
        asserted,
        bound: bound::read(asked, bound),
        // Who only looks may search for the caller, whom nobody names then; who acts for it is known all the same.
        actor: actor.filter(|_| is_known || !registers),
        task: task.filter(|_| is_known),
    };
    if let Some(issuer) = issuer {
        facts.map_roles(&issuer.role_mappings);
    }
    Ok(Gathered { facts, credential_key: Some(credential.key_id), api_key, approvals })
}

fn valid(credential: &LiveCredential, now: policy::Timestamp) -> bool {
    credential.active && credential.key_expires_at.is_none_or(|end| now < end)
}

/// Whether whoever asks is told of somebody with these memberships, as [`CredentialFacts::foreign_to`] says.
fn is_told_of(credential: Option<&LiveCredential>, memberships: &[MembershipFacts]) -> bool {
    credential.is_none_or(|credential| credential.facts.foreign_to(memberships).is_none())
}

/// `told`: whether whoever asks is told of the subject, as [`is_told_of`] says.
fn identify(
    credential: &CredentialFacts,
    question: &Question,
    key: Option<LiveKey>,
    subject: Option<SubjectFacts>,
    now: policy::Timestamp,
    told: bool,
) -> Identity {
    let claim = &question.subject;
    match credential.trust {
        Trust::VerifyToken => {
            if question.access_token.is_none() {
                return Identity::TokenMissing;
            }
            let (Some(key), Some(subject)) = (key, subject) else { return Identity::TokenInvalid };
            if key.expires_at.is_some_and(|end| end <= now) {
                if told {
                    return Identity::TokenExpired;
                }
                let why = "the caller's key has expired".to_owned();
                return Identity::Lapsed { reason: Reason::TokenExpired, why, subject };
            }
            if told && claim.id != WHOEVER && claim.id != subject.id.as_str() {
                return Identity::SubjectDiffers;
            }
            Identity::ApiKey { key: key.name, subject }
        }
        Trust::AssertSubject => asserted_subject(claim.id.as_str(), subject),
        Trust::AssertAttributes => {
            // The PEP's properties lie over the stored attributes.
            let subject = subject.map(|mut subject| {
                subject.attributes.extend(claim.properties.clone());
                subject
            });
            asserted_subject(claim.id.as_str(), subject)
        }
    }
}

fn asserted_subject(id: &str, subject: Option<SubjectFacts>) -> Identity {
    match subject {
        Some(subject) => Identity::Asserted { subject },
        None => Identity::UnknownSubject { id: id.to_owned() },
    }
}

/// What the PEP says of action and resource, where it is believed; elsewhere properties are ignored, not merged.
fn asserted(question: &Question, trust: Trust) -> Result<AssertedProperties, AskError> {
    if trust != Trust::AssertAttributes {
        return Ok(AssertedProperties::default());
    }
    for (name, properties) in [
        ("subject.properties", &question.subject.properties),
        ("action.properties", &question.properties.action),
        ("resource.properties", &question.properties.resource),
    ] {
        if !properties_fit(properties) {
            return Err(AskError::PropertiesTooLarge(name));
        }
    }
    Ok(question.properties.clone())
}

/// Whether an asking side may say so much of a subject, an action or a resource: 16 KiB in canonical form.
pub fn properties_fit(properties: &Map<String, Value>) -> bool {
    size(properties) <= MAX_PROPERTIES
}

fn size(properties: &Map<String, Value>) -> usize {
    properties.iter().map(|(key, value)| key.len() + canonical(value).len()).sum()
}
