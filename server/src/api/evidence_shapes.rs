//! The record's chains and verifications, as the API shows them.

use policy::Timestamp;
use serde::{Deserialize, Serialize};
use store::audit::{ChainSummary, Failure, Finding, Verification, VerificationState};
use utoipa::{IntoParams, ToSchema};

/// How many findings are told; each is the first of its chain.
const MOST_FINDINGS: usize = 200;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ChainsQuery {
    /// `next` of the page before.
    pub(super) after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    pub(super) limit: Option<u32>,
}

/// What is known of the record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvidenceView {
    /// Of the oldest record that is kept; absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) oldest_record: Option<Timestamp>,
    /// Absent: nothing was verified since this replica started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verification: Option<VerificationView>,
}

/// A verification of the record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerificationView {
    /// `running`, `sound`, `unsound`, or `failed`: it could not be found out.
    #[schema(value_type = String, example = "sound")]
    state: &'static str,
    /// Who started it.
    by: String,
    #[schema(value_type = String)]
    started_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
    /// All there are; 0 while that is not known.
    chains: u64,
    /// Those that were begun.
    walked: u64,
    /// Those that were read.
    records: u64,
    checkpoints: u64,
    /// The checkpoints outside of the database that it was held against. With 0 a removed end could not be seen.
    anchors: u64,
    /// How many chains are not as they were written.
    found: u64,
    /// The first finding of each of them, 200 at the most.
    findings: Vec<FindingView>,
    /// `heads`, `database` or `broken_off`: what stood in the way. The server's log says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    failure: Option<&'static str>,
}

impl From<Verification> for VerificationView {
    fn from(verification: Verification) -> Self {
        let mut view = Self {
            state: "running",
            by: verification.by,
            started_at: verification.started_at,
            ended_at: None,
            chains: 0,
            walked: 0,
            records: 0,
            checkpoints: 0,
            anchors: 0,
            found: 0,
            findings: Vec::new(),
            failure: None,
        };
        match verification.state {
            VerificationState::Running(progress) => {
                (view.chains, view.walked, view.records) =
                    (progress.chains, progress.walked, progress.records);
            }
            VerificationState::Ended { at, report, anchors } => {
                view.state = if report.is_sound() { "sound" } else { "unsound" };
                view.ended_at = Some(at);
                (view.chains, view.walked) = (report.chains, report.chains);
                (view.records, view.checkpoints) = (report.records, report.checkpoints);
                view.anchors = count(anchors);
                view.found = count(report.findings.len());
                let told = report.findings.into_iter().take(MOST_FINDINGS);
                view.findings = told.map(FindingView::from).collect();
            }
            VerificationState::Failed { at, failure } => {
                view.state = "failed";
                view.ended_at = Some(at);
                view.failure = Some(word(failure));
            }
        }
        view
    }
}

/// Something that is not as it was written.
#[derive(Debug, Serialize, ToSchema)]
struct FindingView {
    /// `altered`, `arguments_removed`, `missing`, `invented`, `truncated_tail`, `missing_chain`, `bad_genesis`, `bad_checkpoint`,
    /// `head_differs`, `bad_stub`, `other_key` or `bad_anchor`.
    #[schema(value_type = String, example = "altered")]
    finding: &'static str,
    /// The same for people.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
    /// The place within the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
    /// The id of the record, where that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        let text = finding.to_string();
        let (finding, chain, seq, decision) = match finding {
            Finding::Altered { chain, seq, id } => ("altered", Some(chain), Some(seq), Some(id)),
            Finding::ArgumentsRemoved { chain, seq, id } => {
                ("arguments_removed", Some(chain), Some(seq), Some(id))
            }
            Finding::Missing { chain, seq } => ("missing", Some(chain), Some(seq), None),
            Finding::Invented { chain, seq, id } => ("invented", Some(chain), Some(seq), Some(id)),
            Finding::TruncatedTail { chain, expected_seq } => {
                ("truncated_tail", Some(chain), Some(expected_seq), None)
            }
            Finding::MissingChain { chain } => ("missing_chain", Some(chain), None, None),
            Finding::BadGenesis { chain } => ("bad_genesis", Some(chain), None, None),
            Finding::BadCheckpoint { chain, seq } => ("bad_checkpoint", Some(chain), Some(seq), None),
            Finding::HeadDiffers { chain, seq } => ("head_differs", Some(chain), Some(seq), None),
            Finding::BadStub { chain } => ("bad_stub", Some(chain), None, None),
            Finding::OtherKey { chain } => ("other_key", Some(chain), None, None),
            Finding::BadAnchor { .. } => ("bad_anchor", None, None, None),
        };
        Self { finding, text, chain, seq, decision }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn word(failure: Failure) -> &'static str {
    match failure {
        Failure::Heads => "heads",
        Failure::Database => "database",
        Failure::BrokenOff => "broken_off",
    }
}

/// A chain of records, which is one run of a replica.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChainView {
    id: String,
    /// The host and the process.
    instance: String,
    version: String,
    #[schema(value_type = String)]
    started_at: Timestamp,
    /// The last sign of life, at most a minute old while it runs.
    #[schema(value_type = String)]
    seen_at: Timestamp,
    /// The clean stop, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
    /// The last record's place; 0 where there never was one.
    head_seq: i64,
    /// SHA-256, hexadecimal.
    head_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    last_checkpoint_at: Option<Timestamp>,
    /// Records up to here were removed by retention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pruned_up_to: Option<i64>,
}

impl From<ChainSummary> for ChainView {
    fn from(chain: ChainSummary) -> Self {
        Self {
            id: chain.id,
            instance: chain.instance,
            version: chain.version,
            started_at: chain.started_at,
            seen_at: chain.seen_at,
            ended_at: chain.ended_at,
            head_seq: chain.head_seq,
            head_hash: chain.head_hash.to_string(),
            last_checkpoint_at: chain.last_checkpoint_at,
            pruned_up_to: chain.pruned_up_to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use store::audit::{Progress, Report};

    fn shown(state: VerificationState) -> Value {
        let started_at = Timestamp::from_micros(1);
        let verification = Verification { by: "ada".to_owned(), started_at, state };
        serde_json::to_value(VerificationView::from(verification)).expect("JSON")
    }

    #[test]
    fn findings_are_told_as_they_are_and_bounded() {
        let at = Timestamp::from_micros(2);
        let altered = |n: i64| Finding::Altered { chain: format!("c{n}"), seq: n, id: "r".to_owned() };
        let findings = (0..250).map(altered).collect();
        let report = Report { chains: 250, findings, ..Report::default() };
        let told = shown(VerificationState::Ended { at, report, anchors: 3 });
        assert_eq!((&told["state"], &told["found"]), (&json!("unsound"), &json!(250)));
        assert_eq!(told["anchors"], json!(3));
        assert_eq!(told["findings"].as_array().map(Vec::len), Some(MOST_FINDINGS));
        let text = "chain c7: record 7 (r) was altered";
        let seventh = json!({"finding": "altered", "text": text, "chain": "c7", "seq": 7, "decision": "r"});
        assert_eq!(told["findings"][7], seventh);
        let told = shown(VerificationState::Ended { at, report: Report::default(), anchors: 0 });
        assert_eq!(told["state"], "sound");
    }

    #[test]
    fn what_runs_or_failed_is_neither_sound_nor_unsound() {
        let told = shown(VerificationState::Running(Progress { chains: 3, walked: 2, records: 10 }));
        assert_eq!((told["state"].as_str(), told["walked"].as_u64()), (Some("running"), Some(2)));
        let failed = VerificationState::Failed { at: Timestamp::from_micros(2), failure: Failure::Heads };
        let told = shown(failed);
        assert_eq!((told["state"].as_str(), told["failure"].as_str()), (Some("failed"), Some("heads")));
        assert!(told["ended_at"].is_string());
    }
}
