//! Trying a call: by the live policy, or with a draft in place. Nothing is recorded.

use super::query::TryQuery;
use crate::drawn;
use crate::error::AppError;
use crate::pages::decision::view::Why;
use crate::pages::rule::draft::{Draft, Note};
use crate::pages::rule::read::Choices;
use crate::verdict::Verdict;
use crate::wire::Json;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What would be decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    pub verdict: Verdict,
    /// The reason's code, and a few words for it.
    pub reason: String,
    pub reason_title: String,
    /// The reviewer's sentence.
    pub sentence: String,
    pub revision: String,
    pub why: Why,
}

/// How a trial came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TryAnswer {
    Decided(Box<Tried>),
    /// What was typed is no call; the note's field is one of the form's.
    Problem(Note),
}

/// The page: what is filled in, what can be chosen, and the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TryView {
    pub query: TryQuery,
    pub choices: Choices,
    /// None: nothing was asked yet.
    pub answer: Option<TryAnswer>,
}

#[cfg(feature = "ssr")]
pub async fn read_try(query: TryQuery) -> Result<TryView, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::TryCalls)?;
    let console = crate::console::Console::current()?;
    super::service::page(&console, &reach, query).await
}

drawn::unread!(read_try(TryQuery) -> Result<TryView, AppError>);

/// The same with a draft in the place of the rule `id`, or beside all others where that is empty.
#[server(endpoint = "rule-try", input = Json, output = Json)]
pub async fn try_draft(draft: Draft, id: String, call: TryQuery) -> Result<TryAnswer, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::WriteRules)?;
    let console = crate::console::Console::current()?;
    super::service::try_draft(&console, &reach, &draft, &id, &call).await
}
