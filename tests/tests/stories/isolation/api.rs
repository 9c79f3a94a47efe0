//! What administrators of `a` read and try over the API, and what the console's pages read when they show `a`.

use crate::isolation::plain::plain;
use crate::isolation::side::{Asked, Known, Side, a};
use policy::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Debug;
use store::administration::{Page, ResourceFilter, TaskFilter};
use store::changes::ChangeFilter;
use store::decisions::{self, DecisionFilter, DecisionStats, HourCount};

/// All of it, with a token of `a` that may do everything. `whole`: also what it may not ask at all.
pub(crate) fn readings(side: &Side, known: &Known, whole: bool) -> Vec<Asked> {
    let more = if whole { REFUSED } else { &[] };
    let mut all: Vec<Asked> =
        READ.iter().chain(more).map(|path| asked(side, Method::GET, path, None)).collect();
    for path in [
        format!("/api/v1/rules/{}", known.their_rule),
        format!("/api/v1/credentials/{}", known.their_credential),
        format!("/api/v1/tasks/{}", known.their_task),
        format!("/api/v1/tasks/{}", known.task),
        format!("/api/v1/decisions/{}", known.their_decision),
        format!("/api/v1/changes/{}", known.their_change),
    ] {
        all.push(asked(side, Method::GET, &path, None));
    }
    for (method, path, body) in tries(known) {
        all.push(asked(side, method, &path, Some(body)));
    }
    // An agent asks about its own tasks.
    for path in ["/api/v1/tasks".to_owned(), format!("/api/v1/tasks/{}", known.their_task)] {
        let name = format!("the agent asks for {path}");
        all.push(Asked { key: side.secret("BOT"), name, ..asked(side, Method::GET, &path, None) });
    }
    all
}

fn asked(side: &Side, method: Method, path: &str, body: Option<Value>) -> Asked {
    let name = format!("{method} {path} {}", body.as_ref().unwrap_or(&Value::Null));
    Asked { name, method, path: path.to_owned(), key: side.token.clone(), body }
}

const READ: &[&str] = &[
    "/api/v1/tenants",
    "/api/v1/tenants/a",
    "/api/v1/tenants/b",
    "/api/v1/subjects?limit=200",
    "/api/v1/subjects?limit=1",
    "/api/v1/subjects?q=zq7",
    "/api/v1/subjects?tenant=b",
    "/api/v1/subjects/ada",
    "/api/v1/subjects/bot",
    "/api/v1/subjects/both",
    "/api/v1/subjects/ben",
    "/api/v1/subjects/their-0",
    "/api/v1/subjects/both/keys",
    "/api/v1/subjects/ben/keys",
    "/api/v1/servers",
    "/api/v1/servers/shop",
    "/api/v1/servers/theirs",
    "/api/v1/servers/shop/tools",
    "/api/v1/servers/theirs/tools",
    "/api/v1/roles",
    "/api/v1/roles?limit=1",
    "/api/v1/roles?q=zq7",
    "/api/v1/roles?tenant=b",
    "/api/v1/rules?limit=200",
    "/api/v1/rules?q=zq7",
    "/api/v1/credentials?limit=200",
    "/api/v1/credentials?limit=1",
    "/api/v1/credentials?q=zq7",
    "/api/v1/tasks?limit=200",
    "/api/v1/tasks?subject=both",
    "/api/v1/tasks?tenant=b",
    "/api/v1/decisions?limit=200",
    "/api/v1/decisions?subject=both",
    "/api/v1/decisions?subject=ben",
    "/api/v1/decisions?tenant=b",
    "/api/v1/decisions?resource_type=record&resource_id=r-2",
    "/api/v1/changes?limit=200",
    "/api/v1/changes?object=both",
    "/api/v1/changes?tenant=b",
    "/api/v1/revocations/tokens",
    "/api/v1/webhooks",
    "/api/v1/resource-imports",
    "/api/v1/resources?limit=200",
    "/api/v1/resources?q=zq7",
    "/api/v1/resources/customer/t-1",
    "/api/v1/emergency/stops",
    "/api/v1/emergency/break-glass",
    "/api/v1/bundle",
    "/api/v1/bundle?tenant=b",
];

/// Answered alike whatever there is: of no tenant, or for those who reach everything.
const REFUSED: &[&str] = &[
    "/api/v1/tenants/nowhere",
    "/api/v1/issuers",
    "/api/v1/unmapped",
    "/api/v1/mail",
    "/api/v1/dead-letters",
    "/api/v1/evidence",
    "/api/v1/evidence/chains",
    "/api/v1/sign-in-providers",
    "/api/v1/accounts",
    "/api/v1/substitutes",
];

/// Attempts on what is others', or on what only others have: none goes through, and none tells why beyond that.
fn tries(known: &Known) -> Vec<(Method, String, Value)> {
    let rule = |more: Value| {
        let mut rule = json!({"name": "probe", "tenant": "a", "effect": "deny", "tools": ["theirs/show"]});
        for (key, value) in more.as_object().into_iter().flatten() {
            rule[key] = value.clone();
        }
        rule
    };
    let task = |subject: &str| json!({"subject": subject, "purpose": "x", "tools": ["shop/*"], "budget": 1, "expires_in": "5m"});
    let credential = |server: &str| json!({"name": "probe", "tenant": "a", "server": server});
    let tries = [
        (Method::POST, "/api/v1/rules", rule(json!({}))),
        (Method::POST, "/api/v1/rules", rule(json!({"roles": ["owner-of-b"]}))),
        (Method::POST, "/api/v1/rules", rule(json!({"tenant": "b"}))),
        (Method::POST, "/api/v1/rules", rule(json!({"effect": "allow", "when": "zq"}))),
        (Method::POST, "/api/v1/tasks", task("ben")),
        (Method::POST, "/api/v1/tasks", task("their-0")),
        (Method::POST, "/api/v1/tasks", task("nobody")),
        (Method::POST, "/api/v1/credentials", credential("theirs")),
        (Method::POST, "/api/v1/credentials", credential("nothing")),
        (Method::PATCH, "/api/v1/subjects/ben", json!({"active": false})),
        (Method::PATCH, "/api/v1/subjects/their-0", json!({"active": false})),
        (Method::PATCH, "/api/v1/subjects/both", json!({"active": false})),
        (Method::PUT, "/api/v1/subjects/ben/memberships/a", json!({"roles": []})),
        (Method::PUT, "/api/v1/subjects/both/memberships/b", json!({"roles": []})),
        (Method::PUT, "/api/v1/subjects/ada/memberships/a", json!({"roles": ["owner-of-b"]})),
        (Method::PATCH, "/api/v1/servers/shop", json!({"enabled": false})),
        (Method::PATCH, "/api/v1/servers/theirs", json!({"enabled": false})),
        (Method::POST, "/api/v1/servers/theirs/discover", json!({})),
        (Method::PATCH, "/api/v1/tenants/b", json!({"active": true})),
        (Method::POST, "/api/v1/roles", json!({"name": "owner-of-b", "tenant": "b"})),
        (Method::POST, "/api/v1/revocations/subjects", json!({"subject": "ben"})),
        (Method::POST, "/api/v1/revocations/subjects", json!({"subject": "both"})),
        (Method::POST, "/api/v1/revocations/keys", json!({"subject": "their-0", "name": "k"})),
    ];
    let mut tries: Vec<_> = tries.map(|(method, path, body)| (method, path.to_owned(), body)).into();
    for what in ["pause", "revoke", "complete"] {
        tries.push((Method::POST, format!("/api/v1/tasks/{}/{what}", known.their_task), json!({})));
    }
    tries
}

/// What the pages of the console read of the store when they show tenant `a`: lists and counts. (What every tenant shares,
/// servers and whole subjects, is shown to those alone who administer all of them.)
pub(crate) async fn console(side: &Side) -> Vec<(String, String)> {
    let (store, a) = (&side.world.store, a());
    let (start, end) = (Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX));
    let tenants = [a.clone()];
    let decisions = DecisionFilter { tenants: Some(vec![a.to_string()]), ..DecisionFilter::default() };
    let page = decisions::Page { limit: 500, ..decisions::Page::default() };
    let resources = ResourceFilter { tenant: Some(&a), ..ResourceFilter::default() };
    let tasks = TaskFilter { tenants: Some(&tenants), ..TaskFilter::default() };
    let changes = ChangeFilter { tenant: Some(&a), ..ChangeFilter::default() };
    vec![
        shown("decisions", &store.list_decisions(&decisions, &page).await),
        shown(
            "statistics",
            &store.decision_stats(start, decisions.tenants.as_deref()).await.map(in_one_hour),
        ),
        shown("rules", &store.list_rules(Some(&a), &Page::ALL).await),
        shown("roles", &store.list_roles(Some(&a)).await),
        shown("members", &store.list_members(&a, &Page::ALL).await),
        shown(
            "members' state",
            &store.read_members(&a, None, 500).await.map(|found| found.map(|of| of.members)),
        ),
        shown("resources", &store.list_resources(resources, &Page::ALL).await),
        shown("types", &store.list_resource_types(resources).await),
        shown("count of resources", &store.count_resources(resources, 1_000).await),
        shown("tasks", &store.list_tasks(&tasks, None, 500).await),
        shown("changes", &store.list_changes(&changes, Default::default(), 500).await),
        shown("reviews", &store.count_reviews(Some(&a)).await),
        shown("ending enforcement keys", &store.count_ending_credentials(start, end, Some(&a)).await),
        shown("ending API keys", &store.count_ending_api_keys(start, end, Some(&a)).await),
    ]
}

/// The hours as one: another one may begin between what the one side decides and what the other does.
fn in_one_hour(stats: DecisionStats) -> DecisionStats {
    let mut whole = HourCount::default();
    for hour in &stats.hours {
        whole.allowed += hour.allowed;
        whole.denied += hour.denied;
        whole.waiting += hour.waiting;
    }
    DecisionStats { hours: vec![whole], ..stats }
}

fn shown<T: Debug, E: Debug>(name: &str, read: &Result<T, E>) -> (String, String) {
    let read = read.as_ref().expect("reads");
    (format!("the console's {name}"), plain(&format!("{read:#?}")))
}
