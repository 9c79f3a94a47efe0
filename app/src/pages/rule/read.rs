//! What the editor reads from the server: the rule, what it can name, and what is to be said of a draft.

use super::draft::{Draft, Note};
use super::spec::ToolForm;
use crate::components::diff::DiffRow;
use crate::error::AppError;
use crate::moment::Moment;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// A role that a rule may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleOption {
    pub name: String,
    /// None: it can be held in every tenant.
    pub tenant: Option<String>,
}

/// A tool of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolOption {
    pub server: String,
    pub name: String,
}

/// A subject to name or to try with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectOption {
    pub id: String,
    pub name: String,
}

/// What can be chosen from. Long lists are cut: what is not in them is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choices {
    pub tenants: Vec<String>,
    pub roles: Vec<RoleOption>,
    pub tools: Vec<ToolOption>,
    pub subjects: Vec<SubjectOption>,
}

/// What is to be said of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Checked {
    /// It cannot be saved so.
    pub problems: Vec<Note>,
    /// Why it can never match.
    pub never: Vec<Note>,
    /// It may not be what was meant.
    pub hints: Vec<Note>,
    /// Registered tools that it names.
    pub tools: usize,
    /// Wider than the stored version, and in what respects.
    pub wider: Vec<String>,
    /// A restriction that restricts nothing: saved only if that is asked for.
    pub unmatched: bool,
}

/// What saving would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    pub checked: Checked,
    pub rows: Vec<DiffRow>,
    /// Sentences on who gains and who loses.
    pub reach: Vec<String>,
}

/// A call to begin trying with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Example {
    pub subject: String,
    /// Who acts for it. Empty: nobody.
    pub agent: String,
    pub tenant: String,
    /// `server/name`.
    pub tool: String,
    /// JSON text.
    pub arguments: String,
}

/// Why a rule sent as text was not saved, where the text alone does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    Stale,
    Taken,
    Unmatched,
    Gone,
    NoTenant,
    TooLong,
    Refused,
}

impl WhyNot {
    pub const ALL: &'static [Self] = &[
        Self::Stale,
        Self::Taken,
        Self::Unmatched,
        Self::Gone,
        Self::NoTenant,
        Self::TooLong,
        Self::Refused,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Taken => "taken",
            Self::Unmatched => "unmatched",
            Self::Gone => "gone",
            Self::NoTenant => "no_tenant",
            Self::TooLong => "too_long",
            Self::Refused => "refused",
        }
    }

    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|why| why.as_str() == word)
    }

    pub fn sentence(self) -> &'static str {
        match self {
            Self::Stale => {
                "Somebody changed this rule meanwhile. Nothing was saved: look at its history, then save once more."
            }
            Self::Taken => "Another rule of this tenant has this name.",
            Self::Unmatched => {
                "This rule would restrict nothing. Tick the box below to save it all the same."
            }
            Self::Gone => "The rule is gone: somebody deleted it meanwhile.",
            Self::NoTenant => "There is no tenant of this name.",
            Self::TooLong => "The text is too long to be shown again. Go back in the browser to find it.",
            Self::Refused => "The rule could not be saved so.",
        }
    }
}

/// Text that was sent without script and could not be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// None: it was too long to be carried along.
    pub text: Option<String>,
    /// Sentences; names stand between backticks.
    pub problems: Vec<String>,
    /// The restriction that it is restricts nothing: it can be saved all the same.
    pub unmatched: bool,
}

/// Everything the editor starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditorData {
    /// None: a new rule.
    pub id: Option<String>,
    pub version: Option<i64>,
    pub changed: Option<Moment>,
    pub changed_by: Option<String>,
    pub draft: Draft,
    pub yaml: String,
    pub refused: Option<Refused>,
    pub choices: Choices,
    pub form: Option<ToolForm>,
    pub checked: Checked,
    pub example: Example,
    /// What deleting or disabling it means, in numbers.
    pub consequence: String,
    /// Whether the reader may save it: a rule of every tenant is not that of those who are of some.
    pub may_write: bool,
}

/// How a new rule begins, and what was sent before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Beginning {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// `server/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// A text that was refused, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<WhyNot>,
}

/// None: no such rule, or not one that the reader may see. An empty id is a new rule.
#[server(endpoint = "rule", input = GetUrl, output = Json)]
pub async fn read_editor(
    #[server(default)] id: String,
    #[server(default)] beginning: Beginning,
) -> Result<Option<EditorData>, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::ReadRules)?;
    let may_write = signed_in.may(crate::permission::Permission::WriteRules);
    let console = crate::console::Console::current()?;
    let found = super::service::editor(&console, &reach, &id, &beginning).await?;
    Ok(found.map(|data| EditorData { may_write: may_write && data.may_write, ..data }))
}

/// The arguments of one tool.
#[server(endpoint = "rule-tool", input = GetUrl, output = Json)]
pub async fn read_tool_form(server: String, tool: String) -> Result<Option<ToolForm>, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadRules)?;
    let console = crate::console::Console::current()?;
    super::service::tool_form(&console, &reach, &server, &tool).await
}

/// What is wrong with a draft, and odd about it. `id` is the rule it is to become a version of; empty: none.
#[server(endpoint = "rule-check", input = Json, output = Json)]
pub async fn check_draft(draft: Draft, id: String) -> Result<Checked, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::WriteRules)?;
    let console = crate::console::Console::current()?;
    super::service::check(&console, &reach, &draft, &id).await
}

/// What saving the draft would change: the difference, and who gains or loses.
#[server(endpoint = "rule-compare", input = Json, output = Json)]
pub async fn compare_draft(draft: Draft, id: String) -> Result<Comparison, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::WriteRules)?;
    let console = crate::console::Console::current()?;
    super::service::compare(&console, &reach, &draft, &id).await
}
