//! Others hold what a call reads, takes or is recorded in for longer than it waits: it is denied and has taken
//! nothing, and once they let go calls pass again.

use tests::on_both_databases;

on_both_databases!(what_others_hold_for_long_denies_and_comes_back);

mod stories {
    use policy::TaskId;
    use serde_json::json;
    use sqlx::{Connection, PgConnection, SqliteConnection};
    use std::time::Duration;
    use tests::pep::{call_body, refund};
    use tests::record::is_sound;
    use tests::world::TaskTerms;
    use tests::{Backend, Database, World};
    use tokio::time::timeout;

    /// A connection of somebody else.
    enum Hand {
        Sqlite(SqliteConnection),
        Postgres(PgConnection),
    }

    impl Hand {
        async fn at(database: &Database) -> Self {
            let url = &database.url;
            match database.backend {
                Backend::Sqlite => {
                    Self::Sqlite(SqliteConnection::connect(url).await.expect("the file opens"))
                }
                Backend::Postgres => {
                    Self::Postgres(PgConnection::connect(url).await.expect("the database answers"))
                }
            }
        }

        async fn run(&mut self, sql: &'static str) {
            match self {
                Self::Sqlite(hand) => {
                    sqlx::raw_sql(sql).execute(hand).await.expect("runs");
                }
                Self::Postgres(hand) => {
                    sqlx::raw_sql(sql).execute(hand).await.expect("runs");
                }
            }
        }
    }

    /// What is held, whether the call that comes to it is under a task, and why it is denied.
    fn holds(backend: Backend) -> &'static [(&'static str, bool, &'static str)] {
        match backend {
            // There is one writer there, and whoever reads waits for nobody.
            Backend::Sqlite => &[
                ("BEGIN IMMEDIATE", false, "audit_unavailable"),
                ("BEGIN IMMEDIATE", true, "audit_unavailable"),
            ],
            // The database itself gives up the first one, by its `statement_timeout`.
            Backend::Postgres => &[
                ("BEGIN; LOCK TABLE memberships IN ACCESS EXCLUSIVE MODE", false, "policy_unavailable"),
                ("BEGIN; LOCK TABLE decisions IN SHARE MODE", false, "audit_unavailable"),
                ("BEGIN; SELECT 1 FROM tasks FOR UPDATE", true, "audit_unavailable"),
            ],
        }
    }

    pub(super) async fn what_others_hold_for_long_denies_and_comes_back(backend: Backend) {
        let world = World::demo(backend).await;
        let task = world.open_task("alice", TaskTerms::default()).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let ask = async |under_a_task: bool| {
            let mut body = call_body(world.secret("ALICE_KEY"), "refund", refund());
            if under_a_task {
                body["context"]["task"] = json!(task);
            }
            crm.ask(&body).await
        };
        let used = async || {
            let task = world.store.get_task(&TaskId::from(task.as_str())).await.expect("reads");
            task.expect("is there").used
        };
        for under_a_task in [false, true] {
            assert!(ask(under_a_task).await.allowed());
        }
        for &(hold, under_a_task, reason) in holds(backend) {
            let before = used().await;
            let mut hand = Hand::at(&world.database).await;
            hand.run(hold).await;
            assert_eq!(ask(under_a_task).await.reason(), reason, "{hold}");
            assert_eq!(used().await, before, "{hold}");
            hand.run("ROLLBACK").await;
            let again = async {
                loop {
                    let told = ask(under_a_task).await;
                    if told.allowed() {
                        return told.decision_id.expect("an id");
                    }
                }
            };
            let id = timeout(Duration::from_secs(120), again).await.expect("it passes again");
            let recorded = world.store.get_decision(&id.as_str().into()).await.expect("reads");
            assert!(recorded.is_some(), "{hold}");
        }
        replica.stop().await;
        is_sound(&world).await;
    }
}
