//! `POST /access/v1/requests`, `GET /access/v1/requests/{id}` and `POST /access/v1/requests/{id}/cancel`: the AuthZEN Access
//! Request and Approval Profile (draft, as of 2026-08).
//!
//! The first denial has filed the request, so a submission only finds it. A PEP that knows nothing of this repeats the
//! call.

mod problem;
mod shapes;

pub(super) use shapes::offered;

use super::Desk;
use super::endpoint::{enforcement_key, no_store, read, read_known};
use super::error::RequestError;
use super::idempotency::idempotency_key;
use super::request::{optional_object, parse_body, parse_evaluation};
use crate::request_id::RequestId;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use pdp::requests::{Submission, Task, TaskError, TaskStatus};
use pdp::{Pdp, Secret};
use policy::ApprovalId;
use problem::Problem;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

pub(super) const PATH: &str = "/access/v1/requests";

/// The longest id that is looked up, in bytes.
const MAX_ID: usize = 64;

/// The longest note with which a request is withdrawn, in bytes.
const MAX_NOTE: usize = 1_000;

type Object = Map<String, Value>;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route(PATH, post(submit).fallback(wrong_method))
        .route("/access/v1/requests/{id}", get(status).fallback(wrong_method))
        .route("/access/v1/requests/{id}/cancel", post(cancel).fallback(wrong_method))
}

/// Whose method goes is in `Allow`.
async fn wrong_method() -> Problem {
    Problem::general(StatusCode::METHOD_NOT_ALLOWED, "another method than this path has")
}

async fn submit(
    State(desk): State<Desk>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = enforcement_key(&headers)?;
    let submitted = async {
        let idempotency_key = idempotency_key(&headers)?;
        let mut body = read(&desk.pdp, &key, &headers, body).await?;
        let binding_token = binding_token(&mut body)?;
        Ok::<_, Problem>((parse_evaluation(body, &request_id)?, binding_token, idempotency_key))
    };
    let (question, binding_token, idempotency_key) = match submitted.await {
        Ok(submitted) => submitted,
        Err(problem) => return Err(unless_stranger(&desk.pdp, &key, problem).await),
    };
    let submission = Submission {
        question: &question,
        binding_token: &binding_token,
        idempotency_key: idempotency_key.as_ref(),
    };
    let task = Box::pin(desk.pdp.submit(&key, submission)).await.map_err(of_submission)?;
    // What is decided already needs no waiting for.
    let status = if task.status == TaskStatus::Pending { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    let mut response = told(status, &task, &desk.base);
    if let Ok(location) = HeaderValue::from_str(&shapes::address(&task.id, &desk.base)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// How long the answer may wait for a decision, in seconds.
#[derive(Deserialize)]
struct Wait {
    wait: Option<u64>,
}

async fn status(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    query: Result<Query<Wait>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = enforcement_key(&headers)?;
    let wait = match query {
        Ok(Query(Wait { wait })) => Duration::from_secs(wait.unwrap_or_default()),
        Err(_) => {
            let problem = Problem::malformed("`wait` is a whole number of seconds");
            return Err(unless_stranger(&desk.pdp, &key, problem).await);
        }
    };
    let task = match known(&id) {
        Some(id) => Box::pin(desk.pdp.poll(&key, &id, wait)).await?,
        None => return Err(unless_stranger(&desk.pdp, &key, TaskError::Unknown.into()).await),
    };
    Ok(told(StatusCode::OK, &task, &desk.base))
}

async fn cancel(
    State(desk): State<Desk>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = enforcement_key(&headers)?;
    if let Err(problem) = check_note(&desk.pdp, &key, &headers, body).await {
        return Err(unless_stranger(&desk.pdp, &key, problem).await);
    }
    let task = match known(&id) {
        Some(id) => Box::pin(desk.pdp.withdraw(&key, &id, &request_id)).await?,
        None => return Err(unless_stranger(&desk.pdp, &key, TaskError::Unknown.into()).await),
    };
    Ok(told(StatusCode::OK, &task, &desk.base))
}

/// Ids are ours; what cannot be one is not looked up.
fn known(id: &str) -> Option<ApprovalId> {
    let fits = (1..=MAX_ID).contains(&id.len());
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (fits && plain).then(|| ApprovalId::new(id))
}

/// Whoever has no valid key learns that and nothing else.
async fn unless_stranger(pdp: &Pdp, key: &Secret, problem: Problem) -> Problem {
    match pdp.authenticate(key).await {
        Ok(()) => problem,
        Err(stranger) => RequestError::from(stranger).into(),
    }
}

/// Who submits names a denial; whose request that is, is not told to others.
fn of_submission(error: TaskError) -> Problem {
    match error {
        // The request was filed with the denial: its time is the denial's.
        TaskError::Expired => TaskError::ExpiredDenial.into(),
        error => error.into(),
    }
}

/// The token of the denial, as it stood in `context.access_request`.
fn binding_token(body: &mut Object) -> Result<String, Problem> {
    if body.contains_key("items") {
        return Err(Problem::not_requestable(
            "several calls in one request are not taken; submit each by itself",
        ));
    }
    let Some(mut denial) = optional_object(body, "denial", "denial")? else {
        return Err(Problem::invalid_binding("`denial` is missing"));
    };
    let decision = match denial.get("decision") {
        Some(Value::Object(decision)) => decision.get("decision").cloned(),
        other => other.cloned(),
    };
    if !matches!(decision, None | Some(Value::Null | Value::Bool(false))) {
        return Err(Problem::not_requestable("only a call that was denied is asked for"));
    }
    let own = denial.remove("binding_token");
    let within = optional_object(&mut denial, "access_request", "denial.access_request")?
        .and_then(|mut request| request.remove("binding_token"));
    match own.or(within) {
        Some(Value::String(token)) if !token.is_empty() => Ok(token),
        None => Err(Problem::invalid_binding("`denial.binding_token` is missing")),
        Some(_) => Err(Problem::invalid_binding("`denial.binding_token` must be a string")),
    }
}

/// A body is not needed to withdraw. What it says is not kept: who withdraws owes nobody a reason.
async fn check_note(pdp: &Pdp, key: &Secret, headers: &HeaderMap, body: Body) -> Result<(), Problem> {
    let bytes = read_known(pdp, key, headers, body).await?;
    if bytes.is_empty() {
        return Ok(());
    }
    let note = parse_body(&bytes)?;
    for member in ["reason", "comment"] {
        match note.get(member) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.len() <= MAX_NOTE => {}
            Some(_) => {
                let what = format!("`{member}` must be a string of at most {MAX_NOTE} bytes");
                return Err(Problem::malformed(what));
            }
        }
    }
    Ok(())
}

fn told(status: StatusCode, task: &Task, base: &str) -> Response {
    let mut response = (status, Json(shapes::task(task, base))).into_response();
    if let Some(seconds) = task.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    no_store(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(body: Value) -> Result<String, String> {
        let Value::Object(mut body) = body else { panic!("an object") };
        binding_token(&mut body).map_err(|problem| problem.kind().to_owned())
    }

    #[test]
    fn where_the_token_of_a_denial_stands() {
        assert_eq!(token(json!({"denial": {"binding_token": "t"}})), Ok("t".to_owned()));
        let nested = json!({"decision": {"decision": false}, "access_request": {"binding_token": "t"}});
        assert_eq!(token(json!({ "denial": nested })), Ok("t".to_owned()));
        for (body, kind) in [
            (json!({}), "invalid_denial_binding"),
            (json!({"denial": null}), "invalid_denial_binding"),
            (json!({"denial": {}}), "invalid_denial_binding"),
            (json!({"denial": {"binding_token": ""}}), "invalid_denial_binding"),
            (json!({"denial": {"binding_token": ["t"]}}), "invalid_denial_binding"),
            (json!({"denial": {"access_request": {}}}), "invalid_denial_binding"),
            (json!({"denial": {"binding_token": "t", "decision": true}}), "not_requestable"),
            (json!({"denial": {"binding_token": "t", "decision": {"decision": true}}}), "not_requestable"),
            (json!({"items": [], "denial": {"binding_token": "t"}}), "not_requestable"),
            (json!({"denial": "t"}), "about:blank"),
            (json!({"denial": {"access_request": 7}}), "about:blank"),
        ] {
            let told = token(body.clone()).expect_err("refused");
            assert!(told.ends_with(kind), "{body}: {told}");
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_not_looked_up() {
        assert!(known("019a6f0e-7b9b-7c41-9f5e-1f2e3d4c5b6a").is_some());
        for bad in ["", "a/b", "a\0", "../x", "a b", "ä", &"a".repeat(MAX_ID + 1)] {
            assert!(known(bad).is_none(), "{bad:?}");
        }
    }
}
