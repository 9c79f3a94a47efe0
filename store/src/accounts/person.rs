//! Whose account it is. Approvals compare persons, so an account that is nobody's approves nothing.

use super::events::{self, Event, Note};
use super::writing::hold;
use super::{Account, AccountError, Accounts};
use crate::Store;
use crate::administration::Actor;
use crate::db::Tx;
use crate::schema::Subjects;
use policy::labels::SubjectKind;
use policy::{SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Query};

#[derive(sqlx::FromRow)]
struct KindRow {
    kind: String,
}

async fn is_person(tx: &mut Tx, subject: &SubjectId) -> Result<bool, AccountError> {
    if subject.as_str().contains('\0') {
        return Ok(false);
    }
    let query = Query::select()
        .column(Subjects::Kind)
        .from(Subjects::Table)
        .and_where(Expr::col(Subjects::Id).eq(subject.as_str()))
        .take();
    let row = tx.fetch_optional::<KindRow>(&query).await?;
    Ok(row.is_some_and(|row| row.kind == SubjectKind::User.as_str()))
}

impl Store {
    /// Says whose account it is; None: nobody's.
    ///
    /// # Errors
    /// When there is no such account, or no such person.
    pub async fn set_account_subject(
        &self,
        id: &str,
        subject: Option<&SubjectId>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        let mut tx = self.db.begin_write().await?;
        let before = hold(&mut tx, id).await?;
        if before.subject.as_ref() == subject {
            return Ok(before);
        }
        if let Some(subject) = subject
            && !is_person(&mut tx, subject).await?
        {
            return Err(AccountError::NoSuchPerson);
        }
        let update = Query::update()
            .table(Accounts::Table)
            .value(Accounts::Subject, subject.map(|subject| subject.as_str().to_owned()))
            .and_where(Expr::col(Accounts::Id).eq(id))
            .take();
        tx.execute(&update).await?;
        let after = Account { subject: subject.cloned(), ..before.clone() };
        let note =
            Note { event: Event::PersonChanged, before: Some(&before), after: &after, ended_sessions: 0 };
        events::record(&mut tx, &note, by, now).await?;
        tx.commit().await?;
        Ok(after)
    }
}
