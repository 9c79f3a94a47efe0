//! Callers through whom somebody else acts: both must be allowed, an agent can be stopped alone, and claims stand for
//! roles only where an administrator says so.

use crate::tokens::issuer::{
    CRM, Signer, URL, and, claims, issuer, ivy, reason, refund, registered, unmapped, with, writer,
};
use policy::SubjectId;
use serde_json::{Value, json};
use store::UnmappedState;
use store::decisions::{DecisionFilter, Page};
use tests::pep::call_body;
use tests::{Backend, World};

/// The demo's agent, known by the issuer's tokens.
fn bot(setting: &str, value: &Value) -> String {
    json!({"subjects": [and(json!({"id": "refund-bot"}), setting, value.clone())]}).to_string()
}

fn known() -> String {
    bot("identities", &json!([{"issuer": URL, "sub": "bot-1"}]))
}

fn through(sub: &str) -> Value {
    with("act", json!({"sub": sub}))
}

pub(crate) async fn whoever_acts_must_be_allowed_as_well(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    world.apply(&registered()).await;
    let signer = Signer::new();
    let token = signer.token(&through("bot-1"));
    assert_eq!(reason(&here, &token).await, "unknown_actor");
    world.apply(&known()).await;
    assert_eq!(reason(&here, &token).await, "allowed");
    for (claims, wanted) in [
        (through("bot-2"), "unknown_actor"),
        // An id of ours is nobody's `sub`.
        (through("refund-bot"), "unknown_actor"),
        (with("act", json!({"sub": "bot-1", "iss": URL})), "allowed"),
        (with("act", json!({"sub": "bot-1", "iss": "https://other.example"})), "unknown_actor"),
        (with("act", json!({"sub": "bot-1", "act": {"sub": "planner"}})), "allowed"),
        (with("act", json!("bot-1")), "token_invalid"),
        (with("act", json!({"sub": ["bot-1"]})), "token_invalid"),
        // Who acts may be the subject itself.
        (through("a-17"), "allowed"),
        // The subject is asked for first.
        (and(through("bot-2"), "sub", json!("b-99")), "unknown_subject"),
    ] {
        assert_eq!(reason(&here, &signer.token(&claims)).await, wanted, "{claims}");
    }
    let auditor = json!([{"tenant": "acme", "roles": ["auditor"]}]);
    let elsewhere = json!([{"tenant": "globex", "roles": ["support-agent"]}]);
    let ended = json!([{"tenant": "acme", "roles": ["support-agent"], "until": "2020-01-01T00:00:00Z"}]);
    let support = json!([{"tenant": "acme", "roles": ["support-agent"]}]);
    for (taken, wanted) in [
        (bot("active", &json!(false)), "actor_disabled"),
        (bot("memberships", &elsewhere), "no_membership"),
        (bot("memberships", &ended), "no_membership"),
        (bot("memberships", &auditor), "no_matching_rule"),
        (bot("identities", &json!([])), "unknown_actor"),
        (ivy("active", &json!(false)), "subject_disabled"),
        (ivy("memberships", &auditor), "no_matching_rule"),
    ] {
        world.apply(&taken).await;
        assert_eq!(reason(&there, &token).await, wanted, "{taken}");
        world.apply(&registered()).await;
        world.apply(&known()).await;
        world.apply(&bot("active", &json!(true))).await;
        world.apply(&bot("memberships", &support)).await;
        assert_eq!(reason(&there, &token).await, "allowed", "after {taken}");
    }
    // Suspended alone: the subject's own calls go on.
    world.apply(&bot("active", &json!(false))).await;
    assert_eq!(reason(&there, &signer.token(&claims())).await, "allowed");
    world.apply(&bot("active", &json!(true))).await;

    // Signed out, it acts no longer by tokens that were issued before.
    let mut writer = writer(&world).await;
    writer.sign_out_everywhere(&SubjectId::from("refund-bot")).await.expect("is signed out");
    writer.commit().await.expect("commits");
    assert_eq!(reason(&there, &token).await, "token_revoked");
    assert_eq!(reason(&there, &signer.token(&claims())).await, "allowed");
    one.stop().await;
    two.stop().await;
    let seen = unmapped(&world, UnmappedState::Seen).await;
    assert!(seen.iter().any(|caller| caller.sub == "bot-2"), "{seen:?}");
}

/// Who acted before is told with the decision, the latest first, and decides nothing.
pub(crate) async fn who_acted_before_is_recorded(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    world.apply(&registered()).await;
    world.apply(&known()).await;
    let before = json!({"sub": "planner", "act": {"sub": "desk", "iss": "https://other.example"}});
    for (sub, wanted, how, actor) in [
        ("bot-1", "allowed", "token", Some("refund-bot")),
        ("bot-2", "unknown_actor", "unknown_identity", None),
    ] {
        for (act, chain) in [
            (json!({"sub": sub}), json!(null)),
            (json!({"sub": sub, "act": {"sub": "planner"}}), json!(["planner"])),
            (json!({"sub": sub, "act": before}), json!(["planner", "desk (https://other.example)"])),
        ] {
            let told = crm.call(&Signer::new().token(&with("act", act.clone())), "refund", refund()).await;
            assert_eq!(told.reason(), wanted, "{act}");
            let id = told.decision_id.expect("an id");
            let record =
                world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
            let row = &record.row;
            assert_eq!((row.subject.as_deref(), row.actor.as_deref()), (Some("ivy"), actor), "{act}");
            let body: Value = serde_json::from_str(&record.body).expect("JSON");
            let acted = &body["facts"]["actor"];
            assert_eq!((&acted["how"], &acted["sub"]), (&json!(how), &json!(sub)), "{act}");
            assert_eq!(acted["chain"], chain, "{act}");
            assert_eq!(body["facts"]["identity"]["token"]["claims"]["act"], act);
        }
    }
    replica.stop().await;
}

pub(crate) async fn whom_only_others_have_is_not_known_to_act(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    world.apply(&registered()).await;
    world.apply(&known()).await;
    world.apply("credentials: [{name: crm-pep, tenant: acme}]").await;
    let token = Signer::new().token(&through("bot-1"));
    let called = async |agent: &str| {
        let mut body = call_body(&token, "refund", refund());
        body["context"]["agent"] = json!(agent);
        crm.ask(&body).await.reason().to_owned()
    };
    assert_eq!(reason(&crm, &token).await, "allowed");
    assert_eq!(called("refund-bot").await, "allowed");
    // Neither whether it is active there, nor what it is called, nor whether its tokens count.
    let elsewhere = json!([{"tenant": "globex", "roles": ["support-agent"]}]);
    world.apply(&bot("memberships", &elsewhere)).await;
    for active in [true, false] {
        world.apply(&bot("active", &json!(active))).await;
        assert_eq!(reason(&crm, &token).await, "unknown_actor", "{active}");
        assert_eq!(called("bot-1").await, "unknown_actor", "{active}");
        assert_eq!(called("refund-bot").await, "token_invalid", "{active}");
    }
    let mut writer = writer(&world).await;
    writer.sign_out_everywhere(&SubjectId::from("refund-bot")).await.expect("is signed out");
    writer.commit().await.expect("commits");
    assert_eq!(reason(&crm, &token).await, "unknown_actor");
    // A member here, it is told of.
    let here = json!([{"tenant": "acme", "roles": ["support-agent"]}]);
    world.apply(&bot("memberships", &here)).await;
    assert_eq!(reason(&crm, &token).await, "token_revoked");
    replica.stop().await;
    // It is somebody's all the same, and not listed to be given to anybody.
    assert!(unmapped(&world, UnmappedState::Seen).await.is_empty());
}

pub(crate) async fn the_issuer_names_the_claim_of_who_acts(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    world.apply(&registered()).await;
    world.apply(&known()).await;
    let signer = Signer::new();
    let (alone, by_client) = (claims(), with("client_id", json!("bot-1")));
    let stranger = with("client_id", json!("portal"));
    let ask = async |claims: &Value| reason(&crm, &signer.token(claims)).await;
    // Nobody acts for the subject only because a client got the token.
    assert_eq!(ask(&stranger).await, "allowed");
    world.apply(&issuer("actor_claim", &json!("client_id"))).await;
    // The first call after a change knows no better than the next.
    for _ in 0..2 {
        assert_eq!(ask(&by_client).await, "allowed");
        assert_eq!(ask(&stranger).await, "unknown_actor");
        assert_eq!(ask(&alone).await, "unknown_actor");
    }
    assert_eq!(ask(&with("client_id", json!(7))).await, "token_invalid");
    // `act` counts in any case.
    assert_eq!(ask(&and(by_client.clone(), "act", json!({"sub": "bot-2"}))).await, "unknown_actor");
    assert_eq!(ask(&and(stranger.clone(), "act", json!({"sub": "bot-1"}))).await, "allowed");
    world.apply(&issuer("actor", &json!("optional"))).await;
    assert_eq!(ask(&alone).await, "allowed");
    assert_eq!(ask(&stranger).await, "unknown_actor");
    world.apply(&issuer("actor_claim", &json!("none"))).await;
    assert_eq!(ask(&stranger).await, "allowed");

    // What the PEP calls the client must be what the token calls it.
    let delegated = signer.token(&through("bot-1"));
    for (token, agent, wanted) in [
        (&delegated, json!("bot-1"), "allowed"),
        (&delegated, json!("refund-bot"), "allowed"),
        (&delegated, json!("bot-2"), "token_invalid"),
        (&delegated, json!("ivy"), "token_invalid"),
        (&delegated, json!(["bot-1"]), "token_invalid"),
        (&delegated, json!(null), "allowed"),
        (&signer.token(&stranger), json!("portal"), "allowed"),
        (&signer.token(&stranger), json!("ivy"), "allowed"),
        (&signer.token(&stranger), json!("refund-bot"), "token_invalid"),
        (&world.secret("ALICE_KEY").to_owned(), json!("alice"), "allowed"),
        (&world.secret("ALICE_KEY").to_owned(), json!("refund-bot"), "token_invalid"),
    ] {
        let mut body = call_body(token, "refund", refund());
        body["context"]["agent"] = agent.clone();
        assert_eq!(crm.ask(&body).await.reason(), wanted, "{agent}");
    }
    replica.stop().await;
}

pub(crate) async fn who_vouches_names_the_agent(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply("credentials: [{name: crm-pep, trust: assert_subject}]").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let ask = async |subject: &str, agent: Value| {
        let mut body = call_body("", "refund", refund());
        body["context"] = json!({"agent": agent});
        body["subject"]["id"] = json!(subject);
        crm.ask(&body).await
    };
    for (subject, agent, wanted) in [
        ("alice", json!("refund-bot"), "allowed"),
        ("alice", json!(null), "allowed"),
        ("alice", json!("nobody"), "unknown_actor"),
        ("alice", json!(""), "unknown_actor"),
        ("alice", json!({"id": "refund-bot"}), "unknown_actor"),
        ("alice", json!("dave"), "no_membership"),
        ("alice", json!("bob"), "no_matching_rule"),
        ("bob", json!("refund-bot"), "no_matching_rule"),
        ("nobody", json!("nobody"), "unknown_subject"),
    ] {
        assert_eq!(ask(subject, agent.clone()).await.reason(), wanted, "{subject} {agent}");
    }
    let told = ask("alice", json!("refund-bot")).await;
    let id = told.decision_id.expect("an id");
    let record = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
    assert_eq!(
        (record.row.subject.as_deref(), record.row.actor.as_deref()),
        (Some("alice"), Some("refund-bot"))
    );
    let body: Value = serde_json::from_str(&record.body).expect("JSON");
    assert_eq!(body["facts"]["actor"]["how"], "asserted");
    assert_eq!(body["facts"]["actor"]["memberships"][0]["roles"][0]["name"], "support-agent");
    let filter = DecisionFilter { actor: Some("refund-bot".to_owned()), ..DecisionFilter::default() };
    let acted = world.store.list_decisions(&filter, &Page::default()).await.expect("lists");
    assert_eq!(acted.rows.len(), 3, "{:?}", acted.rows);
    assert!(acted.rows.iter().all(|row| row.actor.as_deref() == Some("refund-bot")));
    replica.stop().await;
}

pub(crate) async fn claims_stand_for_roles_where_an_administrator_says_so(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    world.apply(&registered()).await;
    let member = json!([{"tenant": "acme", "roles": []}]);
    world.apply(&ivy("memberships", &member)).await;
    let signer = Signer::new();
    let token = signer.token(&with("groups", json!(["crm-support"])));
    assert_eq!(reason(&here, &token).await, "no_matching_rule");
    let mapping = |value: &str, role: &str, tenant: &str| {
        let mapping = json!({"claim": "groups", "value": value, "role": role, "tenant": tenant});
        issuer("role_mappings", &json!([mapping]))
    };
    world.apply(&mapping("crm-support", "support-agent", "acme")).await;
    assert_eq!(reason(&there, &token).await, "allowed");
    assert_eq!(reason(&there, &signer.token(&claims())).await, "no_matching_rule");
    let told = there.call(&token, "refund", refund()).await;
    let id = told.decision_id.expect("an id");
    let record = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
    let body: Value = serde_json::from_str(&record.body).expect("JSON");
    let grant = &body["facts"]["memberships"][0]["roles"][0];
    let origin = json!({"mapped": {"issuer": URL, "claim": "groups"}});
    assert_eq!(*grant, json!({"name": "support-agent", "global": true, "origin": origin}));
    for bundle in [
        mapping("crm-finance", "support-agent", "acme"),
        mapping("crm-support", "no-such-role", "acme"),
        mapping("crm-support", "support-agent", "globex"),
        mapping("crm-support", "auditor", "acme"),
        issuer("role_mappings", &json!([])),
    ] {
        world.apply(&bundle).await;
        assert_eq!(reason(&here, &token).await, "no_matching_rule", "{bundle}");
    }
    // A role that is made later counts from then on; one that is deleted no longer.
    world.apply(&mapping("crm-support", "helper", "acme")).await;
    let rule = json!({"name": "helpers", "tenant": "acme", "effect": "allow", "roles": ["helper"], "tools": ["crm/refund"]});
    world.apply(&json!({"rules": [rule]}).to_string()).await;
    assert_eq!(reason(&here, &token).await, "no_matching_rule");
    world.apply("roles: [{name: helper, tenant: acme}]").await;
    assert_eq!(reason(&here, &token).await, "allowed");
    // Nor does a claim make anybody a member.
    world.apply(&ivy("memberships", &json!([]))).await;
    assert_eq!(reason(&here, &token).await, "no_membership");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn a_tool_asks_for_scopes(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    world.apply(&registered()).await;
    let signer = Signer::new();
    let mut writer = writer(&world).await;
    let tool = writer.get_tool(&"crm".into(), "refund").await.expect("reads").expect("is there");
    let scopes = vec!["crm:refund".to_owned(), "crm:write".to_owned()];
    writer.put_tool(&store::administration::Tool { scopes, ..tool }).await.expect("is taken");
    writer.commit().await.expect("commits");
    let told = crm.call(&signer.token(&claims()), "refund", refund()).await;
    assert_eq!(told.reason(), "token_scope_insufficient");
    assert_eq!(told.text(), "The token lacks the scope `crm:write`, which this tool asks for.");
    let full = signer.token(&with("scope", json!("crm:refund crm:write")));
    assert_eq!(reason(&crm, &full).await, "allowed");
    assert_eq!(reason(&crm, world.secret("ALICE_KEY")).await, "token_scope_insufficient");
    // It is the token's audience that is told first.
    let elsewhere = signer.token(&and(claims(), "aud", json!(format!("{CRM}/x"))));
    assert_eq!(reason(&crm, &elsewhere).await, "token_wrong_audience");
    replica.stop().await;
}

pub(crate) async fn a_person_answers_for_an_agent(backend: Backend) {
    let world = World::empty(backend).await;
    // Wherever the owner stands in the file.
    world.apply("subjects: [{id: bot, kind: agent, owner: zoe}, {id: zoe, kind: user}]").await;
    let read = async |id: &str| {
        let subject = world.store.get_subject(&SubjectId::from(id)).await.expect("reads").expect("is there");
        subject.owner.map(|owner| owner.to_string())
    };
    assert_eq!(read("bot").await.as_deref(), Some("zoe"));
    // What is not said stays, and empty takes it away.
    world.apply("subjects: [{id: bot, name: The bot}]").await;
    assert_eq!(read("bot").await.as_deref(), Some("zoe"));
    world.apply("subjects: [{id: bot, owner: ''}, {id: helper, kind: service, owner: zoe}]").await;
    assert_eq!((read("bot").await, read("helper").await.as_deref()), (None, Some("zoe")));
    // Nobody answers for a person, nor does an agent for others.
    let mut writer = writer(&world).await;
    for (id, owner) in [("zoe", "zoe"), ("bot", "helper"), ("bot", "bot"), ("bot", "nobody")] {
        let subject = writer.get_subject(&SubjectId::from(id)).await.expect("reads").expect("is there");
        let owned = store::administration::Subject { owner: Some(SubjectId::from(owner)), ..subject };
        assert!(writer.put_subject(&owned).await.is_err(), "{owner} of {id}");
    }
    writer.rollback().await.expect("rolls back");
    // Whoever is deleted answers for nobody.
    let mut writer = self::writer(&world).await;
    assert!(writer.delete_subject(&SubjectId::from("zoe")).await.expect("is deleted"));
    writer.commit().await.expect("commits");
    assert_eq!(read("helper").await, None);
}
