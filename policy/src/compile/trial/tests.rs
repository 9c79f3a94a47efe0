//! Tables of conditions, each tried on one tool with an argument of every kind.

use super::*;
use crate::ids::TenantSlug;
use crate::labels::{Risk, Sensitivity};
use serde_json::{Value, json};

fn tool(schema: Option<Value>) -> CatalogTool {
    CatalogTool {
        server: "crm".into(),
        name: "refund".into(),
        tenants: vec![TenantSlug::from("acme")],
        risk: Risk::High,
        sensitivity: Sensitivity::Internal,
        input_schema: schema,
    }
}

fn tried(when: &str) -> Trial {
    let schema = json!({"type": "object", "properties": {
        "whole": {"type": "integer"},
        "number": {"type": "number"},
        "text": {"type": "string"},
        "maybe": {"type": ["string", "null"]},
        "perhaps": {"type": ["boolean", "null"]},
        "flag": {"type": "boolean"},
        "any": {},
        "items": {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "integer"}}}},
        "list": {"type": "array"},
        "to": {"type": "object", "properties": {"iban": {"type": "string"}}},
    }});
    let condition = Condition::compile(when).unwrap_or_else(|error| panic!("{when}: {error}"));
    on_tools(&condition, &[&tool(Some(schema))], Timestamp::default())
}

#[test]
fn conditions_that_can_never_come_out_true() {
    for (when, words) in [
        ("args.whole * 1.2 > 5.0", "`*` does not go with a whole number and a number with a fraction"),
        ("args.whole * 1.2 > 5.0", "write `double(…)`"),
        ("args.whole * 1.2 > 5.0", "`args.whole`"),
        ("5.0 < args.whole + 0.5", "`+` does not go"),
        ("args.whole", "is a whole number, neither true nor false"),
        ("args.number", "neither true nor false"),
        ("args.text", "is text"),
        ("args.maybe", "neither true nor false"),
        ("subject.id", "is text"),
        ("args.text > 5", "`>` does not go with text and a whole number"),
        ("args.text + 1 == 'a'", "`+`"),
        ("!args.text", "is text"),
        ("-args.text == 'a'", "`-`"),
        ("args.whole.startsWith('a')", "`startsWith`"),
        ("args.whole.matches('^a')", "`matches`"),
        ("size(args.whole) > 1", "`size`"),
        ("'a' in args.text", "`in`"),
        ("args.whole.more == 1", "a member is read of a whole number"),
        ("args.to.iban.bank == 'x'", "a member is read of text"),
        ("args.text[0] == 'a'", "is looked up by a whole number"),
        ("args.items[0].price * 1.2 > 5.0", "`*`"),
        ("now > 5", "`>` does not go with a moment and a whole number"),
        ("args.flag && args.whole * 1.2 > 5.0", "`*`"),
        ("args.whole * 1.2 > 5.0 && task == null", "`*`"),
        ("args.whole * 1.2 > 5.0 || args.text > 5", "`*`"),
        ("!(args.flag || args.text > 5)", "`>`"),
        ("args.flag ? args.text > 5 : args.whole", "`>`"),
        ("args.text > 5 ? true : true", "`>`"),
    ] {
        match tried(when) {
            Trial::Never(why) => assert!(why.contains(words), "{when}: {why}"),
            other => panic!("{when}: {other:?}"),
        }
    }
}

#[test]
fn conditions_that_fail_with_some_arguments() {
    for when in [
        "args.number * 1.2 > 5.0",
        "args.number + 1 > 5",
        "size(args.maybe) > 1",
        "args.perhaps",
        "args.flag || args.whole * 1.2 > 5.0",
        "args.flag ? true : args.whole * 1.2 > 5.0",
        "(args.flag ? args.whole : 1) * 1.2 > 5.0",
        "args.items.all(i, i.price * 1.2 > 5.0)",
        "args.items.filter(i, i.price > 1).size() * 1.2 > 5.0",
    ] {
        assert!(matches!(tried(when), Trial::Sometimes(_)), "{when}: {:?}", tried(when));
    }
}

#[test]
fn what_is_not_to_be_blamed_on_the_condition() {
    for when in [
        "args.whole > 5",
        "args.whole > 5.5",
        "double(args.whole) * 1.2 > 5.0",
        "double(args.number) * 1.2 > 5.0",
        "args.text == 5",
        "has(args.nothing) && args.nothing > 5",
        "args.nothing * 1.2 > 5.0",
        "args.any * 1.2 > 5.0",
        "args.any",
        "args.list[0] * 1.2 > 5.0",
        "args.list.all(x, x * 1.2 > 5.0)",
        "args.items.all(i, i.weight * 1.2 > 5.0)",
        "args.items.all(i, double(i.price) * 1.2 > 5.0)",
        "args.to.city.size() > 1",
        "args[args.text] * 1.2 > 5.0",
        "args.all(name, name != 'x')",
        "args.all(name, args[name] > 5)",
        "args.maybe != null && size(args.maybe) > 1",
        "args.maybe == null || size(args.maybe) > 1",
        "args.maybe == null ? true : args.maybe.size() > 1",
        "args.text == 'double' ? args.whole * 1.2 > 5.0 : true",
        "size(args) < 5",
        "subject.level > 5",
        "subject.level * 1.2 > args.number",
        "resource.region == 'eu' && action.soft",
        "task.purpose == 'x'",
        "task != null && task.budget * 1.2 > 5.0",
        "token.scope.contains('x')",
        "actor.id == 'x' || context.ip.startsWith('10.')",
        "bound['/id'].region == 'eu'",
        "timestamp(args.text) > now",
        "int(args.text) > 5",
        "10 / (args.whole - 1) > 5",
        "args.whole + 9223372036854775807 > 5",
        "duration(args.text) < duration('1h')",
        "type(args.number) == int ? args.number + 1 > 5 : args.number > 5.0",
        "now.getHours() < 18 && tenant.slug == 'acme' && 'a' in subject.roles",
        "true",
        "false",
    ] {
        assert_eq!(tried(when), Trial::Fine, "{when}");
    }
}

#[test]
fn several_tools_and_tools_that_say_nothing() {
    let whole = tool(Some(json!({"properties": {"amount": {"type": "integer"}}})));
    let double = tool(Some(json!({"properties": {"amount": {"const": 0.5}}})));
    let silent = tool(None);
    let endless = tool(Some(json!({"$ref": "#", "properties": {"amount": {"type": "integer"}}})));
    let condition = Condition::compile("args.amount * 1.2 > 5.0").expect("compiles");
    let on = |tools: &[&CatalogTool]| on_tools(&condition, tools, Timestamp::default());
    assert!(matches!(on(&[&whole]), Trial::Never(_)));
    assert!(matches!(on(&[&whole, &whole]), Trial::Never(why) if why.contains("crm/refund")));
    assert!(matches!(on(&[&whole, &double]), Trial::Sometimes(_)));
    assert!(matches!(on(&[&whole, &silent]), Trial::Sometimes(_)));
    assert!(matches!(on(&[&whole; 9]), Trial::Sometimes(_)), "not all of them are tried");
    for tools in [&[&double][..], &[&silent], &[&endless], &[]] {
        assert_eq!(on(tools), Trial::Fine);
    }
    let condition = Condition::compile("subject.id > 5").expect("compiles");
    assert!(matches!(on_tools(&condition, &[&silent], Timestamp::default()), Trial::Never(_)));
}
