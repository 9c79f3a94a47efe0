//! A call that is tried through an agent, beside what the endpoint answers to the same call with `context.agent`.

use crate::for_whom::{call, open, own};
use crate::inbox::html::{seen, unescaped};
use crate::reach::house::{House, form, of};
use crate::reach::trying::draft;
use pdp::RecordBody;
use policy::Decision;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::accounts::AccountRole;
use tests::{Backend, Pep};

/// What is seen of the page of a trial, which these fields fill.
pub(crate) async fn tried(house: &House, cookie: &str, fields: &[(&str, &str)]) -> String {
    seen(&own(&house.get(cookie, &format!("/try?{}", form(fields))).await))
}

/// The same for a call as [`call`] makes it.
async fn trial(
    house: &House,
    cookie: &str,
    (subject, agent): (&str, &str),
    tool: &str,
    amount: i64,
) -> String {
    let (tool, arguments) = (format!("shop/{tool}"), json!({ "amount": amount }).to_string());
    let fields =
        [("subject", subject), ("agent", agent), ("tool", tool.as_str()), ("arguments", arguments.as_str())];
    tried(house, cookie, &fields).await
}

/// What the outcome says, without its marks.
fn outcome(page: &str) -> String {
    let outcome =
        page.split_once("aria-label=\"Outcome\"").and_then(|(_, rest)| rest.split_once("</section>"));
    let (html, _) = outcome.unwrap_or_else(|| panic!("no outcome: {page}"));
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let text: String = pieces.collect();
    unescaped(&text)
}

/// What one field of the form holds.
pub(crate) fn field<'a>(page: &'a str, id: &str) -> &'a str {
    let input = page.split_once(&format!("id=\"{id}\"")).and_then(|(_, rest)| rest.split_once('>'));
    let (attributes, _) = input.unwrap_or_else(|| panic!("no field {id}: {page}"));
    let value = attributes.split_once(" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    value.map_or("", |(value, _)| value)
}

/// What the endpoint decided, as it is on record, and the id of that.
pub(crate) async fn decided(house: &House, pep: &Pep, call: &Value) -> (Decision, String) {
    let id = pep.ask(call).await.decision_id.expect("recorded");
    let recorded =
        house.world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
    let body: RecordBody = serde_json::from_str(&recorded.body).expect("reads");
    (body.decision, id)
}

/// Whether the page says what was decided: the outcome, the reason and the sentence. Answers the word for the outcome.
pub(crate) fn says(page: &str, decision: &Decision, what: &str) -> &'static str {
    let word = match (decision.is_allow(), decision.reason.waits()) {
        (true, _) => "Allowed",
        (false, true) => "Waiting for approval",
        (false, false) => "Denied",
    };
    let told = outcome(page);
    // Who tries a call files no request.
    let (sentence, _) =
        decision.reviewer_text.split_once("; request ").unwrap_or((decision.reviewer_text.as_str(), ""));
    // Its first letter is a capital on the page.
    let sentence: String = sentence.replace('`', "").chars().skip(1).collect();
    for part in [word, decision.reason.code(), sentence.as_str()] {
        assert!(told.contains(part), "{what}: {part}\n{told}");
    }
    word
}

pub(crate) async fn a_trial_through_an_agent_is_answered_as_its_call_is(backend: Backend) {
    let (house, pep, cookie) = open(backend).await;
    let when = "\"context.agent == 'mute' && actor.id == 'mute'\"";
    let rule = format!("name: by name, tenant: acme, effect: allow, tools: [shop/tidy], when: {when}");
    house.world.apply(&format!("rules: [{{ {rule} }}]")).await;
    let mut words = BTreeSet::new();
    for subject in ["ada", "bea"] {
        for agent in ["bot", "mute"] {
            for tool in ["close", "pay", "refund", "show", "tidy"] {
                for amount in [10, 70] {
                    let what = format!("{subject} {agent} {tool} {amount}");
                    let (decision, _) = decided(&house, &pep, &call(subject, agent, tool, amount)).await;
                    let page = trial(&house, &cookie, (subject, agent), tool, amount).await;
                    assert_eq!(field(&page, "try-agent"), agent, "{what}");
                    words.insert(says(&page, &decision, &what));
                }
            }
        }
    }
    assert_eq!(words.len(), 3, "{words:?}");
    // It is said whose side denies.
    for (pair, tool, sides) in [
        (("ada", "bot"), "close", &["For bot, who acts: "][..]),
        (("ada", "bot"), "refund", &["For bot, who acts: ", "/amount <= 50"]),
        (("bea", "bot"), "tidy", &["For bea: "]),
        (("bea", "mute"), "close", &["For bea: ", "; for mute, who acts: "]),
    ] {
        let told = outcome(&trial(&house, &cookie, pair, tool, 70).await);
        for side in sides {
            assert!(told.contains(*side), "{pair:?} {tool}: {side}\n{told}");
        }
    }
    // Without the agent it is the subject's own call.
    let alone = trial(&house, &cookie, ("ada", ""), "close", 1).await;
    assert_eq!(field(&alone, "try-agent"), "");
    assert!(outcome(&alone).contains("Allowed"), "{alone}");
    house.stop().await;
}

pub(crate) async fn a_trial_sees_who_acts_as_it_is_now(backend: Backend) {
    let (house, pep, cookie) = open(backend).await;
    let ended = "id: bot, memberships: [{ tenant: acme, roles: [helper], until: '2020-01-01T00:00:00Z' }]";
    let as_before = "subjects: [{ id: bot, active: true, memberships: [{ tenant: acme, roles: [helper] }] }]";
    for (changed, reason) in [("id: bot, active: false", "actor_disabled"), (ended, "no_membership")] {
        house.world.apply(&format!("subjects: [{{ {changed} }}]")).await;
        let (decision, id) = decided(&house, &pep, &call("ada", "bot", "show", 1)).await;
        assert_eq!(decision.reason.code(), reason);
        let page = trial(&house, &cookie, ("ada", "bot"), "show", 1).await;
        says(&page, &decision, changed);
        // Tried again is what was decided on: the agent's call, not the subject's own.
        let again = async || tried(&house, &cookie, &[("from", id.as_str())]).await;
        let page = again().await;
        let filled = ["try-subject", "try-agent"].map(|id| field(&page, id));
        assert_eq!(filled, ["ada", "bot"], "{changed}");
        says(&page, &decision, changed);
        house.world.apply(as_before).await;
        let page = again().await;
        assert!(outcome(&page).contains("Allowed"), "{changed}: {page}");
    }
    // Whom nobody knew was named by the asking side alone.
    let (decision, id) = decided(&house, &pep, &call("ada", "ghost", "show", 1)).await;
    assert_eq!(decision.reason.code(), "unknown_actor");
    says(&trial(&house, &cookie, ("ada", "ghost"), "show", 1).await, &decision, "nobody acts");
    let page = tried(&house, &cookie, &[("from", id.as_str())]).await;
    assert_eq!(field(&page, "try-agent"), "ghost");
    says(&page, &decision, "nobody acts, again");
    house.stop().await;
}

pub(crate) async fn a_draft_is_tried_through_an_agent(backend: Backend) {
    let (house, _, _) = open(backend).await;
    let author = house.browser(AccountRole::PolicyAuthor, of(&["acme"])).await;
    let mut rule = draft("acme");
    rule["roles"] = json!(["helper"]);
    rule["tools"] = json!(["shop/close"]);
    for (agent, reason) in [
        (Some("bot"), "allowed"),
        (Some("mute"), "no_matching_rule"),
        (Some("zfarz"), "unknown_actor"),
        (None, "allowed"),
    ] {
        let call = json!({ "subject": "ada", "agent": agent, "tool": "shop/close", "arguments": "{}" });
        let asked = json!({ "draft": rule, "id": "", "call": call });
        let answer = house.json(&author, "/_fn/rule-try", &asked).await;
        assert_eq!(answer.status, 200, "{agent:?}: {}", answer.text);
        assert!(answer.text.contains(&format!("\"{reason}\"")), "{agent:?}: {}", answer.text);
    }
    house.stop().await;
}

pub(crate) async fn a_trial_tells_of_whom_the_reader_sees_alone(backend: Backend) {
    let (house, _, everywhere) = open(backend).await;
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let show = |subject: &'static str, agent: &'static str| {
        [("subject", subject), ("agent", agent), ("tool", "shop/show")]
    };
    // Of an agent of both tenants the reader's alone counts, and nothing of the other one is told.
    let within = tried(&house, &acme, &show("both", "duo")).await;
    assert!(outcome(&within).contains("Allowed") && !within.contains("nimbus"), "{within}");
    let whole = tried(&house, &everywhere, &show("both", "duo")).await;
    assert!(outcome(&whole).contains("tenant_required"), "{whole}");
    // Who sees both tells an agent of the other tenant from nobody.
    for (cookie, reason) in [(&acme, "unknown_actor"), (&everywhere, "no_membership")] {
        let page = tried(&house, cookie, &show("ada", "zfarz")).await;
        assert!(outcome(&page).contains(reason), "{reason}: {page}");
    }
    // The two pages that tell of a pair lead here, with both of them filled in.
    for address in ["/subjects/bot?for=ada", "/access?tenant=acme&subject=ada&agent=bot"] {
        let page = own(&house.get(&acme, address).await);
        let link = "href=\"/try?subject=ada&agent=bot&tenant=acme\"";
        assert!(page.replace("&amp;", "&").contains(link), "{address}: {page}");
    }
    let page = own(&house.get(&acme, "/try?subject=ada&agent=bot&tenant=acme").await);
    let filled = ["try-subject", "try-agent"].map(|id| field(&page, id));
    assert_eq!(filled, ["ada", "bot"]);
    assert!(page.contains("No decision yet"), "{page}");
    house.stop().await;
}
