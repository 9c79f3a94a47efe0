//! What the API does.

pub(crate) use crate::api::accounts::{
    a_token_names_the_substitute_of_its_own_account_alone,
    accounts_below_owner_are_invited_and_switched_over_the_api, no_token_makes_or_touches_an_owner,
};
pub(crate) use crate::api::borders::{
    a_request_asks_for_no_more_than_is_bounded_and_there, a_token_is_good_for_a_year_at_most,
    nothing_of_other_tenants_shows_through, whose_an_identity_is_takes_a_scope_of_its_own,
};
use crate::api::client::{Client, token};
pub(crate) use crate::api::emergency::{
    a_stop_over_the_api_denies_the_next_call_on_two_replicas, break_glass_over_the_api_takes_a_second_owner,
    emergencies_stay_within_a_tokens_tenant,
};
pub(crate) use crate::api::evidence::the_record_is_verified_over_the_api;
pub(crate) use crate::api::issuers::a_client_secret_goes_in_over_the_api_and_never_comes_back;
pub(crate) use crate::api::letters::{
    a_letter_is_tried_over_the_api, a_message_that_was_given_up_is_sent_again_over_the_api,
};
pub(crate) use crate::api::reach::{
    a_token_is_dead_with_its_account_its_expiry_and_its_revocation, a_token_of_one_tenant_stays_in_it,
    every_route_asks_for_its_one_scope, hostile_requests_are_problems,
};
pub(crate) use crate::api::resources::{
    a_file_is_brought_in_over_the_api, a_resource_that_is_put_or_removed_binds_the_next_call,
    resources_of_other_tenants_are_not_there,
};
pub(crate) use crate::api::servers::{
    a_server_that_does_not_answer_is_told_and_changes_nothing,
    servers_are_registered_discovered_and_deleted_over_the_api,
};
pub(crate) use crate::api::settings::{
    mail_is_set_over_the_api_and_its_password_never_shown, sign_in_providers_over_the_api_make_no_owners,
    webhooks_are_kept_over_the_api_and_their_secrets_shown_once,
};
pub(crate) use crate::api::tenants::{
    roles_are_kept_over_the_api_within_a_tokens_tenant, tenants_are_made_suspended_and_deleted_over_the_api,
};
pub(crate) use crate::api::tools::{
    a_tool_is_reviewed_over_the_api_as_it_was_seen, tools_are_seen_where_their_server_is_used,
    what_a_tool_asks_for_binds_the_next_call,
};
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::Via;
use store::changes::{ChangeFilter, ChangePosition};
use tests::pep::refund;
use tests::signer::{ISSUER, Signer};
use tests::{Backend, World};

pub(crate) async fn what_is_revoked_over_the_api_denies_the_next_call_on_two_replicas(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let token = token(&world, "ci", AdminScope::ALL, None).await;
    let client = Client::new(one.address(), &token);
    let (on, off) = (json!({"active": true}), json!({"active": false}));
    let roles = json!({"roles": ["support-agent"]});
    let (enabled, disabled) = (json!({"enabled": true}), json!({"enabled": false}));
    let membership = "/api/v1/subjects/alice/memberships/acme";
    for (method, path, taken, back, reason) in [
        ("PATCH", "/api/v1/subjects/alice", &off, &on, "subject_disabled"),
        ("PUT", membership, &json!({"roles": []}), &roles, "no_matching_rule"),
        ("PATCH", "/api/v1/servers/crm", &disabled, &enabled, "server_disabled"),
    ] {
        for pep in [&here, &there] {
            assert!(pep.call(world.secret("ALICE_KEY"), "refund", refund()).await.allowed(), "before {path}");
        }
        let told = client.with(method, path, taken).await;
        assert_eq!(told.status, 200, "{told:?}");
        for pep in [&there, &here] {
            let told = pep.call(world.secret("ALICE_KEY"), "refund", refund()).await;
            assert_eq!(told.reason(), reason, "{path}");
        }
        assert_eq!(client.with(method, path, back).await.status, 200);
    }
    let key = client.get("/api/v1/subjects/alice/keys").await.body["items"][0]["name"].clone();
    let told =
        client.with("POST", "/api/v1/revocations/keys", &json!({"subject": "alice", "name": key})).await;
    assert_eq!(told.status, 204, "{told:?}");
    for pep in [&there, &here] {
        let told = pep.call(world.secret("ALICE_KEY"), "refund", refund()).await;
        assert_eq!(told.reason(), "token_invalid");
    }

    // A fresh key works at once; the secret is nowhere but in this answer.
    let fresh = client.with("POST", "/api/v1/subjects/alice/keys", &json!({"name": "new laptop"})).await;
    assert_eq!(fresh.status, 201, "{fresh:?}");
    let secret = fresh.body["secret"].as_str().expect("a secret");
    assert!(there.call(secret, "refund", refund()).await.allowed());
    let changes = client.get("/api/v1/changes?via=api").await;
    assert!(!changes.body.to_string().contains(secret), "{changes:?}");

    // Of an issuer's tokens the one that is named; then all that the subject has.
    let signer = Signer::default();
    let member = json!([{"tenant": "acme", "roles": ["support-agent"]}]);
    let jon = json!({"id": "jon", "identities": [{"issuer": ISSUER, "sub": "j-1"}], "memberships": member});
    world.apply(&json!({"issuers": [signer.issuer(ISSUER)], "subjects": [jon]}).to_string()).await;
    let (first, second) = (signer.token("j-1", "t-1"), signer.token("j-1", "t-2"));
    for pep in [&here, &there] {
        for shown in [&first, &second] {
            assert!(pep.call(shown, "refund", refund()).await.allowed());
        }
    }
    let named = json!({"issuer": ISSUER, "jti": "t-1", "until": "2100-01-01T00:00:00Z"});
    let told = client.with("POST", "/api/v1/revocations/tokens", &named).await;
    assert_eq!((told.status, &told.body["jti"]), (200, &json!("t-1")), "{told:?}");
    for pep in [&there, &here] {
        let told = pep.call(&first, "refund", refund()).await;
        assert_eq!(told.reason(), "token_revoked");
        assert!(pep.call(&second, "refund", refund()).await.allowed(), "another token of the same subject");
    }
    let told = client.with("POST", "/api/v1/revocations/subjects", &json!({"subject": "jon"})).await;
    assert_eq!((told.status, &told.body["subject"]), (200, &json!("jon")), "{told:?}");
    for pep in [&there, &here] {
        let told = pep.call(&second, "refund", refund()).await;
        assert_eq!(told.reason(), "token_revoked");
    }

    let filter = ChangeFilter { via: Some(Via::Api), ..ChangeFilter::default() };
    let changes = world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists");
    assert!(changes.len() >= 8, "{}", changes.len());
    for change in &changes {
        assert_eq!(change.actor, "ada@example.org (token ci)");
        assert!(change.request_id.is_some());
    }
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn rules_and_issuers_are_changed_at_the_version_that_was_seen(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let rule = json!({"name": "stop", "tenant": "acme", "effect": "deny", "tools": ["crm/refund"]});
    let made = client.with("POST", "/api/v1/rules", &rule).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""), "{made:?}");
    let path = made.header("location").to_owned();
    let body = || Some(("application/json", and(&rule, "status", "shadow").to_string().into_bytes()));
    let told = client.send("PUT", &path, &[("if-match", "\"7\"")], body()).await;
    assert_eq!((told.status, told.code()), (412, "stale"));
    let told = client.send("PUT", &path, &[("if-match", "\"1\"")], body()).await;
    assert_eq!((told.status, told.header("etag")), (200, "\"2\""), "{told:?}");
    let told = client.with("POST", "/api/v1/rules", &rule).await;
    assert_eq!((told.status, told.code()), (409, "taken"));
    let unsound = and(&rule, "when", "args.amount <");
    let told = client.with("PUT", &path, &unsound).await;
    assert_eq!((told.status, told.code()), (422, "invalid"));
    assert_eq!(told.body["errors"][0]["field"], "when", "{told:?}");
    assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(client.get(&path).await.code(), "not_found");

    let path = "/api/v1/issuers/https%3A%2F%2Fidp.example";
    let told = client.with("PUT", path, &json!({"tenants": ["acme"]})).await;
    assert_eq!((told.status, told.header("etag")), (201, "\"1\""), "{told:?}");
    assert_eq!(told.header("location"), path);
    let again = client.with("PUT", path, &json!({"tenants": ["acme"]})).await;
    assert_eq!((again.status, again.header("location")), (200, ""), "{again:?}");
    assert_eq!(client.with("PATCH", path, &json!({"active": false})).await.header("etag"), "\"2\"");
    let told = client.with("PUT", path, &json!({"tenants": ["acme"], "clock_skew": 5})).await;
    assert_eq!(told.body["issuer"]["active"], false, "what is off stays off");
    let told = client.with("PUT", path, &json!({"clock_skew": 5_000})).await;
    assert_eq!(told.body["errors"][0]["field"], "clock_skew", "{told:?}");
    let told = client.send("DELETE", path, &[("if-match", "\"1\"")], None).await;
    assert_eq!(told.code(), "stale");
    assert_eq!(client.send("DELETE", path, &[], None).await.status, 204);
    replica.stop().await;
}

pub(crate) async fn a_policy_file_is_applied_and_written_down(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let yaml = |text: &str| Some(("application/yaml", text.as_bytes().to_vec()));
    let text = "tenants: [{ slug: initech, name: Initech }]";
    let told = client.send("POST", "/api/v1/bundle?dry_run=true", &[], yaml(text)).await;
    assert_eq!((told.status, &told.body["dry_run"]), (200, &json!(true)), "{told:?}");
    assert_eq!(told.body["changes"][0]["object"], "initech");
    assert_eq!(client.get("/api/v1/tenants/initech").await.status, 404);
    assert_eq!(client.send("POST", "/api/v1/bundle", &[], yaml(text)).await.status, 200);
    assert_eq!(client.get("/api/v1/tenants/initech").await.status, 200);

    let exported = client.get("/api/v1/bundle").await;
    assert_eq!(exported.header("content-type"), "application/yaml");
    let exported = exported.body.as_str().expect("a text").to_owned();
    let told = client.send("POST", "/api/v1/bundle", &[], yaml(&exported)).await;
    assert_eq!(told.body["changes"], json!([]), "{told:?}");

    // An approval that too few can give is told, and refuses nothing.
    let text = r#"rules: [{ name: asks, tenant: acme, effect: require_approval, tools: [crm/add_note],
        approval: { approvers: [fiance] } }]"#;
    let told = client.send("POST", "/api/v1/bundle?dry_run=true", &[], yaml(text)).await;
    assert_eq!((told.status, &told.body["flagged"]), (200, &json!([])), "{told:?}");
    let why = json!([{"rule": "asks", "why": "no member holds `fiance`"}]);
    assert_eq!(told.body["unapproved"], why);

    // What cannot be read is told by its place, and not read out.
    let text = "tenants:\n  - { slug: initech, name: top-secret }\n  - { slug: hooli, colour: red }\n";
    let told = client.send("POST", "/api/v1/bundle", &[], yaml(text)).await;
    assert_eq!((told.status, told.code()), (400, "malformed"), "{told:?}");
    let detail = told.body["detail"].as_str().expect("a text");
    assert!(detail.starts_with("line 3 column ") && detail.contains("colour"), "{detail}");
    assert!(!detail.contains('\u{fffd}') && !detail.contains("top-secret"), "{detail}");

    // What this host has in its variables is not read for anybody.
    let text = "credentials: [{ name: x, secret_env: PATH }]";
    let told = client.send("POST", "/api/v1/bundle", &[], yaml(text)).await;
    assert_eq!((told.status, told.code()), (422, "bundle_refused"));
    replica.stop().await;
}

fn and(object: &Value, member: &str, value: &str) -> Value {
    let mut object = object.clone();
    object[member] = json!(value);
    object
}
