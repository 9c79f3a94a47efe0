//! Thousands of tries at once, counted exactly. What is used is used through two recorders over two stores, as two processes
//! have them; the calls around them are left out, so that there is time for many. What goes through two real processes is in
//! `processes`.

use crate::approvals::helpers::{
    account, add_note, approvals, approvals_on, approve, audit_key, ballot, by, is_sound, read, waiting,
    world,
};
use pdp::RecordBody;
use pdp::approvals::{ApprovalError, Approvals};
use policy::facts::Revision;
use policy::labels::{ApprovalState, Verdict};
use policy::{ApprovalId, DecisionId, Outcome, Reason, SubjectId, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::approvals::{Approval, ApprovalEventKind, ApprovalStep, ApprovalUse};
use store::recorder::{AppendError, Lack, NewRecord, Recorder, RecorderTask};
use store::{Settings, Store};
use tests::world::operator;
use tests::{Backend, World};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// All that a copy takes over as it is.
const SAME: &str = "tenant, subject, actor, credential, server, tool, action, resource_type, resource_id, task, \
    definition_hash, arguments_digest, call, context, claims, arguments, sealed, risk, sensitivity, requirements, used, hold_for, \
    state, filed_at, filed_by, expires_at, attempts, last_attempt_at, decided_at, decided_by, reason, look_until";

/// Two ways to the record of one database, and a request to be copied.
struct Desk {
    world: World,
    fay: String,
    stores: Vec<Store>,
    recorders: Vec<Recorder>,
    tasks: Vec<RecorderTask>,
    revision: Revision,
    original: Approval,
}

impl Desk {
    /// A call waits; everything about it was made by a server.
    async fn new(backend: Backend, terms: &str) -> Self {
        let world = world(backend, terms).await;
        let fay = account(&world, "fay", Some("fay")).await;
        let replica = world.replica().await;
        let told = add_note(&world, &world.crm(&replica), "hello").await;
        assert_eq!(told.reason(), "approval_required");
        replica.stop().await;
        let id = DecisionId::new(told.decision_id.expect("an id"));
        let recorded = world.store.get_decision(&id).await.expect("reads").expect("is there");
        let body: RecordBody = serde_json::from_str(&recorded.body).expect("a body");
        let original = waiting(&world).await;
        let (mut stores, mut recorders, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..2 {
            let settings = Settings { url: world.database.url.clone(), read_connections: 4 };
            let store = Store::open(&settings).await.expect("opens");
            let started =
                Recorder::start(&store, audit_key(&world), "story".to_owned(), "0", server::clock::system());
            let (recorder, task) = started.await.expect("starts");
            stores.push(store);
            recorders.push(recorder);
            tasks.push(task);
        }
        Self { world, fay, stores, recorders, tasks, revision: body.decision.revision, original }
    }

    /// The same with the call approved.
    async fn approved(backend: Backend, terms: &str) -> Self {
        let mut desk = Self::new(backend, terms).await;
        desk.original = approve(&desk.world, &desk.fay, &desk.original.id).await;
        desk
    }

    /// So many copies, each bound to something else; `uses` and `valid_until` are SQL, in which `i` counts from 0.
    async fn copies(&self, count: usize, uses: &str, valid_until: &str) -> Arc<[ApprovalId]> {
        let id = self.original.id.as_str();
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1)
             INSERT INTO approvals (id, binding, uses, valid_until, {SAME})
             SELECT substr(id, 1, 28) || (10000000 + i), substr(binding, 1, 56) || (10000000 + i), {uses}, {valid_until}, {SAME}
             FROM approvals, n WHERE id = '{id}'"
        );
        self.world.database.by_hand(&sql).await;
        (0..count).map(|i| ApprovalId::new(format!("{}{}", &id[..28], 10_000_000 + i))).collect()
    }

    fn taker(&self, number: usize) -> Taker {
        Taker {
            store: self.stores[number % 2].clone(),
            recorder: self.recorders[number % 2].clone(),
            revision: self.revision,
        }
    }

    /// The ways to decide, one over each store.
    fn doors(&self) -> [Approvals; 2] {
        [0, 1].map(|i: usize| approvals_on(&self.world, &self.stores[i]))
    }

    /// That what was counted is what is written down, and the chain is whole.
    async fn ends(self) {
        for recorder in self.recorders {
            recorder.stop().await;
        }
        for task in self.tasks {
            assert!(task.finished().await);
        }
        for store in self.stores {
            store.close().await;
        }
        is_sound(&self.world).await;
    }
}

/// One way of taking uses.
struct Taker {
    store: Store,
    recorder: Recorder,
    revision: Revision,
}

impl Taker {
    /// Whether a use was to be had.
    async fn take(&self, id: &ApprovalId) -> bool {
        let at = server::clock::system()();
        let taken = ApprovalUse {
            id: id.clone(),
            tenant: "acme".into(),
            most: 1_000_000,
            not_after: Timestamp::from_micros(i64::MAX),
            revision: self.revision,
            idempotency: None,
            at,
        };
        let record = NewRecord {
            id: DecisionId::new(uuid::Uuid::now_v7().to_string()),
            at,
            tenant: Some("acme".to_owned()),
            subject: Some("refund-bot".to_owned()),
            credential: None,
            server: Some("crm".to_owned()),
            tool: Some("add_note".to_owned()),
            action: "tools/call".to_owned(),
            outcome: Outcome::Allow,
            reason: Reason::Allowed,
            body: "{}".to_owned(),
            arguments: None,
            used_credential_key: None,
            used_api_key: None,
            actor: None,
            task: None,
            touched: Vec::new(),
            spends: false,
            approval: Some(ApprovalStep::Use(taken)),
        };
        match self.recorder.append(record).await {
            Ok(_) => true,
            Err(AppendError::Spent(Lack::Approval)) => false,
            Err(other) => panic!("{other}"),
        }
    }
}

/// How often each was used, by its own count and by the calls that are written down.
pub(crate) async fn used(world: &World, id: &ApprovalId) -> (ApprovalState, usize) {
    let after = read(world, id).await;
    let calls = world.store.list_approval_calls(id).await.expect("lists").len();
    assert_eq!(usize::try_from(after.used), Ok(calls), "{id}");
    (after.state, calls)
}

pub(crate) async fn thousands_of_tries_take_exactly_the_approved_uses(backend: Backend) {
    const REQUESTS: usize = 200;
    const TAKERS: usize = 16;
    let desk = Desk::approved(backend, "{ approvers: [finance], uses: 3 }").await;
    let ids = desk.copies(REQUESTS, "1 + i % 3", "valid_until").await;
    let start = Arc::new(Barrier::new(TAKERS));
    let mut takers = JoinSet::new();
    for number in 0..TAKERS {
        let (taker, ids, start) = (desk.taker(number), Arc::clone(&ids), Arc::clone(&start));
        takers.spawn(async move {
            let mut passed = Vec::new();
            for id in ids.iter() {
                start.wait().await;
                passed.push(usize::from(taker.take(id).await));
            }
            passed
        });
    }
    let mut passed = vec![0_usize; REQUESTS];
    while let Some(one) = takers.join_next().await {
        for (sum, one) in passed.iter_mut().zip(one.expect("no panic")) {
            *sum += one;
        }
    }
    for (i, (id, passed)) in ids.iter().zip(passed).enumerate() {
        assert_eq!(passed, 1 + i % 3, "{id}");
        assert_eq!(used(&desk.world, id).await, (ApprovalState::Used, passed), "{id}");
    }
    desk.ends().await;
}

/// Many take uses of one approval after the other, each until its time is over, while what is over is written down.
pub(crate) async fn no_use_passes_once_the_time_is_over(backend: Backend) {
    const REQUESTS: usize = 120;
    const TAKERS: usize = 8;
    const EACH: i64 = 15_000;
    let desk = Desk::approved(backend, "{ approvers: [finance], uses: 1000 }").await;
    let ids = desk.copies(REQUESTS, "1000000", "valid_until").await;
    // Their times begin to be over once all is made, however long that took.
    let first = desk.world.store.now().await.expect("a clock").saturating_add_micros(3_000_000);
    let until = format!(
        "UPDATE approvals SET valid_until = {} + (CAST(substr(id, 29) AS BIGINT) - 10000000) * {EACH}
         WHERE id <> '{}'",
        first.micros(),
        desk.original.id
    );
    desk.world.database.by_hand(&until).await;
    let mut takers = JoinSet::new();
    for number in 0..TAKERS {
        let (taker, ids) = (desk.taker(number), Arc::clone(&ids));
        takers.spawn(async move {
            let mut passed = Vec::new();
            for (i, id) in ids.iter().enumerate() {
                let over = first.saturating_add_micros(i64::try_from(i).expect("few") * EACH);
                let mut uses = 0_usize;
                loop {
                    let before = taker.store.now().await.expect("a clock");
                    if !taker.take(id).await {
                        let after = taker.store.now().await.expect("a clock");
                        assert!(after >= over, "{id}: none was to be had {after:?}, before {over:?}");
                        break;
                    }
                    assert!(before < over, "{id}: one was to be had {before:?}, after {over:?}");
                    uses += 1;
                }
                passed.push(uses);
            }
            passed
        });
    }
    let door = approvals(&desk.world);
    let mut turn = tokio::time::interval(Duration::from_millis(10));
    let mut passed = vec![0_usize; REQUESTS];
    loop {
        tokio::select! {
            one = takers.join_next() => {
                let Some(one) = one else { break };
                for (sum, one) in passed.iter_mut().zip(one.expect("no panic")) {
                    *sum += one;
                }
            }
            _ = turn.tick() => {
                door.expire().await.expect("ends");
            }
        }
    }
    while door.expire().await.expect("ends") > 0 {}
    assert!(passed.iter().sum::<usize>() > REQUESTS, "{passed:?}");
    for (id, passed) in ids.iter().zip(passed) {
        assert_eq!(used(&desk.world, id).await, (ApprovalState::Expired, passed), "{id}");
    }
    desk.ends().await;
}

/// Somebody approves, somebody takes back, and others try to use it, all at once: it is used once, or taken back.
pub(crate) async fn approving_taking_back_and_using_at_once_end_in_one_way(backend: Backend) {
    // A round takes some 25 ms of one core, most of it by those who try to use it meanwhile.
    const REQUESTS: usize = 1_000;
    const TAKERS: usize = 4;
    let desk = Desk::new(backend, "{ approvers: [finance] }").await;
    let ids = desk.copies(REQUESTS, "1", "CAST(NULL AS BIGINT)").await;
    let (doors, bot, decider) = (desk.doors(), SubjectId::from("refund-bot"), by(&desk.fay));
    let mut ends = [0, 0];
    for (round, id) in ids.iter().enumerate() {
        let ballot = ballot(&desk.world, id, Verdict::Approve).await;
        let settled = Arc::new(AtomicBool::new(false));
        let mut takers = JoinSet::new();
        for number in 0..TAKERS {
            let (taker, id, settled) = (desk.taker(number), id.clone(), Arc::clone(&settled));
            takers.spawn(async move {
                loop {
                    // Once more after it was settled.
                    let last = settled.load(Ordering::SeqCst);
                    let passed = taker.take(&id).await;
                    if passed || last {
                        return usize::from(passed);
                    }
                }
            });
        }
        // Each goes through a store of its own, in turn.
        let own = round / 2 % 2;
        let vote = doors[own].vote(&decider, id, &ballot);
        let cancel = doors[1 - own].cancel(&bot, operator(), id);
        // Whoever is polled first has a start.
        let (approved, taken_back) = if round % 2 == 0 {
            tokio::join!(vote, cancel)
        } else {
            let (taken_back, approved) = tokio::join!(cancel, vote);
            (approved, taken_back)
        };
        settled.store(true, Ordering::SeqCst);
        let passed: usize = takers.join_all().await.into_iter().sum();
        let votes = world_votes(&desk.world, id).await;
        match used(&desk.world, id).await {
            (ApprovalState::Used, 1) => {
                assert_eq!((passed, votes), (1, 1), "{id}");
                assert!(approved.is_ok(), "{approved:?}");
                assert!(
                    matches!(taken_back, Err(ApprovalError::Over(ApprovalState::Used))),
                    "{taken_back:?}"
                );
                ends[0] += 1;
            }
            (ApprovalState::Cancelled, 0) => {
                assert_eq!((passed, votes), (0, usize::from(approved.is_ok())), "{id}");
                assert!(
                    matches!(approved, Ok(_) | Err(ApprovalError::Over(ApprovalState::Cancelled))),
                    "{approved:?}"
                );
                assert!(taken_back.is_ok(), "{taken_back:?}");
                ends[1] += 1;
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    assert_eq!(ends.iter().sum::<usize>(), REQUESTS, "{ends:?}");
    desk.ends().await;
}

async fn world_votes(world: &World, id: &ApprovalId) -> usize {
    world.store.list_approval_votes(id).await.expect("lists").len()
}

/// Three answer at once where two are enough: two are counted, one of them decides, and one use follows.
pub(crate) async fn a_quorum_is_reached_once_in_a_thousand_rounds(backend: Backend) {
    // A round takes some 15 ms of one core.
    const REQUESTS: usize = 1_000;
    const TAKERS: usize = 4;
    let terms = "{ approvers: [finance], approver_subjects: [nat], quorum: 2 }";
    let desk = Desk::new(backend, terms).await;
    let ids = desk.copies(REQUESTS, "1", "CAST(NULL AS BIGINT)").await;
    let doors = desk.doors();
    let (finn, nat) =
        (account(&desk.world, "finn", Some("finn")).await, account(&desk.world, "nat", Some("nat")).await);
    let deciders = [by(&desk.fay), by(&finn), by(&nat)];
    for (round, id) in ids.iter().enumerate() {
        let ballot = ballot(&desk.world, id, Verdict::Approve).await;
        let [a, b, c] = [0, 1, 2].map(|turn| &deciders[(round + turn) % 3]);
        let [one, other] = [round % 2, (round + 1) % 2].map(|i| &doors[i]);
        let (a, b, c) =
            tokio::join!(one.vote(a, id, &ballot), other.vote(b, id, &ballot), one.vote(c, id, &ballot));
        let (mut waits, mut approved, mut late) = (0, 0, 0);
        for answer in [a, b, c] {
            match answer {
                Ok(after) if after.state == ApprovalState::Pending => waits += 1,
                Ok(after) if after.state == ApprovalState::Approved => approved += 1,
                Err(ApprovalError::Over(ApprovalState::Approved)) => late += 1,
                other => panic!("{id}: {other:?}"),
            }
        }
        assert_eq!((waits, approved, late), (1, 1, 1), "{id}");
        let mut takers = JoinSet::new();
        for number in 0..TAKERS {
            let (taker, id) = (desk.taker(number), id.clone());
            takers.spawn(async move { usize::from(taker.take(&id).await) });
        }
        assert_eq!(takers.join_all().await.into_iter().sum::<usize>(), 1, "{id}");
        assert_eq!(used(&desk.world, id).await, (ApprovalState::Used, 1), "{id}");
        assert_eq!(world_votes(&desk.world, id).await, 2, "{id}");
        let events = desk.world.store.list_events_of_approval(id).await.expect("lists");
        for kind in [ApprovalEventKind::Voted, ApprovalEventKind::Approved, ApprovalEventKind::Used] {
            assert_eq!(events.iter().filter(|event| event.kind == kind).count(), 1, "{id}: {events:?}");
        }
    }
    desk.ends().await;
}
