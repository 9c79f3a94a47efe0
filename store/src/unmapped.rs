//! Identities of verified tokens that belong to nobody: seen, for an administrator to map, or blocked by one.
//!
//! They are noted beside the record and never in its way, many at once. Of those that were seen the latest
//! [`MOST`] are kept; blocked ones are an administrator's word and stay. None of it decides anything: an identity that
//! belongs to nobody is denied whether it is noted or not.

mod note;

use crate::Store;
use crate::administration::{Page, holds};
use crate::counting::count;
use crate::db::{Source, StoreError, word};
use crate::schema::Unmapped;
use policy::Timestamp;
use sea_query::{
    Condition, DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Order, Query, SelectStatement,
};
use std::fmt;
use std::str::FromStr;

/// How many identities that were seen are kept.
pub const MOST: u64 = 10_000;

/// The longest part of an identity in bytes; both together have to fit into an index.
pub(crate) const MAX_PART: usize = 1_000;

/// An identity that a verified token named and that belongs to nobody, and what was tried with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub issuer: String,
    pub sub: String,
    /// The database's clock at the call.
    pub at: Timestamp,
    pub tenant: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
}

/// What an administrator made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnmappedState {
    /// Nothing yet.
    Seen,
    /// It is never to be somebody.
    Blocked,
}

impl UnmappedState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Blocked => "blocked",
        }
    }
}

impl fmt::Display for UnmappedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of seen, blocked")]
pub struct UnmappedStateError;

impl FromStr for UnmappedState {
    type Err = UnmappedStateError;

    fn from_str(text: &str) -> Result<Self, UnmappedStateError> {
        match text {
            "seen" => Ok(Self::Seen),
            "blocked" => Ok(Self::Blocked),
            _ => Err(UnmappedStateError),
        }
    }
}

/// An identity that belongs to nobody. What it tried is hostile text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedCaller {
    pub issuer: String,
    pub sub: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// 0: blocked before it was ever seen.
    pub attempts: i64,
    /// What the last attempt named.
    pub tenant: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub state: UnmappedState,
}

impl UnmappedCaller {
    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        format!("{}\n{}\n{}", self.last_seen.micros(), self.issuer, self.sub)
    }
}

#[derive(sqlx::FromRow)]
struct UnmappedRow {
    issuer: String,
    sub: String,
    first_seen: i64,
    last_seen: i64,
    attempts: i64,
    tenant: Option<String>,
    server: Option<String>,
    tool: Option<String>,
    state: String,
}

impl TryFrom<UnmappedRow> for UnmappedCaller {
    type Error = StoreError;

    fn try_from(row: UnmappedRow) -> Result<Self, StoreError> {
        Ok(Self {
            issuer: row.issuer,
            sub: row.sub,
            first_seen: Timestamp::from_micros(row.first_seen),
            last_seen: Timestamp::from_micros(row.last_seen),
            attempts: row.attempts,
            tenant: row.tenant,
            server: row.server,
            tool: row.tool,
            state: word(&row.state, "unmapped.state")?,
        })
    }
}

const COLUMNS: [Unmapped; 9] = [
    Unmapped::Issuer,
    Unmapped::Sub,
    Unmapped::FirstSeen,
    Unmapped::LastSeen,
    Unmapped::Attempts,
    Unmapped::Tenant,
    Unmapped::Server,
    Unmapped::Tool,
    Unmapped::State,
];

fn in_state(state: UnmappedState) -> Expr {
    Expr::col(Unmapped::State).eq(state.as_str())
}

/// Removes what was seen of an issuer that goes.
pub(crate) fn forget_seen_of(issuer: &str) -> DeleteStatement {
    Query::delete()
        .from_table(Unmapped::Table)
        .and_where(Expr::col(Unmapped::Issuer).eq(issuer))
        .and_where(in_state(UnmappedState::Seen))
        .take()
}

/// Removes one identity, in whatever state.
pub(crate) fn forget(issuer: &str, sub: &str) -> DeleteStatement {
    Query::delete()
        .from_table(Unmapped::Table)
        .and_where(Expr::col(Unmapped::Issuer).eq(issuer))
        .and_where(Expr::col(Unmapped::Sub).eq(sub))
        .take()
}

/// Blocks an identity, seen before or not.
pub(crate) fn block(issuer: &str, sub: &str, now: Timestamp) -> InsertStatement {
    Query::insert()
        .into_table(Unmapped::Table)
        .columns([
            Unmapped::Issuer,
            Unmapped::Sub,
            Unmapped::FirstSeen,
            Unmapped::LastSeen,
            Unmapped::Attempts,
            Unmapped::State,
        ])
        .values_panic([
            issuer.into(),
            sub.into(),
            now.micros().into(),
            now.micros().into(),
            0_i64.into(),
            UnmappedState::Blocked.as_str().into(),
        ])
        .on_conflict(
            OnConflict::columns([Unmapped::Issuer, Unmapped::Sub]).update_column(Unmapped::State).to_owned(),
        )
        .take()
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Unmapped::Table).take()
}

pub(crate) async fn find<S: Source>(
    source: &mut S,
    issuer: &str,
    sub: &str,
) -> Result<Option<UnmappedCaller>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Unmapped::Issuer).eq(issuer)).and_where(Expr::col(Unmapped::Sub).eq(sub));
    source.optional::<UnmappedRow, _>(&query).await?.map(UnmappedCaller::try_from).transpose()
}

/// Those after the cursor, in the order of the list: the last seen first, then by issuer and sub.
fn after(cursor: &str) -> Option<Condition> {
    let mut parts = cursor.splitn(3, '\n');
    let last_seen: i64 = parts.next()?.parse().ok()?;
    let (issuer, sub) = (parts.next()?, parts.next()?);
    let identity = Expr::tuple([Expr::col(Unmapped::Issuer), Expr::col(Unmapped::Sub)]);
    let further = identity.gt(Expr::tuple([Expr::val(issuer), Expr::val(sub)]));
    Some(
        Condition::any()
            .add(Expr::col(Unmapped::LastSeen).lt(last_seen))
            .add(Expr::col(Unmapped::LastSeen).eq(last_seen).and(further)),
    )
}

impl Store {
    /// Identities that belong to nobody, the last seen first: those in one state, or all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_unmapped(
        &self,
        state: Option<UnmappedState>,
        page: &Page<'_>,
    ) -> Result<Vec<UnmappedCaller>, StoreError> {
        let mut query = select();
        query.and_where_option(state.map(in_state));
        if let Some(text) = page.search {
            query
                .cond_where(holds(text, [Unmapped::Issuer, Unmapped::Sub, Unmapped::Server, Unmapped::Tool]));
        }
        if let Some(further) = page.after.and_then(after) {
            query.cond_where(further);
        }
        query
            .order_by(Unmapped::LastSeen, Order::Desc)
            .order_by(Unmapped::Issuer, Order::Asc)
            .order_by(Unmapped::Sub, Order::Asc)
            .limit(page.limit);
        let rows: Vec<UnmappedRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(UnmappedCaller::try_from).collect()
    }

    /// How many identities were seen that belong to nobody, without those that are blocked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_unmapped(&self) -> Result<i64, StoreError> {
        let seen = Query::select().from(Unmapped::Table).and_where(in_state(UnmappedState::Seen)).take();
        count(&mut &self.db, seen).await
    }

    /// One identity that belongs to nobody.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_unmapped(&self, issuer: &str, sub: &str) -> Result<Option<UnmappedCaller>, StoreError> {
        find(&mut &self.db, issuer, sub).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, Value};

    #[test]
    fn a_cursor_that_does_not_read_is_none() {
        let caller = UnmappedCaller {
            issuer: "https://idp.example".to_owned(),
            sub: "a\nb".to_owned(),
            first_seen: Timestamp::from_micros(1),
            last_seen: Timestamp::from_micros(7),
            attempts: 1,
            tenant: None,
            server: None,
            tool: None,
            state: UnmappedState::Seen,
        };
        let query = select().cond_where(after(&caller.cursor()).expect("reads")).take();
        let (_, values) = query.build(PostgresQueryBuilder);
        let wanted: [Value; 4] = [7_i64.into(), 7_i64.into(), caller.issuer.as_str().into(), "a\nb".into()];
        assert_eq!(values.0, wanted);
        for bad in ["", "x\na\nb", "7", "7\na"] {
            assert!(after(bad).is_none(), "{bad:?}");
        }
    }
}
