//! Which identities of a subject are shown to somebody who administers some tenants alone. What the subject is elsewhere, is
//! for those there to know.

use super::sign_in_providers;
use crate::Store;
use crate::db::StoreError;
use policy::Reach;

impl Store {
    /// Whether identities of this issuer are for somebody to see who reaches so far: where it speaks for one of their
    /// tenants; or where it is a provider by which anybody may sign in, and speaks for no tenant. For whom an issuer spoke
    /// that is gone, nobody can say: its identities are for those who reach everything.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn shows_identities_of(&self, issuer: &str, reach: &Reach) -> Result<bool, StoreError> {
        if reach.is_everything() {
            return Ok(true);
        }
        match self.get_issuer(issuer).await? {
            Some(stored) => Ok(stored.issuer.tenants.iter().any(|tenant| reach.holds(tenant.as_str()))),
            None => {
                let offered = sign_in_providers::list_offered(&mut &self.db).await?;
                Ok(offered.iter().any(|offered| offered == issuer))
            }
        }
    }
}
