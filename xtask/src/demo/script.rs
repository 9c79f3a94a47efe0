//! The script of the demo and the agent's answers, as data; and whether an answer is the expected one. Must not
//! make calls.

use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::paths;

/// One call. `before` is done while the server runs.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) title: String,
    /// The variable that holds the caller's API key.
    pub(super) caller: String,
    pub(super) tool: String,
    #[serde(default)]
    pub(super) arguments: Map<String, Value>,
    pub(super) expect: Expect,
    pub(super) before: Option<Before>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Before {
    /// A bundle below the root of the workspace, which is applied.
    pub(super) apply: Option<String>,
    /// Whether a person then approves the call that waits since last.
    #[serde(default)]
    pub(super) approve: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Expect {
    /// `allowed`, `denied` or `waiting`.
    pub(super) outcome: String,
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) text_contains: Vec<String>,
}

/// What `crm-agent` prints.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) outcome: String,
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) text: String,
    /// Where a call that waits for a person stands.
    pub(super) status_url: Option<String>,
    pub(super) micros: Option<u64>,
}

/// `examples/demo/script.json`.
pub(super) fn read() -> Result<Vec<Row>> {
    let file = paths::root().join("examples").join("demo").join("script.json");
    let text =
        fs::read_to_string(&file).with_context(|| format!("`{}` could not be read", file.display()))?;
    let rows: Vec<Row> =
        serde_json::from_str(&text).with_context(|| format!("`{}` is not a script", file.display()))?;
    if rows.is_empty() {
        bail!("`{}` has no rows", file.display());
    }
    Ok(rows)
}

impl Answer {
    /// The last line of the agent that is not empty.
    pub(super) fn parse(stdout: &str) -> Result<Self> {
        let line = stdout.lines().rev().map(str::trim).find(|line| !line.is_empty());
        let line = line.context("crm-agent printed nothing")?;
        serde_json::from_str(line).with_context(|| format!("crm-agent printed `{line}`"))
    }
}

impl Expect {
    /// What is not as expected; nothing when all is.
    pub(super) fn misses(&self, answer: &Answer) -> Vec<String> {
        let mut misses = Vec::new();
        if answer.outcome != self.outcome {
            misses.push(format!("expected {}", self.outcome));
        }
        if let Some(reason) = &self.reason
            && answer.reason.as_ref() != Some(reason)
        {
            misses.push(format!("expected the reason {reason}"));
        }
        for part in self.text_contains.iter().filter(|part| !answer.text.contains(part.as_str())) {
            misses.push(format!("expected `{part}` in the text"));
        }
        misses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(text: &str) -> Expect {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_answer_is_the_last_line() {
        let printed =
            "connecting\n{\"outcome\":\"denied\",\"reason\":\"no_rule\",\"text\":\"no\",\"micros\":7}\n\n";
        let answer = Answer::parse(printed).unwrap();
        assert_eq!((answer.outcome.as_str(), answer.micros), ("denied", Some(7)));
        assert!(Answer::parse("\n").is_err());
        assert!(Answer::parse("panicked").is_err());
    }

    #[test]
    fn each_difference_is_named() {
        let answer = Answer::parse(r#"{"outcome":"denied","reason":"no_rule","text":"no rule"}"#).unwrap();
        assert!(expect(r#"{"outcome":"denied"}"#).misses(&answer).is_empty());
        let all = expect(r#"{"outcome":"denied","reason":"no_rule","text_contains":["rule"]}"#);
        assert!(all.misses(&answer).is_empty());
        let none = expect(r#"{"outcome":"allowed","reason":"allow_rule","text_contains":["Acme"]}"#);
        assert_eq!(none.misses(&answer).len(), 3);
    }
}
