//! Tables of parameters: what is refused, and what the accepted ones mean.

use super::*;
use serde_json::json;

fn refused(source: &Value, effect: Effect) -> ParameterError {
    match ParameterScope::compile(source, effect) {
        Ok(_) => panic!("accepted: {source}"),
        Err(error) => error,
    }
}

#[test]
fn parameters_that_would_mean_less_than_they_say_are_refused_with_their_path() {
    for (source, path, words) in [
        (json!({"amount": {"maximum": 1}}), "/amount", "`properties`"),
        (
            json!({"properties": {"amount": {"type": "number", "maxmum": 1}}, "required": ["amount"]}),
            "/properties/amount/maxmum",
            "did you mean `maximum`",
        ),
        (
            json!({"properties": {"amount": {"maximum": 1}}, "required": ["amount"]}),
            "/properties/amount/maximum",
            "type: number",
        ),
        (
            json!({"properties": {"amount": {"type": ["number", "string"], "maximum": 1}}, "required": ["amount"]}),
            "/properties/amount/maximum",
            "bounds nothing",
        ),
        (
            json!({"properties": {"name": {"pattern": "^a"}}, "required": ["name"]}),
            "/properties/name/pattern",
            "type: string",
        ),
        (
            json!({"properties": {"list": {"items": {"type": "string"}}}, "required": ["list"]}),
            "/properties/list/items",
            "type: array",
        ),
        (
            json!({"properties": {"to": {"properties": {"iban": {"type": "string"}}}}, "required": ["to"]}),
            "/properties/to/properties",
            "type: object",
        ),
        (
            json!({"properties": {"amount": {"type": "number", "maximum": 1}}}),
            "/properties/amount",
            "may be left out",
        ),
        (
            json!({"properties": {"amount": {"type": "number", "maximum": "1"}}, "required": ["amount"]}),
            "/properties/amount/maximum",
            "must be a number",
        ),
        (
            json!({"properties": {"name": {"type": "string", "pattern": "(?=a)b"}}, "required": ["name"]}),
            "/properties/name/pattern",
            "linear time",
        ),
        (
            json!({"properties": {"name": {"type": "string", "format": "color"}}, "required": ["name"]}),
            "/properties/name/format",
            "formats that are checked",
        ),
        (
            json!({"properties": {"name": {"enum": []}}, "required": ["name"]}),
            "/properties/name/enum",
            "at least one",
        ),
        (
            json!({"properties": {"name": {"type": "text"}}, "required": ["name"]}),
            "/properties/name/type",
            "one or several of",
        ),
        (json!({"properties": {"name": true}, "required": ["name"]}), "/properties/name", "schema object"),
        (json!({"if": {}, "then": {}}), "/if", "not a keyword"),
        (json!({"patternProperties": {}}), "/patternProperties", "not a keyword"),
        (json!({}), "", "say nothing"),
        (json!(true), "", "must be an object"),
        (
            json!({"$ref": "#/properties/a", "properties": {"a": {}}, "x-optional": ["a"]}),
            "/$ref",
            "#/$defs/name",
        ),
        (json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}), "", "back to itself"),
        (json!({"$ref": "https://evil.example"}), "", "leaves the schema"),
    ] {
        let error = refused(&source, Effect::Allow);
        assert_eq!(error.path, path, "{source}: {error}");
        assert!(error.problem.contains(words), "{source}: {error}");
    }
}

#[test]
fn double_negation_is_refused_where_a_rule_restricts() {
    let source = json!({"not": {"properties": {"amount": {"not": {"type": "number", "minimum": 1000}}}}});
    assert_eq!(refused(&source, Effect::Deny).path, "/not/properties/amount/not");
    let hidden = json!({"not": {"$ref": "#/$defs/s"}, "$defs": {"s": {"type": "object", "not": {"type": "object",
        "properties": {"amount": {"type": "number", "minimum": 1000}}, "required": ["amount"]}}}});
    assert_eq!(refused(&hidden, Effect::Deny).path, "/not/$ref/not");
}

#[test]
fn nothing_that_is_added_makes_a_restricting_rule_stop_biting() {
    for source in [
        json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        json!({"properties": {"a": {"const": 1}}, "required": ["a"], "additionalProperties": false}),
        json!({"maxProperties": 2}),
        json!({"properties": {"a": {"type": "array", "maxItems": 2}}}),
    ] {
        refused(&source, Effect::RequireApproval);
        refused(&source, Effect::Deny);
    }
}

#[test]
fn an_allow_rule_is_not_widened_by_not() {
    for source in [
        json!({"not": {"properties": {"amount": {"type": "number", "minimum": 101}}, "required": ["amount"]}}),
        json!({"properties": {"currency": {"not": {"const": "USD"}}}, "required": ["currency"]}),
        json!({"properties": {"to": {"type": "object", "not": {"type": "object", "required": ["iban"]}}}, "required": ["to"]}),
    ] {
        refused(&source, Effect::Allow);
    }
    let fine = json!({"properties": {"currency": {"type": "string", "not": {"enum": ["USD"]}}}, "required": ["currency"]});
    let scope = ParameterScope::compile(&fine, Effect::Allow).expect("accepted");
    for (currency, expected) in
        [(json!("EUR"), Truth::True), (json!("USD"), Truth::False), (json!(1), Truth::False)]
    {
        assert_eq!(scope.truth(&json!({"currency": currency}), Effect::Allow), expected);
    }
}

#[test]
fn parameters_that_assert_nothing_are_refused() {
    for source in [
        json!({"title": "small"}),
        json!({"type": "object"}),
        json!({"properties": {}}),
        json!({"properties": {"amount": {}}}),
        json!({"required": []}),
        json!({"$defs": {"a": {"const": 1}}}),
    ] {
        refused(&source, Effect::Allow);
    }
}

#[test]
fn what_accepted_parameters_mean() {
    let bounded = json!({"properties": {"amount": {"type": "number", "maximum": 100}, "currency": {"enum": ["EUR", "USD"]}}, "required": ["amount", "currency"]});
    let optional =
        json!({"properties": {"note": {"type": "string", "maxLength": 3}}, "x-optional": ["note"]});
    let exact = json!({"properties": {"a": {}}, "additionalProperties": false});
    use Truth::{False, True, Unknown};
    for (source, effect, arguments, expected) in [
        (&bounded, Effect::Allow, json!({"amount": 100, "currency": "EUR"}), True),
        (&bounded, Effect::Allow, json!({"amount": 100.01, "currency": "EUR"}), False),
        (&bounded, Effect::Allow, json!({"amount": "1", "currency": "EUR"}), False),
        (&bounded, Effect::Allow, json!({"currency": "EUR"}), False),
        (&bounded, Effect::Deny, json!({"amount": 100.01, "currency": "EUR"}), False),
        (&bounded, Effect::Deny, json!({"amount": "1", "currency": "EUR"}), Unknown),
        (&bounded, Effect::Deny, json!({"amount": 1, "currency": 1}), Unknown),
        (&bounded, Effect::Deny, json!({"currency": "EUR"}), False),
        (&optional, Effect::Allow, json!({}), True),
        (&optional, Effect::Allow, json!({"note": "long"}), False),
        (&exact, Effect::Allow, json!({"a": 1}), True),
        (&exact, Effect::Allow, json!({"a": 1, "b": 2}), False),
    ] {
        let scope = ParameterScope::compile(source, effect).expect("accepted");
        assert_eq!(scope.truth(&arguments, effect), expected, "{effect} {source} on {arguments}");
    }
}

#[test]
fn a_restricting_rule_is_not_walked_around_with_another_type() {
    let integer =
        json!({"properties": {"amount": {"type": "integer", "minimum": 1000}}, "required": ["amount"]});
    let contains = json!({"properties": {"to": {"type": "array", "contains": {"type": "string", "pattern": "@evil"}}}, "required": ["to"]});
    let either =
        json!({"anyOf": [{"properties": {"a": {"type": "number", "minimum": 5}}, "required": ["a"]}]});
    for (source, arguments, expected) in [
        (&integer, json!({"amount": 1500.5}), Truth::Unknown),
        (&integer, json!({"amount": "1500"}), Truth::Unknown),
        (&integer, json!({"amount": [1500]}), Truth::Unknown),
        (&integer, json!({"amount": 10}), Truth::False),
        (&contains, json!({"to": ["a@good"]}), Truth::False),
        (&contains, json!({"to": ["a@evil"]}), Truth::True),
        (&contains, json!({"to": [{"address": "a@evil"}]}), Truth::Unknown),
        (&contains, json!({"to": "a@evil"}), Truth::Unknown),
        (&either, json!({"a": 1}), Truth::False),
        (&either, json!({"a": "9"}), Truth::Unknown),
    ] {
        let scope = ParameterScope::compile(source, Effect::Deny).expect("accepted");
        assert_eq!(scope.truth(&arguments, Effect::Deny), expected, "{source} on {arguments}");
    }
}

#[test]
fn misses_name_path_keyword_bound_and_value() {
    let source = json!({"properties": {"amount": {"type": "number", "maximum": 100}, "iban": {"const": "x"}}, "required": ["amount", "iban"], "additionalProperties": false});
    let scope = ParameterScope::compile(&source, Effect::Allow).expect("accepted");
    let misses = scope.misses(&json!({"amount": 700, "iban": "secret", "more/x": 1}), |path| path == "/iban");
    let shown: Vec<_> = misses
        .iter()
        .map(|m| (m.path.as_str(), m.keyword.as_str(), m.bound.clone(), m.value.clone()))
        .collect();
    assert!(shown.contains(&("/amount", "maximum", json!(100), Some(json!(700)))), "{shown:?}");
    assert!(shown.contains(&("/iban", "const", json!("x"), None)), "{shown:?}");
    assert!(shown.contains(&("/more~1x", "additionalProperties", json!(false), None)), "{shown:?}");
    let misses = scope.misses(&json!({"iban": "x"}), |_| false);
    assert_eq!((misses[0].path.as_str(), misses[0].keyword.as_str()), ("/amount", "required"));
}
