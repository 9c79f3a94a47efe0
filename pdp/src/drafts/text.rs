//! A rule as text: YAML (or JSON, which is YAML), as it stands in a bundle's `rules`.

use crate::bundle::said;
use policy::Rule;
use policy::text::hides;
use std::fmt::Write;

/// The longest text of one rule, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// The text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TextError {
    /// Both from 1, where the place is known.
    pub line: Option<u64>,
    pub column: Option<u64>,
    /// What is wrong, with the place in words.
    pub text: String,
}

impl TextError {
    fn nowhere(text: &str) -> Self {
        Self { line: None, column: None, text: text.to_owned() }
    }
}

/// Reads one rule.
///
/// # Errors
/// Names line, column and key of what is not understood.
pub fn read_rule(text: &str) -> Result<Rule, TextError> {
    if text.len() > MAX_BYTES {
        return Err(TextError::nowhere("a rule is at most 64 KiB of text"));
    }
    if text.trim().is_empty() {
        return Err(TextError::nowhere("there is no rule: the text is empty"));
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let place = error.location().filter(|place| place.line() > 0);
        TextError {
            line: place.map(|place| place.line()),
            column: place.map(|place| place.column()),
            text: said(&error.without_snippet().to_string()),
        }
    })
}

/// The rule as YAML, as [`read_rule`] reads it back. Characters that hide or rearrange others are escaped: whoever reads
/// the rule in an editor sees what it says.
pub fn write_rule(rule: &Rule) -> String {
    // A rule is plain data; where YAML fails all the same, JSON is YAML too.
    match serde_saphyr::to_string(rule) {
        Ok(text) if !text.chars().any(is_hidden) => text,
        _ => serde_json::to_string_pretty(rule)
            .map_or_else(|_| format!("name: {:?}\n", rule.name), |json| escaped(&json)),
    }
}

/// Line ends are the text's own.
fn is_hidden(character: char) -> bool {
    character != '\n' && hides(character)
}

/// JSON in which hidden characters are escaped. They stand in its strings alone, and are written as YAML reads them: it
/// knows no pairs of surrogates.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_hidden(character) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\U{:08x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_is_read_back_as_it_was_written() {
        let rule: Rule = serde_json::from_value(json!({
            "name": "yes: or \"no\" #1",
            "tenant": "acme",
            "effect": "allow",
            "status": "shadow",
            "roles": ["null", "support-agent"],
            "kinds": ["agent"],
            "tools": ["*/*", "crm/re fund"],
            "parameters": {
                "properties": {
                    "amount": {"type": "number", "maximum": 100.5},
                    "note": {"type": "string", "pattern": "^[a-z: #]+\\n$"},
                    "ok": {"enum": [true, "true", null, 1, "1"]}
                },
                "required": ["amount", "note", "ok"]
            },
            "when": "args.amount < 5.0 ||\n  args.note != '''x'''",
            "approval": {"approvers": ["finance"], "quorum": 2, "expires_in": "1h", "uses": 1},
            "valid": {"until": "2027-01-01T00:00:00Z"},
            "explain": false
        }))
        .expect("a rule");
        let text = write_rule(&rule);
        assert_eq!(read_rule(&text), Ok(rule), "{text}");
    }

    #[test]
    fn what_hides_in_a_rule_is_escaped() {
        let hidden = "pay\u{202e}99\u{200b}\u{1d173}\u{e0041}";
        let rule: Rule = serde_json::from_value(json!({
            "name": hidden,
            "tenant": "acme",
            "effect": "allow",
            "tools": [format!("crm/{hidden}")],
            "parameters": {"properties": {hidden: {"enum": [hidden, "a\nb\u{7f}\u{85} \"c\" \\ ü"]}}},
            "when": format!("args.note != '{hidden}'\n  && true"),
        }))
        .expect("a rule");
        let text = write_rule(&rule);
        assert!(!text.chars().any(is_hidden), "{text:?}");
        assert_eq!(read_rule(&text), Ok(rule), "{text}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let error = read_rule("name: x\neffect: allow\ntool: [a/b]\n").expect_err("refused");
        assert!(error.text.contains("tool"), "{error:?}");
        assert_eq!(error.line, Some(3), "{error:?}");
        assert!(!error.text.contains('\n'), "{error:?}");
        let twice = read_rule("name: x\nname: y\n").expect_err("refused");
        assert!(twice.text.contains("duplicate mapping key: name"), "{twice:?}");
        assert!(!twice.text.contains("Policy"), "{twice:?}");
        for text in ["", " \n", "- x", "name: [", &format!("name: {}", "x".repeat(70_000))] {
            assert!(read_rule(text).is_err(), "{}", text.chars().take(20).collect::<String>());
        }
    }
}
