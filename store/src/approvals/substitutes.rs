//! Who answers in whose place while that person is away. What the substitute decided in that time stays decided.

use super::tables::Substitutes;
use crate::Store;
use crate::administration::{About, WriteError, Writer};
use crate::db::{Source, StoreError, new_id};
use policy::labels::SubjectKind;
use policy::{SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// The longest that somebody is away: 90 days, in microseconds.
pub const MAX_AWAY: i64 = 90 * 86_400 * 1_000_000;

/// Somebody answers in the place of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Substitute {
    pub id: String,
    /// Who is away.
    pub person: SubjectId,
    pub substitute: SubjectId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub made_at: Timestamp,
    /// Before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Substitute {
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.starts_at <= now && now < self.ends_at && self.ended_at.is_none()
    }
}

/// A substitute to be named.
#[derive(Debug, Clone, Copy)]
pub struct NewSubstitute<'a> {
    pub person: &'a SubjectId,
    pub substitute: &'a SubjectId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct SubstituteRow {
    id: String,
    person: String,
    substitute: String,
    starts_at: i64,
    ends_at: i64,
    made_at: i64,
    ended_at: Option<i64>,
}

impl From<SubstituteRow> for Substitute {
    fn from(row: SubstituteRow) -> Self {
        Self {
            id: row.id,
            person: SubjectId::new(row.person),
            substitute: SubjectId::new(row.substitute),
            starts_at: Timestamp::from_micros(row.starts_at),
            ends_at: Timestamp::from_micros(row.ends_at),
            made_at: Timestamp::from_micros(row.made_at),
            ended_at: row.ended_at.map(Timestamp::from_micros),
        }
    }
}

const COLUMNS: [Substitutes; 7] = [
    Substitutes::Id,
    Substitutes::Person,
    Substitutes::Substitute,
    Substitutes::StartsAt,
    Substitutes::EndsAt,
    Substitutes::MadeAt,
    Substitutes::EndedAt,
];

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Substitutes::Table).order_by(Substitutes::Id, Order::Desc).take()
}

/// In whose place somebody answers at this moment.
async fn list_duties<S: Source>(
    source: &mut S,
    substitute: &SubjectId,
    now: Timestamp,
) -> Result<Vec<Substitute>, StoreError> {
    let mut query = select();
    query
        .and_where(Expr::col(Substitutes::Substitute).eq(substitute.as_str()))
        .and_where(Expr::col(Substitutes::EndsAt).gt(now.micros()));
    let rows = source.all::<SubstituteRow, _>(&query).await?;
    Ok(rows.into_iter().map(Substitute::from).filter(|named| named.holds_at(now)).collect())
}

impl Store {
    /// The newest first; those of one person, as the one who is away or the one who answers, where one is given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_substitutes(&self, person: Option<&SubjectId>) -> Result<Vec<Substitute>, StoreError> {
        let mut query = select();
        if let Some(person) = person {
            let named = |column: Substitutes| Expr::col(column).eq(person.as_str());
            query.and_where(named(Substitutes::Person).or(named(Substitutes::Substitute)));
        }
        query.limit(500);
        Ok(self.db.fetch_all::<SubstituteRow>(&query).await?.into_iter().map(Substitute::from).collect())
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn get_substitute(&self, id: &str) -> Result<Option<Substitute>, StoreError> {
        // Postgres refuses U+0000 even in a comparison; no substitute has it.
        if id.contains('\0') {
            return Ok(None);
        }
        let query = select().and_where(Expr::col(Substitutes::Id).eq(id)).take();
        Ok(self.db.fetch_optional::<SubstituteRow>(&query).await?.map(Substitute::from))
    }

    /// In whose place this person answers at this moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_duties(
        &self,
        substitute: &SubjectId,
        now: Timestamp,
    ) -> Result<Vec<Substitute>, StoreError> {
        list_duties(&mut &self.db, substitute, now).await
    }
}

impl Writer {
    /// As [`Store::list_duties`], within this unit of work and at its moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_duties(&mut self, substitute: &SubjectId) -> Result<Vec<Substitute>, StoreError> {
        list_duties(&mut self.tx, substitute, self.now).await
    }

    /// Names who answers in whose place.
    ///
    /// # Errors
    /// When either is no person, both are the same, or the time is none.
    pub async fn put_substitute(&mut self, new: &NewSubstitute<'_>) -> Result<Substitute, WriteError> {
        let invalid = |field, reason| Err(WriteError::Invalid { field, reason });
        for id in [new.person, new.substitute] {
            let subject = self.get_subject(id).await?;
            let subject =
                subject.ok_or_else(|| WriteError::Unknown { kind: "subject", name: id.to_string() })?;
            if subject.kind != SubjectKind::User {
                return invalid("substitute", "and who is away must both be persons");
            }
        }
        if new.person == new.substitute {
            return invalid("substitute", "must be somebody else");
        }
        if new.ends_at <= self.now || new.ends_at <= new.starts_at {
            return invalid("ends_at", "must lie in the future, and after the beginning");
        }
        if new.ends_at.micros().saturating_sub(new.starts_at.micros()) > MAX_AWAY {
            return invalid("ends_at", "must be at most 90 days after the beginning");
        }
        let made = Substitute {
            id: new_id(),
            person: new.person.clone(),
            substitute: new.substitute.clone(),
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            made_at: self.now,
            ended_at: None,
        };
        let insert = Query::insert()
            .into_table(Substitutes::Table)
            .columns(COLUMNS)
            .values_panic([
                made.id.as_str().into(),
                made.person.as_str().into(),
                made.substitute.as_str().into(),
                made.starts_at.micros().into(),
                made.ends_at.micros().into(),
                made.made_at.micros().into(),
                None::<i64>.into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        self.record(about(&made), None, Some(&made)).await?;
        Ok(made)
    }

    /// Ends it before its time; one that is over stays as it is.
    ///
    /// # Errors
    /// When there is no such substitute.
    pub async fn end_substitute(&mut self, id: &str) -> Result<Substitute, WriteError> {
        let unknown = || WriteError::Unknown { kind: "substitute", name: id.to_owned() };
        if id.contains('\0') {
            return Err(unknown());
        }
        let query = select().and_where(Expr::col(Substitutes::Id).eq(id)).take();
        let before = self.tx.fetch_optional::<SubstituteRow>(&query).await?.map(Substitute::from);
        let before = before.ok_or_else(unknown)?;
        if before.ended_at.is_some() || before.ends_at <= self.now {
            return Ok(before);
        }
        let update = Query::update()
            .table(Substitutes::Table)
            .value(Substitutes::EndedAt, self.now.micros())
            .and_where(Expr::col(Substitutes::Id).eq(id))
            .take();
        self.tx.execute(&update).await?;
        let after = Substitute { ended_at: Some(self.now), ..before.clone() };
        self.record(about(&before), Some(&before), Some(&after)).await?;
        Ok(after)
    }
}

fn about(substitute: &Substitute) -> About<'_> {
    About { kind: "substitute", object: substitute.id.as_str(), tenant: None }
}
