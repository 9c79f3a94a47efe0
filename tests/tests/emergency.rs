//! Stop switches and break-glass on both databases: what is thrown on one replica holds for the next call on the other,
//! and what is granted ends by the database's clock.

use tests::on_both_databases;

on_both_databases!(
    a_switch_denies_the_next_call_on_every_replica_until_it_is_lifted,
    every_scope_stops_what_it_names,
    a_switch_holds_while_policy_is_reloaded,
    a_switch_holds_where_policy_does_not_read_back,
    a_switch_thrown_by_hand_is_live,
    what_is_not_there_cannot_be_stopped,
    two_owners_confirm_a_grant_and_it_is_recorded,
    a_grant_ends_at_its_moment,
    a_grant_beats_no_deny_and_no_switch,
    who_may_ask_and_confirm,
    every_measure_is_written_down,
);

mod stories {
    use policy::labels::StopScope;
    use policy::{DecisionId, SubjectId, TenantSlug, Timestamp};
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use store::accounts::{Account, AccountRole, NewAccount, PasswordHash};
    use store::administration::{
        BreakGlassGrant, EmergencyError, MAX_REASON, NewBreakGlass, NewStop, StopSwitch, Tenant,
    };
    use store::changes::{ChangeFilter, ChangePosition};
    use store::{Actor, Via, WriteError};
    use tests::world::operator;
    use tests::{Backend, World};

    fn refund() -> Value {
        json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"})
    }

    fn export() -> Value {
        json!({"format": "csv"})
    }

    fn acme() -> TenantSlug {
        TenantSlug::from("acme")
    }

    async fn try_stop(
        world: &World,
        scope: StopScope,
        target: &str,
        tenant: Option<&str>,
    ) -> Result<StopSwitch, WriteError> {
        let tenant = tenant.map(TenantSlug::from);
        let new = NewStop { scope, target, tenant: tenant.as_ref(), reason: "it runs wild" };
        let mut writer = world.store.write(operator()).await?;
        let switch = writer.stop(&new).await?;
        writer.commit().await?;
        Ok(switch)
    }

    async fn stop(world: &World, scope: StopScope, target: &str, tenant: Option<&str>) -> String {
        try_stop(world, scope, target, tenant).await.expect("is stopped").id
    }

    async fn lift(world: &World, id: &str) {
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.lift_stop(id).await.expect("is lifted");
        writer.commit().await.expect("commits");
    }

    async fn owner(world: &World, login: &str) -> Account {
        let new = NewAccount {
            login: login.to_owned(),
            name: login.to_owned(),
            password_hash: Some(PasswordHash::new("$argon2id$x")),
            role: AccountRole::Owner,
        };
        world.store.create_account(&new, &operator(), Timestamp::default()).await.expect("made")
    }

    fn as_account(account: Option<&Account>) -> Actor {
        match account {
            Some(account) => Actor { name: account.login.clone(), via: Via::Console, request_id: None },
            None => operator(),
        }
    }

    /// Asks for a grant to alice in acme.
    async fn ask(
        world: &World,
        tools: &str,
        minutes: i64,
        by: Option<&Account>,
    ) -> Result<BreakGlassGrant, WriteError> {
        let (tenant, subject) = (acme(), SubjectId::from("alice"));
        let new =
            NewBreakGlass { tenant: &tenant, subject: &subject, tools, reason: "the auditors wait", minutes };
        let mut writer = world.store.write(as_account(by)).await?;
        let grant = writer.ask_break_glass(&new, by.map(|account| account.id.as_str())).await?;
        writer.commit().await?;
        Ok(grant)
    }

    async fn confirm(world: &World, id: &str, by: Option<&Account>) -> Result<BreakGlassGrant, WriteError> {
        let mut writer = world.store.write(as_account(by)).await?;
        let grant = writer.confirm_break_glass(id, by.map(|account| account.id.as_str())).await?;
        writer.commit().await?;
        Ok(grant)
    }

    /// The record of a decision.
    async fn recorded(world: &World, id: Option<&String>) -> Value {
        let id = DecisionId::new(id.expect("an id"));
        let decision = world.store.get_decision(&id).await.expect("reads").expect("is recorded");
        serde_json::from_str(&decision.body).expect("JSON")
    }

    pub(super) async fn a_switch_denies_the_next_call_on_every_replica_until_it_is_lifted(backend: Backend) {
        let world = World::demo(backend).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY");
        for round in 0..10 {
            for replica in [&one, &two] {
                let told = crm.at(replica.address()).call(alice, "refund", refund()).await;
                assert!(told.allowed(), "round {round}: {told:?}");
            }
            let id = stop(&world, StopScope::Everything, "", None).await;
            for replica in [&two, &one] {
                let told = crm.at(replica.address()).call(alice, "refund", refund()).await;
                assert_eq!(told.reason(), "kill_switch", "round {round}");
                assert_eq!(told.text(), "An administrator has stopped such calls.");
                let body = recorded(&world, told.decision_id.as_ref()).await;
                let why = body["decision"]["reviewer_text"].as_str().expect("a text");
                assert!(why.starts_with("everything is stopped since "), "{why}");
                assert!(why.contains("by `story`: it runs wild"), "{why}");
            }
            lift(&world, &id).await;
        }
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn every_scope_stops_what_it_names(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let customer = json!({"customer_id": "c-42"});
        // Alice's refund, alice's reading, bob's reading, the agent's refund, alice's list.
        let ask = async || {
            let (alice, bob) = (world.secret("ALICE_KEY"), world.secret("BOB_KEY"));
            let agent = world.secret("REFUND_BOT_KEY");
            let list = json!({
                "subject": {"type": "user", "id": "self"},
                "action": {"name": "tools/list"},
                "resource": {"type": "mcp_server", "id": "crm"},
                "context": {"access_token": alice},
            });
            [
                crm.call(alice, "refund", refund()).await,
                crm.call(alice, "get_customer", customer.clone()).await,
                crm.call(bob, "get_customer", customer.clone()).await,
                crm.call(agent, "refund", refund()).await,
                crm.ask(&list).await,
            ]
            .map(|told| match told.reason() {
                "allowed" => true,
                "kill_switch" => false,
                other => panic!("{other}"),
            })
        };
        for (scope, target, tenant, allowed) in [
            (StopScope::Everything, "", None, [false; 5]),
            (StopScope::Tenant, "", Some("acme"), [false; 5]),
            (StopScope::Tenant, "", Some("globex"), [true; 5]),
            (StopScope::Server, "crm", None, [false; 5]),
            (StopScope::Server, "crm", Some("acme"), [false; 5]),
            (StopScope::Server, "crm", Some("globex"), [true; 5]),
            (StopScope::Tool, "crm/refund", None, [false, true, true, false, true]),
            (StopScope::Tool, "crm/refund", Some("acme"), [false, true, true, false, true]),
            (StopScope::Subject, "alice", None, [false, false, true, true, false]),
            (StopScope::Subject, "alice", Some("globex"), [true; 5]),
            (StopScope::Agent, "refund-bot", None, [true, true, true, false, true]),
        ] {
            assert_eq!(ask().await, [true; 5], "before {scope} {target}");
            let id = stop(&world, scope, target, tenant).await;
            assert_eq!(ask().await, allowed, "{scope} {target} {tenant:?}");
            lift(&world, &id).await;
        }
        // Two at once: lifting one leaves the other.
        let tool = stop(&world, StopScope::Tool, "crm/refund", None).await;
        let everything = stop(&world, StopScope::Everything, "", None).await;
        lift(&world, &everything).await;
        assert_eq!(ask().await, [false, true, true, false, true]);
        lift(&world, &tool).await;
        assert_eq!(ask().await, [true; 5]);
        replica.stop().await;
    }

    pub(super) async fn a_switch_holds_while_policy_is_reloaded(backend: Backend) {
        let world = Arc::new(World::demo(backend).await);
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY").to_owned();
        // Calls all the time, and a revision that keeps moving under them.
        let over = Arc::new(AtomicBool::new(false));
        let mut running = Vec::new();
        for replica in [&one, &two, &one, &two] {
            let (crm, alice, over) = (crm.at(replica.address()), alice.clone(), over.clone());
            running.push(tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    crm.call(&alice, "refund", refund()).await;
                }
            }));
        }
        let churn = {
            let (world, over) = (world.clone(), over.clone());
            tokio::spawn(async move {
                let mut round = 0;
                while !over.load(Ordering::Relaxed) {
                    round += 1;
                    let mut writer = world.store.write(operator()).await.expect("a unit of work");
                    writer
                        .put_tenant(&Tenant::new(acme(), format!("Acme {round}")))
                        .await
                        .expect("is renamed");
                    writer.commit().await.expect("commits");
                }
            })
        };
        for round in 0..20 {
            let id = stop(&world, StopScope::Everything, "", None).await;
            for replica in [&two, &one] {
                let told = crm.at(replica.address()).call(&alice, "refund", refund()).await;
                // Where policy would not stand still, that is the reason; allowed it never is.
                assert!(
                    ["kill_switch", "policy_unavailable"].contains(&told.reason()),
                    "round {round}: {told:?}"
                );
            }
            lift(&world, &id).await;
        }
        over.store(true, Ordering::Relaxed);
        for task in running {
            task.await.expect("calls to its end");
        }
        churn.await.expect("changes to its end");
        for replica in [&two, &one] {
            assert!(crm.at(replica.address()).call(&alice, "refund", refund()).await.allowed());
        }
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn a_switch_holds_where_policy_does_not_read_back(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        world.database.by_hand("UPDATE rules SET definition = '{' WHERE name = 'small refunds'").await;
        assert_eq!(crm.call(alice, "refund", refund()).await.reason(), "policy_unavailable");
        for (scope, tenant) in [(StopScope::Everything, None), (StopScope::Tenant, Some("acme"))] {
            let id = stop(&world, scope, "", tenant).await;
            let told = crm.call(alice, "refund", refund()).await;
            assert_eq!(told.reason(), "kill_switch");
            recorded(&world, told.decision_id.as_ref()).await;
            lift(&world, &id).await;
            assert_eq!(crm.call(alice, "refund", refund()).await.reason(), "policy_unavailable");
        }
        // A narrower one says nothing of the rest, which stays denied.
        stop(&world, StopScope::Server, "crm", None).await;
        assert_eq!(crm.call(alice, "refund", refund()).await.reason(), "policy_unavailable");
        replica.stop().await;
    }

    pub(super) async fn a_switch_thrown_by_hand_is_live(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        assert!(crm.call(alice, "refund", refund()).await.allowed());
        for (tenant, other) in [("NULL", "'acme'"), ("'acme'", "NULL")] {
            for (sql, reason) in [
                (
                    format!(
                        "INSERT INTO stop_switches (id, scope, target, tenant, reason, at, \"by\") \
                         VALUES ('s', 'tool', 'crm/refund', {tenant}, 'by hand', 1, 'root')"
                    ),
                    "kill_switch",
                ),
                ("UPDATE stop_switches SET target = 'crm/add_note'".to_owned(), "allowed"),
                (format!("UPDATE stop_switches SET target = 'crm/refund', tenant = {other}"), "kill_switch"),
                ("DELETE FROM stop_switches".to_owned(), "allowed"),
            ] {
                world.database.by_hand(&sql).await;
                assert_eq!(crm.call(alice, "refund", refund()).await.reason(), reason, "{sql}");
            }
        }
        replica.stop().await;
    }

    pub(super) async fn what_is_not_there_cannot_be_stopped(backend: Backend) {
        let world = World::demo(backend).await;
        for (scope, target, tenant) in [
            (StopScope::Everything, "x", None),
            (StopScope::Everything, "", Some("acme")),
            (StopScope::Tenant, "", None),
            (StopScope::Tenant, "acme", Some("acme")),
            (StopScope::Tenant, "", Some("nowhere")),
            (StopScope::Subject, "mallory", None),
            (StopScope::Subject, "", None),
            (StopScope::Subject, "alice", Some("nowhere")),
            (StopScope::Agent, "alice", None),
            (StopScope::Server, "erp", None),
            (StopScope::Server, "crm\0", None),
            (StopScope::Tool, "crm", None),
            (StopScope::Tool, "crm/refunds", None),
            (StopScope::Tool, "refund", None),
        ] {
            let stopped = try_stop(&world, scope, target, tenant).await;
            assert!(stopped.is_err(), "{scope} {target:?} {tenant:?}: {stopped:?}");
        }
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        for reason in ["", "  ", "a\nb", &"x".repeat(MAX_REASON + 1)] {
            let new = NewStop { scope: StopScope::Everything, target: "", tenant: None, reason };
            assert!(matches!(writer.stop(&new).await, Err(WriteError::Emergency(_))), "{reason:?}");
        }
        for id in ["", "nothing", "s\0"] {
            assert!(matches!(writer.lift_stop(id).await, Err(WriteError::Unknown { .. })), "{id:?}");
        }
        writer.rollback().await.expect("rolls back");
        assert!(world.store.list_active_stops(10).await.expect("lists").is_empty());

        // The same stop stands once, and can be thrown anew once it is lifted.
        let first = stop(&world, StopScope::Server, "crm", None).await;
        assert_eq!(stop(&world, StopScope::Server, "crm", None).await, first);
        lift(&world, &first).await;
        lift(&world, &first).await;
        let second = stop(&world, StopScope::Server, "crm", None).await;
        assert_ne!(first, second);
        let active = world.store.list_active_stops(10).await.expect("lists");
        assert_eq!(active.iter().map(|switch| switch.id.as_str()).collect::<Vec<_>>(), [second.as_str()]);
        let older = world.store.list_stops(Some(&second), 10).await.expect("lists");
        assert_eq!(older.len(), 1);
        assert_eq!(older[0].lifted_by.as_deref(), Some("story"));
    }

    pub(super) async fn two_owners_confirm_a_grant_and_it_is_recorded(backend: Backend) {
        let world = World::demo(backend).await;
        let (ada, ben) = (owner(&world, "ada").await, owner(&world, "ben").await);
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY");
        let at_two = crm.at(two.address());
        assert_eq!(at_two.call(alice, "export_customers", export()).await.reason(), "no_matching_rule");

        let asked = ask(&world, "crm/export_customers", 5, Some(&ada)).await.expect("is asked for");
        assert!(asked.needs_second);
        assert_eq!(at_two.call(alice, "export_customers", export()).await.reason(), "no_matching_rule");
        let granted = confirm(&world, &asked.id, Some(&ben)).await.expect("is confirmed");
        let (from, until) = (granted.confirmed_at.expect("from"), granted.until.expect("until"));
        assert_eq!(until.micros() - from.micros(), 5 * 60 * 1_000_000);

        for replica in [&two, &one] {
            let told = crm.at(replica.address()).call(alice, "export_customers", export()).await;
            assert!(told.allowed(), "{told:?}");
            let used = recorded(&world, told.decision_id.as_ref()).await["decision"]["break_glass"].clone();
            assert_eq!(
                used,
                json!({
                    "id": asked.id,
                    "reason": "the auditors wait",
                    "asked_by": "ada",
                    "confirmed_by": "ben",
                    "until": until.to_string(),
                })
            );
        }
        // Nobody else, and nothing else; what a rule allows is no use of it.
        let bob = world.secret("BOB_KEY");
        assert_eq!(at_two.call(bob, "export_customers", export()).await.reason(), "no_matching_rule");
        let allowed = at_two.call(alice, "refund", refund()).await;
        assert!(recorded(&world, allowed.decision_id.as_ref()).await["decision"]["break_glass"].is_null());
        assert_eq!(world.store.count_break_glass_uses(&granted).await.expect("counts"), 2);

        let mut writer = world.store.write(as_account(Some(&ada))).await.expect("a unit of work");
        writer.end_break_glass(&asked.id).await.expect("ends");
        writer.commit().await.expect("commits");
        for replica in [&one, &two] {
            let told = crm.at(replica.address()).call(alice, "export_customers", export()).await;
            assert_eq!(told.reason(), "no_matching_rule");
        }
        assert!(world.store.list_open_break_glass(10).await.expect("lists").is_empty());
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn a_grant_ends_at_its_moment(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        let asked = ask(&world, "crm/*", 15, None).await.expect("is asked for");
        confirm(&world, &asked.id, None).await.expect("is confirmed alone: there is no owner");
        // A moment that comes soon, while the compiled policy stays what it is.
        let soon = match backend {
            Backend::Sqlite => "CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000 + 3000000",
            Backend::Postgres => "(extract(epoch from clock_timestamp()) * 1000000)::bigint + 3000000",
        };
        world.database.by_hand(&format!("UPDATE break_glass SET until = {soon}")).await;
        let granted = world.store.get_break_glass(&asked.id).await.expect("reads").expect("is there");
        let until = granted.until.expect("until");
        let revision = world.store.read_revision(Some(&acme())).await.expect("reads");
        let mut allowed = 0;
        loop {
            let told = crm.call(alice, "export_customers", export()).await;
            let id = DecisionId::new(told.decision_id.as_ref().expect("an id"));
            let at = world.store.get_decision(&id).await.expect("reads").expect("is recorded").row.at;
            if told.allowed() {
                assert!(at < until, "{at} is not before {until}");
                allowed += 1;
            } else {
                assert_eq!(told.reason(), "no_matching_rule");
                assert!(until <= at, "{at} is before {until}");
                break;
            }
        }
        assert!(allowed > 0);
        assert_eq!(world.store.read_revision(Some(&acme())).await.expect("reads"), revision);
        assert_eq!(world.store.count_break_glass_uses(&granted).await.expect("counts"), allowed);
        replica.stop().await;
    }

    pub(super) async fn a_grant_beats_no_deny_and_no_switch(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        let asked = ask(&world, "crm/*", 15, None).await.expect("is asked for");
        confirm(&world, &asked.id, None).await.expect("is confirmed");
        assert!(crm.call(alice, "export_customers", export()).await.allowed());
        // It replaces what a rule does not allow, and arguments beyond a rule's; nothing that denies.
        let large = json!({"customer_id": "c-42", "amount": 5000, "currency": "EUR"});
        assert!(crm.call(alice, "refund", large).await.allowed());
        let delete = json!({"customer_id": "c-42"});
        assert_eq!(crm.call(alice, "delete_customer", delete).await.reason(), "denied_by_rule");
        let unfit = json!({"format": "pdf"});
        assert_eq!(crm.call(alice, "export_customers", unfit).await.reason(), "arguments_invalid");
        for (scope, target) in [
            (StopScope::Everything, ""),
            (StopScope::Subject, "alice"),
            (StopScope::Server, "crm"),
            (StopScope::Tool, "crm/export_customers"),
        ] {
            let id = stop(&world, scope, target, None).await;
            let told = crm.call(alice, "export_customers", export()).await;
            assert_eq!(told.reason(), "kill_switch", "{scope}");
            lift(&world, &id).await;
        }
        for (taken, reason) in [
            ("tenants: [{slug: acme, active: false}]", "tenant_suspended"),
            ("servers: [{slug: crm, enabled: false}]", "server_disabled"),
            ("subjects: [{id: alice, memberships: []}]", "no_membership"),
        ] {
            assert!(crm.call(alice, "export_customers", export()).await.allowed(), "before {taken}");
            world.apply(taken).await;
            assert_eq!(crm.call(alice, "export_customers", export()).await.reason(), reason, "{taken}");
            world
                .apply(
                    "tenants: [{slug: acme, active: true}]\nservers: [{slug: crm, enabled: true}]\n\
                     subjects: [{id: alice, memberships: [{tenant: acme, roles: [support-agent]}]}]",
                )
                .await;
        }
        replica.stop().await;
    }

    fn refused(result: &Result<BreakGlassGrant, WriteError>) -> EmergencyError {
        match result {
            Err(WriteError::Emergency(error)) => *error,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn who_may_ask_and_confirm(backend: Backend) {
        let world = World::demo(backend).await;
        let ada = owner(&world, "ada").await;
        for (tools, minutes, error) in [
            ("crm/refund", 0, EmergencyError::Minutes),
            ("crm/refund", 16, EmergencyError::Minutes),
            ("crm/refund", i64::MAX, EmergencyError::Minutes),
            ("crm", 5, EmergencyError::Tools),
            ("*/*", 5, EmergencyError::Tools),
            ("c*/refund", 5, EmergencyError::Tools),
            ("crm/\0", 5, EmergencyError::Control),
        ] {
            assert_eq!(refused(&ask(&world, tools, minutes, Some(&ada)).await), error, "{tools} {minutes}");
        }
        let unknown = ask(&world, "erp/*", 5, Some(&ada)).await;
        assert!(matches!(unknown, Err(WriteError::Unknown { kind: "server", .. })), "{unknown:?}");

        // One owner alone confirms, and so does the host.
        let asked = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        assert!(!asked.needs_second);
        confirm(&world, &asked.id, Some(&ada)).await.expect("is confirmed");
        assert_eq!(refused(&confirm(&world, &asked.id, Some(&ada)).await), EmergencyError::Over);
        let asked = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        confirm(&world, &asked.id, None).await.expect("is confirmed");

        // What was asked alone is confirmed by two once there are two, and stays so.
        let alone = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        let ben = owner(&world, "ben").await;
        for by in [Some(&ada), None] {
            assert_eq!(refused(&confirm(&world, &alone.id, by).await), EmergencyError::SecondPerson);
        }
        confirm(&world, &alone.id, Some(&ben)).await.expect("is confirmed");
        let asked = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        let off = world.store.set_account_active(&ben.id, false, &operator(), Timestamp::default()).await;
        off.expect("off");
        assert_eq!(refused(&confirm(&world, &asked.id, Some(&ada)).await), EmergencyError::SecondPerson);
        assert_eq!(refused(&confirm(&world, &asked.id, Some(&ben)).await), EmergencyError::NotAnOwner);
        assert_eq!(refused(&ask(&world, "crm/*", 5, Some(&ben)).await), EmergencyError::NotAnOwner);

        // What the host asks for, any owner confirms.
        world.store.set_account_active(&ben.id, true, &operator(), Timestamp::default()).await.expect("on");
        let asked = ask(&world, "crm/*", 5, None).await.expect("is asked for");
        assert_eq!(refused(&confirm(&world, &asked.id, None).await), EmergencyError::SecondPerson);
        confirm(&world, &asked.id, Some(&ada)).await.expect("is confirmed");

        // Too late, and taken back.
        let asked = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        let quarter = "UPDATE break_glass SET asked_at = asked_at - 900000000 WHERE confirmed_at IS NULL";
        world.database.by_hand(quarter).await;
        assert_eq!(refused(&confirm(&world, &asked.id, Some(&ben)).await), EmergencyError::Over);
        let asked = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.end_break_glass(&asked.id).await.expect("is taken back");
        writer.commit().await.expect("commits");
        assert_eq!(refused(&confirm(&world, &asked.id, Some(&ben)).await), EmergencyError::Over);
    }

    pub(super) async fn every_measure_is_written_down(backend: Backend) {
        let world = World::demo(backend).await;
        let id = stop(&world, StopScope::Tool, "crm/refund", Some("acme")).await;
        stop(&world, StopScope::Tool, "crm/refund", Some("acme")).await;
        lift(&world, &id).await;
        lift(&world, &id).await;
        let asked = ask(&world, "crm/*", 5, None).await.expect("is asked for");
        confirm(&world, &asked.id, None).await.expect("is confirmed");
        for _ in 0..2 {
            let mut writer = world.store.write(operator()).await.expect("a unit of work");
            writer.end_break_glass(&asked.id).await.expect("ends");
            writer.commit().await.expect("commits");
        }
        for (kind, object, count) in
            [("stop_switch", "tool crm/refund in acme", 2), ("break_glass", "alice on crm/*", 3)]
        {
            let filter = ChangeFilter { kind: Some(kind), object: Some(object), ..ChangeFilter::default() };
            let changes = world.store.list_changes(&filter, ChangePosition::Newest, 10).await.expect("lists");
            assert_eq!(changes.len(), count, "{kind}");
            assert!(changes.iter().all(|change| change.tenant == Some(acme())), "{changes:?}");
            let first = changes.last().and_then(|change| change.after.clone()).expect("made");
            assert!(first["reason"].is_string(), "{first}");
        }
    }
}
