//! Answers without what differs from one database to the next by itself: ids, times, digests that are keyed, and how often
//! anything that all tenants share was changed.

use regex::Regex;
use std::sync::LazyLock;

static PLAIN: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        // Signed for one request, by a key of this database.
        (r#""binding_token":"[^"]*""#, r#""binding_token":"<token>""#),
        // Where this very server listens.
        (r"http://127\.0\.0\.1:\d+", "<address>"),
        // A cursor is an id, written otherwise.
        (r#""next":"[^"]*""#, r#""next":"<next>""#),
        // Written beside the answers, a moment later.
        (r#","last_used_at":"[^"]*""#, ""),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"\b[0-9a-f]{64}\b", "<digest>"),
        (r#"("global_revision"|"global"):\d+"#, "$1:<n>"),
        (r"global: \d+", "global: <n>"),
    ]
    .map(|(pattern, plain)| (Regex::new(pattern).expect("a pattern"), plain))
    .into()
});

pub(crate) fn plain(text: &str) -> String {
    PLAIN
        .iter()
        .fold(text.to_owned(), |text, (pattern, plain)| pattern.replace_all(&text, *plain).into_owned())
}

#[test]
fn what_is_left_is_what_matters() {
    let text = r#"{"at":"2026-11-26T17:00:00.123456Z","id":"01936f6e-0000-7000-8000-0123456789ab","global":true,
        "revision":{"global":17,"tenant":3},"next":"YWJj","why":"no rule"}"#;
    let left = plain(text);
    assert!(left.contains(r#""at":"<time>","id":"<id>","global":true"#), "{left}");
    assert!(left.contains(r#"{"global":<n>,"tenant":3},"next":"<next>","why":"no rule"}"#), "{left}");
}
