//! Who can call this tool, what can this subject call, and why.

use crate::access::lab::{Lab, MEMBERS, TOOLS, call, names};
use crate::access::page::Row;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::Backend;

/// What is asked of every call, whoever makes it.
const ANYBODY: &str = "in any case: whoever acts for the caller may call it as well";

pub(crate) async fn who_can_call_a_tool_is_what_the_endpoint_says(backend: Backend) {
    let lab = Lab::open(backend).await;
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for tool in TOOLS {
        let rows = lab.who(tool).await;
        assert_eq!(names(&rows), MEMBERS, "{tool}");
        lab.hold(&rows, |row| (row.name.as_str(), *tool)).await;
        for row in rows {
            *words.entry(row.access).or_default() += 1;
        }
    }
    assert!(words.len() == 2 && words.values().all(|count| *count > 20), "{words:?}");
    for (tool, subject, reason) in [
        ("desk/show", "l-eve", "subject disabled: "),
        ("desk/show", "l-fay", "not a member: the membership of `l-fay` in tenant `lab` ended 2020-01-01"),
        ("desk/fresh", "l-ann", "tool not reviewed: "),
        ("desk/moved", "l-ann", "tool changed: "),
        ("desk/away", "l-ann", "unknown tool: "),
        ("desk/erase", "l-ann", "denied by a rule: denied by `nothing is erased`"),
        ("desk/quiet", "l-ann", "no rule allows it: "),
        ("desk/past", "l-ann", "no rule allows it: `long past` would allow if it were before 2020-01-01"),
        ("shut/show", "l-ann", "server disabled: "),
    ] {
        let rows = lab.who(tool).await;
        let row = rows.iter().find(|row| row.name == subject).expect("a member");
        assert!(row.access == "never" && row.why[0].starts_with(reason), "{tool}: {row:?}");
    }
    lab.stop().await;
}

pub(crate) async fn what_a_subject_can_call_is_the_same_from_the_other_side(backend: Backend) {
    let lab = Lab::open(backend).await;
    let mut seen: BTreeMap<(String, String), (String, Vec<String>)> = BTreeMap::new();
    for tool in TOOLS {
        for Row { name, access, why, href } in lab.who(tool).await {
            assert_eq!(href, format!("/access?tenant=lab&subject={name}"));
            seen.insert((name, (*tool).to_owned()), (access, why));
        }
    }
    for member in MEMBERS {
        let rows = lab.what(member).await;
        assert_eq!(names(&rows), TOOLS, "{member}");
        for Row { name, access, why, href } in rows {
            assert_eq!(href, format!("/access?tenant=lab&tool={}", name.replace('/', "%2F")));
            assert_eq!(seen[&((*member).to_owned(), name)], (access, why), "{member}");
        }
    }
    // Of members of other tenants, and of what is nowhere, nothing is told.
    for query in [
        "subject=alice",
        "subject=nobody",
        "subject=l-ann%2Fx",
        "tool=crm%2Frefund",
        "tool=desk%2Fnothing",
        "tool=desk",
        "tool=nowhere%2Fshow",
    ] {
        let page = lab.page(&format!("/access?tenant=lab&{query}")).await;
        assert!(
            page.contains("Nothing matches these filters") && !page.contains("<table"),
            "{query}: {page}"
        );
        let file = lab.file(&format!("&{query}")).await;
        assert_eq!(file, [["subject", "tool", "access", "why"]], "{query}");
    }
    lab.stop().await;
}

pub(crate) async fn conditions_are_told_as_conditions(backend: Backend) {
    let lab = Lab::open(backend).await;
    let second = "`a second look` has l-ben asked if `args.amount > 80` holds";
    for (subject, tool, mut expected) in [
        ("l-ann", "desk/show", vec!["`showing` allows it"]),
        ("l-ann", "desk/refund", vec!["`small refunds` allows it if /amount <= 100", second]),
        (
            "l-bot",
            "desk/refund",
            vec![
                "`small refunds` allows it if /amount <= 100",
                "`no large ones by agents` denies it if `args.amount > 50` holds",
                second,
            ],
        ),
        (
            "l-ben",
            "desk/refund",
            vec!["`refunds by finance` allows it if /amount <= 5000, once finance approved", second],
        ),
        ("l-ann", "desk/pay", vec!["`paying` allows it, once l-ben approved"]),
        ("l-ann", "desk/web", vec!["`from the web` allows it if `context.channel == 'web'` holds"]),
        (
            "l-ann",
            "desk/errand",
            vec!["`odds and ends` allows it", "in any case: the call names a task that covers it"],
        ),
        (
            "l-ann",
            "desk/scoped",
            vec!["`odds and ends` allows it", "in any case: the token holds the scope `desk:write`"],
        ),
        (
            "l-ann",
            "desk/open",
            vec!["`odds and ends` allows it", "in any case: /account names a account of the tenant"],
        ),
        ("l-gus", "desk/named", vec!["`for gus` allows it"]),
    ] {
        expected.push(ANYBODY);
        expected.sort_unstable();
        let rows = lab.what(subject).await;
        let row = rows.iter().find(|row| row.name == tool).expect("a tool");
        let mut why = row.why.clone();
        why.sort_unstable();
        assert_eq!((row.access.as_str(), why), ("conditions", owned(&expected)), "{subject} on {tool}");
    }
    let mapped = lab.what("l-ann").await;
    let copy = mapped.iter().find(|row| row.name == "desk/copy").expect("a tool");
    let asks = "in any case: the caller may `read` the `account` that ";
    assert!(copy.why.iter().any(|line| line.starts_with(asks)), "{copy:?}");

    // Each condition is where the endpoint draws the line.
    let amount =
        |subject: &str, amount: i64| call(subject, "desk/refund", &json!({ "amount": amount }), &json!({}));
    let account =
        |subject: &str, tool: &str, id: &str| call(subject, tool, &json!({ "account": id }), &json!({}));
    let web = |channel: &str| call("l-ann", "desk/web", &json!({}), &json!({ "channel": channel }));
    let plain = |subject: &str, tool: &str| call(subject, tool, &json!({}), &json!({}));
    let table = [
        (amount("l-ann", 80), "allowed"),
        (amount("l-ann", 81), "approval_required"),
        (amount("l-ann", 100), "approval_required"),
        (amount("l-ann", 101), "parameters_out_of_scope"),
        (amount("l-bot", 50), "allowed"),
        (amount("l-bot", 51), "denied_by_rule"),
        (amount("l-ben", 1), "approval_required"),
        (amount("l-ben", 5_000), "approval_required"),
        (amount("l-ben", 5_001), "parameters_out_of_scope"),
        (plain("l-ann", "desk/pay"), "approval_required"),
        (web("web"), "allowed"),
        (web("app"), "no_matching_rule"),
        (plain("l-ann", "desk/errand"), "task_required"),
        (lab.calls("l-ann", "desk/errand").remove(0), "allowed"),
        (plain("l-ann", "desk/scoped"), "token_scope_insufficient"),
        (account("l-ann", "desk/open", "a-1"), "allowed"),
        (account("l-ann", "desk/open", "a-2"), "resource_tenant_mismatch"),
        (account("l-ann", "desk/copy", "a-1"), "allowed"),
        (account("l-tia", "desk/copy", "a-1"), "no_matching_rule"),
        (plain("l-gus", "desk/named"), "allowed"),
        (plain("l-ann", "desk/named"), "no_matching_rule"),
    ];
    let calls: Vec<Value> = table.iter().map(|(call, _)| call.clone()).collect();
    for ((call, expected), reason) in table.iter().zip(lab.reasons(&calls).await) {
        assert_eq!(reason, *expected, "{call}");
    }
    lab.stop().await;
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}
