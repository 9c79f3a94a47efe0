//! Excerpts of the examples, which stand there word for word.

use crate::docs::markdown::{self, Block};
use crate::docs::page::{Page, repository};

/// The page that shows servers how the examples do it, once in each language.
const SHOWS_EXAMPLES: &str = "docs/approvals-for-servers.md";

/// The example that a block is said to be an excerpt of, as a link from the page.
fn source<'a>(block: &Block<'a>) -> Option<&'a str> {
    let (_, link) = block.before.split_once(", as in [`examples/")?;
    let (_, target) = link.split_once("](")?;
    target.split_once(')').map(|(path, _)| path)
}

/// Whether the lines stand in the text, one after the other; how far each is indented does not count.
fn stand_in(excerpt: &[&str], text: &str) -> bool {
    let excerpt: Vec<&str> = excerpt.iter().map(|line| line.trim()).collect();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    !excerpt.is_empty() && lines.windows(excerpt.len()).any(|window| window == excerpt)
}

#[test]
fn every_excerpt_stands_in_its_example() {
    let mut found = 0;
    for page in Page::that_are_run() {
        let (blocks, _) = markdown::read(&page.text);
        for block in &blocks {
            let Some(path) = source(block) else { continue };
            let file = repository().join("docs").join(path);
            let text = std::fs::read_to_string(&file).expect("an excerpt links to its example");
            assert!(stand_in(&block.body, &text), "{}:{}: not so in {path}", page.name, block.line);
            found += usize::from(page.name == SHOWS_EXAMPLES);
        }
    }
    assert_eq!(found, 3, "{SHOWS_EXAMPLES} shows an excerpt of each of the three examples");
}

#[test]
fn an_excerpt_is_lines_that_follow_each_other() {
    let text = "fn main() {\n    one();\n    two();\n    three();\n}\n";
    assert!(stand_in(&["one();", "two();"], text));
    for excerpt in [&["one();", "three();"][..], &["two();", "one();"], &["one()"], &[]] {
        assert!(!stand_in(excerpt, text), "{excerpt:?}");
    }
}
