//! What can be seen in the files themselves: both migration folders hold the same names, no view has a style
//! attribute (the page's policy refuses them), no file outgrows its room. Must not parse Rust.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::{paths, tree};

const ROOMS: &[&str] =
    &["policy", "store", "pdp", "app", "server", "frontend", "tests", "xtask", "examples", "e2e", "style"];
const WRITTEN: &[&str] = &["rs", "ts", "tsx", "mjs", "py", "css"];
const LONGEST: usize = 400;
/// A line that looks like a style attribute and is none.
const EXCUSE: &str = "// lint: not a view";

/// Names that only one of the two databases has.
pub(super) fn migrations() -> Result<Vec<String>> {
    let folder = paths::root().join("migrations");
    let sqlite = names(&folder.join("sqlite"))?;
    let postgres = names(&folder.join("postgres"))?;
    let only = |name: &String, place: &str| format!("{name} is only in migrations/{place}");
    let mut findings: Vec<String> = sqlite.difference(&postgres).map(|name| only(name, "sqlite")).collect();
    findings.extend(postgres.difference(&sqlite).map(|name| only(name, "postgres")));
    Ok(findings)
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for file in tree::files(folder)? {
        let inside = file.strip_prefix(folder).unwrap_or(&file);
        names.insert(inside.to_string_lossy().into_owned());
    }
    Ok(names)
}

/// Style attributes in the console's views.
pub(super) fn views() -> Result<Vec<String>> {
    let root = paths::root();
    let mut findings = Vec::new();
    for file in tree::files(&root.join("app").join("src"))? {
        if !has_extension(&file, &["rs"]) {
            continue;
        }
        for (at, line) in read(&file)?.lines().enumerate() {
            if has_style(line) {
                let place = file.strip_prefix(&root).unwrap_or(&file);
                findings.push(format!("{}:{}: a style attribute; use a class", place.display(), at + 1));
            }
        }
    }
    Ok(findings)
}

/// `style=`, `style:width=` and `.style(`, but not `data-style=`, `style: Style` or a comment.
fn has_style(line: &str) -> bool {
    if line.trim_start().starts_with("//") || line.contains(EXCUSE) {
        return false;
    }
    if line.contains(".style(") {
        return true;
    }
    line.match_indices("style").any(|(at, word)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let inside_a_word = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let mut after = line.get(at + word.len()..).unwrap_or_default().chars();
        let next = (after.next(), after.next());
        let attribute = match next {
            (Some('='), Some(second)) => second != '=' && second != '>',
            (Some('='), None) => true,
            (Some(':'), Some(second)) => second.is_ascii_alphabetic() || second == '-',
            _ => false,
        };
        attribute && !inside_a_word
    })
}

/// Files that are more than one room.
pub(super) fn long_files() -> Result<Vec<String>> {
    let root = paths::root();
    let mut warnings = Vec::new();
    for room in ROOMS {
        for file in tree::files(&root.join(room))? {
            if !has_extension(&file, WRITTEN) {
                continue;
            }
            let lines = read(&file)?.lines().count();
            if lines > LONGEST {
                let place = file.strip_prefix(&root).unwrap_or(&file);
                warnings.push(format!("{} has {lines} lines; split it by subject", place.display()));
            }
        }
    }
    Ok(warnings)
}

fn has_extension(file: &Path, wanted: &[&str]) -> bool {
    file.extension().and_then(OsStr::to_str).is_some_and(|extension| wanted.contains(&extension))
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("`{}` could not be read", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_attributes_are_found() {
        let found = [
            r#"<div style="color: red">"#,
            r#"<rect style={format!("x")}/>"#,
            "<div style=",
            "<div style:width=w>",
            "<div style:--x=w>",
            r#"div().style("color: red")"#,
        ];
        for line in found {
            assert!(has_style(line), "{line}");
        }
        let fine = [
            r#"<div data-style="x">"#,
            "style: Style,",
            "if style == Style::Bold {",
            "style => 1,",
            "// <div style=\"x\">",
            "self.style=1",
            r#"let sql = "style=1"; // lint: not a view"#,
            r#"<link rel="stylesheet" href="x"/>"#,
            "crate::style::Sheet",
        ];
        for line in fine {
            assert!(!has_style(line), "{line}");
        }
    }
}
