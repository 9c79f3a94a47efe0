//! Servers that speak otherwise than they should; no database is needed to hold them off.

use super::asking::{found, found_within, install_tls, refused};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use pdp::address_guard::{AddressClass, AddressError, AddressGuard};
use pdp::discovery::{DiscoveryError, Limits, discover};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Starts a server that answers each POST so. Returns its URL.
pub(crate) async fn serve(answer: impl Fn(&Value) -> Response + Send + Sync + 'static) -> String {
    let answer = Arc::new(answer);
    let route = post(move |Json(message): Json<Value>| {
        let answer = Arc::clone(&answer);
        async move { answer(&message) }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", route)).await });
    url
}

pub(crate) fn result(message: &Value, result: &Value) -> Response {
    Json(json!({"jsonrpc": "2.0", "id": message["id"], "result": result})).into_response()
}

fn error(message: &Value, code: i32, text: &str) -> Response {
    let error = json!({"code": code, "message": text});
    Json(json!({"jsonrpc": "2.0", "id": message["id"], "error": error})).into_response()
}

/// A server of the older revision that answers `tools/list` so; the cursor is empty at first.
pub(crate) fn older(message: &Value, list: impl Fn(&str) -> Response) -> Response {
    match message["method"].as_str().unwrap_or_default() {
        "initialize" => {
            let info = json!({"name": "fake", "version": "1"});
            let capabilities = json!({"tools": {}});
            let told =
                json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info});
            result(message, &told)
        }
        "tools/list" => list(message["params"]["cursor"].as_str().unwrap_or_default()),
        "server/discover" => (StatusCode::NOT_FOUND, "Cannot POST").into_response(),
        _ => StatusCode::ACCEPTED.into_response(),
    }
}

pub(crate) fn tool(name: &str) -> Value {
    json!({"name": name, "description": "x", "inputSchema": {"type": "object"}})
}

fn names(discovered: &pdp::discovery::Discovered) -> Vec<&str> {
    discovered.tools.iter().map(|tool| tool.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_revisions_are_spoken_page_by_page() {
    let url = serve(|message| {
        older(message, |cursor| match cursor {
            "" => result(message, &json!({"tools": [tool("a")], "nextCursor": "2"})),
            "2" => result(message, &json!({"tools": [tool("b"), tool("c")], "nextCursor": "3"})),
            _ => result(message, &json!({"tools": [tool("d")]})),
        })
    })
    .await;
    let discovered = found(&url).await.expect("discovers");
    assert_eq!(names(&discovered), ["a", "b", "c", "d"]);
    assert_eq!(
        (discovered.server_name.as_str(), discovered.protocol_version.as_str()),
        ("fake", "2025-11-25")
    );

    let url = serve(|message| {
        let mut told = json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private"});
        match message["method"].as_str().unwrap_or_default() {
            "server/discover" => {
                told["supportedVersions"] = json!(["2026-07-28"]);
                told["capabilities"] = json!({"tools": {}});
                told["_meta"] =
                    json!({"io.modelcontextprotocol/serverInfo": {"name": "newer", "version": "2"}});
            }
            "tools/list" => told["tools"] = json!([tool("a")]),
            _ => return error(message, -32601, "no such method"),
        }
        result(message, &told)
    })
    .await;
    let discovered = found(&url).await.expect("discovers");
    assert_eq!(names(&discovered), ["a"]);
    assert_eq!(
        (discovered.server_name.as_str(), discovered.protocol_version.as_str()),
        ("newer", "2026-07-28")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_without_end_are_left() {
    let url = serve(|message| {
        older(message, |cursor| {
            let next = cursor.parse::<u32>().unwrap_or(0) + 1;
            let page = json!({"tools": [tool(&next.to_string())], "nextCursor": next.to_string()});
            result(message, &page)
        })
    })
    .await;
    assert_eq!(refused(&url).await, DiscoveryError::TooManyPages { limit: 50 });

    let page = json!({"tools": [], "nextCursor": "again"});
    let url = serve(move |message| older(message, |_| result(message, &page))).await;
    assert_eq!(refused(&url).await, DiscoveryError::CursorRepeats { page: 2 });

    let many: Vec<Value> = (0..2001).map(|n| tool(&n.to_string())).collect();
    let page = json!({"tools": many});
    let url = serve(move |message| older(message, |_| result(message, &page))).await;
    assert_eq!(refused(&url).await, DiscoveryError::TooManyTools { limit: 2000 });
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_too_large_or_too_slow_are_left() {
    let limit = 4 * 1024 * 1024;
    let url = serve(move |message| {
        older(message, |_| result(message, &json!({"tools": [], "x": "y".repeat(limit)})))
    })
    .await;
    assert_eq!(refused(&url).await, DiscoveryError::ResponseTooLarge { limit });

    // Comments and no event, for ever.
    let url = serve(|_| {
        let chunk = format!(": {}\n", "x".repeat(16 * 1024));
        let endless = futures::stream::repeat_with(move || Ok::<_, Infallible>(chunk.clone()));
        ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(endless)).into_response()
    })
    .await;
    assert_eq!(refused(&url).await, DiscoveryError::ResponseTooLarge { limit });

    // A tool that is larger than a definition may be, in an answer that is not.
    let url = serve(|message| {
        let mut large = tool("large");
        large["description"] = json!("x".repeat(64 * 1024));
        older(message, |_| result(message, &json!({"tools": [large.clone()]})))
    })
    .await;
    let too_large = DiscoveryError::DefinitionTooLarge { name: "large".to_owned(), limit: 64 * 1024 };
    assert_eq!(refused(&url).await, too_large);

    let url = serve(|_| {
        let never = futures::stream::pending::<Result<String, Infallible>>();
        ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(never)).into_response()
    })
    .await;
    let limits = Limits { overall: Duration::from_millis(300), ..Limits::default() };
    let slow = found_within(&url, &limits).await.expect_err("too slow");
    assert_eq!(slow, DiscoveryError::TimedOut { after: limits.overall });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mcp_server_is_told_plainly() {
    let url = serve(|_| (StatusCode::INTERNAL_SERVER_ERROR, "boom\u{7}\u{202e}").into_response()).await;
    let expected = format!("{url} answered HTTP 500: boom\u{fffd}\u{fffd}");
    assert_eq!(refused(&url).await.to_string(), expected);

    let url = serve(|_| axum::response::Html("<h1>Hello</h1>").into_response()).await;
    let told = refused(&url).await.to_string();
    assert!(told.contains("not an MCP server") && told.contains("`text/html`"), "{told}");

    let url = serve(|_| StatusCode::UNAUTHORIZED.into_response()).await;
    assert_eq!(refused(&url).await, DiscoveryError::Credential { url: url.clone(), status: 401 });

    for body in ["", "{}", "[]", "no JSON", "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}"] {
        let json = [(header::CONTENT_TYPE, "application/json")];
        let url = serve(move |_| (json.clone(), body).into_response()).await;
        let told = refused(&url).await;
        assert!(matches!(told, DiscoveryError::NotMcp { .. }), "{body}: {told:?}");
    }

    // The same member twice: one thing to us, another to an agent that reads the first.
    let url = serve(|message| {
        older(message, |_| {
            let twice = r#"{"name":"a","description":"x","description":"y","inputSchema":{}}"#;
            let id = &message["id"];
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[{twice}]}}}}"#);
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        })
    })
    .await;
    let told = refused(&url).await;
    assert!(matches!(told, DiscoveryError::NotMcp { .. }), "{told:?}");

    let url = serve(|message| older(message, |_| error(message, -32000, &"\u{1b}x".repeat(9000)))).await;
    let told = refused(&url).await;
    let DiscoveryError::Answered { code: -32000, message } = &told else { panic!("{told:?}") };
    assert_eq!(message.chars().count(), 200);
    assert!(!told.to_string().contains('\u{1b}'));

    let url = format!("http://127.0.0.1:{}/mcp", tests::process::free_port());
    let told = refused(&url).await;
    assert!(matches!(told, DiscoveryError::Unreachable { .. }), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_way_leads_to_an_address_that_is_not_listed() {
    let metadata = "http://169.254.169.254/latest/meta-data/";
    let url = serve(move |_| (StatusCode::FOUND, [(header::LOCATION, metadata)]).into_response()).await;
    let expected = DiscoveryError::Redirect { url: url.clone(), status: 302, location: metadata.to_owned() };
    assert_eq!(refused(&url).await, expected);

    // Loopback is not listed here: neither as an address nor as what a name resolves to.
    install_tls();
    let guard = AddressGuard::default();
    let told = discover(&url, &guard, &|_| ()).await.expect_err("refused");
    assert!(told.to_string().contains("--allow-address 127.0.0.1"), "{told}");
    let told = discover(&url.replace("127.0.0.1", "localhost"), &guard, &|_| ()).await;
    let Err(DiscoveryError::Address(AddressError::Refused { name, class, .. })) = &told else {
        panic!("{told:?}")
    };
    assert_eq!((name.as_deref(), *class), (Some("localhost"), AddressClass::Loopback));
}
