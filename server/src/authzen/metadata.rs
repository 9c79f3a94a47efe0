//! `GET /.well-known/authzen-configuration` (AuthZEN 1.0, section 9): built from the configured public URL,
//! never from what a request says about its host.

use super::{jwks, requests};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn router(public_url: &str) -> Router {
    let document = document(public_url);
    Router::new().route("/.well-known/authzen-configuration", get(async move || Json(document.clone())))
}

fn document(public_url: &str) -> Value {
    let base = public_url.trim_end_matches('/');
    json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": format!("{base}/access/v1/evaluation"),
        "access_evaluations_endpoint": format!("{base}/access/v1/evaluations"),
        "search_subject_endpoint": format!("{base}/access/v1/search/subject"),
        "search_resource_endpoint": format!("{base}/access/v1/search/resource"),
        "search_action_endpoint": format!("{base}/access/v1/search/action"),
        "access_request_endpoint": format!("{base}{}", requests::PATH),
        "jwks_uri": format!("{base}{}", jwks::PATH),
        "capabilities": ["urn:openid:authzen:capability:access-request"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_lie_below_the_public_url() {
        let document = document("https://decide.example/");
        assert_eq!(document["policy_decision_point"], "https://decide.example");
        assert_eq!(document["access_evaluation_endpoint"], "https://decide.example/access/v1/evaluation");
        assert_eq!(document["search_action_endpoint"], "https://decide.example/access/v1/search/action");
        assert_eq!(document["access_request_endpoint"], "https://decide.example/access/v1/requests");
        assert_eq!(document["jwks_uri"], "https://decide.example/.well-known/jwks.json");
    }
}
