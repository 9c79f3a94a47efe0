//! Whatever people and servers write comes back exactly as it was.

use crate::bundle::random::{any_text, json};
use pdp::bundle::Bundle;
use proptest::prelude::*;
use serde_json::{Map, Value};

fn object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(any_text(), json(), 0..5).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn a_text_an_attribute_and_a_schema(text in any_text(), attributes in object(), definition in object()) {
        let minimal = "subjects: [{id: x}]\nservers: [{slug: m, tools: [{name: t}]}]";
        let mut bundle = Bundle::parse(minimal).expect("reads");
        let subject = &mut bundle.subjects.as_mut().expect("given")[0];
        subject.name = Some(text.clone());
        subject.attributes = Some(attributes);
        let tool = &mut bundle.servers.as_mut().expect("given")[0].tools.as_mut().expect("given")[0];
        tool.description = Some(text.clone());
        tool.redact = Some(vec![text.clone(), text]);
        tool.input_schema = Some(Value::Object(definition.clone()));
        tool.definition = Some(definition);
        let yaml = bundle.to_yaml("VERSION").expect("writes");
        prop_assert_eq!(Bundle::parse(&yaml).expect("reads back"), bundle, "{}", yaml);
    }
}

/// As deep as what comes from outside may nest, by the command line's own stack.
#[test]
fn a_deep_attribute() {
    let deep = std::thread::Builder::new().stack_size(64 * 1024 * 1024).spawn(|| {
        let nested =
            (0..policy::arguments::MAX_DEPTH - 1).fold(Value::from(1), |inner, _| Value::from(vec![inner]));
        let mut bundle = Bundle::parse("subjects: [{id: x}]").expect("reads");
        let subject = &mut bundle.subjects.as_mut().expect("given")[0];
        subject.attributes = Some([("deep".to_owned(), nested)].into_iter().collect());
        let yaml = bundle.to_yaml("VERSION").expect("writes");
        assert_eq!(Bundle::parse(&yaml).expect("reads back"), bundle);
    });
    deep.expect("a thread").join().expect("holds");
}

#[test]
fn numbers_are_kept_to_the_last_digit() {
    let numbers =
        "[9007199254740993, 18446744073709551615, -9223372036854775808, 1.0, 1, 1e300, 5.0e-324, 0.1]";
    let text = format!("subjects: [{{id: x, attributes: {{numbers: {numbers}}}}}]");
    let bundle = Bundle::parse(&text).expect("reads");
    let yaml = bundle.to_yaml("VERSION").expect("writes");
    let back = Bundle::parse(&yaml).expect("reads back");
    let attributes = back.subjects.expect("given").remove(0).attributes.expect("given");
    let shown = "[9007199254740993,18446744073709551615,-9223372036854775808,1.0,1,1e+300,5e-324,0.1]";
    assert_eq!(attributes["numbers"].to_string().replace("1e300", "1e+300"), shown);
}
