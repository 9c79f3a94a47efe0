//! A file is brought in by parts.

use crate::resources::helpers::world;
use pdp::resources::{ImportError, ImportOptions, Importer, Resume};
use serde_json::json;
use std::fs::File;
use store::administration::{FileFormat, ImportState, ResourceFilter, ResourceImport};
use store::changes::{ChangeFilter, ChangePosition};
use tests::world::operator;
use tests::{Backend, World};

pub(crate) fn lines(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let line = match n {
            5 => "{ this is no JSON".to_owned(),
            6 => json!({"type": "customer", "id": "g-1", "tenant": "acme"}).to_string(),
            7 => json!({"type": "customer", "id": "x", "tenant": "nowhere"}).to_string(),
            _ => {
                json!({"type": "customer", "id": format!("i-{n}"), "tenant": "acme", "attributes": {"n": n}})
                    .to_string()
            }
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

pub(crate) async fn importer(
    world: &World,
    name: &str,
    options: ImportOptions,
) -> Result<Importer, ImportError> {
    let file = File::open(world.database.file(name)).expect("opens");
    Importer::open(&world.store, operator(), file, options).await
}

pub(crate) fn options(resume: bool) -> ImportOptions {
    let resume = if resume { Resume::Always } else { Resume::Never };
    ImportOptions { format: FileFormat::Jsonl, tenant: None, may_move: false, resume }
}

/// Whoever has an import in hand has it until then, in microseconds; with 0 nobody has.
pub(crate) async fn in_hand_until(world: &World, micros: i64) {
    let sql = format!("UPDATE resource_imports SET held_until = {micros} WHERE state <> 'finished'");
    world.database.by_hand(&sql).await;
}

pub(crate) async fn changes(world: &World) -> Vec<String> {
    let filter = ChangeFilter { kind: Some("resource_import"), ..ChangeFilter::default() };
    let found = world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists");
    found.into_iter().map(|change| change.action.to_string()).collect()
}

pub(crate) async fn a_file_is_brought_in_by_parts_and_gone_on_with(backend: Backend) {
    const COUNT: usize = 2_500;
    let world = world(backend).await;
    std::fs::write(world.database.file("all.jsonl"), lines(COUNT)).expect("writes");
    let none = importer(&world, "all.jsonl", options(true)).await;
    assert!(matches!(none, Err(ImportError::NothingToResume)), "{none:?}");

    // Cut off after the first part: what was told of counts, and the rest follows.
    let first = importer(&world, "all.jsonl", options(false)).await.expect("opens");
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let running = tokio::spawn(first.run(move |part| {
        // Nobody may listen any more.
        let _ = told.send(part.import.clone());
        // It gets no further before it is cut off.
        let _ = gate.recv();
    }));
    let cut: ResourceImport = heard.recv().await.expect("a part");
    running.abort();
    drop(open);
    let _ = running.await;
    assert_eq!(cut.state, ImportState::Running);

    // Whoever broke off without a word has it in hand until its time is over.
    in_hand_until(&world, i64::MAX).await;
    let early = importer(&world, "all.jsonl", options(true)).await;
    assert!(matches!(&early, Err(ImportError::InHand { id }) if *id == cut.id), "{early:?}");
    in_hand_until(&world, 0).await;
    let rest = importer(&world, "all.jsonl", options(true)).await.expect("is gone on with");
    let from = rest.import().position;
    assert!(from >= cut.position && from > 0);
    let mut refused = Vec::new();
    let done = rest
        .run(|part| refused.extend(part.refused.iter().map(|one| one.line)))
        .await
        .expect("comes to its end");
    assert_eq!((done.state, done.line), (ImportState::Finished, COUNT as i64));
    assert_eq!((done.created, done.changed, done.unchanged, done.refused), (COUNT as i64 - 3, 0, 0, 3));
    assert_eq!(done.problems.iter().map(|one| one.line).collect::<Vec<_>>(), [6, 7, 8]);
    assert!(refused.is_empty(), "they were in the first part");
    let counted = world.store.count_resources(ResourceFilter::default(), 10_000).await.expect("counts");
    assert_eq!(counted, COUNT as i64);
    let moved = world.store.get_resource("customer", "g-1").await.expect("reads").expect("is there");
    assert_eq!(moved.tenant.as_str(), "globex", "a file takes nothing away unless it is told to");
    // One change at the first part, and one at the end.
    assert_eq!(changes(&world).await, ["update", "create"]);

    // The same again changes nothing but is told.
    let again = importer(&world, "all.jsonl", options(false)).await.expect("opens");
    let done = again.run(|_| {}).await.expect("comes to its end");
    assert_eq!((done.created, done.changed, done.unchanged), (0, 0, COUNT as i64 - 3));
    let filter = ChangeFilter { kind: Some("resource"), ..ChangeFilter::default() };
    let singly = world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists");
    assert_eq!(singly.len(), 3, "those of the bundle");

    // A small file is one change; of two lines about one thing the last one holds.
    let small = "type,id,attributes.region\ncustomer,i-1,eu\ncustomer,i-1,us\norder,o-1,\n";
    std::fs::write(world.database.file("small.csv"), small).expect("writes");
    let acme = ImportOptions { format: FileFormat::Csv, tenant: Some("acme".into()), ..options(false) };
    let done = importer(&world, "small.csv", acme).await.expect("opens").run(|_| {}).await.expect("ends");
    assert_eq!((done.created, done.changed, done.refused), (1, 2, 0));
    let last = world.store.get_resource("customer", "i-1").await.expect("reads").expect("is there");
    assert_eq!(last.attributes.get("region"), Some(&json!("us")));
    assert_eq!(changes(&world).await.first().map(String::as_str), Some("create"));
}
