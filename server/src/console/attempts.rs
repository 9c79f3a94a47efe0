//! The brake in front of the brake: attempts are counted in the database, for all replicas; what is known to be
//! over its limit is refused here, before it costs the writer anything that decisions need.

use policy::Timestamp;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Buckets that are remembered; beyond it nothing more is, and the database counts alone.
const MOST: usize = 10_000;

/// Shared by all requests of one process.
#[derive(Debug, Clone)]
pub(super) struct Attempts {
    full: Arc<Mutex<Full>>,
    /// One attempt at a time reaches the database.
    counting: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Full {
    minute: i64,
    buckets: HashSet<String>,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { full: Arc::default(), counting: Arc::new(Semaphore::new(1)) }
    }

    /// Whether this bucket was found full in the current minute.
    pub(super) fn is_full(&self, bucket: &str, now: Timestamp) -> bool {
        let full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        full.minute == minute(now) && full.buckets.contains(bucket)
    }

    /// Remembers it until the minute is over; true where it was not known yet.
    pub(super) fn fill(&self, bucket: &str, now: Timestamp) -> bool {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        if full.minute != minute(now) {
            *full = Full { minute: minute(now), buckets: HashSet::new() };
        }
        full.buckets.len() < MOST && full.buckets.insert(bucket.to_owned())
    }

    /// The turn to count one attempt; none while another one has it and some wait already.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let turn = tokio::time::timeout(std::time::Duration::from_secs(1), self.counting.acquire());
        turn.await.ok()?.ok()
    }
}

fn minute(now: Timestamp) -> i64 {
    now.micros().div_euclid(60_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_is_full_for_its_minute() {
        let attempts = Attempts::new();
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        assert!(!attempts.is_full("a", at(0)));
        assert!(attempts.fill("a", at(1)));
        assert!(!attempts.fill("a", at(2)), "known already");
        assert!(attempts.is_full("a", at(59)) && !attempts.is_full("b", at(59)));
        assert!(!attempts.is_full("a", at(60)));
        assert!(attempts.fill("b", at(61)) && !attempts.is_full("a", at(61)));
    }
}
