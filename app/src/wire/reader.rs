//! Reads what our own server wrote, in as little wasm as will do.
//!
//! The text is parsed once into a [`Value`], by code that all types share. From there each type is read by member
//! names alone: no positions, no structs as lists, and an error that says nothing. For anything that is shown to a
//! person as wrong input, `serde_json` itself is the right reader; here the other end is the same build.

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Number, Value, map};
use std::fmt::{self, Display};
use std::vec;

/// The text is not what was expected. Without a reason: building one is what made readers large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's answer could not be read")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }
}

/// Reads one JSON text.
///
/// # Errors
/// When it is not JSON, or not of this type.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    T::deserialize(Reader(serde_json::from_str(text).map_err(|_| Unreadable)?))
}

struct Reader(Value);

fn number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Unreadable> {
    if let Some(value) = number.as_u64() {
        visitor.visit_u64(value)
    } else if let Some(value) = number.as_i64() {
        visitor.visit_i64(value)
    } else {
        visitor.visit_f64(number.as_f64().ok_or(Unreadable)?)
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            match &self.0 {
                Value::Number(value) => number(value, visitor),
                _ => Err(Unreadable),
            }
        })+
    };
}

macro_rules! like {
    ($($method:ident($($argument:ident: $type:ty),*) = $other:ident;)+) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Unreadable> {
            $(let _ = $argument;)*
            self.$other(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Unreadable;

    /// For what shows its kind only when it is there: tagged choices, and JSON as such.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(value) => number(&value, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            Value::Object(members) => visitor.visit_map(Members::new(members)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_bool(self.0.as_bool().ok_or(Unreadable)?)
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(Self(value)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.0.as_null().ok_or(Unreadable)?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Object(members) => visitor.visit_map(Members::new(members)),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_enum(match self.0 {
            Value::String(name) => Choice { name, content: Value::Null },
            Value::Object(members) => {
                let mut members = members.into_iter();
                match (members.next(), members.next()) {
                    (Some((name, content)), None) => Choice { name, content },
                    _ => return Err(Unreadable),
                }
            }
            _ => return Err(Unreadable),
        })
    }

    like! {
        deserialize_char() = deserialize_string;
        deserialize_str() = deserialize_string;
        deserialize_identifier() = deserialize_string;
        deserialize_bytes() = deserialize_seq;
        deserialize_byte_buf() = deserialize_seq;
        deserialize_unit_struct(name: &'static str) = deserialize_unit;
        deserialize_tuple(length: usize) = deserialize_seq;
        deserialize_tuple_struct(name: &'static str, length: usize) = deserialize_seq;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) = deserialize_map;
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }
}

struct Items(vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        self.0.next().map(|item| seed.deserialize(Reader(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members {
    rest: map::IntoIter,
    value: Option<Value>,
}

impl Members {
    fn new(members: map::Map<String, Value>) -> Self {
        Self { rest: members.into_iter(), value: None }
    }
}

fn named(name: String) -> StringDeserializer<Unreadable> {
    name.into_deserializer()
}

impl<'de> MapAccess<'de> for Members {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(named(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        seed.deserialize(Reader(self.value.take().ok_or(Unreadable)?))
    }
}

/// One of the variants of an enum: its name, and what is in it.
struct Choice {
    name: String,
    content: Value,
}

impl<'de> EnumAccess<'de> for Choice {
    type Error = Unreadable;
    type Variant = Reader;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Reader), Unreadable> {
        Ok((seed.deserialize(named(self.name))?, Reader(self.content)))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        self.0.as_null().ok_or(Unreadable)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unreadable> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Word(String);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        One(i64),
        Two(i64, String),
        Named { size: u8 },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "how", rename_all = "snake_case")]
    enum Tagged {
        Nothing,
        Some { number: f64, list: Vec<Word> },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Everything {
        truth: bool,
        small: i8,
        large: u64,
        below: i64,
        real: f64,
        letter: char,
        word: Word,
        none: Option<String>,
        some: Option<Vec<u8>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<String>,
        pair: (String, i32),
        members: BTreeMap<String, Kind>,
        tagged: Vec<Tagged>,
        raw: Value,
        unit: (),
        outcome: Result<Kind, String>,
    }

    fn everything() -> Everything {
        Everything {
            truth: true,
            small: -8,
            large: u64::MAX,
            below: i64::MIN,
            real: 0.1,
            letter: 'é',
            word: Word("w".to_owned()),
            none: None,
            some: Some(vec![1, 2]),
            left_out: None,
            pair: ("p".to_owned(), -1),
            members: [
                ("a".to_owned(), Kind::Plain),
                ("b".to_owned(), Kind::One(5)),
                ("c".to_owned(), Kind::Two(6, "six".to_owned())),
                ("d".to_owned(), Kind::Named { size: 7 }),
            ]
            .into(),
            tagged: vec![Tagged::Nothing, Tagged::Some { number: 1.0, list: vec![Word("x".to_owned())] }],
            raw: serde_json::json!({"a": [1, -2, 3.5, "x", null, true, {}]}),
            unit: (),
            outcome: Err("no".to_owned()),
        }
    }

    #[test]
    fn everything_that_serde_writes_is_read_back() {
        let written = serde_json::to_string(&everything()).expect("writes");
        assert_eq!(read::<Everything>(&written), Ok(everything()));
        let ended = Ok::<_, String>(Kind::Plain);
        assert_eq!(read(&serde_json::to_string(&ended).expect("writes")), Ok(ended));
        assert_eq!(read::<()>("null"), Ok(()));
    }

    #[test]
    fn unknown_members_are_passed_over_and_missing_ones_missed() {
        assert_eq!(read::<Kind>(r#"{"named":{"size":1,"more":[{}]}}"#), Ok(Kind::Named { size: 1 }));
        for text in [
            "",
            "{",
            r#"{"named":{}}"#,
            r#"{"named":{"size":256}}"#,
            r#"{"named":[1]}"#,
            r#"{"plain":1}"#,
            r#""one""#,
            r#""other""#,
            r#"{"one":1,"two":2}"#,
            "5",
            "[]",
        ] {
            assert_eq!(read::<Kind>(text), Err(Unreadable), "{text}");
        }
        assert_eq!(read::<bool>("1"), Err(Unreadable));
        assert_eq!(read::<Vec<String>>("{}"), Err(Unreadable));
        assert_eq!(read::<Option<Word>>("3"), Err(Unreadable));
    }
}
