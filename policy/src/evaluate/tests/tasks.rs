//! Tasks: whose they are, what they are for, and that they narrow and never widen.

use super::*;
use crate::evaluate::spends;
use crate::ids::TaskId;
use crate::labels::{OpenedBy, TaskState};
use crate::reason::Reason;
use crate::task::TaskFacts;
use proptest::prelude::*;

fn task() -> TaskFacts {
    TaskFacts {
        id: TaskId::from("t-1"),
        tenant: TenantSlug::from("acme"),
        subject: SubjectId::from("alice"),
        actor: None,
        purpose: "refund order 17".into(),
        tools: vec!["crm/refund".to_owned().try_into().expect("a pattern")],
        budget: 3,
        used: 2,
        state: TaskState::Active,
        opened_by: OpenedBy::Platform,
        expires_at: at("2026-11-23T12:00:01Z"),
    }
}

/// The world with a call under this task.
fn under(task: TaskFacts, rules: Vec<Value>) -> World {
    let mut world = World::new(rules);
    world.call.context.insert("task".into(), json!(task.id.as_str()));
    world.facts.task = Some(task);
    world
}

#[test]
fn a_call_within_its_task_is_allowed_and_spends_of_it() {
    let world = under(task(), vec![allow_refund()]);
    let decision = world.decide();
    assert_eq!(decision.reason, Reason::Allowed);
    assert_eq!(spends(&world.facts, &world.call, &decision).map(|task| task.id.as_str()), Some("t-1"));
    let denied = under(task(), Vec::new());
    assert_eq!(spends(&denied.facts, &denied.call, &denied.decide()), None);
    let unnamed = World::new(vec![allow_refund()]);
    assert_eq!(spends(&unnamed.facts, &unnamed.call, &unnamed.decide()), None);
}

#[test]
fn what_makes_a_task_not_cover_the_call() {
    type Change = fn(&mut World);
    let cases: Vec<(Reason, Change)> = vec![
        (Reason::TaskOutOfScope, |w| w.facts.task = None),
        (Reason::TaskOutOfScope, |w| {
            w.call.context.insert("task".into(), json!("t-2"));
        }),
        (Reason::TaskOutOfScope, |w| {
            w.call.context.insert("task".into(), json!({"id": "t-1"}));
        }),
        (Reason::TaskOutOfScope, |w| {
            w.call.context.insert("task".into(), json!(""));
        }),
        (Reason::TaskOutOfScope, |w| of(w).tenant = TenantSlug::from("globex")),
        (Reason::TaskOutOfScope, |w| of(w).subject = SubjectId::from("bob")),
        (Reason::TaskOutOfScope, |w| of(w).actor = Some("refund-bot".into())),
        (Reason::TaskOutOfScope, |w| {
            of(w).actor = Some("refund-bot".into());
            w.facts.actor = Some(Box::new(super::delegation::bot(&["support-agent"])));
        }),
        (Reason::TaskInactive, |w| of(w).state = TaskState::Paused),
        (Reason::TaskInactive, |w| of(w).state = TaskState::Completed),
        (Reason::TaskInactive, |w| of(w).state = TaskState::Revoked),
        (Reason::TaskInactive, |w| of(w).expires_at = w.facts.now),
        (Reason::TaskOutOfScope, |w| of(w).tools.clear()),
        (Reason::TaskOutOfScope, |w| {
            of(w).tools = vec!["crm/refunds".to_owned().try_into().expect("a pattern")];
        }),
        (Reason::TaskBudgetSpent, |w| of(w).used = 3),
    ];
    for (number, (reason, change)) in cases.into_iter().enumerate() {
        let mut world = under(task(), vec![allow_refund()]);
        change(&mut world);
        let decision = world.decide();
        assert_eq!((decision.is_allow(), decision.reason), (false, reason), "case {number}");
        assert_eq!(spends(&world.facts, &world.call, &decision), None, "case {number}");
    }
    let mut world = under(task(), vec![allow_refund()]);
    of(&mut world).actor = Some("bot".into());
    // The PEP's word for it is not enough.
    world.call.context.insert("agent".into(), json!("bot"));
    assert_eq!(world.decide().reason, Reason::TaskOutOfScope);
    world.facts.actor = Some(Box::new(super::delegation::bot(&["support-agent"])));
    assert!(world.decide().is_allow());
}

fn of(world: &mut World) -> &mut TaskFacts {
    world.facts.task.as_mut().expect("a task")
}

#[test]
fn nothing_tells_a_task_of_others_from_none() {
    let mut none = under(task(), vec![allow_refund()]);
    none.facts.task = None;
    let mut other = under(task(), vec![allow_refund()]);
    of(&mut other).tenant = TenantSlug::from("globex");
    of(&mut other).state = TaskState::Revoked;
    assert_eq!(none.decide(), other.decide());
}

#[test]
fn a_tool_may_ask_for_a_task() {
    let mut world = World::new(vec![allow_refund()]);
    world.tool.task = TaskNeed::Required;
    assert_eq!(world.decide().reason, Reason::TaskRequired);
    world.call.context.insert("task".into(), Value::Null);
    assert_eq!(world.decide().reason, Reason::TaskRequired);
    let mut world = under(task(), vec![allow_refund()]);
    world.tool.task = TaskNeed::Required;
    assert!(world.decide().is_allow());
}

#[test]
fn methods_of_a_server_need_the_task_to_be_active_and_spend_nothing() {
    let mut world = under(TaskFacts { used: 3, tools: Vec::new(), ..task() }, Vec::new());
    world.call.action = "tools/list".into();
    world.call.resource = ResourceRef { kind: "mcp_server".into(), id: "crm".into() };
    let decision = world.decide();
    assert!(decision.is_allow());
    assert_eq!(spends(&world.facts, &world.call, &decision), None);
    of(&mut world).state = TaskState::Revoked;
    assert_eq!(world.decide().reason, Reason::TaskInactive);
}

#[test]
fn rules_can_speak_about_the_task() {
    let about = |effect: &str, when: &str| json!({"name": when, "effect": effect, "tools": ["crm/refund"], "when": when});
    for (opened_by, when, expected) in [
        (OpenedBy::Platform, "task.purpose.startsWith('refund')", Reason::Allowed),
        (OpenedBy::Person, "task.purpose.startsWith('refund')", Reason::Allowed),
        // What the agent wrote about itself allows nothing, whatever is asked of it.
        (OpenedBy::Agent, "task.purpose.startsWith('refund')", Reason::ConditionError),
        (OpenedBy::Agent, "task.purpose != 'x'", Reason::ConditionError),
        (OpenedBy::Agent, "has(task.purpose)", Reason::NoMatchingRule),
        (OpenedBy::Agent, "task != null && task.opened_by == 'agent'", Reason::Allowed),
        (OpenedBy::Agent, "task.budget - task.used == 1 && task.id == 't-1'", Reason::Allowed),
        (OpenedBy::Agent, "task.expires_at > now", Reason::Allowed),
    ] {
        let world = under(TaskFacts { opened_by, ..task() }, vec![about("allow", when)]);
        assert_eq!(world.decide().reason, expected, "{opened_by}: {when}");
    }
    // A rule that restricts does see it.
    let restricted = |purpose: &str| {
        let task = TaskFacts { opened_by: OpenedBy::Agent, purpose: purpose.into(), ..task() };
        under(task, vec![allow_refund(), about("deny", "task.purpose.contains('test')")]).decide().reason
    };
    assert_eq!(restricted("a test"), Reason::DeniedByRule);
    assert_eq!(restricted("refund"), Reason::Allowed);
    // A rule can demand a task: without one it is unknown, and bites.
    let demanding = World::new(vec![allow_refund(), about("deny", "task.purpose == ''")]);
    assert_eq!(demanding.decide().reason, Reason::DeniedByRule);
}

proptest! {
    /// Rules that do not speak of the task; those that do may ask for one.
    #[test]
    fn naming_a_task_never_turns_a_deny_into_an_allow(
        maximum in 0i64..200,
        deny in any::<bool>(),
        named in prop::sample::select(vec!["t-1", "t-2", ""]),
        state in prop::sample::select(TaskState::ALL),
        opened_by in prop::sample::select(OpenedBy::ALL),
        pattern in prop::sample::select(vec!["crm/refund", "crm/*", "*/*", "erp/*"]),
        used in 0i64..=3,
        until in 0i64..3,
        required in any::<bool>(),
    ) {
        let mut rules = vec![json!({"name": "refunds", "effect": "allow", "tools": ["crm/*"],
            "parameters": {"properties": {"amount": {"type": "number", "maximum": maximum}}, "required": ["amount"]}})];
        if deny {
            rules.push(json!({"name": "never", "effect": "deny", "tools": ["crm/refund"]}));
        }
        let plain = World::new(rules.clone());
        let mut world = under(
            TaskFacts {
                state,
                opened_by,
                used,
                tools: vec![pattern.to_owned().try_into().expect("a pattern")],
                expires_at: plain.facts.now.saturating_add_micros(until - 1),
                ..task()
            },
            rules,
        );
        world.call.context.insert("task".into(), json!(named));
        if required {
            world.tool.task = TaskNeed::Required;
        }
        let decision = world.decide();
        prop_assert!(plain.decide().is_allow() || !decision.is_allow());
        prop_assert_eq!(spends(&world.facts, &world.call, &decision).is_some(), decision.is_allow());
    }
}
