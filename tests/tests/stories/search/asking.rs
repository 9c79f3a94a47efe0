//! A search walked page by page, and evaluations many at once.

use serde_json::{Value, json};
use tests::Pep;

pub(crate) const JSON: &str = "application/json";

/// What one batch takes.
const BATCH: usize = 100;

/// No search of these stories has more pages.
const MOST_PAGES: usize = 40;

/// Everything that is found, in pages of so many.
pub(crate) async fn search(pep: &Pep, what: &str, body: &Value, limit: usize) -> Vec<Value> {
    let mut found = Vec::new();
    let mut body = body.clone();
    let mut token = String::new();
    for _ in 0..MOST_PAGES {
        body["page"] = json!({ "limit": limit, "token": token });
        let told = pep.send(&format!("/access/v1/search/{what}"), JSON, body.to_string().into_bytes()).await;
        assert_eq!(told.status, 200, "{body}: {told:?}");
        let results = told.body["results"].as_array().expect("a list");
        assert!(results.len() <= limit, "{body}: {told:?}");
        assert_eq!(told.body["page"]["count"], json!(results.len()), "{body}");
        found.extend(results.iter().cloned());
        token = told.body["page"]["next_token"].as_str().expect("a token").to_owned();
        if token.is_empty() {
            return found;
        }
    }
    panic!("no end: {body}");
}

/// What it is called by: an action's name, or the id of anything else.
pub(crate) fn name(found: &Value) -> &str {
    let name = found.get("name").or(found.get("id")).and_then(Value::as_str);
    name.unwrap_or_else(|| panic!("it has no name: {found}"))
}

/// Why each of these is denied, or `allowed`. Nothing is filed: they are asked in batches.
pub(crate) async fn reasons(pep: &Pep, requests: &[Value]) -> Vec<String> {
    let mut reasons = Vec::with_capacity(requests.len());
    for part in requests.chunks(BATCH) {
        // Of one alone, too: a batch without the list would be a single evaluation.
        let body = json!({ "evaluations": part }).to_string().into_bytes();
        let told = pep.send("/access/v1/evaluations", JSON, body).await;
        assert_eq!(told.status, 200, "{told:?}");
        let answers = told.body["evaluations"].as_array().expect("a list");
        assert_eq!(answers.len(), part.len(), "{told:?}");
        reasons.extend(answers.iter().zip(part).map(|(answer, asked)| reason(answer, asked)));
    }
    reasons
}

fn reason(answer: &Value, asked: &Value) -> String {
    if answer["decision"] == json!(true) {
        return "allowed".to_owned();
    }
    let reason = answer["context"]["reason"].as_str();
    reason.unwrap_or_else(|| panic!("{asked} is no question: {answer}")).to_owned()
}
