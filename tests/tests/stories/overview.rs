//! What Overview asks of the database says what is there, for one tenant and for all.

use tests::on_both_databases;

on_both_databases!(
    tools_are_counted_by_state_of_review,
    keys_whose_end_is_near_are_counted,
    a_chain_is_open_until_it_is_ended,
    denials_are_counted_by_hour_reason_and_tool,
    flags_are_the_same_by_what_little_is_read_for_them,
    the_revision_reads_as_in_records,
);

mod stories {
    use policy::compile::{Surroundings, Unapproved, check_rule, flags, unapproved};
    use policy::labels::Effect;
    use policy::{ReviewState, Rule, Timestamp};
    use serde_json::json;
    use store::administration;
    use store::decisions::{DecisionFilter, DecisionStats, Edge, Page, ReasonCount, ToolCount};
    use store::overview::EndingApiKeys;
    use tests::{Backend, World};

    const HOUR: i64 = 3_600_000_000;
    const DAY: i64 = 24 * HOUR;

    /// Half past two.
    fn now() -> Timestamp {
        Timestamp::parse("2026-11-23T14:30:00Z").expect("a moment")
    }

    pub(super) async fn tools_are_counted_by_state_of_review(backend: Backend) {
        let world = World::demo(backend).await;
        let count = async |tenant: Option<&str>| {
            let tenant = tenant.map(policy::TenantSlug::from);
            let counts = world.store.count_reviews(tenant.as_ref()).await.expect("counts");
            let parts = counts.into_iter();
            parts.map(|one| (one.review, one.tools, one.servers, one.first.to_string())).collect::<Vec<_>>()
        };
        let crm = "crm".to_owned();
        assert_eq!(count(None).await, [(ReviewState::Reviewed, 6, 1, crm.clone())]);
        let by_hand = async |sql: &str| world.database.by_hand(sql).await;
        by_hand("UPDATE tools SET review = 'changed' WHERE name IN ('refund', 'add_note')").await;
        by_hand("UPDATE tools SET review = 'new' WHERE name = 'get_customer'").await;
        let expected = [
            (ReviewState::Changed, 2, 1, crm.clone()),
            (ReviewState::New, 1, 1, crm.clone()),
            (ReviewState::Reviewed, 3, 1, crm.clone()),
        ];
        assert_eq!(count(None).await, expected);
        assert_eq!(count(Some("acme")).await, expected);
        assert_eq!(count(Some("globex")).await, [], "globex may not use the CRM");
        // The tools of a server that is switched off cannot be called, reviewed or not.
        by_hand("UPDATE servers SET enabled = 0 WHERE slug = 'crm'").await;
        assert_eq!(count(None).await, []);
    }

    pub(super) async fn keys_whose_end_is_near_are_counted(backend: Backend) {
        let world = World::demo(backend).await;
        let (from, until) = (now(), now().saturating_add_micros(14 * DAY));
        let credentials = async |slug: Option<&str>| {
            let tenant = slug.map(policy::TenantSlug::from);
            world.store.count_ending_credentials(from, until, tenant.as_ref()).await.expect("counts")
        };
        let api_keys = async |slug: Option<&str>| {
            let tenant = slug.map(policy::TenantSlug::from);
            world.store.count_ending_api_keys(from, until, tenant.as_ref()).await.expect("counts")
        };
        let by_hand = async |sql: &str| world.database.by_hand(sql).await;
        let none = EndingApiKeys { keys: 0, subjects: 0, first: None };
        assert_eq!((credentials(None).await, api_keys(None).await), (0, none.clone()));

        // At the last moment, and just behind either end.
        for (end, counts) in [(until, 1), (until.saturating_add_micros(1), 0), (from, 0)] {
            let end = end.micros();
            by_hand(&format!("UPDATE credential_keys SET expires_at = {end}")).await;
            assert_eq!(credentials(None).await, counts, "{end}");
            by_hand(&format!("UPDATE api_keys SET expires_at = {end} WHERE subject = 'alice'")).await;
            assert_eq!(api_keys(None).await.keys, counts, "{end}");
        }

        let soon = from.micros() + DAY;
        by_hand(&format!("UPDATE credential_keys SET expires_at = {soon}")).await;
        // The demo's credential may ask about every tenant.
        assert_eq!((credentials(Some("acme")).await, credentials(Some("globex")).await), (1, 1));
        by_hand("UPDATE credentials SET tenant = 'acme'").await;
        assert_eq!((credentials(Some("acme")).await, credentials(Some("globex")).await), (1, 0));
        // Another key of the same credential outlives it.
        let digest = "a".repeat(64);
        by_hand(&format!(
            "INSERT INTO credential_keys (id, credential, digest, created_at) \
             SELECT 'another', id, '{digest}', 0 FROM credentials"
        ))
        .await;
        assert_eq!(credentials(None).await, 0);
        by_hand("DELETE FROM credential_keys WHERE id = 'another'").await;
        assert_eq!(credentials(None).await, 1);
        by_hand("UPDATE credentials SET active = 0").await;
        assert_eq!(credentials(None).await, 0);

        by_hand(&format!("UPDATE api_keys SET expires_at = {soon} WHERE subject IN ('alice', 'dave')")).await;
        let of = |keys, subjects, first: &str| EndingApiKeys { keys, subjects, first: Some(first.into()) };
        assert_eq!(api_keys(None).await, of(2, 2, "alice"));
        assert_eq!(api_keys(Some("globex")).await, of(1, 1, "dave"));
        by_hand("UPDATE subjects SET active = 0 WHERE id = 'dave'").await;
        assert_eq!(api_keys(None).await, of(1, 1, "alice"));
        assert_eq!(api_keys(Some("globex")).await, none);
    }

    pub(super) async fn a_chain_is_open_until_it_is_ended(backend: Backend) {
        let world = World::demo(backend).await;
        let (replica, other) = (world.replica().await, world.replica().await);
        let crm = world.crm(&replica);
        crm.call(world.secret("BOB_KEY"), "get_customer", json!({"customer_id": "c-42"})).await;
        let heads = async |since: i64| {
            let since = Timestamp::from_micros(since);
            let open = world.store.list_open_chains(since, 10).await.expect("lists");
            let mut heads: Vec<i64> = open.into_iter().map(|chain| chain.head_seq).collect();
            heads.sort_unstable();
            heads
        };
        assert_eq!(heads(0).await, [0_i64, 1], "one call was recorded, by one of two");
        assert_eq!(world.store.list_open_chains(Timestamp::from_micros(0), 1).await.expect("lists").len(), 1);
        other.stop().await;
        assert_eq!(heads(0).await, [1_i64], "a clean stop ends its chain");
        let seen = world.store.list_open_chains(Timestamp::from_micros(0), 1).await.expect("lists");
        let seen = seen.first().expect("a chain").seen_at.micros();
        assert_eq!(heads(seen + 120 * 1_000_000).await, [0_i64; 0], "it was not seen since then");
        assert!(!world.store.was_pruned().await.expect("reads"));
        replica.stop().await;
    }

    pub(super) async fn denials_are_counted_by_hour_reason_and_tool(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let refund = |amount: i64| json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"});
        let customer = || json!({"customer_id": "c-42"});
        for (caller, tool, arguments, reason) in [
            ("ALICE_KEY", "refund", refund(80), "allowed"),
            ("ALICE_KEY", "refund", refund(700), "parameters_out_of_scope"),
            ("ALICE_KEY", "refund", refund(701), "parameters_out_of_scope"),
            ("CAROL_KEY", "refund", refund(900), "approval_required"),
            ("CAROL_KEY", "delete_customer", customer(), "denied_by_rule"),
            ("DAVE_KEY", "get_customer", customer(), "unknown_server"),
        ] {
            let told = crm.call(world.secret(caller), tool, arguments).await;
            assert_eq!(told.reason(), reason);
        }
        // Where an hour's bar leads: to the decisions that it counts, and to no other.
        let page = Page { edge: Edge::Newest, limit: 100 };
        let listed = async |from: Timestamp, to: Timestamp| {
            let filter = DecisionFilter { from: Some(from), to: Some(to), ..DecisionFilter::default() };
            world.store.list_decisions(&filter, &page).await.expect("lists").rows
        };
        let ever = world.store.decision_stats(Timestamp::from_micros(0), None).await.expect("counts");
        assert!(!ever.hours.is_empty());
        for hour in &ever.hours {
            let to = hour.hour.saturating_add_micros(HOUR);
            let rows = listed(hour.hour, to).await;
            let counted = hour.allowed + hour.denied + hour.waiting;
            assert_eq!(i64::try_from(rows.len()).expect("few"), counted, "{hour:?}");
            assert!(rows.iter().all(|row| hour.hour <= row.at && row.at < to), "{rows:?}");
            // The first moment belongs to it, the last does not.
            let [newest, oldest] = [&rows[0], &rows[rows.len() - 1]].map(|row| row.at);
            assert!(listed(oldest, newest).await.iter().all(|row| row.at < newest));
            assert!(listed(oldest, to).await.iter().any(|row| row.at == oldest));
            assert!(listed(to, hour.hour).await.is_empty());
        }
        // All at ten to two, but for one an hour earlier.
        let (late, early) = (now().micros() - 40 * 60_000_000, now().micros() - 100 * 60_000_000);
        world.database.by_hand(&format!("UPDATE decisions SET at = {late}")).await;
        world.database.by_hand(&format!("UPDATE decisions SET at = {early} WHERE reason = 'allowed'")).await;

        let since = now().saturating_add_micros(-DAY);
        let stats = world.store.decision_stats(since, None).await.expect("counts");
        let hours: Vec<_> = stats
            .hours
            .iter()
            .map(|hour| (hour.hour.rfc3339(), hour.allowed, hour.waiting, hour.denied))
            .collect();
        assert_eq!(
            hours,
            [("2026-11-23T12:00:00Z".to_owned(), 1, 0, 0), ("2026-11-23T13:00:00Z".to_owned(), 0, 1, 4),]
        );
        let reason = |reason: &str, count| ReasonCount { reason: reason.to_owned(), count };
        assert_eq!(
            stats.reasons,
            [reason("parameters_out_of_scope", 2), reason("denied_by_rule", 1), reason("unknown_server", 1)]
        );
        let tool = |tool: &str, count| ToolCount { server: "crm".to_owned(), tool: tool.to_owned(), count };
        assert_eq!(
            stats.tools,
            [tool("refund", 2), tool("delete_customer", 1), tool("get_customer", 1)],
            "a call that waits is no denial"
        );
        let acme = world.store.decision_stats(since, Some(&["acme".to_owned()])).await.expect("counts");
        assert_eq!(acme.hours.iter().map(|hour| hour.denied).sum::<i64>(), 3);
        assert_eq!(acme.tools, [tool("refund", 2), tool("delete_customer", 1)]);
        let later = world.store.decision_stats(now(), None).await.expect("counts");
        assert_eq!(later, DecisionStats::default());

        replica.stop().await;
    }

    pub(super) async fn flags_are_the_same_by_what_little_is_read_for_them(backend: Backend) {
        let world = World::demo(backend).await;
        world
            .apply(
                r#"{"rules": [
                    {"name": "a deny", "tenant": "acme", "effect": "deny", "tools": ["crm/refund"]},
                    {"name": "covered", "tenant": "acme", "effect": "allow", "tools": ["crm/refund"]},
                    {"name": "names nothing", "tenant": "acme", "effect": "allow", "tools": ["crm/nothing"]},
                    {"name": "by pattern", "tenant": "acme", "effect": "allow", "tools": ["*/refund"]},
                    {"name": "asks nobody", "tenant": "acme", "effect": "require_approval",
                        "tools": ["crm/add_note"], "approval": {"approvers": ["fiance"]}},
                    {"name": "asks one twice", "tenant": "acme", "effect": "require_approval",
                        "tools": ["crm/add_note"], "approval": {"approvers": ["finance"], "quorum": 2}}]}"#,
            )
            .await;
        let rules = world.store.list_rules(None, &administration::Page::ALL).await.expect("lists");
        let all = pdp::flags::surroundings(&world.store, now()).await.expect("reads");
        let flagged = |rule: &Rule, around: &Surroundings| {
            flags(rule, &check_rule(rule).expect("a sound rule"), around)
        };
        let (mut found, mut few) = (0, Vec::new());
        for at in 0..rules.len() {
            let one = &rules[at..=at];
            let little = pdp::flags::surroundings_of(&world.store, one, now()).await.expect("reads");
            let wanted = flagged(&one[0].rule, &all);
            found += wanted.len();
            assert_eq!(flagged(&one[0].rule, &little), wanted, "{}", one[0].rule.name);
            let of_all = pdp::flags::surroundings_of(&world.store, &rules, now()).await.expect("reads");
            assert_eq!(flagged(&one[0].rule, &of_all), wanted, "{}", one[0].rule.name);
            assert!(little.rules.iter().all(|rule| rule.effect == Effect::Deny));
            let wanted = unapproved(&one[0].rule, &all);
            assert_eq!(unapproved(&one[0].rule, &little), wanted, "{}", one[0].rule.name);
            assert_eq!(unapproved(&one[0].rule, &of_all), wanted, "{}", one[0].rule.name);
            few.extend(wanted.map(|why| (one[0].rule.name.as_str(), why)));
        }
        assert!(found >= 2, "one is covered, and one names nothing");
        let expected = [
            ("asks nobody", Unapproved::NobodyHolds("`fiance`".to_owned())),
            ("asks one twice", Unapproved::TooFew { quorum: 2, most: 1 }),
        ];
        assert_eq!(few, expected, "they were taken all the same");
    }

    pub(super) async fn the_revision_reads_as_in_records(backend: Backend) {
        let world = World::demo(backend).await;
        let acme = policy::TenantSlug::from("acme");
        let read = async |tenant: Option<&policy::TenantSlug>| {
            world.store.read_revision(tenant).await.expect("reads")
        };
        let policy = world.store.read_policy(&acme).await.expect("reads").expect("a tenant");
        assert_eq!(read(None).await, policy.revision.global.to_string());
        assert_eq!(read(Some(&acme)).await, policy.revision.to_string());
        let nowhere = policy::TenantSlug::from("nowhere");
        assert_eq!(read(Some(&nowhere)).await, policy.revision.global.to_string());
    }
}
