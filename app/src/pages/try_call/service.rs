//! The server's side of trying a call, through the very code that enforces.

use super::again;
use super::call::preview;
use super::query::TryQuery;
use super::read::{Tried, TryAnswer, TryView};
use crate::console::Console;
use crate::error::AppError;
use crate::explain;
use crate::pages::rule::draft::{Draft, Note};
use crate::pages::rule::service;
use crate::verdict::Verdict;
use pdp::{PreviewError, Previewer, drafts};
use policy::compile::RuleSource;
use policy::labels::RuleStatus;
use policy::{Decision, DecisionId, Reach, Rule, RuleId, TenantSlug};

pub(super) async fn page(console: &Console, reach: &Reach, query: TryQuery) -> Result<TryView, AppError> {
    let query = match &query.from {
        Some(from) => recorded(console, reach, from).await?.unwrap_or(query),
        None => query,
    };
    let answer = if query.is_asked() {
        Some(match preview(&query) {
            Ok(preview) => decided(&previewer(console, reach).preview(&preview).await.map_err(failed)?),
            Err(note) => TryAnswer::Problem(note),
        })
    } else {
        None
    };
    let around = service::surroundings(console, reach).await?;
    let tenant = query.tenant.as_deref().filter(|tenant| !tenant.contains('\0')).map(TenantSlug::from);
    let choices = service::choices(console, reach, tenant.as_ref(), &around).await?;
    Ok(TryView { query, choices, answer })
}

/// The call of a recorded decision that the reader sees.
async fn recorded(console: &Console, reach: &Reach, from: &str) -> Result<Option<TryQuery>, AppError> {
    if from.contains('\0') {
        return Ok(None);
    }
    let recorded = console.store.get_decision(&DecisionId::new(from)).await?;
    let recorded = recorded.filter(|recorded| reach.owns(recorded.row.tenant.as_deref()));
    Ok(recorded.as_ref().map(again::query))
}

pub(super) async fn try_draft(
    console: &Console,
    reach: &Reach,
    draft: &Draft,
    id: &str,
    call: &TryQuery,
) -> Result<TryAnswer, AppError> {
    let (rule, notes) = draft.to_rule();
    let problems = drafts::problems(&rule);
    let mut all =
        notes.into_iter().map(|note| note.text).chain(problems.into_iter().map(|remark| remark.text));
    if let Some(problem) = all.next() {
        return Ok(TryAnswer::Problem(Note::new(
            "draft",
            format!("The rule is not complete yet: {problem}"),
        )));
    }
    let preview = match preview(call) {
        Ok(preview) => preview,
        Err(note) => return Ok(TryAnswer::Problem(note)),
    };
    let replaces = (!id.is_empty()).then(|| RuleId::new(id));
    let source = RuleSource {
        id: replaces.clone().unwrap_or_else(|| RuleId::new("draft")),
        // No stored version.
        version: 0,
        rule: Rule { status: RuleStatus::Enforced, ..rule },
    };
    let decision = previewer(console, reach).preview_with(&preview, &source, replaces.as_ref()).await;
    Ok(decided(&decision.map_err(failed)?))
}

/// One for each trial: it compiles anew, and keeps nothing.
fn previewer(console: &Console, reach: &Reach) -> Previewer {
    Previewer::new(console.store.clone()).within(reach.clone())
}

fn failed(error: PreviewError) -> AppError {
    match error {
        PreviewError::Store(error) => error.into(),
        PreviewError::Unsettled => AppError::unavailable(&error),
    }
}

fn decided(decision: &Decision) -> TryAnswer {
    TryAnswer::Decided(Box::new(Tried {
        verdict: Verdict::of(decision.outcome, Some(decision.reason)),
        reason: decision.reason.code().to_owned(),
        reason_title: decision.reason.title().to_owned(),
        sentence: explain::sentence(&decision.reviewer_text),
        revision: decision.revision.to_string(),
        why: explain::why(decision),
    }))
}
