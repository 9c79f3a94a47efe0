//! An answer has its record, or it is a denial.

use crate::records::helpers::refund;
use crate::tokens::issuer::{Signer, claims, registered};
use policy::{DecisionId, Outcome, Reason, Timestamp};
use serde_json::{Value, json};
use server::clock;
use store::audit;
use store::chain::AuditKey;
use store::decisions::{DecisionFilter, Page};
use store::recorder::{NewRecord, Recorder};
use tests::pep::call_body;
use tests::world::TaskTerms;
use tests::{Backend, Pep, World};

pub(crate) async fn a_decision_is_in_the_record_when_its_answer_arrives(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    for (amount, outcome, reason) in
        [(json!(80), "allow", "allowed"), (json!(700), "deny", "parameters_out_of_scope")]
    {
        let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(amount.clone())).await;
        let id = told.decision_id.expect("an id");
        let recorded = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
        let body: Value = serde_json::from_str(&recorded.body).expect("JSON");
        assert_eq!(body["decision"]["outcome"], outcome);
        assert_eq!(body["decision"]["reason"], reason);
        assert_eq!(body["facts"]["identity"]["subject"]["id"], "alice");
        assert_eq!(body["facts"]["memberships"][0]["roles"][0]["name"], "support-agent");
        assert_eq!(body["request_id"], told.request_id.expect("an id"));
        let arguments: Value = serde_json::from_str(&recorded.arguments.expect("kept")).expect("JSON");
        assert_eq!(arguments["amount"], amount);
    }
    replica.stop().await;
}

pub(crate) async fn what_cannot_be_recorded_is_denied(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
    world.database.by_hand("ALTER TABLE decisions RENAME TO decisions_away").await;
    let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
    assert_eq!(told.reason(), "audit_unavailable");
    world.database.by_hand("ALTER TABLE decisions_away RENAME TO decisions").await;
    replica.ready().await;
    assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
    replica.stop().await;
}

pub(crate) async fn what_cannot_be_read_is_denied(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let ask = async || crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
    assert!(ask().await.allowed());
    let mut tables =
        vec!["memberships", "membership_roles", "subjects", "api_keys", "credentials", "revisions"];
    if backend == Backend::Sqlite {
        // What says whether an answer still stands.
        tables.push("live_stamp");
    }
    for table in tables {
        world.database.by_hand(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
        assert_eq!(ask().await.reason(), "policy_unavailable", "{table}");
        world.database.by_hand(&format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
        assert!(ask().await.allowed(), "{table} is back");
    }
    // What is compiled is read when a revision tells that it moved.
    for table in ["tenants", "servers", "tools", "stop_switches"] {
        world.database.by_hand(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
        world.database.by_hand("UPDATE rules SET definition = definition").await;
        assert_eq!(ask().await.reason(), "policy_unavailable", "{table}");
        world.database.by_hand(&format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
        assert!(ask().await.allowed(), "{table} is back");
    }
    // A stored word that nobody knows is an error, never a default.
    world.database.by_hand("UPDATE rules SET definition = '{\"name\":1}' WHERE name = 'small refunds'").await;
    assert_eq!(ask().await.reason(), "policy_unavailable");
    replica.stop().await;
}

/// What a call names besides is read as well, or the call is denied; nothing of it is taken for not there.
pub(crate) async fn what_a_call_names_is_read_or_it_is_denied(backend: Backend) {
    let world = World::demo(backend).await;
    let bound = json!([{"pointer": "/customer_id", "type": "customer"}]);
    let schema = json!({"type": "object", "properties": {"customer_id": {"type": "string"},
        "amount": {"type": "number"}, "currency": {"type": "string"}}});
    let ship = json!({"name": "ship", "input_schema": schema, "bindings": bound});
    let more = json!({
        "servers": [{"slug": "crm", "tools": [{"name": "refund", "input_schema": schema}, ship]}],
        "resources": [{"type": "customer", "id": "c-42", "tenant": "acme"}],
        "rules": [{"name": "ships", "tenant": "acme", "effect": "allow", "tools": ["crm/ship"]}],
    });
    world.apply(&more.to_string()).await;
    world.apply(&registered()).await;
    let task = world.open_task("refund-bot", TaskTerms::default()).await;
    let mut errand = call_body(world.secret("REFUND_BOT_KEY"), "refund", refund(json!(80)));
    errand["context"]["task"] = json!(task);
    let by_token = call_body(&Signer::new().token(&claims()), "refund", refund(json!(80)));
    let ship = call_body(world.secret("ALICE_KEY"), "ship", json!({"customer_id": "c-42"}));
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    for (call, tables) in [
        (errand, &["tasks"][..]),
        (by_token, &["issuers", "issuer_tenants", "identities", "token_revocations"]),
        (ship, &["resources"]),
    ] {
        assert_eq!(crm.ask(&call).await.reason(), "allowed", "{tables:?}");
        for table in tables {
            world.database.by_hand(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
            assert_eq!(crm.ask(&call).await.reason(), "policy_unavailable", "{table}");
            world.database.by_hand(&format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
            assert_eq!(crm.ask(&call).await.reason(), "allowed", "{table} is back");
        }
    }
    replica.stop().await;
}

/// A key is looked up before a large body is read. Where nobody can say whose it is, that lets nobody in.
pub(crate) async fn a_large_question_is_denied_where_no_key_can_be_looked_up(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let (crm, stranger) = (world.crm(&replica), Pep::new(replica.address(), "nobody"));
    let body = call_body(world.secret("ALICE_KEY"), "refund", refund(json!(80))).to_string();
    let large = format!("{}{body}", " ".repeat(100_000)).into_bytes();
    let ask = async |pep: &Pep| pep.send("/access/v1/evaluation", "application/json", large.clone()).await;
    assert!(ask(&crm).await.allowed());
    assert_eq!(ask(&stranger).await.status, 401);
    for table in ["credentials", "revisions"] {
        world.database.by_hand(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
        for pep in [&crm, &stranger] {
            assert_eq!(ask(pep).await.reason(), "policy_unavailable", "{table}");
        }
        world.database.by_hand(&format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
    }
    assert!(ask(&crm).await.allowed());
    assert_eq!(ask(&stranger).await.status, 401);
    replica.stop().await;
}

pub(crate) async fn one_bad_record_does_not_stop_the_others(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    // Long and odd names in every place that is recorded, beside good calls, all at once.
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (crm, alice) = (crm.clone(), world.secret("ALICE_KEY").to_owned());
        asked.spawn(async move {
            if n % 2 == 0 {
                (true, crm.call(&alice, "refund", refund(json!(80))).await)
            } else {
                let mut body = call_body(&alice, &"\u{202e}ü".repeat(400), json!({"x": "y".repeat(50_000)}));
                body["context"]["note"] = json!("z".repeat(15_000));
                (false, crm.ask(&body).await)
            }
        });
    }
    while let Some(done) = asked.join_next().await {
        let (good, told) = done.expect("no panic");
        assert_eq!(told.allowed(), good, "{told:?}");
    }
    let page = Page { limit: 100, ..Page::default() };
    let listed = world.store.list_decisions(&DecisionFilter::default(), &page).await.expect("lists");
    assert_eq!(listed.rows.len(), 40);
    replica.stop().await;
}

pub(crate) async fn large_records_that_come_at_once_are_all_kept(backend: Backend) {
    let world = World::empty(backend).await;
    let key = AuditKey::from_secret(&[7; 32]);
    let (recorder, task) =
        Recorder::start(&world.store, key.clone(), "story".to_owned(), "0", clock::system())
            .await
            .expect("starts");
    let mut appended = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let recorder = recorder.clone();
        let record = NewRecord {
            id: DecisionId::new(uuid::Uuid::now_v7().to_string()),
            at: Timestamp::from_micros(1),
            tenant: None,
            subject: None,
            credential: None,
            server: None,
            tool: None,
            action: "tools/call".to_owned(),
            outcome: Outcome::Deny,
            reason: Reason::UnknownTool,
            body: "x".repeat(1024 * 1024),
            arguments: None,
            used_credential_key: None,
            used_api_key: None,
            actor: None,
            task: None,
            touched: Vec::new(),
            spends: false,
            approval: None,
        };
        appended.spawn(async move { recorder.append(record).await });
    }
    let mut places = Vec::new();
    while let Some(done) = appended.join_next().await {
        places.push(done.expect("no panic").expect("kept").seq);
    }
    places.sort_unstable();
    assert_eq!(places, (1..=12).collect::<Vec<i64>>());
    recorder.stop().await;
    assert!(task.finished().await);
    let report = audit::verify(&world.store, &key, &[]).await.expect("verifies");
    assert!(report.is_sound() && report.records == 12, "{report:?}");
}
