//! Lists in pages: `after` what was seen last, so many at most, and `next` where there are more.

use super::problem::Problem;
use super::reading::comparable;
use axum::Json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use store::administration::Page;
use utoipa::IntoParams;

/// How many a page holds where nothing is said, and at the most.
const USUAL: u32 = 50;
const MOST: u32 = 200;

/// A page of a list that can be searched.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Only what holds this text.
    pub(super) q: Option<String>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    pub(super) limit: Option<u32>,
}

impl PageQuery {
    /// # Errors
    /// When the cursor is none of ours, or the limit none.
    pub(super) fn place(&self) -> Result<Place, Problem> {
        Place::new(self.q.as_deref(), self.after.as_deref(), self.limit)
    }
}

/// Where a page begins, and how long it is.
#[derive(Debug)]
pub(super) struct Place {
    search: Option<String>,
    after: Option<String>,
    limit: u32,
}

impl Place {
    /// # Errors
    /// When the cursor is none of ours, or the limit none.
    pub(super) fn new(
        search: Option<&str>,
        after: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::malformed(format!("`limit` must be from 1 to {MOST}")));
        }
        let after = match after {
            Some(cursor) => Some(decode(cursor).ok_or_else(|| Problem::malformed("`after` is no cursor"))?),
            None => None,
        };
        let search = match search.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Some(comparable("q", text)?.to_owned()),
            None => None,
        };
        Ok(Self { search, after, limit })
    }

    pub(super) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// One more than is shown, so that it is known whether there are more.
    pub(super) fn page(&self) -> Page<'_> {
        Page { search: self.search.as_deref(), after: self.after(), limit: u64::from(self.limit) + 1 }
    }

    /// The list, of one more than is shown at the most.
    pub(super) fn list<T, V: From<T>>(&self, mut found: Vec<T>, cursor: fn(&T) -> String) -> Json<Listed<V>> {
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| more).map(|last| encode(&cursor(last)));
        Json(Listed { items: found.into_iter().map(V::from).collect(), next })
    }

    /// A page of a list that is short by nature and was read whole, in the order of this key, which is one of a kind.
    pub(super) fn cut<T, V: From<T>>(&self, all: Vec<T>, key: fn(&T) -> String) -> Json<Listed<V>> {
        let search = self.search.as_deref().map(str::to_lowercase);
        let mut keyed: Vec<(String, T)> = all.into_iter().map(|one| (key(&one), one)).collect();
        keyed.retain(|(key, _)| {
            let found = search.as_ref().is_none_or(|text| key.to_lowercase().contains(text));
            found && self.after().is_none_or(|after| key.as_str() > after)
        });
        keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.list(keyed.into_iter().map(|(_, one)| one).collect(), key)
    }
}

/// One page.
#[derive(Debug, Serialize)]
pub(super) struct Listed<V> {
    pub(super) items: Vec<V>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// A cursor as it stands in an address: what is in it is nobody's business.
pub(super) fn encode(cursor: &str) -> String {
    URL_SAFE_NO_PAD.encode(cursor)
}

fn decode(text: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    String::from_utf8(bytes).ok().filter(|cursor| !cursor.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let place = Place::new(Some(" "), Some(&encode("a\nb")), Some(2)).expect("a place");
        assert_eq!((place.after(), place.page().limit, place.page().search), (Some("a\nb"), 3, None));
        for bad in ["=", "a b", "ä", &encode("a\0b"), "_w"] {
            assert!(Place::new(None, Some(bad), None).is_err(), "{bad}");
        }
        for limit in [0, MOST + 1] {
            assert!(Place::new(None, None, Some(limit)).is_err(), "{limit}");
        }
        assert!(Place::new(Some("a\0"), None, None).is_err());
    }

    #[test]
    fn a_list_that_was_read_whole_is_cut_in_order() {
        let all = || ["c", "Ab", "b", "a"].map(str::to_owned).to_vec();
        let page = |search, after: Option<&str>, limit| {
            let place = Place::new(search, after, limit).expect("a place");
            let Json(listed) = place.cut::<String, String>(all(), String::clone);
            (listed.items.join(" "), listed.next)
        };
        assert_eq!(page(None, None, Some(2)), ("Ab a".to_owned(), Some(encode("a"))));
        assert_eq!(page(None, Some(&encode("a")), Some(2)), ("b c".to_owned(), None));
        assert_eq!(page(Some("B"), None, None), ("Ab b".to_owned(), None));
    }

    #[test]
    fn next_is_given_where_there_are_more() {
        let place = Place::new(None, None, Some(2)).expect("a place");
        let Json(listed) =
            place.list::<String, String>(vec!["a".into(), "b".into(), "c".into()], String::clone);
        assert_eq!((listed.items, listed.next), (vec!["a".to_owned(), "b".to_owned()], Some(encode("b"))));
        let Json(listed) = place.list::<String, String>(vec!["a".into(), "b".into()], String::clone);
        assert_eq!((listed.items.len(), listed.next), (2, None));
    }
}
