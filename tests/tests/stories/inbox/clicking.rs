//! A click on the page of a request, and the page by which it is refused.

use crate::inbox::helpers::{answer, look, seen, state};
use crate::inbox::html::{card, text};
use policy::ApprovalId;
use policy::labels::ApprovalState;
use tests::{Replica, World};

/// Frank at the page of one request.
pub(crate) struct Frank<'a> {
    pub(crate) world: &'a World,
    pub(crate) replica: &'a Replica,
    pub(crate) cookie: &'a str,
    pub(crate) request: &'a ApprovalId,
}

impl Frank<'_> {
    /// What the form of the page is bound to now.
    pub(crate) async fn seen(&self) -> String {
        seen(self.replica, self.cookie, self.request).await
    }

    /// Where a click leads that is bound to this.
    pub(crate) async fn clicks(&self, seen: &str) -> String {
        answer(self.replica, self.cookie, self.request, &[("answer", "approve"), ("seen", seen)]).await
    }

    /// The page by which such a click is refused. Nothing was decided by it.
    pub(crate) async fn is_refused(&self, seen: &str) -> String {
        let leads_to = self.clicks(seen).await;
        assert!(leads_to.starts_with(&format!("/approvals/{}?changed=v2.", self.request)), "{leads_to}");
        assert_eq!(state(self.world, self.request).await, ApprovalState::Pending);
        let votes = self.world.store.list_approval_votes(self.request).await.expect("reads");
        assert!(votes.is_empty(), "{votes:?}");
        let page = look(self.replica, self.cookie, &leads_to).await;
        assert!(page.contains("Something changed since you looked"), "{page}");
        assert!(page.contains("Nothing was decided."), "{page}");
        page
    }
}

/// The words of a card that must be there.
pub(crate) fn words(page: &str, heading: &str) -> String {
    text(card(page, heading).unwrap_or_else(|| panic!("no card “{heading}”: {page}")))
}

pub(crate) fn has_none(page: &str, headings: &[&str]) {
    for heading in headings {
        assert_eq!(card(page, heading).map(text), None, "{heading}");
    }
}

/// The words of each card that says what changed in a rule, from the rule's name on.
pub(crate) fn of_rules(page: &str) -> Vec<String> {
    let cards = page.split("<h2>What changed in the rule").skip(1);
    let words = cards.map(|rest| {
        let end = rest.find("<section class=\"card\"").or_else(|| rest.find("</main>"));
        text(end.map_or(rest, |end| &rest[..end]))
    });
    words.collect()
}
