//! Callers from outside: recognised by an access token of an issuer that is registered here.
//!
//! What a token says of itself only finds the issuer and the identity in the live read. The issuer's settings come
//! with that, so it is one statement; which claims name the subject and who acts for it is guessed by what the issuer's
//! settings were last time. A second is read where they were others, where the keys had to be waited for, where the
//! issuer was asked about the token, where a proof was noted, and where the identity was registered just now.

use super::{Live, actor, is_told_of, proof, valid};
use crate::enforce::Question;
use crate::secret::Secret;
use crate::tokens::{Answer, Jwt, NamedActor, Refusal, Said, Tokens, named_actor};
use crate::vault::VaultError;
use policy::facts::{ActorFacts, Identity, SubjectFacts, TokenFacts};
use policy::ids::WHOEVER;
use policy::issuer::{Issuer, UnknownSubjects};
use policy::labels::Trust;
use policy::text::shown;
use policy::{Reason, Timestamp};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use store::administration::SecretPlace;
use store::{Actor, CallerBy, LiveActor, LiveState, Store, StoreError, UnmappedState, Via, WriteError};

/// The claim that names the subject, unless the issuer says otherwise.
const USUAL_CLAIM: &str = "sub";

/// How often the state is read before a call is denied for want of a settled one.
const ROUNDS: usize = 5;

/// How long a call waits for its identity to be registered.
const PROVISIONING: Duration = Duration::from_secs(3);

/// What became of a token. Whose it is, the subject of the same read says.
#[derive(Debug)]
pub(super) struct Judged {
    /// The registered issuer's URL.
    issuer: Option<String>,
    told: Result<Verified, Refusal>,
}

/// A token that counts.
#[derive(Debug)]
struct Verified {
    token: TokenFacts,
    issuer: Arc<Issuer>,
    /// Who acts for the subject, as the token says.
    actor: Option<NamedActor>,
    /// Whether whoever asks is told of the subject, as [`is_told_of`] says.
    told: bool,
    /// Why it counts no longer, which is not told then.
    lapsed: Option<Refusal>,
}

/// Who calls, and who acts for them.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) identity: Identity,
    pub(super) actor: Option<Box<ActorFacts>>,
    /// Whose token it was.
    pub(super) issuer: Option<Arc<Issuer>>,
}

impl Caller {
    /// Nobody acts for them, and no issuer speaks for them.
    pub(super) fn by_itself(identity: Identity) -> Self {
        Self { identity, actor: None, issuer: None }
    }
}

impl Judged {
    pub(super) fn refused(issuer: Option<&Issuer>, reason: Reason, why: String) -> Self {
        Self { issuer: issuer.map(|issuer| issuer.url.clone()), told: Err(Refusal { reason, why }) }
    }

    /// `claimed`: the subject's id as the PEP names it. `found`: what the same read says of who acts.
    pub(super) fn recognised(
        self,
        subject: Option<SubjectFacts>,
        found: Option<LiveActor>,
        claimed: &str,
    ) -> Caller {
        let Verified { token, issuer, actor, told, lapsed } = match self.told {
            Ok(verified) => verified,
            Err(Refusal { reason, why }) => {
                let identity = Identity::TokenRefused { reason, why, issuer: self.issuer };
                return Caller::by_itself(identity);
            }
        };
        match subject {
            None => Caller::by_itself(Identity::UnknownIdentity { issuer: token.issuer, sub: token.sub }),
            Some(subject) if told && claimed != WHOEVER && claimed != subject.id.as_str() => {
                Caller::by_itself(Identity::SubjectDiffers)
            }
            Some(subject) => Caller {
                actor: actor::by_token(&token, &issuer, actor, found),
                identity: match lapsed {
                    Some(Refusal { reason, why }) => Identity::Lapsed { reason, why, subject },
                    None => Identity::Token { token: Box::new(token), subject },
                },
                issuer: Some(issuer),
            },
        }
    }
}

/// What an issuer said of a token, when it was asked as it is registered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) issuer: Issuer,
    pub(super) answer: Answer,
}

/// Reads the live state by what a token says of itself, and verifies the token by what was read. Without a verdict
/// where nobody is to be told about tokens: the enforcement key is not valid, or vouches for its subjects. `heard`: what
/// its issuer said of it, where it was asked already.
pub(super) async fn read(
    live: Live<'_>,
    tokens: &Tokens,
    token: &Secret,
    jwt: &Jwt<'_>,
    question: &Question,
    heard: &mut Option<Asked>,
) -> Result<(LiveState, Option<Judged>), StoreError> {
    settle(live, tokens, token, Some(jwt), heard, question).await
}

/// The same for a token that says nothing by itself, of which its issuer was asked.
pub(super) async fn read_asked(
    live: Live<'_>,
    tokens: &Tokens,
    token: &Secret,
    asked: &mut Option<Asked>,
    question: &Question,
) -> Result<(LiveState, Option<Judged>), StoreError> {
    settle(live, tokens, token, None, asked, question).await
}

/// `own`: what the token says of itself. Where its issuer is asked, what that says counts alone.
async fn settle(
    live: Live<'_>,
    tokens: &Tokens,
    token: &Secret,
    own: Option<&Jwt<'_>>,
    asked: &mut Option<Asked>,
    question: &Question,
) -> Result<(LiveState, Option<Judged>), StoreError> {
    let mut known = own.and_then(|own| live.store.last_seen_issuer(own.says().issuer));
    let mut may_provision = live.registers;
    let mut rounds = 0;
    loop {
        let Some(says) = asked.as_ref().map(|asked| asked.answer.told()).or(own.map(Jwt::says)) else {
            let state = live.read(CallerBy::Nobody).await?;
            let why = "the issuer is no longer asked about tokens".to_owned();
            return Ok((state, Some(Judged::refused(None, Reason::TokenInvalid, why))));
        };
        let claim = known.as_ref().map_or(USUAL_CLAIM, |issuer| issuer.subject_claim.as_str()).to_owned();
        let sub = says.claim(&claim).unwrap_or_default();
        let acting = who_acts(says, known.as_deref());
        let caller = CallerBy::Identity { issuer: says.issuer, sub, jti: says.jti() };
        let state = live.read_with(caller, acting.as_deref()).await?;
        rounds += 1;
        if !asks_for_tokens(live, &state) {
            return Ok((state, None));
        }
        let Some(registered) = state.issuer.as_ref().map(|found| Arc::clone(&found.issuer)) else {
            let why = format!("no issuer `{}` is registered", shown(says.issuer, 200));
            return Ok((state, Some(Judged::refused(None, Reason::TokenInvalid, why))));
        };
        let issuer: &Issuer = &registered;
        if rounds > ROUNDS {
            let why = "the issuer or its keys kept changing while the token was looked at".to_owned();
            return Ok((state, Some(Judged::refused(Some(issuer), Reason::PolicyUnavailable, why))));
        }
        if issuer.subject_claim != claim || who_acts(says, Some(issuer)) != acting {
            known = Some(Arc::clone(&registered));
            continue;
        }
        if issuer.introspection.is_none() && asked.take().is_some() {
            continue;
        }
        if issuer.introspection.is_some() && asked.as_ref().is_none_or(|asked| asked.issuer != *issuer) {
            match ask(live.store, tokens, token, issuer).await? {
                Ok(answer) => *asked = Some(Asked { issuer: issuer.clone(), answer }),
                Err(Refusal { reason, why }) => {
                    return Ok((state, Some(Judged::refused(Some(issuer), reason, why))));
                }
            }
            continue;
        }
        let (verified, waited) = match (asked.as_ref(), own) {
            (Some(asked), _) => (tokens.judge(&asked.answer, issuer, state.now), false),
            (None, Some(jwt)) => waited_for(tokens.verify_read(token, jwt, issuer, state.now)).await,
            (None, None) => continue,
        };
        let counts =
            verified.and_then(|facts| still_counts(&facts, issuer, &state).map(|lapsed| (facts, lapsed)));
        let (facts, lapsed) = match counts {
            // What was read before the wait may be over.
            Ok(_) if waited => continue,
            Ok(counts) => counts,
            Err(Refusal { reason, why }) => {
                return Ok((state, Some(Judged::refused(Some(issuer), reason, why))));
            }
        };
        match proof::take(live.store, question, token, facts.bound_to(), state.now).await? {
            // The same: noting it took a moment.
            Ok(true) => continue,
            Ok(false) => {}
            Err(Refusal { reason, why }) => {
                return Ok((state, Some(Judged::refused(Some(issuer), reason, why))));
            }
        }
        if may_provision && state.subject.is_none() && is_provisioned(issuer, &facts) {
            may_provision = false;
            if provision(live.store, &facts, &question.request_id).await {
                continue;
            }
        }
        let told = settled(question, facts, lapsed, &registered, &state);
        return Ok((state, Some(Judged { issuer: Some(registered.url.clone()), told })));
    }
}

/// Who acts for the subject, to be looked up at the same issuer. `issuer`: its settings, as far as they are known.
fn who_acts(says: Said<'_>, issuer: Option<&Issuer>) -> Option<String> {
    let usual;
    let issuer = match issuer {
        Some(issuer) => issuer,
        None => {
            usual = Issuer::new(says.issuer);
            &usual
        }
    };
    // What is malformed is refused when the token is verified.
    let named = named_actor(says.claims, issuer).ok()??;
    named.other_issuer.is_none().then_some(named.sub)
}

/// The last look at a token that is good.
fn settled(
    question: &Question,
    token: TokenFacts,
    lapsed: Option<Refusal>,
    issuer: &Arc<Issuer>,
    state: &LiveState,
) -> Result<Verified, Refusal> {
    let named = named_actor(&token.claims, issuer)?;
    let told = is_told_of(state.credential.as_ref(), &state.memberships);
    let subject = state.subject.as_ref().filter(|_| told).map(|subject| &subject.id);
    actor::agrees(question, &token, subject, named.as_ref(), actor::told_of(state))?;
    Ok(Verified { token, issuer: Arc::clone(issuer), actor: named, told, lapsed })
}

/// Asks the issuer about the token, with the secret that is kept for that.
pub(super) async fn ask(
    store: &Store,
    tokens: &Tokens,
    token: &Secret,
    issuer: &Issuer,
) -> Result<Result<Answer, Refusal>, StoreError> {
    if !issuer.active {
        let why = "the issuer is switched off".to_owned();
        return Ok(Err(Refusal { reason: Reason::TokenInvalid, why }));
    }
    let secret = match tokens.vault().take(store, SecretPlace::client_secret(&issuer.url)).await {
        Ok(secret) => secret,
        Err(VaultError::Store(error)) => return Err(error),
        Err(error) => {
            tracing::error!(issuer = %issuer.url, %error, "the issuer cannot be asked about tokens");
            let why = format!("the issuer cannot be asked about the token: {error}");
            return Ok(Err(Refusal { reason: Reason::PolicyUnavailable, why }));
        }
    };
    Ok(tokens.introspect(token, issuer, &secret).await)
}

/// Nobody has tokens verified, and keys fetched, who may not ask or does not ask for it. A caller that asks for itself
/// does.
pub(super) fn asks_for_tokens(live: Live<'_>, state: &LiveState) -> bool {
    if live.credential.is_none() {
        return true;
    }
    let credential = state.credential.as_ref().filter(|credential| valid(credential, state.now));
    credential.is_some_and(|credential| credential.facts.trust == Trust::VerifyToken)
}

/// What a future gives, and whether that took any waiting.
async fn waited_for<T>(future: impl Future<Output = T>) -> (T, bool) {
    let mut future = pin!(future);
    let first = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
    match first {
        Poll::Ready(output) => (output, false),
        Poll::Pending => (future.await, true),
    }
}

/// A good token counts unless it was taken back. Some: it was, and whose it is, is nobody of whom whoever asks is told: so
/// neither is this, and the call goes on to what such a subject is denied by anyway.
fn still_counts(token: &TokenFacts, issuer: &Issuer, state: &LiveState) -> Result<Option<Refusal>, Refusal> {
    let told = state.subject.is_none() || is_told_of(state.credential.as_ref(), &state.memberships);
    let own = if state.token_revoked {
        let jti = shown(token.jti.as_deref().unwrap_or_default(), 80);
        Some(format!("the token `{jti}` was revoked"))
    } else {
        ended_by(token, state.tokens_after, issuer)
    };
    let acting = ended_by(token, actor::told_of(state).and_then(|actor| actor.tokens_after), issuer);
    let revoked = |why| Refusal { reason: Reason::TokenRevoked, why };
    match (own, acting) {
        (Some(why), _) if told => Err(revoked(why)),
        (_, Some(why)) => Err(revoked(why)),
        (own, None) => Ok(own.map(revoked)),
    }
}

/// Why it counts no longer where all tokens were revoked that were issued up to this moment, of the subject or of who acts
/// for it.
fn ended_by(token: &TokenFacts, after: Option<Timestamp>, issuer: &Issuer) -> Option<String> {
    let after = after.filter(|after| !issued_later(token, *after, issuer))?;
    let issued = match token.issued_at {
        Some(issued_at) => format!("this one was issued at {issued_at}"),
        None => "this one does not say when it was issued".to_owned(),
    };
    let skew = issuer.clock_skew;
    Some(format!("all tokens that were issued up to {after}, give or take {skew} s, were revoked; {issued}"))
}

/// Whether it was issued after a moment for certain, however the issuer's clock may differ.
fn issued_later(token: &TokenFacts, moment: Timestamp, issuer: &Issuer) -> bool {
    let skew = i64::from(issuer.clock_skew) * 1_000_000;
    token.issued_at.is_some_and(|issued_at| issued_at > moment.saturating_add_micros(skew))
}

/// Whether somebody unknown with this token is to be registered. A token for something that the issuer does not list
/// makes nobody known.
fn is_provisioned(issuer: &Issuer, token: &TokenFacts) -> bool {
    issuer.unknown_subjects == UnknownSubjects::Provision
        && token.listed.as_ref().is_none_or(|listed| !listed.is_empty())
}

/// Registers the identity, without any role. True where it may be somebody's now, so that it is worth another look.
async fn provision(store: &Store, token: &TokenFacts, request_id: &str) -> bool {
    let registering = Box::pin(register(store, token, request_id));
    match tokio::time::timeout(PROVISIONING, registering).await {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => {
            tracing::warn!(%error, issuer = %token.issuer, "an identity was not provisioned");
            false
        }
        Err(_) => {
            tracing::warn!(issuer = %token.issuer, "an identity was not provisioned in time");
            false
        }
    }
}

async fn register(store: &Store, token: &TokenFacts, request_id: &str) -> Result<bool, WriteError> {
    // Looked at beforehand, so that whoever is blocked does not keep others from writing.
    let listed = store.get_unmapped(&token.issuer, &token.sub).await?;
    if listed.is_some_and(|caller| caller.state == UnmappedState::Blocked) {
        return Ok(false);
    }
    let name = format!("issuer {}", shown(&token.issuer, 200));
    let by = Actor { name, via: Via::Api, request_id: Some(request_id.to_owned()) };
    let mut writer = store.write(by).await?;
    let provisions = |issuer: &Issuer| issuer.active && issuer.unknown_subjects == UnknownSubjects::Provision;
    if !writer.get_issuer(&token.issuer).await?.is_some_and(|stored| provisions(&stored.issuer)) {
        return Ok(false);
    }
    writer.provision_identity(&token.issuer, &token.sub).await?;
    writer.commit().await?;
    Ok(true)
}
