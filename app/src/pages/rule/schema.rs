//! The parameters of a rule as JSON text, and the changes that the form makes in it. The text is the one truth:
//! the form reads it and writes it, so both always say the same.

use serde_json::{Map, Number, Value};

/// Whether an argument must be in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Must,
    May,
    /// It is not named, and nothing else may be given.
    MustNot,
}

impl Presence {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::May => "may",
            Self::MustNot => "must_not",
        }
    }

    pub fn read(word: &str) -> Self {
        match word {
            "must" => Self::Must,
            "must_not" => Self::MustNot,
            _ => Self::May,
        }
    }
}

/// The parameters as the form works on them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema(Map<String, Value>);

impl Schema {
    /// None where the text is no JSON object: then only the text can be edited.
    pub fn read(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::default());
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(map)) => Some(Self(map)),
            _ => None,
        }
    }

    /// As text; empty where it says nothing.
    pub fn write(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }

    /// One keyword of one argument.
    pub fn get(&self, name: &str, keyword: &str) -> Option<&Value> {
        self.0.get("properties")?.get(name)?.get(keyword)
    }

    pub fn number(&self, name: &str, keyword: &str) -> Option<Number> {
        match self.get(name, keyword)? {
            Value::Number(number) => Some(number.clone()),
            _ => None,
        }
    }

    pub fn text(&self, name: &str, keyword: &str) -> String {
        self.get(name, keyword).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The values that an argument is limited to; None where it is not.
    pub fn allowed(&self, name: &str) -> Option<Vec<Value>> {
        if let Some(only) = self.get(name, "const") {
            return Some(vec![only.clone()]);
        }
        self.get(name, "enum")?.as_array().cloned()
    }

    pub fn presence(&self, name: &str) -> Presence {
        if self.lists("required", name) {
            Presence::Must
        } else if self.is_closed() && !self.names(name) {
            Presence::MustNot
        } else {
            Presence::May
        }
    }

    /// Whether nothing but the arguments it names may be given.
    pub fn is_closed(&self) -> bool {
        self.0.get("additionalProperties") == Some(&Value::Bool(false))
    }

    /// Keywords of one argument that the form does not show.
    pub fn unshown(&self, name: &str, shown: &[&str]) -> Vec<String> {
        let schema = self.0.get("properties").and_then(|named| named.get(name)).and_then(Value::as_object);
        let keys = schema.into_iter().flat_map(Map::keys);
        keys.filter(|key| key.as_str() != "type" && !shown.contains(&key.as_str())).cloned().collect()
    }

    /// Sets one keyword of one argument, or removes it. `kind` is the type that must stand beside it.
    pub fn set(&mut self, name: &str, keyword: &str, value: Option<Value>, kind: Option<&str>) {
        let before = self.is_bounded(name);
        let schema = self.argument(name);
        match value {
            Some(value) => {
                schema.insert(keyword.to_owned(), value);
                if let Some(kind) = kind {
                    schema.entry("type").or_insert_with(|| Value::from(kind));
                }
            }
            None => {
                schema.remove(keyword);
            }
        }
        self.settle(name, before);
    }

    /// Limits an argument to these values; all of `known` is no limit.
    pub fn allow(&mut self, name: &str, values: Vec<Value>, known: &[Value]) {
        let before = self.is_bounded(name);
        let all = !known.is_empty() && known.iter().all(|value| values.contains(value));
        let schema = self.argument(name);
        schema.remove("const");
        if all || values.is_empty() {
            schema.remove("enum");
        } else {
            schema.insert("enum".to_owned(), Value::Array(values));
        }
        self.settle(name, before);
    }

    pub fn set_presence(&mut self, name: &str, presence: Presence) {
        self.unlist("required", name);
        self.unlist("x-optional", name);
        match presence {
            Presence::Must => {
                self.list("required", name);
                if self.is_closed() {
                    self.argument(name);
                }
            }
            Presence::May => {
                if self.is_said(name) {
                    self.list("x-optional", name);
                }
                if self.is_closed() {
                    self.argument(name);
                }
            }
            Presence::MustNot => {
                if let Some(named) = self.0.get_mut("properties").and_then(Value::as_object_mut) {
                    named.remove(name);
                }
            }
        }
        self.tidy();
    }

    /// Whether arguments that are not named may be given.
    pub fn set_closed(&mut self, closed: bool) {
        if closed {
            for name in self.listed("required") {
                self.argument(&name);
            }
            self.0.insert("additionalProperties".to_owned(), Value::Bool(false));
        } else {
            self.0.remove("additionalProperties");
        }
        self.tidy();
    }

    fn argument(&mut self, name: &str) -> &mut Map<String, Value> {
        let named = object(self.0.entry("properties").or_insert_with(empty));
        object(named.entry(name).or_insert_with(empty))
    }

    fn names(&self, name: &str) -> bool {
        self.0.get("properties").and_then(Value::as_object).is_some_and(|named| named.contains_key(name))
    }

    /// Whether anything at all is said of the argument.
    fn is_said(&self, name: &str) -> bool {
        let schema = self.0.get("properties").and_then(|named| named.get(name)).and_then(Value::as_object);
        schema.is_some_and(|schema| !schema.is_empty())
    }

    /// Whether anything but a type or words is said of the argument.
    fn is_bounded(&self, name: &str) -> bool {
        !self.unshown(name, &["title", "description"]).is_empty()
    }

    /// After a bound was set or removed: a bounded argument is required unless somebody says it may be left out;
    /// one that is bounded no longer is not named without need.
    fn settle(&mut self, name: &str, was_bounded: bool) {
        let bounded = self.is_bounded(name);
        if bounded && !was_bounded && !self.lists("x-optional", name) && !self.lists("required", name) {
            self.list("required", name);
        }
        if !bounded {
            let closed = self.is_closed();
            if let Some(named) = self.0.get_mut("properties").and_then(Value::as_object_mut) {
                if closed {
                    named.insert(name.to_owned(), empty());
                } else {
                    named.remove(name);
                }
            }
            self.unlist("x-optional", name);
        }
        self.tidy();
    }

    /// Removes what says nothing.
    fn tidy(&mut self) {
        for key in ["properties", "required", "x-optional"] {
            let nothing = match self.0.get(key) {
                Some(Value::Object(map)) => map.is_empty(),
                Some(Value::Array(list)) => list.is_empty(),
                _ => false,
            };
            if nothing {
                self.0.remove(key);
            }
        }
    }

    fn listed(&self, key: &str) -> Vec<String> {
        let list = self.0.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    }

    fn lists(&self, key: &str, name: &str) -> bool {
        let list = self.0.get(key).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|known| known.as_str() == Some(name)))
    }

    fn list(&mut self, key: &str, name: &str) {
        if self.lists(key, name) {
            return;
        }
        let list = self.0.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        match list {
            Value::Array(names) => names.push(Value::from(name)),
            other => *other = Value::Array(vec![Value::from(name)]),
        }
    }

    fn unlist(&mut self, key: &str, name: &str) {
        if let Some(Value::Array(names)) = self.0.get_mut(key) {
            names.retain(|known| known.as_str() != Some(name));
        }
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}

/// The object there; whatever else stood there gives way.
fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = empty();
    }
    match value {
        Value::Object(map) => map,
        // Made an object just above.
        _ => unreachable!("an object"),
    }
}

/// Reads a number as typed; None where the field is empty.
///
/// # Errors
/// The text, where it is no finite number.
pub fn read_number(text: &str) -> Result<Option<Number>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(Some(Number::from(whole)));
    }
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map(Some).ok_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(schema: &Schema) -> Value {
        Value::Object(schema.0.clone())
    }

    #[test]
    fn a_first_bound_makes_an_argument_required() {
        let mut schema = Schema::default();
        schema.set("amount", "maximum", Some(json!(100)), Some("number"));
        assert_eq!(
            value(&schema),
            json!({"properties": {"amount": {"type": "number", "maximum": 100}}, "required": ["amount"]})
        );
        schema.set_presence("amount", Presence::May);
        schema.set("amount", "minimum", Some(json!(1)), Some("number"));
        assert_eq!(
            value(&schema),
            json!({"properties": {"amount": {"type": "number", "maximum": 100, "minimum": 1}}, "x-optional": ["amount"]})
        );
        schema.set("amount", "maximum", None, None);
        schema.set("amount", "minimum", None, None);
        assert_eq!(value(&schema), json!({}));
        assert_eq!(schema.write(), "");
    }

    #[test]
    fn all_values_are_no_limit() {
        let known = [json!("EUR"), json!("USD")];
        let mut schema = Schema::default();
        schema.allow("currency", vec![json!("EUR")], &known);
        assert_eq!(schema.allowed("currency"), Some(vec![json!("EUR")]));
        assert_eq!(schema.presence("currency"), Presence::Must);
        schema.allow("currency", vec![json!("EUR"), json!("USD")], &known);
        assert_eq!(schema.allowed("currency"), None);
        assert_eq!(value(&schema), json!({"required": ["currency"]}));
    }

    #[test]
    fn nothing_else_names_what_may_be_given() {
        let mut schema = Schema::default();
        schema.set_presence("id", Presence::Must);
        schema.set_closed(true);
        assert_eq!(schema.presence("note"), Presence::MustNot);
        schema.set_presence("note", Presence::May);
        assert_eq!(
            value(&schema),
            json!({"properties": {"id": {}, "note": {}}, "required": ["id"], "additionalProperties": false})
        );
        schema.set_presence("note", Presence::MustNot);
        schema.set_closed(false);
        assert_eq!(schema.presence("note"), Presence::May);
        assert_eq!(value(&schema), json!({"properties": {"id": {}}, "required": ["id"]}));
    }

    #[test]
    fn text_and_form_say_the_same() {
        let text =
            r#"{"properties": {"a": {"type": "string", "format": "date"}}, "anyOf": [], "required": ["a"]}"#;
        let mut schema = Schema::read(text).expect("an object");
        assert_eq!(schema.unshown("a", &["pattern"]), ["format"]);
        schema.set("a", "pattern", Some(json!("^2")), Some("string"));
        let again = Schema::read(&schema.write()).expect("an object");
        assert_eq!(again, schema);
        assert_eq!(again.text("a", "pattern"), "^2");
        assert!(again.0.contains_key("anyOf"));
        assert_eq!(Schema::read("[]"), None);
        assert_eq!(Schema::read("{"), None);
    }

    #[test]
    fn numbers_as_typed() {
        assert_eq!(read_number(" 100 "), Ok(Some(Number::from(100))));
        assert_eq!(read_number("1.").map(|n| n.and_then(|n| n.as_f64())), Ok(Some(1.0)));
        assert_eq!(read_number(""), Ok(None));
        for bad in ["-", "x", "1e999", "NaN"] {
            assert!(read_number(bad).is_err(), "{bad}");
        }
    }
}
