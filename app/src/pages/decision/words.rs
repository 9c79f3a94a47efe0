//! The words of bounds and sentences, and of the part that an approval had. Made on the server alone.

use super::view::ParameterLine;
use policy::decision::{ApprovalPart, ParameterMiss};
use serde_json::Value;

/// Begins with a capital and ends with a stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), characters.as_str())
}

/// "1.8 ms".
pub(super) fn micros(micros: u64) -> String {
    let tenths = micros.div_ceil(100);
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

/// Which part a request for approval had in a decision.
pub(super) fn part(part: ApprovalPart) -> &'static str {
    match part {
        ApprovalPart::Filed => "filed by this call",
        ApprovalPart::Pending => "waits; this call asked once more",
        ApprovalPart::Denied => "was denied by a person",
        ApprovalPart::Used => "was used by this call",
        ApprovalPart::Lost => "was used or over a moment before",
    }
}

pub(super) fn parameter(miss: &ParameterMiss) -> ParameterLine {
    let was = match &miss.value {
        Some(value) => format!("was {}", short(value)),
        None if miss.keyword == "required" => "was not sent".to_owned(),
        None => "is not shown".to_owned(),
    };
    ParameterLine { path: miss.path.clone(), bound: bound(&miss.keyword, &miss.bound), was }
}

/// What a JSON Schema keyword asks for.
pub(super) fn bound(keyword: &str, bound: &Value) -> String {
    let value = short(bound);
    match keyword {
        "maximum" => format!("at most {value}"),
        "minimum" => format!("at least {value}"),
        "exclusiveMaximum" => format!("less than {value}"),
        "exclusiveMinimum" => format!("more than {value}"),
        "multipleOf" => format!("a multiple of {value}"),
        "enum" => format!("one of {}", list(bound)),
        "const" => format!("exactly {value}"),
        "type" => format!("of type {}", list(bound)),
        "required" => "must be sent".to_owned(),
        "additionalProperties" => "must be left out".to_owned(),
        "pattern" => format!("matches {value}"),
        "format" => format!("is a {value}"),
        "maxLength" => format!("at most {value} characters"),
        "minLength" => format!("at least {value} characters"),
        "maxItems" => format!("at most {value} elements"),
        "minItems" => format!("at least {value} elements"),
        other => format!("meets {other}"),
    }
}

fn list(bound: &Value) -> String {
    match bound {
        Value::Array(items) => {
            let mut words: Vec<String> = items.iter().take(10).map(short).collect();
            if items.len() > words.len() {
                words.push("…".to_owned());
            }
            words.join(", ")
        }
        other => short(other),
    }
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 120;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((index, _)) => format!("{}…", text.get(..index).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bounds_read_as_words() {
        assert_eq!(bound("maximum", &json!(100)), "at most 100");
        assert_eq!(bound("enum", &json!(["EUR", "USD"])), "one of EUR, USD");
        assert_eq!(bound("required", &json!(true)), "must be sent");
        assert_eq!(bound("contains", &json!({})), "meets contains");
    }

    #[test]
    fn a_sentence_begins_and_ends_as_one() {
        assert_eq!(sentence("denied by `x`"), "Denied by `x`.");
        assert_eq!(sentence("It was so."), "It was so.");
        assert_eq!(sentence(" "), "");
    }

    #[test]
    fn times_taken() {
        assert_eq!(micros(1_790), "1.8 ms");
        assert_eq!(micros(40), "0.1 ms");
        assert_eq!(micros(12_000), "12.0 ms");
    }
}
