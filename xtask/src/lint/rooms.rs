//! Which room may import which: what README.md says of the rooms, held against the manifests, and what must never reach
//! `policy` or the browser, held against the resolved trees. Must not be loosened without changing what is said there.

use anyhow::Result;

use super::metadata::{Metadata, Package};
use crate::process::{capture, cargo};

/// Each room and the rooms it may import, tests of its own included.
const ROOMS: &[(&str, &[&str])] = &[
    ("policy", &[]),
    ("store", &["policy"]),
    ("pdp", &["policy", "store"]),
    ("app", &["policy", "pdp", "store"]),
    ("server", &["policy", "store", "pdp", "app"]),
    ("frontend", &["app"]),
    ("tests", &["policy", "store", "pdp", "app", "server"]),
    ("xtask", &[]),
    ("crm-server", &[]),
];

/// Rooms that a room imports only under a feature, because the browser must not have them.
const OPTIONAL: &[(&str, &[&str])] = &[("app", &["pdp", "store"])];

/// Crates that belong to some rooms. The stories may speak SQL: a change made by hand must be live as well.
const KEPT: &[(&str, &[&str])] = &[
    ("sqlx", &["store", "tests"]),
    ("sea-query", &["store"]),
    ("sea-query-sqlx", &["store"]),
    ("leptos", &["app", "server", "frontend"]),
    ("leptos_axum", &["app", "server"]),
    ("axum", &["app", "server", "tests", "crm-server"]),
    ("anyhow", &["server", "tests", "xtask", "crm-server"]),
];

/// What `policy` must never take in: it does no I/O and knows no clock.
const NEVER_IN_POLICY: &[&str] =
    &["tokio", "sqlx", "sqlx-core", "axum", "axum-core", "leptos", "reqwest", "hyper"];
/// What the browser must never take in. `tokio` may be there without its runtime.
const NEVER_IN_FRONTEND: &[&str] = &[
    "sqlx",
    "sqlx-core",
    "axum",
    "axum-core",
    "reqwest",
    "hyper",
    "store",
    "pdp",
    "server",
    "cel",
    "jsonschema",
];

/// What the manifests say against the table.
pub(super) fn direct(metadata: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    for package in metadata.ours() {
        match entry(ROOMS, &package.name) {
            Some(allowed) => imports(package, allowed, &mut findings),
            None => findings.push(format!("{} is no room of xtask/src/lint/rooms.rs", package.name)),
        }
    }
    findings
}

fn imports(package: &Package, allowed: &[&str], findings: &mut Vec<String>) {
    let room = &package.name;
    for dependency in &package.dependencies {
        let name = dependency.name.as_str();
        if dependency.path.is_some() {
            if !allowed.contains(&name) && name != room {
                findings.push(format!("{room} may not import {name}"));
            }
            let optional = entry(OPTIONAL, room).is_some_and(|rooms| rooms.contains(&name));
            if optional && !dependency.optional {
                findings.push(format!("{room} may import {name} only as an optional dependency"));
            }
        } else if let Some(rooms) = entry(KEPT, name)
            && !rooms.contains(&room.as_str())
        {
            findings.push(format!("{room} may not use {name}, which belongs to {}", rooms.join(", ")));
        }
    }
}

fn entry<'a>(table: &[(&str, &'a [&'a str])], key: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(name, _)| *name == key).map(|(_, rest)| *rest)
}

/// What the resolved trees hold that they must not.
pub(super) fn trees() -> Result<Vec<String>> {
    let format = ["--prefix", "none", "--format", "{p}|{f}", "-e", "normal"];
    let policy = capture(cargo().args(["tree", "-p", "policy", "--all-features"]).args(format))?;
    let target = ["tree", "-p", "frontend", "--target", "wasm32-unknown-unknown"];
    let frontend = capture(cargo().args(target).args(format))?;
    let mut findings = strangers("policy", &policy, NEVER_IN_POLICY);
    findings.extend(strangers("frontend", &frontend, NEVER_IN_FRONTEND));
    if has_runtime(&frontend) {
        findings.push("frontend takes in the runtime of tokio".to_owned());
    }
    Ok(findings)
}

fn strangers(room: &str, tree: &str, never: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in tree.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let finding = format!("{room} takes in {name}");
        if never.contains(&name) && !found.contains(&finding) {
            found.push(finding);
        }
    }
    found
}

fn has_runtime(tree: &str) -> bool {
    tree.lines().filter(|line| line.starts_with("tokio v")).any(|line| {
        let features = line.split_once('|').map_or("", |(_, features)| features);
        features
            .trim_end_matches(" (*)")
            .split(',')
            .any(|feature| feature == "rt" || feature == "rt-multi-thread")
    })
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    fn ours(name: &str, dependencies: Vec<Dependency>) -> Metadata {
        let package = Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            source: None,
            license: None,
            dependencies,
        };
        Metadata { packages: vec![package] }
    }

    fn room(name: &str, optional: bool) -> Dependency {
        Dependency { name: name.to_owned(), optional, path: Some("somewhere".to_owned()) }
    }

    fn krate(name: &str) -> Dependency {
        Dependency { name: name.to_owned(), optional: false, path: None }
    }

    #[test]
    fn imports_point_downward_only() {
        assert!(direct(&ours("store", vec![room("policy", false), krate("sqlx")])).is_empty());
        assert!(direct(&ours("app", vec![room("policy", false), room("store", true)])).is_empty());
        assert_eq!(direct(&ours("policy", vec![room("store", false)])), ["policy may not import store"]);
        assert_eq!(direct(&ours("app", vec![room("store", false)])).len(), 1);
        assert_eq!(direct(&ours("pdp", vec![krate("sqlx")])).len(), 1);
        assert_eq!(direct(&ours("xtask", vec![room("server", false)])).len(), 1);
        assert_eq!(direct(&ours("helpers", vec![])).len(), 1);
    }

    #[test]
    fn strangers_are_found_once() {
        let tree = "policy v0.1.0 (/work/policy)|\nserde v1.0.0|default\nsqlx-core v0.9.0|any\nsqlx-core v0.9.0|any (*)\n";
        assert_eq!(strangers("policy", tree, NEVER_IN_POLICY), ["policy takes in sqlx-core"]);
        assert!(strangers("frontend", "server_fn v0.8.0|\n", NEVER_IN_FRONTEND).is_empty());
    }

    #[test]
    fn tokio_without_its_runtime_is_no_runtime() {
        assert!(!has_runtime("tokio v1.54.1|default,sync (*)\n"));
        assert!(has_runtime("app v0.1.0|\ntokio v1.54.1|default,rt (*)\n"));
    }
}
