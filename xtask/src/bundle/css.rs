//! One style sheet out of many: `style/main.css` lists `@import "x.css";` lines, which are replaced by what they
//! name, in order. Must not change any rule, only imports and the names of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Partials import partials, but not without end.
const DEPTH: usize = 8;

/// `style/main.css` with every import replaced.
pub(super) fn inlined(style: &Path) -> Result<String> {
    let mut sheet = String::new();
    inline(&style.join("main.css"), 0, &mut sheet)?;
    Ok(sheet)
}

fn inline(file: &Path, depth: usize, sheet: &mut String) -> Result<()> {
    if depth > DEPTH {
        bail!("`{}`: style sheets import each other without end", file.display());
    }
    let text = fs::read_to_string(file).with_context(|| format!("`{}` could not be read", file.display()))?;
    let folder = file.parent().unwrap_or(file);
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix("@import") else {
            sheet.push_str(line);
            sheet.push('\n');
            continue;
        };
        let import = Import::parse(rest).with_context(|| {
            format!(
                "`{}`: `{line}` is not `@import \"x.css\";` or `@import \"x.css\" layer(name);`",
                file.display()
            )
        })?;
        let imported = folder.join(import.path);
        if let Some(layer) = import.layer {
            sheet.push_str("@layer ");
            sheet.push_str(layer);
            sheet.push_str(" {\n");
        }
        inline(&imported, depth + 1, sheet)?;
        if import.layer.is_some() {
            sheet.push_str("}\n");
        }
    }
    Ok(())
}

struct Import<'a> {
    path: &'a str,
    layer: Option<&'a str>,
}

impl<'a> Import<'a> {
    /// What follows `@import`.
    fn parse(rest: &'a str) -> Option<Self> {
        let (statement, comment) = rest.split_once(';')?;
        let comment = comment.trim();
        let is_comment = comment.starts_with("/*") && comment.ends_with("*/");
        if !comment.is_empty() && !is_comment {
            return None;
        }
        let statement = statement.trim();
        let quote = statement.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        let (path, after) = statement.get(1..)?.split_once(quote)?;
        let after = after.trim();
        let layer = match after.strip_prefix("layer(") {
            Some(name) => Some(name.strip_suffix(')')?.trim()),
            None if after.is_empty() => None,
            None => return None,
        };
        Some(Self { path, layer })
    }
}

/// The sheet with each `url(fonts/x.woff2)` and `url(static/x.svg)` under the hashed name, which lies beside the
/// sheet. `data:` and `#fragment` stay; everything else is an error, since the console loads nothing from elsewhere.
pub(super) fn rewritten(sheet: &str, names: &BTreeMap<String, String>) -> Result<String> {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(at) = rest.find("url(") {
        let (before, from) = rest.split_at(at + "url(".len());
        out.push_str(before);
        let Some(end) = from.find(')') else {
            bail!("the style sheet has a `url(` without its `)`");
        };
        let (inside, after) = from.split_at(end);
        let target = inside.trim().trim_matches(['"', '\'']);
        if target.starts_with("data:") || target.starts_with('#') {
            out.push_str(inside);
        } else {
            let ours = target.contains("fonts/") || target.contains("static/");
            let name = target.rsplit('/').next().unwrap_or(target);
            match names.get(name) {
                Some(hashed) if ours => {
                    out.push('"');
                    out.push_str(hashed);
                    out.push('"');
                }
                _ => bail!("the style sheet names `{target}`, which is not in style/fonts or style/static"),
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_replaced_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let style = folder.path();
        fs::create_dir(style.join("parts")).unwrap();
        let main = "/* order matters */\n@import \"tokens.css\";\n@import 'parts/all.css' layer(parts); /* last */\n";
        fs::write(style.join("main.css"), main).unwrap();
        fs::write(style.join("tokens.css"), ":root { --ink: #111; }\n").unwrap();
        fs::write(style.join("parts/all.css"), "@import \"pill.css\";\n").unwrap();
        fs::write(style.join("parts/pill.css"), ".pill { color: var(--ink); }\n").unwrap();
        let expected =
            "/* order matters */\n:root { --ink: #111; }\n@layer parts {\n.pill { color: var(--ink); }\n}\n";
        assert_eq!(inlined(style).unwrap(), expected);
    }

    #[test]
    fn a_strange_or_endless_import_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for main in [
            "@import url(x.css);\n",
            "@import \"x.css\" print;\n",
            "@import \"none.css\";\n",
            "@import \"main.css\";\n",
        ] {
            fs::write(folder.path().join("main.css"), main).unwrap();
            assert!(inlined(folder.path()).is_err(), "{main}");
        }
    }

    #[test]
    fn files_get_their_hashed_names() {
        let names = BTreeMap::from([("inter.woff2".to_owned(), "inter.01.woff2".to_owned())]);
        let sheet = "a { src: url(\"../fonts/inter.woff2\") format(\"woff2\"); mask: url(data:image/png;base64,AA==) }";
        let expected =
            "a { src: url(\"inter.01.woff2\") format(\"woff2\"); mask: url(data:image/png;base64,AA==) }";
        assert_eq!(rewritten(sheet, &names).unwrap(), expected);
        for strange in ["url(fonts/other.woff2)", "url(https://example.com/inter.woff2)", "url(inter.woff2"] {
            assert!(rewritten(strange, &names).is_err(), "{strange}");
        }
    }
}
