//! Issuers and their tokens: one that speaks for `a` and for `b`, one that speaks for `b` alone, and one of the others that
//! may be there or not. Their keys are written down, so none is fetched. What claims stand for in `b` is the others'.

use crate::isolation::sketch::{MARKER, Own, Theirs};
use serde_json::{Value, json};
use tests::signer::{ISSUER, Signer};

/// It is there in both worlds, and does not count in `a`.
pub(crate) const ELSEWHERE: &str = "https://elsewhere.example";

/// Claims that stand for roles in `a`.
pub(crate) const OWN_MAPPINGS: &[&str] = &[
    r#"{"claim": "groups", "value": "editors", "role": "editor"}"#,
    r#"{"claim": "groups", "pattern": "work*", "role": "worker"}"#,
];

/// The same in `b`.
pub(crate) const THEIR_MAPPINGS: &[&str] = &[
    r#"{"claim": "groups", "value": "editors", "role": "worker"}"#,
    r#"{"claim": "groups", "pattern": "*", "role": "editor"}"#,
    r#"{"claim": "client_id", "value": "support-app", "role": "owner-of-b"}"#,
    r#"{"claim": "zq7secret", "pattern": "*zq7secret*", "role": "editor"}"#,
];

/// The URL of the others' own issuer.
pub(crate) fn of_others() -> String {
    format!("https://{MARKER}.example")
}

/// The URL of one that is gone.
pub(crate) fn gone() -> String {
    format!("https://{MARKER}-gone.example")
}

/// As a bundle has them.
pub(crate) fn issuers(own: &Own, theirs: &Theirs) -> Vec<Value> {
    let jwks = Signer::default().jwks();
    let issuer = |url: &str, tenants: &[&str], mappings: Vec<Value>| {
        json!({"url": url, "tenants": tenants, "keys": {"jwks": jwks}, "algorithms": ["ES256"],
            "role_mappings": mappings})
    };
    let in_b = || mapped(THEIR_MAPPINGS, &theirs.mappings, "b");
    let in_both = [mapped(OWN_MAPPINGS, &own.mappings, "a"), in_b()].concat();
    let mut issuers = vec![issuer(ISSUER, &["a", "b"], in_both), issuer(ELSEWHERE, &["b"], in_b())];
    if theirs.issuer {
        issuers.push(issuer(&of_others(), &["b"], in_b()));
    }
    issuers
}

fn mapped(texts: &[&str], places: &[usize], tenant: &str) -> Vec<Value> {
    let mapping = |place: &usize| {
        let mut mapping: Value = serde_json::from_str(texts[*place]).expect("JSON");
        mapping["tenant"] = json!(tenant);
        mapping
    };
    places.iter().map(mapping).collect()
}

/// Tokens by their names, good for an hour. Whoever acts is named by `act`.
pub(crate) fn tokens() -> Vec<(&'static str, String)> {
    let signer = Signer::default();
    [
        ("ADA_TOKEN", ISSUER, "ada", json!({"groups": ["editors"]})),
        ("BOTH_TOKEN", ISSUER, "both", json!({"groups": ["workers", "editors"]})),
        ("BOT_TOKEN", ISSUER, "bot", json!({})),
        ("ADA_BY_BOT", ISSUER, "ada", json!({"groups": "editors", "act": {"sub": "bot"}})),
        // Who acted before is recorded, and decides nothing.
        (
            "BOTH_BY_BOT",
            ISSUER,
            "both",
            json!({"groups": "workers", "act": {"sub": "bot", "act": {"sub": "bea"}}}),
        ),
        ("ADA_BY_BEA", ISSUER, "ada", json!({"groups": ["editors"], "act": {"sub": "bea"}})),
        ("ADA_BY_BEN", ISSUER, "ada", json!({"groups": ["editors"], "act": {"sub": "ben"}})),
        // Of the others alone, and good or taken back, as they have it.
        ("BEN_TOKEN", ISSUER, "ben", json!({"groups": ["editors"]})),
        ("ADA_BY_NOBODY", ISSUER, "ada", json!({"groups": ["editors"], "act": {"sub": "nobody"}})),
        ("BOTH_ELSEWHERE", ELSEWHERE, "both", json!({"groups": ["editors"]})),
    ]
    .into_iter()
    .map(|(name, issuer, sub, more)| (name, signer.token_of(issuer, sub, name, &more)))
    .collect()
}
