//! What the list of changes reads from the server.

use super::query::ChangeQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// Rows of a page.
pub const ROWS: u64 = 50;

/// A change as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLine {
    pub id: String,
    /// "Changed rule small refunds".
    pub title: String,
    pub kind: String,
    pub actor: String,
    pub via: String,
    pub tenant: Option<String>,
    pub at: Moment,
}

/// One page, newest first, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeList {
    pub query: ChangeQuery,
    pub lines: Vec<ChangeLine>,
    pub has_older: bool,
    pub has_newer: bool,
}

#[cfg(feature = "ssr")]
pub async fn list_changes(query: ChangeQuery) -> Result<ChangeList, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadChanges)?;
    let console = crate::console::Console::current()?;
    server::list(&console, &reach, query).await
}

drawn::unread!(list_changes(ChangeQuery) -> Result<ChangeList, AppError>);

#[cfg(feature = "ssr")]
pub(crate) use server::line;

#[cfg(feature = "ssr")]
mod server {
    use super::super::words;
    use super::{ChangeLine, ChangeList, ChangeQuery, ROWS};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use policy::{Reach, TenantSlug, Timestamp};
    use store::Change;
    use store::changes::{ChangeFilter, ChangePosition};

    /// Of the reader's tenants, where there are such: what concerns all of them, or others, is not there.
    pub(super) async fn list(
        console: &Console,
        reach: &Reach,
        query: ChangeQuery,
    ) -> Result<ChangeList, AppError> {
        check(&query)?;
        let now = console.now();
        let tenant = query.tenant.as_deref().map(TenantSlug::from);
        let filter = ChangeFilter {
            tenant: tenant.as_ref(),
            tenants: reach.tenants(),
            kind: query.kind.as_deref(),
            object: query.object.as_deref(),
            actor: query.actor.as_deref(),
            via: None,
        };
        let position = match (&query.older_than, &query.newer_than) {
            (Some(id), _) => ChangePosition::OlderThan(id),
            (None, Some(id)) => ChangePosition::NewerThan(id),
            (None, None) => ChangePosition::Newest,
        };
        // One more than a page tells whether there are more in that direction.
        let mut changes = console.store.list_changes(&filter, position, ROWS + 1).await?;
        let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
        let more = changes.len() > rows;
        let (has_older, has_newer) = match position {
            ChangePosition::Newest => (more, false),
            ChangePosition::OlderThan(_) => (more, true),
            ChangePosition::NewerThan(_) => (true, more),
        };
        if more && matches!(position, ChangePosition::NewerThan(_)) {
            // Newest first: the surplus is the one farthest from where the page began.
            changes.remove(0);
        }
        changes.truncate(rows);
        let lines = changes.into_iter().map(|change| line(change, now)).collect();
        Ok(ChangeList { query, lines, has_older, has_newer })
    }

    /// No change holds U+0000, and Postgres refuses it even in a comparison.
    fn check(query: &ChangeQuery) -> Result<(), AppError> {
        let texts =
            [&query.tenant, &query.kind, &query.object, &query.actor, &query.older_than, &query.newer_than];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Err(AppError::bad_request(&"a filter holds U+0000"));
        }
        Ok(())
    }

    pub(crate) fn line(change: Change, now: Timestamp) -> ChangeLine {
        let tenant = change.tenant.as_ref().map(TenantSlug::as_str);
        let name = words::object_name(&change.object, change.before.as_ref(), change.after.as_ref());
        ChangeLine {
            title: words::title(change.action.as_str(), &change.kind, &name, &change.object, tenant),
            kind: words::kind_label(&change.kind),
            via: words::via_label(change.via.as_str()).to_owned(),
            tenant: tenant.map(ToOwned::to_owned),
            at: Moment::new(change.at, now),
            id: change.id,
            actor: change.actor,
        }
    }
}
