//! `POST /access/v1/evaluation` and `/access/v1/evaluations` (AuthZEN 1.0, sections 6 and 7).

use super::batch::{self, Batch, Several};
use super::body::{is_small, media_type, read_whole, throw_away};
use super::error::{RequestError, unknown_path, wrong_method};
use super::idempotency::idempotency_key;
use super::request::{parse_body, parse_evaluation};
use super::{Desk, answer, jwks, metadata, requests, search};
use crate::request_id::RequestId;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Extension, Json, Router};
use pdp::{Pdp, Question, Secret};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const DECISION_ID: HeaderName = HeaderName::from_static("countersign-decision-id");

/// The endpoint's routes. Nothing below `/access/` is a page.
pub fn router(pdp: Arc<Pdp>, public_url: &str) -> Router {
    Router::new()
        .route("/access/v1/evaluation", post(evaluation).fallback(wrong_method))
        .route("/access/v1/evaluations", post(evaluations).fallback(wrong_method))
        .merge(search::router())
        .merge(requests::router())
        .merge(jwks::router())
        .route("/access/{*path}", any(unknown_path))
        .with_state(Desk { pdp, base: public_url.trim_end_matches('/').into() })
        .merge(metadata::router(public_url))
}

async fn evaluation(
    State(desk): State<Desk>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let key = enforcement_key(&headers)?;
    let body = read(&desk.pdp, &key, &headers, body).await;
    let question = body.and_then(|body| parse_evaluation(body, &request_id));
    match question {
        Ok(question) => single(&desk, &headers, &key, question).await,
        Err(error) => Err(unless_stranger(&desk.pdp, &key, error).await),
    }
}

async fn evaluations(
    State(desk): State<Desk>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let key = enforcement_key(&headers)?;
    let body = read(&desk.pdp, &key, &headers, body).await;
    let batch = body.and_then(|body| batch::parse(body, &request_id));
    match batch {
        Ok(Batch::Single(question)) => single(&desk, &headers, &key, *question).await,
        Ok(Batch::Several(items)) => several(&desk.pdp, &key, items).await,
        Err(error) => Err(unless_stranger(&desk.pdp, &key, error).await),
    }
}

/// Whoever has no valid key learns that and nothing else. A question that can be read needs no look of its own:
/// the key is looked up with everything else.
pub(super) async fn unless_stranger(pdp: &Pdp, key: &Secret, error: RequestError) -> RequestError {
    match pdp.authenticate(key).await {
        Ok(()) => error,
        Err(stranger) => stranger.into(),
    }
}

async fn single(
    desk: &Desk,
    headers: &HeaderMap,
    key: &Secret,
    question: Question,
) -> Result<Response, RequestError> {
    let pdp = &desk.pdp;
    let question = match idempotency_key(headers) {
        Ok(idempotency_key) => Question { idempotency_key, ..question },
        Err(error) => return Err(unless_stranger(pdp, key, error).await),
    };
    let answer = pdp.enforce(key, &question).await?;
    let mut body = answer::body(&answer, question.approval.is_some());
    if let Some(offer) = Box::pin(pdp.offer(&question, &answer)).await {
        answer::requestable(&mut body, &answer, &offer, &desk.base);
    }
    let mut response = Json(body).into_response();
    let id = answer.id.as_ref().and_then(|id| HeaderValue::from_str(id.as_str()).ok());
    if let Some(id) = id {
        response.headers_mut().insert(DECISION_ID, id);
    }
    Ok(no_store(response))
}

/// One after the other: each item sees the state that the one before left behind. An item's own error is a
/// denial in its place.
async fn several(pdp: &Pdp, key: &Secret, items: Several) -> Result<Response, RequestError> {
    let semantics = items.semantics;
    let mut answers: Vec<Value> = Vec::new();
    let mut authenticated = false;
    for item in items {
        let shows = item.as_ref().is_ok_and(|question| question.approval.is_some());
        let decided = match item {
            Ok(question) => pdp.enforce(key, &question).await.map_err(RequestError::from),
            Err(error) if authenticated => Err(error),
            // Whoever has no valid key learns nothing of its items either.
            Err(error) => Err(unless_stranger(pdp, key, error).await),
        };
        let (decision, body) = match decided {
            Ok(answer) => (answer.decision.is_allow(), answer::body(&answer, shows)),
            Err(RequestError::NotACredential) => return Err(RequestError::NotACredential),
            Err(error) => (false, error.in_an_item()),
        };
        authenticated = true;
        answers.push(body);
        if semantics.ends_after(decision) {
            break;
        }
    }
    Ok(no_store(Json(json!({ "evaluations": answers })).into_response()))
}

/// A decision holds for one moment.
pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The PEP's own key: exactly one `Authorization: Bearer …`.
pub(crate) fn enforcement_key(headers: &HeaderMap) -> Result<Secret, RequestError> {
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

/// Reads a whole body as one JSON object.
pub(super) async fn read(
    pdp: &Pdp,
    key: &Secret,
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, RequestError> {
    json_content(headers)?;
    parse_body(&read_known(pdp, key, headers, body).await?)
}

/// Reads a whole body; of whoever has no valid key only a small one. A key is looked up with everything else that a question
/// needs; only before a larger body it is looked up by itself, or anybody could have the server hold thousands of them.
pub(super) async fn read_known(
    pdp: &Pdp,
    key: &Secret,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, RequestError> {
    if !is_small(headers)
        && let Err(stranger) = pdp.authenticate(key).await
    {
        throw_away(headers, body).await;
        return Err(stranger.into());
    }
    read_whole(headers, body).await
}

/// Exactly one `Content-Type: application/json`, whatever parameters it has.
fn json_content(headers: &HeaderMap) -> Result<(), RequestError> {
    if media_type(headers).is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(RequestError::malformed("the content type must be application/json"))
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
        for bad in [
            &[][..],
            &["Bearer"],
            &["Bearer "],
            &["Bearer\tabc"],
            &["Basic abc"],
            &["Bearerabc"],
            &["abc"],
            &[""],
            &["Bearer a", "Bearer a"],
            &["Basic a", "Bearer a"],
        ] {
            assert_eq!(enforcement_key(&headers(bad)), Err(RequestError::NotACredential), "{bad:?}");
        }
    }

    #[test]
    fn what_counts_as_json_content() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_TYPE, HeaderValue::from_str(value).expect("a header"));
            }
            headers
        };
        for good in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json ; x=y",
        ] {
            assert_eq!(json_content(&headers(&[good])), Ok(()), "{good}");
        }
        for bad in [
            &[][..],
            &[""],
            &["text/json"],
            &["application/json5"],
            &["application/jsonp; charset=utf-8"],
            &["application/problem+json"],
            &["text/plain; application/json"],
            &["application/json, text/plain"],
            &["application/json", "text/plain"],
            &["application/json", "application/json"],
        ] {
            assert!(json_content(&headers(bad)).is_err(), "{bad:?}");
        }
    }
}
