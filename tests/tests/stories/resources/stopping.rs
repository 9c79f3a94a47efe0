//! An import whose server was killed reads as stopped once its time is over, wherever it is read; nothing is written for that.

use crate::api::client::{Client, token};
use crate::api::imports::{IMPORTS, finished, send};
use crate::commands::countersign;
use crate::resources::helpers::author;
use crate::resources::importing::{changes, in_hand_until};
use policy::scope::AdminScope;
use serde_json::json;
use std::net::SocketAddr;
use store::administration::{ImportState, ResourceImport};
use tests::world::operator;
use tests::{Backend, World};

pub(crate) const CSV: &str = "type,id,tenant\norder,o-1,acme\norder,o-2,acme\n";
/// In microseconds: longer than the story takes.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A page of the console.
pub(crate) async fn page(address: SocketAddr, cookie: &str, path: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http.get(format!("http://{address}{path}")).header("cookie", cookie);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.expect("a whole answer")
}

/// `countersign resource import` on the server's host: how it ended, and what it printed.
pub(crate) fn run_import(world: &World, more: &[&str]) -> (Option<i32>, String) {
    let file = world.database.file("orders.csv");
    std::fs::write(&file, CSV).expect("writes");
    let words = ["resource", "import", "--format", "csv", file.to_str().expect("Unicode")];
    countersign(world, &[&words[..], more].concat())
}

/// The same, where it comes to its end.
pub(crate) fn bring_in(world: &World, more: &[&str]) -> String {
    let (code, told) = run_import(world, more);
    assert_eq!(code, Some(0), "{told}");
    told
}

pub(crate) async fn who_was_killed_reads_as_stopped(backend: Backend) {
    let world = World::demo(backend).await;
    let store = &world.store;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let cookie = author(&world).await;
    let told = send(&client, "", "text/csv", CSV).await;
    let location = told.header("location").to_owned();
    let done = finished(&client, &told).await;
    let id = done["id"].as_str().expect("an id");
    let own = format!("/resources/imports/{id}");
    let look = async |path: &str| page(replica.address(), &cookie, path).await;

    // As it is while its server is at it.
    let held = "UPDATE resource_imports SET state = 'running', held_until = 9223372036854775807";
    world.database.by_hand(held).await;
    assert_eq!(client.get(&location).await.body["state"], "running");
    let shown = look(&own).await;
    assert!(shown.contains(">Running<") && shown.contains("Look again"), "{shown}");
    assert!(!shown.contains("it goes on after line"), "{shown}");

    // Its server was killed.
    in_hand_until(&world, 1).await;
    let there = client.get(&location).await.body;
    assert_eq!((&there["state"], &there["line"]), (&json!("stopped"), &json!(3)), "{there}");
    assert_eq!(client.get(IMPORTS).await.body["items"], json!([there]));
    let shown = look(&own).await;
    assert!(shown.contains(">Stopped<") && shown.contains("it goes on after line 3."), "{shown}");
    assert!(!shown.contains("Look again"), "nothing is waited for: {shown}");
    let shown = look("/resources").await;
    assert!(shown.contains("Stopped"), "{shown}");

    // Whoever was late only, and is at it all the while, goes on, and that is no change.
    let late = store.get_import(id).await.expect("reads").expect("is there");
    assert_eq!(late.state, ImportState::Stopped);
    let mut writer = store.write(operator()).await.expect("a unit of work");
    let part = ResourceImport { state: ImportState::Running, ..late };
    writer.put_import(&part, DAY).await.expect("is written").expect("is in its hand");
    writer.commit().await.expect("commits");
    assert_eq!(client.get(&location).await.body["state"], "running");
    assert_eq!(changes(&world).await, ["create"]);

    // Who is refused meanwhile leaves the report of the one that runs as it is.
    let report = world.database.file("report.txt");
    std::fs::write(&report, "line 9: refused\n").expect("writes");
    let (code, told) = run_import(&world, &["--report", report.to_str().expect("Unicode")]);
    assert!(code == Some(1) && told.contains(id), "{told}");
    assert_eq!(std::fs::read_to_string(&report).expect("reads"), "line 9: refused\n");

    // The command line tells of it before it begins anew, and goes on with it where it is told to.
    in_hand_until(&world, 1).await;
    let told = bring_in(&world, &[]);
    assert!(told.contains("stopped after line 3; `--resume` goes on there"), "{told}");
    assert_eq!(client.get(&location).await.body["state"], "stopped");
    let told = bring_in(&world, &["--resume"]);
    assert!(told.contains("going on after line 3"), "{told}");
    assert_eq!(client.get(&location).await.body["state"], "finished");
    let told = bring_in(&world, &[]);
    assert!(!told.contains("stopped"), "{told}");
    replica.stop().await;
}
