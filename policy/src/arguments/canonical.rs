//! The canonical text of a JSON value: RFC 8785 (JCS), except that integers beyond 2^53-1 keep their digits,
//! because RFC 8785 writes different ones with the same bytes.

use serde_json::{Number, Value};
use std::fmt::Write;

/// Members sorted by UTF-16 code units (RFC 8785, section 3.2.3), no white space; `1`, `1.0` and `1e0` are
/// the same text.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(out, key);
                out.push(':');
                write_value(out, item);
            }
            out.push('}');
        }
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

fn write_number(out: &mut String, number: &Number) {
    if number.is_i64() || number.is_u64() {
        out.push_str(&number.to_string());
        return;
    }
    let Some(double) = number.as_f64() else {
        out.push_str(&number.to_string());
        return;
    };
    // ECMAScript's `Number::toString` (ECMA-262, section 6.1.6.1.20), which RFC 8785 prescribes; what is in a `Number` is
    // finite. std writes other digits where two shortest texts are equally near.
    out.push_str(ryu_js::Buffer::new().format_finite(double));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::parse_exact;
    use proptest::prelude::*;

    fn canon(text: &str) -> String {
        canonical(&parse_exact(text.as_bytes()).expect("parses"))
    }

    #[test]
    fn the_examples_of_rfc_8785() {
        // Section 3.2.2 and 3.2.3, and appendix B.
        assert_eq!(
            canon(r#"{"numbers":[333333333.3333333,1E30,4.50,2e-3,1e-27],"literals":[null,true,false]}"#),
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}"#
        );
        assert_eq!(
            canon(
                "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}"
            ),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
        );
        for (given, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("0.000001", "0.000001"),
            ("1e-7", "1e-7"),
            ("-1.5", "-1.5"),
            // Two shortest texts are equally near: the even one.
            ("252829248226786.62", "252829248226786.62"),
            ("252829248226786.63", "252829248226786.62"),
        ] {
            assert_eq!(canon(given), expected, "{given}");
        }
    }

    #[test]
    fn equal_numbers_are_one_text_and_big_integers_stay_apart() {
        assert_eq!(canon("[1,1.0,1e0,10e-1]"), "[1,1,1,1]");
        assert_ne!(canon("9007199254740993"), canon("9007199254740992"));
    }

    proptest! {
        #[test]
        fn canonical_text_is_its_own_canonical_text(number in any::<f64>().prop_filter("finite", |f| f.is_finite())) {
            let text = canonical(&Value::from(number));
            let again = parse_exact(text.as_bytes()).expect("reads back");
            prop_assert_eq!(canonical(&again), text);
            prop_assert_eq!(again.as_f64(), Some(if number == 0.0 { 0.0 } else { number }));
        }
    }
}
