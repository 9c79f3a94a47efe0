//! Answers of requests that succeeded.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// 201, with the address of what was made.
pub(crate) fn created<T: Serialize>(location: &str, body: &T) -> Response {
    at(StatusCode::CREATED, location, body)
}

/// 202, with the address of what is being done.
pub(crate) fn accepted<T: Serialize>(location: &str, body: &T) -> Response {
    at(StatusCode::ACCEPTED, location, body)
}

/// The answer to a PUT: 201 with its address where it was made, 200 where it was there.
pub(crate) fn put<T: Serialize>(was_there: bool, location: &str, body: &T) -> Response {
    if was_there { Json(body).into_response() } else { created(location, body) }
}

fn at<T: Serialize>(status: StatusCode, location: &str, body: &T) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The answer with the version of what it shows, as `If-Match` takes it.
pub(crate) fn of_version(version: i64, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
