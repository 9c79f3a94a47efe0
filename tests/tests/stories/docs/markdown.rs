//! As much of Markdown as the pages use.

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// Of its opening fence, from 1.
    pub(crate) line: usize,
    pub(crate) language: &'a str,
    pub(crate) body: Vec<&'a str>,
    /// The last line before it that is not empty.
    pub(crate) before: &'a str,
}

/// The fenced blocks of a page, and its other lines with their numbers.
pub(crate) fn read(text: &str) -> (Vec<Block<'_>>, Vec<(usize, &str)>) {
    let (mut blocks, mut prose) = (Vec::new(), Vec::new());
    let mut before = "";
    let mut lines = (1..).zip(text.lines());
    while let Some((line, content)) = lines.next() {
        let Some(language) = content.trim_start().strip_prefix("```") else {
            if !content.trim().is_empty() {
                before = content;
            }
            prose.push((line, content));
            continue;
        };
        let body = lines.by_ref().map(|(_, content)| content);
        let body = body.take_while(|content| !content.trim_start().starts_with("```")).collect();
        blocks.push(Block { line, language: language.trim(), body, before });
        before = "```";
    }
    (blocks, prose)
}

/// The anchor that a heading gets, as the common forges make it.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().chars().filter_map(|character| match character {
        ' ' => Some('-'),
        '-' | '_' => Some(character),
        _ => character.is_alphanumeric().then_some(character),
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[test]
fn blocks_are_told_from_prose() {
    let (blocks, prose) = read("one\n\n```sh\n# no heading\n```\n<!-- two -->\n```\nthree");
    let wanted = [
        Block { line: 3, language: "sh", body: vec!["# no heading"], before: "one" },
        Block { line: 7, language: "", body: vec!["three"], before: "<!-- two -->" },
    ];
    assert_eq!(blocks, wanted);
    assert_eq!(prose, [(1, "one"), (2, ""), (6, "<!-- two -->")]);
}

#[test]
fn an_anchor_is_the_heading_in_lower_case() {
    assert_eq!(anchor("## What then: `effects`, in short-hand"), "what-then-effects-in-short-hand");
}
