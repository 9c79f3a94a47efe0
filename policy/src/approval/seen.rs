//! What an approver had before their eyes. A vote carries it back; where something moved meanwhile, the vote is refused
//! with what it was.

use crate::ids::RuleId;
use std::fmt;
use std::str::FromStr;

/// Digests of what was shown, in lower-case hexadecimal of 64 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Of the tool's definition; of nothing where there is no tool.
    pub definition: String,
    /// Of the arguments, with all else that the approval is bound to.
    pub arguments: String,
    /// Of the rules that ask, each by its version.
    pub rules: String,
}

/// The text says nothing of what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was shown cannot be told; open the request again")]
pub struct SeenError;

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.{}.{}", self.definition, self.arguments, self.rules)
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl FromStr for Seen {
    type Err = SeenError;

    fn from_str(text: &str) -> Result<Self, SeenError> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            ["v1", rest @ ..] if rest.iter().all(|part| is_digest(part)) => match rest {
                [definition, arguments, rules] => Ok(Self {
                    definition: (*definition).to_owned(),
                    arguments: (*arguments).to_owned(),
                    rules: (*rules).to_owned(),
                }),
                _ => Err(SeenError),
            },
            _ => Err(SeenError),
        }
    }
}

/// A rule that is no longer as it was when the request was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDifference {
    pub rule: RuleId,
    pub name: String,
    /// The version under which the request was filed.
    pub filed: i64,
    /// None: it is gone, or asks for nothing any more.
    pub now: Option<i64>,
}

/// What moved since a request was shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    pub tool: bool,
    pub arguments: bool,
    /// Something of the rules moved; those that are not as they were when the request was filed stand in `which`.
    pub rules: bool,
    pub which: Vec<RuleDifference>,
}

impl Difference {
    /// Between what was shown and what there is.
    pub fn between(shown: &Seen, now: &Seen, which: Vec<RuleDifference>) -> Option<Self> {
        if shown == now {
            return None;
        }
        let rules = shown.rules != now.rules;
        Some(Self {
            tool: shown.definition != now.definition,
            arguments: shown.arguments != now.arguments,
            rules,
            which: if rules { which } else { Vec::new() },
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.tool, "the tool's definition"),
            (self.arguments, "the arguments"),
            (self.rules, "the rules that ask"),
        ];
        let moved: Vec<&str> = parts.into_iter().filter(|(moved, _)| *moved).map(|(_, what)| what).collect();
        write!(f, "{} changed since the request was shown", moved.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(definition: char, rules: char) -> Seen {
        let digest = |letter: char| letter.to_string().repeat(64);
        Seen { definition: digest(definition), arguments: digest('0'), rules: digest(rules) }
    }

    #[test]
    fn what_was_seen_reads_back() {
        let text = seen('a', 'b').to_string();
        assert_eq!(text.parse(), Ok(seen('a', 'b')));
        let short = text.get(..text.len() - 1).expect("ascii");
        for bad in [
            "",
            "v1",
            "v1...",
            "v2.a.b.c",
            short,
            &format!("{text}.{}", "a".repeat(64)),
            &text.to_uppercase(),
        ] {
            assert_eq!(bad.parse::<Seen>(), Err(SeenError), "{bad}");
        }
    }

    #[test]
    fn what_moved_is_told_by_its_kind() {
        let rule = RuleDifference { rule: "r".into(), name: "ask".to_owned(), filed: 1, now: Some(2) };
        assert_eq!(Difference::between(&seen('a', 'b'), &seen('a', 'b'), vec![rule.clone()]), None);
        let tool =
            Difference::between(&seen('a', 'b'), &seen('c', 'b'), vec![rule.clone()]).expect("differs");
        assert_eq!((tool.tool, tool.arguments, tool.rules, tool.which.len()), (true, false, false, 0));
        let rules = Difference::between(&seen('a', 'b'), &seen('a', 'c'), vec![rule]).expect("differs");
        assert_eq!((rules.tool, rules.rules, rules.which.len()), (false, true, 1));
        assert_eq!(rules.to_string(), "the rules that ask changed since the request was shown");
    }
}
