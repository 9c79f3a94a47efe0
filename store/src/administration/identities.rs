//! What administrators do with one identity: give it to a subject, or block it.

use super::subjects::Identity;
use super::writer::About;
use super::{Subject, WriteError, Writer};
use crate::accounts::no_longer_known;
use crate::db::{StoreError, new_id};
use crate::unmapped::{self, MAX_PART, UnmappedState};
use policy::text::shown;
use policy::{SubjectId, SubjectKind};

/// How much of a `sub` a subject is called by.
const MAX_NAME: usize = 200;

/// Both parts can be stored, and looked up by an index.
fn check(identity: &Identity) -> Result<(), WriteError> {
    for (field, part) in [("issuer", &identity.issuer), ("sub", &identity.sub)] {
        let reason = match part {
            part if part.is_empty() => "must not be empty",
            part if part.len() > MAX_PART => "must not be longer than 1000 bytes",
            part if part.contains('\0') => "must not hold U+0000",
            _ => continue,
        };
        return Err(WriteError::Invalid { field, reason });
    }
    Ok(())
}

impl Writer {
    /// Gives the identity to the subject, beside those it has.
    ///
    /// # Errors
    /// When the issuer or the subject is unknown, the identity is another's, or it is blocked.
    pub async fn map_identity(
        &mut self,
        issuer: &str,
        sub: &str,
        subject: &SubjectId,
    ) -> Result<Subject, WriteError> {
        let identity = Identity { issuer: issuer.to_owned(), sub: sub.to_owned() };
        check(&identity)?;
        self.need_issuer(issuer).await?;
        let mut subject = self.need_subject(subject).await?;
        if !subject.identities.contains(&identity) {
            subject.identities.push(identity);
        }
        self.put_subject(&subject).await
    }

    /// Makes a subject of an identity that belongs to nobody. It is in no tenant and has no role. None where the
    /// identity belongs to somebody by now, or is blocked.
    ///
    /// # Errors
    /// When the issuer is unknown, or a part of the identity cannot be taken.
    pub async fn provision_identity(
        &mut self,
        issuer: &str,
        sub: &str,
    ) -> Result<Option<Subject>, WriteError> {
        let identity = Identity { issuer: issuer.to_owned(), sub: sub.to_owned() };
        check(&identity)?;
        self.need_issuer(issuer).await?;
        let blocked = self.is_blocked(&identity).await?;
        if blocked || super::subjects::owner(&mut self.tx, &identity).await?.is_some() {
            return Ok(None);
        }
        // Never the `sub` as an id: it could be that of a subject somebody else is known by.
        let subject = Subject {
            name: shown(sub, MAX_NAME),
            identities: vec![identity],
            ..Subject::new(SubjectId::new(new_id()), SubjectKind::User)
        };
        self.put_subject(&subject).await.map(Some)
    }

    /// Blocks an identity that belongs to nobody, seen before or not: nothing makes it somebody's until it is
    /// unblocked. False where it is blocked already.
    ///
    /// # Errors
    /// When the issuer is unknown, or the identity belongs to a subject.
    pub async fn block_identity(&mut self, issuer: &str, sub: &str) -> Result<bool, WriteError> {
        let identity = Identity { issuer: issuer.to_owned(), sub: sub.to_owned() };
        check(&identity)?;
        self.need_issuer(issuer).await?;
        self.refuse_anothers(&identity).await?;
        if self.is_blocked(&identity).await? {
            return Ok(false);
        }
        self.tx.execute(&unmapped::block(issuer, sub, self.now)).await?;
        self.record(about(&identity), None, Some(&identity)).await?;
        Ok(true)
    }

    /// Lifts the block, which gives the identity to nobody; false where it is not blocked. When it is seen again, it
    /// is listed again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unblock_identity(&mut self, issuer: &str, sub: &str) -> Result<bool, WriteError> {
        let identity = Identity { issuer: issuer.to_owned(), sub: sub.to_owned() };
        if !self.is_blocked(&identity).await? {
            return Ok(false);
        }
        self.tx.execute(&unmapped::forget(issuer, sub)).await?;
        self.record(about(&identity), Some(&identity), None).await?;
        Ok(true)
    }

    async fn is_blocked(&mut self, identity: &Identity) -> Result<bool, StoreError> {
        let found = unmapped::find(&mut self.tx, &identity.issuer, &identity.sub).await?;
        Ok(found.is_some_and(|caller| caller.state == UnmappedState::Blocked))
    }

    /// A subject had these identities, and is this from now on. By those that lead to no active user any longer nobody
    /// signs in to the console as them: what an account has by one of them alone ends now.
    pub(super) async fn ends_sign_ins_by(
        &mut self,
        held: &[Identity],
        after: Option<&Subject>,
    ) -> Result<(), StoreError> {
        let signs_in = after.filter(|subject| subject.active && subject.kind == SubjectKind::User);
        for identity in held {
            if signs_in.is_none_or(|subject| !subject.identities.contains(identity)) {
                let parts = (identity.issuer.as_str(), identity.sub.as_str());
                Box::pin(no_longer_known(&mut self.tx, parts, &self.actor, self.now)).await?;
            }
        }
        Ok(())
    }

    /// An identity that becomes somebody's is no longer listed; one that is blocked does not become anybody's.
    pub(super) async fn no_longer_unmapped(&mut self, identity: &Identity) -> Result<(), WriteError> {
        if self.is_blocked(identity).await? {
            return Err(WriteError::Blocked { issuer: identity.issuer.clone(), sub: identity.sub.clone() });
        }
        self.tx.execute(&unmapped::forget(&identity.issuer, &identity.sub)).await?;
        Ok(())
    }
}

fn about(identity: &Identity) -> About<'_> {
    About { kind: "blocked_identity", object: identity.sub.as_str(), tenant: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_two_parts_that_can_be_stored() {
        let check_of =
            |issuer: &str, sub: &str| check(&Identity { issuer: issuer.to_owned(), sub: sub.to_owned() });
        assert!(check_of("https://idp.example", "a\u{202e} 17").is_ok());
        let long = "x".repeat(MAX_PART + 1);
        for (issuer, sub) in [("", "a"), ("i", ""), (&*long, "a"), ("i", &*long), ("i\0", "a"), ("i", "\0")] {
            assert!(check_of(issuer, sub).is_err(), "{issuer:?} {sub:?}");
        }
    }
}
