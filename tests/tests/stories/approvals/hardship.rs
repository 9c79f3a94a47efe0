//! The process is killed, the disk is full, the database goes away, exactly while requests are filed and used: each call
//! uses once or not at all, and the same `Idempotency-Key` is told the decision that was recorded.

use crate::approvals::helpers::{
    account, add_note, approve, is_sound, note, pending, read, waiting, world, world_on,
};
use crate::approvals::keyed::Keyed;
use policy::ApprovalId;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::cluster::Cluster;
use tests::line::Line;
use tests::pep::{call_body, noise};
use tests::process::Process;
use tests::{Backend, Database, Pep, World};
use tokio::sync::Notify;
use tokio::task::JoinSet;

const CALLERS: usize = 8;

/// What became of keys.
#[derive(Default)]
struct Told {
    /// Each with the decision that it was told.
    passed: Vec<(String, String)>,
    /// Of these nothing is known.
    open: Vec<String>,
}

/// Many call with a fresh key each, until one gets no answer that lets it pass; `enough` is told after so many that did.
fn hammer(keyed: &Keyed, round: usize, after: usize, enough: &Arc<Notify>) -> JoinSet<Told> {
    let count = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (keyed, count, enough) = (keyed.clone(), Arc::clone(&count), Arc::clone(enough));
        callers.spawn(async move {
            let mut told = Told::default();
            for call in 0.. {
                let key = format!("key-{round}-{caller}-{call}");
                match keyed.call(&key).await {
                    Ok(id) => told.passed.push((key, id)),
                    Err(_) => {
                        told.open.push(key);
                        break;
                    }
                }
                if count.fetch_add(1, Ordering::SeqCst) + 1 == after {
                    enough.notify_one();
                }
            }
            told
        });
    }
    callers
}

/// Asks again with each key that is open, and again with one that is not: then each key used exactly once.
async fn settle(world: &World, keyed: &Keyed, request: &ApprovalId, told: Told, before: usize) -> usize {
    let mut passed = told.passed;
    if let Some((key, id)) = passed.last() {
        assert_eq!(keyed.call(key).await.as_ref(), Ok(id), "{key} was told another decision");
    }
    for key in told.open {
        let id = keyed.call(&key).await.expect("is told, or passes now");
        passed.push((key, id));
    }
    let calls = world.store.list_approval_calls(request).await.expect("lists");
    let recorded: BTreeSet<&str> = calls.iter().map(|call| call.decision.as_str()).collect();
    let decisions: BTreeSet<&str> = passed.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(decisions.len(), passed.len(), "one decision was told to two keys");
    assert!(decisions.is_subset(&recorded), "a call passed and used nothing");
    assert_eq!(calls.len(), before + passed.len(), "a key used more than once");
    assert_eq!(usize::try_from(read(world, request).await.used), Ok(calls.len()));
    for call in &calls {
        assert!(world.store.get_decision(&call.decision).await.expect("reads").is_some(), "{call:?}");
    }
    calls.len()
}

async fn gathered(callers: JoinSet<Told>) -> Told {
    let mut all = Told::default();
    for told in callers.join_all().await {
        all.passed.extend(told.passed);
        all.open.extend(told.open);
    }
    all
}

/// Killed after so many answers, another number in each round: before, amid and after commits.
pub(crate) async fn each_key_uses_once_however_often_the_process_is_killed(backend: Backend) {
    let world = world(backend, "{ approvers: [finance], uses: 1000 }").await;
    let fay = account(&world, "fay", Some("fay")).await;
    let mut process = Process::serve(&world.database, &world.database.url);
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    let request = waiting(&world).await.id;
    approve(&world, &fay, &request).await;
    let mut used = 0;
    for (round, after) in [1, 2, 5, 9, 16, 31].into_iter().enumerate() {
        let enough = Arc::new(Notify::new());
        let callers = hammer(&Keyed::new(&world, process.address(), "hello"), round, after, &enough);
        enough.notified().await;
        process.kill();
        let told = gathered(callers).await;
        assert!(told.passed.len() >= after && told.open.len() == CALLERS, "round {round}");
        // What Postgres was about to commit then, it has committed after this.
        world.database.settled().await;
        // At most the uses under way are burnt.
        let calls = world.store.list_approval_calls(&request).await.expect("lists").len();
        let burnt = calls - used - told.passed.len();
        assert!(burnt <= CALLERS, "round {round}: {burnt}");
        process = Process::serve(&world.database, &world.database.url);
        used = settle(&world, &Keyed::new(&world, process.address(), "hello"), &request, told, used).await;
    }
    process.kill();
    is_sound(&world).await;
}

/// Postgres goes away amid uses; what was under way is told, or used then, once it is back.
pub(crate) async fn each_key_uses_once_when_the_database_goes_away() {
    let world = world(Backend::Postgres, "{ approvers: [finance], uses: 1000 }").await;
    let fay = account(&world, "fay", Some("fay")).await;
    let line = Line::to(world.database.server_address()).await;
    let replica = world.replica_at(&world.database.url_through(line.address())).await;
    let crm = world.crm(&replica);
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    let request = waiting(&world).await.id;
    approve(&world, &fay, &request).await;
    let keyed = Keyed::new(&world, replica.address(), "hello");
    let mut used = 0;
    for (round, after) in [1, 3, 10, 25].into_iter().enumerate() {
        let enough = Arc::new(Notify::new());
        let callers = hammer(&keyed, round, after, &enough);
        enough.notified().await;
        line.cut();
        let told = gathered(callers).await;
        assert_eq!(told.open.len(), CALLERS, "round {round}");
        // Nothing is filed either, and nobody is told that it was.
        let reason = add_note(&world, &crm, "away").await.reason().to_owned();
        assert!(reason == "policy_unavailable" || reason == "audit_unavailable", "{reason}");
        line.mend();
        replica.ready().await;
        world.database.settled().await;
        assert!(pending(&world).await.is_empty(), "round {round}");
        used = settle(&world, &keyed, &request, told, used).await;
    }
    assert_eq!(add_note(&world, &crm, "away").await.reason(), "approval_required");
    assert_eq!(pending(&world).await.len(), 1);
    is_sound(&world).await;
    replica.stop().await;
}

/// The size of the largest file in the folder, in bytes.
fn largest(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("a folder");
    files
        .map(|file| file.and_then(|file| file.metadata()).expect("a file").len())
        .max()
        .expect("the database")
}

const MANY_USES: &str = "{ approvers: [finance], uses: 1000 }";

/// A server whose own disk will be full after some dozens of calls.
async fn small_sqlite() -> (World, Process) {
    let world = world(Backend::Sqlite, MANY_USES).await;
    let room = largest(world.database.folder()) / 1024 + 4_000;
    let process = Process::serve_with_files_up_to(&world.database, &world.database.url, room);
    (world, process)
}

/// A Postgres of which the same is true.
async fn small_postgres() -> (World, Process, Cluster) {
    let cluster = Cluster::with_files_up_to(3_072).await;
    let world = world_on(Database::fresh_on(cluster.url()).await, MANY_USES).await;
    let process = Process::serve(&world.database, &world.database.url);
    (world, process, cluster)
}

/// The disk is full while requests are filed and used in turn.
pub(crate) async fn a_full_disk_files_and_uses_nothing_that_it_does_not_keep(backend: Backend) {
    let (world, process, cluster) = match backend {
        Backend::Sqlite => {
            let (world, process) = small_sqlite().await;
            (world, process, None)
        }
        Backend::Postgres => {
            let (world, process, cluster) = small_postgres().await;
            (world, process, Some(cluster))
        }
    };
    let fay = account(&world, "fay", Some("fay")).await;
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    let token = world.secret("REFUND_BOT_KEY");
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    let request = waiting(&world).await.id;
    approve(&world, &fay, &request).await;
    let call = |text: &str| {
        let mut body = call_body(token, "add_note", note(text));
        // No rule reads it, so it is no part of what was approved; it fills the disk.
        body["context"]["padding"] = json!(noise());
        body
    };
    let (mut passed, mut asked, mut refused) = (BTreeSet::new(), 0, [0, 0]);
    for turn in 0..20_000 {
        let uses = turn % 2 == 0;
        let told =
            if uses { crm.ask(&call("hello")).await } else { crm.ask(&call(&format!("note {turn}"))).await };
        match told.reason() {
            "allowed" if uses => {
                assert_eq!(refused[1], 0, "passed after the disk was full");
                passed.insert(told.decision_id.expect("an id"));
            }
            "approval_required" if !uses => {
                // Beyond the twentieth nothing is filed, which takes less room.
                assert!(refused[0] == 0 || asked >= 20, "filed after the disk was full");
                asked += 1;
            }
            "audit_unavailable" => refused[usize::from(uses)] += 1,
            other => panic!("{other}"),
        }
        if refused.iter().all(|count| *count >= 10) {
            break;
        }
    }
    assert!(passed.len() > 3 && asked > 3, "{} passed, {asked} asked", passed.len());
    assert!(refused.iter().all(|count| *count >= 10), "the disk was never full: {refused:?}");
    process.kill();
    let calls = world.store.list_approval_calls(&request).await.expect("lists");
    let recorded: BTreeSet<String> = calls.iter().map(|call| call.decision.to_string()).collect();
    assert_eq!(recorded, passed);
    assert_eq!(usize::try_from(read(&world, &request).await.used), Ok(passed.len()));
    assert_eq!(pending(&world).await.len(), asked.min(20));
    is_sound(&world).await;
    if let Some(cluster) = &cluster {
        cluster.make_room().await;
    }
    let roomier = Process::serve(&world.database, &world.database.url);
    let crm = Pep::new(roomier.address(), world.secret("CRM_PEP_KEY"));
    assert!(crm.ask(&call("hello")).await.allowed());
    assert_eq!(usize::try_from(read(&world, &request).await.used), Ok(passed.len() + 1));
}
