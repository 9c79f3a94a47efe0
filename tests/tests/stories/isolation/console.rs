//! What the console draws when it shows `a`: pages, counts, the Access explorer and its file. An owner sees every tenant; of
//! a page with `?tenant=a` all that is its own must be of `a`. The frame around it names the tenants to choose from, and
//! what is stopped anywhere. The owner of `a` alone says no tenant, and asks about what others have by name; of what others
//! have, the frame around it says nothing either.

use crate::isolation::difference::found;
use crate::isolation::plain::plain;
use crate::isolation::side::{Known, Side};
use crate::isolation::sketch::{MARKER, Sketch};
use regex::Regex;
use std::sync::LazyLock;
use tests::console::own;

/// Addresses of pages.
const PAGES: &[&str] = &[
    "/?tenant=a",
    "/decisions?tenant=a",
    "/decisions?tenant=a&subject=both",
    "/decisions?tenant=a&resource=record%2Fr-2",
    "/decisions?tenant=a&from=2026-01-01&outcome=denied",
    "/rules?tenant=a",
    "/rules/rates?tenant=a",
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
    "/rules",
    "/rules/rates",
    "/rules?search=zq7",
    "/subjects",
    "/subjects?q=zq7",
    "/subjects/both",
    "/subjects/bot",
    "/subjects/ben",
    "/roles",
    "/tasks",
    "/tasks?state=all&subject=both",
    "/changes",
    "/changes?object=both",
    "/approvals",
    "/approvals?view=history",
    "/resources",
    "/resources?type=vault",
    "/access",
    "/access?tool=shop%2Frefund",
    "/access?tool=theirs%2Fshow",
    "/access?subject=both",
    "/access?subject=ben",
    "/search?q=zq7",
    "/search?q=both",
    "/emergency",
];

/// Calls that the same owner tries.
const TRIED: &[&str] = &[
    "/try",
    "/try?subject=ada&tool=theirs%2Fshow",
    "/try?subject=ada&tenant=b&tool=shop%2Fshow",
    "/try?subject=ada&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22c-1%22%2C%22amount%22%3A50%7D",
    "/try?subject=ada&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22t-1%22%2C%22amount%22%3A50%7D",
    "/try?subject=both&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22c-1%22%2C%22amount%22%3A50%7D",
    "/try?subject=both&tenant=b&tool=shop%2Fshow",
    "/try?subject=bot&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22c-2%22%2C%22amount%22%3A70%7D",
    "/try?subject=both&agent=bot&tool=shop%2Frefund&arguments=%7B%22customer_id%22%3A%22c-1%22%2C%22amount%22%3A50%7D",
    "/try?subject=ada&agent=both&tool=shop%2Fshow",
    "/try?subject=ada&agent=ben&tool=shop%2Fshow",
    "/try?subject=ada&tenant=b&agent=both&tool=shop%2Fshow",
    "/try?subject=ben&tool=shop%2Fshow",
    "/try?subject=ben&tenant=b&tool=shop%2Fshow",
    "/try?subject=their-0&tool=shop%2Fshow",
    "/try?subject=ada&action=write&type=record&id=r-1",
    "/try?subject=ada&action=write&type=record&id=r-2&properties=%7B%22state%22%3A%22open%22%7D",
    "/try?subject=both&action=read&type=record&id=r-2",
    "/try?subject=both&tenant=b&action=read&type=record&id=r-2",
    "/try?subject=ada&agent=ben&action=read&type=customer&id=t-1",
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
        // When a key was last used is written beside the answers, a moment later.
        (r#"(?s)<td data-label="Last used">.*?</td>"#, ""),
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

/// The page's own part, without what differs by itself.
fn left(html: &str) -> String {
    let own = own(html).unwrap_or_else(|| panic!("no main part: {html:.500}"));
    let left = PLAIN
        .iter()
        .fold(own.to_owned(), |text, (pattern, plain)| pattern.replace_all(&text, *plain).into_owned());
    plain(&left)
}

/// What the owner of `a` alone is shown, and what an owner of every tenant is shown of `a`: as far as the sketch asks.
pub(crate) async fn shown(side: &Side, known: &Known, sketch: &Sketch) -> Vec<(String, String)> {
    let tried = if sketch.tried { TRIED } else { &[] };
    let (pages, files) = if sketch.whole || !sketch.tried { (PAGES, FILES) } else { (&[][..], &[][..]) };
    let mut all = Vec::new();
    for path in WITHIN.iter().chain(tried).map(ToString::to_string).chain(by_id(known)) {
        let (status, html) = side.look_within(&path).await;
        let around = found(&html, MARKER).unwrap_or_default();
        all.push((format!("the page {path} from within"), format!("{status}\n{}\n{around}", left(&html))));
    }
    for path in pages {
        let (status, html) = side.look(path).await;
        all.push((format!("the page {path}"), format!("{status}\n{}", left(&html))));
    }
    for path in files {
        let (status, text) = side.look(path).await;
        all.push((format!("the file {path}"), format!("{status}\n{}", plain(&text))));
    }
    all
}

/// Pages of one thing, whose ids differ.
fn by_id(known: &Known) -> [String; 5] {
    [
        format!("/tasks/{}", known.task),
        format!("/tasks/{}", known.their_task),
        format!("/rules/{}", known.their_rule),
        format!("/decisions/{}", known.their_decision),
        format!("/changes/{}", known.their_change),
    ]
}
