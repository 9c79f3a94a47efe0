//! What could be allowed, held against what is.

use super::delegation::bot;
use super::properties::{actor_roles, any_arguments, rules, world};
use super::*;
use crate::binding::Binding;
use crate::evaluate::{Could, Open, Verdict, could};
use crate::labels::OnUnknown;
use crate::reason::Reason;
use proptest::prelude::*;

impl World {
    fn could(&self, open: Open) -> Could {
        let request = EvaluationRequest { facts: &self.facts, call: &self.call, approved: &[] };
        could(Some(&self.set()), &request, open)
    }

    /// With every approval that could be asked for.
    fn approved(mut self) -> Self {
        self.approved = (0..self.rules.len()).map(|index| RuleId::new(format!("r{index}"))).collect();
        self
    }
}

fn with(mut base: Value, more: &Value) -> Value {
    base.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    base
}

#[test]
fn how_far_a_call_could_come() {
    let deny = |more: Value| with(json!({"name": "no", "effect": "deny", "tools": ["crm/*"]}), &more);
    let ask = |more: Value| {
        let approval = json!({"approvers": ["finance"]});
        with(
            json!({"name": "ask", "effect": "require_approval", "tools": ["crm/*"], "approval": approval}),
            &more,
        )
    };
    let large = json!({"parameters": {"properties": {"amount": {"type": "number", "minimum": 500}}, "required": ["amount"]}});
    let once = with(allow_refund(), &json!({"name": "once", "approval": {"approvers": ["finance"]}}));
    let by_ann = json!({"approver_subjects": ["ann"]});
    let once_ann = with(allow_refund(), &json!({"name": "once", "approval": by_ann}));
    let ask_ann = ask(json!({"approval": by_ann}));
    for (rules, verdict) in [
        (vec![], Verdict::Never),
        (vec![allow_refund()], Verdict::Always),
        (vec![with(allow_refund(), &json!({"roles": ["finance"]}))], Verdict::Never),
        (vec![with(allow_refund(), &json!({"status": "shadow"}))], Verdict::Never),
        (vec![small_refunds()], Verdict::Conditional),
        (vec![small_refunds(), allow_refund()], Verdict::Always),
        (vec![with(allow_refund(), &json!({"when": "args.amount < 5"}))], Verdict::Conditional),
        (vec![with(allow_refund(), &json!({"when": "subject.level > 5"}))], Verdict::Never),
        (vec![with(allow_refund(), &json!({"when": "subject.kind == 'user'"}))], Verdict::Always),
        (vec![allow_refund(), deny(json!({}))], Verdict::Never),
        (vec![allow_refund(), deny(large.clone())], Verdict::Conditional),
        (vec![allow_refund(), deny(json!({"when": "subject.level > 5"}))], Verdict::Never),
        (vec![allow_refund(), ask(json!({}))], Verdict::AfterApproval),
        (vec![allow_refund(), ask(large.clone())], Verdict::Conditional),
        (vec![once.clone()], Verdict::AfterApproval),
        (vec![once.clone(), allow_refund()], Verdict::Always),
        (vec![once, small_refunds()], Verdict::Conditional),
        (vec![ask(json!({}))], Verdict::Never),
        (vec![once_ann.clone()], Verdict::AfterApproval),
        (vec![once_ann, allow_refund()], Verdict::Always),
        (vec![allow_refund(), ask_ann], Verdict::AfterApproval),
    ] {
        let found = World::new(rules.clone()).could(Open::ARGUMENTS);
        assert_eq!(found.verdict, verdict, "{rules:?}: {found:?}");
        assert_eq!(found.verdict == Verdict::Never, found.ways.is_empty(), "{rules:?}");
    }
}

#[test]
fn conditions_are_told_as_conditions() {
    let deny = json!({"name": "no", "effect": "deny", "tools": ["crm/*"], "when": "args.currency == 'USD'"});
    let found = World::new(vec![small_refunds(), deny]).could(Open::ARGUMENTS);
    assert_eq!(found.ways[0].bounds, ["/amount <= 100"]);
    assert_eq!(found.limits[0].conditions, ["`args.currency == 'USD'` holds"]);
    let approval = json!({"approvers": ["finance"], "approver_subjects": ["ann"]});
    let found =
        World::new(vec![with(allow_refund(), &json!({ "approval": approval }))]).could(Open::ARGUMENTS);
    assert_eq!(found.ways[0].approvers, ["finance", "ann"]);
    let of_agents = with(allow_refund(), &json!({"kinds": ["agent"], "subjects": ["bot"]}));
    let found = World::new(vec![of_agents.clone()]).could(Open::CALLER);
    assert_eq!(found.verdict, Verdict::Conditional);
    assert_eq!(found.ways[0].conditions, ["the caller is `bot` and the caller is of kind agent"]);
    assert_eq!(World::new(vec![of_agents]).could(Open::CALL).verdict, Verdict::Never);
    let by_context = with(allow_refund(), &json!({"when": "context.ip == 'x'"}));
    assert_eq!(World::new(vec![by_context.clone()]).could(Open::CALL).verdict, Verdict::Conditional);
    assert_eq!(World::new(vec![by_context]).could(Open::ARGUMENTS).verdict, Verdict::Never);
}

#[test]
fn what_is_checked_before_the_rules_is_checked_here_as_well() {
    let fails = |break_it: fn(&mut World)| {
        let mut world = World::new(vec![allow_refund()]);
        break_it(&mut world);
        let found = world.could(Open::ARGUMENTS);
        assert_eq!(found.verdict, Verdict::Never);
        found.reason
    };
    assert_eq!(fails(|w| w.facts.memberships.clear()), Reason::NoMembership);
    assert_eq!(fails(|w| w.tenant_active = false), Reason::TenantSuspended);
    assert_eq!(fails(|w| w.server_enabled = false), Reason::ServerDisabled);
    assert_eq!(fails(|w| w.tool.review = ReviewState::New), Reason::ToolNotReviewed);
    assert_eq!(fails(|w| w.facts.global_revision += 1), Reason::PolicyUnavailable);
    assert_eq!(fails(|w| w.tool.input_schema = Some(json!({"type": 5}))), Reason::ArgumentsInvalid);

    let mut bound = World::new(vec![allow_refund()]);
    bound.tool.bindings = vec![Binding {
        pointer: "/customer".into(),
        kind: "customer".into(),
        optional: false,
        unknown: OnUnknown::Deny,
    }];
    let found = bound.could(Open::ARGUMENTS);
    assert_eq!(found.verdict, Verdict::Conditional);
    assert_eq!(found.needed, ["/customer names a customer of the tenant"]);
}

#[test]
fn both_the_caller_and_who_acts_are_asked() {
    let through = |roles: &[&str], rules: Vec<Value>| {
        let mut world = World::new(rules);
        world.facts.actor = Some(Box::new(bot(roles)));
        world
    };
    let rules = || vec![allow_refund(), with(small_refunds(), &json!({"roles": ["bots"]}))];
    let verdict = |roles: &[&str]| through(roles, rules()).could(Open::ARGUMENTS).verdict;
    assert_eq!(verdict(&["support-agent"]), Verdict::Always);
    assert_eq!(verdict(&["bots"]), Verdict::Conditional);
    assert_eq!(verdict(&[]), Verdict::Never);
    // Where it is open who acts, nothing is sure.
    let open = through(&[], rules()).could(Open::CALL);
    assert_eq!(open.verdict, Verdict::Conditional);
    assert_eq!(open.needed, ["whoever acts for the caller may call it as well"]);
}

#[test]
fn of_a_pair_each_side_is_told() {
    let through = |roles: &[&str], rules: Vec<Value>| {
        let mut world = World::new(rules);
        world.facts.actor = Some(Box::new(bot(roles)));
        world.could(Open::PAIR)
    };
    let sides = |found: &Could| {
        let [own, acting] = *found.sides.clone().expect("two sides");
        [own, acting].map(|side| (side.id.to_string(), side.could.verdict))
    };
    let told = |own: Verdict, acting: Verdict| [("alice".to_owned(), own), ("bot".to_owned(), acting)];
    let rules = || vec![allow_refund(), with(small_refunds(), &json!({"roles": ["bots"]}))];

    let both = through(&["support-agent"], rules());
    assert_eq!(sides(&both), told(Verdict::Always, Verdict::Always));
    assert_eq!((both.verdict, both.needed.is_empty()), (Verdict::Always, true), "who acts is known");
    let smaller = through(&["bots"], rules());
    assert_eq!(sides(&smaller), told(Verdict::Always, Verdict::Conditional));
    assert_eq!((smaller.verdict, smaller.ways.len()), (Verdict::Conditional, 2));
    let denied = through(&[], rules());
    assert_eq!(sides(&denied), told(Verdict::Always, Verdict::Never));
    assert_eq!((denied.verdict, denied.reason), (Verdict::Never, Reason::NoMatchingRule));
    // A condition on who acts is no condition any more.
    let if_bot = |id: &str| {
        let when = json!({"when": format!("actor != null && actor.id == '{id}'")});
        through(&["support-agent"], vec![with(allow_refund(), &when)]).verdict
    };
    assert_eq!((if_bot("bot"), if_bot("other")), (Verdict::Always, Verdict::Never));
    // What is denied before the rules is denied to both at once.
    let mut disabled = World::new(rules());
    let mut actor = bot(&["bots"]);
    actor.memberships.clear();
    disabled.facts.actor = Some(Box::new(actor));
    let found = disabled.could(Open::PAIR);
    assert_eq!((found.reason, found.sides), (Reason::NoMembership, None));
}

#[test]
fn whether_a_person_is_asked_in_any_case() {
    let approval = json!({"approvers": ["finance"]});
    let once = |base: Value| with(base, &json!({"name": "once", "approval": approval}));
    let ask = |more: Value| {
        let base =
            json!({"name": "ask", "effect": "require_approval", "tools": ["crm/*"], "approval": approval});
        with(base, &more)
    };
    for (rules, asks) in [
        (vec![], false),
        (vec![small_refunds()], false),
        (vec![once(small_refunds())], true),
        (vec![once(small_refunds()), with(small_refunds(), &json!({"name": "freely"}))], false),
        (vec![small_refunds(), ask(json!({}))], true),
        (vec![small_refunds(), ask(json!({"when": "args.amount > 50"}))], false),
    ] {
        assert_eq!(World::new(rules.clone()).could(Open::ARGUMENTS).always_asks(), asks, "{rules:?}");
    }
    // Of a pair it is enough that one of the two is asked about.
    let mut pair = World::new(vec![allow_refund(), ask(json!({"kinds": ["agent"]}))]);
    assert!(!pair.could(Open::ARGUMENTS).always_asks());
    pair.facts.actor = Some(Box::new(bot(&["support-agent"])));
    let found = pair.could(Open::PAIR);
    assert_eq!((found.verdict, found.always_asks()), (Verdict::AfterApproval, true));
}

#[test]
fn a_task_and_scopes_that_are_asked_for() {
    let mut world = World::new(vec![allow_refund()]);
    world.tool.scopes = vec!["refunds".into()];
    assert_eq!(world.could(Open::ARGUMENTS).reason, Reason::TokenScopeInsufficient);
    world.tool.task = TaskNeed::Required;
    assert_eq!(world.could(Open::ARGUMENTS).reason, Reason::TaskRequired);
    let open = world.could(Open::CALL);
    assert_eq!(open.verdict, Verdict::Conditional);
    assert_eq!(
        open.needed[..2],
        ["the call names a task that covers it", "the token holds the scope `refunds`"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_allowed_was_never_called_impossible(rules in rules(), arguments in any_arguments()) {
        let world = world(rules, arguments);
        let found = world.could(Open::ARGUMENTS);
        let wider = [world.could(Open::CALL), world.could(Open::CALLER)];
        if world.approved().decide().is_allow() {
            prop_assert!(found.verdict != Verdict::Never, "{:?}", found);
            for wider in wider {
                prop_assert!(wider.verdict != Verdict::Never, "{:?}", wider);
            }
        }
    }

    #[test]
    fn what_is_always_allowed_is_allowed_with_any_arguments(rules in rules(), arguments in any_arguments()) {
        let world = world(rules, arguments);
        for open in [Open::ARGUMENTS, Open::CALL, Open::CALLER] {
            match world.could(open).verdict {
                Verdict::Always => prop_assert!(world.decide().is_allow()),
                Verdict::AfterApproval => {
                    prop_assert!(!world.decide().is_allow());
                    let request = EvaluationRequest {
                        facts: &world.facts,
                        call: &world.call,
                        approved: &(0..world.rules.len()).map(|index| RuleId::new(format!("r{index}"))).collect::<Vec<_>>(),
                    };
                    prop_assert!(evaluate(Some(&world.set()), &request).is_allow());
                }
                Verdict::Never | Verdict::Conditional => {}
            }
        }
    }

    #[test]
    fn what_is_said_of_a_pair_holds_for_its_calls(
        rules in rules(), arguments in any_arguments(), roles in actor_roles(),
    ) {
        let mut world = world(rules, arguments);
        world.facts.actor = Some(Box::new(bot(&roles)));
        let found = world.could(Open::PAIR);
        let (freely, approved) = (world.decide().is_allow(), world.approved().decide().is_allow());
        match found.verdict {
            Verdict::Always => prop_assert!(freely, "{:?}", found),
            Verdict::AfterApproval => prop_assert!(!freely && approved, "{:?}", found),
            Verdict::Never => prop_assert!(!approved, "{:?}", found),
            Verdict::Conditional => {}
        }
        prop_assert!(!(freely && found.always_asks()), "{:?}", found);
    }

    #[test]
    fn leaving_more_open_never_makes_the_answer_surer(rules in rules(), arguments in any_arguments()) {
        let world = world(rules, arguments);
        let verdicts = [Open::ARGUMENTS, Open::CALL, Open::CALLER].map(|open| world.could(open).verdict);
        for pair in verdicts.windows(2) {
            prop_assert!(pair[0] == pair[1] || pair[1] == Verdict::Conditional, "{:?}", verdicts);
        }
    }
}
