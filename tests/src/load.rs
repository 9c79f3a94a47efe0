//! Load over plain HTTP/1.1 connections that stay open, and what it showed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What one run showed.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub worst: Duration,
}

/// The bytes of one POST.
pub fn post(address: SocketAddr, path: &str, key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends `request` again and again on each connection; every answer must be a 200 that holds `expected`.
pub async fn load(
    address: SocketAddr,
    request: &[u8],
    expected: &str,
    connections: usize,
    time: Duration,
) -> Load {
    load_in_turn(address, Arc::new([request.to_vec()]), expected, connections, time).await
}

/// The same with several requests, which each connection sends one after the other, and then again.
pub async fn load_in_turn(
    address: SocketAddr,
    requests: Arc<[Vec<u8>]>,
    expected: &str,
    connections: usize,
    time: Duration,
) -> Load {
    let expected: Arc<str> = expected.into();
    let until = Instant::now() + time;
    let mut callers = JoinSet::new();
    for _ in 0..connections {
        let (requests, expected) = (requests.clone(), expected.clone());
        callers.spawn(async move {
            let stream = TcpStream::connect(address).await.expect("connects");
            stream.set_nodelay(true).expect("nodelay");
            let mut stream = BufReader::new(stream);
            let mut times = Vec::new();
            for request in requests.iter().cycle() {
                if Instant::now() >= until {
                    break;
                }
                let start = Instant::now();
                stream.get_mut().write_all(request).await.expect("sent");
                let answer = answer(&mut stream).await;
                assert!(answer.contains(&*expected), "{answer}");
                times.push(start.elapsed());
            }
            times
        });
    }
    let mut times = Vec::new();
    while let Some(done) = callers.join_next().await {
        times.extend(done.expect("no panic"));
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Load { per_second: times.len() as f64 / time.as_secs_f64(), p50: at(0.5), p99: at(0.99), worst: at(1.0) }
}

async fn answer(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = Vec::with_capacity(512);
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let mut body = vec![0; length.trim().parse().expect("a number")];
    stream.read_exact(&mut body).await.expect("a body");
    String::from_utf8(body).expect("text")
}
