//! A sketch as a bundle: all that one of the two worlds has.

use crate::isolation::sketch::{MARKER, OWN, Own, ROLES, Sketch, THEIRS, Theirs};
use crate::isolation::tokens::{ELSEWHERE, gone, issuers, of_others};
use serde_json::{Value, json};
use tests::signer::ISSUER;

fn names(places: &[usize]) -> Vec<&'static str> {
    places.iter().map(|place| ROLES[*place]).collect()
}

fn rules(texts: &[&str], places: &[usize], tenant: &str, name: &str) -> Vec<Value> {
    let rule = |place: &usize| {
        let mut rule: Value = serde_json::from_str(texts[*place]).expect("JSON");
        rule["name"] = json!(format!("{name} {place}"));
        rule["tenant"] = json!(tenant);
        rule
    };
    places.iter().map(rule).collect()
}

/// A member of other tenants alone.
fn stranger(id: &str, active: bool) -> Value {
    json!({"id": id, "kind": "user", "name": format!("{MARKER} {id}"), "active": active,
        "attributes": {"note": MARKER}, "memberships": [{"tenant": "b", "roles": ["editor"]}]})
}

impl Sketch {
    /// One of the two worlds as a bundle: all there is, whatever was there before.
    pub(crate) fn bundle(&self, which: usize) -> String {
        let (own, theirs) = (&self.own, &self.theirs[which]);
        let mut all = rules(OWN, &own.rules, "a", "own");
        all.extend(rules(THEIRS, &theirs.rules, "b", MARKER));
        if theirs.both_tenants {
            all.extend(rules(THEIRS, &theirs.rules, "c", MARKER));
        }
        json!({
            "tenants": [{"slug": "a", "name": "Alpha"}, {"slug": "b", "name": MARKER, "active": theirs.active},
                {"slug": "c", "name": format!("{MARKER} too")}],
            "roles": [{"name": "worker"}, {"name": "editor", "tenant": "a"},
                {"name": "editor", "tenant": "b", "description": MARKER},
                {"name": "editor", "tenant": "c", "description": MARKER},
                {"name": "owner-of-b", "tenant": "b", "description": MARKER}],
            "issuers": issuers(own, theirs),
            "subjects": self.subjects(which),
            "servers": servers(theirs),
            "resources": resources(own, theirs),
            "rules": all,
            "credentials": credentials(theirs),
        })
        .to_string()
    }

    fn subjects(&self, which: usize) -> Vec<Value> {
        let (own, theirs) = (&self.own, &self.theirs[which]);
        let [ada, bot, both] = &own.roles;
        let mut ben = stranger("ben", theirs.ben);
        ben["api_keys"] = json!([{"name": MARKER, "secret_env": "BEN"}]);
        let known_as = |sub: &str| json!({"issuer": ISSUER, "sub": sub});
        // Of the others alone, and there in both worlds: a token may name them, and they may show one.
        ben["identities"] = json!([known_as("ben")]);
        let mut bea = stranger("bea", true);
        bea["identities"] = json!([known_as("bea")]);
        let mut identities = vec![known_as("both"), json!({"issuer": ELSEWHERE, "sub": "both"})];
        identities.extend(theirs.issuer.then(|| json!({"issuer": of_others(), "sub": MARKER})));
        identities.extend(theirs.gone.then(|| json!({"issuer": gone(), "sub": MARKER})));
        let mut subjects = vec![
            ben,
            bea,
            json!({"id": "ada", "kind": "user", "identities": [known_as("ada")],
                "memberships": [{"tenant": "a", "roles": names(ada)}],
                "api_keys": [{"name": "k", "secret_env": "ADA"}]}),
            json!({"id": "both", "kind": "user", "identities": identities,
                "memberships": [{"tenant": "a", "roles": names(both)}, {"tenant": "b", "roles": names(&theirs.roles)}],
                "api_keys": [{"name": "k", "secret_env": "BOTH"}]}),
        ];
        subjects.extend((0..theirs.members).map(|number| stranger(&format!("their-{number}"), true)));
        // Whoever is owned is put down after all others: so it has its place in both worlds.
        subjects.push(json!({"id": "bot", "kind": "agent", "identities": [known_as("bot")],
            "owner": if theirs.owner { "ben" } else { "" },
            "memberships": [{"tenant": "a", "roles": names(bot)}],
            "api_keys": [{"name": "k", "secret_env": "BOT"}]}));
        subjects
    }
}

fn servers(theirs: &Theirs) -> Vec<Value> {
    let amount = json!({"type": "object", "properties": {"customer_id": {"type": "string"},
        "amount": {"type": "number"}}, "required": ["customer_id"]});
    let refund = json!({"name": "refund", "input_schema": amount,
        "bindings": [{"pointer": "/customer_id", "type": "customer"}]});
    let read_and_write = json!({"evaluations": {"subject": {"type": "identity", "id": "$token.sub"},
        "evaluations": [
            {"action": {"name": "read"}, "resource": {"type": "record", "id": "$params.arguments.from"}},
            {"action": {"name": "write"}, "resource": {"type": "record", "id": "$params.arguments.to"}}]}});
    let copy = json!({"name": "copy", "mapping": "accepted", "input_schema": {"type": "object",
        "properties": {"from": {"type": "string"}, "to": {"type": "string"}}, "required": ["from"],
        "x-authzen-mapping": read_and_write}});
    let mut servers = vec![json!({"slug": "shop", "url": "http://127.0.0.1:9000/mcp", "tenants": ["a", "b"],
        "tools": [refund, {"name": "show"}, copy]})];
    if theirs.server {
        servers.push(
            json!({"slug": "theirs", "url": format!("https://{MARKER}.example/mcp"), "name": MARKER,
            "tenants": ["b", "c"], "tools": [{"name": "show", "description": MARKER},
            {"name": "odd", "review": "new"}]}),
        );
    }
    servers
}

fn resources(own: &Own, theirs: &Theirs) -> Vec<Value> {
    let note = json!({"note": MARKER, "region": own.region, "state": "open"});
    let mut resources = vec![
        json!({"type": "customer", "id": "c-1", "tenant": "a", "attributes": {"region": own.region}}),
        json!({"type": "customer", "id": "c-2", "tenant": "a"}),
        json!({"type": "record", "id": "r-1", "tenant": "a", "attributes": {"state": "open"}}),
        json!({"type": "customer", "id": "t-1", "tenant": "b", "attributes": note,
            "sensitivity": theirs.sensitivity}),
        json!({"type": "record", "id": "r-2", "tenant": "b", "attributes": {"state": theirs.sensitivity}}),
    ];
    for number in 0..theirs.resources {
        for kind in ["customer", "record", "vault"] {
            let id = format!("{MARKER}-{number}");
            resources.push(json!({"type": kind, "id": id, "tenant": "b", "attributes": {"note": MARKER}}));
        }
    }
    resources
}

fn credentials(theirs: &Theirs) -> Vec<Value> {
    let mut credentials = vec![
        json!({"name": "a-pep", "tenant": "a", "server": "shop", "trust": "verify_token", "secret_env": "A_PEP"}),
        json!({"name": "a-vouch", "tenant": "a", "trust": "assert_subject", "search": "own",
            "secret_env": "A_VOUCH"}),
        json!({"name": "a-search", "tenant": "a", "server": "shop", "trust": "assert_subject", "search": "own",
            "secret_env": "A_SEARCH"}),
        json!({"name": "free", "server": "shop", "trust": "verify_token", "secret_env": "FREE"}),
        json!({"name": MARKER, "tenant": "b", "server": "shop", "trust": "verify_token", "secret_env": "B_PEP"}),
    ];
    if theirs.server {
        credentials.push(json!({"name": format!("{MARKER} too"), "tenant": "b", "server": "theirs"}));
    }
    credentials
}
