//! Texts that are no JSON, are JSON of two meanings, or are too much of it.

use crate::hostile_bodies::{BATCH, JSON, SINGLE, good};
use tests::{Backend, World};

pub(super) async fn hostile_texts_are_refused_and_leave_no_record(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let good = good(&world).to_string();
    let with = |argument: &str| good.replace("\"c-42\"", argument).into_bytes();
    let nested = |levels: usize| with(&format!("{}1{}", "[".repeat(levels), "]".repeat(levels)));
    let mut texts: Vec<Vec<u8>> = vec![
        format!("\u{feff}{good}").into_bytes(),
        good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        [&b"\xff"[..], good.as_bytes()].concat(),
        [&good.as_bytes()[..good.len() - 1], b",\"\xc3\x28\":1}"].concat(),
        good.as_bytes()[..good.len() - 1].to_vec(),
        format!("{good}{good}").into_bytes(),
        format!("{good} x").into_bytes(),
        format!("{good}\0").into_bytes(),
        format!("/* */{good}").into_bytes(),
        format!("[{good}]").into_bytes(),
        format!("{{\"a\":{good}}}").into_bytes(),
        good.replacen('{', "{\"action\":{\"name\":\"tools/call\"},", 1).into_bytes(),
        good.replace("\"name\":", "\"\\u006eame\":\"x\",\"name\":").into_bytes(),
        good.replace('"', "'").into_bytes(),
        nested(61),
        nested(500),
        b"[".repeat(1_000_000),
        b"{\"a\":".repeat(200_000),
        with(&"9".repeat(100_000)),
        with(&format!("\"{}", "\\".repeat(100_000))),
    ];
    texts.extend(
        [
            "",
            " ",
            "\n",
            "null",
            "true",
            "5",
            "\"x\"",
            "[]",
            "{}",
            "{",
            "}",
            "{]",
            "nul",
            "NaN",
            "{\"a\"}",
            "{a:1}",
            "{,}",
            "{\"a\":1,}",
        ]
        .map(|text| text.as_bytes().to_vec()),
    );
    texts.extend(
        [
            "{\"a\":1,\"a\":1}",
            "{\"a\":{\"b\":[{\"c\":1,\"c\":2}]}}",
            "[{\"x\":1,\"\\u0078\":2}]",
            "1e400",
            "-1e400",
            "1e-400",
            "18446744073709551616",
            "-9223372036854775809",
            "100.00000000000000001",
            "0.1000000000000000055511151231257827",
            "01",
            "+1",
            ".5",
            "1.",
            "0x10",
            "1e",
            "--1",
            "Infinity",
            "-Infinity",
            "\"\\u0000\"",
            "\"\0\"",
            "{\"\\u0000\":1}",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\\x41\"",
            "\"a\nb\"",
            "\"\t\"",
            "[1,]",
            "[,1]",
            "undefined",
        ]
        .map(with),
    );
    assert!(crm.send(SINGLE, JSON, good.clone().into_bytes()).await.allowed());
    for text in &texts {
        let shown = String::from_utf8_lossy(&text[..text.len().min(200)]).into_owned();
        for path in [SINGLE, BATCH] {
            let told = crm.send(path, JSON, text.clone()).await;
            assert_eq!((told.status, told.body.is_string()), (400, true), "{path} {shown}: {told:?}");
            assert!(told.decision_id.is_none());
            assert!(told.body.to_string().len() < 1_000, "{told:?}");
        }
    }
    // As much as is taken, to the byte, and one byte more.
    let mut whole = good.clone();
    whole.push_str(&" ".repeat(1024 * 1024 - good.len()));
    assert!(crm.send(SINGLE, JSON, whole.clone().into_bytes()).await.allowed());
    whole.push(' ');
    assert_eq!(crm.send(SINGLE, JSON, whole.into_bytes()).await.status, 413);
    // Deep and large, but within what is read: a decision, and a denial.
    for (body, reason) in [
        (nested(60), "arguments_invalid"),
        (with(&format!("\"{}\"", "x".repeat(300_000))), "arguments_too_large"),
        (with("\"\u{202e}\\ud83d\\ude00\""), "allowed"),
    ] {
        assert_eq!(crm.send(SINGLE, JSON, body).await.reason(), reason);
    }
    let page = store::decisions::Page { limit: 100, ..Default::default() };
    let recorded = world.store.list_decisions(&Default::default(), &page).await.expect("lists");
    assert_eq!(recorded.rows.len(), 5, "what was decided, and nothing else");
    replica.stop().await;
}
