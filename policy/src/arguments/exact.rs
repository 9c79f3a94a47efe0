//! The one strict reader of JSON that comes from outside.
//!
//! serde_json reads the structure; on top of it we refuse what two readers could understand differently
//! (RFC 8259, section 4: duplicate names; section 6: numbers beyond a double) and what databases cannot keep
//! (U+0000). Lone surrogates serde_json refuses itself.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// How deep arrays and objects may nest.
pub const MAX_DEPTH: usize = 64;

/// Why a text is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("not valid JSON: {0}")]
    Syntax(String),
    #[error("the number `{0}` cannot be kept exactly (neither a 64-bit integer nor a double gives it back)")]
    Number(String),
}

/// Reads one JSON text.
///
/// # Errors
/// Malformed text, duplicate keys, more than [`MAX_DEPTH`] levels, U+0000 in any string or name, lone
/// surrogates, and numbers that neither a 64-bit integer nor a double gives back.
pub fn parse_exact(bytes: &[u8]) -> Result<Value, JsonError> {
    let syntax = |error: serde_json::Error| JsonError::Syntax(error.to_string());
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }.deserialize(&mut reader).map_err(syntax)?;
    reader.end().map_err(syntax)?;
    // The text is well-formed from here on, so numbers are easy to find in it.
    for token in number_tokens(bytes) {
        if !is_exact(token) {
            return Err(JsonError::Number(token.chars().take(60).collect()));
        }
    }
    Ok(value)
}

struct Strict {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn text<E: de::Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("U+0000 is not allowed in strings")) } else { Ok(()) }
}

impl Strict {
    fn deeper<E: de::Error>(&self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        text(value)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            text(&key)?;
            if map.contains_key(&key) {
                let shown: String = key.chars().take(60).collect();
                return Err(de::Error::custom(format_args!("duplicate key `{shown}`")));
            }
            let value = entries.next_value_seed(self.deeper()?)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// The number tokens of a well-formed JSON text.
fn number_tokens(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            match *rest.first()? {
                b'"' => rest = after_string(rest),
                b'-' | b'0'..=b'9' => {
                    let end = rest
                        .iter()
                        .position(|b| !matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
                        .unwrap_or(rest.len());
                    let (token, after) = rest.split_at(end);
                    rest = after;
                    return std::str::from_utf8(token).ok();
                }
                _ => rest = rest.get(1..)?,
            }
        }
    })
}

fn after_string(quoted: &[u8]) -> &[u8] {
    let mut escaped = false;
    for (index, byte) in quoted.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return quoted.get(index + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    &[]
}

fn is_exact(token: &str) -> bool {
    if token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok() {
        return true;
    }
    let Ok(double) = token.parse::<f64>() else { return false };
    let given = normal_form(token);
    // Where two shortest texts are equally near, ECMAScript, Python and serde_json write the even one, and Rust the larger.
    double.is_finite()
        && (given == normal_form(ryu_js::Buffer::new().format_finite(double))
            || given == normal_form(&format!("{double:e}")))
}

/// Sign, significant digits without zeros at either end, and the power of ten of the last of them.
fn normal_form(token: &str) -> Option<(bool, String, i64)> {
    let (negative, unsigned) = match token.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_end_matches('0');
    let dropped = i64::try_from(digits.len() - trimmed.len()).ok()?;
    let places = i64::try_from(fraction.len()).ok()?;
    let significant = trimmed.trim_start_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    Some((negative, significant.to_owned(), exponent.checked_sub(places)?.checked_add(dropped)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_that_survive_and_numbers_that_do_not() {
        for good in [
            "0",
            "-0",
            "1",
            "1.0",
            "1e0",
            "1.10",
            "0.1",
            "100",
            "1e2",
            "9007199254740993",
            "18446744073709551615",
            "-9223372036854775808",
            "1e20",
            "100000000000000000000",
            "5e-324",
            "1.7976931348623157e308",
            "0.0e9",
            "252829248226786.62",
            "252829248226786.63",
        ] {
            assert!(parse_exact(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            "1e400",
            "-1e400",
            "100.00000000000000001",
            "18446744073709551617",
            "-9223372036854775809",
            "1e-400",
            "3.141592653589793238",
            "0.1000000000000000055511151231257827",
        ] {
            assert!(parse_exact(bad.as_bytes()).is_err(), "{bad}");
            assert!(parse_exact(format!("{{\"a\\\"1\":[{bad}]}}").as_bytes()).is_err(), "{bad} inside");
        }
    }

    #[test]
    fn a_table_of_hostile_texts() {
        let deep_ok = format!("{}1{}", "[".repeat(64), "]".repeat(64));
        assert!(parse_exact(deep_ok.as_bytes()).is_ok());
        let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
        let very_deep = "[".repeat(1_000_000);
        for bad in [
            "",
            " ",
            "{",
            "nul",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "[{\"x\":1,\"\\u0078\":2}]",
            "\"\\u0000\"",
            "{\"\\u0000\":1}",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "{\"a\":1}x",
            "[1,]",
            "{\"a\":NaN}",
            "01",
            "+1",
            ".5",
            "1.",
            "'a'",
            "{\"a\":1,}",
            "\u{feff}{}",
            &deep,
            &very_deep,
        ] {
            assert!(parse_exact(bad.as_bytes()).is_err(), "{}", &bad[..bad.len().min(60)]);
        }
        assert!(parse_exact(b"\"\xff\"").is_err());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
            "[^\\x00]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[^\\x00]{0,6}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_serde_json_writes_is_read_back(value in json()) {
            let text = serde_json::to_string(&value).expect("writes");
            prop_assert_eq!(parse_exact(text.as_bytes()), Ok(value));
        }

        #[test]
        fn no_text_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_exact(&bytes);
        }

        #[test]
        fn a_duplicate_key_is_always_refused(key in "[a-z]{1,4}", a in json(), b in json()) {
            let text = format!("{{\"{key}\":{a},\"{key}\":{b}}}");
            prop_assert!(parse_exact(text.as_bytes()).is_err());
        }
    }
}
