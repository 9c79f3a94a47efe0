//! Reads one server and its tools from the store.

use super::counts::ToolCounts;
use super::discover::last;
use super::mark::Mark;
use super::read::{ServerHead, ServerView, ToolGroup, ToolLine};
use crate::console::Console;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::form::count::Count;
use policy::compile::ToolSchema;
use policy::ids::check_slug;
use policy::{DecisionId, Outcome, ReviewState, ServerSlug, Timestamp};
use serde_json::Value;
use store::administration::{Page, Server, Tool};
use store::decisions::{DecisionFilter, Edge};

/// Rows of a group; more are found by name.
const ROWS: usize = 100;
/// Characters of a description in a row.
const SUMMARY: usize = 200;
/// Denials are counted so far.
const MOST_DENIED: u32 = 1_000;
const DAY: i64 = 86_400_000_000;

pub(super) async fn view(
    console: &Console,
    slug: &str,
    search: String,
) -> Result<Option<ServerView>, AppError> {
    let Some((server, tools)) = find(console, slug).await? else { return Ok(None) };
    let now = console.now();
    let wanted = search.to_lowercase();
    let group = |state: ReviewState| {
        let fits = |tool: &&Tool| tool.review == state && tool.name.to_lowercase().contains(&wanted);
        let found: Vec<&Tool> = tools.iter().filter(fits).collect();
        let lines = found.iter().take(ROWS).map(|tool| line(tool, now)).collect();
        ToolGroup { count: found.len(), lines }
    };
    Ok(Some(ServerView {
        changed: group(ReviewState::Changed),
        new: group(ReviewState::New),
        reviewed: group(ReviewState::Reviewed),
        gone: group(ReviewState::Gone),
        head: head(console, server, &tools).await?,
        search,
    }))
}

/// The server with its whole catalog.
pub(super) async fn find(console: &Console, slug: &str) -> Result<Option<(Server, Vec<Tool>)>, AppError> {
    // What is no slug is not asked for: Postgres refuses U+0000 even in a comparison.
    if check_slug(slug).is_err() {
        return Ok(None);
    }
    let slug = ServerSlug::from(slug);
    let Some(server) = console.store.get_server(&slug).await? else { return Ok(None) };
    let tools = console.store.list_tools(Some(&slug), &Page::ALL).await?;
    Ok(Some((server, tools)))
}

pub(super) async fn head(console: &Console, server: Server, tools: &[Tool]) -> Result<ServerHead, AppError> {
    let now = console.now();
    // Bounded by time: what it costs does not grow with the record.
    let recent = DecisionFilter {
        server: Some(server.slug.to_string()),
        from: Some(now.saturating_add_micros(-DAY)),
        ..DecisionFilter::default()
    };
    let newest = store::decisions::Page { edge: Edge::Newest, limit: 1 };
    let last_call = console.store.list_decisions(&recent, &newest).await?.rows.into_iter().next();
    let denied = DecisionFilter { outcome: Some(Outcome::Deny), waiting: Some(false), ..recent };
    let denied = console.store.count_newer(&denied, &DecisionId::new(""), MOST_DENIED).await?;
    let first_in = |state: ReviewState| tools.iter().find(|tool| tool.review == state);
    let next = first_in(ReviewState::Changed).or_else(|| first_in(ReviewState::New));
    Ok(ServerHead {
        next_review: next.map(|tool| tool.id.to_string()),
        tools: ToolCounts::of(tools.iter().map(|tool| tool.review)),
        last_call: last_call.map(|row| Moment::new(row.at, now)),
        denied: Count { number: u64::from(denied), more: denied >= MOST_DENIED },
        discovery: last(console, &server.slug),
        tenants: server.tenants.iter().map(ToString::to_string).collect(),
        slug: server.slug.to_string(),
        name: server.name,
        url: server.url,
        enabled: server.enabled,
    })
}

fn line(tool: &Tool, now: Timestamp) -> ToolLine {
    let shown = shown_definition(tool);
    let unusable = shown.and_then(unusable);
    ToolLine {
        id: tool.id.to_string(),
        name: tool.name.clone(),
        summary: shown
            .and_then(|definition| definition.get("description")?.as_str())
            .map(|text| text.chars().take(SUMMARY).collect()),
        risk: tool.risk,
        sensitivity: tool.sensitivity,
        read_only: tool.read_only,
        differs: differs(tool.definition.as_ref(), tool.offered.as_ref()),
        mark: Mark::of(tool).filter(|_| unusable.is_none()).map(|mark| mark.to_string()),
        unusable,
        reviewed: tool.reviewed_at.map(|at| Moment::new(at, now)),
        seen: tool.seen_at.map(|at| Moment::new(at, now)),
    }
}

/// What a reviewer looks at: what is offered now, else what was reviewed.
pub fn shown_definition(tool: &Tool) -> Option<&Value> {
    tool.offered.as_ref().or(tool.definition.as_ref())
}

/// Why the arguments of a call cannot be held against this definition's schema.
pub fn unusable(definition: &Value) -> Option<String> {
    let schema = definition.get("inputSchema")?;
    ToolSchema::compile(schema).err().map(|error| error.to_string())
}

/// Which parts of a definition changed.
fn differs(reviewed: Option<&Value>, offered: Option<&Value>) -> Vec<String> {
    let (Some(reviewed), Some(offered)) = (reviewed, offered) else { return Vec::new() };
    let other = |name: &str| reviewed.get(name) != offered.get(name);
    let known = [
        ("description", "description"),
        ("inputSchema", "schema"),
        ("annotations", "hints"),
        ("title", "title"),
        ("outputSchema", "output schema"),
    ];
    let mut parts: Vec<String> =
        known.iter().filter(|(name, _)| other(name)).map(|(_, word)| (*word).to_owned()).collect();
    if parts.is_empty() && reviewed != offered {
        parts.push("other members".to_owned());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_named() {
        let before = json!({"name": "a", "description": "x", "inputSchema": {"type": "object"}});
        let after =
            json!({"name": "a", "description": "y", "inputSchema": {"type": "object", "required": ["b"]}});
        assert_eq!(differs(Some(&before), Some(&after)), ["description", "schema"]);
        assert_eq!(differs(Some(&before), Some(&before)), Vec::<String>::new());
        assert_eq!(differs(Some(&before), Some(&json!({"icons": 1}))), ["description", "schema"]);
        assert_eq!(differs(Some(&json!({})), Some(&json!({"icons": 1}))), ["other members"]);
        assert!(differs(None, Some(&after)).is_empty());
    }

    #[test]
    fn a_tool_without_a_schema_is_usable() {
        assert_eq!(unusable(&json!({"name": "a"})), None);
        assert!(unusable(&json!({"inputSchema": true})).is_some());
    }
}
