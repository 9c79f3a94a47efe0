//! The history: which requests it shows, how long each took, and what the rates of each rule suggest.

use crate::inbox::helpers::{HOUR, asked, cookie, decide, demo_with_frank, look, refund};
use crate::inbox::html::{cells, rows, text};
use pdp::approvals::Approvals;
use policy::labels::ApprovalState;
use policy::{ApprovalId, RuleId, SubjectId};
use serde_json::json;
use store::accounts::AccountRole;
use tests::world::operator;
use tests::{Backend, Replica, World};

pub(crate) const NOTES: &str =
    "rules: [{ name: ask for notes, tenant: acme, effect: require_approval, tools: [crm/add_note],
    approval: { approvers: [finance] } }]";

pub(crate) const LOOKING: &str = "rules: [{ name: look twice, tenant: acme, effect: require_approval,
    tools: [crm/get_customer], approval: { approvers: [finance] } }]";

pub(crate) const LIST: &str = "Requests, newest first";

const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * HOUR;

pub(crate) async fn carol_asks(world: &World, replica: &Replica, customer: &str) -> ApprovalId {
    asked(world, replica, "CAROL_KEY", "refund", refund(customer)).await
}

pub(crate) async fn bot_asks(world: &World, replica: &Replica, text: &str) -> ApprovalId {
    let note = json!({"customer_id": "c-42", "text": text});
    asked(world, replica, "REFUND_BOT_KEY", "add_note", note).await
}

/// The rule that asks for this request.
pub(crate) async fn rule_of(world: &World, id: &ApprovalId) -> RuleId {
    let approval = world.store.get_approval(id).await.expect("reads").expect("is there");
    approval.requirements.first().expect("a rule asks").rule.clone()
}

/// Filed three days ago, and decided so much later.
pub(crate) async fn took(world: &World, id: &ApprovalId, decided: i64) {
    let filed = server::clock::system()().micros() - 3 * DAY;
    let times = format!("filed_at = {filed}, decided_at = {}", filed + decided);
    world.database.by_hand(&format!("UPDATE approvals SET {times} WHERE id = '{id}'")).await;
}

/// Nobody decides it; its time was an hour.
async fn runs_out(world: &World, approvals: &Approvals, id: &ApprovalId) {
    let filed = server::clock::system()().micros() - 3 * DAY;
    let times = format!("filed_at = {filed}, expires_at = {}", filed + HOUR);
    world.database.by_hand(&format!("UPDATE approvals SET {times} WHERE id = '{id}'")).await;
    approvals.expire().await.expect("ends");
    let ended = world.store.get_approval(id).await.expect("reads").expect("is there");
    assert_eq!(ended.state, ApprovalState::Expired);
}

/// The history with these filters.
pub(crate) async fn history(replica: &Replica, cookie: &str, filters: &str) -> String {
    look(replica, cookie, &format!("/approvals?view=history{filters}")).await
}

/// Which of these requests stand on a page.
pub(crate) fn listed<'a>(page: &str, all: &[(&'a str, &ApprovalId)]) -> Vec<&'a str> {
    let is_there = |id: &ApprovalId| page.contains(&format!("href=\"/approvals/{id}\""));
    all.iter().filter(|(_, id)| is_there(id)).map(|(name, _)| *name).collect()
}

pub(crate) async fn the_history_is_narrowed_and_says_how_long_each_took(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(NOTES).await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Owner, Some("frank")).await;
    let approvals = world.approvals();

    let note = bot_asks(&world, &replica, "hello").await;
    let pending = carol_asks(&world, &replica, "c-1").await;
    let approved = carol_asks(&world, &replica, "c-2").await;
    let used = carol_asks(&world, &replica, "c-3").await;
    let denied = carol_asks(&world, &replica, "c-4").await;
    let expired = carol_asks(&world, &replica, "c-5").await;
    let cancelled = carol_asks(&world, &replica, "c-6").await;
    for (id, verdict) in [(&approved, "approve"), (&used, "approve"), (&denied, "deny")] {
        decide(&replica, &frank, id, verdict).await;
    }
    let call = world.crm(&replica).call(world.secret("CAROL_KEY"), "refund", refund("c-3")).await;
    assert!(call.allowed(), "{}", call.body);
    approvals.cancel(&SubjectId::from("carol"), operator(), &cancelled).await.expect("is taken back");
    runs_out(&world, &approvals, &expired).await;
    let times = [(&approved, 4 * MINUTE), (&used, 45 * SECOND), (&denied, 26 * HOUR), (&cancelled, 2 * DAY)];
    for (id, after) in times {
        took(&world, id, after).await;
    }

    // Each state by itself: what became of it, who decided, and how long that took.
    let lines = [
        ("pending", "Waiting for approval", "nobody", "", vec![&pending, &note]),
        ("approved", "Approved", "frank", "4 min", vec![&approved]),
        ("used", "Approved and used", "frank", "45 s", vec![&used]),
        ("denied", "Denied", "frank", "1 day", vec![&denied]),
        ("expired", "Expired", "nobody", "1 h", vec![&expired]),
        ("cancelled", "Cancelled", "carol", "2 days", vec![&cancelled]),
    ];
    for (state, outcome, by, took, expected) in lines {
        let page = history(&replica, &frank, &format!("&state={state}")).await;
        let rows = rows(&page, LIST);
        assert_eq!(rows.len(), expected.len(), "{state}: {page}");
        for (row, id) in rows.iter().zip(&expected) {
            assert!(row.contains(&format!("href=\"/approvals/{id}\"")), "{state}: {row}");
            let cells = cells(row);
            let (call, caller, rule) = if *id == &note {
                ("crm add_note", "refund-bot in acme", "ask for notes")
            } else {
                ("crm refund", "carol in acme", "refunds by finance")
            };
            assert_eq!(&cells[..6], [outcome, call, caller, rule, by, took], "{state}");
            assert!(!cells[6].is_empty(), "{state}");
        }
        assert!(text(&page).contains(&format!("Outcome {outcome}")), "{state} stands above as a filter");
    }

    // By whom, by which rule and where, and several at once.
    let all = [
        ("note", &note),
        ("pending", &pending),
        ("approved", &approved),
        ("used", &used),
        ("denied", &denied),
        ("expired", &expired),
        ("cancelled", &cancelled),
    ];
    let everything: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let refunds = rule_of(&world, &pending).await;
    let notes = rule_of(&world, &note).await;
    let of_rule = |rule: &RuleId, more: &str| format!("&rule={rule}{more}");
    for (filters, expected) in [
        (String::new(), &everything[..]),
        ("&tenant=acme".to_owned(), &everything[..]),
        ("&state=asleep".to_owned(), &everything[..]),
        ("&subject=refund-bot".to_owned(), &everything[..1]),
        ("&subject=carol".to_owned(), &everything[1..]),
        (of_rule(&notes, ""), &everything[..1]),
        (of_rule(&refunds, ""), &everything[1..]),
        (of_rule(&refunds, "&state=denied&subject=carol&tenant=acme"), &["denied"][..]),
    ] {
        let page = history(&replica, &frank, &filters).await;
        assert_eq!(listed(&page, &all), expected, "{filters}");
    }
    let page = history(&replica, &frank, &of_rule(&notes, "")).await;
    assert!(text(&page).contains("Rule ask for notes"), "{page}");
    for filters in ["&tenant=globex".to_owned(), of_rule(&notes, "&state=denied")] {
        let page = history(&replica, &frank, &filters).await;
        assert_eq!(listed(&page, &all), Vec::<&str>::new(), "{filters}");
        assert!(page.contains("No request fits all of the filters above."), "{filters}: {page}");
    }

    // Whoever is no owner sees what they answered.
    let approver = cookie(&world, 2, AccountRole::Approver, Some("frank")).await;
    let page = history(&replica, &approver, "").await;
    assert_eq!(listed(&page, &all), ["approved", "used", "denied"]);
    assert!(page.contains("What you answered."), "{page}");
    replica.stop().await;
}

/// The words of each sentence of advice, and its address.
pub(crate) fn advice(page: &str) -> Vec<(String, String)> {
    let Some((_, list)) = page.split_once("<ul class=\"advice\">") else { return Vec::new() };
    let (list, _) = list.split_once("</ul>").expect("the list ends");
    let each = list.split("<li>").skip(1).map(|line| {
        let (_, href) = line.split_once("href=\"").expect("a link");
        let (href, _) = href.split_once('"').expect("the address ends");
        (text(line), href.to_owned())
    });
    let mut each: Vec<(String, String)> = each.collect();
    each.sort();
    each
}

/// How many of a rule's requests were approved, as the chart says it, rule by rule.
pub(crate) fn bars(page: &str) -> Vec<String> {
    let (_, chart) = page.split_once("<ul class=\"rates\"").expect("a chart");
    let (chart, _) = chart.split_once("</ul>").expect("the chart ends");
    chart.split("<li>").skip(1).map(text).collect()
}

pub(crate) async fn a_rule_that_is_always_answered_alike_is_a_candidate(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(NOTES).await;
    world.apply(LOOKING).await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Owner, Some("frank")).await;
    for (customer, verdict) in [("c-1", "approve"), ("c-2", "deny"), ("c-3", "approve"), ("c-4", "approve")] {
        let id =
            asked(&world, &replica, "CAROL_KEY", "get_customer", json!({ "customer_id": customer })).await;
        decide(&replica, &frank, &id, verdict).await;
    }
    let mut rules = Vec::new();
    for number in 1..=10 {
        let refund = carol_asks(&world, &replica, &format!("c-{number}")).await;
        decide(&replica, &frank, &refund, "approve").await;
        let note = bot_asks(&world, &replica, &format!("note {number}")).await;
        decide(&replica, &frank, &note, "deny").await;
        if number == 9 {
            // Nine times say nothing yet.
            let page = history(&replica, &frank, "").await;
            assert_eq!(advice(&page), Vec::new());
            assert!(bars(&page).contains(&"refunds by finance 9 of 9 approved".to_owned()), "{page}");
        }
        rules = vec![rule_of(&world, &refund).await, rule_of(&world, &note).await];
    }
    for (tool, after) in [("refund", 4 * MINUTE), ("add_note", 90 * SECOND), ("get_customer", 2 * HOUR)] {
        let late = format!("UPDATE approvals SET decided_at = filed_at + {after} WHERE tool = '{tool}'");
        world.database.by_hand(&late).await;
    }

    let page = history(&replica, &frank, "").await;
    assert!(
        text(&page).contains("How often each rule is approved The last 90 days; those asked most."),
        "{page}"
    );
    let expected = [
        "ask for notes 0 of 10 approved",
        "refunds by finance 10 of 10 approved",
        "look twice 3 of 4 approved",
    ];
    assert_eq!(bars(&page), expected);
    let table: Vec<String> =
        rows(&page, "Answers by rule").iter().map(|row| text(&format!("<tr{row}"))).collect();
    // Approved, neither, denied, and the time to decision.
    let expected = ["ask for notes 0 0 10 1 min", "refunds by finance 10 0 0 4 min", "look twice 3 0 1 2 h"];
    assert_eq!(table, expected);
    let [refunds, notes] = rules.as_slice() else { panic!("two: {rules:?}") };
    let told = |name: &str, answer: &str, effect: &str, rule: &RuleId| {
        let always = format!("{name} was {answer} all 10 times that somebody answered");
        (format!("{always}: it is a candidate to {effect}."), format!("/rules/{rule}"))
    };
    let expected = [
        told("ask for notes", "denied", "deny", notes),
        told("refunds by finance", "approved", "allow", refunds),
    ];
    assert_eq!(advice(&page), expected);

    // One denial, and it is no candidate any more.
    let eleventh = carol_asks(&world, &replica, "c-11").await;
    decide(&replica, &frank, &eleventh, "deny").await;
    let page = history(&replica, &frank, "").await;
    assert!(bars(&page).contains(&"refunds by finance 10 of 11 approved".to_owned()), "{page}");
    let left: Vec<String> = advice(&page).into_iter().map(|(_, href)| href).collect();
    assert_eq!(left, [format!("/rules/{notes}")]);
    replica.stop().await;
}
