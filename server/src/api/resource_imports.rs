//! `/api/v1/resource-imports`: many resources by one file, brought in beside the answer. The same file sent again goes on
//! where it was cut off, and is refused while it is being brought in.

use super::ApiState;
use super::administrator::{Administrator, recognise};
use super::answer::accepted;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Segments, known_id};
use super::route::{Route, Verb};
use crate::authzen::media_type;
use crate::connections::{Arrival, NoPlace};
use crate::imports::{self, LARGEST_FILE, RETRY_AFTER};
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use futures::StreamExt;
use pdp::resources::{FileError, ImportError, ImportOptions, Importer, Resume};
use policy::scope::AdminScope;
use policy::{TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use store::administration::{FileFormat, ImportState, RefusedLine, ResourceImport};
use utoipa::{IntoParams, ToSchema};

const IMPORTS: &str = "/api/v1/resource-imports";
const IMPORT: &str = "/api/v1/resource-imports/{id}";

/// The media types of files, and what is in them.
pub(super) const FILES: [(&str, FileFormat); 2] =
    [("text/csv", FileFormat::Csv), ("application/x-ndjson", FileFormat::Jsonl)];

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, IMPORTS, AdminScope::Read, "List imports of files, newest first", |m| on(m, list))
        .asks::<ImportsQuery>()
        .lists::<ImportView>(),
    Route::new(Verb::Post, IMPORTS, AdminScope::Resources, "Import a file of resources", |m| on(m, send))
        .asks::<ImportQuery>()
        .takes_file()
        .accepts::<ImportView>(),
    Route::new(Verb::Get, IMPORT, AdminScope::Read, "Say how far an import is", |m| on(m, get))
        .gives::<ImportView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Every resource is of this tenant; left out, each line says its own. A token of one tenant brings in its own.
    tenant: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ImportsQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// One file and how far it was brought in.
#[derive(Debug, Serialize, ToSchema)]
struct ImportView {
    id: String,
    /// `running`, `finished` or `stopped`: it failed, or its server was killed. A stopped one goes on when the same file is
    /// sent again, unless another import brought it in as a whole since.
    #[schema(value_type = String)]
    state: ImportState,
    /// Absent: each line says its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// Of the file, in bytes.
    size: i64,
    /// So many bytes of it are in.
    position: i64,
    /// So many lines of it are in; it goes on after them.
    line: i64,
    created: i64,
    changed: i64,
    unchanged: i64,
    refused: i64,
    /// The first lines that were refused.
    problems: Vec<RefusedView>,
    #[schema(value_type = String)]
    started_at: Timestamp,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

/// A line that was not taken.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedView {
    /// From 1.
    line: i64,
    why: String,
}

impl From<RefusedLine> for RefusedView {
    fn from(refused: RefusedLine) -> Self {
        Self { line: refused.line, why: refused.why }
    }
}

impl From<ResourceImport> for ImportView {
    fn from(import: ResourceImport) -> Self {
        Self {
            id: import.id,
            state: import.state,
            tenant: import.tenant,
            size: import.size,
            position: import.position,
            line: import.line,
            created: import.created,
            changed: import.changed,
            unchanged: import.unchanged,
            refused: import.refused,
            problems: import.problems.into_iter().map(RefusedView::from).collect(),
            started_at: import.started_at,
            updated_at: import.updated_at,
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let detail = error.to_string();
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::Write(error) => error.into(),
            // It was the sender's, and is ours since it arrived.
            ImportError::File(FileError::Io(error)) => unkept(&error),
            ImportError::File(_) => Self::malformed(detail),
            ImportError::InHand { id } | ImportError::TakenOver { id } => {
                Self::conflict("import_running", detail).with_see(IMPORT.replace("{id}", &id))
            }
            error => Self::internal(&error),
        }
    }
}

impl From<NoPlace> for Problem {
    fn from(why: NoPlace) -> Self {
        let status = match why {
            NoPlace::OfAccount(_) => StatusCode::TOO_MANY_REQUESTS,
            NoPlace::OfAll(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let detail = format!(
            "{why}; nothing was taken of this one: send it again once another one is in, or bring it in with \
             `countersign resource import` on the server"
        );
        Self::new(status, "too_many_files", detail).with_retry_after(RETRY_AFTER)
    }
}

/// A file that the server could not keep or read again. The cause goes to the log alone.
fn unkept(cause: &io::Error) -> Problem {
    if imports::is_out_of_room(cause) {
        tracing::error!(%cause, "there is no room in the temporary folder for a file of resources");
        let detail = "the server's temporary folder has no room for this file, and nothing was brought in: make room \
                      there and send it again, or bring it in with `countersign resource import` on the server";
        return Problem::new(StatusCode::INSUFFICIENT_STORAGE, "no_room", detail);
    }
    tracing::error!(%cause, "a file of resources could not be kept in the temporary folder");
    let detail = "the server could not keep this file in its temporary folder, and nothing was brought in: the log has \
                  why by the request's id; `countersign resource import` on the server needs no such folder";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
}

/// One that the token sees.
async fn find(state: &ApiState, administrator: &Administrator, id: &str) -> Result<ResourceImport, Problem> {
    let found = state.store.get_import(known_id("import", id)?).await?;
    let found = found.filter(|import| administrator.owns(import.tenant.as_ref()));
    found.ok_or_else(|| Problem::not_found("import"))
}

/// A token of one tenant sees files that were brought into it alone.
async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ImportsQuery>,
) -> Result<Json<Listed<ImportView>>, Problem> {
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let limit = u64::from(place.limit()) + 1;
    let found = state.store.page_imports(administrator.tenant(), place.after(), limit).await?;
    Ok(place.list(found, |import: &ResourceImport| import.id.clone()))
}

/// A file takes nothing away from another tenant, whoever sends it.
async fn send(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ImportQuery>,
    arrival: Arrival,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let given = media_type(&parts.headers).unwrap_or_default();
    let format = FILES.iter().find(|(known, _)| given.eq_ignore_ascii_case(known)).map(|(_, format)| *format);
    let Some(format) = format else {
        let detail = "the content type must be text/csv or application/x-ndjson";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    };
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    if let Some(slug) = &tenant
        && state.store.get_tenant(slug).await?.is_none()
    {
        return Err(Problem::not_found("tenant"));
    }
    let place = match arrival.wait_while_it_flows(administrator.account()) {
        Ok(place) => place,
        Err(why) => {
            imports::turn_away(&parts.headers, body).await;
            return Err(why.into());
        }
    };
    let file = keep(body, &arrival).await?;
    // That may take hours, and whoever may not any more by then brings nothing in.
    let administrator = recognise(&state, AdminScope::Resources, &parts.headers, &parts.extensions).await?;
    let actor = administrator.actor();
    let options = ImportOptions { format, tenant, may_move: false, resume: Resume::IfLast };
    let importer = Box::pin(Importer::open(&state.store, actor, file, options)).await?;
    let id = imports::begin(importer, place).await?;
    let import = find(&state, &administrator, &id).await?;
    Ok(accepted(&IMPORT.replace("{id}", &id), &ImportView::from(import)))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<ImportView>, Problem> {
    Ok(Json(find(&state, &administrator, &id).await?.into()))
}

async fn keep(body: Body, arrival: &Arrival) -> Result<File, Problem> {
    let mut chunks = body.into_data_stream();
    let mut kept = imports::nameless().await;
    let mut size: usize = 0;
    loop {
        let file = match kept {
            Ok(file) => file,
            Err(error) => {
                imports::throw_away(&mut chunks).await;
                return Err(unkept(&error));
            }
        };
        let Some(chunk) = chunks.next().await else { return Ok(file) };
        let chunk = chunk.map_err(|_| unread(arrival))?;
        size = size.saturating_add(chunk.len());
        if size > LARGEST_FILE {
            let detail = "the file is larger than 512 MiB; `countersign resource import` takes it";
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
        }
        kept = imports::append(file, chunk).await;
    }
}

/// Why a body was not read to its end.
fn unread(arrival: &Arrival) -> Problem {
    if arrival.is_late() {
        let detail = "nothing of the file came for 30 seconds, or less than 16 KiB a second on average";
        return Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail);
    }
    Problem::malformed("the body could not be read")
}
