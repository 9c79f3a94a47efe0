//! One bound of one argument, typed as text. What is typed stays as it is typed while it means the same as the
//! schema; half a number is not yet a bound.

use super::arguments::SchemaMemo;
use super::editing::Editing;
use super::schema::{Schema, read_number};
use leptos::prelude::*;
use serde_json::{Number, Value};

/// Which bound, and how it is read and written.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    label: &'static str,
    keyword: &'static str,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With the type that must stand beside it.
    Number(&'static str),
    Length,
    Pattern,
    /// Values, separated by commas.
    Values,
}

impl Bound {
    pub fn number(label: &'static str, keyword: &'static str, kind: &'static str) -> Self {
        Self { label, keyword, form: Form::Number(kind) }
    }

    pub fn length(label: &'static str, keyword: &'static str) -> Self {
        Self { label, keyword, form: Form::Length }
    }

    pub fn pattern() -> Self {
        Self { label: "matches", keyword: "pattern", form: Form::Pattern }
    }

    pub fn values() -> Self {
        Self { label: "one of, with commas", keyword: "enum", form: Form::Values }
    }

    /// As the schema has it.
    fn held(self, schema: &Schema, name: &str) -> String {
        match self.form {
            Form::Number(_) | Form::Length => {
                schema.number(name, self.keyword).map(|number| number.to_string()).unwrap_or_default()
            }
            Form::Pattern => schema.text(name, self.keyword),
            Form::Values => {
                let values = schema.allowed(name).unwrap_or_default();
                values.iter().map(written).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// What was typed, as the keyword's value; None removes it.
    fn read(self, text: &str) -> Result<Option<Value>, String> {
        match self.form {
            Form::Number(_) => Ok(read_number(text)?.map(Value::Number)),
            Form::Length => match text.trim() {
                "" => Ok(None),
                text => text
                    .parse::<u64>()
                    .map(|n| Some(Value::Number(Number::from(n))))
                    .map_err(|_| text.to_owned()),
            },
            Form::Pattern => Ok((!text.is_empty()).then(|| Value::from(text))),
            Form::Values => {
                let values: Vec<Value> = text
                    .split(',')
                    .map(str::trim)
                    .filter(|value| !value.is_empty())
                    .map(Value::from)
                    .collect();
                Ok((!values.is_empty()).then_some(Value::Array(values)))
            }
        }
    }

    fn write(self, schema: &mut Schema, name: &str, value: Option<Value>) {
        match self.form {
            Form::Number(kind) => schema.set(name, self.keyword, value, Some(kind)),
            Form::Length | Form::Pattern => schema.set(name, self.keyword, value, Some("string")),
            Form::Values => {
                let values = match value {
                    Some(Value::Array(values)) => values,
                    _ => Vec::new(),
                };
                schema.allow(name, values, &[]);
            }
        }
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub fn bound(
    editing: Editing,
    schema: SchemaMemo,
    name: StoredValue<String>,
    which: Bound,
    id: String,
) -> AnyView {
    let held = Memo::new(move |_| {
        schema.with(|schema| {
            let here = schema.as_ref().zip(name.try_get_value());
            here.map(|(schema, name)| which.held(schema, &name)).unwrap_or_default()
        })
    });
    let typed = RwSignal::new(held.get_untracked());
    // The text beside the form may have changed: follow it, unless what is typed means the same.
    Effect::new(move |_| {
        let held = held.get();
        let same = which.read(&held) == which.read(&typed.get_untracked());
        if !same {
            typed.set(held);
        }
    });
    let input_mode = match which.form {
        Form::Number(_) => "decimal",
        Form::Length => "numeric",
        Form::Pattern | Form::Values => "text",
    };
    let class = match which.form {
        Form::Number(_) | Form::Length => "input-code input-short",
        Form::Pattern | Form::Values => "input-code",
    };
    view! {
        <label class="bound" for=id.clone()>
            <span>{which.label}</span>
            <input
                id=id.clone()
                type="text"
                class=class
                inputmode=input_mode
                autocomplete="off"
                spellcheck="false"
                value=typed.get_untracked()
                prop:value=move || typed.get()
                aria-invalid=move || which.read(&typed.get()).is_err().then_some("true")
                on:input=move |event| {
                    let text = event_target_value(&event);
                    typed.set(text.clone());
                    if let Ok(value) = which.read(&text) {
                        let name = name.get_value();
                        editing.change_schema(|schema| which.write(schema, &name, value));
                    }
                }
            />
        </label>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_typed_is_read_and_written_back() {
        let mut schema = Schema::default();
        let at_most = Bound::number("at most", "maximum", "number");
        at_most.write(&mut schema, "a", at_most.read("100").expect("a number"));
        assert_eq!(at_most.held(&schema, "a"), "100");
        assert_eq!(at_most.read("1."), at_most.read("1.0"));
        assert!(at_most.read("-").is_err());
        let length = Bound::length("x", "maxLength");
        assert_eq!(length.read("12"), Ok(Some(json!(12))));
        assert!(length.read("-1").is_err());
        let values = Bound::values();
        values.write(&mut schema, "b", values.read("EUR, ,USD").expect("values"));
        assert_eq!(values.held(&schema, "b"), "EUR, USD");
        values.write(&mut schema, "b", values.read("").expect("none"));
        assert_eq!(schema.allowed("b"), None);
    }
}
