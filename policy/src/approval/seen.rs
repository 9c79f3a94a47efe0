//! What an approver had before their eyes. A vote carries it back; where something moved meanwhile, the vote is refused
//! with what it was.

use crate::ids::RuleId;
use std::fmt;
use std::str::FromStr;

/// What was shown. Digests are in lower-case hexadecimal of 64 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Digest of the tool's definition; of nothing where there is no tool.
    pub definition: String,
    /// Digest of the arguments, with all else that the approval is bound to.
    pub arguments: String,
    /// The versions of the rules that ask, in the order in which the request names them. None: it asked for nothing.
    pub rules: Vec<Option<i64>>,
}

/// The text says nothing of what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was shown cannot be told; open the request again")]
pub struct SeenError;

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v2.{}.{}", self.definition, self.arguments)?;
        self.rules.iter().try_for_each(|version| match version {
            Some(version) => write!(f, ".{version}"),
            None => f.write_str(".0"),
        })
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A version as it is written above, and in no other way.
fn version(text: &str) -> Result<Option<i64>, SeenError> {
    let number: i64 = text.parse().map_err(|_| SeenError)?;
    match number {
        0.. if number.to_string() == text => Ok(Some(number).filter(|number| *number > 0)),
        _ => Err(SeenError),
    }
}

impl FromStr for Seen {
    type Err = SeenError;

    fn from_str(text: &str) -> Result<Self, SeenError> {
        let mut parts = text.split('.');
        let (Some("v2"), Some(definition), Some(arguments)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(SeenError);
        };
        if !is_digest(definition) || !is_digest(arguments) {
            return Err(SeenError);
        }
        let rules = parts.map(version).collect::<Result<_, _>>()?;
        Ok(Self { definition: definition.to_owned(), arguments: arguments.to_owned(), rules })
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

    fn seen(definition: char, rules: &[Option<i64>]) -> Seen {
        let digest = |letter: char| letter.to_string().repeat(64);
        Seen { definition: digest(definition), arguments: digest('0'), rules: rules.to_vec() }
    }

    #[test]
    fn what_was_seen_reads_back() {
        for rules in [&[][..], &[Some(3)], &[None, Some(1), Some(i64::MAX)], &[None; 1_000]] {
            let seen = seen('a', rules);
            assert_eq!(seen.to_string().parse(), Ok(seen));
        }
        let text = seen('a', &[Some(3)]).to_string();
        let digest = "a".repeat(64);
        for bad in [
            "",
            "v2",
            "v2..",
            "v2.a.b.3",
            &format!("v2.{digest}"),
            &format!("v1.{digest}.{digest}.{digest}"),
            &text.to_uppercase(),
            &format!("{text}."),
            &format!("{text}.-1"),
            &format!("{text}.+1"),
            &format!("{text}.01"),
            &format!("{text}.00"),
            &format!("{text}.9223372036854775808"),
        ] {
            assert_eq!(bad.parse::<Seen>(), Err(SeenError), "{bad}");
        }
    }

    #[test]
    fn what_moved_is_told_by_its_kind() {
        let rule = RuleDifference { rule: "r".into(), name: "ask".to_owned(), filed: 1, now: Some(2) };
        assert_eq!(
            Difference::between(&seen('a', &[Some(1)]), &seen('a', &[Some(1)]), vec![rule.clone()]),
            None
        );
        let tool = Difference::between(&seen('a', &[Some(1)]), &seen('c', &[Some(1)]), vec![rule.clone()])
            .expect("differs");
        assert_eq!((tool.tool, tool.arguments, tool.rules, tool.which.len()), (true, false, false, 0));
        let rules =
            Difference::between(&seen('a', &[Some(1)]), &seen('a', &[Some(2)]), vec![rule]).expect("differs");
        assert_eq!((rules.tool, rules.rules, rules.which.len()), (false, true, 1));
        assert_eq!(rules.to_string(), "the rules that ask changed since the request was shown");
    }
}
