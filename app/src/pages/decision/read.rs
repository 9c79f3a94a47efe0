//! What the page of one decision reads from the server.

use super::view::DecisionView;
use crate::drawn;
use crate::error::AppError;

/// None: no such decision, or not one that the reader may see.
#[cfg(feature = "ssr")]
pub async fn read_decision(id: String) -> Result<Option<DecisionView>, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadDecisions)?;
    if id.is_empty() || id.contains('\0') {
        return Ok(None);
    }
    let console = crate::console::Console::current()?;
    let recorded = console.store.get_decision(&policy::DecisionId::new(id)).await?;
    let recorded = recorded.filter(|recorded| reach.owns(recorded.row.tenant.as_deref()));
    let shown = recorded.map(|recorded| super::record::describe(recorded, console.now()));
    Ok(shown.map(|shown| super::record::within(shown, &reach)))
}

drawn::unread!(read_decision(String) -> Result<Option<DecisionView>, AppError>);
