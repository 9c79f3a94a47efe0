//! Saving, switching and deleting rules. Every way ends at `pdp::drafts`.

use super::draft::{Draft, Note};
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use policy::labels::RuleStatus;
use serde::{Deserialize, Serialize};

/// How saving came out. None of it is a failure of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveOutcome {
    Saved {
        id: String,
        revision: String,
    },
    /// It is not sound.
    Problems(Vec<Note>),
    /// It restricts nothing, and that was not asked for.
    Unmatched(Vec<Note>),
    /// Somebody changed it meanwhile.
    Stale {
        version: i64,
    },
    /// Somebody deleted it meanwhile.
    Gone,
    /// For another reason, in a sentence.
    Refused(String),
}

/// Saves what the form holds. `seen` is the version that was edited; an empty `id` is a new rule.
#[server(endpoint = "rule-save", input = Json, output = Json)]
pub async fn save_rule(
    draft: Draft,
    id: String,
    seen: Option<i64>,
    status: RuleStatus,
    allow_unmatched: bool,
) -> Result<SaveOutcome, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::WriteRules)?;
    let console = crate::console::Console::current()?;
    let draft = Draft { status, ..draft };
    super::service_save::save_draft(&console, (&signed_in, &reach), &draft, &id, seen, allow_unmatched).await
}

/// Saves a rule written as text, sent without script: answers with a page in every case.
#[server(endpoint = "rule-save-yaml", output = Json)]
pub async fn save_rule_text(
    #[server(default)] id: String,
    #[server(default)] seen: String,
    #[server(default)] text: String,
    #[server(default)] status: String,
    #[server(default)] allow_unmatched: String,
) -> Result<(), AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::WriteRules)?;
    let console = crate::console::Console::current()?;
    let status = status.parse::<RuleStatus>().map_err(|error| AppError::bad_request(&error))?;
    let sent = super::service_save::SentText {
        id: &id,
        seen: seen.parse().ok(),
        text: &text,
        status,
        allow_unmatched: !allow_unmatched.is_empty(),
    };
    let path = super::service_save::save_text(&console, (&signed_in, &reach), &sent).await?;
    leptos_axum::redirect(&path);
    Ok(())
}

/// Enforces, only watches or switches off a rule as it stands, and goes back to its page.
#[server(endpoint = "rule-status", output = Json)]
pub async fn set_rule_status(id: String, seen: i64, status: RuleStatus) -> Result<(), AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::WriteRules)?;
    let console = crate::console::Console::current()?;
    let path = super::service_save::set_status(&console, (&signed_in, &reach), &id, seen, status).await?;
    leptos_axum::redirect(&path);
    Ok(())
}

/// Deletes a rule and goes to the list.
#[server(endpoint = "rule-delete", output = Json)]
pub async fn delete_rule(id: String, seen: i64) -> Result<(), AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::WriteRules)?;
    let console = crate::console::Console::current()?;
    let path = super::service_save::delete(&console, (&signed_in, &reach), &id, seen).await?;
    leptos_axum::redirect(&path);
    Ok(())
}
