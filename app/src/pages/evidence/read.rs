//! What the page of evidence reads from the server, and how a verification is started and followed.

use crate::error::AppError;
use crate::moment::Moment;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// What the page shows, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceView {
    pub chains: ChainList,
    /// None: nothing was verified since this server started.
    pub verification: Option<VerificationView>,
    pub retention: Retention,
}

/// A page of chains, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainList {
    pub lines: Vec<ChainLine>,
    /// Whether it begins with the newest of all.
    pub newest: bool,
    /// The address of the next page.
    pub older: Option<String>,
}

/// A chain as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLine {
    pub id: String,
    pub instance: String,
    pub version: String,
    pub started: Moment,
    /// "Running, last seen"; `seen` goes on.
    pub state: String,
    pub seen: Moment,
    /// Those that are kept.
    pub records: i64,
    /// "1 to 2000 were removed".
    pub removed: Option<String>,
    /// The last record's, hexadecimal.
    pub hash: String,
    pub checkpoint: Option<Moment>,
}

/// What is kept, and an example of how to keep less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Of the oldest record that is there.
    pub oldest: Option<Moment>,
    /// The command that removes what is older than a year.
    pub command: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    Running,
    Sound,
    Unsound,
    /// It could not be found out.
    Failed,
}

/// The last verification, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationView {
    pub stage: Stage,
    /// Who started it.
    pub by: String,
    pub started: Moment,
    pub ended: Option<Moment>,
    /// How far it is, what was read, or what stood in the way.
    pub words: String,
    /// The first finding of each chain, as far as they are shown.
    pub findings: Vec<FindingLine>,
    /// How many more there are.
    pub more: usize,
}

/// A finding as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingLine {
    pub text: String,
    /// The address of the record that it is about, where that is there.
    pub record: Option<String>,
}

/// Chains that began before `older_than`, or the newest.
#[server(endpoint = "evidence", input = GetUrl, output = Json)]
pub async fn read_evidence(#[server(default)] older_than: Option<String>) -> Result<EvidenceView, AppError> {
    crate::session::require(crate::permission::Permission::ReadEvidence)?;
    let console = crate::console::Console::current()?;
    server::read(&console, older_than).await
}

/// The last verification of this process, or how far it is.
#[server(endpoint = "evidence-verification", input = GetUrl, output = Json)]
pub async fn read_verification() -> Result<Option<VerificationView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadEvidence)?;
    let console = crate::console::Console::current()?;
    Ok(server::last(&console))
}

/// Starts a verification beside everything else, and leads back to the page, which follows it. One that is running is
/// left to it.
#[server(endpoint = "evidence-verify", output = Json)]
pub async fn verify_now() -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::ReadEvidence)?;
    let console = crate::console::Console::current()?;
    if console.verifier.start(&signed_in.login) {
        tracing::info!(account = %signed_in.account_id, "a verification of the record was started");
    }
    leptos_axum::redirect(crate::routes::EVIDENCE.path);
    Ok(())
}

#[cfg(feature = "ssr")]
mod server {
    use super::{ChainLine, ChainList, EvidenceView, FindingLine, Retention, Stage, VerificationView};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use crate::routes::{DECISIONS, EVIDENCE};
    use crate::url::{encode, href};
    use policy::Timestamp;
    use store::audit::{
        self, ChainSummary, Failure, Finding, Progress, Report, Verification, VerificationState,
    };

    /// An instance gives a sign of life every minute; one that gave none for so long (in microseconds) is gone.
    const SILENT: i64 = 5 * 60 * 1_000_000;

    /// In microseconds.
    const YEAR: i64 = 365 * 24 * 60 * 60 * 1_000_000;

    /// Findings that are shown.
    const SHOWN: usize = 50;

    pub(super) async fn read(
        console: &Console,
        older_than: Option<String>,
    ) -> Result<EvidenceView, AppError> {
        refuse_zero([&older_than])?;
        let now = console.now();
        let mut chains = audit::list_chains(&console.store, older_than.as_deref(), ROWS_AND_ONE).await?;
        let next = cut(&mut chains, |chain| chain.id.clone());
        let oldest = audit::oldest_record(&console.store).await?;
        Ok(EvidenceView {
            chains: ChainList {
                lines: chains.into_iter().map(|chain| line(chain, now)).collect(),
                newest: older_than.is_none(),
                older: next.map(|id| href(EVIDENCE.path, [("older_than", Some(id.as_str()))])),
            },
            verification: last(console),
            retention: Retention {
                oldest: oldest.map(|at| Moment::new(at, now)),
                command: prune_command(now),
            },
        })
    }

    pub(super) fn last(console: &Console) -> Option<VerificationView> {
        console.verifier.last().map(|last| in_words(last, console.now()))
    }

    fn line(chain: ChainSummary, now: Timestamp) -> ChainLine {
        let silent = now.micros().saturating_sub(chain.seen_at.micros()) > SILENT;
        let (state, seen) = match chain.ended_at {
            Some(ended) => ("Ended", ended),
            None if silent => ("Not stopped cleanly, last seen", chain.seen_at),
            None => ("Running, last seen", chain.seen_at),
        };
        let removed = chain.pruned_up_to.unwrap_or(0);
        ChainLine {
            id: chain.id,
            instance: chain.instance,
            version: chain.version,
            started: Moment::new(chain.started_at, now),
            state: state.to_owned(),
            seen: Moment::new(seen, now),
            records: chain.head_seq.saturating_sub(removed),
            removed: (removed > 0).then(|| format!("1 to {removed} were removed")),
            hash: chain.head_hash.to_string(),
            checkpoint: chain.last_checkpoint_at.map(|at| Moment::new(at, now)),
        }
    }

    /// From the start of a day, so that the command reads well.
    fn prune_command(now: Timestamp) -> String {
        let before = now.saturating_add_micros(-YEAR).rfc3339();
        let day = before.get(..10).unwrap_or_default();
        format!("countersign audit prune --before {day}T00:00:00Z")
    }

    fn in_words(verification: Verification, now: Timestamp) -> VerificationView {
        let mut view = VerificationView {
            stage: Stage::Running,
            by: verification.by,
            started: Moment::new(verification.started_at, now),
            ended: None,
            words: String::new(),
            findings: Vec::new(),
            more: 0,
        };
        match verification.state {
            VerificationState::Running(progress) => view.words = running(progress),
            VerificationState::Ended { at, report, anchors } => {
                view.stage = if report.is_sound() { Stage::Sound } else { Stage::Unsound };
                view.ended = Some(Moment::new(at, now));
                view.words = format!("{} {}", what_was_read(&report), held_against(anchors));
                view.more = report.findings.len().saturating_sub(SHOWN);
                view.findings = report.findings.iter().take(SHOWN).map(finding).collect();
            }
            VerificationState::Failed { at, failure } => {
                view.stage = Stage::Failed;
                view.ended = Some(Moment::new(at, now));
                view.words = stood_in_the_way(failure).to_owned();
            }
        }
        view
    }

    fn running(progress: Progress) -> String {
        if progress.chains == 0 {
            return "Reading what was signed".to_owned();
        }
        let Progress { chains, walked, records } = progress;
        format!("Chain {walked} of {chains}, {} so far", counted(records, "record"))
    }

    fn what_was_read(report: &Report) -> String {
        let (chains, records) = (counted(report.chains, "chain"), counted(report.records, "record"));
        let checkpoints = counted(report.checkpoints, "checkpoint");
        if report.is_sound() {
            format!("{chains}, {records} and {checkpoints}: all as they were written.")
        } else {
            format!("{chains}, {records} and {checkpoints} were read.")
        }
    }

    fn held_against(anchors: usize) -> String {
        match anchors {
            0 => {
                "Held against nothing outside of the database, so a removed end could not be seen.".to_owned()
            }
            1 => "Held against 1 checkpoint that is kept beside the audit key.".to_owned(),
            more => format!("Held against {more} checkpoints that are kept beside the audit key."),
        }
    }

    fn stood_in_the_way(failure: Failure) -> &'static str {
        match failure {
            Failure::Heads => {
                "The checkpoints that are kept beside the audit key could not be read, so nothing was verified. The \
                 server's log says why."
            }
            Failure::Database => {
                "The database did not answer. Try again; if it stays so, look at the server's log."
            }
            Failure::BrokenOff => "The verification was broken off. Start it again.",
        }
    }

    fn counted(count: u64, what: &str) -> String {
        if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
    }

    fn finding(finding: &Finding) -> FindingLine {
        let record = match finding {
            Finding::Altered { id, .. }
            | Finding::ArgumentsRemoved { id, .. }
            | Finding::Invented { id, .. } => Some(format!("{}/{}", DECISIONS.path, encode(id))),
            _ => None,
        };
        FindingLine { text: sentence(&finding.to_string()), record }
    }

    /// Begins with a capital and ends with a stop.
    fn sentence(text: &str) -> String {
        let mut characters = text.chars();
        characters
            .next()
            .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), characters.as_str()))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

        fn view(state: VerificationState) -> VerificationView {
            in_words(Verification { by: "ada".to_owned(), started_at: NOW, state }, NOW)
        }

        #[test]
        fn progress_reads_as_words() {
            let words = |progress| view(VerificationState::Running(progress)).words;
            assert_eq!(words(Progress::default()), "Reading what was signed");
            assert_eq!(words(Progress { chains: 3, walked: 2, records: 1 }), "Chain 2 of 3, 1 record so far");
        }

        #[test]
        fn findings_are_sentences_and_bounded() {
            let altered = Finding::Altered { chain: "c".to_owned(), seq: 4, id: "a/b".to_owned() };
            let mut findings = vec![altered];
            findings.extend((0..60).map(|n| Finding::MissingChain { chain: format!("c{n}") }));
            let report = Report { chains: 61, records: 4, findings, ..Report::default() };
            let seen = view(VerificationState::Ended { at: NOW, report, anchors: 2 });
            assert_eq!(seen.stage, Stage::Unsound);
            assert_eq!((seen.findings.len(), seen.more), (50, 11));
            let first = FindingLine {
                text: "Chain c: record 4 (a/b) was altered.".to_owned(),
                record: Some("/decisions/a%2Fb".to_owned()),
            };
            assert_eq!(seen.findings.first(), Some(&first));
        }

        #[test]
        fn what_is_sound_says_what_it_was_held_against() {
            let ended = |anchors| VerificationState::Ended { at: NOW, report: Report::default(), anchors };
            assert_eq!(view(ended(0)).stage, Stage::Sound);
            assert!(view(ended(0)).words.contains("a removed end could not be seen"));
            assert!(view(ended(2)).words.contains("Held against 2 checkpoints"));
            let failed = view(VerificationState::Failed { at: NOW, failure: Failure::Database });
            assert_eq!(failed.stage, Stage::Failed);
        }

        #[test]
        fn the_command_is_of_a_day_a_year_ago() {
            assert_eq!(prune_command(NOW), "countersign audit prune --before 2026-01-15T00:00:00Z");
        }
    }
}
