//! `/api/v1/tools`, and those of one server: what a server lists, what people found of it, and what it asks of calls. A person's
//! word is for what that person saw: it names the hash of it.
//!
//! A tool is its server's, which is shared: a token of one tenant sees those of the servers that its tenant may use, and changes
//! none.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_id};
use super::route::{Route, Verb};
use super::servers::{sees, to_read};
use super::tool_shapes::{Review, ToolChange, ToolView, ToolsQuery};
use axum::Json;
use axum::extract::State;
use axum::routing::on;
use pdp::discovery;
use policy::ToolId;
use policy::scope::AdminScope;
use store::administration::Tool;

const TOOL: &str = "/api/v1/tools/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(
        Verb::Get,
        "/api/v1/servers/{slug}/tools",
        AdminScope::Read,
        "List a server's tools by name, without their definitions",
        |m| on(m, list),
    )
    .asks::<ToolsQuery>()
    .lists::<ToolView>(),
    Route::new(Verb::Get, TOOL, AdminScope::Read, "Get one tool with its definitions", |m| on(m, get))
        .gives::<ToolView>(),
    Route::new(
        Verb::Patch,
        TOOL,
        AdminScope::Tools,
        "Change which scopes and whether a task a tool asks for, and which arguments name resources",
        |m| on(m, change),
    )
    .takes::<ToolChange>()
    .gives::<ToolView>(),
    Route::new(
        Verb::Post,
        "/api/v1/tools/{id}/review",
        AdminScope::Reviews,
        "Accept the definition that was seen, with these labels; without a review every call is denied",
        |m| on(m, review),
    )
    .takes::<Review>()
    .gives::<ToolView>(),
];

/// Who reviewed it, is for those to know who administer every tenant.
fn seen_by(administrator: &Administrator, mut tool: Tool) -> Tool {
    if administrator.tenant().is_some() {
        tool.reviewed_by = None;
    }
    tool
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
    Asked(query): Asked<ToolsQuery>,
) -> Result<Json<Listed<ToolView>>, Problem> {
    let place = Place::new(query.q.as_deref(), query.after.as_deref(), query.limit)?;
    let server = to_read(&state, &administrator, &slug).await?;
    let found = state.store.list_tools(Some(&server.slug), &place.page()).await?;
    let found = found.into_iter().map(|tool| seen_by(&administrator, tool)).collect();
    Ok(place.list(found, Tool::cursor))
}

async fn find(state: &ApiState, id: &str) -> Result<Tool, Problem> {
    let found = state.store.get_tool_by_id(&ToolId::from(known_id("tool", id)?)).await?;
    found.ok_or_else(|| Problem::not_found("tool"))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<ToolView>, Problem> {
    let tool = find(&state, &id).await?;
    let server = state.store.get_server(&tool.server).await?;
    if !server.is_some_and(|server| sees(&administrator, &server)) {
        return Err(Problem::not_found("tool"));
    }
    Ok(Json(ToolView::whole(seen_by(&administrator, tool))))
}

async fn change(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(change): Given<ToolChange>,
) -> Result<Json<ToolView>, Problem> {
    administrator.of_every_tenant()?;
    let known = find(&state, &id).await?;
    let mut writer = state.store.write(administrator.actor()).await?;
    // As it is within, and the same tool still.
    let tool = writer.get_tool(&known.server, &known.name).await?.filter(|tool| tool.id == known.id);
    let tool = tool.ok_or_else(|| Problem::not_found("tool"))?;
    let stored = writer.put_tool(&change.of(tool)).await?;
    writer.commit().await?;
    Ok(Json(ToolView::whole(stored)))
}

async fn review(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(review): Given<Review>,
) -> Result<Json<ToolView>, Problem> {
    administrator.of_every_tenant()?;
    let id = ToolId::from(known_id("tool", &id)?);
    let (actor, seen) = (administrator.actor(), review.seen.clone());
    let reviewing = discovery::review(&state.store, actor, &id, Some(&seen), review.labels());
    Ok(Json(ToolView::whole(Box::pin(reviewing).await?)))
}
