//! Whether what came out is what a page shows.

const ANY: char = '…';

/// A line that is only `…` is any number of lines; `…` within a line is any text. Spaces at the end do not count.
pub(crate) fn matches(shown: &[&str], got: &[String]) -> bool {
    let Some((first, rest)) = shown.split_first() else { return got.is_empty() };
    if first.trim() == "…" {
        return (0..=got.len()).any(|skipped| matches(rest, &got[skipped..]));
    }
    got.split_first().is_some_and(|(line, others)| {
        line_matches(first.trim_end(), line.trim_end()) && matches(rest, others)
    })
}

fn line_matches(shown: &str, got: &str) -> bool {
    let Some((head, rest)) = shown.split_once(ANY) else { return shown == got };
    let Some(tail) = got.strip_prefix(head) else { return false };
    let ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
    ends.into_iter().any(|at| line_matches(rest, &tail[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(shown: &str, got: &str) -> bool {
        let got: Vec<String> = got.lines().map(str::to_owned).collect();
        matches(&shown.lines().collect::<Vec<_>>(), &got)
    }

    #[test]
    fn without_a_gap_every_line_counts() {
        assert!(fits("", ""));
        assert!(fits("a\nb", "a\nb"));
        assert!(fits("a", "a  "));
        for (shown, got) in [("", "a"), ("a", ""), ("a", "a\nb"), ("a\nb", "a"), ("a", " a"), ("a", "A")] {
            assert!(!fits(shown, got), "{shown:?} {got:?}");
        }
    }

    #[test]
    fn a_gap_within_a_line_is_any_text_of_that_line() {
        assert!(fits("revision: …", "revision: 9.11"));
        assert!(fits("a…b…c", "a b b c"));
        assert!(fits("a…", "a"));
        assert!(fits("…ß", "ééß"));
        assert!(fits("key …", "key …"));
        for (shown, got) in [("a…c", "a b"), ("a…b", "a\nb"), ("…b", "a b c"), ("b…", "a b")] {
            assert!(!fits(shown, got), "{shown:?} {got:?}");
        }
    }

    #[test]
    fn a_line_that_is_a_gap_is_any_lines() {
        assert!(fits("…", ""));
        assert!(fits("…", "a\nb"));
        assert!(fits("a\n…\nb", "a\nb"));
        assert!(fits("a\n…\nb", "a\nb\nx\nb"));
        assert!(fits("…\n1 change", "x\ny\n1 change"));
        assert!(!fits("a\n…\nb", "a\nx"));
        assert!(!fits("…\nb", "b\nx"));
    }
}
