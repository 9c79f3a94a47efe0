//! What a reader sees of a page.

use regex::Regex;
use std::sync::LazyLock;

/// Code and data that came along, drawings, and the marks by which the browser takes a page over.
static UNSEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<script.*?</script>|<style.*?</style>|<svg.*?</svg>|<!--.*?-->|<!.*?>")
        .expect("a pattern")
});

static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<.*?>").expect("a pattern"));

/// `&` last: what it stands in was written once.
const ESCAPED: [(&str, &str); 6] =
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];

/// The markup of what is seen.
pub(crate) fn seen(html: &str) -> String {
    UNSEEN.replace_all(html, "").into_owned()
}

/// As it was before it was written into markup.
pub(crate) fn unescaped(markup: &str) -> String {
    ESCAPED.iter().fold(markup.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// The words of a piece of markup, one space between any two.
pub(crate) fn text(markup: &str) -> String {
    let words = unescaped(&TAG.replace_all(markup, " "));
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The markup of the card with this heading; none where there is no such card.
pub(crate) fn card<'a>(seen: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = seen.split_once(&format!("<h2>{heading}</h2>"))?;
    let end = rest.find("<section class=\"card\"").or_else(|| rest.find("</main>"));
    Some(end.map_or(rest, |end| &rest[..end]))
}

/// The markup of each row of the table with this caption.
pub(crate) fn rows<'a>(seen: &'a str, caption: &str) -> Vec<&'a str> {
    let (_, table) = seen
        .split_once(&format!(">{caption}</caption>"))
        .unwrap_or_else(|| panic!("no table “{caption}”: {seen}"));
    let (table, _) = table.split_once("</table>").expect("the table ends");
    let (_, body) = table.split_once("<tbody").expect("the table has a body");
    body.split("<tr").skip(1).collect()
}

/// The words of each cell of a row, without its head.
pub(crate) fn cells(row: &str) -> Vec<String> {
    row.split("<td").skip(1).map(|cell| text(&format!("<td{cell}"))).collect()
}

#[test]
fn what_is_seen_is_told_from_what_is_not() {
    let html = "<main><h2>A<!></h2><script>\"<h2>B</h2>\"</script><p>1 &lt;b&gt; <b>2</b>.</p>
        <section class=\"card\"><h2>C</h2><table><caption class=\"x\">D</caption><tbody><tr class=\"y\">
        <th>k</th><td>v &amp;lt;</td><td></td></tr></tbody></table></section></main>";
    let seen = seen(html);
    assert_eq!(card(&seen, "A").map(text).as_deref(), Some("1 <b> 2 ."));
    assert_eq!(card(&seen, "B"), None);
    let rows = rows(&seen, "D");
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(text(&format!("<tr{row}")), "k v &lt;");
    assert_eq!(cells(row), ["v &lt;", ""]);
    assert!(card(&seen, "C").is_some_and(|card| !card.contains("</main>")));
}
