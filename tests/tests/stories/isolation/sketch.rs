//! Random worlds: what tenant `a` has, which is the same in both, and what the others have, which is not.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

/// Stands in every text of other tenants, and nowhere else.
pub(crate) const MARKER: &str = "zq7secret";

/// Rules of tenant `a`, but for their names.
const OWN: &[&str] = &[
    r#"{"effect": "allow", "roles": ["editor"], "tools": ["shop/refund"], "parameters":
        {"properties": {"amount": {"type": "number", "maximum": 100}}, "required": ["amount"]}}"#,
    r#"{"effect": "allow", "tools": ["shop/show"]}"#,
    r#"{"effect": "allow", "actions": ["read"], "resources": ["record:*"]}"#,
    r#"{"effect": "allow", "roles": ["editor"], "actions": ["write"], "resources": ["record:*"],
        "when": "resource.state == 'open'"}"#,
    r#"{"effect": "deny", "kinds": ["agent"], "tools": ["shop/refund"], "when": "args.amount > 60"}"#,
    r#"{"effect": "allow", "roles": ["worker"], "tools": ["shop/refund"],
        "when": "bound['/customer_id'].region == 'eu'"}"#,
    r#"{"effect": "require_approval", "tools": ["shop/refund"], "kinds": ["user"],
        "approval": {"approvers": ["editor"]}}"#,
    r#"{"effect": "deny", "subjects": ["both"], "actions": ["*"], "resources": ["record:r-2"]}"#,
    r#"{"effect": "allow", "status": "shadow", "tools": ["shop/*"], "when": "tenant.slug == 'b'"}"#,
];

/// Rules of the others.
const THEIRS: &[&str] = &[
    r#"{"effect": "deny", "tools": ["*/*"], "when": "subject.id != 'zq7secret'"}"#,
    r#"{"effect": "allow", "tools": ["*/*"]}"#,
    r#"{"effect": "deny", "actions": ["*"], "resources": ["*:*"]}"#,
    r#"{"effect": "allow", "roles": ["editor"], "actions": ["read", "write", "zq7secret"],
        "resources": ["record:r-1", "record:r-2", "record:zq7secret"]}"#,
    r#"{"effect": "require_approval", "tools": ["shop/*"], "approval": {"approvers": ["editor"]}}"#,
    r#"{"effect": "allow", "status": "shadow", "roles": ["editor"], "tools": ["shop/refund"], "parameters":
        {"properties": {"amount": {"type": "number", "maximum": 1000000}}, "required": ["amount"]}}"#,
];

const ROLES: &[&str] = &["editor", "worker"];

/// What tenant `a` has.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    rules: Vec<usize>,
    /// By place in [`ROLES`]: of `ada`, `bot` and `both` in `a`.
    roles: [Vec<usize>; 3],
    region: &'static str,
}

/// What the others have, and have done.
#[derive(Debug, Clone)]
pub(crate) struct Theirs {
    rules: Vec<usize>,
    /// Whether tenant `c` has the same rules.
    both_tenants: bool,
    active: bool,
    /// Whether `ben`, who is a member of `b` alone, is active.
    ben: bool,
    /// Of `both` in `b`.
    roles: Vec<usize>,
    /// Members whom `a` does not have.
    members: usize,
    server: bool,
    /// An issuer that knows `both`.
    issuer: bool,
    /// Whether `ben` answers for the agent of `a`.
    owner: bool,
    resources: usize,
    sensitivity: &'static str,
    pub(crate) tasks: usize,
    pub(crate) stopped: bool,
    /// Whether `both` may do anything there, by break-glass.
    pub(crate) glass: bool,
    pub(crate) calls: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) own: Own,
    pub(crate) theirs: [Theirs; 2],
    /// What is asked, by place.
    pub(crate) moves: Vec<usize>,
}

fn places(of: usize) -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..of).collect::<Vec<_>>(), 0..=of)
}

fn own() -> impl Strategy<Value = Own> {
    let roles = || places(ROLES.len());
    let region = prop::sample::select(vec!["eu", "us"]);
    (places(OWN.len()), [roles(), roles(), roles()], region).prop_map(|(rules, roles, region)| Own {
        rules,
        roles,
        region,
    })
}

fn theirs() -> impl Strategy<Value = Theirs> {
    let flags = any::<[bool; 8]>();
    let counts = [0..3_usize, 0..3, 0..3, 0..3];
    let sensitivity = prop::sample::select(vec!["public", "regulated"]);
    (places(THEIRS.len()), flags, places(ROLES.len()), counts, sensitivity).prop_map(
        |(rules, flags, roles, counts, sensitivity)| {
            let [both_tenants, active, ben, server, issuer, owner, stopped, glass] = flags;
            let [members, resources, tasks, calls] = counts;
            Theirs {
                rules,
                both_tenants,
                active,
                ben,
                roles,
                members,
                server,
                issuer,
                owner,
                resources,
                sensitivity,
                tasks,
                stopped,
                glass,
                calls,
            }
        },
    )
}

/// `moves`: how many there are to choose from.
pub(crate) fn sketch(moves: usize) -> impl Strategy<Value = Sketch> {
    (own(), [theirs(), theirs()], vec(0..moves, 12..24)).prop_map(|(own, theirs, moves)| Sketch {
        own,
        theirs,
        moves,
    })
}

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
    /// Two worlds that differ in all there is: the others have nothing in the one, and everything in the other. Every move
    /// is asked once.
    pub(crate) fn whole(moves: usize) -> Self {
        let all = |texts: &[&str]| -> Vec<usize> { (0..texts.len()).collect() };
        let nothing = Theirs {
            rules: Vec::new(),
            both_tenants: false,
            active: false,
            ben: false,
            roles: Vec::new(),
            members: 0,
            server: false,
            issuer: false,
            owner: false,
            resources: 0,
            sensitivity: "public",
            tasks: 0,
            stopped: false,
            glass: false,
            calls: 0,
        };
        let everything = Theirs {
            rules: all(THEIRS),
            both_tenants: true,
            active: true,
            ben: true,
            roles: all(ROLES),
            members: 2,
            server: true,
            issuer: true,
            owner: true,
            resources: 2,
            sensitivity: "regulated",
            tasks: 2,
            stopped: true,
            glass: true,
            calls: 2,
        };
        let own = Own { rules: all(OWN), roles: [all(ROLES), all(ROLES), all(ROLES)], region: "eu" };
        Self { own, theirs: [nothing, everything], moves: (0..moves).collect() }
    }

    /// One of the two worlds as a bundle: all there is, whatever was there before.
    pub(crate) fn bundle(&self, which: usize) -> String {
        let (own, theirs) = (&self.own, &self.theirs[which]);
        let mut all = rules(OWN, &own.rules, "a", "own");
        all.extend(rules(THEIRS, &theirs.rules, "b", MARKER));
        if theirs.both_tenants {
            all.extend(rules(THEIRS, &theirs.rules, "c", MARKER));
        }
        let issuer = format!("https://{MARKER}.example");
        let issuers: Vec<Value> =
            theirs.issuer.then(|| json!({"url": issuer, "tenants": ["b"]})).into_iter().collect();
        json!({
            "tenants": [{"slug": "a", "name": "Alpha"}, {"slug": "b", "name": MARKER, "active": theirs.active},
                {"slug": "c", "name": format!("{MARKER} too")}],
            "roles": [{"name": "worker"}, {"name": "editor", "tenant": "a"},
                {"name": "editor", "tenant": "b", "description": MARKER},
                {"name": "editor", "tenant": "c", "description": MARKER},
                {"name": "owner-of-b", "tenant": "b", "description": MARKER}],
            "issuers": issuers,
            "subjects": self.subjects(which, &issuer),
            "servers": servers(theirs),
            "resources": resources(own, theirs),
            "rules": all,
            "credentials": credentials(theirs),
        })
        .to_string()
    }

    fn subjects(&self, which: usize, issuer: &str) -> Vec<Value> {
        let (own, theirs) = (&self.own, &self.theirs[which]);
        let [ada, bot, both] = &own.roles;
        let mut ben = stranger("ben", theirs.ben);
        ben["api_keys"] = json!([{"name": MARKER, "secret_env": "BEN"}]);
        let identities: Vec<Value> =
            theirs.issuer.then(|| json!({"issuer": issuer, "sub": MARKER})).into_iter().collect();
        let mut subjects = vec![
            ben,
            json!({"id": "ada", "kind": "user", "memberships": [{"tenant": "a", "roles": names(ada)}],
                "api_keys": [{"name": "k", "secret_env": "ADA"}]}),
            json!({"id": "both", "kind": "user", "identities": identities,
                "memberships": [{"tenant": "a", "roles": names(both)}, {"tenant": "b", "roles": names(&theirs.roles)}],
                "api_keys": [{"name": "k", "secret_env": "BOTH"}]}),
        ];
        subjects.extend((0..theirs.members).map(|number| stranger(&format!("their-{number}"), true)));
        // Whoever is owned is put down after all others: so it has its place in both worlds.
        subjects.push(json!({"id": "bot", "kind": "agent", "owner": if theirs.owner { "ben" } else { "" },
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
    let mut servers = vec![json!({"slug": "shop", "url": "http://127.0.0.1:9000/mcp", "tenants": ["a", "b"],
        "tools": [refund, {"name": "show"}]})];
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
