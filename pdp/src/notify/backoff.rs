//! When a delivery that failed is tried again: three times as late each time, ten hours at the most, a fifth more or less
//! so that what failed together does not come back together. About a day in all; then it is given up.

/// How often a delivery is tried.
pub const MAX_ATTEMPTS: i64 = 11;

/// In microseconds.
const SECOND: i64 = 1_000_000;
const FIRST: i64 = 5 * SECOND;
const LONGEST: i64 = 10 * 60 * 60 * SECOND;

/// How many microseconds after this attempt, counted from 1, the next one is due. None: that was the last one.
pub fn next_after(attempt: i64, random: u64) -> Option<i64> {
    if attempt >= MAX_ATTEMPTS {
        return None;
    }
    let earlier = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0);
    let plain = FIRST.saturating_mul(3_i64.saturating_pow(earlier)).min(LONGEST);
    let fifth = plain / 5;
    let spread = u64::try_from(2 * fifth).unwrap_or(0);
    let more = i64::try_from(random % (spread + 1)).unwrap_or(0);
    Some(plain - fifth + more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_tried_for_about_a_day() {
        let total = |random| (1..).map_while(|attempt| next_after(attempt, random)).sum::<i64>();
        let hours = |micros: i64| micros / SECOND / 60 / 60;
        assert_eq!((1..).map_while(|attempt| next_after(attempt, 0)).count(), 10);
        assert_eq!((hours(total(0)), hours(total(u64::MAX / 3))), (18, 25));
        assert_eq!(next_after(1, 0), Some(4 * SECOND));
        assert_eq!(next_after(MAX_ATTEMPTS, 0), None);
    }

    proptest! {
        #[test]
        fn it_comes_later_each_time_and_never_at_once(attempt in prop_oneof![-3_i64..20, proptest::num::i64::ANY], random: u64, other: u64) {
            match next_after(attempt, random) {
                None => prop_assert!(attempt >= MAX_ATTEMPTS),
                Some(after) => {
                    prop_assert!((4 * SECOND..=12 * 60 * 60 * SECOND).contains(&after), "{after}");
                    // Three times as late, a fifth more or less, is later whatever chance says; up to the longest.
                    if (1..9).contains(&attempt) {
                        let next = next_after(attempt + 1, other);
                        prop_assert!(next.is_some_and(|next| next > after), "{after} {next:?}");
                    }
                }
            }
        }
    }
}
