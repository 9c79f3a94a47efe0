//! Break-glass: who may grant it, what it allows, and that it ends.

use tests::on_both_databases;

on_both_databases!(
    two_owners_confirm_a_grant_and_it_is_recorded,
    a_grant_ends_at_its_moment,
    a_grant_beats_no_deny_and_no_switch,
    who_may_ask_and_confirm,
    two_accounts_of_one_person_are_one,
    every_measure_is_written_down,
);

mod stories {
    use crate::emergency::{acme, as_account, ask, confirm, export, lift, owner, recorded, refund, stop};
    use policy::labels::StopScope;
    use policy::{DecisionId, SubjectId, Timestamp};
    use serde_json::json;
    use store::WriteError;
    use store::accounts::{Account, AccountRole};
    use store::administration::{BreakGlassGrant, EmergencyError};
    use store::changes::{ChangeFilter, ChangePosition};
    use tests::world::operator;
    use tests::{Backend, World};

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
        // However slow the machine is, it is used once.
        assert!(crm.call(alice, "export_customers", export()).await.allowed());
        // A moment that comes soon, while the compiled policy stays what it is.
        let soon = match backend {
            Backend::Sqlite => "CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000 + 3000000",
            Backend::Postgres => "(extract(epoch from clock_timestamp()) * 1000000)::bigint + 3000000",
        };
        world.database.by_hand(&format!("UPDATE break_glass SET until = {soon}")).await;
        let granted = world.store.get_break_glass(&asked.id).await.expect("reads").expect("is there");
        let until = granted.until.expect("until");
        let revision = world.store.read_revision(Some(&acme())).await.expect("reads");
        let mut allowed = 1;
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

        // What somebody asked for who is no owner any longer, nobody confirms.
        world.store.set_account_active(&ben.id, true, &operator(), Timestamp::default()).await.expect("on");
        let bens = ask(&world, "crm/*", 5, Some(&ben)).await.expect("is asked for");
        let role = AccountRole::Auditor;
        world
            .store
            .set_account_role(&ben.id, role, &operator(), Timestamp::default())
            .await
            .expect("lowered");
        assert_eq!(refused(&confirm(&world, &bens.id, Some(&ada)).await), EmergencyError::Over);
        assert_eq!(refused(&confirm(&world, &bens.id, Some(&ben)).await), EmergencyError::NotAnOwner);
        let role = AccountRole::Owner;
        world.store.set_account_role(&ben.id, role, &operator(), Timestamp::default()).await.expect("again");

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

    pub(super) async fn two_accounts_of_one_person_are_one(backend: Backend) {
        let world = World::demo(backend).await;
        let (ada, spare) = (owner(&world, "ada").await, owner(&world, "ada-spare").await);
        let carol = SubjectId::from("carol");
        let named = async |account: &Account, person: &SubjectId| {
            let (by, now) = (operator(), Timestamp::default());
            world.store.set_account_subject(&account.id, Some(person), &by, now).await.expect("is named");
        };
        // Nothing is known of who they are: they count as two.
        let before = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        assert!(before.needs_second);
        named(&ada, &carol).await;
        named(&spare, &carol).await;
        assert_eq!(refused(&confirm(&world, &before.id, Some(&spare)).await), EmergencyError::SecondPerson);
        // They are all the owners there are: one person, who confirms alone.
        let alone = ask(&world, "crm/*", 5, Some(&ada)).await.expect("is asked for");
        assert!(!alone.needs_second);
        // Until there is another one: then neither account of hers does, nor the host.
        let ben = owner(&world, "ben").await;
        let asked = ask(&world, "crm/*", 5, Some(&spare)).await.expect("is asked for");
        assert!(asked.needs_second);
        for id in [&alone.id, &asked.id] {
            for by in [Some(&ada), Some(&spare), None] {
                assert_eq!(refused(&confirm(&world, id, by).await), EmergencyError::SecondPerson);
            }
        }
        confirm(&world, &asked.id, Some(&ben)).await.expect("is confirmed");
        let bob = SubjectId::from("bob");
        named(&ben, &bob).await;
        confirm(&world, &alone.id, Some(&ben)).await.expect("is confirmed");
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
