//! JSON as values of CEL, for the variables of conditions.

use cel::Value as Cel;
use cel::objects::Key;
use chrono::{DateTime, FixedOffset};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) fn text(text: &str) -> Cel {
    Cel::String(Arc::new(text.to_owned()))
}

pub(crate) fn map<const N: usize>(entries: [(&str, Cel); N]) -> Cel {
    map_of(entries.into_iter().map(|(key, value)| (key.to_owned(), value)))
}

/// Of two entries with the same name the later one counts.
pub(crate) fn map_of(entries: impl Iterator<Item = (String, Cel)>) -> Cel {
    let map: HashMap<Key, Cel> = entries.map(|(key, value)| (Key::String(Arc::new(key)), value)).collect();
    Cel::Map(cel::objects::Map { map: Arc::new(map) })
}

/// JSON integers are `int` (`uint` only above the largest `int`), all other numbers `double`.
pub(crate) fn to_cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(value) => Cel::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), _, _) => Cel::Int(int),
            (None, Some(uint), _) => Cel::UInt(uint),
            (None, None, Some(double)) => Cel::Float(double),
            (None, None, None) => Cel::Null,
        },
        Value::String(value) => text(value),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(entries) => map_of(entries.iter().map(|(key, value)| (key.clone(), to_cel(value)))),
    }
}

/// Microseconds since the Unix epoch as a timestamp.
pub(crate) fn moment(micros: i64) -> Cel {
    match DateTime::from_timestamp_micros(micros) {
        Some(moment) => Cel::Timestamp(DateTime::<FixedOffset>::from(moment)),
        None => Cel::Null,
    }
}
