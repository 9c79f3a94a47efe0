//! Crates that are there in several versions may not become more unseen: `xtask/duplicates.txt` lists them, and
//! changing it is a line in a review. Must not judge which are worth it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::metadata::Metadata;
use crate::paths;

const HEAD: &str = "# Crates in several versions and how many of each are accepted. `cargo xtask lint` fails on more.\n\
                    # Written by `cargo xtask lint --bless`.\n";

pub(super) fn check(metadata: &Metadata) -> Result<Vec<String>> {
    let file = file();
    let text =
        fs::read_to_string(&file).with_context(|| format!("`{}` could not be read", file.display()))?;
    let accepted = parse(&text)?;
    let mut findings = Vec::new();
    for (name, versions) in several(metadata) {
        let limit = accepted.get(&name).copied().unwrap_or(1);
        if versions.len() > limit {
            let versions: Vec<String> = versions.into_iter().collect();
            findings.push(format!(
                "{name} is there as {} (accepted: {limit}); see `cargo tree -d`, or `cargo xtask lint --bless`",
                versions.join(", ")
            ));
        }
    }
    Ok(findings)
}

pub(super) fn bless(metadata: &Metadata) -> Result<()> {
    let mut text = HEAD.to_owned();
    for (name, versions) in several(metadata) {
        writeln!(text, "{name} {}", versions.len()).context("the list could not be made")?;
    }
    let file = file();
    fs::write(&file, text).with_context(|| format!("`{}` could not be written", file.display()))
}

/// Names with more than one version.
fn several(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in metadata.others() {
        all.entry(package.name.clone()).or_default().insert(package.version.clone());
    }
    all.retain(|_, versions| versions.len() > 1);
    all
}

fn parse(text: &str) -> Result<BTreeMap<String, usize>> {
    let mut accepted = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let number = line.split_once(' ').and_then(|(name, count)| Some((name, count.trim().parse().ok()?)));
        let (name, count) =
            number.with_context(|| format!("xtask/duplicates.txt: `{line}` is not `name number`"))?;
        accepted.insert(name.to_owned(), count);
    }
    Ok(accepted)
}

fn file() -> PathBuf {
    paths::root().join("xtask").join("duplicates.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read() {
        let accepted = parse("# head\n\nsyn 2\ngetrandom 3\n").unwrap();
        assert_eq!(accepted, BTreeMap::from([("getrandom".to_owned(), 3), ("syn".to_owned(), 2)]));
        assert!(parse("syn\n").is_err());
        assert!(parse("syn two\n").is_err());
    }
}
