//! Tables of conditions: what is accepted, what is refused, and sources that are made to hurt.

use super::*;

fn refused(source: &str) -> ConditionError {
    match Condition::compile(source) {
        Ok(_) => panic!("accepted: {source}"),
        Err(error) => error,
    }
}

#[test]
fn what_is_accepted_and_what_it_reads() {
    for source in [
        "args.amount < 100",
        "args.tenant_id == tenant.slug && task == null",
        "has(args.note) && args.note.matches('^[a-z]+$')",
        "args.items.all(i, i.price < 5.0)",
        "args.items.filter(i, i.price > 5.0).size() < 3",
        "'finance' in subject.roles && now < timestamp('2027-01-01T00:00:00Z')",
        "now.getHours() >= 8 ? true : subject.kind == 'agent'",
        "bound['/customer_id'].region == 'eu'",
        "ip_in(context.ip, '10.0.0.0/8') || context.ip.ip_in('fd00::/8')",
        "now.getHours('Europe/Berlin') >= 8 && now.getDayOfWeek('+02:00') in [1, 2, 3, 4, 5]",
        "type(args.amount) == int && matches(args.note, '^a')",
    ] {
        Condition::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    }
    let condition =
        Condition::compile("args.amount < 100 && args['currency'] == 'EUR' && args.items.exists(x, x == 1)")
            .expect("compiles");
    assert_eq!(condition.arguments().collect::<Vec<_>>(), ["amount", "currency", "items"]);
}

#[test]
fn which_members_of_the_context_are_read() {
    let reads = |source: &str| {
        let condition = Condition::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        condition.context().map(|names| names.iter().cloned().collect::<Vec<_>>())
    };
    for (source, names) in [
        ("args.a < 1", vec![]),
        ("context.hour < 8", vec!["hour"]),
        ("has(context.site) && context['hour'] < 8", vec!["hour", "site"]),
        ("context.device.os == 'x' && ip_in(context.ip, '10.0.0.0/8')", vec!["device", "ip"]),
        ("args.hours.exists(h, h == context.hour)", vec!["hour"]),
    ] {
        assert_eq!(reads(source), Some(names.into_iter().map(str::to_owned).collect()), "{source}");
    }
    for source in [
        "context == {}",
        "context[args.name] == 1",
        "context.exists(name, name == 'x')",
        "size(context) > 1 && context.x == 1",
    ] {
        assert_eq!(reads(source), None, "{source}");
    }
}

#[test]
fn which_claims_are_read() {
    let reads = |source: &str| {
        let condition = Condition::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        condition.claims().map(|names| names.iter().cloned().collect::<Vec<_>>())
    };
    for (source, names) in [
        ("context.token == 'x'", vec![]),
        ("has(token.acr) && token['amr'].exists(way, way == 'hwk')", vec!["acr", "amr"]),
        ("token.cnf.jkt == 'x'", vec!["cnf"]),
    ] {
        assert_eq!(reads(source), Some(names.into_iter().map(str::to_owned).collect()), "{source}");
    }
    for source in ["token == null", "token[context.name] == 1", "size(token) > 1 && token.acr == 'x'"] {
        assert_eq!(reads(source), None, "{source}");
    }
}

#[test]
fn what_is_refused() {
    let long = format!("true{}", " && true".repeat(300));
    for (source, expected) in [
        (long.as_str(), ConditionError::TooLong),
        ("arg.amount < 1", ConditionError::UnknownVariable("arg".into())),
        ("args.items.map(i, i * 2).size() > 1", ConditionError::MapMacro),
        ("args.a.all(x, args.b.all(y, x == y))", ConditionError::NestedMacro),
        ("args.a.filter(x, x > 1).all(y, y > 2)", ConditionError::NestedMacro),
        ("subject.name.matches(args.pattern)", ConditionError::Pattern),
        ("subject.name.matches('(?=x)')", ConditionError::Pattern),
        ("ip_in(context.ip)", ConditionError::Network("it takes an address and a network".into())),
        ("ip_in(context.ip, args.net)", ConditionError::Network("the network is not written out".into())),
        (
            "ip_in(context.ip, '10.0.0.1/8')",
            ConditionError::Network(
                "the address holds bits after the prefix; the range is `10.0.0.0/8`".into(),
            ),
        ),
        ("now.getHours('Europe/Berlim') > 7", ConditionError::Zone("Europe/Berlim".into())),
        ("launch(args.x)", ConditionError::UnknownFunction("launch".into())),
        ("_launch(args.x)", ConditionError::UnknownFunction("_launch".into())),
        ("args.a.all(x, x > 1) && x > 1", ConditionError::UnknownVariable("x".into())),
        ("args.a.all(x, y > 1)", ConditionError::UnknownVariable("y".into())),
        ("x.all(x, x > 1)", ConditionError::UnknownVariable("x".into())),
        ("args.a.all(args, args.b > 1)", ConditionError::TakenName("args".into())),
    ] {
        assert_eq!(refused(source), expected, "{source}");
    }
    assert!(matches!(refused("args.amount <"), ConditionError::Parse(_)));
    assert!(matches!(refused(""), ConditionError::Parse(_)));
}

#[test]
fn hostile_sources_end_on_a_small_stack() {
    let sources = vec![
        "(".repeat(2_000),
        format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000)),
        format!("{}true", "!".repeat(2_000)),
        format!("{}1", "-".repeat(2_000)),
        format!("{}1", "- ".repeat(1_000)),
        format!("1{}", "+1".repeat(1_000)),
        format!("true{}", "||true".repeat(330)),
        format!("a{}", ".a".repeat(1_000)),
        format!("a{}", "[0]".repeat(600)),
        "[".repeat(2_000),
        "{".repeat(2_000),
        "a?".repeat(1_000),
        "true?true:".repeat(200),
        format!("{}{}", "a.all(x,".repeat(200), "true"),
        "'".repeat(2_000),
        "\"\\".repeat(1_000),
        "\u{0}".repeat(2_000),
        "1e999999999".to_owned(),
    ];
    let run = move || {
        for source in sources {
            let _ = Condition::compile(&source);
        }
    };
    // As large as the stacks of the runtime's threads.
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no overflow");
}
