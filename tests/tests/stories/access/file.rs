//! The answer as a file: what the pages show, whatever things are called.

use crate::access::lab::{Lab, MEMBERS, call, names};
use crate::access::page::{self, Row};
use crate::reach::house::encode;
use serde_json::json;
use tests::Backend;

/// Names of people, roles and tools that a spreadsheet, a file or a page could take for something else.
const HOSTILE: &[&str] = &[
    "\u{ff1d}1",
    "+1",
    "-2+3",
    "<b>bold</b>",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "a\"b\",\"c",
    "a,b;c",
    "ev\u{202e}il",
    "show",
    "show ",
    " show",
];

/// What a field begins with that a spreadsheet would take for a formula.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

const LINES: &str = "args.note == \"x, y\"\n  || args.note == '=1'";

/// The laboratory, and each of these names for a member, a role and a tool. The tool `show` is allowed to all.
async fn world(backend: Backend) -> Lab {
    let lab = Lab::open(backend).await;
    let member = |name: &&str| json!({"id": name, "kind": "user", "memberships": [{"tenant": "lab"}]});
    let role = |name: &&str| json!({ "name": name, "tenant": "lab" });
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let tool = |name: &&str| json!({ "name": name, "input_schema": schema });
    let bundle = json!({
        // Not those of blanks: a column of them would be hard to tell from another.
        "roles": HOSTILE[..8].iter().map(role).collect::<Vec<_>>(),
        "subjects": HOSTILE.iter().map(member).collect::<Vec<_>>(),
        "servers": [{"slug": "odd", "url": "http://127.0.0.1:9022/mcp", "tenants": ["lab"],
            "tools": HOSTILE.iter().map(tool).collect::<Vec<_>>()}],
        "rules": [
            {"name": "=showing", "tenant": "lab", "effect": "allow", "tools": ["odd/show"]},
            {"name": "two lines", "tenant": "lab", "effect": "allow", "tools": ["odd/=cmd*"], "when": LINES},
        ],
    });
    lab.house.world.apply(&bundle.to_string()).await;
    lab
}

/// A field of the file, as it stands there.
fn harmless(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

fn fields(parts: [&str; 4]) -> Vec<String> {
    parts.map(harmless).into()
}

/// The lines that the file must have for what a page shows.
fn expected(rows: &[Row], pair: impl Fn(&str) -> (String, String)) -> Vec<Vec<String>> {
    let line = |row: &Row| {
        let (subject, tool) = pair(&row.name);
        fields([&subject, &tool, &row.access, &row.why.join("; ")])
    };
    let head = ["subject", "tool", "access", "why"].map(str::to_owned).to_vec();
    [head].into_iter().chain(rows.iter().map(line)).collect()
}

pub(crate) async fn the_file_holds_what_the_pages_show(backend: Backend) {
    let lab = world(backend).await;
    let answer = lab.get("/access/export.csv?tenant=lab").await;
    let header =
        |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    let disposition = header("content-disposition");
    let day = disposition.strip_prefix("attachment; filename=\"countersign-access-20");
    assert!(day.is_some_and(|day| day.ends_with(".csv\"") && day.len() == 13), "{disposition}");

    let mut all = vec![page::csv(&answer.text)];
    let matrix = lab.matrix().await;
    for (tool, ..) in
        matrix.rows.iter().filter(|(tool, ..)| tool.starts_with("odd/") || tool == "desk/refund")
    {
        let file = lab.file(&format!("&tool={}", encode(tool))).await;
        assert_eq!(
            file,
            expected(&lab.who(tool).await, |subject| (subject.to_owned(), tool.clone())),
            "{tool}"
        );
        all.push(file);
    }
    for subject in HOSTILE.iter().chain(&MEMBERS[..3]) {
        let file = lab.file(&format!("&subject={}", encode(subject))).await;
        let rows = lab.what(subject).await;
        assert_eq!(file, expected(&rows, |tool| ((*subject).to_owned(), tool.to_owned())), "{subject}");
        all.push(file);
    }
    let mut lines = all[0].iter();
    assert_eq!(lines.next().expect("a head"), &["tool", "role", "access", "why"]);
    for (tool, _, words) in &matrix.rows {
        for (role, word) in matrix.roles.iter().zip(words) {
            let line = lines.next().expect("a line for each tool and role");
            assert_eq!(line[..3], [harmless(tool), harmless(role), word.clone()]);
            assert_eq!(line[3].is_empty(), word == "never", "{line:?}");
        }
    }
    assert_eq!(lines.next(), None);

    // Nothing in it is a formula, and each of the names is in it.
    let written: Vec<&String> = all.iter().flatten().flatten().collect();
    assert!(written.iter().all(|field| !field.starts_with(FORMULA)), "{written:?}");
    for name in ["'=cmd|' /C calc'!A0", "'+1", "'-2+3", "'@SUM(1)", "'\u{ff1d}1", "a\"b\",\"c", "show "] {
        assert!(written.iter().any(|field| *field == name), "{name}");
    }
    let two_lines = format!("`two lines` allows it if `{LINES}` holds");
    assert!(written.iter().any(|field| field.starts_with(&two_lines)), "{written:?}");
    lab.stop().await;
}

pub(crate) async fn a_name_of_blanks_is_not_another_one(backend: Backend) {
    let lab = world(backend).await;
    // Where a link leads, it is told of what the link says.
    let matrix = lab.matrix().await;
    for (tool, href, _) in matrix.rows.iter().filter(|(tool, ..)| tool.starts_with("odd/")) {
        let rows = page::list(&lab.page(href).await, "Who can call the tool");
        let reasons = lab.reasons(&[call("l-ann", tool, &json!({}), &json!({}))]).await;
        let row = rows.iter().find(|row| row.name == "l-ann").expect("a member");
        let is_shown = tool == "odd/show";
        assert_eq!(
            (reasons[0] == "allowed", row.why[0].contains("`=showing`")),
            (is_shown, is_shown),
            "{row:?}"
        );
        let what = page::list(&lab.page(&row.href).await, "What the subject can call");
        let back = what.iter().find(|row| row.name == *tool).expect("the tool");
        assert_eq!((&back.access, &back.why, &back.href), (&row.access, &row.why, href), "{tool}");
    }
    lab.house.world.apply("subjects: [{ id: show, active: false }]").await;
    let rows = lab.who("odd/show").await;
    for (name, word) in [("show", "never"), ("show ", "conditions"), (" show", "conditions")] {
        let row = rows.iter().find(|row| row.name == name).expect("a member");
        assert_eq!(row.access, word, "{name:?}");
        let what = page::list(&lab.page(&row.href).await, "What the subject can call");
        let back = what.iter().find(|row| row.name == "odd/show").expect("the tool");
        assert_eq!(back.access, word, "{name:?}");
    }
    // Who types a blank too many means what there is.
    for (typed, meant) in
        [("tool=%20desk%2Fshow%20", "tool=desk%2Fshow"), ("subject=l-ann%20", "subject=l-ann")]
    {
        assert_eq!(lab.file(&format!("&{typed}")).await, lab.file(&format!("&{meant}")).await, "{typed}");
        let typed = lab.page(&format!("/access?tenant=lab&{typed}")).await;
        assert!(!typed.contains("Nothing matches these filters"), "{typed}");
    }
    assert_eq!(names(&lab.who(" desk/show").await), names(&lab.who("desk/show").await));
    // And links lead to whom that is.
    let typed = lab.page("/access?tenant=lab&subject=l-ann%20&agent=%20l-bot").await;
    for meant in ["href=\"/subjects/l-ann\"", "href=\"/subjects/l-bot\""] {
        assert!(typed.contains(meant), "{meant}: {typed}");
    }
    lab.stop().await;
}
