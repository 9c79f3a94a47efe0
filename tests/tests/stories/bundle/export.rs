//! An export says what there is, and applying it changes nothing.

use tests::on_both_databases;

on_both_databases!(
    the_demo_is_written_like_by_hand,
    applied_again_whatever_there_is_stays_and_an_empty_database_gets_it,
    nobody_reviews_a_tool_by_exporting_it,
    what_an_empty_database_needs_is_named_at_once,
    one_tenant_is_written_without_the_others,
);

mod stories {
    use crate::bundle::sketch::sketch;
    use crate::bundle::{applied, bundle, exported, with_secrets};
    use pdp::bundle::export;
    use pdp::catalog::definition_hash;
    use policy::{ReviewState, Risk, ServerSlug, TenantSlug};
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    use serde_json::{Value, json};
    use store::administration::{Membership, Page, Tool};
    use tests::world::operator;
    use tests::{Backend, World};

    pub(super) async fn the_demo_is_written_like_by_hand(backend: Backend) {
        let world = World::demo(backend).await;
        let text = exported(&world.store, None).await;
        let mut how = insta::Settings::clone_current();
        how.set_prepend_module_to_snapshot(false);
        how.bind(|| insta::assert_snapshot!("demo", text.as_str()));
        for prune in [false, true] {
            let (told, changes) = applied(&world.store, &bundle(&text), prune).await.expect("applies");
            assert!(changes.is_empty(), "{changes:#?}");
            assert_eq!((told.keyless.len(), told.pruned), (0, prune.then(Vec::new)));
        }
    }

    /// How many worlds are tried: the same ones each time.
    const WORLDS: usize = 6;

    pub(super) async fn applied_again_whatever_there_is_stays_and_an_empty_database_gets_it(
        backend: Backend,
    ) {
        let mut runner = TestRunner::deterministic();
        for _ in 0..WORLDS {
            let sketch = sketch().new_tree(&mut runner).expect("a sketch").current();
            let one = World::empty(backend).await;
            sketch.build(&one.store).await;
            for only in [None, Some("t0")] {
                let text = exported(&one.store, only).await;
                for prune in [false, true] {
                    let (_, changes) = applied(&one.store, &bundle(&text), prune).await.expect("applies");
                    assert!(changes.is_empty(), "{text}\n{changes:#?}");
                }
                let two = World::empty(backend).await;
                applied(&two.store, &with_secrets(bundle(&text)), false)
                    .await
                    .expect("fills an empty database");
                assert_eq!(exported(&two.store, only).await, text);
                two.store.close().await;
            }
            one.store.close().await;
        }
    }

    fn tool(name: &str, review: ReviewState, reviewed: Option<Value>, offered: Option<Value>) -> Tool {
        Tool {
            review,
            risk: Risk::High,
            definition_hash: reviewed.as_ref().map(definition_hash),
            definition: reviewed,
            offered_hash: offered.as_ref().map(definition_hash),
            offered,
            ..Tool::new(ServerSlug::new("crm"), name)
        }
    }

    pub(super) async fn nobody_reviews_a_tool_by_exporting_it(backend: Backend) {
        let world = World::demo(backend).await;
        // As this is listed by a server of today: more than a bundle has keys for.
        let listed = |name: &str, description: &str| {
            json!({
                "name": name, "description": description, "inputSchema": {"type": "object"},
                "execution": {"taskSupport": "forbidden"}, "icons": [],
            })
        };
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        for tool in [
            tool("seen", ReviewState::Reviewed, Some(listed("seen", "One")), Some(listed("seen", "One"))),
            tool("unseen", ReviewState::New, None, Some(listed("unseen", "One"))),
            tool(
                "altered",
                ReviewState::Changed,
                Some(listed("altered", "One")),
                Some(listed("altered", "Two")),
            ),
            tool("bare", ReviewState::Changed, Some(json!({"name": "bare"})), Some(listed("bare", "Two"))),
            tool("gone", ReviewState::Gone, Some(listed("gone", "One")), None),
            tool("never", ReviewState::Gone, None, None),
        ] {
            writer.put_tool(&tool).await.expect("is stored");
        }
        writer.commit().await.expect("commits");
        let before = world.store.list_tools(None, &Page::ALL).await.expect("tools");

        let text = exported(&world.store, None).await;
        let (_, changes) = applied(&world.store, &bundle(&text), true).await.expect("applies");
        assert!(changes.is_empty(), "{changes:#?}");
        assert_eq!(world.store.list_tools(None, &Page::ALL).await.expect("tools"), before);

        let empty = World::empty(backend).await;
        applied(&empty.store, &with_secrets(bundle(&text)), false).await.expect("applies");
        let after = empty.store.list_tools(None, &Page::ALL).await.expect("tools");
        assert_eq!(after.len(), before.len());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((&before.name, before.review), (&after.name, after.review));
            assert_eq!(before.definition, after.definition, "{}", before.name);
            assert_eq!(before.definition_hash, after.definition_hash, "{}", before.name);
        }

        // What a file says of a tool that somebody reviewed since holds as well: it may not be called.
        let all =
            "servers: [{slug: crm, tools: [{name: refund, review: new}, {name: seen, review: changed}]}]";
        applied(&world.store, &bundle(all), false).await.expect("applies");
        let left = world.store.list_tools(None, &Page::ALL).await.expect("tools");
        let states: Vec<_> = left.iter().map(|tool| (tool.name.as_str(), tool.review)).collect();
        assert_eq!(states, [("refund", ReviewState::New), ("seen", ReviewState::Changed)]);
    }

    pub(super) async fn what_an_empty_database_needs_is_named_at_once(backend: Backend) {
        let world = World::demo(backend).await;
        let text = exported(&world.store, None).await;
        assert_eq!(text.matches("secret_env").count(), 1, "the one in its head: {text}");
        let empty = World::empty(backend).await;
        let error = applied(&empty.store, &bundle(&text), false).await.expect_err("secrets are missing");
        assert_eq!(
            error.to_string(),
            "`secret_env` is needed for each key that does not exist yet: subject `alice`, key `laptop`; subject `bob`, key `laptop`; subject `carol`, key `laptop`; subject `dave`, key `laptop`; subject `refund-bot`, key `worker`"
        );
        assert!(empty.store.list_tenants(&Page::ALL).await.expect("tenants").is_empty());

        let mut given = with_secrets(bundle(&text));
        for credential in given.credentials.iter_mut().flatten() {
            credential.secret_env = None;
        }
        let (told, _) = applied(&empty.store, &given, false).await.expect("applies");
        assert_eq!(told.keyless, ["crm-pep"]);
    }

    pub(super) async fn one_tenant_is_written_without_the_others(backend: Backend) {
        let world = World::demo(backend).await;
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        let elsewhere = Membership {
            subject: "alice".into(),
            tenant: "globex".into(),
            roles: vec!["support-agent".to_owned()],
            until: None,
        };
        writer.put_membership(&elsewhere).await.expect("is stored");
        writer.commit().await.expect("commits");

        let text = exported(&world.store, Some("acme")).await;
        assert!(text.contains("only_tenant: acme\n") && text.contains("crm-pep"), "{text}");
        assert!(!text.contains("globex") && !text.contains("dave"), "{text}");
        let (_, changes) = applied(&world.store, &bundle(&text), true).await.expect("applies");
        assert!(changes.is_empty(), "{changes:#?}");

        let without = "only_tenant: acme\nsubjects: [{id: alice, memberships: []}]\nservers: [{slug: crm, tenants: []}]";
        let (_, changes) = applied(&world.store, &bundle(without), false).await.expect("applies");
        assert_eq!(changes.len(), 2, "{changes:#?}");
        let left = world.store.list_memberships(&"alice".into()).await.expect("memberships");
        assert_eq!(left, [elsewhere]);

        let unknown = export(&world.store, Some(&TenantSlug::new("initech")), "VERSION").await;
        assert_eq!(unknown.expect_err("there is none").to_string(), "unknown tenant `initech`");
    }
}
