//! How many of something there are, as far as was counted.

use serde::{Deserialize, Serialize};

/// A number; with `more`, at least so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    pub number: u64,
    pub more: bool,
}

impl Count {
    pub fn new(number: usize) -> Self {
        Self { number: u64::try_from(number).unwrap_or(u64::MAX), more: false }
    }

    /// What a list of at most `limit` and one more found.
    pub fn up_to(found: usize, limit: usize) -> Self {
        Self { more: found > limit, ..Self::new(found.min(limit)) }
    }

    pub fn is_none(self) -> bool {
        self.number == 0 && !self.more
    }

    /// "24" or "1000 or more".
    pub fn words(self) -> String {
        if self.more { format!("{} or more", self.number) } else { self.number.to_string() }
    }

    /// "no members", "1 member", "24 members".
    pub fn of(self, one: &str, many: &str) -> String {
        match (self.number, self.more) {
            (0, false) => format!("no {many}"),
            (1, false) => format!("1 {one}"),
            _ => format!("{} {many}", self.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn counts_read_as_words() {
        assert_eq!(Count::new(0).of("member", "members"), "no members");
        assert_eq!(Count::new(1).of("member", "members"), "1 member");
        assert_eq!(Count::up_to(5, 5).of("member", "members"), "5 members");
        assert_eq!(Count::up_to(6, 5).of("member", "members"), "5 or more members");
    }
}
