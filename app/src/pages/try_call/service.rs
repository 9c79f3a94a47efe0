//! The server's side of trying a call, through the very code that enforces.

use super::query::TryQuery;
use super::read::{Tried, TryAnswer, TryView};
use crate::console::Console;
use crate::error::AppError;
use crate::explain;
use crate::pages::rule::draft::{Draft, Note};
use crate::pages::rule::{example, service};
use crate::verdict::Verdict;
use pdp::{Preview, PreviewError, Previewer, RecordBody, drafts};
use policy::arguments::{Arguments, parse_exact};
use policy::call::TOOLS_CALL;
use policy::compile::RuleSource;
use policy::facts::ActorIdentity;
use policy::labels::RuleStatus;
use policy::{
    Call, Decision, DecisionId, Reach, ResourceRef, Rule, RuleId, ServerSlug, SubjectId, TenantSlug,
};
use serde_json::Value;
use store::decisions::RecordedDecision;

pub(super) async fn page(console: &Console, reach: &Reach, query: TryQuery) -> Result<TryView, AppError> {
    let query = match &query.from {
        Some(from) => again(console, reach, from).await?.unwrap_or(query),
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
async fn again(console: &Console, reach: &Reach, from: &str) -> Result<Option<TryQuery>, AppError> {
    if from.contains('\0') {
        return Ok(None);
    }
    let recorded = console.store.get_decision(&DecisionId::new(from)).await?;
    let recorded = recorded.filter(|recorded| reach.owns(recorded.row.tenant.as_deref()));
    let Some(recorded) = recorded else { return Ok(None) };
    let tool = match (&recorded.row.server, &recorded.row.tool) {
        (Some(server), Some(tool)) => Some(format!("{server}/{tool}")),
        _ => None,
    };
    let agent = agent(&recorded);
    Ok(Some(TryQuery {
        subject: recorded.row.subject,
        agent,
        tenant: recorded.row.tenant,
        tool,
        arguments: recorded.arguments.as_deref().map(example::readable).filter(|text| !text.is_empty()),
        from: None,
    }))
}

/// Who acted, by the id under which it is registered; where nobody knew who it is, as the asking side named it.
fn agent(recorded: &RecordedDecision) -> Option<String> {
    if let Some(known) = &recorded.row.actor {
        return Some(known.clone());
    }
    let RecordBody { call, facts, .. } = serde_json::from_str(&recorded.body).ok()?;
    let is_unknown = matches!(facts.actor?.identity, ActorIdentity::Unknown { .. });
    let named = call.context.get("agent").and_then(Value::as_str).filter(|_| is_unknown);
    named.filter(|id| !id.trim().is_empty()).map(str::to_owned)
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

fn preview(query: &TryQuery) -> Result<Preview, Note> {
    let texts = [&query.subject, &query.agent, &query.tenant, &query.tool];
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(Note::new("subject", "U+0000 stands in no name"));
    }
    let Some(subject) = query.subject.as_deref() else {
        return Err(Note::new("subject", "Say who calls"));
    };
    let named = query.tool.as_deref().and_then(|tool| tool.split_once('/'));
    let Some((server, name)) = named.filter(|(server, name)| !server.is_empty() && !name.is_empty()) else {
        return Err(Note::new("tool", "Name a tool as `server/tool`"));
    };
    let text = query.arguments.as_deref().unwrap_or("{}");
    let value = parse_exact(text.as_bytes())
        .map_err(|error| Note::new("arguments", explain::sentence(&error.to_string())))?;
    if !value.is_object() {
        return Err(Note::new("arguments", "The arguments must be a JSON object, such as `{}`"));
    }
    // As an asking side names who acts, when it vouches for its callers.
    let agent = query.agent.as_deref().map(|agent| ("agent".to_owned(), Value::from(agent)));
    Ok(Preview {
        subject: SubjectId::from(subject),
        server: Some(ServerSlug::from(server)),
        call: Call {
            action: TOOLS_CALL.to_owned(),
            resource: ResourceRef { kind: "tool".to_owned(), id: name.to_owned() },
            arguments: Arguments::from_value(value),
            context: agent.into_iter().collect(),
            tenant: query.tenant.as_deref().map(TenantSlug::from),
        },
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query(tool: &str, arguments: Option<&str>) -> TryQuery {
        TryQuery {
            subject: Some("alice".to_owned()),
            tool: Some(tool.to_owned()),
            arguments: arguments.map(ToOwned::to_owned),
            ..TryQuery::default()
        }
    }

    #[test]
    fn what_is_no_call_is_named_at_its_field() {
        let field = |query: TryQuery| preview(&query).err().map(|note| note.field);
        assert_eq!(field(query("crm/refund", None)), None);
        assert_eq!(field(query("crm/a/b", Some("{\"a\": 1}"))), None);
        assert_eq!(field(query("refund", None)).as_deref(), Some("tool"));
        for bad in ["{", "[1]", "{\"a\": 1, \"a\": 2}", "{\"a\": 1e400}"] {
            assert_eq!(field(query("crm/refund", Some(bad))).as_deref(), Some("arguments"), "{bad}");
        }
        assert_eq!(field(TryQuery::default()).as_deref(), Some("subject"));
        let agent = Some("b\0t".to_owned());
        assert_eq!(field(TryQuery { agent, ..query("crm/refund", None) }).as_deref(), Some("subject"));
    }

    #[test]
    fn who_acts_is_named_as_by_an_asking_side() {
        let context = |agent: Option<&str>| {
            let query = TryQuery { agent: agent.map(str::to_owned), ..query("crm/refund", None) };
            preview(&query).map(|preview| Value::from(preview.call.context)).ok()
        };
        assert_eq!(context(None), Some(json!({})));
        assert_eq!(context(Some("bot")), Some(json!({"agent": "bot"})));
    }
}
