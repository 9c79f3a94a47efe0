//! `POST /access/v1/search/{subject,resource,action}` (AuthZEN 1.0, section 8): what an evaluation would allow, in pages.
//!
//! The entity that is searched for has a type and no id; an action search has no action. What is unknown finds nothing.

use super::Desk;
use super::endpoint::{enforcement_key, no_store, read, unless_stranger};
use super::error::{RequestError, wrong_method};
use super::request::parse_evaluation;
use crate::request_id::RequestId;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pdp::search::{Could, Found, Match, Search, SearchError, Verdict, Wanted};
use pdp::{Pdp, Secret};
use policy::arguments::canonical;
use policy::labels::Responses;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How many results a page holds where nothing is said, and at the most.
const USUAL: usize = 100;
const MOST: usize = 1_000;

/// The longest token, in bytes.
const MAX_TOKEN: usize = 4_096;

/// How much of the digest of a search a token begins with, in bytes.
const BOUND: usize = 16;

/// Stands in the place of what is searched for, so that the rest reads as an evaluation.
const ANY: &str = "-";

type Object = Map<String, Value>;

/// The routes of the three searches.
pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/access/v1/search/subject", post(subjects).fallback(wrong_method))
        .route("/access/v1/search/resource", post(resources).fallback(wrong_method))
        .route("/access/v1/search/action", post(actions).fallback(wrong_method))
}

async fn subjects(
    State(pdp): State<Arc<Pdp>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    answer(&pdp, &request_id, &headers, body, Wanted::Subjects).await
}

async fn resources(
    State(pdp): State<Arc<Pdp>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    answer(&pdp, &request_id, &headers, body, Wanted::Resources).await
}

async fn actions(
    State(pdp): State<Arc<Pdp>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    answer(&pdp, &request_id, &headers, body, Wanted::Actions).await
}

async fn answer(
    pdp: &Pdp,
    request_id: &str,
    headers: &HeaderMap,
    body: Body,
    wanted: Wanted,
) -> Result<Response, RequestError> {
    let key = enforcement_key(headers)?;
    let body = read(pdp, &key, headers, body).await;
    let parsed = body.and_then(|body| parse(body, wanted, request_id, &key));
    let (search, bound_to) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Err(unless_stranger(pdp, &key, error).await),
    };
    let found = Box::pin(pdp.searcher().search(&key, &search)).await?;
    let kind = match wanted {
        Wanted::Subjects => Some(search.question.subject.kind.as_str()),
        Wanted::Resources => Some(search.question.call.resource.kind.as_str()),
        Wanted::Actions => None,
    };
    Ok(no_store(Json(page(&found, kind, &bound_to)).into_response()))
}

/// The search, and what the tokens of its pages are bound to.
pub(super) fn parse(
    mut body: Object,
    wanted: Wanted,
    request_id: &str,
    key: &Secret,
) -> Result<(Search, [u8; BOUND]), RequestError> {
    let asked = body.remove("page");
    if let Some(Value::Object(context)) = body.get_mut("context")
        && wanted == Wanted::Subjects
    {
        // Whoever is searched for has sent no token.
        context.remove("access_token");
        context.remove("dpop");
    }
    match wanted {
        Wanted::Subjects => anybody(&mut body, "subject"),
        Wanted::Resources => anybody(&mut body, "resource"),
        Wanted::Actions => {
            body.insert("action".to_owned(), json!({ "name": ANY }));
        }
    }
    let bound_to = bound_to(&body, wanted, key);
    let (after, limit) = place(asked, &bound_to)?;
    let question = parse_evaluation(body, request_id)?;
    Ok((Search { wanted, question, after, limit }, bound_to))
}

/// Puts [`ANY`] in the place of the id, whatever stands there.
fn anybody(body: &mut Object, member: &str) {
    if let Some(Value::Object(entity)) = body.get_mut(member) {
        entity.insert("id".to_owned(), Value::from(ANY));
    }
}

/// A digest of what is searched for and by whom. The caller's own token may be another one on the next page.
fn bound_to(body: &Object, wanted: Wanted, key: &Secret) -> [u8; BOUND] {
    let mut digest = Sha256::new();
    digest.update(format!("{wanted:?}\n{}\n", key.digest()));
    for member in ["subject", "action", "resource", "context"] {
        let mut value = body.get(member).cloned().unwrap_or_default();
        if let (Some(context), "context") = (value.as_object_mut(), member) {
            context.remove("access_token");
            context.remove("dpop");
        }
        digest.update(canonical(&value));
        digest.update("\n");
    }
    let digest = digest.finalize();
    let mut bound = [0; BOUND];
    bound.copy_from_slice(digest.get(..BOUND).unwrap_or(&[0; BOUND]));
    bound
}

/// Where the page begins, and how long it is.
fn place(asked: Option<Value>, bound_to: &[u8; BOUND]) -> Result<(Option<String>, usize), RequestError> {
    let mut asked = match asked {
        None | Some(Value::Null) => return Ok((None, USUAL)),
        Some(Value::Object(page)) => page,
        Some(_) => return Err(RequestError::malformed("`page` must be an object")),
    };
    let limit = match asked.remove("limit") {
        None | Some(Value::Null) => USUAL,
        Some(limit) => match limit.as_u64() {
            Some(limit) if limit > 0 => usize::try_from(limit).unwrap_or(MOST).min(MOST),
            _ => return Err(RequestError::malformed("`page.limit` must be a whole number, 1 or more")),
        },
    };
    let after = match asked.remove("token") {
        None | Some(Value::Null) => None,
        Some(Value::String(token)) if token.is_empty() => None,
        Some(Value::String(token)) => Some(
            after(&token, bound_to)
                .ok_or_else(|| RequestError::malformed("`page.token` is none of this search"))?,
        ),
        Some(_) => return Err(RequestError::malformed("`page.token` must be a string")),
    };
    Ok((after, limit))
}

/// What a token says, where it is one of this search.
fn after(token: &str, bound_to: &[u8; BOUND]) -> Option<String> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let after = bytes.strip_prefix(bound_to.as_slice())?;
    let after = String::from_utf8(after.to_vec()).ok()?;
    (!after.is_empty() && !after.chars().any(char::is_control)).then_some(after)
}

fn token(after: &str, bound_to: &[u8; BOUND]) -> String {
    URL_SAFE_NO_PAD.encode([bound_to.as_slice(), after.as_bytes()].concat())
}

/// `kind`: the type of what was searched for; None for actions, which have names.
fn page(found: &Found, kind: Option<&str>, bound_to: &[u8; BOUND]) -> Value {
    let results: Vec<Value> = found.matches.iter().map(|one| result(one, kind, found.responses)).collect();
    let next = found.next.as_deref().map(|after| token(after, bound_to)).unwrap_or_default();
    json!({ "page": { "next_token": next, "count": results.len() }, "results": results })
}

fn result(found: &Match, kind: Option<&str>, responses: Responses) -> Value {
    let mut result = match kind {
        Some(kind) => json!({ "type": kind, "id": found.id }),
        None => json!({ "name": found.id }),
    };
    if let (Some(could), Responses::Explained) = (&found.could, responses) {
        result["properties"] = properties(could);
    }
    result
}

/// How far a call could come, and what is asked of its arguments. As with a denial, nothing else of a rule is told, and
/// nothing of those that are not to be explained.
fn properties(could: &Could) -> Value {
    let access = match could.verdict {
        Verdict::Always => "always",
        Verdict::AfterApproval => "after_approval",
        Verdict::Conditional | Verdict::Never => "with_conditions",
    };
    let told = could.ways.iter().filter(|way| way.explain && way.conditions.is_empty() && !way.is_sure());
    let mut conditions: Vec<String> = told
        .map(|way| {
            let approved = if way.approvers.is_empty() { "" } else { ", once approved" };
            format!("if {}{approved}", way.bounds.join(" and "))
        })
        .collect();
    conditions.dedup();
    json!({ "access": access, "conditions": conditions })
}

impl From<SearchError> for RequestError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Ask(error) => error.into(),
            SearchError::NotAllowed => Self::Forbidden,
            SearchError::NoTenant | SearchError::ArgumentsTooLarge => Self::malformed(error.to_string()),
            SearchError::Store(error) => {
                tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "live state unreadable, search not answered");
                Self::Unavailable
            }
            SearchError::Unsettled => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: &Value) -> Object {
        value.as_object().expect("an object").clone()
    }

    fn body() -> Value {
        json!({"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
            "resource": {"type": "record", "id": "1"}, "context": {"tenant": "acme", "access_token": "a"}})
    }

    fn parsed(body: &Value, wanted: Wanted) -> Result<(Search, [u8; BOUND]), RequestError> {
        parse(object(body), wanted, "r", &Secret::new("key"))
    }

    #[test]
    fn what_is_searched_for_needs_no_id() {
        let mut without = body();
        without["subject"].as_object_mut().expect("object").remove("id");
        let (search, _) = parsed(&without, Wanted::Subjects).expect("a search");
        assert!(search.question.access_token.is_none());
        assert!(parsed(&without, Wanted::Resources).is_err());
        let mut without = body();
        without["resource"]["id"] = json!(5);
        without.as_object_mut().expect("object").remove("action");
        assert!(parsed(&without, Wanted::Resources).is_err(), "no action");
        without["resource"]["id"] = json!("1");
        assert!(parsed(&without, Wanted::Actions).is_ok());
    }

    #[test]
    fn a_token_is_of_one_search_alone() {
        let (_, bound) = parsed(&body(), Wanted::Resources).expect("a search");
        let next = token("rec/1", &bound);
        let with = |change: fn(&mut Value), wanted: Wanted| {
            let mut body = body();
            body["page"] = json!({"token": next, "limit": 7});
            change(&mut body);
            parsed(&body, wanted).map(|(search, _)| (search.after, search.limit))
        };
        assert_eq!(with(|_| {}, Wanted::Resources), Ok((Some("rec/1".to_owned()), 7)));
        let same = |body: &mut Value| {
            body["context"]["access_token"] = json!("b");
            body["resource"]["id"] = json!("other");
        };
        assert!(with(same, Wanted::Resources).is_ok());
        assert!(with(|_| {}, Wanted::Subjects).is_err());
        assert!(with(|body| body["subject"]["id"] = json!("bob"), Wanted::Resources).is_err());
        assert!(with(|body| body["action"]["name"] = json!("write"), Wanted::Resources).is_err());
        assert!(with(|body| body["context"]["tenant"] = json!("b"), Wanted::Resources).is_err());
    }

    #[test]
    fn pages_that_are_none() {
        for bad in [
            json!([]),
            json!("x"),
            json!({"limit": 0}),
            json!({"limit": -1}),
            json!({"limit": 1.5}),
            json!({"limit": "5"}),
            json!({"token": 5}),
            json!({"token": "x"}),
            json!({"token": "=="}),
            json!({"token": "a".repeat(MAX_TOKEN + 1)}),
        ] {
            let mut body = body();
            body["page"] = bad.clone();
            assert!(parsed(&body, Wanted::Resources).is_err(), "{bad}");
        }
        for (good, limit) in [
            (json!(null), USUAL),
            (json!({"token": "", "limit": null}), USUAL),
            (json!({"limit": 5_000_000}), MOST),
        ] {
            let mut body = body();
            body["page"] = good.clone();
            let (search, _) = parsed(&body, Wanted::Resources).expect("a search");
            assert_eq!((search.after, search.limit), (None, limit), "{good}");
        }
    }
}
