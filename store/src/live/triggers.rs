//! Whether the triggers stand that draw the stamp, by themselves or by a revision. Who rebuilds a table by hand takes its
//! triggers away without a word, and from then on the stamp says nothing of that table: so nothing is remembered under
//! a schema where one of them is missing. They are looked at once for each version of the schema.

use super::lane::PATIENCE;
use crate::StoreError;
use crate::db::Db;
use crate::kept::{Kept, Shelf};
use sea_query::{Expr, Query, SelectStatement, Values};
use sea_query_sqlx::SqlxValues;
use std::sync::{Mutex, PoisonError};
use tokio::time::timeout;

/// Three for each of the nine tables under the stamp and of the three under the common revision or a tenant's, one for each
/// of eight whose rows can be moved by their number, and the one without which a revision could be gone.
const ALL: i64 = 3 * (9 + 3) + 8 + 1;

/// How many of them stand, each on its own table.
const STANDING: &str = "(SELECT count(*) FROM sqlite_schema AS tr WHERE tr.type = 'trigger' AND (\
    (tr.tbl_name IN ('credentials', 'credential_keys', 'api_keys', 'subjects', 'identities', 'memberships', 'membership_roles', 'token_revocations', 'revisions') \
        AND tr.name IN (tr.tbl_name || '_stamp_inserted', tr.tbl_name || '_stamp_updated', tr.tbl_name || '_stamp_deleted', tr.tbl_name || '_stamp_moved')) \
    OR (tr.tbl_name IN ('roles', 'issuers', 'issuer_tenants') \
        AND tr.name IN (tr.tbl_name || '_inserted', tr.tbl_name || '_updated', tr.tbl_name || '_deleted')) \
    OR (tr.tbl_name = 'revisions' AND tr.name = 'revisions_stay')))";

const VERSION: &str = "(SELECT CAST(schema_version AS TEXT) FROM pragma_schema_version)";

/// Both of one moment.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Seen {
    version: String,
    standing: i64,
}

/// What was seen last.
#[derive(Debug, Default)]
pub(super) struct Triggers(Mutex<Option<Seen>>);

impl Triggers {
    /// Whether all of them stand under this version of the schema.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn stand(&self, db: &Db, version: &str) -> Result<bool, StoreError> {
        if let Some(seen) = self.last().filter(|seen| seen.version == version) {
            return Ok(seen.standing == ALL);
        }
        let seen = timeout(PATIENCE, read(db)).await;
        let seen = seen.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()))?;
        if seen.standing != ALL {
            tracing::warn!(
                standing = seen.standing,
                wanted = ALL,
                "triggers that draw the live stamp are missing: everything is read anew for each call"
            );
        }
        let stand = seen.version == version && seen.standing == ALL;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(stand)
    }

    fn last(&self) -> Option<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

static STATEMENT: Shelf<()> = Shelf::new();

fn statement() -> SelectStatement {
    Query::select().expr_as(Expr::cust(VERSION), "version").expr_as(Expr::cust(STANDING), "standing").take()
}

async fn read(db: &Db) -> Result<Seen, StoreError> {
    let dialect = db.dialect();
    let kept = STATEMENT.get(dialect, (), || Kept::render(&statement(), dialect));
    let seen = db.fetch_kept::<Seen>(&kept, SqlxValues(Values(Vec::new()))).await?;
    seen.into_iter().next().ok_or_else(|| StoreError::corrupt("the database has no schema"))
}
