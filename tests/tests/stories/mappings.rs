//! A mapping that a tool declares: used once a person accepted it, live on every replica, and only ever to take away.

use tests::on_both_databases;

on_both_databases!(
    one_denial_of_a_mapping_denies_the_call,
    what_a_mapping_rests_on_is_live,
    a_record_says_how_each_evaluation_came_out,
    a_person_accepts_it_in_the_form_that_was_seen,
    a_bundle_accepts_it_and_writes_it_down,
);

mod stories {
    use pdp::bundle::{ApplyError, ApplyOptions, Bundle, apply, export};
    use pdp::catalog::definition_hash;
    use pdp::discovery::{Discovered, DiscoveredTool, Labels, ReviewError, refresh, review};
    use pdp::{Preview, Previewer, RecordBody};
    use policy::arguments::Arguments;
    use policy::facts::AssertedProperties;
    use policy::labels::MappingUse;
    use policy::{Call, Outcome, Reason, ResourceRef, ReviewState, ServerSlug, ToolId};
    use serde_json::{Map, Value, json};
    use store::administration::Tool;
    use tests::world::operator;
    use tests::{Backend, World};

    const COPY: &str = "
servers:
  - slug: crm
    tools:
      - name: copy
        input_schema:
          type: object
          properties: { from: { type: string }, to: { type: string } }
          required: [from]
          x-authzen-mapping:
            evaluations:
              subject: { type: identity, id: $token.sub }
              evaluations:
                - action: { name: read }
                  resource: { type: customer, id: $params.arguments.from }
                - action: { name: write }
                  resource: { type: customer, id: $params.arguments.to }
        mapping: accepted
resources:
  - { type: customer, id: c-42, tenant: acme, attributes: { region: eu } }
  - { type: customer, id: c-43, tenant: acme, attributes: { region: us } }
  - { type: customer, id: g-1, tenant: globex, attributes: { region: secret-region } }
rules:
  - { name: copying, tenant: acme, effect: allow, roles: [support-agent], tools: [crm/copy] }
  - { name: reading, tenant: acme, effect: allow, roles: [support-agent], actions: [read], resources: ['customer:*'] }
  - name: writing
    tenant: acme
    effect: allow
    roles: [support-agent]
    actions: [write]
    resources: ['customer:*']
    when: \"resource.region == 'eu'\"
";

    async fn world(backend: Backend) -> World {
        let world = World::demo(backend).await;
        world.apply(COPY).await;
        world
    }

    fn copy(from: &str, to: &str) -> Value {
        json!({ "from": from, "to": to })
    }

    pub(super) async fn one_denial_of_a_mapping_denies_the_call(backend: Backend) {
        let world = world(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        // Twice: the second time what is to be read is known before.
        for _ in 0..2 {
            for (arguments, reason) in [
                (copy("c-43", "c-42"), "allowed"),
                (copy("c-42", "c-43"), "no_matching_rule"),
                (copy("g-1", "c-42"), "resource_tenant_mismatch"),
                (copy("c-42", "g-1"), "resource_tenant_mismatch"),
                (copy("c-42", "c-99"), "condition_error"),
                (copy("c-42", ""), "condition_error"),
                (json!({"from": "c-42"}), "condition_error"),
                (json!({"to": "c-42"}), "arguments_invalid"),
            ] {
                let told = crm.call(alice, "copy", arguments.clone()).await;
                assert_eq!(told.reason(), reason, "{arguments}");
                assert!(!told.body.to_string().contains("globex"), "{arguments}");
            }
        }
        let previewer = Previewer::new(world.store.clone());
        for (to, reason) in [("c-42", Reason::Allowed), ("c-43", Reason::NoMatchingRule)] {
            let preview = Preview {
                subject: "alice".into(),
                server: Some("crm".into()),
                call: Call {
                    action: "tools/call".into(),
                    resource: ResourceRef { kind: "tool".into(), id: "copy".into() },
                    arguments: Arguments::from_value(copy("c-42", to)),
                    context: Map::new(),
                    tenant: None,
                },
                properties: AssertedProperties::default(),
            };
            assert_eq!(previewer.preview(&preview).await.expect("decides").reason, reason, "{to}");
        }
        replica.stop().await;
    }

    pub(super) async fn what_a_mapping_rests_on_is_live(backend: Backend) {
        let world = world(backend).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY");
        let both = async |to: &str, reason: &str, what: &str| {
            for replica in [&one, &two] {
                let told = crm.at(replica.address()).call(alice, "copy", copy("c-42", to)).await;
                assert_eq!(told.reason(), reason, "{what}");
            }
        };
        for _ in 0..2 {
            both("c-42", "allowed", "all of it passes").await;
            world.database.by_hand("UPDATE resources SET tenant = 'globex' WHERE id = 'c-42'").await;
            both("c-42", "resource_tenant_mismatch", "moved away").await;
            world.database.by_hand("UPDATE resources SET tenant = 'acme' WHERE id = 'c-42'").await;
        }
        both("c-43", "no_matching_rule", "accepted").await;
        world.database.by_hand("UPDATE tools SET mapping = NULL WHERE name = 'copy'").await;
        both("c-43", "allowed", "not accepted: the tool's own rules decide alone").await;
        let other = format!("UPDATE tools SET mapping = '{}' WHERE name = 'copy'", "0".repeat(64));
        world.database.by_hand(&other).await;
        both("c-42", "tool_definition_changed", "accepted in another definition").await;
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn a_record_says_how_each_evaluation_came_out(backend: Backend) {
        let world = world(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        let record = async |to: &str| {
            let told = crm.call(alice, "copy", copy("c-42", to)).await;
            let id = told.decision_id.expect("recorded");
            world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there").body
        };
        let body: RecordBody = serde_json::from_str(&record("c-43").await).expect("reads");
        let told: Vec<_> = body
            .decision
            .evaluations
            .iter()
            .map(|one| (one.action.as_deref(), one.id.as_deref(), one.outcome))
            .collect();
        let expected =
            [(Some("read"), Some("c-42"), Outcome::Allow), (Some("write"), Some("c-43"), Outcome::Deny)];
        assert_eq!(told, expected);
        let touched: Vec<_> = body.facts.bound.iter().map(|fact| fact.id.as_str()).collect();
        assert_eq!(touched, ["c-42", "c-43"]);
        let foreign = record("g-1").await;
        assert!(!foreign.contains("globex") && !foreign.contains("secret-region"), "{foreign}");

        // Where the tool redacts, nothing that a mapping took from the arguments stands in the record.
        world.database.by_hand("UPDATE tools SET redact = '[\"/to\"]' WHERE name = 'copy'").await;
        let redacted = record("c-43").await;
        assert!(!redacted.contains("c-43"), "{redacted}");
        replica.stop().await;
    }

    fn labels(mapping: Option<MappingUse>) -> Labels {
        let tool = Tool::new(ServerSlug::new("crm"), "copy");
        Labels {
            risk: tool.risk,
            sensitivity: tool.sensitivity,
            read_only: false,
            redact: Vec::new(),
            check_schema: true,
            mapping,
        }
    }

    pub(super) async fn a_person_accepts_it_in_the_form_that_was_seen(backend: Backend) {
        let world = world(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let slug = ServerSlug::new("crm");
        let server = world.store.get_server(&slug).await.expect("reads").expect("is there");
        let tool = async || world.store.get_tool(&slug, "copy").await.expect("reads").expect("is there");
        let known = tool().await;
        let id: ToolId = known.id.clone();
        let offer = async |change: &dyn Fn(&mut Value)| {
            let mut definition = known.definition.clone().expect("given by the bundle");
            change(&mut definition);
            let hash = definition_hash(&definition);
            let found = Discovered {
                url: server.url.clone(),
                server_name: "crm".to_owned(),
                server_version: "1".to_owned(),
                protocol_version: "2025-11-25".to_owned(),
                tools: vec![DiscoveredTool { name: "copy".to_owned(), definition, hash: hash.clone() }],
            };
            refresh(&world.store, operator(), &slug, &found).await.expect("refreshes");
            hash
        };
        let decided = async |hash: &str, mapping: Option<MappingUse>| {
            review(&world.store, operator(), &id, Some(hash), labels(mapping)).await
        };
        let call = async || {
            let told = crm.call(world.secret("ALICE_KEY"), "copy", copy("c-42", "c-43")).await;
            told.reason().to_owned()
        };
        assert_eq!(call().await, "no_matching_rule");

        // Another description is another definition: denied, and accepted anew or not at all.
        let hash = offer(&|definition: &mut Value| definition["description"] = json!("Copies.")).await;
        assert_eq!(call().await, "tool_definition_changed");
        let undecided = decided(&hash, None).await;
        assert!(matches!(undecided, Err(ReviewError::MappingUndecided { .. })), "{undecided:?}");
        assert_eq!(tool().await.review, ReviewState::Changed);
        let ignored = decided(&hash, Some(MappingUse::Ignored)).await.expect("reviewed");
        assert_eq!(ignored.mapping, None);
        assert_eq!(call().await, "allowed");
        let accepted = decided(&hash, Some(MappingUse::Accepted)).await.expect("reviewed");
        assert_eq!(accepted.mapping.as_ref(), Some(&hash));
        assert_eq!(call().await, "no_matching_rule");

        // One that names somebody else is not accepted, whoever asks.
        let hash = offer(&|definition: &mut Value| {
            definition["inputSchema"]["x-authzen-mapping"]["evaluations"]["subject"]["id"] = json!("root");
        })
        .await;
        let refused = decided(&hash, Some(MappingUse::Accepted)).await;
        assert!(matches!(refused, Err(ReviewError::Mapping(_))), "{refused:?}");
        assert_eq!(call().await, "tool_definition_changed");
        decided(&hash, Some(MappingUse::Ignored)).await.expect("a person may leave it aside");
        assert_eq!(call().await, "allowed");
        replica.stop().await;
    }

    pub(super) async fn a_bundle_accepts_it_and_writes_it_down(backend: Backend) {
        let world = world(backend).await;
        let text = export(&world.store, None, "VERSION").await.expect("is written");
        assert!(text.contains("mapping: accepted"), "{text}");
        let applied = async |text: &str| {
            let bundle = Bundle::parse(text).expect("a bundle");
            let mut writer = world.store.write(operator()).await.expect("a unit of work");
            let applied = apply(&mut writer, &bundle, &|_| None, ApplyOptions::default()).await;
            let changes = writer.changes().len();
            writer.rollback().await.expect("rolls back");
            applied.map(|_| changes)
        };
        assert_eq!(applied(&text).await.expect("applies"), 0);
        let with = |keys: &str| format!("servers: [{{ slug: crm, tools: [{{ name: copy, {keys} }}] }}]");
        // What was accepted in one definition is not taken along into another.
        let refused = applied(&with("description: Copies.")).await;
        assert!(matches!(refused, Err(ApplyError::Write { .. })), "{refused:?}");
        for (keys, changes) in [("description: Copies., mapping: accepted", 1), ("mapping: ignored", 1)] {
            assert_eq!(applied(&with(keys)).await.expect("applies"), changes, "{keys}");
        }
        for keys in [
            "input_schema: { type: object }, mapping: accepted",
            "input_schema: { type: object, x-authzen-mapping: { evaluation: {} } }, mapping: accepted",
        ] {
            let refused = applied(&with(keys)).await;
            assert!(matches!(refused, Err(ApplyError::Mapping { .. })), "{keys}: {refused:?}");
        }
    }
}
