//! Who has an import in hand. Whoever counts `attempt` up has it for a while, and says again and again that it goes on to;
//! whoever was killed lets go by saying nothing. The count is also what everything that is written of it is held against:
//! what comes after somebody else counted up changes nothing.

use super::{COLUMNS, FileFormat, ImportState, ResourceImport, find, of_this_file, standing};
use crate::Store;
use crate::administration::{About, WriteError, Writer};
use crate::db::{Dialect, Source, StoreError, now_micros, to_json};
use crate::schema::ResourceImports;
use policy::TenantSlug;
use sea_query::{Expr, ExprTrait, Query};
use serde::Serialize;

/// What the change record says of it.
#[derive(Serialize)]
struct Summary<'a> {
    digest: &'a str,
    format: FileFormat,
    size: i64,
    state: ImportState,
    created: i64,
    changed: i64,
    unchanged: i64,
    refused: i64,
}

impl<'a> From<&'a ResourceImport> for Summary<'a> {
    fn from(import: &'a ResourceImport) -> Self {
        Self {
            digest: &import.digest,
            format: import.format,
            size: import.size,
            state: import.state,
            created: import.created,
            changed: import.changed,
            unchanged: import.unchanged,
            refused: import.refused,
        }
    }
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    id: String,
}

async fn find_held<S: Source>(
    source: &mut S,
    dialect: Dialect,
    import: &ResourceImport,
) -> Result<Option<String>, StoreError> {
    let query = Query::select()
        .column(ResourceImports::Id)
        .from(ResourceImports::Table)
        .cond_where(of_this_file(import))
        .and_where(Expr::col(ResourceImports::Id).ne(import.id.as_str()))
        .and_where(Expr::col(ResourceImports::HeldUntil).gt(now_micros(dialect)))
        .limit(1)
        .take();
    Ok(source.optional::<HeldRow, _>(&query).await?.map(|row| row.id))
}

impl Store {
    /// Another import of this very file, in this format and for this tenant, that somebody has in hand now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_held_import(&self, import: &ResourceImport) -> Result<Option<String>, StoreError> {
        find_held(&mut &self.db, self.dialect(), import).await
    }

    /// Takes an import that did not come to its end in hand for so many microseconds, and reads how far it is. None:
    /// somebody else has it, or had it meanwhile.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn claim_import(
        &self,
        import: &ResourceImport,
        lease: i64,
    ) -> Result<Option<ResourceImport>, StoreError> {
        use ResourceImports as I;
        let attempt = import.attempt.saturating_add(1);
        let now = || now_micros(self.dialect());
        let update = Query::update()
            .table(I::Table)
            .value(I::Attempt, attempt)
            .value(I::HeldUntil, now().add(lease))
            .and_where(Expr::col(I::Id).eq(import.id.as_str()))
            .and_where(Expr::col(I::Attempt).eq(import.attempt))
            .and_where(Expr::col(I::State).ne(ImportState::Finished.as_str()))
            .and_where(Expr::col(I::HeldUntil).lte(now()))
            .take();
        if self.db.execute(&update).await? == 0 {
            return Ok(None);
        }
        let found = find(&mut &self.db, standing(self.dialect()), &import.id).await?;
        Ok(found.filter(|found| found.attempt == attempt))
    }

    /// Whoever has it in hand has it for so many microseconds more; false where they have it no longer, or nothing of it is
    /// in yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn hold_import(&self, id: &str, attempt: i64, lease: i64) -> Result<bool, StoreError> {
        use ResourceImports as I;
        let update = Query::update()
            .table(I::Table)
            .value(I::HeldUntil, now_micros(self.dialect()).add(lease))
            .and_where(Expr::col(I::Id).eq(id))
            .and_where(Expr::col(I::Attempt).eq(attempt))
            // What was let go stays so, however late this comes.
            .and_where(Expr::col(I::HeldUntil).gt(0_i64))
            .take();
        Ok(self.db.execute(&update).await? > 0)
    }
}

impl Writer {
    /// As [`Store::find_held_import`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_held_import(&mut self, import: &ResourceImport) -> Result<Option<String>, StoreError> {
        let dialect = self.tx.dialect();
        find_held(&mut self.tx, dialect, import).await
    }

    /// Writes down how far a file is in: with the first part and at the end as a change, so that nothing is brought in
    /// that no change tells of. A running one is in hand for so many microseconds more, any other is let go. None: somebody
    /// else has taken it in hand since, and nothing is written.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_import(
        &mut self,
        import: &ResourceImport,
        lease: i64,
    ) -> Result<Option<ResourceImport>, WriteError> {
        use ResourceImports as I;
        let dialect = self.tx.dialect();
        // As it is written: who is late in saying that it is at it has changed nothing.
        let before = find(&mut self.tx, Expr::col(I::State), &import.id).await?;
        let after = ResourceImport {
            started_at: before.as_ref().map_or(self.now, |old| old.started_at),
            by: before.as_ref().map_or_else(|| self.actor.name.clone(), |old| old.by.clone()),
            updated_at: self.now,
            ..import.clone()
        };
        let held_until = match after.state {
            ImportState::Running => now_micros(dialect).add(lease),
            ImportState::Finished | ImportState::Stopped => Expr::val(0_i64),
        };
        let values: [Expr; 16] = [
            after.id.as_str().into(),
            after.digest.as_str().into(),
            after.format.as_str().into(),
            after.tenant.as_ref().map(TenantSlug::as_str).into(),
            after.size.into(),
            after.position.into(),
            after.line.into(),
            after.created.into(),
            after.changed.into(),
            after.unchanged.into(),
            after.refused.into(),
            to_json(&after.problems)?.into(),
            after.started_at.micros().into(),
            after.updated_at.micros().into(),
            after.by.as_str().into(),
            after.attempt.into(),
        ];
        let columns = COLUMNS.into_iter().chain([I::State, I::HeldUntil]);
        let values = values.into_iter().chain([after.state.as_str().into(), held_until]);
        let changed = if before.is_some() {
            let update = Query::update()
                .table(I::Table)
                .values(columns.zip(values))
                .and_where(Expr::col(I::Id).eq(after.id.as_str()))
                .and_where(Expr::col(I::Attempt).eq(after.attempt))
                .take();
            self.tx.execute(&update).await?
        } else {
            let insert = Query::insert().into_table(I::Table).columns(columns).values_panic(values).take();
            self.tx.execute(&insert).await?
        };
        if changed == 0 {
            return Ok(None);
        }
        if before.as_ref().is_none_or(|old| old.state != after.state) {
            let about = About { kind: "resource_import", object: &after.id, tenant: after.tenant.as_ref() };
            let was = before.as_ref().map(Summary::from);
            self.record(about, was.as_ref(), Some(&Summary::from(&after))).await?;
        }
        Ok(Some(after))
    }
}
