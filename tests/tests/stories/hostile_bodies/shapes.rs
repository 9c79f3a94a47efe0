//! Requests as HTTP: methods, paths, headers, and bodies that come in pieces.

use crate::hostile_bodies::{BATCH, JSON, SINGLE, good};
use std::net::SocketAddr;
use std::time::Duration;
use tests::{Backend, Pep, Replica, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ALLOWED: &str = "{\"decision\":true}";

/// What came over a plain connection until its end.
struct Raw {
    status: u16,
    head: String,
    body: String,
}

impl Raw {
    fn has(&self, header: &str) -> bool {
        self.head.to_lowercase().contains(&header.to_lowercase())
    }

    /// The sentence of a request that failed.
    fn said(&self) -> String {
        assert!(self.has("content-type: application/json"), "{}", self.head);
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON string: {}", self.body))
    }
}

async fn raw(address: SocketAddr, start: &str, headers: &[String], body: &[u8]) -> Raw {
    let mut request = format!("{start} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(&bytes).await.expect("sent");
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(120), read).await.expect("an end").expect("an answer");
    let text = String::from_utf8(answer).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Raw { status, head: head.to_owned(), body: body.to_owned() }
}

/// A server, and a question that it allows.
struct Bench {
    world: World,
    replica: Replica,
    question: String,
    bearer: String,
}

impl Bench {
    async fn new() -> Self {
        let world = World::demo(Backend::Sqlite).await;
        let replica = world.replica().await;
        let question = good(&world).to_string();
        let bearer = format!("authorization: Bearer {}", world.secret("CRM_PEP_KEY"));
        Self { world, replica, question, bearer }
    }

    /// The question with these headers and its length.
    async fn send(&self, headers: &[&str]) -> Raw {
        let mut all: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        all.push(format!("content-length: {}", self.question.len()));
        raw(self.replica.address(), &format!("POST {SINGLE}"), &all, self.question.as_bytes()).await
    }
}

const IS_JSON: &str = "content-type: application/json";

pub(super) async fn other_methods_and_paths() {
    let bench = Bench::new().await;
    let address = bench.replica.address();
    for path in [SINGLE, BATCH] {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            let start = format!("{method} {path}");
            let told = raw(address, &start, std::slice::from_ref(&bench.bearer), b"").await;
            assert_eq!(told.status, 405, "{start}: {}", told.head);
            assert!(told.has("allow: POST"), "{start}: {}", told.head);
            if method == "HEAD" {
                assert_eq!(told.body, "");
            } else {
                assert_eq!(told.said(), "send a POST");
            }
        }
    }
    for path in [
        "/access/v1/evaluation/",
        "/access/v1/Evaluation",
        "/access/v1/search/subjects",
        "/access/v2/evaluation",
        "/access/v1/%65valuation",
    ] {
        let headers = [bench.bearer.clone(), "content-length: 0".to_owned()];
        let told = raw(address, &format!("POST {path}"), &headers, b"").await;
        assert_eq!((told.status, told.said().is_empty()), (404, false), "{path}: {}", told.head);
    }
    let metadata = raw(address, "GET /.well-known/authzen-configuration", &[], b"").await;
    assert_eq!(metadata.status, 200);
    assert!(metadata.has("content-type: application/json"), "{}", metadata.head);
    bench.replica.stop().await;
}

pub(super) async fn the_enforcement_key_in_every_shape() {
    let bench = Bench::new().await;
    let secret = bench.world.secret("CRM_PEP_KEY");
    let of = |scheme: &str| format!("authorization: {scheme}{secret}");
    for header in [of("Bearer "), of("bearer "), of("BEARER    "), format!("{}   ", of("Bearer "))] {
        assert_eq!(bench.send(&[&header, IS_JSON]).await.body, ALLOWED, "{header}");
    }
    let basic = "authorization: Basic Y3JtOmNybQ==".to_owned();
    let cases: Vec<Vec<String>> = vec![
        vec![],
        vec!["authorization:".to_owned()],
        vec!["authorization: Bearer".to_owned()],
        vec!["authorization: Bearer nobody".to_owned()],
        vec![basic.clone()],
        vec![of("")],
        vec![of("Bearer\t")],
        vec![of("Token ")],
        vec![format!("{} {secret}", of("Bearer "))],
        vec![format!("{},", of("Bearer "))],
        vec![of("Bearer "), of("Bearer ")],
        vec![basic, of("Bearer ")],
        vec![format!("authorization: Bearer {}", "x".repeat(5_000))],
        vec![format!("x-authorization: Bearer {secret}")],
    ];
    for case in cases {
        let mut headers: Vec<&str> = case.iter().map(String::as_str).collect();
        headers.push(IS_JSON);
        let told = bench.send(&headers).await;
        assert_eq!(told.status, 401, "{headers:?}");
        assert!(told.has("www-authenticate: Bearer"), "{}", told.head);
        assert!(told.said().contains("enforcement key"), "{}", told.body);
    }
    // A stranger is told that it is one, and nothing of what it sent.
    let stranger = Pep::new(bench.replica.address(), "nobody-knows-this-key");
    for path in [SINGLE, BATCH] {
        for (content_type, body) in
            [(JSON, "{"), (JSON, "[]"), (JSON, ""), ("text/plain", "{}"), (JSON, "{\"a\":1,\"a\":1}")]
        {
            let told = stranger.send(path, content_type, body.as_bytes().to_vec()).await;
            assert_eq!(told.status, 401, "{path} {content_type} {body}");
        }
    }
    bench.replica.stop().await;
}

pub(super) async fn content_types_and_other_headers() {
    let bench = Bench::new().await;
    let bearer = bench.bearer.as_str();
    for content_type in [
        "content-type: application/json; charset=utf-8",
        "Content-Type: Application/JSON",
        "content-type: application/json;charset=\"UTF-8\"; x=y",
    ] {
        assert_eq!(bench.send(&[bearer, content_type]).await.body, ALLOWED, "{content_type}");
    }
    let cases: [&[&str]; 7] = [
        &[],
        &["content-type:"],
        &["content-type: text/plain"],
        &["content-type: application/x-www-form-urlencoded"],
        &["content-type: application/jsonp"],
        &["content-type: application/json, application/json"],
        &[IS_JSON, "content-type: text/plain"],
    ];
    for content_types in cases {
        let mut headers = content_types.to_vec();
        headers.push(bearer);
        let told = bench.send(&headers).await;
        assert_eq!(told.status, 400, "{content_types:?}");
        assert!(told.said().contains("content type"), "{}", told.body);
    }
    // It is read as it came, whoever stands before us.
    let coded = bench.send(&[bearer, IS_JSON, "content-encoding: gzip"]).await;
    assert_eq!(coded.status, 400, "{}", coded.head);
    assert!(coded.said().contains("`Content-Encoding`"), "{}", coded.body);
    assert_eq!(bench.send(&[bearer, IS_JSON, "content-encoding: identity"]).await.body, ALLOWED);
    // What the answer looks like is not the caller's choice.
    for odd in ["accept: text/html", "accept: */*;q=0", "accept: ,;,", "accept-encoding: br", "cookie: a=b"] {
        let told = bench.send(&[bearer, IS_JSON, odd]).await;
        assert_eq!((told.status, told.body.as_str()), (200, ALLOWED), "{odd}");
        assert!(told.has("content-type: application/json") && told.has("cache-control: no-store"), "{odd}");
    }
    for (headers, status) in [(&[bearer, IS_JSON][..], 200), (&[IS_JSON], 401), (&[bearer], 400)] {
        let mut headers = headers.to_vec();
        headers.push("x-request-id: 6f9619ff-8b86");
        let told = bench.send(&headers).await;
        assert!(told.status == status && told.has("x-request-id: 6f9619ff-8b86"), "{}", told.head);
    }
    let told = bench.send(&[bearer, IS_JSON]).await;
    assert!(told.has("x-request-id: ") && told.has("countersign-decision-id: "), "{}", told.head);
    bench.replica.stop().await;
}

fn in_chunks(body: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    for chunk in body.as_bytes().chunks(100) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

pub(super) async fn bodies_that_come_in_other_ways() {
    let bench = Bench::new().await;
    let address = bench.replica.address();
    let post = format!("POST {SINGLE}");
    let with = |more: &[&str]| -> Vec<String> {
        [bench.bearer.as_str(), IS_JSON].iter().chain(more).map(|header| (*header).to_owned()).collect()
    };
    let chunked = with(&["transfer-encoding: chunked"]);
    let told = raw(address, &post, &chunked, &in_chunks(&bench.question)).await;
    assert_eq!(told.body, ALLOWED, "{}", told.head);
    assert_eq!(raw(address, &post, &chunked, &in_chunks("{\"a\"")).await.status, 400);
    assert_eq!(raw(address, &post, &chunked, b"zz\r\n{}\r\n0\r\n\r\n").await.status, 400);
    assert_eq!(raw(address, &post, &with(&[]), b"").await.status, 400, "no body at all");

    // Whoever waits to be asked for the body is asked, unless it is refused at once.
    let length = format!("content-length: {}", bench.question.len());
    let waits = with(&[length.as_str(), "expect: 100-continue"]);
    let told = raw(address, &post, &waits, bench.question.as_bytes()).await;
    assert_eq!(told.status, 100, "{}", told.head);
    assert!(told.body.starts_with("HTTP/1.1 200") && told.body.ends_with(ALLOWED), "{}", told.body);
    let told = raw(address, &post, &waits[1..], b"").await;
    assert_eq!(told.status, 401, "{}", told.head);
    let told = raw(address, &post, &with(&["content-length: 2000000", "expect: 100-continue"]), b"").await;
    assert_eq!((told.status, told.said().is_empty()), (413, false), "{}", told.head);
    bench.replica.stop().await;
}
