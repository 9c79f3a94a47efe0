//! One route: its method and path, the scope it asks for, what it takes and gives. Router, document and tests are all
//! made from tables of these, so a route cannot be in one of them alone, or without a scope.

use super::ApiState;
use axum::routing::{MethodFilter, MethodRouter};
use policy::scope::AdminScope;
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{HttpMethod, Parameter, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, ToSchema};

/// The methods that routes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(super) fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }

    pub(super) fn documented(self) -> HttpMethod {
        match self {
            Self::Get => HttpMethod::Get,
            Self::Post => HttpMethod::Post,
            Self::Put => HttpMethod::Put,
            Self::Patch => HttpMethod::Patch,
            Self::Delete => HttpMethod::Delete,
        }
    }
}

/// A type's JSON, as the document describes it.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(super) name: fn() -> Cow<'static, str>,
    pub(super) schema: fn() -> RefOr<Schema>,
    pub(super) within: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Shape {
    const fn of<T: ToSchema>() -> Self {
        Self { name: T::name, schema: T::schema, within: T::schemas }
    }
}

/// The media type of one JSON object on each line, as it leaves.
pub(super) const LINES: &str = "application/jsonl";

/// What a request carries.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    Nothing,
    Json(Shape),
    /// A policy file.
    Bundle,
    /// A file of resources.
    File,
}

/// What a request that succeeds is answered with.
#[derive(Clone, Copy)]
pub(crate) enum Gives {
    /// 204.
    Nothing,
    /// 200.
    One(Shape),
    /// 201.
    Created(Shape),
    /// 201 where it was made, 200 where it was there.
    Put(Shape),
    /// 202: it goes on beside the answer.
    Accepted(Shape),
    /// 200: `items`, and `next` where there are more.
    Many(Shape),
    /// 200: a policy file.
    Bundle,
    /// 200: one JSON object on each line.
    Lines,
}

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(super) verb: Verb,
    /// As axum writes it.
    pub(super) path: &'static str,
    pub(super) scope: AdminScope,
    /// A sentence without a stop.
    pub(super) summary: &'static str,
    pub(super) handler: fn(MethodFilter) -> MethodRouter<ApiState>,
    pub(super) query: Option<fn() -> Vec<Parameter>>,
    pub(super) takes: Takes,
    pub(super) gives: Gives,
    /// Its answer has an `ETag`, which `If-Match` may name.
    pub(super) versioned: bool,
    /// Callers with their own key or token, and platforms with an enforcement key, may ask as well.
    pub(super) for_callers: bool,
}

impl Route {
    pub(crate) const fn new(
        verb: Verb,
        path: &'static str,
        scope: AdminScope,
        summary: &'static str,
        handler: fn(MethodFilter) -> MethodRouter<ApiState>,
    ) -> Self {
        Self {
            verb,
            path,
            scope,
            summary,
            handler,
            query: None,
            takes: Takes::Nothing,
            gives: Gives::Nothing,
            versioned: false,
            for_callers: false,
        }
    }

    /// The parameters behind the `?`.
    #[must_use]
    pub(crate) const fn asks<T: IntoParams>(self) -> Self {
        Self { query: Some(parameters::<T>), ..self }
    }

    #[must_use]
    pub(crate) const fn takes<T: ToSchema>(self) -> Self {
        Self { takes: Takes::Json(Shape::of::<T>()), ..self }
    }

    #[must_use]
    pub(crate) const fn takes_bundle(self) -> Self {
        Self { takes: Takes::Bundle, ..self }
    }

    #[must_use]
    pub(crate) const fn gives<T: ToSchema>(self) -> Self {
        Self { gives: Gives::One(Shape::of::<T>()), ..self }
    }

    #[must_use]
    pub(crate) const fn creates<T: ToSchema>(self) -> Self {
        Self { gives: Gives::Created(Shape::of::<T>()), ..self }
    }

    #[must_use]
    pub(crate) const fn puts<T: ToSchema>(self) -> Self {
        Self { gives: Gives::Put(Shape::of::<T>()), ..self }
    }

    #[must_use]
    pub(crate) const fn accepts<T: ToSchema>(self) -> Self {
        Self { gives: Gives::Accepted(Shape::of::<T>()), ..self }
    }

    #[must_use]
    pub(crate) const fn takes_file(self) -> Self {
        Self { takes: Takes::File, ..self }
    }

    #[must_use]
    pub(crate) const fn lists<T: ToSchema>(self) -> Self {
        Self { gives: Gives::Many(Shape::of::<T>()), ..self }
    }

    #[must_use]
    pub(crate) const fn gives_bundle(self) -> Self {
        Self { gives: Gives::Bundle, ..self }
    }

    #[must_use]
    pub(crate) const fn gives_lines(self) -> Self {
        Self { gives: Gives::Lines, ..self }
    }

    #[must_use]
    pub(crate) const fn for_callers(self) -> Self {
        Self { for_callers: true, ..self }
    }

    #[must_use]
    pub(crate) const fn versioned(self) -> Self {
        Self { versioned: true, ..self }
    }
}

fn parameters<T: IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(ParameterIn::Query))
}
