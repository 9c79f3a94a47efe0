//! Who may answer in whose place.

use policy::labels::SubjectKind;
use policy::{Reach, SubjectId, TenantSlug, Timestamp};
use store::{Store, StoreError};

/// Whether this person may name that one as substitute: somebody else, active, who shares a tenant with the first, within
/// what the account reaches.
///
/// # Errors
/// When the database does not answer, or holds what it must not.
pub async fn may_stand_in(
    store: &Store,
    person: &SubjectId,
    substitute: &SubjectId,
    reach: &Reach,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = store.get_subject(substitute).await?;
    if known.is_none_or(|known| known.kind != SubjectKind::User || !known.active || known.id == *person) {
        return Ok(false);
    }
    let theirs = tenants_of(store, substitute, reach, now).await?;
    Ok(tenants_of(store, person, reach, now).await?.iter().any(|tenant| theirs.contains(tenant)))
}

/// The tenants of which somebody is a member now, as far as the account reaches.
///
/// # Errors
/// When the database does not answer, or holds what it must not.
pub async fn tenants_of(
    store: &Store,
    id: &SubjectId,
    reach: &Reach,
    now: Timestamp,
) -> Result<Vec<TenantSlug>, StoreError> {
    let held = store.list_memberships(id).await?.into_iter();
    let held = held.filter(|held| held.until.is_none_or(|until| now < until));
    Ok(held.map(|held| held.tenant).filter(|tenant| reach.holds(tenant.as_str())).collect())
}
