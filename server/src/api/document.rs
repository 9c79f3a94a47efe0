//! `GET /api/openapi.json`: the routes of the tables, as OpenAPI 3.1 describes them.

use super::problem::{MEDIA_TYPE, Problem};
use super::reading::BUNDLES;
use super::resource_imports::FILES;
use super::route::{Gives, LINES, Route, Shape, Takes, Verb};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, Info, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr, Required,
    Response, ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};

/// The name of the one way in.
const TOKEN: &str = "administrator_token";

const DESCRIPTION: &str = "What the console does, for programs. Every request carries an administrator token; each \
                           route asks for one scope of it. Errors are problem documents (RFC 9457).";

/// Of routes that callers and platforms may ask as well.
const INSTEAD: &str = "Instead of a token: a caller's own key or access token, for itself; or an enforcement key that \
                       vouches for its subjects.";

/// Named schemas: those of a type and of what is in it.
type Schemas = Vec<(String, RefOr<Schema>)>;

pub(super) fn document<'a>(routes: impl Iterator<Item = &'a Route>, public_url: &str) -> OpenApi {
    let mut schemas = Schemas::new();
    schemas.push((Problem::name().into_owned(), Problem::schema()));
    Problem::schemas(&mut schemas);
    let mut paths = PathsBuilder::new();
    for route in routes {
        let item = PathItem::new(route.verb.documented(), operation(route, &mut schemas));
        paths = paths.path(route.path, item);
    }
    let mut info = Info::new("Countersign administration API", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "`Authorization: Bearer cst_…`; made under Settings or by `countersign token create`.",
        ))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme(TOKEN, SecurityScheme::Http(token))
        .schemas_from_iter(schemas)
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new(public_url.trim_end_matches('/'))]))
        .paths(paths.build())
        .components(Some(components))
        .build()
}

fn operation(route: &Route, schemas: &mut Schemas) -> Operation {
    let operation = OperationBuilder::new()
        .summary(Some(route.summary))
        .description(Some(description(route)))
        .operation_id(Some(operation_id(route)))
        .tag(tag(route.path))
        .security(SecurityRequirement::new(TOKEN, [route.scope.as_str()]))
        .parameters(Some(parameters(route)));
    let body = match route.takes {
        Takes::Nothing => None,
        Takes::Json(shape) => Some(json_body(shape, schemas)),
        Takes::Bundle => Some(bundle_body()),
        Takes::File => Some(file_body()),
    };
    let operation = match route.gives {
        Gives::Put(shape) => {
            let (status, made) = answer(Gives::Created(shape), schemas);
            operation.response(status, made)
        }
        _ => operation,
    };
    let (status, answer) = answer(route.gives, schemas);
    operation.request_body(body).response(status, answer).response("default", problem()).build()
}

fn description(route: &Route) -> String {
    let scope = format!("Scope: `{}`.", route.scope);
    if !route.for_callers {
        return scope;
    }
    format!("{scope} {INSTEAD}")
}

/// `patch_subjects_id`: a name for generators of clients.
fn operation_id(route: &Route) -> String {
    let parts = route.path.split('/').skip(3).map(|part| part.trim_matches(['{', '}']).replace('-', "_"));
    let parts: Vec<String> = parts.collect();
    format!("{}_{}", route.verb.as_str().to_lowercase(), parts.join("_"))
}

/// The first part of the path after the version.
fn tag(path: &str) -> &str {
    path.split('/').nth(3).unwrap_or_default()
}

fn parameters(route: &Route) -> Vec<Parameter> {
    let segments = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Parameter> = segments.map(segment).collect();
    if let Some(query) = route.query {
        parameters.extend(query());
    }
    if route.versioned && !matches!(route.verb, Verb::Get) {
        let tag = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The `ETag` of what is to be changed; another one is answered with 412."))
            .schema(Some(text()));
        parameters.push(tag.build());
    }
    parameters
}

fn segment(name: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(text()))
        .build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A reference to the type's schema, which is put to the others with all that is in it.
fn named(shape: Shape, schemas: &mut Schemas) -> Ref {
    let name = (shape.name)().into_owned();
    schemas.push((name.clone(), (shape.schema)()));
    (shape.within)(schemas);
    Ref::from_schema_name(name)
}

fn json_body(shape: Shape, schemas: &mut Schemas) -> RequestBody {
    let content = Content::new(Some(named(shape, schemas)));
    RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build()
}

fn bundle_body() -> RequestBody {
    let body = RequestBodyBuilder::new().description(Some("A policy file.")).required(Some(Required::True));
    BUNDLES
        .iter()
        .fold(body, |body, media_type| body.content(*media_type, Content::new(Some(text()))))
        .build()
}

fn file_body() -> RequestBody {
    let body =
        RequestBodyBuilder::new().description(Some("A file of resources.")).required(Some(Required::True));
    FILES
        .iter()
        .fold(body, |body, (media_type, _)| body.content(*media_type, Content::new(Some(text()))))
        .build()
}

fn answer(gives: Gives, schemas: &mut Schemas) -> (&'static str, Response) {
    let json = |content: Content| ResponseBuilder::new().content("application/json", content);
    match gives {
        Gives::Nothing => ("204", ResponseBuilder::new().description("Done.").build()),
        Gives::One(shape) | Gives::Put(shape) => {
            let content = Content::new(Some(named(shape, schemas)));
            ("200", json(content).description("As it is.").build())
        }
        Gives::Created(shape) => {
            let content = Content::new(Some(named(shape, schemas)));
            ("201", json(content).description("Made.").build())
        }
        Gives::Accepted(shape) => {
            let content = Content::new(Some(named(shape, schemas)));
            ("202", json(content).description("It goes on; `Location` says how far it is.").build())
        }
        Gives::Many(shape) => {
            let list = ObjectBuilder::new()
                .property("items", ArrayBuilder::new().items(named(shape, schemas)))
                .required("items")
                .property("next", text().description(Some("`after` of the next page; absent on the last.")));
            ("200", json(Content::new(Some(list))).description("One page.").build())
        }
        Gives::Bundle => {
            let content = Content::new(Some(text()));
            ("200", ResponseBuilder::new().content(BUNDLES[0], content).description("A policy file.").build())
        }
        Gives::Lines => {
            let answer = ResponseBuilder::new().content(LINES, Content::new(Some(text())));
            ("200", answer.description("One JSON object on each line.").build())
        }
    }
}

fn problem() -> Response {
    let content = Content::new(Some(Ref::from_schema_name(Problem::name())));
    ResponseBuilder::new().content(MEDIA_TYPE, content).description("It was not done.").build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::routes;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn written() -> Value {
        let document = document(routes(), "https://decide.example/");
        serde_json::to_value(&document).expect("JSON")
    }

    #[test]
    fn every_route_is_in_the_document_and_nothing_else() {
        let document = written();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"][0]["url"], "https://decide.example");
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let scopes = operation["security"][0][TOKEN].as_array().expect("scopes");
                assert_eq!(scopes.len(), 1, "{method} {path}");
                described.insert((
                    method.to_uppercase(),
                    path.clone(),
                    scopes[0].as_str().map(str::to_owned),
                ));
            }
        }
        let in_tables: BTreeSet<_> = routes()
            .map(|route| {
                let scope = Some(route.scope.as_str().to_owned());
                (route.verb.as_str().to_owned(), route.path.to_owned(), scope)
            })
            .collect();
        assert_eq!(described, in_tables);
        assert_eq!(routes().count(), in_tables.len(), "no route is there twice");
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = written();
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let text = document.to_string();
        let references: BTreeSet<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 10, "{references:?}");
        for name in references {
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
