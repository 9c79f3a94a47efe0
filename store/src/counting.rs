//! How many rows there are.

use crate::db::{Source, StoreError};
use sea_query::{Expr, SelectStatement};

#[derive(sqlx::FromRow)]
struct CountRow {
    n: i64,
}

/// How many rows a statement finds that names tables and conditions, and no column yet.
pub(crate) async fn count<S: Source>(source: &mut S, mut rows: SelectStatement) -> Result<i64, StoreError> {
    rows.expr_as(Expr::cust("count(*)"), "n");
    let row: Option<CountRow> = source.optional(&rows).await?;
    Ok(row.map_or(0, |row| row.n))
}
