//! What grows with requests comes to an end: what is over is let go of, and who files and takes back in a circle is stopped.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, decide, is_sound, note, pending, read, waiting, world,
};
use pdp::approvals::ApprovalError;
use policy::labels::{ApprovalState, Verdict};
use policy::{ApprovalId, SubjectId, Timestamp};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use store::approvals::{ApprovalPruneReport, MOST_FILED, NewSubstitute};
use store::changes::{Change, ChangeFilter, ChangePosition};
use tests::process::binary;
use tests::world::operator;
use tests::{Backend, Pep, World};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// A request in each state that there is, of as many calls.
async fn one_of_each(world: &World, crm: &Pep, fay: &str) -> BTreeMap<&'static str, ApprovalId> {
    let mut made = BTreeMap::new();
    for name in ["expired", "used", "denied", "cancelled", "approved", "pending"] {
        assert_eq!(add_note(world, crm, name).await.reason(), "approval_required");
        let id = waiting(world).await.id;
        match name {
            "expired" => {
                let over = format!("UPDATE approvals SET expires_at = 1, look_until = 1 WHERE id = '{id}'");
                world.database.by_hand(&over).await;
                // A server may have written it down already.
                approvals(world).expire().await.expect("ends");
                assert_eq!(read(world, &id).await.state, ApprovalState::Expired);
            }
            "used" => {
                approve(world, fay, &id).await;
                assert!(add_note(world, crm, name).await.allowed());
            }
            "denied" => {
                decide(world, fay, &id, Verdict::Deny).await.expect("is denied");
            }
            "cancelled" => {
                let bot = SubjectId::from("refund-bot");
                approvals(world).cancel(&bot, operator(), &id).await.expect("is taken back");
            }
            "approved" => {
                approve(world, fay, &id).await;
            }
            _ => {}
        }
        made.insert(name, id);
    }
    made
}

async fn kept(world: &World, made: &BTreeMap<&'static str, ApprovalId>) -> Vec<&'static str> {
    let mut kept = Vec::new();
    for (name, id) in made {
        if world.store.get_approval(id).await.expect("reads").is_some() {
            kept.push(*name);
        }
    }
    kept
}

async fn retention_changes(world: &World) -> Vec<Change> {
    let filter = ChangeFilter { kind: Some("retention"), ..ChangeFilter::default() };
    world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists")
}

fn prune_by_hand(world: &World) -> String {
    let output = Command::new(binary())
        .args(["audit", "prune-approvals", "--before", "2099-01-01T00:00:00Z", "--yes"])
        .args(["--database", &world.database.url, "--audit-key"])
        .arg(world.database.file("audit.key"))
        .env_remove("COUNTERSIGN_CONFIG")
        .env("USER", "keeper")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) async fn retention_removes_what_is_over_and_nothing_else(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let made = one_of_each(&world, &crm, &fay).await;
    replica.stop().await;
    world.database.by_hand("DELETE FROM notification_events").await;
    let (all, now) = (Timestamp::from_micros(i64::MAX), world.store.now().await.expect("a clock"));
    let prune =
        async |before: Timestamp| world.store.prune_approvals(before, &operator()).await.expect("prunes");

    // However late the moment: what still denies, may be given back, or lies within its time stays.
    assert_eq!(prune(all).await, ApprovalPruneReport { approvals: 1, substitutes: 0 });
    assert_eq!(kept(&world, &made).await, ["approved", "cancelled", "denied", "pending", "used"]);

    // A day later, as far as times say: those that wait or hold are past theirs, and nobody wrote it down yet.
    let day = "86400000000";
    let age = format!(
        "UPDATE approvals SET expires_at = expires_at - {day}, look_until = look_until - {day},
         decided_at = decided_at - {day}, valid_until = valid_until - {day}"
    );
    world.database.by_hand(&age).await;
    // Not before the moment that is given.
    assert_eq!(prune(now.saturating_add_micros(-2 * 86_400_000_000)).await, ApprovalPruneReport::default());
    // What is yet to be told of stays.
    let untold = format!(
        "INSERT INTO notification_events (event)
         SELECT id FROM approval_events WHERE approval = '{}' AND kind = 'denied'",
        made["denied"]
    );
    world.database.by_hand(&untold).await;
    assert_eq!(prune(all).await, ApprovalPruneReport { approvals: 2, substitutes: 0 });
    assert_eq!(kept(&world, &made).await, ["approved", "denied", "pending"]);
    for gone in ["used", "cancelled", "expired"] {
        assert!(world.store.list_approval_calls(&made[gone]).await.expect("lists").is_empty());
        assert!(world.store.list_approval_votes(&made[gone]).await.expect("lists").is_empty());
    }
    world.database.by_hand("DELETE FROM notification_events").await;

    // By the command line, which says so and is written down with who it was.
    assert_eq!(prune_by_hand(&world), "1 requests for approval and 0 substitutes removed\n");
    assert_eq!(kept(&world, &made).await, ["approved", "pending"]);
    assert_eq!(prune_by_hand(&world), "0 requests for approval and 0 substitutes removed\n");
    let changes = retention_changes(&world).await;
    assert_eq!(changes.len(), 3, "{changes:?}");
    let newest = &changes[0];
    assert_eq!((newest.actor.as_str(), newest.object.as_str()), ("keeper", "approvals"));
    assert_eq!(newest.tenant.as_ref().map(|tenant| tenant.as_str()), Some("acme"));
    let before = newest.before.as_ref().expect("what was removed");
    assert_eq!(before["removed"], 1);
    assert_eq!(before["first"], made["denied"].as_str());
    assert_eq!(newest.after, None);
    // The record of decisions stands as it was, and names requests that are gone.
    is_sound(&world).await;
}

pub(crate) async fn substitutes_that_ended_are_let_go(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let (fay, finn, nat) = (SubjectId::from("fay"), SubjectId::from("finn"), SubjectId::from("nat"));
    let now = writer.now();
    let new = |person, substitute| NewSubstitute {
        person,
        substitute,
        starts_at: now.saturating_add_micros(-7_200_000_000),
        ends_at: now.saturating_add_micros(3_600_000_000),
    };
    let over = writer.put_substitute(&new(&fay, &nat)).await.expect("is named");
    let ended = writer.put_substitute(&new(&finn, &nat)).await.expect("is named");
    let holds = writer.put_substitute(&new(&fay, &finn)).await.expect("is named");
    writer.end_substitute(&ended.id).await.expect("ends");
    writer.commit().await.expect("commits");
    let past = now.saturating_add_micros(-3_600_000_000).micros();
    let sql = format!("UPDATE substitutes SET ends_at = {past} WHERE id = '{}'", over.id);
    world.database.by_hand(&sql).await;
    // The moment is one of the database's clock, which may be the one at which it was ended.
    let sql = format!("UPDATE substitutes SET ended_at = {past} WHERE id = '{}'", ended.id);
    world.database.by_hand(&sql).await;
    let all = Timestamp::from_micros(i64::MAX);
    let report = world.store.prune_approvals(all, &operator()).await.expect("prunes");
    assert_eq!(report, ApprovalPruneReport { approvals: 0, substitutes: 2 });
    let left = world.store.list_substitutes(None).await.expect("lists");
    assert_eq!(left.iter().map(|named| named.id.as_str()).collect::<Vec<_>>(), [holds.id.as_str()]);
    let changes = retention_changes(&world).await;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].object, "substitutes");
}

pub(crate) async fn filing_in_a_circle_ends_on_all_replicas(backend: Backend) {
    const AT_ONCE: usize = 18;
    const LEFT: usize = 7;
    let world = world(backend, BY_FINANCE).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crms = [world.crm(&one), world.crm(&two)];
    let bot = SubjectId::from("refund-bot");
    let take_back = async || {
        for request in pending(&world).await {
            let taken = approvals(&world).cancel(&bot, operator(), &request.id).await;
            assert!(matches!(taken, Ok(_) | Err(ApprovalError::Over(_))), "{taken:?}");
        }
    };
    for round in 0..3 {
        assert_eq!(
            add_note(&world, &crms[round % 2], &format!("round {round}")).await.reason(),
            "approval_required"
        );
        take_back().await;
    }
    // As if it had gone on so for a while: as many as leave seven.
    let most = usize::try_from(MOST_FILED).expect("few");
    let earlier = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})
         INSERT INTO approval_filings (rule, party, at, approval)
         SELECT f.rule, f.party, f.at - n.i, 'earlier'
         FROM (SELECT rule, party, max(at) AS at FROM approval_filings GROUP BY rule, party) AS f, n",
        most - 3 - LEFT
    );
    world.database.by_hand(&earlier).await;
    let start = Arc::new(Barrier::new(AT_ONCE));
    let mut callers = JoinSet::new();
    for caller in 0..AT_ONCE {
        let (crm, start) = (crms[caller % 2].clone(), Arc::clone(&start));
        let (token, arguments) =
            (world.secret("REFUND_BOT_KEY").to_owned(), note(&format!("caller {caller}")));
        callers.spawn(async move {
            start.wait().await;
            crm.call(&token, "add_note", arguments).await
        });
    }
    while let Some(told) = callers.join_next().await {
        assert_eq!(told.expect("no panic").reason(), "approval_required");
    }
    assert_eq!(pending(&world).await.len(), LEFT);
    // Taking back makes no room any more, and the record says why nothing was filed.
    take_back().await;
    let told = add_note(&world, &crms[0], "once more").await;
    assert_eq!(told.reason(), "approval_required");
    assert!(pending(&world).await.is_empty());
    let id = told.decision_id.expect("an id");
    let recorded = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
    assert!(recorded.body.contains("within the last hour"), "{}", recorded.body);
    // Others are not kept from it, nor is this one once an hour has passed.
    let told = crms[1].call(world.secret("ALICE_KEY"), "add_note", note("another's")).await;
    assert_eq!(told.reason(), "approval_required");
    assert_eq!(waiting(&world).await.subject.as_str(), "alice");
    world
        .database
        .by_hand("UPDATE approval_filings SET at = at - 3600000000 WHERE party = 'refund-bot'")
        .await;
    assert_eq!(add_note(&world, &crms[0], "once more").await.reason(), "approval_required");
    let newest = pending(&world).await.remove(0);
    assert_eq!(newest.subject, bot);
    assert_eq!(read(&world, &newest.id).await.state, ApprovalState::Pending);
    // The sweep of either replica may have been there first; after it, those of the last hour are left.
    world.store.forget_filings().await.expect("forgets");
    assert_eq!(world.store.forget_filings().await.expect("forgets"), 0);
    one.stop().await;
    two.stop().await;
}
