//! Stories on both databases: a real server, and a server that changes its mind.

use super::asking::install_tls;
use pdp::address_guard::{AddressGuard, AllowedAddress};
use pdp::catalog::definition_hash;
use pdp::discovery::{Discovered, DiscoveredTool, Labels, Progress, ReviewError, discover, refresh, review};
use policy::{ReviewState, Risk, Sensitivity, ServerSlug};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use store::administration::{Page, Server, Tool};
use store::changes::{ChangeFilter, ChangePosition};
use tests::process::free_port;
use tests::world::operator;
use tests::{Backend, World};

/// npm's `@modelcontextprotocol/server-everything`, ended with the story.
struct Everything {
    process: Child,
    url: String,
}

impl Everything {
    fn start() -> Self {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../e2e/node_modules/@modelcontextprotocol/server-everything/dist/index.js"
        );
        assert!(
            std::path::Path::new(script).is_file(),
            "{script} is missing; `cargo xtask test` installs the packages of e2e"
        );
        let port = free_port();
        let process = Command::new("node")
            .args([script, "streamableHttp"])
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let everything = Self { process, url: format!("http://127.0.0.1:{port}/mcp") };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(120), "server-everything listens within 120 s");
            std::thread::sleep(Duration::from_millis(50));
        }
        everything
    }
}

impl Drop for Everything {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn labels(tool: &Tool) -> Labels {
    Labels {
        risk: tool.risk,
        sensitivity: tool.sensitivity,
        read_only: tool.read_only,
        redact: tool.redact.clone(),
        check_schema: tool.check_schema,
        mapping: None,
    }
}

async fn changes(world: &World, tool: &Tool) -> usize {
    let filter = ChangeFilter { kind: Some("tool"), object: Some(tool.id.as_str()), ..Default::default() };
    world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists").len()
}

pub(super) async fn a_real_server_is_discovered_refreshed_and_reviewed(backend: Backend) {
    install_tls();
    let everything = Everything::start();
    let world = World::empty(backend).await;
    let slug = ServerSlug::new("everything");
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_server(&Server::new(slug.clone(), &everything.url)).await.expect("registered");
    writer.commit().await.expect("commits");

    let guard = AddressGuard::new(&[AllowedAddress::Loopback]);
    let steps = Mutex::new(Vec::new());
    let progress = |step: Progress| steps.lock().expect("not poisoned").push(step);
    let discovered = discover(&everything.url, &guard, &progress).await.expect("discovers");
    assert_eq!(discovered.protocol_version, "2025-11-25");
    assert!(!discovered.server_name.is_empty());
    let steps = steps.into_inner().expect("not poisoned");
    assert_eq!(steps.first(), Some(&Progress::Connecting));
    assert_eq!(steps.last(), Some(&Progress::Listed { pages: 1, tools: discovered.tools.len() }));
    let echo = discovered.tools.iter().find(|tool| tool.name == "echo").expect("lists echo");
    assert!(echo.definition["execution"].is_object(), "members that rmcp does not know are kept");

    let report = refresh(&world.store, operator(), &slug, &discovered).await.expect("refreshes");
    assert_eq!(report.new.len(), discovered.tools.len());
    let listed = world.store.get_tool(&slug, "echo").await.expect("reads").expect("is there");
    assert_eq!((listed.review, listed.risk, listed.read_only), (ReviewState::New, Risk::Low, true));
    assert_eq!(listed.offered.as_ref(), Some(&echo.definition));
    assert_eq!(listed.definition, None);

    let given = Labels { risk: Risk::Medium, sensitivity: Sensitivity::Public, ..labels(&listed) };
    let reviewed = review(&world.store, operator(), &listed.id, Some(&echo.hash), given.clone())
        .await
        .expect("reviewed");
    assert_eq!((reviewed.review, labels(&reviewed)), (ReviewState::Reviewed, given));
    assert_eq!(reviewed.definition_hash.as_ref(), Some(&echo.hash));
    assert_eq!(reviewed.reviewed_by.as_deref(), Some("story"));
    assert_eq!(changes(&world, &listed).await, 2, "listed, reviewed");

    // Once more: the server lists the very same, and nobody's word is touched.
    let again = discover(&everything.url, &guard, &|_| ()).await.expect("discovers");
    let report = refresh(&world.store, operator(), &slug, &again).await.expect("refreshes");
    assert_eq!(report.unchanged.len(), discovered.tools.len(), "{report:?}");
    let still = world.store.get_tool(&slug, "echo").await.expect("reads").expect("is there");
    assert!(still.seen_at > listed.seen_at);
    assert_eq!(Tool { seen_at: reviewed.seen_at, ..still }, reviewed);
    assert_eq!(changes(&world, &listed).await, 2, "being seen again is no change");
}

pub(super) async fn a_changed_tool_is_denied_until_a_person_reviewed_it(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let slug = ServerSlug::new("crm");
    let server = world.store.get_server(&slug).await.expect("reads").expect("is there");
    let known = world.store.list_tools(Some(&slug), &Page::ALL).await.expect("lists");
    let original = known.iter().find(|tool| tool.name == "refund").expect("is there").clone();

    let listing = |refund: Option<&str>| {
        let tools = known.iter().filter(|tool| tool.name != "refund" || refund.is_some()).map(|tool| {
            let mut definition = tool.definition.clone().expect("given by the bundle");
            if tool.name == "refund" && refund != Some("") {
                definition["description"] = json!(refund);
            }
            let hash = definition_hash(&definition);
            DiscoveredTool { name: tool.name.clone(), definition, hash }
        });
        Discovered {
            url: server.url.clone(),
            server_name: "crm".to_owned(),
            server_version: "1".to_owned(),
            protocol_version: "2025-11-25".to_owned(),
            tools: tools.collect(),
        }
    };
    let refreshed = async |refund: Option<&str>| {
        refresh(&world.store, operator(), &slug, &listing(refund)).await.expect("refreshes")
    };
    let refund = async || {
        let arguments: Value = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
        let told = crm.call(world.secret("ALICE_KEY"), "refund", arguments).await;
        told.reason().to_owned()
    };
    let now = async || world.store.get_tool(&slug, "refund").await.expect("reads").expect("is there");

    // As it was reviewed.
    assert_eq!(refreshed(Some("")).await.unchanged.len(), known.len());
    assert_eq!(refund().await, "allowed");
    // Changed: denied, and what was reviewed is kept to compare with.
    assert_eq!(refreshed(Some("Send money to anyone.")).await.changed, ["refund"]);
    assert_eq!(refund().await, "tool_definition_changed");
    assert_eq!(now().await.definition, original.definition);
    // Back again: nobody is needed.
    assert_eq!(refreshed(Some("")).await.restored, ["refund"]);
    assert_eq!(refund().await, "allowed");

    // Changed, and changed again while a person looked at it.
    refreshed(Some("Send money to anyone.")).await;
    let seen = now().await;
    assert_eq!(refreshed(Some("Send all the money.")).await.changed, ["refund"]);
    let hash = seen.offered_hash.as_deref();
    let stale = review(&world.store, operator(), &seen.id, hash, labels(&seen)).await;
    assert!(matches!(stale, Err(ReviewError::Stale { .. })), "{stale:?}");
    assert_eq!(refund().await, "tool_definition_changed");
    let seen = now().await;
    let hash = seen.offered_hash.as_deref();
    let reviewed = review(&world.store, operator(), &seen.id, hash, labels(&seen)).await.expect("reviewed");
    assert_eq!(reviewed.definition, seen.offered);
    assert_eq!(refund().await, "allowed");

    // Gone, and back as it was reviewed last.
    assert_eq!(refreshed(None).await.gone, ["refund"]);
    assert_ne!(refund().await, "allowed");
    let gone = review(&world.store, operator(), &seen.id, None, labels(&seen)).await;
    assert!(matches!(gone, Err(ReviewError::Gone { .. })), "{gone:?}");
    assert_eq!(refreshed(Some("Send all the money.")).await.restored, ["refund"]);
    assert_eq!(refund().await, "allowed");
    replica.stop().await;
}
