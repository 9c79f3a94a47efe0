//! The process is killed at each step of a use, while the database holds it there: what was not committed used nothing, what
//! was used up one use, and the call passes once.
//!
//! A trigger of the story's own holds the transaction, and the database says that it does. SQLite runs nothing of others
//! while it commits; what a kill does then is left to chance in `hardship`.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approve, is_sound, pending, read, waiting, world,
};
use crate::approvals::keyed::Keyed;
use crate::approvals::lost::others_are_denied;
use policy::labels::ApprovalState;
use policy::{ApprovalId, Outcome};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use store::approvals::ApprovalCall;
use store::decisions::{DecisionFilter, Page};
use tests::process::Process;
use tests::{Backend, Pep, World};
use tokio::time::{sleep, timeout};

/// Only ends a story that fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A step of the transaction of a use.
#[derive(Debug)]
struct Step {
    /// In lower-case letters; also the text of the note that is used there.
    name: &'static str,
    /// What is made to hold it.
    trigger: &'static str,
    /// What Postgres runs then.
    statement: &'static str,
}

/// In their order.
const STEPS: [Step; 4] = [
    Step {
        name: "before the use is taken",
        trigger: "TRIGGER hold BEFORE UPDATE OF used ON approvals",
        statement: "UPDATE \"approvals\"",
    },
    Step {
        name: "once the use is taken",
        trigger: "TRIGGER hold AFTER UPDATE OF used ON approvals",
        statement: "UPDATE \"approvals\"",
    },
    Step {
        name: "once the call is noted",
        trigger: "TRIGGER hold AFTER INSERT ON approval_calls",
        statement: "INSERT INTO \"approval_calls\"",
    },
    Step {
        name: "once the decision is recorded",
        trigger: "TRIGGER hold AFTER INSERT ON decisions",
        statement: "INSERT INTO \"decisions\"",
    },
];

/// Postgres alone runs something of others then.
const COMMITTING: Step = Step {
    name: "while the use is committed",
    trigger: "CONSTRAINT TRIGGER hold AFTER INSERT ON approval_calls DEFERRABLE INITIALLY DEFERRED",
    statement: "COMMIT",
};

/// Holds the transaction that comes to a step.
enum Hold {
    /// The trigger writes the step's name over and over, more than SQLite keeps in memory, and does not end.
    Sqlite,
    /// The trigger waits for a lock, which is this connection's.
    Postgres(PgConnection),
}

/// The backend of Postgres that waits for the lock, and what it runs.
const HELD: &str = "SELECT held.pid, held.query \
    FROM pg_locks AS wanted INNER JOIN pg_stat_activity AS held ON held.pid = wanted.pid \
    WHERE wanted.locktype = 'advisory' AND NOT wanted.granted AND wanted.classid = 0 AND wanted.objid = 1 \
    AND held.datname = current_database()";

/// So many rows, in SQLite.
fn rows(many: u64) -> String {
    format!("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT {many})")
}

impl Hold {
    async fn at(step: &Step, world: &World) -> Self {
        let (database, trigger) = (&world.database, step.trigger);
        match database.backend {
            Backend::Sqlite => {
                // In upper case it is nowhere but in what the trigger writes.
                let sql = format!(
                    "CREATE TABLE noise (text TEXT); CREATE {trigger} BEGIN \
                     INSERT INTO noise SELECT upper('{}') || hex(zeroblob(2000)) FROM {}; SELECT count(*) FROM {}; END",
                    step.name,
                    rows(2_000),
                    rows(1_000_000_000_000),
                );
                database.by_hand(&sql).await;
                Self::Sqlite
            }
            Backend::Postgres => {
                let sql = format!(
                    "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$; \
                     CREATE {trigger} FOR EACH ROW EXECUTE FUNCTION hold()"
                );
                database.by_hand(&sql).await;
                let mut hand = PgConnection::connect(&database.url).await.expect("the database answers");
                sqlx::raw_sql("SELECT pg_advisory_lock(1)").execute(&mut hand).await.expect("is had");
                Self::Postgres(hand)
            }
        }
    }

    /// Whether the transaction is held now; on Postgres also by whom.
    async fn holds(&mut self, step: &Step, world: &World) -> Option<i32> {
        match self {
            Self::Sqlite => {
                let log = std::fs::read(world.database.file("countersign.db-wal")).expect("a log");
                let name = step.name.to_uppercase();
                log.windows(name.len()).any(|here| here == name.as_bytes()).then_some(0)
            }
            Self::Postgres(hand) => {
                let held =
                    sqlx::query_as::<_, (i32, String)>(HELD).fetch_optional(hand).await.expect("reads");
                held.map(|(pid, query)| {
                    assert!(query.starts_with(step.statement), "{step:?}: {query}");
                    pid
                })
            }
        }
    }

    /// Waits until it does.
    async fn is_reached(&mut self, step: &Step, world: &World) -> i32 {
        let reached = async {
            loop {
                if let Some(held) = self.holds(step, world).await {
                    return held;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{step:?} was not reached"))
    }

    /// Lets it go, and waits until it has come to its end.
    async fn let_go(self, held: i32, world: &World) {
        match self {
            // It ended with the process.
            Self::Sqlite => world.database.by_hand("DROP TRIGGER hold; DROP TABLE noise").await,
            Self::Postgres(mut hand) => {
                sqlx::raw_sql("SELECT pg_advisory_unlock(1)").execute(&mut hand).await.expect("is let go");
                let gone = async {
                    let query = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1";
                    while sqlx::query_scalar::<_, i64>(query)
                        .bind(held)
                        .fetch_one(&mut hand)
                        .await
                        .expect("reads")
                        > 0
                    {
                        sleep(Duration::from_millis(10)).await;
                    }
                };
                timeout(PATIENCE, gone).await.expect("notices that its client is gone");
                hand.close().await.expect("closed");
                world.database.by_hand("DROP FUNCTION hold() CASCADE").await;
            }
        }
    }
}

async fn calls(world: &World, request: &ApprovalId) -> Vec<ApprovalCall> {
    world.store.list_approval_calls(request).await.expect("lists")
}

/// How many calls passed, as the record has it.
async fn passed(world: &World) -> usize {
    let filter = DecisionFilter { outcome: Some(Outcome::Allow), ..DecisionFilter::default() };
    world.store.list_decisions(&filter, &Page::default()).await.expect("lists").rows.len()
}

/// A note is approved and called with this key, and the process killed at the step.
async fn killed_at(step: &Step, world: &World, fay: &str, key: &str) -> ApprovalId {
    let process = Process::serve(&world.database, &world.database.url);
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    assert_eq!(add_note(world, &crm, step.name).await.reason(), "approval_required");
    let request = waiting(world).await.id;
    approve(world, fay, &request).await;
    let mut hold = Hold::at(step, world).await;
    assert_eq!(hold.holds(step, world).await, None, "{step:?}");
    let call = tokio::spawn({
        let (keyed, key) = (Keyed::new(world, process.address(), step.name), key.to_owned());
        async move { keyed.call(&key).await }
    });
    let held = hold.is_reached(step, world).await;
    process.kill();
    // It was there when the process ended, and still is.
    assert_eq!(hold.holds(step, world).await, Some(held), "{step:?}");
    let told = call.await.expect("no panic");
    assert!(told.is_err(), "{step:?}: the caller was told: {told:?}");
    hold.let_go(held, world).await;
    request
}

/// The call passes with this key, by the use that there is or was; the decision that let it pass. No other call does.
async fn passes_once(step: &Step, world: &World, request: &ApprovalId, key: &str) -> String {
    let process = Process::serve(&world.database, &world.database.url);
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    let keyed = Keyed::new(world, process.address(), step.name);
    let decision = keyed.call(key).await.expect("passes");
    assert_eq!(keyed.call(key).await.as_ref(), Ok(&decision), "{step:?}");
    others_are_denied(world, &crm, &keyed, step.name).await;
    process.kill();
    let after = read(world, request).await;
    assert_eq!((after.state, after.used), (ApprovalState::Used, 1), "{step:?}");
    let calls = calls(world, request).await;
    assert!(matches!(calls.as_slice(), [only] if only.decision.as_str() == decision), "{step:?}: {calls:?}");
    assert!(pending(world).await.is_empty(), "{step:?}");
    decision
}

pub(crate) async fn a_process_killed_before_the_commit_of_a_use_burns_none(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let fay = account(&world, "fay", Some("fay")).await;
    for (nth, step) in STEPS.iter().enumerate() {
        let key = format!("key-{nth}");
        let request = killed_at(step, &world, &fay, &key).await;
        let after = read(&world, &request).await;
        assert_eq!((after.state, after.used), (ApprovalState::Approved, 0), "{step:?}");
        assert!(calls(&world, &request).await.is_empty(), "{step:?}");
        assert_eq!(passed(&world).await, nth, "{step:?}");
        passes_once(step, &world, &request, &key).await;
        assert_eq!(passed(&world).await, nth + 1, "{step:?}");
    }
    is_sound(&world).await;
}

/// Postgres ends what it was told to commit, whoever is gone.
pub(crate) async fn a_process_killed_amid_the_commit_of_a_use_burns_that_one() {
    let world = world(Backend::Postgres, BY_FINANCE).await;
    let fay = account(&world, "fay", Some("fay")).await;
    let request = killed_at(&COMMITTING, &world, &fay, "key-1").await;
    let after = read(&world, &request).await;
    assert_eq!((after.state, after.used), (ApprovalState::Used, 1));
    let burnt = calls(&world, &request).await;
    let [burnt] = burnt.as_slice() else { panic!("one use, and no more than that one: {burnt:?}") };
    assert!(burnt.delivered_at.is_none() && burnt.reissued_at.is_none(), "{burnt:?}");
    assert_eq!(passed(&world).await, 1);
    // The caller is told what was recorded, and nothing else is used.
    assert_eq!(passes_once(&COMMITTING, &world, &request, "key-1").await, burnt.decision.as_str());
    assert_eq!(passed(&world).await, 1);
    is_sound(&world).await;
}
