//! Links from one page to another, and to what lies in the repository.

use crate::docs::markdown;
use crate::docs::page::{Page, repository};

/// The relative links of a page that lead to no file, or to no heading of it.
pub(crate) fn broken(page: &Page) -> Vec<String> {
    let (_, prose) = markdown::read(&page.text);
    let links = prose.iter().flat_map(|(line, content)| targets(content).map(move |target| (line, target)));
    links
        .filter_map(|(line, target)| {
            let missing = missing(page, target)?;
            Some(format!("{}:{line}: `{target}` leads nowhere: {missing}", page.name))
        })
        .collect()
}

/// The targets of the links that stand in a line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|after| after.split_once(')')).map(|(target, _)| target)
}

/// What is missing at the end of this link.
fn missing(page: &Page, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let own = repository().join(&page.name);
    let file = if path.is_empty() { own } else { own.parent()?.join(path) };
    if !file.exists() {
        return Some(format!("there is no {}", file.display()));
    }
    if anchor.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(&file).expect("a link with an anchor leads to a text");
    let (_, prose) = markdown::read(&text);
    let mut headings = prose.iter().filter(|(_, content)| content.starts_with('#'));
    let found = headings.any(|(_, heading)| markdown::anchor(heading) == anchor);
    (!found).then(|| "there is no such heading".to_owned())
}

#[test]
fn a_line_may_hold_several_links() {
    let found: Vec<_> = targets("[a](b.md#c), [`d`](e/) and (f) [g]").collect();
    assert_eq!(found, ["b.md#c", "e/"]);
}
