//! What a bundle does not name goes, of the lists that it gives; and nothing goes that is still needed.

use tests::on_both_databases;

on_both_databases!(
    only_lists_that_are_given_are_pruned,
    what_is_needed_is_not_pruned,
    a_role_that_claims_stand_for_is_not_pruned,
    a_name_that_is_freed_may_be_given_again,
    one_tenant_prunes_its_own,
    what_was_pruned_is_gone_on_the_next_call,
);

mod stories {
    use crate::bundle::{applied, bundle, exported, tried};
    use pdp::bundle::Pruned;
    use serde_json::json;
    use store::{Action, Change};
    use tests::{Backend, World};

    fn told(pruned: Option<Vec<Pruned>>) -> String {
        let pruned: Vec<String> = pruned.expect("was asked for").iter().map(ToString::to_string).collect();
        pruned.join(", ")
    }

    fn removed(changes: &[Change]) -> Vec<&str> {
        assert!(changes.iter().all(|change| change.action == Action::Delete), "{changes:#?}");
        changes.iter().map(|change| change.kind.as_str()).collect()
    }

    pub(super) async fn only_lists_that_are_given_are_pruned(backend: Backend) {
        let world = World::demo(backend).await;
        let before = exported(&world.store, None).await;
        for (text, pruned, kinds) in [
            ("tenants: [{slug: acme}, {slug: globex}]", "", vec![]),
            ("tenants: [{slug: acme}]", "1 tenant (with 1 membership)", vec!["tenant"]),
            (
                "subjects: [{id: alice}, {id: carol}]",
                "3 subjects (with 3 memberships, 3 keys)",
                vec!["subject", "subject", "subject"],
            ),
            (
                "roles: [{name: support-agent}, {name: finance, tenant: acme}]",
                "1 role (with 1 holder)",
                vec!["role"],
            ),
            (
                "rules: [{name: never delete through agents, tenant: acme, effect: deny, tools: [crm/delete_customer]}]",
                "4 rules",
                vec!["rule"; 4],
            ),
            (
                "servers: []\ncredentials: []\ntenants: [{slug: acme}, {slug: globex}]",
                "1 credential (with 1 key), 1 server (with 6 tools)",
                vec!["credential", "server"],
            ),
            // A rule of this name in every tenant is another one.
            (
                "rules: [{name: small refunds, effect: deny, status: disabled, tools: [crm/refund]}]",
                "5 rules",
                vec!["rule"; 5],
            ),
        ] {
            let (applied, mut changes) = tried(&world.store, &bundle(text), true).await.expect(text);
            changes.retain(|change| change.action == Action::Delete);
            assert_eq!(told(applied.pruned), pruned, "{text}");
            assert_eq!(removed(&changes), kinds, "{text}");
            let (applied, changes) = tried(&world.store, &bundle(text), false).await.expect(text);
            assert!(applied.pruned.is_none(), "{text}");
            assert!(changes.iter().all(|change| change.action != Action::Delete), "{text}");
        }
        assert_eq!(exported(&world.store, None).await, before, "a dry run changes nothing");
    }

    pub(super) async fn what_is_needed_is_not_pruned(backend: Backend) {
        let world = World::demo(backend).await;
        let before = exported(&world.store, None).await;
        let roles = "roles: [{name: support-agent}, {name: auditor, tenant: acme}]";
        for (text, error) in [
            ("", "the bundle names nothing, so pruning would remove everything"),
            ("tenants: []\nrules: []", "the bundle names nothing, so pruning would remove everything"),
            ("only_tenant: acme", "the bundle names nothing, so pruning would remove everything"),
            (
                roles,
                "role `finance` is not in `roles` and would be pruned, but rule `refunds by finance` names it and would lose its meaning",
            ),
            (
                "tenants: [{slug: acme}, {slug: globex}]\nservers: []",
                "prune: server `crm` is still used by credential `crm-pep`",
            ),
            (
                "tenants: [{slug: acme}]\nroles: [{name: support-agent}, {name: x, tenant: globex}]",
                "tenant `globex` is not in `tenants` and would be pruned, but role `x` of tenant `globex` needs it",
            ),
            (
                "tenants: [{slug: acme}]\nsubjects: [{id: dave, memberships: [{tenant: globex}]}]",
                "tenant `globex` is not in `tenants` and would be pruned, but the membership of subject `dave` needs it",
            ),
            (
                "tenants: [{slug: acme}]\ncredentials: [{name: crm-pep, tenant: globex}]",
                "tenant `globex` is not in `tenants` and would be pruned, but credential `crm-pep` needs it",
            ),
            (
                "roles: [{name: support-agent}, {name: finance, tenant: acme}]\nsubjects: [{id: bob, memberships: [{tenant: acme, roles: [auditor]}]}]",
                "subject `bob`: unknown role `auditor` in tenant `acme`",
            ),
        ] {
            let refused = applied(&world.store, &bundle(text), true).await.expect_err(text);
            assert_eq!(refused.to_string(), error, "{text}");
        }
        assert_eq!(exported(&world.store, None).await, before, "nothing of them counts");

        // Together with the rules that name it, the role may go.
        let (applied, _) =
            tried(&world.store, &bundle(&format!("{roles}\nrules: []")), true).await.expect("applies");
        assert_eq!(told(applied.pruned), "5 rules, 1 role (with 1 holder)");
    }

    pub(super) async fn a_role_that_claims_stand_for_is_not_pruned(backend: Backend) {
        let world = World::demo(backend).await;
        let issuer = |active: bool, mappings: &str| {
            format!(
                "issuers: [{{ url: 'https://idp.example', name: Work, active: {active}, tenants: [acme, globex], audiences: [], role_mappings: [{mappings}] }}]"
            )
        };
        let mapped = "{ claim: groups, value: auditors, role: auditor, tenant: acme }";
        let first = format!("roles: [{{name: auditor, tenant: globex}}]\n{}", issuer(true, mapped));
        applied(&world.store, &bundle(&first), false).await.expect("applies");
        let before = exported(&world.store, None).await;
        let refused = "role `auditor` is not in `roles` and would be pruned, but claims of issuer `https://idp.example` stand for it";
        let without =
            "roles: [{name: support-agent}, {name: finance, tenant: acme}, {name: auditor, tenant: globex}]";
        for text in [
            without.to_owned(),
            // One that is switched off may be on again.
            format!("{without}\n{}", issuer(false, mapped)),
        ] {
            let error = applied(&world.store, &bundle(&text), true).await.expect_err(&text);
            assert_eq!(error.to_string(), refused, "{text}");
        }
        assert_eq!(exported(&world.store, None).await, before, "nothing of them counts");

        let kept =
            "roles: [{name: support-agent}, {name: finance, tenant: acme}, {name: auditor, tenant: acme}]";
        for (text, pruned) in [
            // In globex no claim stands for it.
            (kept.to_owned(), "1 role"),
            // Together with what stands for it, it may go.
            (format!("{without}\n{}", issuer(true, "")), "1 role (with 1 holder)"),
            (format!("{without}\nissuers: []"), "1 role (with 1 holder), 1 issuer"),
            // One of every tenant is meant instead.
            (
                "roles: [{name: support-agent}, {name: finance, tenant: acme}, {name: auditor}]".to_owned(),
                "2 roles (with 1 holder)",
            ),
        ] {
            let (applied, _) = tried(&world.store, &bundle(&text), true).await.expect(&text);
            assert_eq!(told(applied.pruned), pruned, "{text}");
        }
    }

    pub(super) async fn a_name_that_is_freed_may_be_given_again(backend: Backend) {
        let world = World::demo(backend).await;
        // A role of every tenant becomes one of a single tenant, a credential leaves a server that goes, and an
        // identity moves to somebody else.
        let first = "subjects: [{id: dave, identities: [{issuer: i, sub: s}]}]";
        applied(&world.store, &bundle(first), false).await.expect("applies");
        let text = "
roles: [{name: support-agent, tenant: acme}, {name: finance, tenant: acme}, {name: auditor, tenant: acme}]
subjects:
  - { id: alice, memberships: [{ tenant: acme, roles: [support-agent] }], identities: [{ issuer: i, sub: s }] }
servers: [{ slug: crm2, url: 'http://127.0.0.1:9001/mcp', tenants: [acme] }]
credentials: [{ name: crm-pep, server: crm2 }]
";
        let refused = applied(&world.store, &bundle(text), false).await.expect_err("the name is taken");
        assert!(refused.to_string().contains("already belongs to"), "{refused}");
        let (done, _) = applied(&world.store, &bundle(text), true).await.expect("applies");
        assert_eq!(
            told(done.pruned),
            "4 subjects (with 4 memberships, 4 keys), 1 role (with 3 holders), 1 server (with 6 tools)"
        );
        let alice = world.store.list_memberships(&"alice".into()).await.expect("memberships");
        assert_eq!(alice.len(), 1);
        assert_eq!(alice[0].roles, ["support-agent"]);
        let (_, changes) = applied(&world.store, &bundle(text), true).await.expect("applies");
        assert!(changes.is_empty(), "{changes:#?}");
    }

    pub(super) async fn one_tenant_prunes_its_own(backend: Backend) {
        let world = World::demo(backend).await;
        let own = "roles: [{name: local, tenant: globex}, {name: support-agent}]\nrules: [{name: all, effect: deny, status: shadow, tools: ['*/*']}, {name: own, tenant: globex, effect: deny, status: shadow, tools: ['*/*']}]\ncredentials: [{name: globex-pep, tenant: globex, secret_env: GLOBEX}]";
        applied(&world.store, &bundle(own), false).await.expect("applies");

        let text = "only_tenant: acme\ntenants: []\nroles: []\nsubjects: [{id: alice}]\nservers: []\nrules: []\ncredentials: []";
        let (done, _) = applied(&world.store, &bundle(text), true).await.expect("applies");
        assert_eq!(told(done.pruned), "5 rules, 3 memberships, 2 roles (with 2 holders), 1 server use");
        let text = exported(&world.store, None).await;
        for stays in [
            "slug: acme",
            "slug: globex",
            "name: local",
            "name: support-agent",
            "id: bob",
            "id: dave",
            "slug: crm",
            "name: all",
            "name: own",
            "name: crm-pep",
            "name: globex-pep",
        ] {
            assert!(text.contains(stays), "{stays} stays:\n{text}");
        }
        assert!(!text.contains("name: finance") && !text.contains("small refunds"), "{text}");
        let crm = world.store.get_server(&"crm".into()).await.expect("answers").expect("stays");
        assert!(crm.tenants.is_empty(), "{crm:?}");
        let bob = world.store.list_memberships(&"bob".into()).await.expect("memberships");
        assert!(bob.is_empty(), "{bob:?}");
    }

    pub(super) async fn what_was_pruned_is_gone_on_the_next_call(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let refund = || json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund()).await.allowed());
        applied(&world.store, &bundle("subjects: [{id: carol}]"), true).await.expect("applies");
        let told = crm.call(world.secret("ALICE_KEY"), "refund", refund()).await;
        assert_eq!(told.reason(), "token_invalid");
        replica.stop().await;
    }
}
