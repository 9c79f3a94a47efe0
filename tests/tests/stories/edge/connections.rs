//! What a connection may take: time for a head, for a body and at rest, and a place among others. And that a stop
//! waits for what is under way.

use crate::edge::house::House;
use server::connections::Limits;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;
use tests::process::Process;
use tests::{Backend, Database, pep};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A limit that is waited for. What keeps within it has this long on a busy machine.
pub(super) const SHORT: Duration = Duration::from_secs(1);
/// Nothing takes so long; whoever waits for it has failed. The usual limits are longer still.
const LONG: Duration = Duration::from_secs(29);

const PING: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

pub(super) async fn open(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("a connection")
}

pub(super) async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("written");
}

/// Reads until these bytes are there.
pub(super) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let read = async {
        let mut all = Vec::new();
        while !all.ends_with(end.as_bytes()) {
            let byte = stream.read_u8().await.expect("more to come");
            all.push(byte);
        }
        String::from_utf8(all).expect("text")
    };
    timeout(LONG, read).await.expect("in time")
}

/// An answer on a connection that is kept.
async fn ping(stream: &mut TcpStream) {
    send(stream, PING).await;
    let answer = read_until(stream, "\r\n\r\nok").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// What still came until the other end closed the connection.
pub(super) async fn rest_of(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // Cut off with something unread, it ends with an error instead.
    let _ = timeout(LONG, stream.read_to_end(&mut all)).await.expect("closed in time");
    String::from_utf8(all).expect("text")
}

/// The same while one byte after the other is sent.
async fn rest_while_it_trickles(stream: TcpStream) -> String {
    let (mut read, mut write) = stream.into_split();
    let trickling = tokio::spawn(async move {
        while write.write_all(b"a").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    });
    let mut all = Vec::new();
    let _ = timeout(LONG, read.read_to_end(&mut all)).await.expect("closed in time");
    trickling.abort();
    String::from_utf8(all).expect("text")
}

async fn house(limits: Limits) -> House {
    House::with(Backend::Sqlite, |config| config.limits = limits).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let house = house(Limits { head: SHORT, ..Limits::default() }).await;
    let mut asked = open(house.address()).await;
    ping(&mut asked).await;
    let mut silent = open(house.address()).await;
    assert_eq!(rest_of(&mut silent).await, "");
    let mut trickling = open(house.address()).await;
    send(&mut trickling, "GET /healthz HTTP/1.1\r\nX-Long: ").await;
    assert_eq!(rest_while_it_trickles(trickling).await, "");
    // Older than both, but it asked for something.
    ping(&mut asked).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_at_rest_is_closed() {
    let house = house(Limits { rest: SHORT, ..Limits::default() }).await;
    let mut stream = open(house.address()).await;
    ping(&mut stream).await;
    assert_eq!(rest_of(&mut stream).await, "");
    // Half of a next head is no more than rest.
    let mut stream = open(house.address()).await;
    ping(&mut stream).await;
    send(&mut stream, "GET /healthz HTTP/1.1\r\nX-Long: ").await;
    assert_eq!(rest_while_it_trickles(stream).await, "");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let house = house(Limits { body: SHORT, ..Limits::default() }).await;
    let session = house.settle().await;
    let origin = house.origin();
    let key = house.world.secret("CRM_PEP_KEY");
    let form = format!(
        "Origin: {origin}\r\nCookie: {session}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    );
    let json = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    for (path, headers, beginning) in [
        ("/sign-in", &form, "login="),
        ("/_fn/end-session", &form, "id="),
        ("/access/v1/evaluation", &json, "{"),
    ] {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 100000\r\n\r\n{beginning}");
        let mut stream = open(house.address()).await;
        send(&mut stream, &head).await;
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
        let mut stream = open(house.address()).await;
        send(&mut stream, &head).await;
        let answer = rest_while_it_trickles(stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn further_connections_wait_for_a_place() {
    let house = house(Limits { connections: NonZeroU32::new(2).expect("two"), ..Limits::default() }).await;
    let (mut one, mut two) = (open(house.address()).await, open(house.address()).await);
    ping(&mut one).await;
    ping(&mut two).await;
    let mut three = open(house.address()).await;
    send(&mut three, PING).await;
    assert!(timeout(SHORT, three.read_u8()).await.is_err(), "there is no place for a third one");
    ping(&mut two).await;
    drop(one);
    let answer = read_until(&mut three, "\r\n\r\nok").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_the_answer_is_cut_off() {
    let house = house(Limits { connections: NonZeroU32::MIN, taking: SHORT, ..Limits::default() }).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut deaf = socket.connect(house.address()).await.expect("a connection");
    // A hundred answers of a hundred KB: more than any system keeps for somebody who takes nothing.
    send(&mut deaf, &"GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100)).await;
    let mut next = open(house.address()).await;
    ping(&mut next).await;
    drop(deaf);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_what_is_under_way() {
    let house = house(Limits::default()).await;
    let address = house.address();
    let (mut silent, mut resting, mut asking) =
        (open(address).await, open(address).await, open(address).await);
    ping(&mut resting).await;
    let arguments = serde_json::json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
    let body = pep::call_body(house.world.secret("ALICE_KEY"), "refund", arguments).to_string();
    let head = format!(
        "POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        house.world.secret("CRM_PEP_KEY"),
        body.len()
    );
    send(&mut asking, &head).await;
    // From here on the body is waited for.
    let goes_on = read_until(&mut asking, "\r\n\r\n").await;
    assert!(goes_on.starts_with("HTTP/1.1 100 "), "{goes_on}");

    let stopping = tokio::spawn(house.stop());
    assert_eq!(rest_of(&mut resting).await, "", "closed at once");
    assert_eq!(rest_of(&mut silent).await, "", "closed at once");
    assert!(TcpStream::connect(address).await.is_err(), "nobody is let in any more");
    assert!(!stopping.is_finished());
    send(&mut asking, &body).await;
    let answer = rest_of(&mut asking).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"decision\":true"), "{answer}");
    timeout(LONG, stopping).await.expect("it stops").expect("without a panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_is_read_of_those_alone_who_have_a_key() {
    let house = house(Limits::default()).await;
    let known = house.world.secret("CRM_PEP_KEY").to_owned();
    for (path, key, length, status) in [
        ("evaluation", "nobody", "Content-Length: 900000", "401"),
        ("evaluation", "nobody", "Transfer-Encoding: chunked", "401"),
        ("evaluations", "nobody", "Content-Length: 900000", "401"),
        ("search/subject", "nobody", "Content-Length: 900000", "401"),
        ("requests", "nobody", "Content-Length: 900000", "401"),
        ("requests/x/cancel", "nobody", "Content-Length: 900000", "401"),
        // A small one is looked at together with the key.
        ("evaluation", "nobody", "Content-Length: 30000", "100"),
        ("evaluation", known.as_str(), "Content-Length: 900000", "100"),
        ("evaluation", known.as_str(), "Transfer-Encoding: chunked", "100"),
    ] {
        let mut asking = open(house.address()).await;
        let head = format!(
            "POST /access/v1/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\n{length}\r\nExpect: 100-continue\r\n\r\n"
        );
        send(&mut asking, &head).await;
        // Not one byte of a body is sent.
        let answer = read_until(&mut asking, "\r\n\r\n").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}, {key}, {length}: {answer}");
    }
    // Whoever sends it all the same is told why.
    let mut sending = open(house.address()).await;
    let head = "POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nobody\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n";
    send(&mut sending, head).await;
    send(&mut sending, &"x".repeat(1_000_000)).await;
    let answer = rest_of(&mut sending).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_descriptors_do_not_end_the_server() {
    let database = Database::fresh(Backend::Sqlite).await;
    let process = Process::serve_with_descriptors(&database, &database.url, 100);
    let address = process.address();
    let mut crowd = Vec::new();
    for _ in 0..150 {
        crowd.push(open(address).await);
    }
    let mut late = open(address).await;
    send(&mut late, PING).await;
    assert!(timeout(SHORT, late.read_u8()).await.is_err(), "there are none left for it");
    drop(crowd);
    let answer = read_until(&mut late, "\r\n\r\nok").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let mut next = open(address).await;
    ping(&mut next).await;
}
