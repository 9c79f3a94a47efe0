//! When keys were last used: written at most once a minute per key, beside the record and never in its way.

use crate::StoreError;
use crate::db::Db;
use crate::schema::{ApiKeys, CredentialKeys};
use policy::Timestamp;
use sea_query::{Cond, Expr, ExprTrait, Query, UpdateStatement};
use std::collections::{BTreeMap, HashMap};
use tokio::task::JoinHandle;

/// In microseconds.
const AT_MOST_EVERY: i64 = 60 * 1_000_000;

/// Beyond so many keys the memory starts anew; all it costs is a write too many.
const MAX_KEYS: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum UsedKey {
    Api(String),
    Credential(String),
}

#[derive(Default)]
pub(super) struct LastUsed {
    written: HashMap<UsedKey, Timestamp>,
    /// Sorted, so that two instances take the rows in the same order.
    due: BTreeMap<UsedKey, Timestamp>,
    writing: Option<JoinHandle<()>>,
}

impl LastUsed {
    pub(super) fn note(&mut self, key: UsedKey, at: Timestamp) {
        if let Some(waiting) = self.due.get_mut(&key) {
            *waiting = at.max(*waiting);
            return;
        }
        let fresh = |written: &Timestamp| at.micros() < written.micros().saturating_add(AT_MOST_EVERY);
        if self.written.get(&key).is_some_and(fresh) {
            return;
        }
        self.due.insert(key, at);
    }

    /// Writes what is due in a task of its own, unless the one before still writes.
    pub(super) fn write(&mut self, db: &Db) {
        if self.due.is_empty() || self.writing.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        if self.written.len() >= MAX_KEYS {
            self.written.clear();
        }
        let due = std::mem::take(&mut self.due);
        self.written.extend(due.iter().map(|(key, at)| (key.clone(), *at)));
        let db = db.clone();
        self.writing = Some(tokio::spawn(async move {
            if let Err(error) = store(&db, due).await {
                tracing::warn!(%error, "the last use of keys was not written");
            }
        }));
    }

    /// Waits for the last write.
    pub(super) async fn finish(&mut self, db: &Db) {
        for _ in 0..2 {
            if let Some(task) = self.writing.take()
                && task.await.is_err()
            {
                tracing::warn!("the last use of keys was not written");
            }
            self.write(db);
        }
    }
}

async fn store(db: &Db, due: BTreeMap<UsedKey, Timestamp>) -> Result<(), StoreError> {
    let mut tx = db.begin_write().await?;
    for (key, at) in due {
        tx.execute(&statement(key, at)).await?;
    }
    tx.commit().await
}

/// Never moves the moment back.
fn statement(key: UsedKey, at: Timestamp) -> UpdateStatement {
    let mut update = Query::update();
    match key {
        UsedKey::Api(id) => update
            .table(ApiKeys::Table)
            .value(ApiKeys::LastUsedAt, at.micros())
            .and_where(Expr::col(ApiKeys::Id).eq(id))
            .cond_where(
                Cond::any()
                    .add(Expr::col(ApiKeys::LastUsedAt).is_null())
                    .add(Expr::col(ApiKeys::LastUsedAt).lt(at.micros())),
            ),
        UsedKey::Credential(id) => update
            .table(CredentialKeys::Table)
            .value(CredentialKeys::LastUsedAt, at.micros())
            .and_where(Expr::col(CredentialKeys::Id).eq(id))
            .cond_where(
                Cond::any()
                    .add(Expr::col(CredentialKeys::LastUsedAt).is_null())
                    .add(Expr::col(CredentialKeys::LastUsedAt).lt(at.micros())),
            ),
    };
    update
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_due_once_a_minute() {
        let key = || UsedKey::Api("k".to_owned());
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let mut used = LastUsed::default();
        used.note(key(), at(10));
        used.note(key(), at(12));
        used.note(key(), at(11));
        assert_eq!(used.due, BTreeMap::from([(key(), at(12))]));
        used.written.extend(std::mem::take(&mut used.due));
        used.note(key(), at(71));
        assert!(used.due.is_empty());
        used.note(key(), at(72));
        assert_eq!(used.due.get(&key()), Some(&at(72)));
    }
}
