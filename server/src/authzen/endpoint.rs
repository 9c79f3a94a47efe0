//! `POST /access/v1/evaluation` and `/access/v1/evaluations` (AuthZEN 1.0, sections 6 and 7).

use super::batch::{self, Batch, Several};
use super::error::RequestError;
use super::request::{MAX_BODY, parse_body, parse_evaluation};
use super::{answer, metadata};
use crate::request_id::RequestId;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use pdp::{AskError, Pdp, Question, Secret};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const DECISION_ID: HeaderName = HeaderName::from_static("countersign-decision-id");

/// A body that takes longer than this is not waited for.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// The endpoint's routes.
pub fn router(pdp: Arc<Pdp>, public_url: &str) -> Router {
    Router::new()
        .route("/access/v1/evaluation", post(evaluation))
        .route("/access/v1/evaluations", post(evaluations))
        .with_state(pdp)
        .merge(metadata::router(public_url))
}

async fn evaluation(
    State(pdp): State<Arc<Pdp>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let key = enforcement_key(&headers)?;
    let bytes = read(&headers, body).await?;
    let question = parse_evaluation(parse_body(&bytes)?, &request_id)?;
    single(&pdp, &key, &question).await
}

async fn evaluations(
    State(pdp): State<Arc<Pdp>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let key = enforcement_key(&headers)?;
    let bytes = read(&headers, body).await?;
    match batch::parse(parse_body(&bytes)?, &request_id)? {
        Batch::Single(question) => single(&pdp, &key, &question).await,
        Batch::Several(items) => several(&pdp, &key, items).await,
    }
}

async fn single(pdp: &Arc<Pdp>, key: &Secret, question: &Question) -> Result<Response, RequestError> {
    let answer = pdp.enforce(key, question).await.map_err(refused)?;
    let mut response = Json(answer::body(&answer)).into_response();
    let id = answer.id.as_ref().and_then(|id| HeaderValue::from_str(id.as_str()).ok());
    if let Some(id) = id {
        response.headers_mut().insert(DECISION_ID, id);
    }
    Ok(no_store(response))
}

/// One after the other: each item sees the state that the one before left behind. An item's own error is a
/// denial in its place.
async fn several(pdp: &Arc<Pdp>, key: &Secret, items: Several) -> Result<Response, RequestError> {
    let semantics = items.semantics;
    let mut answers: Vec<Value> = Vec::new();
    let mut authenticated = false;
    for item in items {
        let (decision, body) = match item {
            Ok(question) => {
                let answer = pdp.enforce(key, &question).await.map_err(refused)?;
                authenticated = true;
                (answer.decision.is_allow(), answer::body(&answer))
            }
            Err(error) => {
                // Whoever has no valid key learns nothing of its items either.
                if !authenticated {
                    pdp.authenticate(key).await.map_err(refused)?;
                    authenticated = true;
                }
                let context =
                    json!({ "error": { "status": error.status().as_u16(), "message": error.to_string() } });
                (false, json!({ "decision": false, "context": context }))
            }
        };
        answers.push(body);
        if semantics.ends_after(decision) {
            break;
        }
    }
    Ok(no_store(Json(json!({ "evaluations": answers })).into_response()))
}

fn refused(AskError::NotACredential: AskError) -> RequestError {
    RequestError::NotACredential
}

/// A decision holds for one moment.
fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The PEP's own key: exactly one `Authorization: Bearer …`.
fn enforcement_key(headers: &HeaderMap) -> Result<Secret, RequestError> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return Err(RequestError::NotACredential) };
    let text = only.to_str().map_err(|_| RequestError::NotACredential)?;
    let (scheme, key) = text.split_once(' ').ok_or(RequestError::NotACredential)?;
    let key = key.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || key.is_empty() || key.len() > 4_096 {
        return Err(RequestError::NotACredential);
    }
    Ok(Secret::new(key))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, RequestError> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(RequestError::malformed("the content type must be application/json"));
    }
    // A promised length is believed at once; one that lies is cut off while reading.
    let promised = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if promised.is_some_and(|length| length > MAX_BODY) {
        return Err(RequestError::TooLarge);
    }
    let whole = tokio::time::timeout(READ_WITHIN, to_bytes(body, MAX_BODY)).await;
    whole.map_err(|_| RequestError::malformed("the body did not arrive in time"))?.map_err(|error| {
        if std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("length limit"))
        {
            RequestError::TooLarge
        } else {
            RequestError::malformed("the body could not be read")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_the_enforcement_key() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).expect("a header"));
            }
            headers
        };
        assert_eq!(enforcement_key(&headers(&["Bearer abc"])), Ok(Secret::new("abc")));
        assert_eq!(enforcement_key(&headers(&["bearer  abc"])), Ok(Secret::new("abc")));
        for bad in [&[][..], &["Bearer"], &["Bearer "], &["Basic abc"], &["abc"], &["Bearer a", "Bearer a"]] {
            assert_eq!(enforcement_key(&headers(bad)), Err(RequestError::NotACredential), "{bad:?}");
        }
    }
}
