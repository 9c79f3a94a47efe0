//! Which identities of a subject are shown to somebody who administers some tenants alone, and taken away by them. What the
//! subject is elsewhere, is for those there to know.

use super::subjects::Identity;
use super::{Subject, WriteError, Writer, issuers, sign_in_providers};
use crate::Store;
use crate::db::{Source, StoreError};
use policy::Reach;

async fn shows<S: Source>(source: &mut S, issuer: &str, reach: &Reach) -> Result<bool, StoreError> {
    if reach.is_everything() {
        return Ok(true);
    }
    match issuers::find(source, issuer).await? {
        Some(stored) => Ok(stored.issuer.tenants.iter().any(|tenant| reach.holds(tenant.as_str()))),
        None => {
            let offered = sign_in_providers::list_offered(source).await?;
            Ok(offered.iter().any(|offered| offered == issuer))
        }
    }
}

impl Store {
    /// Whether identities of this issuer are for somebody to see who reaches so far: where it speaks for one of their
    /// tenants; or where it is a provider by which anybody may sign in, and speaks for no tenant. For whom an issuer spoke
    /// that is gone, nobody can say: its identities are for those who reach everything.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn shows_identities_of(&self, issuer: &str, reach: &Reach) -> Result<bool, StoreError> {
        shows(&mut &self.db, issuer, reach).await
    }
}

impl Writer {
    /// Takes the identity off the subject, for somebody who reaches so far. False where the subject has none such, and
    /// where it is not for them to see, as [`Store::shows_identities_of`] says: so nobody finds out by trying.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn remove_identity(
        &mut self,
        mut subject: Subject,
        identity: &Identity,
        reach: &Reach,
    ) -> Result<bool, WriteError> {
        // Postgres refuses U+0000 even in a comparison, and no issuer is called so. The issuer is asked for whether the
        // subject has the identity or not: what nobody has takes as long as what others have.
        if identity.issuer.contains('\0') || !shows(&mut self.tx, &identity.issuer, reach).await? {
            return Ok(false);
        }
        let held = subject.identities.len();
        subject.identities.retain(|known| known != identity);
        if subject.identities.len() == held {
            return Ok(false);
        }
        self.put_subject(&subject).await?;
        Ok(true)
    }
}
