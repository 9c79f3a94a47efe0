//! Callers whose token says nothing by itself: the holder of an API key of ours, or of an opaque token of an issuer that
//! is asked about it.
//!
//! Keys of ours go first, and nothing that is or looks like one ever leaves the house. Which issuer is asked must be
//! clear: the only one that is asked about tokens in the tenant that the enforcement key, or else the call, names; or the
//! only one there is.

use super::outside::{self, Asked, Judged, asks_for_tokens};
use super::{Live, proof};
use crate::enforce::Question;
use crate::secret::{KeyKind, Secret};
use crate::tokens::{Refusal, Tokens};
use policy::Reason;
use store::{CallerBy, LiveState, StoreError};

/// As [`outside::read`], for a token that is no JWT of an issuer that it names.
pub(super) async fn read(
    live: Live<'_>,
    tokens: &Tokens,
    token: &Secret,
    question: &Question,
    heard: &mut Option<Asked>,
) -> Result<(LiveState, Option<Judged>), StoreError> {
    let digest = token.digest();
    let mut state = live.read(CallerBy::KeyDigest(&digest)).await?;
    if !asks_for_tokens(live, &state) {
        return Ok((state, None));
    }
    if state.key.is_some() {
        return match proof::take(live.store, question, token, None, state.now).await? {
            Ok(noted) => {
                if noted {
                    // What was read before may be over.
                    state = live.read(CallerBy::KeyDigest(&digest)).await?;
                }
                Ok((state, None))
            }
            Err(refusal) => Ok(refused(state, refusal)),
        };
    }
    if Some(digest.as_str()) == live.credential || KeyKind::of(token).is_some() || !Tokens::is_opaque(token) {
        return Ok((state, None));
    }
    let bound_to = state.credential.as_ref().and_then(|credential| credential.facts.tenant.as_ref());
    let tenant = bound_to.or(question.call.tenant.as_ref());
    let mut found = live.store.list_introspecting(tenant, 2).await?;
    let issuer = match (found.pop(), found.pop()) {
        (None, _) => return Ok((state, None)),
        (Some(only), None) => only.issuer,
        (Some(_), Some(_)) => {
            let why = "several issuers are asked about tokens here, so this one belongs to none for certain";
            return Ok(refused(state, Refusal { reason: Reason::TokenInvalid, why: why.to_owned() }));
        }
    };
    if heard.as_ref().is_none_or(|heard| heard.issuer != issuer) {
        match outside::ask(live.store, tokens, token, &issuer).await? {
            Ok(answer) => *heard = Some(Asked { issuer, answer }),
            Err(Refusal { reason, why }) => {
                let judged = Judged::refused(Some(&issuer), reason, why);
                return Ok((state, Some(judged)));
            }
        }
    }
    outside::read_asked(live, tokens, token, heard, question).await
}

fn refused(state: LiveState, refusal: Refusal) -> (LiveState, Option<Judged>) {
    (state, Some(Judged::refused(None, refusal.reason, refusal.why)))
}
