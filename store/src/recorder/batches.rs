//! What waits, cut into the batches of one transaction each: bounded by the number of records where they are
//! taken, and here by their size, so that a few large calls do not hold up the small ones for long.

use super::{Job, NewRecord};

/// Arguments and bodies of one transaction, in bytes. A record that is larger by itself has one of its own.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The texts that make a record large.
fn size(record: &NewRecord) -> usize {
    record.body.len().saturating_add(record.arguments.as_ref().map_or(0, String::len))
}

/// The jobs in their order; no batch is empty.
pub(super) fn batches(jobs: Vec<Job>) -> Vec<Vec<Job>> {
    let mut batches = Vec::new();
    let mut batch = Vec::with_capacity(jobs.len());
    let mut bytes = 0_usize;
    for job in jobs {
        let more = size(&job.record);
        if !batch.is_empty() && bytes.saturating_add(more) > MAX_BYTES {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes = bytes.saturating_add(more);
        batch.push(job);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{DecisionId, Outcome, Reason, Timestamp};
    use tokio::sync::oneshot;

    const MIB: usize = 1024 * 1024;

    fn job(id: usize, body: usize, arguments: usize) -> Job {
        let record = NewRecord {
            id: DecisionId::new(id.to_string()),
            at: Timestamp::from_micros(1),
            tenant: None,
            subject: None,
            credential: None,
            server: None,
            tool: None,
            action: "tools/call".to_owned(),
            outcome: Outcome::Allow,
            reason: Reason::Allowed,
            body: "x".repeat(body),
            arguments: (arguments > 0).then(|| "x".repeat(arguments)),
            used_credential_key: None,
            used_api_key: None,
            actor: None,
            task: None,
            touched: Vec::new(),
            spends: false,
            approval: None,
        };
        Job { record, arguments_digest: None, answer: oneshot::channel().0 }
    }

    /// The ids of each batch.
    fn cut(sizes: &[(usize, usize)]) -> Vec<Vec<String>> {
        let jobs = sizes.iter().enumerate().map(|(id, (body, arguments))| job(id, *body, *arguments));
        batches(jobs.collect())
            .iter()
            .map(|batch| batch.iter().map(|job| job.record.id.to_string()).collect())
            .collect()
    }

    #[test]
    fn small_records_share_one_transaction() {
        let all: Vec<String> = (0..512).map(|id| id.to_string()).collect();
        assert_eq!(cut(&[(2_000, 500); 512]), [all]);
        assert!(cut(&[]).is_empty());
    }

    #[test]
    fn large_records_share_it_up_to_its_size() {
        assert_eq!(cut(&[(MIB, MIB); 5]), [vec!["0", "1"], vec!["2", "3"], vec!["4"]]);
        assert_eq!(cut(&[(MIB, 3 * MIB), (1, 0)]), [vec!["0"], vec!["1"]]);
        assert_eq!(cut(&[(MIB, 3 * MIB - 1), (1, 0)]), [vec!["0", "1"]]);
    }

    #[test]
    fn one_that_is_too_large_stands_alone() {
        assert_eq!(cut(&[(1, 0), (0, 6 * MIB), (1, 0), (1, 0)]), [vec!["0"], vec!["1"], vec!["2", "3"]]);
    }
}
