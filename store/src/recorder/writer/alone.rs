//! What becomes of records whose batch failed: they may be committed all the same, and else each is tried by itself.

use super::{Failure, Writer, by, cause, refuse};
use crate::chain::Head;
use crate::recorder::insert::find;
use crate::recorder::{AppendError, Job};
use tokio::time::Instant;

/// How one record fared by itself.
#[derive(Clone, Copy)]
pub(super) enum Alone {
    Written(i64),
    Not(AppendError),
    /// The database does not answer at all.
    Gone,
}

impl Writer {
    /// After a batch failed: were they committed all the same? Else each record by itself.
    pub(super) async fn salvage(
        &mut self,
        jobs: Vec<Job>,
        floor: i64,
        after: &Head,
        deadline: Instant,
        failure: &Failure,
    ) {
        tracing::debug!(chain = %self.head.chain, records = jobs.len(), error = %cause(failure), "batch failed");
        if let Err(failure) = self.reload(deadline).await {
            self.lost(&failure);
            return refuse(jobs);
        }
        if self.head == *after {
            self.well();
            return self.answer_all(jobs, floor);
        }
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            let alone = self.write_alone(&job, floor, deadline).await;
            if !self.tell(job, alone) {
                return refuse(jobs.collect());
            }
        }
    }

    /// One record in its own transaction; twice where the chain turns out to stand elsewhere.
    async fn write_alone(&mut self, job: &Job, floor: i64, deadline: Instant) -> Alone {
        let mut retried = false;
        loop {
            let before = self.head.seq;
            let (result, after) = self.attempt(std::slice::from_ref(job), deadline).await;
            let failure = match result {
                Ok(()) => return Alone::Written(after.seq),
                Err(failure) => failure,
            };
            if let Some(alone) = self.found_all_the_same(job, floor, deadline).await {
                return alone;
            }
            if self.head.seq > before && !retried {
                retried = true;
                continue;
            }
            return self.given_up(job, &failure);
        }
    }

    /// After a try of one record failed: was it written all the same? None: it is not there.
    pub(super) async fn found_all_the_same(
        &mut self,
        job: &Job,
        floor: i64,
        deadline: Instant,
    ) -> Option<Alone> {
        if let Err(failure) = self.reload(deadline).await {
            self.lost(&failure);
            return Some(Alone::Gone);
        }
        let stored = find(&self.db, &self.head.chain, floor, job.record.id.as_str());
        match by(deadline, stored).await {
            Ok(None) => None,
            Ok(Some(seq)) => {
                self.well();
                Some(Alone::Written(seq))
            }
            Err(failure) => {
                self.stale = true;
                self.lost(&failure);
                Some(Alone::Gone)
            }
        }
    }

    /// A record that is not tried again.
    pub(super) fn given_up(&mut self, job: &Job, failure: &Failure) -> Alone {
        if failure.is_of_the_record() {
            tracing::warn!(id = %job.record.id, error = %cause(failure), "the database refused a record");
            return Alone::Not(AppendError::Refused);
        }
        self.unwell(failure);
        Alone::Not(AppendError::Unavailable)
    }

    /// Answers a job that was tried by itself. False: the database does not answer, so the others need not be tried.
    pub(super) fn tell(&mut self, job: Job, alone: Alone) -> bool {
        let (error, goes_on) = match alone {
            Alone::Written(seq) => {
                self.answer(job, seq);
                return true;
            }
            Alone::Not(error) => (error, true),
            Alone::Gone => (AppendError::Unavailable, false),
        };
        // The waiter may have gone away.
        let _ = job.answer.send(Err(error));
        goes_on
    }
}
