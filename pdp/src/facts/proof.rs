//! The proof of a caller's key: checked, and then noted so that it counts once on all replicas.

use crate::enforce::Question;
use crate::secret::Secret;
use crate::tokens::{Refusal, check_proof};
use policy::{Reason, Timestamp};
use store::{Store, StoreError};

/// True where a proof was noted just now, so that what was read before may be over; false where there was nothing to
/// note. The questions of one request share their proof.
pub(super) async fn take(
    store: &Store,
    question: &Question,
    token: &Secret,
    bound_to: Option<&str>,
    now: Timestamp,
) -> Result<Result<bool, Refusal>, StoreError> {
    let shown = question.proof.as_ref();
    let proven = match check_proof(shown, token, bound_to, now) {
        Ok(proven) => proven,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (Some(proven), Some(shown)) = (proven, shown) else { return Ok(Ok(false)) };
    if shown.taken.holds(&proven.id) {
        return Ok(Ok(false));
    }
    if !store.note_proof(&proven.id, proven.until).await? {
        let why = "the proof of the caller's key (`context.dpop`) was shown before".to_owned();
        return Ok(Err(Refusal { reason: Reason::TokenInvalid, why }));
    }
    shown.taken.note(proven.id);
    Ok(Ok(true))
}
