//! How many tools of a server stand where with the people who answer for them.

use policy::ReviewState;
use serde::{Deserialize, Serialize};

/// Tools by review state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToolCounts {
    pub reviewed: usize,
    pub new: usize,
    pub changed: usize,
    /// Listed no longer.
    pub gone: usize,
}

impl ToolCounts {
    pub fn of(states: impl IntoIterator<Item = ReviewState>) -> Self {
        let mut counts = Self::default();
        for state in states {
            match state {
                ReviewState::Reviewed => counts.reviewed += 1,
                ReviewState::New => counts.new += 1,
                ReviewState::Changed => counts.changed += 1,
                ReviewState::Gone => counts.gone += 1,
            }
        }
        counts
    }

    /// Those that the server lists.
    pub fn listed(self) -> usize {
        self.reviewed + self.new + self.changed
    }

    pub fn to_review(self) -> usize {
        self.new + self.changed
    }

    /// "12 tools: 9 reviewed, 2 new, 1 changed".
    pub fn words(self) -> String {
        let parts: Vec<String> =
            [(self.reviewed, "reviewed"), (self.new, "new"), (self.changed, "changed"), (self.gone, "gone")]
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!("{count} {word}"))
                .collect();
        if parts.is_empty() {
            return "no tools yet".to_owned();
        }
        format!("{}: {}", tools(self.listed()), parts.join(", "))
    }
}

/// "no tools", "1 tool", "12 tools".
pub fn tools(count: usize) -> String {
    match count {
        0 => "no tools".to_owned(),
        1 => "1 tool".to_owned(),
        more => format!("{more} tools"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_words() {
        use ReviewState::{Changed, Gone, New, Reviewed};
        assert_eq!(ToolCounts::of([]).words(), "no tools yet");
        assert_eq!(ToolCounts::of([New]).words(), "1 tool: 1 new");
        assert_eq!(
            ToolCounts::of([Reviewed, New, Changed, Reviewed, Gone]).words(),
            "4 tools: 2 reviewed, 1 new, 1 changed, 1 gone"
        );
        assert_eq!(ToolCounts::of([Gone]).words(), "no tools: 1 gone");
    }
}
