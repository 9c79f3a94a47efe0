//! Durable decisions against the echo, on both databases, with few and many rules and subjects.

use crate::busy::Busy;
use crate::echo::Echo;
use crate::report;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;
use tests::load::{self, load};
use tests::pep::{call_body, refund};
use tests::process::Process;
use tests::{Backend, World};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

pub(crate) async fn measure(time: Duration) {
    let body = json!({"subject": {"type": "user", "id": "self"}, "action": {"name": "tools/call"}, "resource": {"type": "tool", "id": "refund"}}).to_string();
    // The machine may be slower a minute later: each run stands beside an echo of the same moment.
    let echo = async |connections| {
        let echo = Echo::start().await;
        let request = load::post(echo.address, "/echo", "key", &body);
        let busy = Busy::now(echo.id());
        let run = load(echo.address, &request, "tools/call", connections, time).await;
        (run, busy.per(&run, time))
    };
    for backend in [Backend::Sqlite, Backend::Postgres] {
        for (rules, subjects) in [(10, 1_000), (1_000, 1_000), (10_000, 1_000), (10, 100_000)] {
            let world = World::demo(backend).await;
            fill(&world, rules, subjects).await;
            let process = Process::serve(&world.database, &world.database.url);
            let body = call_body(world.secret("ALICE_KEY"), "refund", refund()).to_string();
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

/// Rules of other tools, and subjects who hold a role, put in by hand: making them one by one is not what is
/// measured.
pub(crate) async fn fill(world: &World, rules: usize, subjects: usize) {
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
