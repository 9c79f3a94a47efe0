//! Registered resources: what a call touches is read with the call, on every replica, and by file a million lines long.

use tests::on_both_databases;

on_both_databases!(
    what_an_argument_names_decides,
    a_resource_is_live_and_a_binding_too,
    hostile_ids_are_unknown_and_nothing_else,
    a_preview_sees_what_a_call_sees,
    a_record_says_what_was_touched_and_nothing_of_other_tenants,
    resources_are_listed_by_type_and_beginning,
    another_tenants_resource_is_moved_by_those_who_may,
    exported_and_applied_again_nothing_changes,
    a_file_is_brought_in_by_parts_and_gone_on_with,
);

mod stories {
    use pdp::bundle::{ApplyOptions, Bundle, apply, export};
    use pdp::resources::{ImportError, ImportOptions, Importer};
    use pdp::{Preview, Previewer, RecordBody};
    use policy::arguments::Arguments;
    use policy::{Call, Reason, ResourceRef, Sensitivity, TenantSlug};
    use serde_json::{Map, Value, json};
    use std::fs::File;
    use store::WriteError;
    use store::administration::{FileFormat, ImportState, Page, Resource, ResourceFilter, ResourceImport};
    use store::changes::{ChangeFilter, ChangePosition};
    use tests::world::operator;
    use tests::{Backend, World};

    const BOUND: &str = "
servers:
  - slug: crm
    tools:
      - name: refund
        bindings: [{ pointer: /customer_id, type: customer }]
      - name: merge
        input_schema:
          type: object
          properties: { ids: { type: array, items: { type: string } } }
          required: [ids]
        bindings: [{ pointer: '/ids/*', type: customer }]
resources:
  - { type: customer, id: c-42, tenant: acme, sensitivity: confidential, attributes: { region: eu } }
  - { type: customer, id: c-43, tenant: acme, attributes: { region: us } }
  - { type: customer, id: g-1, tenant: globex, attributes: { region: secret-region } }
rules:
  - name: merging
    tenant: acme
    effect: allow
    roles: [support-agent]
    tools: [crm/merge]
    when: \"bound['/ids/*'].all(c, c.region == 'eu')\"
";

    async fn world(backend: Backend) -> World {
        let world = World::demo(backend).await;
        world.apply(BOUND).await;
        world
    }

    fn refund(customer: Value) -> Value {
        json!({"customer_id": customer, "amount": 80, "currency": "EUR"})
    }

    fn resource(kind: &str, id: &str, tenant: &str) -> Resource {
        Resource::new(kind, id, TenantSlug::from(tenant))
    }

    async fn put(world: &World, resources: &[Resource]) {
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        for resource in resources {
            writer.put_resource(resource, true).await.expect("is taken");
        }
        writer.commit().await.expect("commits");
    }

    pub(super) async fn what_an_argument_names_decides(backend: Backend) {
        let world = world(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        for _ in 0..2 {
            for (customer, reason) in [
                (json!("c-42"), "allowed"),
                (json!("g-1"), "resource_tenant_mismatch"),
                (json!("c-99"), "resource_unknown"),
                (json!(""), "resource_unknown"),
                (json!("C-42"), "resource_unknown"),
                (json!("c-42 "), "resource_unknown"),
            ] {
                let told = crm.call(alice, "refund", refund(customer.clone())).await;
                assert_eq!(told.reason(), reason, "{customer}");
            }
            for (ids, reason) in [
                (json!(["c-42"]), "allowed"),
                (json!(["c-42", "c-42"]), "allowed"),
                (json!(["c-42", "c-43"]), "no_matching_rule"),
                (json!(["c-42", "g-1"]), "resource_tenant_mismatch"),
                (json!(["c-42", "c-99"]), "resource_unknown"),
                (json!([]), "arguments_missing"),
                (json!(vec!["c-42"; 100]), "allowed"),
                (json!(vec!["c-42"; 101]), "arguments_invalid"),
                (json!((0..100).map(|n| format!("x-{n}")).collect::<Vec<_>>()), "resource_unknown"),
            ] {
                let told = crm.call(alice, "merge", json!({"ids": ids})).await;
                assert_eq!(told.reason(), reason, "{ids}");
            }
        }
        replica.stop().await;
    }

    pub(super) async fn a_resource_is_live_and_a_binding_too(backend: Backend) {
        let world = world(backend).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY");
        let both = async |customer: &str, reason: &str, what: &str| {
            for replica in [&one, &two] {
                let told = crm.at(replica.address()).call(alice, "refund", refund(json!(customer))).await;
                assert_eq!(told.reason(), reason, "{what}");
            }
        };
        for _ in 0..3 {
            both("c-42", "allowed", "registered").await;
            put(&world, &[resource("customer", "c-42", "globex")]).await;
            both("c-42", "resource_tenant_mismatch", "moved away").await;
            world.database.by_hand("DELETE FROM resources WHERE id = 'c-42'").await;
            both("c-42", "resource_unknown", "deleted by hand").await;
            put(&world, &[resource("customer", "c-42", "acme")]).await;
        }
        world.database.by_hand("UPDATE tools SET bindings = '[]' WHERE name = 'refund'").await;
        both("c-99", "allowed", "no longer bound").await;
        let order = r#"UPDATE tools SET bindings = '[{"pointer":"/customer_id","type":"order"}]' WHERE name = 'refund'"#;
        world.database.by_hand(order).await;
        both("c-42", "resource_unknown", "bound to another type").await;
        put(&world, &[resource("order", "c-42", "acme")]).await;
        both("c-42", "allowed", "registered with that type").await;
        // What was written by hand and is no binding forbids the tool's calls.
        let broken = r#"UPDATE tools SET bindings = '[{"pointer":"customer_id","type":"order"}]' WHERE name = 'refund'"#;
        world.database.by_hand(broken).await;
        both("c-42", "evaluation_failed", "no pointer").await;
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn hostile_ids_are_unknown_and_nothing_else(backend: Backend) {
        let world = world(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        let long = "x".repeat(100_000);
        for id in [
            "c-42' OR '1'='1",
            "c-42\"],[\"customer\",\"g-1",
            "%",
            "*",
            "../c-42",
            "c-42\u{7f}",
            "\u{202e}24-c",
            "\\u0000",
            "?",
            "$1",
            long.as_str(),
        ] {
            let told = crm.call(alice, "refund", refund(json!(id))).await;
            let shown: String = id.chars().take(40).collect();
            assert_eq!(told.reason(), "resource_unknown", "{shown}");
            assert!(!told.body.to_string().contains("globex"), "{shown}");
        }
        // Ids that hold what is special elsewhere can be registered all the same.
        for id in ["a/b", "c-42' OR '1'='1", "ü\u{202e}", "[\"x\"]", "{}"] {
            put(&world, &[resource("customer", id, "acme")]).await;
            assert!(crm.call(alice, "refund", refund(json!(id))).await.allowed(), "{id}");
        }
        replica.stop().await;
    }

    pub(super) async fn a_preview_sees_what_a_call_sees(backend: Backend) {
        let world = world(backend).await;
        let previewer = Previewer::new(world.store.clone());
        for (customer, reason) in [
            ("c-42", Reason::Allowed),
            ("g-1", Reason::ResourceTenantMismatch),
            ("c-99", Reason::ResourceUnknown),
        ] {
            let preview = Preview {
                subject: "alice".into(),
                server: "crm".into(),
                call: Call {
                    action: "tools/call".into(),
                    resource: ResourceRef { kind: "tool".into(), id: "refund".into() },
                    arguments: Arguments::from_value(refund(json!(customer))),
                    context: Map::new(),
                    tenant: None,
                },
            };
            let decision = previewer.preview(&preview).await.expect("decides");
            assert_eq!(decision.reason, reason, "{customer}: {}", decision.reviewer_text);
        }
    }

    pub(super) async fn a_record_says_what_was_touched_and_nothing_of_other_tenants(backend: Backend) {
        let world = world(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        let mut bodies = Vec::new();
        for customer in ["c-42", "g-1"] {
            let told = crm.call(alice, "refund", refund(json!(customer))).await;
            let id = told.decision_id.expect("recorded");
            let record =
                world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
            bodies.push(record.body);
        }
        let body: RecordBody = serde_json::from_str(&bodies[0]).expect("reads");
        let fact = body.facts.bound.first().expect("a resource");
        assert_eq!((fact.at.as_str(), fact.id.as_str()), ("/customer_id", "c-42"));
        let found = fact.resource.as_ref().expect("registered");
        assert_eq!((found.tenant.as_str(), found.sensitivity), ("acme", Sensitivity::Confidential));
        assert!(!bodies[1].contains("globex") && !bodies[1].contains("secret-region"), "{}", bodies[1]);
        replica.stop().await;
    }

    pub(super) async fn resources_are_listed_by_type_and_beginning(backend: Backend) {
        let world = World::demo(backend).await;
        let ids = ["a-1", "a-2", "b", "b%", "b_x"];
        let mut resources: Vec<Resource> = ids.iter().map(|id| resource("customer", id, "acme")).collect();
        resources.push(resource("order", "a-1", "globex"));
        put(&world, &resources).await;
        let acme = TenantSlug::from("acme");
        let listed = async |tenant: Option<&TenantSlug>, kind: Option<&str>, page: Page<'_>| -> Vec<String> {
            let filter = ResourceFilter { tenant, kind, ..ResourceFilter::default() };
            let found = world.store.list_resources(filter, &page).await;
            found.expect("lists").iter().map(Resource::object).collect()
        };
        let search = |text: &'static str| Page { search: Some(text), ..Page::ALL };
        assert_eq!(listed(None, None, Page::ALL).await.len(), 6);
        assert_eq!(listed(Some(&acme), None, Page::ALL).await.len(), 5);
        assert_eq!(listed(None, Some("order"), Page::ALL).await, ["order:a-1"]);
        assert_eq!(listed(None, None, search("a-")).await, ["customer:a-1", "customer:a-2", "order:a-1"]);
        assert_eq!(listed(Some(&acme), None, search("a-1")).await, ["customer:a-1"]);
        assert_eq!(listed(None, None, search("b%")).await, ["customer:b%"]);
        assert_eq!(listed(None, None, search("A")).await, Vec::<String>::new());
        let page = Page { after: Some("customer\nb_x"), limit: 1, search: None };
        assert_eq!(listed(None, None, page).await, ["order:a-1"]);
        let all = ResourceFilter::default();
        let of_acme = ResourceFilter { tenant: Some(&acme), ..all };
        assert_eq!(world.store.list_resource_types(all).await.expect("lists"), ["customer", "order"]);
        assert_eq!(world.store.list_resource_types(of_acme).await.expect("lists"), ["customer"]);
        assert_eq!(world.store.count_resources(all, 4).await.expect("counts"), 4);
        assert_eq!(world.store.count_resources(all, 100).await.expect("counts"), 6);
    }

    pub(super) async fn another_tenants_resource_is_moved_by_those_who_may(backend: Backend) {
        let world = world(backend).await;
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        let moved = resource("customer", "g-1", "acme");
        let refused = writer.put_resource(&moved, false).await;
        assert!(matches!(&refused, Err(WriteError::Taken { .. })), "{refused:?}");
        assert!(!refused.expect_err("refused").to_string().contains("globex"));
        for bad in [
            resource("tool", "x", "acme"),
            resource("customer", "", "acme"),
            resource("customer", "x", "nowhere"),
        ] {
            assert!(writer.put_resource(&bad, true).await.is_err(), "{bad:?}");
        }
        writer.put_resource(&moved, true).await.expect("moves");
        writer.put_resource(&moved, false).await.expect("is so already");
        assert!(writer.delete_resource("customer", "g-1").await.expect("deletes"));
        assert!(!writer.delete_resource("customer", "g-1").await.expect("is gone"));
        let changes = writer.commit().await.expect("commits").changes;
        let told: Vec<_> =
            changes.iter().map(|change| (change.object.as_str(), change.action.as_str())).collect();
        assert_eq!(told, [("customer:g-1", "update"), ("customer:g-1", "delete")]);

        // A bundle of one tenant takes none away from others.
        put(&world, &[resource("customer", "g-1", "globex")]).await;
        let bundle = "only_tenant: acme\nresources: [{ type: customer, id: g-1 }]";
        let bundle = Bundle::parse(bundle).expect("a bundle");
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        let applied = apply(&mut writer, &bundle, &|_| None, ApplyOptions::default()).await;
        assert!(applied.is_err());
        writer.rollback().await.expect("rolls back");
    }

    pub(super) async fn exported_and_applied_again_nothing_changes(backend: Backend) {
        let world = world(backend).await;
        for only in [None, Some(TenantSlug::from("acme"))] {
            let text = export(&world.store, only.as_ref(), "VERSION").await.expect("is written");
            assert!(text.contains("pointer: /customer_id") && text.contains("id: c-42"), "{text}");
            assert_eq!(text.contains("g-1"), only.is_none());
            let bundle = Bundle::parse(&text).expect("reads");
            for prune in [false, true] {
                let mut writer = world.store.write(operator()).await.expect("a unit of work");
                let options = ApplyOptions { prune, ..ApplyOptions::default() };
                apply(&mut writer, &bundle, &|_| None, options).await.expect("applies");
                assert!(writer.changes().is_empty(), "{:?}", writer.changes());
                writer.rollback().await.expect("rolls back");
            }
        }
        // What a list does not name goes with it, and only then.
        let tenants = "tenants: [{slug: acme}, {slug: globex}]\n";
        for (list, left) in [("", 3), ("resources: [{type: customer, id: c-42}]", 1), ("resources: []", 0)] {
            let bundle = Bundle::parse(&format!("{tenants}{list}")).expect("reads");
            let mut writer = world.store.write(operator()).await.expect("a unit of work");
            let options = ApplyOptions { prune: true, ..ApplyOptions::default() };
            apply(&mut writer, &bundle, &|_| None, options).await.expect("applies");
            writer.commit().await.expect("commits");
            let found = world.store.count_resources(ResourceFilter::default(), 100).await.expect("counts");
            assert_eq!(found, left, "{list}");
        }
    }

    fn lines(count: usize) -> String {
        let mut text = String::new();
        for n in 0..count {
            let line = match n {
                5 => "{ this is no JSON".to_owned(),
                6 => json!({"type": "customer", "id": "g-1", "tenant": "acme"}).to_string(),
                7 => json!({"type": "customer", "id": "x", "tenant": "nowhere"}).to_string(),
                _ => json!({"type": "customer", "id": format!("i-{n}"), "tenant": "acme", "attributes": {"n": n}})
                    .to_string(),
            };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    async fn importer(world: &World, name: &str, options: ImportOptions) -> Result<Importer, ImportError> {
        let file = File::open(world.database.file(name)).expect("opens");
        Importer::open(&world.store, operator(), file, options).await
    }

    fn options(resume: bool) -> ImportOptions {
        ImportOptions { format: FileFormat::Jsonl, tenant: None, may_move: false, resume }
    }

    async fn changes(world: &World) -> Vec<String> {
        let filter = ChangeFilter { kind: Some("resource_import"), ..ChangeFilter::default() };
        let found = world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists");
        found.into_iter().map(|change| change.action.to_string()).collect()
    }

    pub(super) async fn a_file_is_brought_in_by_parts_and_gone_on_with(backend: Backend) {
        const COUNT: usize = 2_500;
        let world = world(backend).await;
        std::fs::write(world.database.file("all.jsonl"), lines(COUNT)).expect("writes");
        let none = importer(&world, "all.jsonl", options(true)).await;
        assert!(matches!(none, Err(ImportError::NothingToResume)), "{none:?}");

        // Cut off after the first part: what was told of counts, and the rest follows.
        let first = importer(&world, "all.jsonl", options(false)).await.expect("opens");
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let running = tokio::spawn(first.run(move |part| {
            // Nobody may listen any more.
            let _ = told.send(part.import.clone());
            std::thread::sleep(std::time::Duration::from_millis(200));
        }));
        let cut: ResourceImport = heard.recv().await.expect("a part");
        running.abort();
        let _ = running.await;
        assert_eq!(cut.state, ImportState::Running);

        let rest = importer(&world, "all.jsonl", options(true)).await.expect("is gone on with");
        let from = rest.import().position;
        assert!(from >= cut.position && from > 0);
        let mut refused = Vec::new();
        let done = rest
            .run(|part| refused.extend(part.refused.iter().map(|one| one.line)))
            .await
            .expect("comes to its end");
        assert_eq!((done.state, done.line), (ImportState::Finished, COUNT as i64));
        assert_eq!((done.created, done.changed, done.unchanged, done.refused), (COUNT as i64 - 3, 0, 0, 3));
        assert_eq!(done.problems.iter().map(|one| one.line).collect::<Vec<_>>(), [6, 7, 8]);
        assert!(refused.is_empty(), "they were in the first part");
        let counted = world.store.count_resources(ResourceFilter::default(), 10_000).await.expect("counts");
        assert_eq!(counted, COUNT as i64);
        let moved = world.store.get_resource("customer", "g-1").await.expect("reads").expect("is there");
        assert_eq!(moved.tenant.as_str(), "globex", "a file takes nothing away unless it is told to");
        // One change at the first part, and one at the end.
        assert_eq!(changes(&world).await, ["update", "create"]);

        // The same again changes nothing but is told.
        let again = importer(&world, "all.jsonl", options(false)).await.expect("opens");
        let done = again.run(|_| {}).await.expect("comes to its end");
        assert_eq!((done.created, done.changed, done.unchanged), (0, 0, COUNT as i64 - 3));
        let filter = ChangeFilter { kind: Some("resource"), ..ChangeFilter::default() };
        let singly = world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists");
        assert_eq!(singly.len(), 3, "those of the bundle");

        // A small file is one change; of two lines about one thing the last one holds.
        let small = "type,id,attributes.region\ncustomer,i-1,eu\ncustomer,i-1,us\norder,o-1,\n";
        std::fs::write(world.database.file("small.csv"), small).expect("writes");
        let acme = ImportOptions { format: FileFormat::Csv, tenant: Some("acme".into()), ..options(false) };
        let done = importer(&world, "small.csv", acme).await.expect("opens").run(|_| {}).await.expect("ends");
        assert_eq!((done.created, done.changed, done.refused), (1, 2, 0));
        let last = world.store.get_resource("customer", "i-1").await.expect("reads").expect("is there");
        assert_eq!(last.attributes.get("region"), Some(&json!("us")));
        assert_eq!(changes(&world).await.first().map(String::as_str), Some("create"));
    }
}
