//! What was done to chains is found, and what retention leaves is sound.

use crate::records::helpers::{audit_command, audit_key, decided};
use policy::Timestamp;
use store::audit::{self, ChainSummary, Finding};
use store::decisions::{DecisionFilter, Page};
use tests::{Backend, World};

pub(crate) async fn a_removed_end_is_found_by_what_the_host_kept(backend: Backend) {
    let world = World::demo(backend).await;
    decided(&world, 5).await;
    let (code, told) = audit_command(&world, &["verify"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("held against 1 checkpoints kept in"), "{told}");

    // All that speaks of the end goes with it.
    world.database.by_hand("DELETE FROM decisions WHERE seq > 3").await;
    world.database.by_hand("DELETE FROM checkpoints").await;
    world.database.by_hand("UPDATE chains SET ended_at = NULL").await;
    let (code, told) = audit_command(&world, &["verify"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("the end is missing; a signature vouches for record 5"), "{told}");
    let (code, told) = audit_command(&world, &["prune", "--before", "2099-01-01T00:00:00Z", "--yes"]);
    assert_eq!(code, Some(1), "{told}");

    world.database.by_hand("DELETE FROM decisions").await;
    world.database.by_hand("DELETE FROM chains").await;
    let (code, told) = audit_command(&world, &["verify"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("the whole chain is missing"), "{told}");

    // Without what the host kept, nothing contradicts it.
    std::fs::remove_dir_all(world.database.file("audit.key.heads")).expect("removed");
    let (code, told) = audit_command(&world, &["verify"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("a removed end cannot be seen"), "{told}");
}

pub(crate) async fn prunes_at_once_leave_a_sound_chain(backend: Backend) {
    let world = World::demo(backend).await;
    decided(&world, 20).await;
    if backend == Backend::Postgres {
        // Each removal takes its time, so that all of them are under way at once.
        world
            .database
            .by_hand(
                "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$; \
                 CREATE TRIGGER dawdle AFTER DELETE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
            )
            .await;
    }
    let page = Page { limit: 100, ..Page::default() };
    let listed = world.store.list_decisions(&DecisionFilter::default(), &page).await.expect("lists");
    let at = |index: usize| listed.rows[index].at;
    let key = audit_key(&world);
    // Everything, and less and less of it: the newest stand first.
    let prune = |before: Timestamp| audit::prune(&world.store, &key, before, "story", before);
    let all = at(0).saturating_add_micros(1);
    let reports = tokio::join!(prune(all), prune(at(5)), prune(at(10)), prune(at(15)));
    let reports = [reports.0, reports.1, reports.2, reports.3].map(|report| report.expect("prunes"));
    assert_eq!(reports.iter().map(|report| report.records).sum::<u64>(), 20);
    let (code, told) = audit_command(&world, &["verify"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("1 chains, 0 records"), "{told}");
    assert!(told.contains("held against 1 checkpoints kept in"), "{told}");
}

async fn chains(world: &World, older_than: Option<&str>, limit: u64) -> Vec<ChainSummary> {
    audit::list_chains(&world.store, older_than, limit).await.expect("lists")
}

pub(crate) async fn chains_are_listed_a_page_at_a_time(backend: Backend) {
    let world = World::demo(backend).await;
    for calls in 0..3 {
        decided(&world, calls).await;
    }
    let all = chains(&world, None, 10).await;
    assert_eq!(all.iter().map(|chain| chain.head_seq).collect::<Vec<_>>(), [2, 1, 0]);
    assert!(all.iter().all(|chain| chain.ended_at.is_some() && chain.last_checkpoint_at.is_some()));
    assert!(audit::oldest_record(&world.store).await.expect("reads").is_some());
    let mut paged = chains(&world, None, 2).await;
    let second = paged[1].id.clone();
    paged.extend(chains(&world, Some(&second), 2).await);
    assert_eq!(paged, all);
    let exported = audit::export_checkpoints(&world.store).await.expect("exports");
    assert_eq!(audit::read_anchors(&exported).expect("reads").len(), 3);

    // What retention leaves still says where each chain stands.
    let end = Timestamp::parse("2099-01-01T00:00:00Z").expect("a moment");
    let pruned = audit::prune(&world.store, &audit_key(&world), end, "story", end).await.expect("prunes");
    assert_eq!((pruned.chains, pruned.records), (2, 3));
    let left = chains(&world, None, 10).await;
    assert_eq!(left.iter().map(|chain| chain.pruned_up_to).collect::<Vec<_>>(), [Some(2), Some(1), None]);
    for (was, is) in all.iter().zip(&left) {
        assert_eq!((was.head_seq, was.head_hash), (is.head_seq, is.head_hash));
    }
    assert_eq!(audit::oldest_record(&world.store).await.expect("reads"), None);

    // The next chain names them all as they are: two that were pruned, and one that never had a record.
    decided(&world, 1).await;
    let (code, told) = audit_command(&world, &["verify"]);
    assert_eq!(code, Some(0), "{told}");
    let next = chains(&world, None, 1).await.remove(0).id;
    for (table, column) in
        [("checkpoints", "chain"), ("decisions", "chain"), ("stubs", "chain"), ("chains", "id")]
    {
        world.database.by_hand(&format!("DELETE FROM {table} WHERE {column} <> '{next}'")).await;
    }
    let report = audit::verify(&world.store, &audit_key(&world), &[]).await.expect("verifies");
    let missing = |finding: &Finding| match finding {
        Finding::MissingChain { chain } => Some(chain.clone()),
        _ => None,
    };
    let mut missing: Vec<String> = report.findings.iter().filter_map(missing).collect();
    missing.sort();
    let mut named: Vec<String> = left.iter().map(|chain| chain.id.clone()).collect();
    named.sort();
    assert_eq!(missing, named, "{:?}", report.findings);
}
