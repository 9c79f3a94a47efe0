//! Answers that are no page of the app: plain pages, messages, redirects, codes for server functions.

use super::ConsoleState;
use super::headers;
use crate::request_id::RequestId;
use app::error::{AppError, Correlation};
use app::plain::{PlainLink, PlainPage};
use axum::Json;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use leptos::nonce::Nonce;
use std::convert::Infallible;
use std::fmt::Display;

/// The id of the request, which the log names too.
pub(super) fn correlation(extensions: &Extensions) -> Correlation {
    let id = extensions.get::<RequestId>().map(|id| id.0.clone());
    Correlation(id.unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string()))
}

/// What a server function's caller is told: a code, as the app's own errors are.
pub(super) fn code(status: StatusCode, code: &str, correlation: &Correlation) -> Response {
    let error = AppError { code: code.to_owned(), correlation: correlation.0.clone() };
    (status, Json(error)).into_response()
}

/// The same for a failure of the database, with the cause in the log.
pub(super) fn unavailable(cause: &dyn Display, correlation: &Correlation) -> Response {
    log(cause, correlation);
    code(StatusCode::SERVICE_UNAVAILABLE, app::error::UNAVAILABLE, correlation)
}

fn log(cause: &dyn Display, correlation: &Correlation) {
    tracing::error!(correlation = %correlation.0, %cause, "a console request failed");
}

/// To a path of this console, with GET. Anything that is no header value leads to the front page.
pub(super) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Plain pages for the request at hand.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    page: PlainPage,
    pub(super) correlation: Correlation,
}

impl Plain {
    pub(super) fn new(state: &ConsoleState, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let page = PlainPage {
            bundle: state.console.bundle.clone(),
            theme: super::cookies::read_theme(headers, &state.public_url),
            nonce: String::new(),
        };
        Self { page, correlation: correlation(extensions) }
    }

    pub(super) fn of(state: &ConsoleState, request: &Request) -> Self {
        Self::new(state, request.headers(), request.extensions())
    }

    /// A page without script.
    pub(super) fn draw(&self, status: StatusCode, html: impl FnOnce(&PlainPage) -> String) -> Response {
        (status, Html(html(&self.page))).into_response()
    }

    /// A page whose one script carries a nonce that the policy names.
    pub(super) fn draw_with_script(
        &self,
        status: StatusCode,
        html: impl FnOnce(&PlainPage) -> String,
    ) -> Response {
        let nonce = Nonce::new();
        let page = PlainPage { nonce: nonce.to_string(), ..self.page.clone() };
        let mut response = (status, Html(html(&page))).into_response();
        headers::allow_one_script(&mut response, &nonce);
        response
    }

    /// A page that loads scripts of ours.
    pub(super) fn draw_with_own_script(
        &self,
        status: StatusCode,
        html: impl FnOnce(&PlainPage) -> String,
    ) -> Response {
        let mut response = self.draw(status, html);
        headers::allow_own_script(&mut response);
        response
    }

    pub(super) fn message(
        &self,
        status: StatusCode,
        title: &str,
        text: &str,
        link: Option<(&str, &str)>,
    ) -> Response {
        let link = link.map(|(href, label)| PlainLink { href: href.to_owned(), label: label.to_owned() });
        self.draw(status, |page| app::plain::message(page, title, text, link))
    }

    /// A message for whoever will ask what happened: with the correlation id.
    pub(super) fn failure(&self, status: StatusCode, title: &str, text: &str) -> Response {
        let text = format!("{text}\nCorrelation id: `{}`", self.correlation.0);
        self.message(status, title, &text, None)
    }

    /// Something on the server failed. The cause goes to the log alone.
    pub(super) fn broken(
        &self,
        cause: &dyn Display,
        status: StatusCode,
        title: &str,
        text: &str,
    ) -> Response {
        log(cause, &self.correlation);
        self.failure(status, title, text)
    }

    /// The database, or what else is needed to answer, failed.
    pub(super) fn unavailable(&self, cause: &dyn Display) -> Response {
        self.broken(
            cause,
            StatusCode::SERVICE_UNAVAILABLE,
            "The database did not answer",
            "Nothing was changed as far as is known. Try again; if it stays so, look at the server's log.",
        )
    }

    /// A fault of ours.
    pub(super) fn internal(&self, cause: &dyn Display) -> Response {
        self.broken(
            cause,
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on the server",
            "Try again. If it stays so, give the correlation id to whoever runs the server.",
        )
    }

    /// A form whose fields are not those of the page.
    pub(super) fn unreadable(&self) -> Response {
        self.failure(
            StatusCode::BAD_REQUEST,
            "The server did not understand this form",
            "Go back, load the page again, and fill it in once more.",
        )
    }
}

impl FromRequestParts<ConsoleState> for Plain {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Infallible> {
        Ok(Self::new(state, &parts.headers, &parts.extensions))
    }
}
