//! Random worlds: what tenant `a` has, which is the same in both, and what the others have, which is not.

use crate::isolation::tokens::{OWN_MAPPINGS, THEIR_MAPPINGS};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

/// Stands in every text of other tenants, and nowhere else.
pub(crate) const MARKER: &str = "zq7secret";

/// Rules of tenant `a`, but for their names.
pub(crate) const OWN: &[&str] = &[
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
    r#"{"effect": "allow", "tools": ["shop/copy"]}"#,
];

/// Rules of the others.
pub(crate) const THEIRS: &[&str] = &[
    r#"{"effect": "deny", "tools": ["*/*"], "when": "subject.id != 'zq7secret'"}"#,
    r#"{"effect": "allow", "tools": ["*/*"]}"#,
    r#"{"effect": "deny", "actions": ["*"], "resources": ["*:*"]}"#,
    r#"{"effect": "allow", "roles": ["editor"], "actions": ["read", "write", "zq7secret"],
        "resources": ["record:r-1", "record:r-2", "record:zq7secret"]}"#,
    r#"{"effect": "require_approval", "tools": ["shop/*"], "approval": {"approvers": ["editor"]}}"#,
    r#"{"effect": "allow", "status": "shadow", "roles": ["editor"], "tools": ["shop/refund"], "parameters":
        {"properties": {"amount": {"type": "number", "maximum": 1000000}}, "required": ["amount"]}}"#,
];

pub(crate) const ROLES: &[&str] = &["editor", "worker"];

/// What tenant `a` has.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) rules: Vec<usize>,
    /// By place in [`ROLES`]: of `ada`, `bot` and `both` in `a`.
    pub(crate) roles: [Vec<usize>; 3],
    pub(crate) region: &'static str,
    /// Of claims to roles in `a`.
    pub(crate) mappings: Vec<usize>,
}

/// What the others have, and have done.
#[derive(Debug, Clone)]
pub(crate) struct Theirs {
    pub(crate) rules: Vec<usize>,
    /// Whether tenant `c` has the same rules.
    pub(crate) both_tenants: bool,
    pub(crate) active: bool,
    /// Whether `ben`, who is a member of `b` alone, is active.
    pub(crate) ben: bool,
    /// Whether none of his tokens counts that was issued before.
    pub(crate) signed_out: bool,
    /// Of `both` in `b`.
    pub(crate) roles: Vec<usize>,
    /// Members whom `a` does not have.
    pub(crate) members: usize,
    pub(crate) server: bool,
    /// An issuer that knows `both`.
    pub(crate) issuer: bool,
    /// Whether one knew `both` that is gone.
    pub(crate) gone: bool,
    /// Whether `ben` answers for the agent of `a`.
    pub(crate) owner: bool,
    pub(crate) resources: usize,
    pub(crate) sensitivity: &'static str,
    pub(crate) tasks: usize,
    pub(crate) stopped: bool,
    /// Whether `both` may do anything there, by break-glass.
    pub(crate) glass: bool,
    pub(crate) calls: usize,
    /// Of claims to roles in `b`.
    pub(crate) mappings: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) own: Own,
    pub(crate) theirs: [Theirs; 2],
    /// What is asked, by place.
    pub(crate) moves: Vec<usize>,
    /// Whether calls are tried on their page. Else who sees every tenant looks at what is of `a`.
    pub(crate) tried: bool,
    /// Whether both is done, and it is asked, too, what is refused whatever there is.
    pub(crate) whole: bool,
}

fn places(of: usize) -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..of).collect::<Vec<_>>(), 0..=of)
}

fn own() -> impl Strategy<Value = Own> {
    let roles = || places(ROLES.len());
    let region = prop::sample::select(vec!["eu", "us"]);
    (places(OWN.len()), [roles(), roles(), roles()], region, places(OWN_MAPPINGS.len()))
        .prop_map(|(rules, roles, region, mappings)| Own { rules, roles, region, mappings })
}

fn theirs() -> impl Strategy<Value = Theirs> {
    let flags = any::<[bool; 10]>();
    let counts = [0..3_usize, 0..3, 0..3, 0..3];
    let sensitivity = prop::sample::select(vec!["public", "regulated"]);
    let mappings = places(THEIR_MAPPINGS.len());
    (places(THEIRS.len()), flags, places(ROLES.len()), counts, sensitivity, mappings).prop_map(
        |(rules, flags, roles, counts, sensitivity, mappings)| {
            let [both_tenants, active, ben, signed_out, server, issuer, gone, owner, stopped, glass] = flags;
            let [members, resources, tasks, calls] = counts;
            Theirs {
                rules,
                both_tenants,
                active,
                ben,
                signed_out,
                roles,
                members,
                server,
                issuer,
                gone,
                owner,
                resources,
                sensitivity,
                tasks,
                stopped,
                glass,
                calls,
                mappings,
            }
        },
    )
}

/// `moves`: how many there are to choose from.
pub(crate) fn sketch(moves: usize) -> impl Strategy<Value = Sketch> {
    (own(), [theirs(), theirs()], vec(0..moves, 18..32), any::<bool>())
        .prop_map(|(own, theirs, moves, tried)| Sketch { own, theirs, moves, tried, whole: false })
}

impl Sketch {
    /// Two worlds that differ in all there is: the others have nothing in the one, and everything in the other. Everything
    /// is asked once.
    pub(crate) fn whole(moves: usize) -> Self {
        let all = |texts: &[&str]| -> Vec<usize> { (0..texts.len()).collect() };
        let nothing = Theirs {
            rules: Vec::new(),
            both_tenants: false,
            active: false,
            ben: false,
            signed_out: false,
            roles: Vec::new(),
            members: 0,
            server: false,
            issuer: false,
            gone: false,
            owner: false,
            resources: 0,
            sensitivity: "public",
            tasks: 0,
            stopped: false,
            glass: false,
            calls: 0,
            mappings: Vec::new(),
        };
        let everything = Theirs {
            rules: all(THEIRS),
            both_tenants: true,
            active: true,
            ben: true,
            signed_out: true,
            roles: all(ROLES),
            members: 2,
            server: true,
            issuer: true,
            gone: true,
            owner: true,
            resources: 2,
            sensitivity: "regulated",
            tasks: 2,
            stopped: true,
            glass: true,
            calls: 2,
            mappings: all(THEIR_MAPPINGS),
        };
        let own = Own {
            rules: all(OWN),
            roles: [all(ROLES), all(ROLES), all(ROLES)],
            region: "eu",
            mappings: all(OWN_MAPPINGS),
        };
        let moves = (0..moves).collect();
        Self { own, theirs: [nothing, everything], moves, tried: true, whole: true }
    }
}
