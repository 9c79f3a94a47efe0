//! `cargo xtask bench`: durable decisions against a bare JSON echo, in one run on one machine. It prints ratios;
//! nothing in it fails on a number.

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::fmt::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tests::load::{self, Load, load};
use tests::process::Process;
use tests::{Backend, World};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(address) =
        arguments.iter().position(|word| word == "--echo").and_then(|at| arguments.get(at + 1))
    {
        return echo(address.parse().expect("an address")).await;
    }
    let seconds = arguments.iter().position(|word| word == "--seconds").and_then(|at| arguments.get(at + 1));
    let time = Duration::from_secs(seconds.map_or(5, |text| text.parse().expect("a number of seconds")));

    let body = json!({"subject": {"type": "user", "id": "self"}, "action": {"name": "tools/call"}, "resource": {"type": "tool", "id": "refund"}}).to_string();
    // The machine may be slower a minute later: each run stands beside an echo of the same moment.
    let echo = async |connections| {
        let echo = Echo::start().await;
        let request = load::post(echo.address, "/echo", "key", &body);
        let busy = Busy::now(echo.child.id());
        let run = load(echo.address, &request, "tools/call", connections, time).await;
        (run, busy.per(&run, time))
    };
    for backend in [Backend::Sqlite, Backend::Postgres] {
        for (rules, subjects) in [(10, 1_000), (1_000, 1_000), (10_000, 1_000), (10, 100_000)] {
            let world = World::demo(backend).await;
            fill(&world, rules, subjects).await;
            let process = Process::serve(&world.database, &world.database.url);
            let arguments = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
            let body = tests::pep::call_body(world.secret("ALICE_KEY"), "refund", arguments).to_string();
            let request =
                load::post(process.address(), "/access/v1/evaluation", world.secret("CRM_PEP_KEY"), &body);
            // The first calls compile the rules.
            load(process.address(), &request, "true", 1, Duration::from_millis(500)).await;
            for connections in CONNECTIONS {
                // All numbers of connections for one size, the largest for the others.
                if (rules, subjects) == (10, 1_000) || connections == 64 {
                    let (bare, bare_cpu) = echo(connections).await;
                    let busy = Busy::now(process.id());
                    let run = load(process.address(), &request, "\"decision\":true", connections, time).await;
                    let cpu = busy.per(&run, time);
                    println!(
                        "{:<62} {:>9.0}/s  {bare_cpu:>4.0} µs of processor each",
                        format!("echo, {connections} connections"),
                        bare.per_second
                    );
                    let name =
                        format!("{backend:?}, {rules} rules, {subjects} subjects, {connections} connections");
                    report(&name, &run, &bare, cpu);
                }
            }
            let wal =
                std::fs::metadata(world.database.file("countersign.db-wal")).map_or(0, |file| file.len());
            if backend == Backend::Sqlite {
                println!("{:>72}  {:.1} MB", "write-ahead log at the end", wal as f64 / 1e6);
            }
        }
    }
}

/// How long the threads of a process have worked.
struct Busy {
    process: u32,
    ticks: u64,
}

impl Busy {
    /// Ticks in a second, on every Linux (`sysconf(_SC_CLK_TCK)`).
    const A_SECOND: f64 = 100.0;

    fn now(process: u32) -> Self {
        Self { process, ticks: Self::ticks(process) }
    }

    /// User and system time from `/proc`: fields 14 and 15, counted behind the name in brackets (proc(5)).
    fn ticks(process: u32) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
    }

    /// Microseconds for each request of a run.
    fn per(&self, run: &Load, time: Duration) -> f64 {
        let ticks = Self::ticks(self.process).saturating_sub(self.ticks) as f64;
        ticks / Self::A_SECOND * 1e6 / (run.per_second * time.as_secs_f64())
    }
}

fn report(name: &str, run: &Load, echo: &Load, cpu: f64) {
    println!(
        "{name:<62} {:>9.0}/s  {cpu:>4.0} µs of processor each  {:.2} of echo  p50 {:>7.2} ms  p99 {:>7.2} ms ({:.1} x)  worst {:>7.2} ms",
        run.per_second,
        run.per_second / echo.per_second,
        run.p50.as_secs_f64() * 1e3,
        run.p99.as_secs_f64() * 1e3,
        run.p99.as_secs_f64() / run.p50.as_secs_f64(),
        run.worst.as_secs_f64() * 1e3,
    );
}

/// Rules of other tools, and subjects who hold a role, put in by hand: making them one by one is not what is
/// measured.
async fn fill(world: &World, rules: usize, subjects: usize) {
    for chunk in (0..subjects).collect::<Vec<_>>().chunks(1_000) {
        let mut people =
            String::from("INSERT INTO subjects (id, kind, name, active, attributes, created_at) VALUES ");
        let mut members = String::from("INSERT INTO memberships (subject, tenant) VALUES ");
        for (position, index) in chunk.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(people, "{comma}('user-{index}','user','User {index}',1,'{{}}',0)").expect("writes");
            write!(members, "{comma}('user-{index}','acme')").expect("writes");
        }
        world.database.by_hand(&format!("{people};{members}")).await;
    }
    for chunk in (0..rules).collect::<Vec<_>>().chunks(500) {
        let entries: Vec<Value> = chunk
            .iter()
            .map(|index| {
                json!({"name": format!("other {index}"), "tenant": "acme", "effect": "allow", "roles": ["support-agent"],
                    "tools": [format!("crm/tool-{index}")],
                    "parameters": {"properties": {"amount": {"type": "number", "maximum": index}}, "required": ["amount"]}})
            })
            .collect();
        world.apply(&json!({ "rules": entries }).to_string()).await;
    }
}

/// The measure of all things: axum, one JSON body in, the same out.
async fn echo(address: SocketAddr) {
    let app = Router::new().route("/echo", post(async |Json(body): Json<Value>| Json(body)));
    let listener = tokio::net::TcpListener::bind(address).await.expect("a port");
    println!("ready");
    axum::serve(listener, app).await.expect("serves");
}

/// The echo as a process of its own, as the server is one.
struct Echo {
    child: Child,
    address: SocketAddr,
}

impl Echo {
    async fn start() -> Self {
        let free =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let child = Command::new(std::env::current_exe().expect("a path"))
            .args(["--echo", &free.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("starts");
        while tokio::net::TcpStream::connect(free).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { child, address: free }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
