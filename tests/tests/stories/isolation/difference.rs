//! Where two answers part. A page is one line of many kilobytes: only what stands around the place is told.

/// Characters before the place, and from it on.
const BEFORE: usize = 200;
const BEHIND: usize = 300;

/// The first place in which they differ, as it is here and there; none where they are the same.
pub(crate) fn difference(here: &str, there: &str) -> Option<String> {
    let place = here.chars().zip(there.chars()).take_while(|(one, other)| one == other).count();
    (here != there).then(|| format!("here:  {}\nthere: {}", around(here, place), around(there, place)))
}

/// What stands around the first of these words; none where it does not stand there.
pub(crate) fn found(text: &str, word: &str) -> Option<String> {
    let (before, _) = text.split_once(word)?;
    Some(around(text, before.chars().count()))
}

fn around(text: &str, place: usize) -> String {
    let cut: String = text.chars().skip(place.saturating_sub(BEFORE)).take(BEFORE + BEHIND).collect();
    format!("…{cut}…")
}

#[test]
fn only_what_stands_around_the_place_is_told() {
    let page = |word: &str| format!("{}<td>{word}</td>{}", "a".repeat(5_000), "z".repeat(5_000));
    let told = difference(&page("ären"), &page("äste")).expect("they differ");
    assert!(told.contains("<td>ären</td>z") && told.contains("<td>äste</td>z"), "{told}");
    assert!(told.chars().count() < 1_100, "{told}");
    assert_eq!(difference(&page("x"), &page("x")), None);
    // One of them may be the beginning of the other.
    assert_eq!(difference("ab", "abc").as_deref(), Some("here:  …ab…\nthere: …abc…"));
    assert!(found(&page("secret"), "secret").is_some_and(|told| told.contains("<td>secret</td>")));
    assert_eq!(found(&page("x"), "secret"), None);
}
