//! Records of decisions that use something up: the record and what it takes are one transaction. A record that is there
//! has taken its call, and one that is not has taken none; so after an error the record's presence tells both.

use super::alone::Alone;
use super::{Failure, Writer, by, refuse};
use crate::StoreError;
use crate::chain::{AuditKey, Head};
use crate::db::{Db, Tx};
use crate::recorder::insert::{chain_up, commit_in};
use crate::recorder::lane::Ready;
use crate::recorder::take::{Got, take};
use crate::recorder::{AppendError, Job};
use tokio::time::Instant;

/// What became of one try.
struct Tried {
    /// Which of the jobs got what they take.
    got: Vec<Got>,
    /// The head with the records of those.
    after: Head,
    result: Result<(), Failure>,
}

/// Takes, where that is not done yet, and says who got it.
async fn taken_by(
    db: &Db,
    jobs: &[Job],
    taken: Option<(Tx, Vec<Got>)>,
) -> Result<(Tx, Vec<Got>), StoreError> {
    if let Some(taken) = taken {
        return Ok(taken);
    }
    let mut tx = db.begin_write().await?;
    let got = take(&mut tx, jobs).await?;
    Ok((tx, got))
}

/// Those that got what they take, in their order.
fn granted<'a>(jobs: &'a [Job], got: &'a [Got]) -> impl Iterator<Item = &'a Job> {
    jobs.iter().zip(got).filter(|(_, got)| got.is_ok()).map(|(job, _)| job)
}

impl Writer {
    /// Writes the jobs and answers each of them.
    pub(super) async fn spend(&mut self, ready: Ready) {
        let Ready { jobs, taken, done } = ready;
        match self.begin_to_write().await {
            Some(deadline) => self.spend_by(jobs, taken, deadline).await,
            None => refuse(jobs),
        }
        self.last_used.write(&self.db);
        // The lane may have gone away.
        let _ = done.send(());
    }

    async fn spend_by(&mut self, jobs: Vec<Job>, taken: Option<(Tx, Vec<Got>)>, deadline: Instant) {
        let floor = self.head.seq;
        match self.try_to_spend(&jobs, taken, deadline).await {
            Ok(Tried { got, result: Ok(()), .. }) => self.answer_spent(jobs, &got, floor),
            Ok(Tried { got, after, result: Err(failure) }) => {
                tracing::debug!(chain = %self.head.chain, error = %failure, "a batch that takes failed");
                self.salvage_spent(jobs, Some((got, after)), floor, deadline).await;
            }
            Err(failure) => {
                tracing::debug!(chain = %self.head.chain, error = %failure, "what a batch takes was not taken");
                self.salvage_spent(jobs, None, floor, deadline).await;
            }
        }
    }

    /// `Err` where nothing can have been written.
    async fn try_to_spend(
        &mut self,
        jobs: &[Job],
        taken: Option<(Tx, Vec<Got>)>,
        deadline: Instant,
    ) -> Result<Tried, Failure> {
        let (tx, got) = match by(deadline, taken_by(&self.db, jobs, taken)).await {
            Ok(taken) => taken,
            Err(failure) => {
                self.stale = true;
                return Err(failure);
            }
        };
        let (after, result) = write_granted(&self.key, &self.head, tx, granted(jobs, &got), deadline).await;
        match &result {
            Ok(()) => {
                self.head.clone_from(&after);
                self.well();
            }
            Err(_) => self.stale = true,
        }
        Ok(Tried { got, after, result })
    }

    /// After a batch failed: was it committed all the same? Else each job by itself.
    async fn salvage_spent(
        &mut self,
        jobs: Vec<Job>,
        tried: Option<(Vec<Got>, Head)>,
        floor: i64,
        deadline: Instant,
    ) {
        if let Err(failure) = self.reload(deadline).await {
            self.lost(&failure);
            return refuse(jobs);
        }
        if let Some((got, after)) = tried
            && after.seq > floor
            && self.head == after
        {
            self.well();
            return self.answer_spent(jobs, &got, floor);
        }
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            let alone = self.spend_alone(&job, floor, deadline).await;
            if !self.tell(job, alone) {
                return refuse(jobs.collect());
            }
        }
    }

    /// One job in its own transaction; twice where the chain turns out to stand elsewhere. Whoever tried before may still
    /// commit, but holds what it took until then: so once this has taken, or was told that there is nothing, what became
    /// of that is known.
    async fn spend_alone(&mut self, job: &Job, floor: i64, deadline: Instant) -> Alone {
        let mut retried = false;
        loop {
            let before = self.head.seq;
            let failure = match self.try_to_spend(std::slice::from_ref(job), None, deadline).await {
                Ok(Tried { got, after, result: Ok(()) }) => match got.first() {
                    // It may be because the record that took it is there.
                    Some(Err(lack)) => Err(*lack),
                    _ => return Alone::Written(after.seq),
                },
                Ok(Tried { result: Err(failure), .. }) | Err(failure) => Ok(failure),
            };
            if let Some(alone) = self.found_all_the_same(job, floor, deadline).await {
                return alone;
            }
            let failure = match failure {
                Ok(failure) => failure,
                Err(lack) => return Alone::Not(AppendError::Spent(lack)),
            };
            if self.head.seq > before && !retried {
                retried = true;
                continue;
            }
            return self.given_up(job, &failure);
        }
    }

    fn answer_spent(&mut self, jobs: Vec<Job>, got: &[Got], floor: i64) {
        let mut seq = floor;
        for (job, got) in jobs.into_iter().zip(got) {
            match got {
                Ok(()) => {
                    seq += 1;
                    self.answer(job, seq);
                }
                Err(lack) => {
                    let _ = job.answer.send(Err(AppendError::Spent(*lack)));
                }
            }
        }
    }
}

/// Puts the records of these jobs into the transaction and commits it; says what the head is then.
async fn write_granted<'a>(
    key: &AuditKey,
    head: &'a Head,
    tx: Tx,
    jobs: impl Iterator<Item = &'a Job>,
    deadline: Instant,
) -> (Head, Result<(), Failure>) {
    let (rows, after) = chain_up(key, head, jobs);
    let written = async { if rows.is_empty() { tx.rollback().await } else { commit_in(tx, &rows).await } };
    let result = by(deadline, written).await;
    (after, result)
}
