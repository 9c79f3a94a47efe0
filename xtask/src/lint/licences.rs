//! Every crate from outside has a licence that `deny.toml` allows, and comes from the registry. Reads the two lines
//! it needs of each; must not become a full SPDX or TOML reader.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};

use super::metadata::Metadata;
use crate::paths;

pub(super) fn check(metadata: &Metadata) -> Result<Vec<String>> {
    let file = paths::root().join("deny.toml");
    let text =
        fs::read_to_string(&file).with_context(|| format!("`{}` could not be read", file.display()))?;
    let allowed = allow_list(&text)?;
    let mut findings = Vec::new();
    for package in metadata.others() {
        let crate_name = format!("{} {}", package.name, package.version);
        let registry = package.source.as_deref().is_some_and(|source| source.starts_with("registry+"));
        if !registry {
            findings.push(format!("{crate_name} does not come from the registry"));
        }
        match package.license.as_deref() {
            None => findings.push(format!("{crate_name} names no licence")),
            Some(expression) => match is_allowed(expression, &allowed) {
                Some(true) => {}
                Some(false) => {
                    findings.push(format!("{crate_name}: `{expression}` is not allowed by deny.toml"));
                }
                None => findings.push(format!("{crate_name}: `{expression}` is no licence expression")),
            },
        }
    }
    Ok(findings)
}

/// The strings of `allow = […]` in `[licenses]`.
fn allow_list(text: &str) -> Result<BTreeSet<String>> {
    let mut in_section = false;
    let mut in_list = false;
    let mut allowed = BTreeSet::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !in_list && line.starts_with('[') {
            in_section = line == "[licenses]";
            continue;
        }
        if in_section && !in_list {
            let starts = line.strip_prefix("allow").is_some_and(|rest| rest.trim_start().starts_with('='));
            if !starts {
                continue;
            }
            in_list = true;
        }
        if in_list {
            // Between quotes: the odd parts.
            allowed.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
            if line.ends_with(']') {
                break;
            }
        }
    }
    if allowed.is_empty() {
        bail!("deny.toml has no list `allow` in [licenses]");
    }
    Ok(allowed)
}

/// Whether the expression can be fulfilled with allowed licences; `None` when it cannot be read. `MIT/Apache-2.0`
/// is the old way to write OR. `X WITH exception` grants more than X, so X is enough.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0, allowed };
    let answer = reader.any()?;
    (reader.at == words.len()).then_some(answer)
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    allowed: &'a BTreeSet<String>,
}

impl Reader<'_> {
    fn any(&mut self) -> Option<bool> {
        let mut answer = self.all()?;
        while self.take("OR") {
            answer |= self.all()?;
        }
        Some(answer)
    }

    fn all(&mut self) -> Option<bool> {
        let mut answer = self.one()?;
        while self.take("AND") {
            answer &= self.one()?;
        }
        Some(answer)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let answer = self.any()?;
            return self.take(")").then_some(answer);
        }
        let name = self.words.get(self.at).filter(|word| !["OR", "AND", "WITH", ")"].contains(*word))?;
        self.at += 1;
        let mut answer = self.allowed.contains(*name);
        if self.take("WITH") {
            let exception = self.words.get(self.at)?;
            self.at += 1;
            answer |= self.allowed.contains(&format!("{name} WITH {exception}"));
        }
        Some(answer)
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.words.get(self.at).is_some_and(|next| *next == word);
        if there {
            self.at += 1;
        }
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read() {
        let allowed: BTreeSet<String> = ["MIT", "Apache-2.0", "ISC"].into_iter().map(str::to_owned).collect();
        let cases = [
            ("MIT", Some(true)),
            ("GPL-3.0", Some(false)),
            ("GPL-3.0 OR MIT", Some(true)),
            ("MIT/GPL-3.0", Some(true)),
            ("Apache-2.0 / MIT", Some(true)),
            ("MIT AND GPL-3.0", Some(false)),
            ("(MIT OR GPL-3.0) AND ISC", Some(true)),
            ("MIT OR Apache-2.0 AND GPL-3.0", Some(true)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("GPL-2.0 WITH Classpath-exception-2.0", Some(false)),
            ("", None),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT MIT", None),
        ];
        for (expression, expected) in cases {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn the_allow_list_is_the_one_of_licenses() {
        let text = "[bans]\nallow = [\"X\"]\n[licenses] # ours\nallow = [\n  \"MIT\", # a\n  \"ISC\",\n]\nunused = \"Y\"\n";
        let expected: BTreeSet<String> = ["MIT", "ISC"].into_iter().map(str::to_owned).collect();
        assert_eq!(allow_list(text).unwrap(), expected);
        assert_eq!(allow_list("[licenses]\nallow = [\"MIT\", \"ISC\"]\n").unwrap(), expected);
        assert!(allow_list("[licenses]\n").is_err());
    }
}
