//! Who may answer in whose place.

use policy::labels::SubjectKind;
use policy::{SubjectId, TenantSlug, Timestamp};
use store::{Store, StoreError};

/// Whether this person may name that one as substitute: somebody else, active, who shares a tenant with the first.
///
/// # Errors
/// When the database does not answer, or holds what it must not.
pub async fn may_stand_in(
    store: &Store,
    person: &SubjectId,
    substitute: &SubjectId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = store.get_subject(substitute).await?;
    if known.is_none_or(|known| known.kind != SubjectKind::User || !known.active || known.id == *person) {
        return Ok(false);
    }
    let theirs = tenants_of(store, substitute, now).await?;
    Ok(tenants_of(store, person, now).await?.iter().any(|tenant| theirs.contains(tenant)))
}

/// The tenants of which somebody is a member now.
///
/// # Errors
/// When the database does not answer, or holds what it must not.
pub async fn tenants_of(
    store: &Store,
    id: &SubjectId,
    now: Timestamp,
) -> Result<Vec<TenantSlug>, StoreError> {
    let held = store.list_memberships(id).await?.into_iter();
    Ok(held.filter(|held| held.until.is_none_or(|until| now < until)).map(|held| held.tenant).collect())
}
