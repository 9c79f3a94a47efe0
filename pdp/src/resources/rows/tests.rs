//! Files of both formats, and lines that are made to hurt.

use super::*;
use serde_json::json;
use std::io::Write;

fn file(text: &str) -> File {
    // Unlinked at once: the handle is all that is needed.
    let path = std::env::temp_dir().join(format!("countersign-rows-{}", uuid::Uuid::now_v7()));
    let mut file = File::options().read(true).write(true).create_new(true).open(&path).expect("a file");
    std::fs::remove_file(&path).expect("is unlinked");
    file.write_all(text.as_bytes()).expect("is written");
    file
}

fn read(text: &str, format: FileFormat, tenant: Option<&str>) -> Batch {
    let mut rows = Rows::open(file(text), format, tenant.map(TenantSlug::from), 0, 0).expect("opens");
    let batch = rows.next_batch().expect("reads");
    assert!(batch.is_last);
    batch
}

fn refused(text: &str, tenant: Option<&str>) -> String {
    Rows::open(file(text), FileFormat::Csv, tenant.map(TenantSlug::from), 0, 0)
        .expect_err("refused")
        .to_string()
}

#[test]
fn both_formats_say_the_same() {
    let csv = "type,id,tenant,sensitivity,attributes.region,attributes\r\n\
        customer,c-1,acme,confidential,eu,\r\n\
        \n\
        customer,\"c,2\",globex,,,\"{\"\"vip\"\": true}\"\n";
    let jsonl = "{\"type\":\"customer\",\"id\":\"c-1\",\"tenant\":\"acme\",\"sensitivity\":\"confidential\",\"attributes\":{\"region\":\"eu\"}}\n\
        \n\
        {\"type\":\"customer\",\"id\":\"c,2\",\"tenant\":\"globex\",\"attributes\":{\"vip\":true}}";
    let (one, two) = (read(csv, FileFormat::Csv, None), read(jsonl, FileFormat::Jsonl, None));
    assert_eq!((one.refused.len(), two.refused.len()), (0, 0), "{one:?} {two:?}");
    let resources = |batch: &Batch| batch.resources.iter().map(|(_, one)| one.clone()).collect::<Vec<_>>();
    assert_eq!(resources(&one), resources(&two));
    assert_eq!(one.resources.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(two.resources.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
    let last = &one.resources[1].1;
    assert_eq!((last.id.as_str(), last.attributes.get("vip")), ("c,2", Some(&json!(true))));
    assert_eq!((one.position, two.position), (csv.len() as i64, jsonl.len() as i64));
}

#[test]
fn lines_that_are_refused_are_told_and_the_others_taken() {
    let long = "x".repeat(1_001);
    for line in [
        "{",
        "[]",
        "{\"type\":\"customer\"}",
        "{\"type\":\"customer\",\"id\":7}",
        "{\"type\":\"customer\",\"id\":\"\"}",
        "{\"type\":\"customer\",\"id\":\"a\\u0000\"}",
        "{\"type\":\"customer\",\"id\":\"a\",\"id\":\"b\"}",
        "{\"type\":\"customer\",\"id\":\"a\",\"tennant\":\"acme\"}",
        "{\"type\":\"customer\",\"id\":\"a\",\"tenant\":\"globex\"}",
        "{\"type\":\"customer\",\"id\":\"a\",\"sensitivity\":\"secret\"}",
        "{\"type\":\"customer\",\"id\":\"a\",\"attributes\":[]}",
        "{\"type\":\"customer\",\"id\":\"a\",\"attributes\":{\"n\":1e400}}",
        "{\"type\":\"tool\",\"id\":\"a\"}",
        "{\"type\":\"Customer\",\"id\":\"a\"}",
        &format!("{{\"type\":\"customer\",\"id\":\"{long}\"}}"),
        &format!(
            "{{\"type\":\"customer\",\"id\":\"a\",\"attributes\":{{\"x\":\"{}\"}}}}",
            "x".repeat(17_000)
        ),
        &"x".repeat(MAX_ROW + 1),
        &"[".repeat(1_000),
    ] {
        let good = "{\"type\":\"customer\",\"id\":\"c-1\"}";
        let batch = read(&format!("{line}\n{good}\n"), FileFormat::Jsonl, Some("acme"));
        let shown: String = line.chars().take(80).collect();
        assert_eq!(batch.refused.len(), 1, "{shown}");
        assert_eq!((batch.refused[0].line, batch.resources.len()), (1, 1), "{shown}");
    }
    let csv = "type,id,attributes.a,attributes\ncustomer\ncustomer,a,b,{\ncustomer,a,b,\"{\"\"a\"\":1}\"\ncustomer,a,b,\n";
    let batch = read(csv, FileFormat::Csv, Some("acme"));
    assert_eq!(batch.refused.iter().map(|one| one.line).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(batch.resources.len(), 1);
}

#[test]
fn what_is_no_header_is_no_file() {
    for (text, why) in [
        ("", "is not there"),
        ("id,tenant\n", "`type`"),
        ("type,tenant\n", "`id`"),
        ("type,id\n", "`tenant`"),
        ("type,id,tenant,regoin\n", "regoin"),
        ("type,id,tenant,attributes.\n", "attributes."),
        ("type,id,tenant,id\n", "twice"),
        ("\"type,id\n", "within quotes"),
    ] {
        let error = refused(text, None);
        assert!(error.contains(why), "{text:?}: {error}");
    }
    let many =
        format!("type,id,tenant{}\n", (0..300).map(|n| format!(",attributes.a{n}")).collect::<String>());
    assert!(refused(&many, None).contains("columns"));
    let marked = read("\u{feff}type,id\ncustomer,a\n", FileFormat::Csv, Some("acme"));
    assert_eq!(marked.resources.len(), 1);
}

#[test]
fn reading_goes_on_where_it_stopped() {
    let mut text = "type,id\n".to_owned();
    for n in 0..2_500 {
        text.push_str(&format!("customer,\"c-\n{n}\"\ncustomer,c-{n}\n"));
    }
    let open = |position, line| {
        Rows::open(file(&text), FileFormat::Csv, Some("acme".into()), position, line).expect("opens")
    };
    let mut whole = open(0, 0);
    let (mut position, mut line) = (0, 0);
    loop {
        let expected = whole.next_batch().expect("reads");
        let found = open(position, line).next_batch().expect("reads");
        let lines = |batch: &Batch| batch.resources.iter().map(|(line, _)| *line).collect::<Vec<_>>();
        assert_eq!(lines(&found), lines(&expected));
        assert_eq!((found.position, found.line), (expected.position, expected.line));
        // An id with a line feed is refused, and counted as the two lines that it is.
        assert!(expected.refused.iter().all(|one| one.line % 3 == 2));
        (position, line) = (expected.position, expected.line);
        if expected.is_last {
            break;
        }
    }
    assert_eq!(position, text.len() as i64);
}
