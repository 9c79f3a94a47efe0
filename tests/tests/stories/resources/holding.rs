//! A file is brought in by one at a time, however often it is sent: whoever is at it says so again and again, and whoever was
//! overtaken writes nothing more.

use crate::api::client::{Client, token};
use crate::api::imports::{IMPORTS, finished, send};
use crate::resources::helpers::{author, upload, world};
use crate::resources::importing::{changes, importer, in_hand_until, lines, options};
use pdp::resources::ImportError;
use policy::scope::AdminScope;
use serde_json::json;
use std::time::Duration;
use store::administration::{ImportState, ResourceImport};
use tests::{Backend, World};
use tokio::task::block_in_place;

pub(crate) async fn who_was_overtaken_writes_nothing_more(backend: Backend) {
    let world = world(backend).await;
    let store = &world.store;
    std::fs::write(world.database.file("all.jsonl"), lines(2_500)).expect("writes");
    let first = importer(&world, "all.jsonl", options(false)).await.expect("opens");
    let second = importer(&world, "all.jsonl", options(false)).await.expect("opens");

    // The first one is held up once its first part is in.
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, held_up) = std::sync::mpsc::channel::<()>();
    let running = tokio::spawn(first.run(move |part| {
        // Nobody may listen any more.
        let _ = told.send(part.import.clone());
        // It ends as soon as nobody holds it up any more.
        let _ = block_in_place(|| held_up.recv());
    }));
    let cut = heard.recv().await.expect("a part");
    assert_eq!((cut.state, cut.created), (ImportState::Running, 997));

    // Whoever began at the same time, or begins now, is told who has it in hand, however late it is said.
    in_hand_until(&world, i64::MAX).await;
    let refused = second.run(|_| {}).await;
    assert!(matches!(&refused, Err(ImportError::InHand { id }) if *id == cut.id), "{refused:?}");
    for resume in [false, true] {
        let refused = importer(&world, "all.jsonl", options(resume)).await;
        assert!(matches!(&refused, Err(ImportError::InHand { id }) if *id == cut.id), "{refused:?}");
    }
    // How it reads depends on how soon that is asked.
    let listed = store.list_imports(10).await.expect("lists").into_iter();
    let listed: Vec<_> = listed.map(|one| ResourceImport { state: cut.state, ..one }).collect();
    assert_eq!(listed, std::slice::from_ref(&cut));

    // It says so again and again, also while nothing of it goes on.
    in_hand_until(&world, 1).await;
    let like = ResourceImport { id: String::new(), ..cut.clone() };
    let said = async {
        while store.find_held_import(&like).await.expect("reads").is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), said).await.expect("it is said");

    // As if it had been killed: another one goes on and comes to the end, and what the first one still does is undone.
    in_hand_until(&world, 0).await;
    let rest = importer(&world, "all.jsonl", options(true)).await.expect("is gone on with");
    assert_eq!((rest.import().position, rest.import().attempt), (cut.position, cut.attempt + 1));
    let done = rest.run(|_| {}).await.expect("comes to its end");
    assert_eq!((done.state, done.created, done.refused), (ImportState::Finished, 2_497, 3));
    world.database.by_hand("UPDATE resources SET attributes = '{}' WHERE id = 'i-1500'").await;
    drop(go_on);
    let overtaken = running.await.expect("ends");
    assert!(matches!(&overtaken, Err(ImportError::TakenOver { id }) if *id == cut.id), "{overtaken:?}");
    assert_eq!(store.list_imports(10).await.expect("lists"), [done]);
    let left = store.get_resource("customer", "i-1500").await.expect("reads").expect("is there");
    assert!(left.attributes.is_empty(), "{left:?}");
    assert_eq!(changes(&world).await, ["update", "create"]);
}

pub(crate) async fn a_file_that_is_being_brought_in_is_refused(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let cookie = author(&world).await;
    let csv = "type,id,tenant\norder,o-1,acme\norder,o-2,acme\n";
    let told = send(&client, "", "text/csv", csv).await;
    let location = told.header("location").to_owned();
    let done = finished(&client, &told).await;

    // As it is while another process is at it.
    let held = "UPDATE resource_imports SET state = 'running', held_until = 9223372036854775807";
    world.database.by_hand(held).await;
    let there = client.get(&location).await.body;
    assert_eq!(there["state"], "running");
    let told = send(&client, "", "text/csv", csv).await;
    assert_eq!((told.status, told.code()), (409, "import_running"), "{told:?}");
    assert_eq!(told.body["see"], location, "{told:?}");
    let (status, page) = upload(replica.address(), &cookie, csv).await;
    let id = there["id"].as_str().expect("an id");
    assert_eq!((status, page.contains(&format!("/resources/imports/{id}"))), (409, true), "{page}");
    assert_eq!(
        client.get(IMPORTS).await.body["items"],
        json!([there]),
        "nothing changed, and none was begun"
    );

    // For a tenant it is another import, and so is another file.
    for (query, text) in [("?tenant=acme", csv), ("", "type,id,tenant\norder,o-1,acme\n")] {
        let told = send(&client, query, "text/csv", text).await;
        assert_ne!(told.header("location"), location, "{told:?}");
        assert_eq!(finished(&client, &told).await["unchanged"], text.lines().count() - 1, "{query}");
    }

    // Whoever had it says nothing of it any more.
    in_hand_until(&world, 1).await;
    let told = send(&client, "", "text/csv", csv).await;
    assert_eq!(told.header("location"), location, "{told:?}");
    let again = finished(&client, &told).await;
    for member in ["state", "position", "created", "changed", "unchanged", "refused"] {
        assert_eq!(again[member], done[member], "{again}");
    }
    let (status, page) = upload(replica.address(), &cookie, csv).await;
    assert_eq!(status, 303, "what is finished is begun anew: {page}");
    replica.stop().await;
}
