//! What people did in an emergency, and a tenant that is suspended: told while it lasts, and not after.

use crate::access::lab::{Lab, MEMBERS, OUTSIDE, TOOLS};
use crate::access::page::Row;
use crate::emergency::{lift, stop};
use policy::labels::StopScope;
use policy::{SubjectId, TenantSlug};
use store::administration::NewBreakGlass;
use tests::Backend;
use tests::world::operator;

/// Members and tools of which the pages are read.
const SUBJECTS: &[&str] = &["l-ann", "l-bot"];
const TOOL: &str = "desk/show";

/// Where a stop is thrown, and whether it stops calls of a tool by a subject.
type Thrown = (StopScope, &'static str, Option<&'static str>, fn(&str, &str) -> bool);

const STOPS: &[Thrown] = &[
    (StopScope::Everything, "", None, |_, _| true),
    (StopScope::Tenant, "", Some("lab"), |_, _| true),
    (StopScope::Tenant, "", Some("acme"), |_, _| false),
    (StopScope::Server, "desk", None, |_, tool| tool.starts_with("desk/")),
    (StopScope::Tool, "desk/show", Some("lab"), |_, tool| tool == "desk/show"),
    (StopScope::Subject, "l-ann", None, |subject, _| subject == "l-ann"),
    (StopScope::Agent, "l-bot", Some("lab"), |subject, _| subject == "l-bot"),
];

/// Rows with the subject and the tool that each is about.
async fn seen(lab: &Lab) -> Vec<(String, String, Row)> {
    let mut seen = Vec::new();
    let rows = lab.who(TOOL).await;
    lab.hold(&rows, |row| (row.name.as_str(), TOOL)).await;
    seen.extend(rows.into_iter().map(|row| (row.name.clone(), TOOL.to_owned(), row)));
    for subject in SUBJECTS {
        let rows = lab.what(subject).await;
        lab.hold(&rows, |row| (*subject, row.name.as_str())).await;
        seen.extend(rows.into_iter().map(|row| ((*subject).to_owned(), row.name.clone(), row)));
    }
    assert_eq!(seen.len(), MEMBERS.len() + SUBJECTS.len() * TOOLS.len());
    seen
}

pub(crate) async fn what_is_stopped_is_told_while_it_is(backend: Backend) {
    let lab = Lab::open(backend).await;
    let before = seen(&lab).await;
    for (scope, target, tenant, stops) in STOPS {
        let id = stop(&lab.house.world, *scope, target, *tenant).await;
        for ((subject, tool, row), (.., was)) in seen(&lab).await.into_iter().zip(&before) {
            // Whom the tenant does not let in at all is told that.
            let is_stopped = stops(&subject, &tool) && !OUTSIDE.contains(&subject.as_str());
            let told = row.why.iter().any(|why| why.starts_with("stopped: ") && why.contains("it runs wild"));
            assert_eq!(told, is_stopped, "{scope} {target}: {subject} on {tool}: {row:?}");
            assert!(is_stopped || row == *was, "{scope} {target}: {subject} on {tool}: {row:?}");
        }
        lift(&lab.house.world, &id).await;
    }
    assert_eq!(seen(&lab).await, before);
    lab.stop().await;
}

pub(crate) async fn a_break_glass_is_told_while_it_lasts(backend: Backend) {
    let lab = Lab::open(backend).await;
    let before = lab.what("l-gus").await;
    let new = NewBreakGlass {
        tenant: &TenantSlug::from("lab"),
        subject: &SubjectId::from("l-gus"),
        tools: "desk/*",
        reason: "the desk burns",
        minutes: 15,
    };
    let mut writer = lab.house.world.store.write(operator()).await.expect("a unit of work");
    let id = writer.ask_break_glass(&new, None).await.expect("is asked for").id;
    writer.commit().await.expect("commits");
    assert_eq!(lab.what("l-gus").await, before, "nobody confirmed it yet");
    let mut writer = lab.house.world.store.write(operator()).await.expect("a unit of work");
    writer.confirm_break_glass(&id, None).await.expect("is confirmed: there is one owner");
    writer.commit().await.expect("commits");

    let rows = lab.what("l-gus").await;
    lab.hold(&rows, |row| ("l-gus", row.name.as_str())).await;
    for row in &rows {
        // It goes before nothing that denies: a deny rule, a review, a server that is off.
        let helps = !["away", "erase", "fresh", "moved"].contains(&row.name.trim_start_matches("desk/"))
            && row.name.starts_with("desk/");
        let told = row.why.iter().any(|why| why == "`break-glass` allows it");
        assert_eq!((told, row.access == "conditions"), (helps, helps), "{row:?}");
    }
    // It is this member's alone.
    assert_eq!(lab.what("l-tia").await.iter().filter(|row| row.why[0].contains("break-glass")).count(), 0);

    let mut writer = lab.house.world.store.write(operator()).await.expect("a unit of work");
    writer.end_break_glass(&id).await.expect("is ended");
    writer.commit().await.expect("commits");
    assert_eq!(lab.what("l-gus").await, before);
    lab.stop().await;
}

pub(crate) async fn nobody_calls_anything_in_a_suspended_tenant(backend: Backend) {
    let lab = Lab::open(backend).await;
    let before = seen(&lab).await;
    lab.house.world.apply("tenants: [{ slug: lab, active: false }]").await;
    for (subject, tool, row) in seen(&lab).await {
        let is_let_in = !OUTSIDE.contains(&subject.as_str());
        let told = row.why[0].starts_with("tenant suspended: ");
        assert_eq!((row.access.as_str(), told), ("never", is_let_in), "{subject} on {tool}: {row:?}");
    }
    let matrix = lab.matrix().await;
    assert!(matrix.rows.iter().flat_map(|(.., words)| words).all(|word| word == "never"), "{matrix:?}");
    lab.house.world.apply("tenants: [{ slug: lab, active: true }]").await;
    assert_eq!(seen(&lab).await, before);
    lab.stop().await;
}
