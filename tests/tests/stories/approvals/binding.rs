//! An approval is for one exact call: whatever else is called is not approved.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approve, note, pending, read, waiting, world,
};
use policy::SubjectId;
use policy::labels::ApprovalState;
use serde_json::{Value, json};
use tests::pep::call_body;
use tests::world::TaskTerms;
use tests::{Backend, Pep};

async fn raw(crm: &Pep, token: &str, arguments: &str) -> String {
    // Spelled as it is given: a parsed number would be spelled by us.
    let body = call_body(token, "add_note", json!("HERE")).to_string().replace("\"HERE\"", arguments);
    crm.send("/access/v1/evaluation", "application/json", body.into_bytes()).await.reason().to_owned()
}

pub(crate) async fn each_part_of_a_call_makes_another_request(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let bot = world.secret("REFUND_BOT_KEY");
    let fay = account(&world, "fay", Some("fay")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;

    let terms = TaskTerms { tools: &["crm/*"], ..TaskTerms::default() };
    let task = world.open_task("refund-bot", terms).await;
    let with = |more: Value| {
        let mut body = call_body(bot, "add_note", note("hello"));
        body["context"]
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        body
    };
    let others = [
        call_body(bot, "add_note", note("hello ")),
        call_body(bot, "add_note", json!({"customer_id": "c-43", "text": "hello"})),
        call_body(world.secret("ALICE_KEY"), "add_note", note("hello")),
        with(json!({"task": task})),
    ];
    for (count, other) in others.iter().enumerate() {
        assert_eq!(crm.ask(other).await.reason(), "approval_required", "{other}");
        assert_eq!(pending(&world).await.len(), count + 1, "{other}");
    }
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Approved);
    // What no rule reads of the context is no part of it, nor is the order of keys.
    let mut same = with(json!({"weather": "fine"}));
    same["resource"]["properties"]["arguments"] = json!({"text": "hello", "customer_id": "c-42"});
    assert!(crm.ask(&same).await.allowed());

    // With a rule that reads the context, what it reads is.
    let reads = "rules: [{ name: at night, tenant: acme, effect: require_approval, tools: [crm/add_note],
        when: 'context.hour != 12', approval: { approvers: [finance] } }]";
    world.apply(reads).await;
    let before = pending(&world).await.len();
    for (hour, reason) in [(1, "approval_required"), (2, "approval_required"), (1, "approval_pending")] {
        assert_eq!(crm.ask(&with(json!({"hour": hour}))).await.reason(), reason, "{hour}");
    }
    assert_eq!(pending(&world).await.len(), before + 2);

    // One number however it is spelled, and numbers that differ are others.
    world.apply("servers: [{ slug: crm, check_arguments: false }]").await;
    let mut expected = pending(&world).await.len();
    for (arguments, reason) in [
        (r#"{"a": 1}"#, "approval_required"),
        (r#"{"a": 1.0}"#, "approval_pending"),
        (r#"{"a": 1e0}"#, "approval_pending"),
        (r#"{"a": 9007199254740992}"#, "approval_required"),
        (r#"{"a": 9007199254740993}"#, "approval_required"),
    ] {
        expected += usize::from(reason == "approval_required");
        assert_eq!(raw(&crm, bot, arguments).await, reason, "{arguments}");
        assert_eq!(pending(&world).await.len(), expected);
    }
    // Another definition is another tool.
    world.database.by_hand("UPDATE tools SET definition_hash = 'another' WHERE name = 'add_note'").await;
    assert_eq!(raw(&crm, bot, r#"{"a": 1}"#).await, "approval_required");
    replica.stop().await;
}

pub(crate) async fn what_is_said_of_an_action_is_part_of_the_call(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let ask = |soft: bool| {
        let mut body = call_body("", "add_note", note("hello"));
        body["subject"] = json!({"type": "agent", "id": "refund-bot"});
        body["action"]["properties"] = json!({ "soft": soft });
        body
    };
    // Where it is believed, whoever approves the one has not approved the other.
    world.apply("credentials: [{name: crm-pep, trust: assert_attributes}]").await;
    assert_eq!(crm.ask(&ask(true)).await.reason(), "approval_required");
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;
    assert_eq!(crm.ask(&ask(false)).await.reason(), "approval_required");
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Approved);
    assert!(crm.ask(&ask(true)).await.allowed());
    // Where it is not, it is not looked at.
    world.apply("credentials: [{name: crm-pep, trust: assert_subject}]").await;
    assert_eq!(crm.ask(&ask(true)).await.reason(), "approval_required");
    assert_eq!(crm.ask(&ask(false)).await.reason(), "approval_pending");
    replica.stop().await;
}

/// The same caller, key, tool and arguments, in another tenant of its own.
pub(crate) async fn another_tenant_makes_another_request(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let both = "
roles: [{ name: finance, tenant: globex }]
subjects:
  - { id: refund-bot, memberships: [{ tenant: acme, roles: [support-agent] }, { tenant: globex, roles: [support-agent] }] }
  - { id: gil, kind: user, memberships: [{ tenant: globex, roles: [finance] }] }
servers: [{ slug: crm, tenants: [acme, globex] }]
rules:
  - { name: notes in globex, tenant: globex, effect: allow, roles: [support-agent], tools: [crm/add_note], approval: { approvers: [finance] } }
";
    world.apply(both).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let within = |tenant: &str| {
        let mut body = call_body(world.secret("REFUND_BOT_KEY"), "add_note", note("hello"));
        body["context"]["tenant"] = json!(tenant);
        body
    };
    assert_eq!(crm.ask(&within("acme")).await.reason(), "approval_required");
    let ours = waiting(&world).await;
    assert_eq!(ours.tenant.as_str(), "acme");
    approve(&world, &fay, &ours.id).await;
    assert_eq!(crm.ask(&within("globex")).await.reason(), "approval_required");
    let theirs = waiting(&world).await;
    assert_eq!(theirs.tenant.as_str(), "globex");
    assert_ne!(theirs.id, ours.id);
    // Nothing else differs: what was approved is what they call as well.
    assert_eq!(theirs.arguments_digest, ours.arguments_digest);
    assert_ne!(theirs.binding, ours.binding);
    assert_eq!(read(&world, &ours.id).await.used, 0);
    // Nor does it pass the other way round.
    let gil = account(&world, "gil", Some("gil")).await;
    approve(&world, &gil, &theirs.id).await;
    assert!(crm.ask(&within("globex")).await.allowed());
    assert_eq!(crm.ask(&within("globex")).await.reason(), "approval_required");
    assert_eq!(read(&world, &ours.id).await.state, ApprovalState::Approved);
    assert!(crm.ask(&within("acme")).await.allowed());
    replica.stop().await;
}

/// The same call for the same subject: nobody acts, one agent does, another does.
pub(crate) async fn another_actor_makes_another_request(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let bots = "
subjects:
  - { id: note-bot, kind: agent, memberships: [{ tenant: acme, roles: [support-agent] }] }
credentials: [{ name: crm-pep, trust: assert_subject }]
";
    world.apply(bots).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let acts = |agent: Option<&str>| {
        let mut body = call_body("", "add_note", note("hello"));
        body["subject"]["id"] = json!("alice");
        body["context"] = agent.map_or_else(|| json!({}), |agent| json!({ "agent": agent }));
        body
    };
    assert_eq!(crm.ask(&acts(Some("refund-bot"))).await.reason(), "approval_required");
    let first = waiting(&world).await;
    assert_eq!(
        (first.subject.as_str(), first.actor.as_ref().map(SubjectId::as_str)),
        ("alice", Some("refund-bot"))
    );
    approve(&world, &fay, &first.id).await;
    for (count, agent) in [Some("note-bot"), None].into_iter().enumerate() {
        assert_eq!(crm.ask(&acts(agent)).await.reason(), "approval_required", "{agent:?}");
        let anew = pending(&world).await;
        assert_eq!(anew.len(), count + 1, "{agent:?}");
        assert_eq!(anew[0].actor.as_ref().map(SubjectId::as_str), agent);
        assert_eq!(anew[0].arguments_digest, first.arguments_digest);
        assert_ne!(anew[0].binding, first.binding);
    }
    assert_eq!(read(&world, &first.id).await.used, 0);
    assert!(crm.ask(&acts(Some("refund-bot"))).await.allowed());
    assert_eq!(crm.ask(&acts(Some("note-bot"))).await.reason(), "approval_pending");
    replica.stop().await;
}
