//! The statements that reach the database of one world, to be counted. Postgres writes them into the log of a server of the
//! world's own; of SQLite, which has none, the driver tells.

use crate::cluster::Cluster;
use crate::database::{Backend, Database};
use crate::world::{Replica, World};
use std::fmt;
use std::sync::{Mutex, Once, PoisonError};
use tokio::sync::{Mutex as Turn, MutexGuard as TurnGuard};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Under which the driver tells of statements.
const TARGET: &str = "sqlx::query";

/// What the driver told, in order.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// It does not tell of which database: one world at a time opens one that is told of.
static TURN: Turn<()> = Turn::const_new(());

static LISTENING: Once = Once::new();

/// A world whose statements are counted.
pub struct Counted {
    pub world: World,
    /// None: the driver tells.
    cluster: Option<Cluster>,
    _turn: Option<TurnGuard<'static, ()>>,
}

impl Counted {
    /// An empty one.
    pub async fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let turn = TURN.lock().await;
                LISTENING.call_once(|| {
                    tracing::subscriber::set_global_default(Ear).expect("nobody else listens");
                });
                Self { world: World::empty(backend).await, cluster: None, _turn: Some(turn) }
            }
            Backend::Postgres => {
                let cluster = Cluster::with_settings(&["log_statement=all", "log_line_prefix="]).await;
                let world = World::empty_on(Database::fresh_on(cluster.url()).await).await;
                Self { world, cluster: Some(cluster), _turn: None }
            }
        }
    }

    /// The replica whose statements are counted. On SQLite those of others on the same file are not.
    pub async fn replica(&self) -> Replica {
        if self.cluster.is_some() { self.world.replica().await } else { self.world.telling_replica().await }
    }

    /// What reaches the database while this happens, in order. On SQLite without what begins and ends a transaction, of
    /// which the driver does not tell.
    pub async fn during(&self, what: impl Future<Output = ()>) -> Vec<String> {
        let before = self.so_far().len();
        what.await;
        self.so_far().split_off(before)
    }

    /// Both are told before a statement is answered: Postgres writes it down before it runs it, and the driver tells of it
    /// before it hands out the end of the answer.
    fn so_far(&self) -> Vec<String> {
        match &self.cluster {
            Some(cluster) => cluster.log().lines().filter_map(logged).map(str::to_owned).collect(),
            None => TOLD.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// The statement of this line of the log, where it holds one. A statement of several lines goes on after a tab.
fn logged(line: &str) -> Option<&str> {
    let said = line.strip_prefix("LOG:  ")?;
    match said.strip_prefix("statement: ") {
        Some(plain) => Some(plain),
        // Behind the name that the driver gave it.
        None => Some(said.strip_prefix("execute ")?.split_once(": ")?.1),
    }
}

/// Hears of statements and of nothing else.
struct Ear;

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = Said::default();
        event.record(&mut said);
        TOLD.lock().unwrap_or_else(PoisonError::into_inner).push(said.text());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What an event says of its statement.
#[derive(Default)]
struct Said {
    /// Its first words.
    summary: String,
    /// All of it, where it has more.
    whole: String,
}

impl Said {
    fn text(self) -> String {
        let whole = self.whole.trim();
        if whole.is_empty() { self.summary } else { whole.to_owned() }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_in_the_log() {
        for (line, found) in [
            ("LOG:  statement: BEGIN", Some("BEGIN")),
            ("LOG:  execute sqlx_s_3: SELECT 'a: b'", Some("SELECT 'a: b'")),
            ("LOG:  execute <unnamed>: SELECT 1", Some("SELECT 1")),
            ("DETAIL:  parameters: $1 = 'LOG:  statement: BEGIN'", None),
            ("LOG:  database system is ready to accept connections", None),
            ("\tFROM decisions", None),
        ] {
            assert_eq!(logged(line), found, "{line}");
        }
    }
}
