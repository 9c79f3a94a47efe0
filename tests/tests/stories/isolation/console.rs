//! What the console draws when it shows `a`: pages, counts, the Access explorer and its file. An owner sees every tenant; of
//! a page with `?tenant=a` all that is its own must be of `a`. The frame around it names the tenants to choose from, and
//! what is stopped anywhere. The owner of `a` alone says no tenant, and asks about what others have by name.

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
    "/access?tenant=a&subject=both&agent=bot",
    "/search?tenant=a&q=shop",
    "/search?tenant=a&q=both",
    "/search?tenant=a&q=zq7",
];

/// Addresses of pages, as the owner of `a` alone opens them.
const WITHIN: &[&str] = &[
    "/",
    "/decisions",
    "/roles",
    "/approvals?view=history",
    "/resources",
    "/resources?type=vault",
    "/emergency",
    "/try",
    "/try?subject=ada&tool=theirs%2Fshow",
    "/try?subject=ada&tenant=b&tool=shop%2Fshow",
    "/try?subject=ada&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22c-1%22%2C%22amount%22%3A50%7D",
    "/try?subject=ada&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22t-1%22%2C%22amount%22%3A50%7D",
    "/try?subject=both&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22c-1%22%2C%22amount%22%3A50%7D",
    "/try?subject=both&tenant=b&tool=shop%2Fshow",
    "/try?subject=bot&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22c-2%22%2C%22amount%22%3A70%7D",
    "/try?subject=ben&tool=shop%2Fshow",
    "/try?subject=ben&tenant=b&tool=shop%2Fshow",
    "/try?subject=their-0&tool=shop%2Fshow",
];

/// Addresses of files.
const FILES: &[&str] = &[
    "/access/export.csv?tenant=a",
    "/access/export.csv?tenant=a&tool=shop%2Frefund",
    "/access/export.csv?tenant=a&tool=theirs%2Fshow",
    "/access/export.csv?tenant=a&subject=both",
    "/access/export.csv?tenant=a&subject=ben",
    "/access/export.csv?tenant=a&subject=both&agent=bot",
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

/// The same without what differs by itself.
fn left(html: &str) -> String {
    let left = PLAIN
        .iter()
        .fold(own(html).to_owned(), |text, (pattern, plain)| pattern.replace_all(&text, *plain).into_owned());
    plain(&left)
}

/// All of them, as owners read them.
pub(crate) async fn shown(side: &Side) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for path in PAGES {
        all.push((format!("the page {path}"), left(&side.look(path).await)));
    }
    for path in WITHIN {
        all.push((format!("the page {path} from within"), left(&side.look_within(path).await)));
    }
    for path in FILES {
        all.push((format!("the file {path}"), plain(&side.look(path).await)));
    }
    all
}
