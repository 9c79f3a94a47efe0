//! `/api/v1/evidence`: the record's chains, their last checkpoints, and whether all is as it was written. The record is one for
//! all tenants: it takes a token of every tenant.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::accepted;
use super::evidence_shapes::{ChainView, ChainsQuery, EvidenceView, VerificationView};
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::Asked;
use super::route::{LINES, Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::on;
use policy::scope::AdminScope;
use store::audit::{self, ChainSummary};

const EVIDENCE: &str = "/api/v1/evidence";

pub(super) const ROUTES: &[Route] = &[
    Route::new(
        Verb::Get,
        EVIDENCE,
        AdminScope::Read,
        "Say since when there are records, and what came of the last verification on this replica",
        |m| on(m, get),
    )
    .gives::<EvidenceView>(),
    Route::new(
        Verb::Post,
        "/api/v1/evidence/verify",
        AdminScope::Verify,
        "Verify the whole record beside the answer; one that is running on this replica is left to it",
        |m| on(m, verify),
    )
    .accepts::<VerificationView>(),
    Route::new(
        Verb::Get,
        "/api/v1/evidence/chains",
        AdminScope::Read,
        "List the record's chains, newest first",
        |m| on(m, chains),
    )
    .asks::<ChainsQuery>()
    .lists::<ChainView>(),
    Route::new(
        Verb::Get,
        "/api/v1/evidence/checkpoints",
        AdminScope::Read,
        "Export the last checkpoint of each chain, to be kept where the database's administrator cannot write",
        |m| on(m, checkpoints),
    )
    .gives_lines(),
];

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
) -> Result<Json<EvidenceView>, Problem> {
    administrator.of_every_tenant()?;
    let oldest_record = audit::oldest_record(&state.store).await?;
    let verification = state.console.services().verifier.last().map(VerificationView::from);
    Ok(Json(EvidenceView { oldest_record, verification }))
}

async fn verify(State(state): State<ApiState>, administrator: Administrator) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let (verifier, by) = (&state.console.services().verifier, administrator.actor().name);
    if verifier.start(&by) {
        tracing::info!("a verification of the record was started over the API");
    }
    let last = verifier.last().ok_or_else(|| Problem::internal(&"a verification was started and is none"))?;
    Ok(accepted(EVIDENCE, &VerificationView::from(last)))
}

async fn chains(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ChainsQuery>,
) -> Result<Json<Listed<ChainView>>, Problem> {
    administrator.of_every_tenant()?;
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let found = audit::list_chains(&state.store, place.after(), u64::from(place.limit()) + 1).await?;
    Ok(place.list(found, |chain: &ChainSummary| chain.id.clone()))
}

/// What `countersign audit checkpoints` prints.
async fn checkpoints(
    State(state): State<ApiState>,
    administrator: Administrator,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let lines = audit::export_checkpoints(&state.store).await?;
    Ok(([(header::CONTENT_TYPE, LINES)], lines).into_response())
}
