//! Whatever is taken away denies the very next call made with the same key, on every replica.

use tests::on_both_databases;

on_both_databases!(
    a_role_taken_away_denies_the_next_call_on_every_replica,
    a_change_made_by_hand_in_sql_is_live_as_well,
    everything_that_can_be_taken_away,
);

mod stories {
    use tests::pep::refund;
    use tests::{Backend, World};

    pub(super) async fn a_role_taken_away_denies_the_next_call_on_every_replica(backend: Backend) {
        let world = World::demo(backend).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY");
        for round in 0..20 {
            for replica in [&one, &two] {
                let told = crm.at(replica.address()).call(alice, "refund", refund()).await;
                assert!(told.allowed(), "round {round}: {told:?}");
            }
            world.apply("subjects: [{id: alice, memberships: [{tenant: acme, roles: []}]}]").await;
            for replica in [&two, &one] {
                let told = crm.at(replica.address()).call(alice, "refund", refund()).await;
                assert_eq!(told.reason(), "no_matching_rule", "round {round}");
            }
            world
                .apply("subjects: [{id: alice, memberships: [{tenant: acme, roles: [support-agent]}]}]")
                .await;
        }
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn a_change_made_by_hand_in_sql_is_live_as_well(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        assert!(crm.call(alice, "refund", refund()).await.allowed());
        for (by_hand, back, reason) in [
            ("DELETE FROM membership_roles WHERE subject = 'alice'", None, "no_matching_rule"),
            (
                "UPDATE tools SET review = 'changed' WHERE name = 'refund'",
                Some("UPDATE tools SET review = 'reviewed' WHERE name = 'refund'"),
                "tool_definition_changed",
            ),
            (
                "UPDATE servers SET enabled = 0 WHERE slug = 'crm'",
                Some("UPDATE servers SET enabled = 1 WHERE slug = 'crm'"),
                "server_disabled",
            ),
            (
                "UPDATE tenants SET active = 0 WHERE slug = 'acme'",
                Some("UPDATE tenants SET active = 1 WHERE slug = 'acme'"),
                "tenant_suspended",
            ),
            (
                "DELETE FROM server_tenants WHERE server = 'crm'",
                Some("INSERT INTO server_tenants (server, tenant) VALUES ('crm', 'acme')"),
                "unknown_server",
            ),
            ("DELETE FROM rules WHERE name = 'small refunds'", None, "no_matching_rule"),
        ] {
            world.apply(include_str!("../../../examples/demo/bundle.yaml")).await;
            assert!(crm.call(alice, "refund", refund()).await.allowed(), "before: {by_hand}");
            world.database.by_hand(by_hand).await;
            assert_eq!(crm.call(alice, "refund", refund()).await.reason(), reason, "{by_hand}");
            if let Some(back) = back {
                world.database.by_hand(back).await;
            }
        }
        replica.stop().await;
    }

    pub(super) async fn everything_that_can_be_taken_away(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        for (taken, reason) in [
            ("subjects: [{id: alice, active: false}]", "subject_disabled"),
            ("subjects: [{id: alice, memberships: []}]", "no_membership"),
            (
                "subjects: [{id: alice, memberships: [{tenant: acme, roles: [support-agent], until: 2020-01-01T00:00:00Z}]}]",
                "no_membership",
            ),
            ("subjects: [{id: alice, api_keys: []}]", "token_invalid"),
            (
                "subjects: [{id: alice, api_keys: [{name: laptop, secret_env: ALICE_KEY, expires_at: 2020-01-01T00:00:00Z}]}]",
                "token_expired",
            ),
            ("tenants: [{slug: acme, active: false}]", "tenant_suspended"),
            ("servers: [{slug: crm, enabled: false}]", "server_disabled"),
            ("servers: [{slug: crm, tenants: []}]", "unknown_server"),
            ("servers: [{slug: crm, tools: []}]", "unknown_tool"),
            (
                "rules: [{name: small refunds, tenant: acme, effect: allow, status: disabled, roles: [support-agent], tools: [crm/refund]}]",
                "no_matching_rule",
            ),
            ("rules: [{name: stop, effect: deny, tools: ['*/*']}]", "denied_by_rule"),
        ] {
            let told = crm.call(alice, "refund", refund()).await;
            assert!(told.allowed(), "before {taken}: {told:?}");
            world.apply(taken).await;
            assert_eq!(crm.call(alice, "refund", refund()).await.reason(), reason, "{taken}");
            // A new key, as an expiry that is not given stays as it is.
            world.apply("subjects: [{id: alice, api_keys: []}]").await;
            world.apply(include_str!("../../../examples/demo/bundle.yaml")).await;
            world.apply("tenants: [{slug: acme, active: true}]\nsubjects: [{id: alice, active: true}]\nservers: [{slug: crm, enabled: true}]").await;
        }
        world.apply("rules: [{name: stop, effect: deny, status: disabled, tools: ['*/*']}]").await;
        assert!(crm.call(alice, "refund", refund()).await.allowed());
        world.apply("credentials: [{name: crm-pep, active: false}]").await;
        assert_eq!(crm.call(alice, "refund", refund()).await.status, 401);
        replica.stop().await;
    }
}
