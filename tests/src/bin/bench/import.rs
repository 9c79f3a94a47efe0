//! A million resources by one file, sent over the API to a process of the real server: how many come in per second, and how
//! much memory the server takes for that.

use policy::scope::AdminScope;
use reqwest::Client;
use serde_json::Value;
use std::fmt::Write;
use std::time::{Duration, Instant};
use tests::process::Process;
use tests::{Backend, World, administrator};

const ROWS: u64 = 1_000_000;
/// How often it is asked how far the import is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// `rows`: so many instead.
pub(crate) async fn measure(rows: Option<u64>) {
    let rows = rows.unwrap_or(ROWS);
    for backend in [Backend::Sqlite, Backend::Postgres] {
        run(backend, rows).await;
    }
}

async fn run(backend: Backend, rows: u64) {
    let world = World::demo(backend).await;
    let token =
        administrator::token(&world, "importer", &[AdminScope::Read, AdminScope::Resources], None).await;
    let process = Process::serve(&world.database, &world.database.url);
    let file = file(rows);
    let size = file.len();
    let before = peak(process.id());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::builder().no_proxy().build().expect("a client");
    let door = format!("http://{}", process.address());

    let from = Instant::now();
    let request = http.post(format!("{door}/api/v1/resource-imports")).bearer_auth(&token);
    let answer = request.header("content-type", "text/csv").body(file).send().await.expect("an answer");
    let arrived = from.elapsed();
    assert_eq!(answer.status(), 202, "{answer:?}");
    let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
    let import = format!("{door}{}", location.expect("where to look"));
    let done = loop {
        let answer = http.get(&import).bearer_auth(&token).send().await.expect("an answer");
        let text = answer.text().await.expect("text");
        let there: Value = serde_json::from_str(&text).expect("JSON");
        match there["state"].as_str() {
            Some("running") => tokio::time::sleep(LOOK_EVERY).await,
            Some("finished") => break there,
            _ => panic!("{there}"),
        }
    };
    let time = from.elapsed().as_secs_f64();
    assert_eq!(done["created"].as_u64(), Some(rows), "{done}");
    println!(
        "{:<62} {:>9.0}/s  all in after {time:.0} s, of which {:.1} s to arrive  memory of the server {:.0} MB at the most, {:.0} MB before",
        format!("{backend:?}, import of {rows} rows of CSV, {:.0} MB", size as f64 / 1e6),
        rows as f64 / time,
        arrived.as_secs_f64(),
        peak(process.id()),
        before,
    );
}

/// As the documentation has them.
fn file(rows: u64) -> String {
    let mut file = String::from("type,id,tenant,sensitivity,attributes.region\n");
    for row in 0..rows {
        writeln!(file, "order,o-{row},acme,internal,eu").expect("writes");
    }
    file
}

/// The most memory that a process had so far, in MB (`VmHWM`, proc(5)).
fn peak(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() * 1_024.0 / 1e6
}
