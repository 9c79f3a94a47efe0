//! Reads the pages of the explorer, and its file, as whoever looks at them does.

use crate::inbox::html::unescaped;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A line of a list: a subject or a tool, the word, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// As the file says it.
    pub(crate) access: String,
    pub(crate) why: Vec<String>,
    /// Where the name leads.
    pub(crate) href: String,
}

/// Tools by roles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Matrix {
    pub(crate) roles: Vec<String>,
    /// Each with where its name leads, and a word for each role.
    pub(crate) rows: Vec<(String, String, Vec<String>)>,
}

impl Matrix {
    /// The word for this tool and this role.
    pub(crate) fn word(&self, tool: &str, role: &str) -> &str {
        let place = self.roles.iter().position(|known| known == role);
        let place = place.unwrap_or_else(|| panic!("no role {role}: {:?}", self.roles));
        let row = self.rows.iter().find(|(known, ..)| known == tool);
        &row.unwrap_or_else(|| panic!("no tool {tool}: {self:?}")).2[place]
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

static TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<table\b.*?</table>"));
static LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<tr\b[^>]*>(.*?)</tr>"));
static CELL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<t[hd]\b[^>]*>(.*?)</t[hd]>"));
static HREF: LazyLock<Regex> = LazyLock::new(|| pattern(r#"href="([^"]*)""#));
static FLAG: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?s)<span class="flag">.*?</span>"#));
static CHIP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"<span[^>]*chip-char[^>]*>U\+([0-9A-F]{4,6})</span>"));
static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"</?code\b[^>]*>"));
static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"<[^>]*>"));

/// What is read where this stands. What is between backticks is drawn as code, a hidden character as its number.
fn text(html: &str) -> String {
    let text = FLAG.replace_all(html, "");
    let text = CHIP.replace_all(&text, |found: &Captures<'_>| {
        let number = u32::from_str_radix(&found[1], 16).expect("a number");
        char::from_u32(number).expect("a character").to_string()
    });
    let text = CODE.replace_all(&text, "`");
    unescaped(&TAG.replace_all(&text, ""))
}

/// The cells of a table that is called so, line by line, with their markup.
fn cells(html: &str, caption: &str) -> Vec<Vec<String>> {
    let caption = format!(">{caption}</caption>");
    let mut tables = TABLE.find_iter(html).map(|table| table.as_str());
    let table = tables.find(|table| table.contains(&caption));
    let table = table.unwrap_or_else(|| panic!("no table {caption}: {html}"));
    let cells = |line: Captures<'_>| CELL.captures_iter(&line[1]).map(|cell| cell[1].to_owned()).collect();
    LINE.captures_iter(table).map(cells).collect()
}

fn href(html: &str) -> String {
    unescaped(&HREF.captures(html).unwrap_or_else(|| panic!("no link: {html}"))[1])
}

/// The file's word for the one on the screen.
fn word(html: &str) -> String {
    match text(html).trim() {
        "With conditions" => "conditions".to_owned(),
        "Never" => "never".to_owned(),
        // Nothing is sure where the call is not known.
        other => panic!("what is {other}?"),
    }
}

/// Members and one tool, or tools and one member.
pub(crate) fn list(html: &str, caption: &str) -> Vec<Row> {
    let lines = cells(html, caption).into_iter().skip(1);
    lines
        .map(|cells| {
            let [name, access, why] = cells.as_slice() else { panic!("{cells:?}") };
            let why = why.split("</div>").map(|line| text(line).trim().to_owned());
            Row {
                name: text(name),
                access: word(access),
                why: why.filter(|line| !line.is_empty()).collect(),
                href: href(name),
            }
        })
        .collect()
}

pub(crate) fn matrix(html: &str) -> Matrix {
    let mut lines = cells(html, "Tools by roles").into_iter();
    let head = lines.next().expect("a head");
    let rows = lines.map(|cells| {
        let (name, words) = cells.split_first().expect("a tool");
        (text(name), href(name), words.iter().map(|cell| word(cell)).collect())
    });
    Matrix { roles: head.iter().skip(1).map(|cell| text(cell)).collect(), rows: rows.collect() }
}

/// Where a link of these words leads.
pub(crate) fn link(html: &str, words: &str) -> Option<String> {
    let link = pattern(&format!(r"<a\b([^>]*)>{words}</a>"));
    link.captures(html).map(|found| href(&found[1]))
}

/// The lines of a file by RFC 4180, every field of which stands in quotes.
pub(crate) fn csv(text: &str) -> Vec<Vec<String>> {
    let mut lines = vec![Vec::new()];
    let mut rest = text;
    while !rest.is_empty() {
        let (field, behind) = field(rest.strip_prefix('"').unwrap_or_else(|| panic!("no quote: {rest}")));
        lines.last_mut().expect("a line").push(field);
        rest = match behind.strip_prefix("\r\n") {
            Some(next) => {
                lines.push(Vec::new());
                next
            }
            None => behind.strip_prefix(',').unwrap_or_else(|| panic!("neither comma nor end: {behind}")),
        };
    }
    assert_eq!(lines.pop(), Some(Vec::new()), "the last line ends: {text}");
    lines
}

/// A field behind its first quote, and what comes behind its last.
fn field(text: &str) -> (String, &str) {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, behind) = rest.split_once('"').unwrap_or_else(|| panic!("no end: {text}"));
        field.push_str(before);
        match behind.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return (field, behind),
        }
    }
}

#[test]
fn a_file_reads_back() {
    assert_eq!(csv("\"a\",\"b\"\"c\r\n\"\r\n\"d\"\r\n"), [vec!["a", "b\"c\r\n"], vec!["d"]]);
    assert_eq!(csv(""), Vec::<Vec<String>>::new());
}
