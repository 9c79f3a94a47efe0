//! What the console draws when it shows `a`: pages, counts, the Access explorer and its file. An owner sees every tenant; of
//! a page with `?tenant=a` all that is its own must be of `a`. The frame around it names the tenants to choose from, and
//! what is stopped anywhere.

use crate::isolation::plain::plain;
use crate::isolation::side::Side;
use regex::Regex;
use std::sync::LazyLock;

/// Addresses of pages.
const PAGES: &[&str] = &[
    "/?tenant=a",
    "/decisions?tenant=a",
    "/decisions?tenant=a&subject=both",
    "/decisions?tenant=a&from=2026-01-01&outcome=denied",
    "/rules?tenant=a",
    "/tasks?tenant=a",
    "/resources?tenant=a",
    "/changes?tenant=a",
    "/access?tenant=a",
    "/access?tenant=a&tool=shop%2Frefund",
    "/access?tenant=a&tool=theirs%2Fshow",
    "/access?tenant=a&subject=both",
    "/access?tenant=a&subject=ben",
    "/search?tenant=a&q=shop",
    "/search?tenant=a&q=both",
    "/search?tenant=a&q=zq7",
];

/// Addresses of files.
const FILES: &[&str] = &[
    "/access/export.csv?tenant=a",
    "/access/export.csv?tenant=a&tool=shop%2Frefund",
    "/access/export.csv?tenant=a&tool=theirs%2Fshow",
    "/access/export.csv?tenant=a&subject=both",
    "/access/export.csv?tenant=a&subject=ben",
];

/// What differs from one moment, and from one database, to the next by itself.
static PLAIN: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        // The bars and their hours; the numbers beside them stay.
        (r"(?s)<figure.*?</figure>", "<figure>"),
        (r"(?s)<time.*?</time>", "<time>"),
        (r"(?s)<style.*?</style>|<script.*?</script>", ""),
        (r"\b(in )?\d+ (s|min|h|days)( ago)?\b", "<moment>"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "<moment>"),
        // What all tenants share was changed so often.
        (r"Revision \d+", "Revision <n>"),
        // Ids that are cut in the middle.
        (r"[0-9a-f]{8}…[0-9a-f]{6}", "<id>"),
    ]
    .map(|(pattern, plain)| (Regex::new(pattern).expect("a pattern"), plain))
    .into()
});

/// The page's own part.
fn own(html: &str) -> &str {
    let (_, rest) = html.split_once("<main").unwrap_or_else(|| panic!("no main part: {html}"));
    let (own, _) = rest.split_once("</main>").unwrap_or_else(|| panic!("it does not end: {html}"));
    own
}

/// All of them, as an owner reads them.
pub(crate) async fn shown(side: &Side) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for path in PAGES {
        let html = side.look(path).await;
        let left = PLAIN.iter().fold(own(&html).to_owned(), |text, (pattern, plain)| {
            pattern.replace_all(&text, *plain).into_owned()
        });
        all.push((format!("the page {path}"), plain(&left)));
    }
    for path in FILES {
        all.push((format!("the file {path}"), plain(&side.look(path).await)));
    }
    all
}
