//! Sending a file of resources. It is written to a temporary file as it comes in, whatever its size, and brought in
//! beside the answer; the page that follows says how far it is.

use super::ConsoleState;
use super::answer::{self, Plain};
use super::permitted::{Needed, Permitted, WritesResources};
use super::{sessions, sign_in, signed_in};
use crate::connections::{Arrival, FilePlace, NoPlace};
use crate::imports::{self, LARGEST_FILE, RETRY_AFTER};
use app::pages::resources::imports::UPLOAD;
use app::routes::{RESOURCE_IMPORT, RESOURCES};
use app::session::SignedIn;
use axum::Router;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use pdp::resources::{FileError, ImportError, ImportOptions, Importer, Resume};
use policy::TenantSlug;
use policy::ids::check_slug;
use std::fs::File;
use std::io;
use store::administration::FileFormat;
use store::{Actor, Store, StoreError, Via, WriteError};

/// The largest of the other fields.
const LARGEST_FIELD: usize = 200;

/// The route. It needs a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(UPLOAD, post(upload).get(to_resources).layer(DefaultBodyLimit::max(LARGEST_FILE)))
}

async fn to_resources() -> Response {
    answer::see_other(RESOURCES.path)
}

/// Why what was sent is no file.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Multipart(#[from] MultipartError),
    #[error("the file could not be kept")]
    Io(#[from] io::Error),
    #[error("a field is too long or no text")]
    Field,
}

#[derive(Debug, Default)]
struct Received {
    format: String,
    tenant: String,
    file: Option<File>,
}

async fn upload(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesResources>,
    arrival: Arrival,
    request: Request,
) -> Response {
    let place = match arrival.wait_while_it_flows(&signed_in.login) {
        Ok(place) => place,
        Err(why) => {
            let (parts, body) = request.into_parts();
            imports::turn_away(&parts.headers, body).await;
            return too_many(why, &answered);
        }
    };
    let Ok(multipart) = Multipart::from_request(request, &()).await else { return answered.unreadable() };
    let received = match receive(multipart).await {
        Ok(received) => received,
        Err(_) if arrival.is_late() => return too_slow(&answered),
        Err(Broken::Multipart(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return not_taken(
                &answered,
                "It is larger than 512 MiB. `countersign resource import` takes it.",
            );
        }
        Err(Broken::Io(error)) => return unkept(&error, &answered),
        Err(Broken::Multipart(_) | Broken::Field) => return answered.unreadable(),
    };
    // That may take hours, and whoever may not any more by then brings nothing in.
    match may_still(&state, &signed_in).await {
        Ok(true) => {}
        Ok(false) => return no_more(&answered),
        Err(error) => return answered.unavailable(&error),
    }
    let (Ok(format), Some(file)) = (received.format.parse::<FileFormat>(), received.file) else {
        return answered.unreadable();
    };
    let tenant = match tenant(&state.store, &received.tenant).await {
        Ok(tenant) => tenant,
        Err(WriteError::Store(error)) => return answered.unavailable(&error),
        Err(error) => return not_taken(&answered, &error.to_string()),
    };
    let actor = Actor {
        name: signed_in.login.clone(),
        via: Via::Console,
        request_id: Some(answered.correlation.0.clone()),
    };
    // A file takes nothing away from another tenant, whoever sends it.
    let options = ImportOptions { format, tenant, may_move: false, resume: Resume::IfLast };
    match Box::pin(Importer::open(&state.store, actor, file, options)).await {
        Ok(importer) => begin(importer, place, &answered).await,
        Err(error) => stopped(error, &answered),
    }
}

/// Why nothing of the file was brought in.
fn stopped(error: ImportError, answered: &Plain) -> Response {
    match error {
        // It was the sender's, and is ours since it arrived.
        ImportError::File(FileError::Io(error)) => unkept(&error, answered),
        ImportError::File(error) => not_taken(answered, &format!("{error}.")),
        ImportError::InHand { id } => {
            let page = RESOURCE_IMPORT.path.replace("{id}", &id);
            answered.message(
                StatusCode::CONFLICT,
                "This file is being imported already",
                "Nothing was begun a second time. If that import was cut off, send the file again in ten seconds.",
                Some((page.as_str(), "Look at the import")),
            )
        }
        ImportError::TakenOver { id } => {
            let page = RESOURCE_IMPORT.path.replace("{id}", &id);
            answered.message(
                StatusCode::CONFLICT,
                "Somebody else goes on with this import",
                "It was taken over while this file arrived, and nothing was brought in twice. Look at how far it is \
                 before you send the file again.",
                Some((page.as_str(), "Look at the import")),
            )
        }
        ImportError::Store(_) | ImportError::Write(_) => answered.unavailable(&error),
        ImportError::NothingToResume | ImportError::Reader => answered.internal(&error),
    }
}

/// There is no place for one more file.
fn too_many(why: NoPlace, answered: &Plain) -> Response {
    let (status, text) = match why {
        NoPlace::OfAccount(most) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("{most} files that you sent are on their way or being imported."),
        ),
        NoPlace::OfAll(most) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{most} files are on their way or being imported."))
        }
    };
    let text = format!(
        "{text} No more are taken at once, and nothing was brought in of this one. Send it again once another one is \
         in, or have it brought in on the server: `countersign resource import` takes it at any time."
    );
    let link = Some((RESOURCES.path, "Back to Resources"));
    sign_in::retry_after(answered.message(status, "Too many files at once", &text, link), RETRY_AFTER)
}

/// The server could not keep the file, or read it again.
fn unkept(cause: &io::Error, answered: &Plain) -> Response {
    if imports::is_out_of_room(cause) {
        return answered.broken(
            cause,
            StatusCode::INSUFFICIENT_STORAGE,
            "There is no room for this file",
            "The server's temporary folder has no room for it, and nothing was brought in. Whoever runs the server can \
             make room there, or bring the file in with `countersign resource import`.",
        );
    }
    answered.broken(
        cause,
        StatusCode::INTERNAL_SERVER_ERROR,
        "The server could not keep this file",
        "Its temporary folder cannot be used, and nothing was brought in. Give the correlation id to whoever runs the \
         server: the log has why, and `countersign resource import` needs no such folder.",
    )
}

fn not_taken(answered: &Plain, why: &str) -> Response {
    let link = Some((RESOURCES.path, "Back to Resources"));
    answered.message(StatusCode::BAD_REQUEST, "This file cannot be imported", why, link)
}

fn too_slow(answered: &Plain) -> Response {
    answered.message(
        StatusCode::REQUEST_TIMEOUT,
        "This file came too slowly",
        "Nothing of it came for 30 seconds, or less than 16 KiB a second on average. Nothing was brought in. \
         `countersign resource import` takes it.",
        Some((RESOURCES.path, "Back to Resources")),
    )
}

fn no_more(answered: &Plain) -> Response {
    answered.message(
        StatusCode::FORBIDDEN,
        "You may not import this file any more",
        "While it arrived your session ended, or your role was changed. Nothing was brought in.",
        Some((RESOURCES.path, "Back to Resources")),
    )
}

/// Whether the session and the role still allow what they did when the request began.
async fn may_still(state: &ConsoleState, began: &SignedIn) -> Result<bool, StoreError> {
    let Some(session) = sessions::digest_of(&began.session) else { return Ok(false) };
    let held = signed_in::held_in(state, &session, &began.account_id).await?;
    Ok(held.is_some_and(|(role, reach)| role.may(WritesResources::PERMISSION) && reach.is_everything()))
}

async fn receive(mut multipart: Multipart) -> Result<Received, Broken> {
    let mut received = Received::default();
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "format" => received.format = text(field).await?,
            "tenant" => received.tenant = text(field).await?,
            "file" if received.file.is_none() => received.file = Some(keep(field).await?),
            _ => return Err(Broken::Field),
        }
    }
    Ok(received)
}

async fn text(mut field: Field<'_>) -> Result<String, Broken> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        text.extend_from_slice(&chunk);
        if text.len() > LARGEST_FIELD {
            return Err(Broken::Field);
        }
    }
    String::from_utf8(text).map_err(|_| Broken::Field)
}

async fn keep(mut field: Field<'_>) -> Result<File, Broken> {
    let mut kept = imports::nameless().await;
    loop {
        let file = match kept {
            Ok(file) => file,
            Err(error) => {
                imports::throw_away(&mut field).await;
                return Err(error.into());
            }
        };
        let Some(chunk) = field.chunk().await? else { return Ok(file) };
        kept = imports::append(file, chunk).await;
    }
}

async fn tenant(store: &Store, given: &str) -> Result<Option<TenantSlug>, WriteError> {
    if given.is_empty() {
        return Ok(None);
    }
    let unknown = || WriteError::Unknown { kind: "tenant", name: given.to_owned() };
    check_slug(given).map_err(|_| unknown())?;
    let slug = TenantSlug::from(given);
    match store.get_tenant(&slug).await? {
        Some(_) => Ok(Some(slug)),
        None => Err(unknown()),
    }
}

/// Answers once the first part is in, so that there is something to look at.
async fn begin(importer: Importer, place: FilePlace, answered: &Plain) -> Response {
    match imports::begin(importer, place).await {
        Ok(id) => answer::see_other(&RESOURCE_IMPORT.path.replace("{id}", &id)),
        Err(error) => stopped(error, answered),
    }
}
