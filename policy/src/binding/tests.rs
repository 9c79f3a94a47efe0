//! Tables of pointers and arguments, the hostile ones among them.

use super::*;
use serde_json::json;

fn binding(value: Value) -> Binding {
    serde_json::from_value(value).expect("a binding")
}

fn bound(pointers: &[&str], optional: bool) -> Vec<CompiledBinding> {
    let bindings: Vec<Binding> = pointers
        .iter()
        .map(|pointer| binding(json!({"pointer": pointer, "type": "customer", "optional": optional})))
        .collect();
    compile(&bindings).expect("compiles")
}

fn ids(bindings: &[CompiledBinding], arguments: &Value) -> Result<Vec<(String, String)>, NamingProblem> {
    named(bindings, arguments)
        .map(|found| found.into_iter().map(|named| (named.at, named.id.to_owned())).collect())
}

#[test]
fn what_arguments_name() {
    for (pointer, arguments, expected) in [
        ("/id", json!({"id": "c-1"}), vec![("/id", "c-1")]),
        ("/ids/*", json!({"ids": ["a", "b", "a"]}), vec![("/ids/0", "a"), ("/ids/1", "b"), ("/ids/2", "a")]),
        ("/ids/1", json!({"ids": ["a", "b"]}), vec![("/ids/1", "b")]),
        ("/a~1b/~0", json!({"a/b": {"~": "x"}}), vec![("/a~1b/~0", "x")]),
        (
            "/orders/*/by/*",
            json!({"orders": [{"by": ["a"]}, {"by": ["b", "c"]}]}),
            vec![("/orders/0/by/0", "a"), ("/orders/1/by/0", "b"), ("/orders/1/by/1", "c")],
        ),
        ("/0", json!({"0": "a"}), vec![("/0", "a")]),
        ("/", json!({"": "a"}), vec![("/", "a")]),
        ("/id", json!({"id": ""}), vec![("/id", "")]),
    ] {
        let expected: Vec<(String, String)> =
            expected.into_iter().map(|(at, id)| (at.to_owned(), id.to_owned())).collect();
        assert_eq!(ids(&bound(&[pointer], false), &arguments), Ok(expected), "{pointer} {arguments}");
    }
}

#[test]
fn what_is_absent_and_what_is_of_another_shape() {
    // (pointer, arguments, absent)
    for (pointer, arguments, absent) in [
        ("/id", json!({}), true),
        ("/id", json!({"id": null}), true),
        ("/ids/*", json!({"ids": []}), true),
        ("/ids/*", json!({"ids": [null]}), true),
        ("/ids/7", json!({"ids": ["a"]}), true),
        ("/customer/id", json!({"customer": {}}), true),
        ("/customer/id", json!({"customer": null}), true),
        ("/id", json!({"id": 7}), false),
        ("/id", json!({"id": ["a"]}), false),
        ("/id", json!({"id": {"id": "a"}}), false),
        ("/ids/*", json!({"ids": "a"}), false),
        ("/ids/*", json!({"ids": {"0": "a"}}), false),
        ("/ids/*", json!({"ids": ["a", 7]}), false),
        ("/ids/00", json!({"ids": ["a"]}), false),
        ("/ids/-", json!({"ids": ["a"]}), false),
        ("/ids/+0", json!({"ids": ["a"]}), false),
        ("/customer/id", json!({"customer": "c-1"}), false),
        ("/customer/id", json!({"customer": [{"id": "c-1"}]}), false),
    ] {
        let needed = ids(&bound(&[pointer], false), &arguments);
        let optional = ids(&bound(&[pointer], true), &arguments);
        if absent {
            assert!(matches!(needed, Err(NamingProblem::Missing(_))), "{pointer} {arguments}: {needed:?}");
            assert_eq!(optional, Ok(Vec::new()), "{pointer} {arguments}");
        } else {
            assert!(matches!(needed, Err(NamingProblem::NoText(_))), "{pointer} {arguments}: {needed:?}");
            assert_eq!(optional, needed, "{pointer} {arguments}: another shape is never absent");
        }
    }
}

#[test]
fn a_call_names_at_most_so_many() {
    let list = |count: usize| json!({"ids": vec!["a"; count], "others": vec!["b"; count]});
    let both = bound(&["/ids/*", "/others/*"], false);
    assert_eq!(named(&both, &list(MAX_NAMED / 2)).map(|found| found.len()), Ok(MAX_NAMED));
    assert_eq!(named(&both, &list(MAX_NAMED / 2 + 1)), Err(NamingProblem::TooMany));
}

#[test]
fn what_is_no_binding() {
    let long = format!("/{}", "x".repeat(300));
    for pointer in ["", "id", "/a~", "/a~2", "/*", "/*/id", "/a\u{0}", "/a\nb", long.as_str()] {
        let binding = binding(json!({"pointer": pointer, "type": "customer"}));
        assert!(CompiledBinding::compile(binding).is_err(), "{pointer:?}");
    }
    for kind in ["", "Customer", "1st", "a b", "a/b", "a:b", "ü", "tool", "task", "new", &"x".repeat(64)] {
        let binding = binding(json!({"pointer": "/id", "type": kind}));
        assert!(CompiledBinding::compile(binding).is_err(), "{kind}");
    }
    for more in [json!({"optinal": true}), json!({"unknown": "maybe"}), json!({"optional": 1})] {
        let mut value = json!({"pointer": "/id", "type": "customer"});
        value.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        assert!(serde_json::from_value::<Binding>(value).is_err(), "{more}");
    }
    let twice =
        [binding(json!({"pointer": "/a", "type": "x"})), binding(json!({"pointer": "/a", "type": "y"}))];
    assert_eq!(compile(&twice), Err(BindingError::Twice("/a".to_owned())));
    let many: Vec<Binding> =
        (0..=MAX_BINDINGS).map(|n| binding(json!({"pointer": format!("/a{n}"), "type": "x"}))).collect();
    assert_eq!(compile(&many), Err(BindingError::TooMany));
}

#[test]
fn ids_that_can_be_registered() {
    for good in ["c-42", "a/b", "ü", "urn:x:1", &"x".repeat(MAX_ID)] {
        assert_eq!(check_resource_id(good), Ok(()), "{good}");
    }
    for bad in ["", "a\0", "a\nb", "\u{7f}", &"x".repeat(MAX_ID + 1)] {
        assert!(check_resource_id(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_binding_says_only_what_is_unusual() {
    let plain = binding(json!({"pointer": "/id", "type": "customer"}));
    assert_eq!((plain.optional, plain.unknown), (false, OnUnknown::Deny));
    assert_eq!(serde_json::to_value(&plain).expect("writes"), json!({"pointer": "/id", "type": "customer"}));
    let all = json!({"pointer": "/id", "type": "customer", "optional": true, "unknown": "allow"});
    assert_eq!(serde_json::to_value(binding(all.clone())).expect("writes"), all);
}
