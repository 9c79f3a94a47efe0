//! What came of asking a server for its tools, as pages show it. Made on the server alone; names and texts of the
//! server's own are drawn as untrusted.

use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// The last time a server was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveryView {
    pub at: Moment,
    pub state: DiscoveryState,
}

/// How far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryState {
    /// Still at it; what it does right now.
    Running(String),
    Found(Found),
    Failed(Failure),
}

/// What the server lists now, beside what was known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Found {
    /// Its own name for itself, its version, and the protocol that was spoken.
    pub server: String,
    pub version: String,
    pub protocol: String,
    pub new: Names,
    pub changed: Names,
    /// Offered again as they were reviewed.
    pub restored: Names,
    /// Listed no longer.
    pub gone: Names,
    pub unchanged: usize,
}

/// Names of tools: how many, and the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Names {
    pub count: usize,
    pub first: Vec<String>,
}

impl Names {
    /// Names that are shown.
    const SHOWN: usize = 8;

    pub fn of(names: &[String]) -> Self {
        Self { count: names.len(), first: names.iter().take(Self::SHOWN).cloned().collect() }
    }

    pub fn more(&self) -> usize {
        self.count.saturating_sub(self.first.len())
    }
}

/// What was tried, and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub tried: String,
    pub came_back: String,
    /// What to do about it, where that is known.
    pub advice: Option<String>,
}

impl Found {
    /// "2 new, 1 changed, 9 unchanged".
    pub fn words(&self) -> String {
        let parts: Vec<String> = [
            (self.new.count, "new"),
            (self.changed.count, "changed"),
            (self.restored.count, "as reviewed again"),
            (self.gone.count, "gone"),
            (self.unchanged, "unchanged"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        if parts.is_empty() { "It lists no tools.".to_owned() } else { format!("{}.", parts.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_reads_as_a_sentence() {
        let names = |count: usize| Names::of(&(0..count).map(|n| format!("t{n}")).collect::<Vec<_>>());
        let found = Found { new: names(2), gone: names(1), unchanged: 9, ..Found::default() };
        assert_eq!(found.words(), "2 new, 1 gone, 9 unchanged.");
        assert_eq!(Found::default().words(), "It lists no tools.");
        assert_eq!((names(3).more(), names(20).more()), (0, 12));
    }
}
