use super::*;
use crate::call::ResourceRef;
use proptest::prelude::*;
use serde_json::json;

fn request() -> Value {
    json!({"action": {"name": "read"}, "resource": {"type": "customer", "id": "$params.arguments.id"}})
}

/// One evaluation with these members over those of [`request`].
fn single(more: &Value) -> Value {
    let mut request = request();
    request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    json!({ "evaluation": request })
}

fn resource(more: &Value) -> Value {
    let mut resource = json!({"type": "customer", "id": "c-1"});
    resource.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    single(&json!({ "resource": resource }))
}

fn resolved(mapping: &Value, arguments: &Value, claims: &Value) -> Result<Vec<MappedCall>, MappingProblem> {
    let mapping = DeclaredMapping::compile(mapping).expect("a mapping");
    let claims = claims.as_object().expect("an object");
    mapping.resolve(&MappingInputs::new("get_customer", arguments, Some(claims)))
}

#[test]
fn the_examples_of_the_draft_are_read() {
    let copy = json!({"evaluations": {
        "subject": {"type": "identity", "id": "$token.sub"},
        "context": {"agent": "$token.?client_id"},
        "evaluations": [
            {"action": {"name": "read"}, "resource": {"type": "storage_object", "id": "$params.arguments.source"}},
            {"action": {"name": "write"}, "resource": {"type": "storage_object", "id": "$params.arguments.destination"}},
        ],
    }});
    let arguments = json!({"source": "/a/q1.pdf", "destination": "/b/q1.pdf"});
    let calls = resolved(&copy, &arguments, &json!({"sub": "alice", "client_id": "bot"})).expect("resolves");
    let told: Vec<_> = calls.iter().map(|call| (call.action.as_str(), call.resource.id.as_str())).collect();
    assert_eq!(told, [("read", "/a/q1.pdf"), ("write", "/b/q1.pdf")]);
    assert!(
        calls.iter().all(|call| call.context == *json!({"agent": "bot"}).as_object().expect("an object"))
    );
    // What may be absent is left out, as the draft says of `.?`.
    let calls = resolved(&copy, &arguments, &json!({"sub": "alice"})).expect("resolves");
    assert!(calls.iter().all(|call| call.context.is_empty()));

    let transfer = json!({"evaluation": {
        "subject": {"type": "$token.roles.exists(r, r == 'treasury') ? 'treasury_user' : 'standard_user'", "id": "$token.sub"},
        "action": {"name": "$params.arguments.currency == 'USD' ? 'domestic_transfer' : 'international_transfer'"},
        "resource": {"type": "account", "id": "$params.arguments.from", "properties": {"level": "$params.arguments.amount > 10000 ? 'high' : 'standard'"}},
        "context": {"target": "$params.arguments.to", "price": "$$50", "tags": ["a", 1, true, null, "$params.name"]},
    }});
    let arguments = json!({"from": "1", "to": "2", "amount": 20000, "currency": "EUR"});
    let calls = resolved(&transfer, &arguments, &json!({"sub": "a", "roles": ["clerk"]})).expect("resolves");
    let call = calls.first().expect("one");
    assert_eq!((call.action.as_str(), call.names_action), ("international_transfer", false));
    assert_eq!(call.resource, ResourceRef { kind: "account".into(), id: "1".into() });
    assert_eq!(Value::Object(call.properties.resource.clone()), json!({"level": "high"}));
    let context = json!({"target": "2", "price": "$50", "tags": ["a", 1, true, null, "get_customer"]});
    assert_eq!(Value::Object(call.context.clone()), context);
}

#[test]
fn what_stands_in_an_entry_overrides_the_whole_member_above() {
    let mapping = json!({"evaluations": {
        "action": {"name": "read", "properties": {"soft": true}},
        "resource": {"type": "a", "id": "1", "properties": {"x": 1}},
        "context": {"y": 1},
        "evaluations": [{}, {"action": {"name": "write"}, "resource": {"type": "b", "id": "2"}, "context": {}}],
    }});
    let calls = resolved(&mapping, &json!({}), &json!({})).expect("resolves");
    assert_eq!(
        (calls[0].properties.action.len(), calls[0].properties.resource.len(), calls[0].context.len()),
        (1, 1, 1)
    );
    assert_eq!((calls[1].action.as_str(), calls[1].resource.kind.as_str()), ("write", "b"));
    assert!(calls[1].properties.is_empty() && calls[1].context.is_empty());
}

#[test]
fn hostile_and_unsupported_mappings_are_refused() {
    let several = |entries: Value| json!({"evaluations": {"evaluations": entries}});
    let deep = (0..12).fold(json!(1), |inner, _| json!([inner]));
    let many: Vec<String> = (0..120).map(|_| "$params.name".to_owned()).collect();
    for (mapping, said) in [
        (json!(null), "is not an object"),
        (json!([]), "is not an object"),
        (json!({}), "neither one"),
        (json!({"evaluation": request(), "evaluations": {}}), "neither one"),
        (json!({"search": request()}), "neither one"),
        (json!({"evaluation": []}), "at `/evaluation` is not an object"),
        (json!({"evaluation": {}}), "lacks `/evaluation/action`"),
        (json!({"evaluation": {"action": {"name": "read"}}}), "lacks `/evaluation/resource`"),
        (single(&json!({"options": {}})), "`/evaluation/options` is not supported"),
        (
            single(&json!({"action": {"name": "read", "verb": "x"}})),
            "`/evaluation/action/verb` is not supported",
        ),
        (single(&json!({"action": {}})), "lacks `/evaluation/action/name`"),
        (single(&json!({"action": {"name": 7}})), "`/evaluation/action/name` is not a text"),
        (single(&json!({"action": {"name": ""}})), "empty"),
        (single(&json!({"action": {"name": "a\u{0}b"}})), "control characters"),
        (single(&json!({"action": "$params.name"})), "is not an object"),
        // Who is asked about is whoever calls, and nobody a server names.
        (single(&json!({"subject": {"id": "alice"}})), "another subject"),
        (single(&json!({"subject": {"id": "$params.arguments.user"}})), "another subject"),
        (single(&json!({"subject": {"id": "$token.sub + ''"}})), "another subject"),
        (single(&json!({"subject": {"id": 7}})), "another subject"),
        (single(&json!({"subject": {"roles": ["admin"]}})), "not supported"),
        (several(json!([{"subject": {"id": "$token.sub"}}])), "one subject stands for all"),
        (several(json!([])), "holds none"),
        (several(json!(vec![request(); 21])), "more than 20"),
        (several(json!({})), "lacks `/evaluations/evaluations`"),
        (several(json!([7])), "is not an object"),
        // Resources.
        (resource(&json!({"type": "$params.arguments.type"})), "must be written out"),
        (resource(&json!({"type": "tool"})), "is reserved"),
        (resource(&json!({"type": "mcp_server"})), "is reserved"),
        (resource(&json!({"type": "Customer"})), "lower-case"),
        (resource(&json!({"id": ""})), "must not be empty"),
        (resource(&json!({"id": "a\nb"})), "control characters"),
        (resource(&json!({"id": 7})), "is not a text"),
        (resource(&json!({"tenant": "globex"})), "not supported"),
        // What only the enforcing side or the register says.
        (resource(&json!({"properties": {"tenant": "acme"}})), "a server cannot set it"),
        (resource(&json!({"properties": {"sensitivity": "public"}})), "a server cannot set it"),
        (resource(&json!({"properties": "$params.arguments"})), "is not an object"),
        (single(&json!({"context": {"ip": "10.0.0.1"}})), "a server cannot set it"),
        (single(&json!({"context": {"task": "t"}})), "a server cannot set it"),
        (single(&json!({"context": "$params"})), "is not an object"),
        (single(&json!({"context": {"x": deep}})), "nested too deeply"),
        // Expressions.
        (single(&json!({"context": {"x": "$"}})), "does not parse"),
        (single(&json!({"context": {"x": "$params."}})), "does not parse"),
        (single(&json!({"context": {"x": "$subject.id"}})), "neither params nor token"),
        (single(&json!({"context": {"x": "$args.id"}})), "neither params nor token"),
        (single(&json!({"context": {"x": "$now"}})), "neither params nor token"),
        (single(&json!({"context": {"x": "$fetch('http://evil.example')"}})), "is not a function"),
        (single(&json!({"context": {"x": "$[1].map(x, x)"}})), "macro `map`"),
        (single(&json!({"context": {"x": "$[1].all(x, [2].all(y, y > x))"}})), "macro inside"),
        (
            single(&json!({"context": {"x": format!("${}1{}", "(".repeat(30), ")".repeat(30))}})),
            "nested too deeply",
        ),
        (single(&json!({"context": {"x": format!("${}", "1+".repeat(2_000))}})), "longer than"),
        (single(&json!({"context": {"x": "$params.name.matches(params.name)"}})), "pattern"),
        (single(&json!({"context": {"x": many}})), "more than 100 expressions"),
        (single(&json!({"context": {"x": "y".repeat(20_000)}})), "larger than"),
    ] {
        let error = DeclaredMapping::compile(&mapping).err().unwrap_or_else(|| panic!("{mapping} was taken"));
        assert!(error.to_string().contains(said), "{mapping}: {error}");
        assert!(error.to_string().chars().count() < 500, "{error}");
    }
    assert!(DeclaredMapping::of_schema(&json!({"type": "object"})).is_none());
    assert!(
        DeclaredMapping::of_schema(&json!({"x-authzen-mapping": null})).is_some_and(|read| read.is_err())
    );
}

#[test]
fn what_does_not_resolve_is_told_without_its_value() {
    let id = |expression: &str| resource(&json!({"id": expression}));
    let claims = json!({"sub": "alice", "secret": "hunter2"});
    for (mapping, arguments, said) in [
        (id("$params.arguments.id"), json!({}), "not there"),
        (id("$params.arguments.?id"), json!({}), "is no text"),
        (id("$params.arguments.id"), json!({"id": null}), "is no text"),
        (id("$params.arguments.id"), json!({"id": 7}), "is no text"),
        (id("$params.arguments.id"), json!({"id": ["hunter2"]}), "is no text"),
        (id("$params.arguments.id"), json!({"id": ""}), "none that a resource can have"),
        (id("$params.arguments.id"), json!({"id": "a\u{0}"}), "none that a resource can have"),
        (id("$token.nobody"), json!({}), "not there"),
        (id("$token.secret / 2"), json!({}), "could not be evaluated"),
        (
            single(&json!({"action": {"name": "$params.arguments.do"}})),
            json!({"id": "1", "do": ""}),
            "action",
        ),
        (single(&json!({"subject": {"type": "$token.kind"}})), json!({"id": "1"}), "not there"),
        (single(&json!({"context": {"x": "$duration('1s')"}})), json!({"id": "1"}), "no JSON value"),
        (single(&json!({"context": {"x": "$1.0 / 0.0"}})), json!({"id": "1"}), "no JSON value"),
    ] {
        let problem = resolved(&mapping, &arguments, &claims).expect_err(said);
        assert!(problem.why.contains(said), "{mapping}: {problem:?}");
        assert!(!format!("{problem:?}").contains("hunter2"));
    }
}

#[test]
fn what_hangs_on_the_token_is_not_guessed() {
    let mapping = json!({"evaluations": {"evaluations": [
        {"action": {"name": "a"}, "resource": {"type": "x", "id": "$params.arguments.id"}},
        {"action": {"name": "b"}, "resource": {"type": "x", "id": "$token.org"}},
    ]}});
    let mapping = DeclaredMapping::compile(&mapping).expect("a mapping");
    let arguments = json!({"id": "1"});
    let inputs = MappingInputs::new("t", &arguments, None);
    let found: Vec<_> = mapping.requests().iter().map(|one| one.resource(&inputs).is_ok()).collect();
    assert_eq!(found, [true, false]);
}

#[test]
fn an_argument_that_the_tool_does_not_take_is_told() {
    let schema = |body: Value| ToolSchema::compile(&body).expect("a schema");
    let closed = schema(json!({"type": "object", "properties": {"id": {}}}));
    for (expression, name) in [
        ("$params.arguments.id", None),
        ("$params.arguments['id']", None),
        ("$params.arguments.?id.orValue('x')", None),
        ("$params.arguments.other", Some("other")),
        ("$params.arguments['other']", Some("other")),
        ("$params.arguments.?other.orValue('x')", Some("other")),
    ] {
        let mapping = DeclaredMapping::compile(&resource(&json!({"id": expression}))).expect("a mapping");
        let expected = name.map(|name| MappingError::UnknownArgument(name.to_owned()));
        assert_eq!(mapping.check_against(&closed).err(), expected, "{expression}");
        let open = schema(json!({"type": "object", "additionalProperties": true}));
        assert_eq!(mapping.check_against(&open), Ok(()));
    }
}

#[test]
fn what_is_asked_is_said_in_one_sentence() {
    let mapping = json!({"evaluation": {
        "action": {"name": "read\u{202e}"},
        "resource": {"type": "customer", "id": "$params.arguments.id", "properties": {"level": 3}},
        "context": {"case": "$params.arguments.case"},
    }});
    let mapping = DeclaredMapping::compile(&mapping).expect("a mapping");
    let request = mapping.requests().first().expect("one");
    let words = "the caller may `read\u{fffd}` the `customer` that `params.arguments.id` names";
    assert_eq!(request.words(), words);
    assert_eq!(request.more(), ["`resource.level` is `3`", "`context.case` is `params.arguments.case`"]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        prop::sample::select(vec![
            "$token.sub",
            "$params.arguments.id",
            "$params",
            "$$",
            "$",
            "read",
            "customer",
            "$token.?x"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let name = prop_oneof![
            4 => prop::sample::select(vec![
                "evaluation", "evaluations", "subject", "action", "resource", "context", "type", "id", "name", "properties",
            ]).prop_map(str::to_owned),
            1 => "[a-z]{1,4}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn whatever_is_declared_is_read_or_refused_and_never_asks_about_somebody_else(
        mapping in any_json(), arguments in prop::collection::btree_map("[a-z]{1,3}", any_json(), 0..4),
    ) {
        if let Ok(compiled) = DeclaredMapping::compile(&mapping) {
            prop_assert!((1..=MAX_EVALUATIONS).contains(&compiled.requests().len()));
            let subjects: Vec<&Value> = ["/evaluation/subject/id", "/evaluations/subject/id"]
                .into_iter().filter_map(|at| mapping.pointer(at)).collect();
            prop_assert!(subjects.iter().all(|id| **id == "$token.sub"));
            let arguments = Value::Object(arguments.into_iter().collect());
            let claims = Map::new();
            let inputs = MappingInputs::new("t", &arguments, Some(&claims));
            if let Ok(calls) = compiled.resolve(&inputs) {
                prop_assert_eq!(calls.len(), compiled.requests().len());
                for (call, request) in calls.iter().zip(compiled.requests()) {
                    let named = request.resource(&inputs);
                    prop_assert_eq!(Ok(&call.resource), named.as_ref(), "what is read is what is decided on");
                    prop_assert!(crate::binding::check_type(&call.resource.kind).is_ok());
                }
            }
        }
    }
}
