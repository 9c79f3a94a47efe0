//! Noting what was seen: each identity of a batch once, in few statements.

use super::{COLUMNS, MAX_PART, MOST, Seen, UnmappedState, in_state};
use crate::Store;
use crate::administration::{CHUNK, lock};
use crate::db::{StoreError, Tx};
use crate::schema::{Identities, Issuers, Unmapped};
use policy::Timestamp;
use sea_query::{DeleteStatement, Expr, ExprTrait, Func, InsertStatement, OnConflict, Order, Query};
use std::collections::{BTreeMap, HashSet};

/// More than there can be; SQLite takes no OFFSET without a LIMIT.
const ALL: u64 = u32::MAX as u64;

/// What was asked for is cut at so many characters.
const MAX_TRIED: usize = 200;

#[derive(sqlx::FromRow)]
struct IssuerUrl {
    url: String,
}

#[derive(PartialEq, Eq, Hash, sqlx::FromRow)]
struct Mapped {
    issuer: String,
    sub: String,
}

/// What one batch says of one identity.
struct Noted<'a> {
    first: Timestamp,
    last: &'a Seen,
    attempts: i64,
}

/// Each identity once, in an order; what could not be stored is left out.
fn together(seen: &[Seen]) -> Vec<Noted<'_>> {
    let part = |text: &str| !text.is_empty() && text.len() <= MAX_PART && !text.contains('\0');
    let mut noted: BTreeMap<(&str, &str), Noted<'_>> = BTreeMap::new();
    for one in seen.iter().filter(|one| part(&one.issuer) && part(&one.sub)) {
        noted
            .entry((one.issuer.as_str(), one.sub.as_str()))
            .and_modify(|known| {
                known.first = known.first.min(one.at);
                known.attempts += 1;
                if known.last.at <= one.at {
                    known.last = one;
                }
            })
            .or_insert(Noted { first: one.at, last: one, attempts: 1 });
    }
    noted.into_values().collect()
}

/// Both databases take it: no U+0000, and not too long.
fn tried(text: Option<&String>) -> Option<String> {
    text.map(|text| text.chars().filter(|c| *c != '\0').take(MAX_TRIED).collect())
}

fn upsert(noted: &[&Noted<'_>]) -> InsertStatement {
    let stored = |column: Unmapped| Expr::col((Unmapped::Table, column));
    let given = |column: Unmapped| Expr::col(("excluded", column));
    let mut insert = Query::insert();
    insert.into_table(Unmapped::Table).columns(COLUMNS);
    for one in noted {
        insert.values_panic([
            one.last.issuer.as_str().into(),
            one.last.sub.as_str().into(),
            one.first.micros().into(),
            one.last.at.micros().into(),
            one.attempts.into(),
            tried(one.last.tenant.as_ref()).into(),
            tried(one.last.server.as_ref()).into(),
            tried(one.last.tool.as_ref()).into(),
            UnmappedState::Seen.as_str().into(),
        ]);
    }
    insert.on_conflict(
        OnConflict::columns([Unmapped::Issuer, Unmapped::Sub])
            .value(
                Unmapped::LastSeen,
                Func::greatest([stored(Unmapped::LastSeen), given(Unmapped::LastSeen)]),
            )
            .value(Unmapped::Attempts, stored(Unmapped::Attempts).add(given(Unmapped::Attempts)))
            .update_columns([Unmapped::Tenant, Unmapped::Server, Unmapped::Tool])
            .to_owned(),
    );
    insert
}

/// Removes what was seen, but for the latest [`MOST`].
fn forget_oldest() -> DeleteStatement {
    let beyond = Query::select()
        .columns([Unmapped::Issuer, Unmapped::Sub])
        .from(Unmapped::Table)
        .and_where(in_state(UnmappedState::Seen))
        .order_by(Unmapped::LastSeen, Order::Desc)
        .order_by(Unmapped::Issuer, Order::Asc)
        .order_by(Unmapped::Sub, Order::Asc)
        .limit(ALL)
        .offset(MOST)
        .take();
    let identity = Expr::tuple([Expr::col(Unmapped::Issuer), Expr::col(Unmapped::Sub)]);
    Query::delete()
        .from_table(Unmapped::Table)
        .and_where(in_state(UnmappedState::Seen))
        .and_where(identity.in_subquery(beyond))
        .take()
}

/// Those that still belong to nobody, and whose issuer is still there: since the call an administrator may have mapped
/// the identity, or deleted the issuer.
async fn still_unmapped<'a, 'b>(
    tx: &mut Tx,
    noted: &'b [Noted<'a>],
) -> Result<Vec<&'b Noted<'a>>, StoreError> {
    let query = Query::select()
        .column(Issuers::Url)
        .from(Issuers::Table)
        .and_where(Expr::col(Issuers::Url).is_in(noted.iter().map(|one| one.last.issuer.as_str())))
        .take();
    let registered: Vec<IssuerUrl> = tx.fetch_all(&query).await?;
    let registered: HashSet<String> = registered.into_iter().map(|row| row.url).collect();
    let query = Query::select()
        .columns([Identities::Issuer, Identities::Sub])
        .from(Identities::Table)
        .and_where(Expr::col(Identities::Issuer).is_in(noted.iter().map(|one| one.last.issuer.as_str())))
        .and_where(Expr::col(Identities::Sub).is_in(noted.iter().map(|one| one.last.sub.as_str())))
        .take();
    let mapped: Vec<Mapped> = tx.fetch_all(&query).await?;
    let mapped: HashSet<Mapped> = mapped.into_iter().collect();
    let is_mapped =
        |seen: &Seen| mapped.contains(&Mapped { issuer: seen.issuer.clone(), sub: seen.sub.clone() });
    Ok(noted.iter().filter(|one| registered.contains(&one.last.issuer) && !is_mapped(one.last)).collect())
}

impl Store {
    /// Notes that these identities were seen. What is blocked stays blocked; what is mapped by now, or of an issuer that
    /// is not registered, is left out.
    ///
    /// # Errors
    /// When the database does not answer; then none of them is noted.
    pub async fn note_unmapped(&self, seen: &[Seen]) -> Result<(), StoreError> {
        let noted = together(seen);
        if noted.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin_write().await?;
        // One at a time, and none beside an administrator who maps, blocks or deletes just these.
        lock(&mut tx).await?;
        for part in noted.chunks(CHUNK / COLUMNS.len()) {
            let unmapped = still_unmapped(&mut tx, part).await?;
            if !unmapped.is_empty() {
                tx.execute(&upsert(&unmapped)).await?;
            }
        }
        tx.execute(&forget_oldest()).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder};

    fn seen(sub: &str, at: i64, tool: &str) -> Seen {
        Seen {
            issuer: "https://idp.example".to_owned(),
            sub: sub.to_owned(),
            at: Timestamp::from_micros(at),
            tenant: None,
            server: Some("crm".to_owned()),
            tool: Some(tool.to_owned()),
        }
    }

    #[test]
    fn an_identity_is_written_once_a_batch() {
        let batch = [seen("b", 5, "late"), seen("a", 1, "x"), seen("b", 3, "early"), seen("b", 4, "mid")];
        let noted = together(&batch);
        let shown: Vec<_> = noted
            .iter()
            .map(|one| {
                let tool = one.last.tool.as_deref();
                (one.last.sub.as_str(), one.first.micros(), one.last.at.micros(), one.attempts, tool)
            })
            .collect();
        assert_eq!(shown, [("a", 1, 1, 1, Some("x")), ("b", 3, 5, 3, Some("late"))]);
    }

    #[test]
    fn what_no_database_takes_is_left_out() {
        for sub in ["", "a\0b", &"x".repeat(MAX_PART + 1)] {
            assert!(together(&[seen(sub, 1, "x")]).is_empty(), "{sub:?}");
        }
        let odd = seen("a", 1, &format!("\0{}", "y".repeat(500)));
        assert_eq!(tried(odd.tool.as_ref()), Some("y".repeat(MAX_TRIED)));
    }

    #[test]
    fn what_is_blocked_is_only_counted() {
        let batch = [seen("a", 1, "x")];
        let noted = together(&batch);
        let statement = upsert(&noted.iter().collect::<Vec<_>>());
        let sqlite = statement.to_string(SqliteQueryBuilder);
        let postgres = statement.to_string(PostgresQueryBuilder);
        for (sql, greatest) in [(&sqlite, "MAX"), (&postgres, "GREATEST")] {
            let (_, update) = sql.split_once("DO UPDATE SET").expect("an upsert");
            assert!(!update.contains("state") && !update.contains("first_seen"), "{sql}");
            assert!(update.contains(greatest), "{sql}");
        }
        let sql = forget_oldest().to_string(SqliteQueryBuilder);
        assert_eq!(sql.matches("\"state\" = 'seen'").count(), 2, "{sql}");
    }
}
