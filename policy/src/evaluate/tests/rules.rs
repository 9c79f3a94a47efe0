//! How rules combine, and what is told about the nearest of them.

use super::*;
use crate::decision::{Part, Truth};
use crate::reason::Reason;

fn with(base: Value, more: Value) -> Value {
    let (mut base, more) = (base, more);
    base.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    base
}

#[test]
fn combining() {
    let deny = || json!({"name": "no", "effect": "deny", "tools": ["crm/refund"]});
    let deny_large = || {
        with(
            deny(),
            json!({"parameters": {"properties": {"amount": {"type": "number", "minimum": 500}}, "required": ["amount"]}}),
        )
    };
    let ask = || json!({"name": "ask", "effect": "require_approval", "tools": ["crm/refund"], "approval": {"approvers": ["finance"]}});
    let grant = || {
        with(allow_refund(), json!({"name": "granted once approved", "approval": {"approvers": ["finance"]}}))
    };
    let other = || with(allow_refund(), json!({"name": "other role", "roles": ["finance"]}));
    let table: Vec<(Vec<Value>, Reason)> = vec![
        (vec![], Reason::NoMatchingRule),
        (vec![allow_refund()], Reason::Allowed),
        (vec![other()], Reason::NoMatchingRule),
        (vec![deny()], Reason::DeniedByRule),
        (vec![allow_refund(), deny()], Reason::DeniedByRule),
        (vec![allow_refund(), deny_large()], Reason::Allowed),
        (vec![ask()], Reason::NoMatchingRule),
        (vec![allow_refund(), ask()], Reason::ApprovalRequired),
        (vec![grant()], Reason::ApprovalRequired),
        (vec![allow_refund(), grant()], Reason::Allowed),
        (vec![ask(), deny()], Reason::DeniedByRule),
        (vec![with(allow_refund(), json!({"status": "disabled"}))], Reason::NoMatchingRule),
        (vec![with(allow_refund(), json!({"status": "shadow"}))], Reason::NoMatchingRule),
        (vec![allow_refund(), with(deny(), json!({"status": "shadow"}))], Reason::Allowed),
        (vec![allow_refund(), with(deny(), json!({"status": "disabled"}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"kinds": ["agent"]}))], Reason::NoMatchingRule),
        (vec![with(allow_refund(), json!({"roles": [], "subjects": ["alice"]}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"roles": ["finance"], "subjects": ["alice"]}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"roles": []}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"risk_at_least": "critical"}))], Reason::NoMatchingRule),
        (vec![with(allow_refund(), json!({"risk_at_least": "medium"}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"sensitivity": ["public"]}))], Reason::NoMatchingRule),
        (
            vec![with(allow_refund(), json!({"valid": {"until": "2026-11-23T12:00:00Z"}}))],
            Reason::NoMatchingRule,
        ),
        (vec![with(allow_refund(), json!({"valid": {"from": "2026-11-23T12:00:00Z"}}))], Reason::Allowed),
    ];
    for (rules, reason) in table {
        let decision = World::new(rules.clone()).decide();
        assert_eq!(decision.reason, reason, "{rules:#?}");
        assert_eq!(decision.is_allow(), reason == Reason::Allowed);
    }
}

#[test]
fn approvals_meet_requirements_and_nothing_else() {
    let ask = json!({"name": "ask", "effect": "require_approval", "tools": ["crm/*"], "approval": {"approvers": ["finance"]}});
    let grant = with(allow_refund(), json!({"approval": {"approvers": ["finance"]}}));
    let second = with(grant.clone(), json!({"name": "second"}));
    for (rules, approved, reason) in [
        (vec![allow_refund(), ask.clone()], vec!["r1"], Reason::Allowed),
        (vec![allow_refund(), ask.clone()], vec!["r0"], Reason::ApprovalRequired),
        (vec![ask.clone()], vec!["r0"], Reason::NoMatchingRule),
        (vec![grant.clone()], vec!["r0"], Reason::Allowed),
        (vec![grant.clone(), second], vec!["r1"], Reason::Allowed),
        (vec![grant.clone(), ask.clone()], vec!["r0"], Reason::ApprovalRequired),
        (vec![grant, ask], vec!["r0", "r1"], Reason::Allowed),
    ] {
        let mut world = World::new(rules);
        world.approved = approved.into_iter().map(RuleId::from).collect();
        assert_eq!(world.decide().reason, reason);
    }
}

#[test]
fn a_stored_rule_that_does_not_compile_forbids_but_never_grants() {
    let broken = json!({"properties": {"amount": {"maxmum": 1}}, "required": ["amount"]});
    let deny = json!({"name": "no", "effect": "deny", "tools": ["crm/refund"], "parameters": broken});
    let decision = World::new(vec![allow_refund(), deny]).decide();
    assert_eq!(decision.reason, Reason::DeniedByRule);
    assert_eq!(decision.rules[0].truth, Truth::Unknown);
    assert!(decision.rules[0].note.as_ref().is_some_and(|note| note.contains("maxmum")));
    let allow = with(allow_refund(), json!({"parameters": broken}));
    let decision = World::new(vec![allow.clone()]).decide();
    assert_eq!(decision.reason, Reason::ConditionError);
    assert_eq!(decision.nearest[0].part, Part::Condition);
    assert!(decision.reviewer_text.contains("`refunds` would allow if it compiled: "), "{decision:?}");
    assert!(decision.reviewer_text.contains("maxmum"), "{decision:?}");
    assert!(!decision.caller_text.contains("maxmum"));
    let other = World::new(vec![with(allow, json!({"roles": ["finance"]}))]).decide();
    assert_eq!((other.reason, other.nearest.len()), (Reason::NoMatchingRule, 0));
}

#[test]
fn what_only_the_want_of_arguments_is_to_blame_for() {
    let ask = |more: Value| {
        let mut world = World::new(vec![with(allow_refund(), more)]);
        world.facts.credential.arguments = ArgumentsMode::ByName;
        world.call.arguments = Arguments::NotSent;
        world.decide()
    };
    let small = || small_refunds()["parameters"].clone();
    for (more, reason) in [
        (json!({"when": "args.amount < 100"}), Reason::ArgumentsMissing),
        (json!({"parameters": small()}), Reason::ArgumentsMissing),
        (json!({"parameters": small(), "when": "args.amount < 100"}), Reason::ArgumentsMissing),
        // The condition would fail with the arguments as well.
        (json!({"when": "subject.level > 3"}), Reason::ConditionError),
        (json!({"parameters": small(), "when": "subject.level > 3"}), Reason::NoMatchingRule),
        (json!({"parameters": small(), "when": "false"}), Reason::NoMatchingRule),
        (json!({"parameters": small(), "roles": ["finance"]}), Reason::NoMatchingRule),
    ] {
        let decision = ask(more.clone());
        assert_eq!(decision.reason, reason, "{more}");
        let says = decision.reviewer_text.contains("if the arguments were sent");
        // Two parts at once are no near miss, so nothing is said then.
        assert_eq!(says, reason == Reason::ArgumentsMissing && decision.nearest.len() == 1, "{decision:?}");
    }
}

#[test]
fn the_reviewer_reads_why_a_condition_is_unknown() {
    for (when, why) in [
        ("args.nothing > 1", "the condition reads something that is not there"),
        ("args.amount", "the condition is neither true nor false"),
        ("args.currency > 1", "the condition could not be evaluated"),
    ] {
        let decision = World::new(vec![with(allow_refund(), json!({"when": when}))]).decide();
        assert_eq!(decision.reason, Reason::ConditionError);
        let expected = format!("`refunds` would allow if its condition could be evaluated ({why})");
        assert_eq!(decision.reviewer_text, expected);
        assert_eq!(decision.caller_text, Reason::ConditionError.caller_text());
    }
}

#[test]
fn what_the_asking_side_is_believed_about_lies_under_what_is_known() {
    let allow = |when: &str| with(allow_refund(), json!({"when": when}));
    for (when, reason) in [
        ("resource.region == 'eu' && action.soft", Reason::Allowed),
        ("resource.risk == 'high' && resource.id == 'refund' && resource.server == 'crm'", Reason::Allowed),
        ("action.name == 'tools/call'", Reason::Allowed),
        ("resource.owner == 'x'", Reason::ConditionError),
    ] {
        let mut world = World::new(vec![allow(when)]);
        let object = |value: Value| value.as_object().expect("an object").clone();
        world.facts.asserted.resource =
            object(json!({"region": "eu", "risk": "low", "id": "other", "server": "erp"}));
        world.facts.asserted.action = object(json!({"soft": true, "name": "tools/list"}));
        assert_eq!(world.decide().reason, reason, "{when}");
        world.facts.asserted = AssertedProperties::default();
        let without = if when.contains("region") { Reason::ConditionError } else { reason };
        assert_eq!(world.decide().reason, without, "{when} without them");
    }
    let mut world = World::new(vec![allow("args.all(name, name != 'x')")]);
    world.facts.asserted.resource.insert("list".into(), json!(vec![1; 1_001]));
    assert_eq!(world.decide().reason, Reason::ConditionError, "too long for a macro");
}

#[test]
fn patterns_are_compiled_once_whatever_the_number_of_elements() {
    // Compiling this one takes milliseconds; once for each element would take many seconds.
    let rule = with(allow_refund(), json!({"when": "args.note.all(x, x.matches(r'^(?:\\w{20}|[a-z]+)$'))"}));
    let set = World::new(vec![rule.clone()]).arguments(json!({"note": vec!["abc"; 1_000]})).set();
    let ask = |last: Value| {
        let mut note = vec![json!("abc"); 999];
        note.push(last);
        let world = World::new(vec![rule.clone()]).arguments(json!({"note": note}));
        let request = EvaluationRequest { facts: &world.facts, call: &world.call, approved: &[] };
        evaluate(Some(&set), &request).reason
    };
    let took = || {
        let start = std::time::Instant::now();
        assert_eq!(ask(json!("abc")), Reason::Allowed);
        assert_eq!(ask(json!("ABC")), Reason::NoMatchingRule);
        assert_eq!(ask(json!(5)), Reason::ConditionError);
        start.elapsed()
    };
    // A busy machine may stand still once.
    assert!((0..3).any(|_| took() < std::time::Duration::from_secs(5)));
}

#[test]
fn the_miss_names_path_bound_and_value() {
    let decision =
        World::new(vec![small_refunds()]).arguments(json!({"amount": 700, "currency": "EUR"})).decide();
    assert_eq!(decision.reason, Reason::ParametersOutOfScope);
    assert_eq!(decision.caller_text, "The call would be allowed if /amount <= 100; it was 700.");
    assert_eq!(decision.reviewer_text, "`small refunds` would allow if /amount <= 100; it was 700");
    let miss = &decision.nearest[0];
    assert_eq!((miss.part, miss.parameters[0].keyword.as_str()), (Part::Parameters, "maximum"));
    assert_eq!((&miss.parameters[0].bound, &miss.parameters[0].value), (&json!(100), &Some(json!(700))));
}

#[test]
fn what_the_caller_is_not_told() {
    let silent = with(small_refunds(), json!({"explain": false}));
    let decision = World::new(vec![silent]).arguments(json!({"amount": 700})).decide();
    assert_eq!(decision.reason, Reason::ParametersOutOfScope);
    assert_eq!(decision.caller_text, Reason::ParametersOutOfScope.caller_text());
    assert!(decision.reviewer_text.contains("/amount <= 100"));

    let mut redacted = World::new(vec![small_refunds()]).arguments(json!({"amount": 700}));
    redacted.tool.redact = vec!["/amount".into()];
    let decision = redacted.decide();
    assert!(!serde_json::to_string(&decision).expect("writes").contains("700"), "{decision:?}");
}

#[test]
fn misses_in_their_order_at_most_five() {
    let mut rules = vec![
        with(small_refunds(), json!({"name": "who", "roles": ["finance"], "parameters": null})),
        with(allow_refund(), json!({"name": "label", "risk_at_least": "critical"})),
        with(allow_refund(), json!({"name": "validity", "valid": {"from": "2027-01-01T00:00:00Z"}})),
        with(
            small_refunds(),
            json!({"name": "two keywords", "parameters": {"properties": {"amount": {"type": "number", "maximum": 1, "multipleOf": 7}}, "required": ["amount"]}}),
        ),
        with(small_refunds(), json!({"name": "two parts", "roles": ["finance"]})),
        small_refunds(),
    ];
    let named = |rules: &[Value]| -> Vec<String> {
        let decision = World::new(rules.to_vec()).arguments(json!({"amount": 701})).decide();
        decision.nearest.iter().map(|miss| miss.name.clone()).collect()
    };
    assert_eq!(named(&rules), ["small refunds", "two keywords", "validity", "label", "who"]);
    rules.push(with(small_refunds(), json!({"name": "a sixth"})));
    assert_eq!(named(&rules), ["a sixth", "small refunds", "two keywords", "validity", "label"]);
}

#[test]
fn hostile_text_stays_short_in_sentences() {
    let mut world = World::new(vec![allow_refund()]);
    world.call.resource.id = format!("\u{202e}\u{1b}[2J{}", "x".repeat(5_000));
    let decision = world.decide();
    assert_eq!(decision.reason, Reason::UnknownTool);
    assert!(decision.reviewer_text.len() < 600);
    assert!(!decision.reviewer_text.contains('\u{1b}'));
}

#[test]
fn conditions_in_kleene_logic() {
    let allow = |when: &str| with(allow_refund(), json!({"when": when}));
    let deny = |when: &str| json!({"name": "no", "effect": "deny", "tools": ["crm/refund"], "when": when});
    for (rules, reason) in [
        (vec![allow("args.amount < 100")], Reason::Allowed),
        (vec![allow("args.amount > 100")], Reason::NoMatchingRule),
        (vec![allow("args.nothing > 100")], Reason::ConditionError),
        (vec![allow("args.currency > 100")], Reason::ConditionError),
        (vec![allow("args.amount")], Reason::ConditionError),
        (vec![allow("false && args.nothing > 1")], Reason::NoMatchingRule),
        (vec![allow("true || args.nothing > 1")], Reason::Allowed),
        (vec![allow("has(args.nothing)")], Reason::NoMatchingRule),
        (vec![allow("task == null && token == null && actor == null")], Reason::Allowed),
        (
            vec![allow(
                "'support-agent' in subject.roles && subject.id == 'alice' && subject.kind == 'user'",
            )],
            Reason::Allowed,
        ),
        (
            vec![allow("resource.risk == 'high' && resource.server == 'crm' && resource.id == 'refund'")],
            Reason::Allowed,
        ),
        (vec![allow("tenant.slug == 'acme' && action.name == 'tools/call'")], Reason::Allowed),
        (vec![allow("now > timestamp('2026-11-23T11:59:59Z') && now.getHours() == 12")], Reason::Allowed),
        (vec![allow("bound['/customer_id'].region == 'eu'")], Reason::ConditionError),
        (vec![allow_refund(), deny("args.amount > 100")], Reason::Allowed),
        (vec![allow_refund(), deny("args.amount < 100")], Reason::DeniedByRule),
        (vec![allow_refund(), deny("args.nothing == 1")], Reason::DeniedByRule),
        (vec![with(allow("args.amount < 100"), json!({"roles": ["finance"]}))], Reason::NoMatchingRule),
    ] {
        assert_eq!(World::new(rules.clone()).decide().reason, reason, "{rules:#?}");
    }
    let both = with(small_refunds(), json!({"when": "args.currency == 'EUR'"}));
    let decide = |amount: i64, currency: &str| {
        World::new(vec![both.clone()]).arguments(json!({"amount": amount, "currency": currency})).decide()
    };
    assert_eq!(decide(700, "EUR").reason, Reason::ParametersOutOfScope);
    assert_eq!(decide(80, "USD").nearest[0].part, Part::Condition);
    assert_eq!(decide(700, "USD").reason, Reason::NoMatchingRule);
    assert!(decide(700, "USD").nearest.is_empty(), "two parts fail");
}

#[test]
fn long_lists_make_macros_unknown_and_nothing_else() {
    let any = json!({"name": "any", "effect": "deny", "tools": ["crm/refund"], "when": "args.note.exists(x, x == 7)"});
    let ask = |count: usize| {
        World::new(vec![allow_refund(), any.clone()]).arguments(json!({"note": vec![1; count]})).decide()
    };
    assert_eq!(ask(1_000).reason, Reason::Allowed);
    assert_eq!(ask(1_001).reason, Reason::DeniedByRule);
    let size =
        json!({"name": "size", "effect": "deny", "tools": ["crm/refund"], "when": "args.note.size() > 5000"});
    let decision = World::new(vec![allow_refund(), size]).arguments(json!({"note": vec![1; 1_001]})).decide();
    assert_eq!(decision.reason, Reason::Allowed);
}

#[test]
fn integers_stay_integers_in_conditions() {
    for (when, amount, holds) in [
        ("args.amount == 9007199254740993", json!(9_007_199_254_740_993_i64), true),
        ("args.amount == 9007199254740992", json!(9_007_199_254_740_993_i64), false),
        ("args.amount == 18446744073709551615u", json!(u64::MAX), true),
        ("double(args.amount) * 1.5 < 100.0", json!(60), true),
        ("args.amount < 80.5", json!(80), true),
    ] {
        let rule = with(allow_refund(), json!({"when": when}));
        let decision = World::new(vec![rule]).arguments(json!({"amount": amount})).decide();
        assert_eq!(decision.is_allow(), holds, "{when} with {amount}: {decision:?}");
    }
}

#[test]
fn what_a_condition_saw_is_not_repeated_where_it_fails() {
    let rule = with(allow_refund(), json!({"when": "args.note[args.currency] == 1"}));
    let mut world = World::new(vec![rule]).arguments(json!({"note": {"a": 1}, "currency": "s3cret"}));
    world.tool.redact = vec!["/currency".into()];
    let decision = world.decide();
    assert_eq!(decision.reason, Reason::ConditionError);
    assert!(!format!("{decision:?}").contains("s3cret"));
}

#[test]
fn redaction_reaches_into_lists_and_wrong_shapes() {
    let small = json!({"name": "small", "effect": "allow", "tools": ["crm/refund"], "parameters": {"properties":
        {"cards": {"type": "array", "items": {"type": "string", "maxLength": 3}}}, "required": ["cards"]}});
    for (redact, cards) in [
        ("/cards/*", json!(["4000111122223333"])),
        ("/cards/*/pan", json!("4000111122223333")),
        ("no pointer", json!(["4000111122223333"])),
    ] {
        let mut world = World::new(vec![small.clone()]).arguments(json!({"cards": cards}));
        world.tool.input_schema = None;
        world.tool.redact = vec![redact.into()];
        let decision = world.decide();
        assert_eq!(decision.reason, Reason::ParametersOutOfScope);
        assert!(!serde_json::to_string(&decision).expect("writes").contains("4000"), "{redact}");
    }
}

#[test]
fn a_decision_never_repeats_whole_arguments() {
    let either = with(
        allow_refund(),
        json!({"parameters": {"anyOf": [
        {"properties": {"currency": {"const": "EUR"}}, "required": ["currency"]},
        {"properties": {"currency": {"const": "USD"}}, "required": ["currency"]}]}}),
    );
    for note in [json!("n".repeat(100_000)), json!(vec![1; 30_000])] {
        let decision =
            World::new(vec![either.clone()]).arguments(json!({"currency": "X", "note": note})).decide();
        assert_eq!(decision.reason, Reason::ParametersOutOfScope);
        assert!(serde_json::to_string(&decision).expect("writes").len() < 4_000);
    }
}

#[test]
fn a_large_call_is_decided_and_its_restrictions_bite() {
    let deny = json!({"name": "no", "effect": "deny", "tools": ["crm/refund"], "parameters": {"properties":
        {"amount": {"type": "number", "minimum": 1000}}, "required": ["amount"]}});
    let ask = |amount: i64, length: usize| {
        World::new(vec![allow_refund(), deny.clone()])
            .arguments(json!({"amount": amount, "note": vec![1; length]}))
            .decide()
    };
    assert_eq!(ask(1, 500).reason, Reason::Allowed);
    assert_eq!(ask(1_000, 50_000).reason, Reason::DeniedByRule);
    assert_eq!(ask(1, 50_000).reason, Reason::DeniedByRule, "whether a type is to blame is not searched for");
    let branches: Vec<Value> = (0..40).map(|n| json!({"type": "array", "contains": {"const": n}})).collect();
    let wide = with(
        allow_refund(),
        json!({"parameters": {"properties": {"note": {"anyOf": branches}}, "required": ["note"]}}),
    );
    let ask =
        |length: usize| World::new(vec![wide.clone()]).arguments(json!({"note": vec![0; length]})).decide();
    assert!(ask(100).is_allow());
    assert_eq!(ask(50_000).reason, Reason::NoMatchingRule, "more work than one call may cost");
}

#[test]
fn sentences_stay_short_for_every_name_that_came() {
    let mut world = World::new(vec![]);
    world.call.action = "\u{1}\u{202e}".repeat(50_000);
    world.call.resource.kind = "\u{1}".repeat(50_000);
    let text = world.decide().reviewer_text;
    assert!(text.len() < 1_000 && !text.contains(['\u{1}', '\u{202e}']));
}
