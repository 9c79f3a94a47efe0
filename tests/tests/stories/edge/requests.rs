//! What cannot be a request to the console is told so in our own words. No database has a part in that, so one is enough.

use crate::edge::house::{House, LOGIN, PASSWORD};
use reqwest::Method;
use tests::Backend;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// One of ours: a known code and a correlation id, in JSON, and no word of the framework's.
fn is_ours(answer: &crate::edge::house::Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.code(), "bad_request");
    for word in ["server function", "#[server]", "Deserialization"] {
        assert!(!answer.text.contains(word), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_function_called_in_a_wrong_way() {
    let house = House::open(Backend::Sqlite).await;
    let session = house.settle().await;
    let origin = house.origin();
    let headers = [("cookie", session.as_str()), ("origin", origin.as_str()), FORM];
    for (method, path, allowed) in [
        (Method::POST, "/_fn/account", "GET"),
        (Method::GET, "/_fn/end-session?id=x", "POST"),
        (Method::PUT, "/_fn/account", "GET"),
        (Method::DELETE, "/_fn/end-session", "POST"),
        (Method::PATCH, "/_fn/rule-check", "POST"),
    ] {
        let answer = house.send(method, path, &headers, b"id=x".to_vec()).await;
        is_ours(&answer, 405);
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
    is_ours(&house.send(Method::POST, "/_fn/nothing-like-it", &headers, Vec::new()).await, 404);
    for (body, status) in [
        (b"id=\xff\xfe".to_vec(), 400),
        (b"other=x".to_vec(), 400),
        (Vec::new(), 400),
        (vec![b'x'; 1024 * 1024 + 1], 413),
    ] {
        is_ours(&house.send(Method::POST, "/_fn/end-session", &headers, body).await, status);
    }
    let json = [headers[0], headers[1], ("content-type", "application/json")];
    for body in [b"{".to_vec(), b"[]".to_vec(), b"\xff".to_vec(), Vec::new()] {
        is_ours(&house.send(Method::POST, "/_fn/rule-check", &json, body).await, 400);
    }
    // And whoever is not signed in learns nothing, however they ask.
    for method in [Method::GET, Method::POST, Method::PUT] {
        let answer = house.send(method, "/_fn/account", &headers[1..], Vec::new()).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "sign_in_required"));
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_carries_an_error() {
    let house = House::open(Backend::Sqlite).await;
    let session = house.settle().await;
    let cookie = [("cookie", session.as_str())];
    let ours = "eyJjb2RlIjoidW5hdmFpbGFibGUiLCJjb3JyZWxhdGlvbiI6IjAxOTAifQ==";
    let path = "__path=%2F_fn%2Fend-session";
    let shown = house.get(&format!("/account?{path}&__err={ours}"), &cookie).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.text.contains("The database did not answer") && shown.text.contains("0190"));
    for (given, cleaned) in [
        (format!("/account?{path}&__err=x"), "/account"),
        (format!("/account?{path}&__err="), "/account"),
        (format!("/account?{path}&__err=%ff%00"), "/account"),
        (
            format!("/decisions?a=1&{path}&__err=eyJjb2RlIjoiY2FsbCA1NTUifQ==&b=%C3%A9"),
            "/decisions?a=1&b=%C3%A9",
        ),
        (format!("//evil.example/?{path}&__err=x"), "/"),
    ] {
        let answer = house.get(&given, &cookie).await;
        assert_eq!((answer.status, answer.header("location")), (303, cleaned), "{given}");
    }
    assert_eq!(house.get("/account", &cookie).await.status, 200);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_whoever_is_not_signed_in_is_small() {
    let house = House::open(Backend::Sqlite).await;
    house.settle().await;
    for (bytes, status) in [(64 * 1024, 400), (60_000, 303)] {
        let more = "x".repeat(bytes);
        let fields = [("login", LOGIN), ("password", PASSWORD), ("more", more.as_str())];
        let answer = house.post("/sign-in", &fields, &[]).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.cookie("countersign").is_some(), status == 303, "{bytes}");
    }
    house.stop().await;
}
