//! A moment as pages show it: relative words, the exact UTC time beside them.
//!
//! The words are made on the server alone, from a `now` of the server, so that the browser never draws other
//! ones while it takes the page over.

use serde::{Deserialize, Serialize};

/// A moment, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// RFC 3339, for `<time datetime>`.
    pub iso: String,
    /// `2026-11-23 10:14:32 UTC`.
    pub exact: String,
    /// `12 s ago`, `yesterday`, `19 Nov`.
    pub words: String,
}

#[cfg(any(feature = "ssr", test))]
mod server {
    use super::Moment;
    use policy::Timestamp;

    const SECOND: i64 = 1_000_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    impl Moment {
        /// `at`, seen from `now`.
        pub fn new(at: Timestamp, now: Timestamp) -> Self {
            let iso = at.rfc3339();
            Self { exact: exact(&iso), words: words(at, now, &iso), iso }
        }
    }

    /// From RFC 3339, cut at the second.
    fn exact(iso: &str) -> String {
        match (iso.get(..10), iso.get(11..19)) {
            (Some(date), Some(time)) => format!("{date} {time} UTC"),
            _ => iso.to_owned(),
        }
    }

    fn words(at: Timestamp, now: Timestamp, iso: &str) -> String {
        let past = now.micros().saturating_sub(at.micros());
        match past {
            // Clocks differ a little: what is just ahead is now.
            -5_000_000..SECOND => "now".to_owned(),
            SECOND..MINUTE => format!("{} s ago", past / SECOND),
            MINUTE..HOUR => format!("{} min ago", past / MINUTE),
            HOUR..DAY => format!("{} h ago", past / HOUR),
            _ if past < 0 => ahead(past.saturating_neg(), iso, now),
            _ if past < 2 * DAY => "yesterday".to_owned(),
            _ if past < 7 * DAY => format!("{} days ago", past / DAY),
            _ => date(iso, now),
        }
    }

    fn ahead(left: i64, iso: &str, now: Timestamp) -> String {
        match left {
            ..MINUTE => format!("in {} s", left / SECOND),
            MINUTE..HOUR => format!("in {} min", left / MINUTE),
            HOUR..DAY => format!("in {} h", left / HOUR),
            _ if left < 7 * DAY => format!("in {} days", left / DAY),
            _ => date(iso, now),
        }
    }

    /// `19 Nov`, with the year where it is another one.
    fn date(iso: &str, now: Timestamp) -> String {
        let this_year = now.rfc3339();
        let parts = (
            iso.get(..4),
            iso.get(5..7).and_then(|month| month.parse::<usize>().ok()),
            iso.get(8..10).and_then(|day| day.parse::<u8>().ok()),
        );
        let (Some(year), Some(month), Some(day)) = parts else {
            return iso.to_owned();
        };
        let month = month.checked_sub(1).and_then(|index| MONTHS.get(index)).copied().unwrap_or("?");
        if this_year.get(..4) == Some(year) {
            format!("{day} {month}")
        } else {
            format!("{day} {month} {year}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;
    use policy::Timestamp;

    fn words(at: &str) -> String {
        let read = |text| Timestamp::parse(text).expect("a moment");
        Moment::new(read(at), read("2026-11-23T10:14:44Z")).words
    }

    #[test]
    fn words_are_as_exact_as_they_are_useful() {
        for (at, expected) in [
            ("2026-11-23T10:14:43.500Z", "now"),
            ("2026-11-23T10:14:46Z", "now"),
            ("2026-11-23T10:14:32Z", "12 s ago"),
            ("2026-11-23T10:02:32Z", "12 min ago"),
            ("2026-11-23T08:02:32Z", "2 h ago"),
            ("2026-11-22T08:02:32Z", "yesterday"),
            ("2026-11-20T08:02:32Z", "3 days ago"),
            ("2026-11-02T08:02:32Z", "2 Nov"),
            ("2025-12-31T08:02:32Z", "31 Dec 2025"),
            ("2026-11-23T10:44:45Z", "in 30 min"),
            ("2027-01-01T00:00:00Z", "1 Jan 2027"),
        ] {
            assert_eq!(words(at), expected, "{at}");
        }
    }

    #[test]
    fn the_exact_time_is_cut_at_the_second() {
        let at = Timestamp::parse("2026-11-23T10:14:32.118Z").expect("a moment");
        let moment = Moment::new(at, at);
        assert_eq!(moment.exact, "2026-11-23 10:14:32 UTC");
        assert_eq!(moment.iso, "2026-11-23T10:14:32.118Z");
    }
}
