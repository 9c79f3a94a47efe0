//! What is written reads back as it was, and like something that people write.

use super::*;
use serde_json::json;

fn written(value: Value) -> String {
    document(&[("k".to_owned(), value.into())])
}

fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("reads")
}

#[test]
fn it_reads_like_written_by_hand() {
    let value = json!({
        "name": "small refunds",
        "roles": ["support-agent", "finance"],
        "tools": ["crm/refund", "*/read_*"],
        "when": "args.amount < 100 && subject.region == \"eu\"",
        "none": [],
        "also": {},
        "list": [{"a": 1, "b": [true, null]}, [], [["x"], {"y": 1.5}], "two\nlines"],
        "text": "One.\n\nTwo: three.\n",
    });
    let expected = r#"
k:
  also: {}
  list:
    - a: 1
      b: [true, null]
    - []
    -
      - [x]
      - "y": 1.5
    - |-
      two
      lines
  name: small refunds
  none: []
  roles: [support-agent, finance]
  text: |
    One.

    Two: three.
  tools: [crm/refund, "*/read_*"]
  when: args.amount < 100 && subject.region == "eu"
"#;
    assert_eq!(written(value.clone()), expected);
    assert_eq!(read(expected), json!({"k": value}));
}

#[test]
fn whatever_could_be_taken_for_something_else_is_quoted() {
    for text in [
        "",
        " ",
        "yes",
        "No",
        "on",
        "y",
        "null",
        "NULL",
        "~",
        "true",
        "NaN",
        ".inf",
        "1",
        "1.0",
        "-1",
        "0x1F",
        "1e3",
        "1_000",
        "2026-11-01",
        "12:30",
        "2026-11-01T00:00:00Z",
        "-",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a:",
        "a #b",
        "#a",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "'a'",
        "\"a\"",
        "[a]",
        "{a}",
        "|",
        ">",
        "<<",
        "=",
        "---",
        "...",
        " a",
        "a ",
        "a\\b",
        "a\tb",
        "a\r\nb",
        "\n",
        "\n\n",
        "a\n\n",
        "a \nb",
        "a\n\tb",
        "\u{0}",
    ] {
        let out = written(json!(text));
        assert!(out.starts_with("\nk: \""), "{text:?}: {out}");
        assert_eq!(read(&out), json!({"k": text}), "{out}");
        let key = Value::Object([(text.to_owned(), json!([text]))].into_iter().collect());
        assert_eq!(read(&written(key.clone())), json!({"k": key}), "{text:?} as a key");
    }
}

#[test]
fn what_hides_is_escaped() {
    assert_eq!(written(json!("a\u{202e}b\u{e0041}")), "\nk: \"a\\u202eb\\U000e0041\"\n");
    assert_eq!(written(json!("a\u{ad}b\nc")), "\nk: \"a\\u00adb\\nc\"\n");
    assert_eq!(written(json!({"\u{200b}": "ü, 字, é"})), "\nk:\n  \"\\u200b\": ü, 字, é\n");
    for text in ["\u{feff}", "\u{85}", "\u{2028}", "\u{ffff}", "\u{1f600}\u{fe0f}", "\u{3164}a"] {
        assert_eq!(
            read(&written(json!([text, {text: text}]))),
            json!({"k": [text, {text: text}]}),
            "{text:?}"
        );
    }
}

#[test]
fn texts_of_several_lines_are_read_back() {
    for text in
        ["a\nb", "a\nb\n", "\na\n", "\n\n  a\nb", "  a\n b", "a\n  b\n\n\nc\n", "- a\n# b\nc: d", "a\n---\nb"]
    {
        for value in [json!(text), json!([text, 1]), json!([{"x": text, "y": text}]), json!([[text, [text]]])]
        {
            let out = written(value.clone());
            assert!(out.contains('|'), "{text:?}: {out}");
            assert_eq!(read(&out), json!({"k": value}), "{out}");
        }
    }
}

#[test]
fn numbers_stay_what_they_are() {
    for (value, expected) in [
        (json!(9_007_199_254_740_993_u64), "9007199254740993"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(i64::MIN), "-9223372036854775808"),
        (json!(1.0), "1.0"),
        (json!(-0.0), "-0.0"),
        (json!(0.1), "0.1"),
    ] {
        let out = written(value.clone());
        assert_eq!(out, format!("\nk: {expected}\n"));
        assert_eq!(read(&out), json!({"k": value}));
    }
    for double in [1e20, 1e300, 5e-324, f64::MAX, f64::MIN_POSITIVE, 1.5e-7, 123_456_789.125, 1e16] {
        let back = read(&written(json!(double)));
        assert_eq!(back["k"].as_f64().map(f64::to_bits), Some(double.to_bits()), "{double}");
        assert!(back["k"].is_f64(), "{double} stays a double");
    }
}

#[test]
fn a_key_may_be_long() {
    let key = "k ".repeat(2_000);
    let value = json!({&key: {&key: [1, {&key: "a\nb"}]}, "z": [{&key: 1, "y": 2}]});
    assert_eq!(read(&written(value.clone())), json!({"k": value}));
}
