//! What the page of one change reads from the server.

use crate::components::diff::DiffRow;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// One change as its page shows it. Names and values are drawn as untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    pub id: String,
    pub title: String,
    /// The stored word and the word on screen.
    pub kind: String,
    pub kind_label: String,
    pub object: String,
    pub tenant: Option<String>,
    pub actor: String,
    pub via: String,
    pub request_id: Option<String>,
    pub at: Moment,
    pub rows: Vec<DiffRow>,
    /// As JSON.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// None: no such change, or not one that the reader may see.
#[cfg(feature = "ssr")]
pub async fn read_change(id: String) -> Result<Option<ChangeView>, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadChanges)?;
    if id.is_empty() || id.contains('\0') {
        return Ok(None);
    }
    let console = crate::console::Console::current()?;
    let change = console.store.get_change(&id).await?;
    let change = change.filter(|change| reach.owns(change.tenant.as_ref().map(policy::TenantSlug::as_str)));
    Ok(change.map(|change| server::describe(change, console.now())))
}

drawn::unread!(read_change(String) -> Result<Option<ChangeView>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::ChangeView;
    use crate::moment::Moment;
    use crate::pages::change::difference;
    use crate::pages::changes::words;
    use policy::{TenantSlug, Timestamp};
    use serde_json::Value;
    use store::Change;

    pub(super) fn describe(change: Change, now: Timestamp) -> ChangeView {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let tenant = change.tenant.as_ref().map(TenantSlug::as_str);
        let name = words::object_name(&change.object, before, after);
        ChangeView {
            title: words::title(change.action.as_str(), &change.kind, &name, &change.object, tenant),
            kind_label: words::kind_label(&change.kind),
            via: words::via_label(change.via.as_str()).to_owned(),
            tenant: tenant.map(ToOwned::to_owned),
            at: Moment::new(change.at, now),
            rows: difference::rows(before, after),
            before: before.map(pretty),
            after: after.map(pretty),
            id: change.id,
            kind: change.kind,
            object: change.object,
            actor: change.actor,
            request_id: change.request_id,
        }
    }

    fn pretty(value: &Value) -> String {
        serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
    }
}
