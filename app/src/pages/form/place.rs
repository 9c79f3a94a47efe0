//! Addresses of pages with a form open, and with what came of one.

use super::answer::{Draft, Saved, write_failure};
use crate::error::AppError;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

macro_rules! ask {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// Which form of a page is open: `?ask=`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Ask {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl Ask {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub fn read(map: &Parameters) -> Option<Self> {
                let word = parameter(map, "ask")?;
                Self::ALL.iter().copied().find(|ask| ask.as_str() == word)
            }
        }
    };
}

ask! {
    New = "new",
    Edit = "edit",
    /// Suspend a tenant, switch a key off.
    Suspend = "suspend",
    Delete = "delete",
    /// Choose the tenant of a new membership.
    Join = "join",
    /// The roles in one tenant.
    Member = "member",
    /// End a membership.
    Leave = "leave",
    Revoke = "revoke",
    Rotate = "rotate",
    Finish = "finish",
    Complete = "complete",
    /// Give an identity to a subject.
    Map = "map",
    /// Take an identity off a subject.
    Unmap = "unmap",
    SignOut = "sign-out",
    /// Send a file.
    Import = "import",
    /// Choose what is to be stopped.
    Stop = "stop",
    /// Stop it.
    Throw = "throw",
    /// Lift a stop.
    Lift = "lift",
    /// Ask for break-glass.
    Glass = "break-glass",
    Confirm = "confirm",
    /// End break-glass.
    End = "end",
    /// Say how mail is sent.
    Mail = "mail",
    /// Send no more mail.
    MailOff = "mail-off",
    /// Say where mail to somebody goes.
    Address = "address",
}

/// What `?ask=` is about: `?of=`.
pub fn read_of(map: &Parameters) -> Option<String> {
    parameter(map, "of")
}

/// A page, perhaps with one of its forms open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: String,
    ask: Option<Ask>,
    of: Option<String>,
}

impl Place {
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), ask: None, of: None }
    }

    #[must_use]
    pub fn asking(self, ask: Ask) -> Self {
        Self { ask: Some(ask), ..self }
    }

    #[must_use]
    pub fn of(self, of: impl Into<String>) -> Self {
        Self { of: Some(of.into()), ..self }
    }

    pub fn href(&self) -> String {
        self.with([])
    }

    /// The page after something was saved; no form is open on it.
    pub fn saved(&self, saved: &Saved) -> String {
        let revision = saved.revision.map(|revision| revision.to_string());
        href(
            &self.path,
            [
                ("done", Some(saved.done.as_str())),
                ("revision", revision.as_deref()),
                ("change", saved.change.as_deref()),
            ],
        )
    }

    /// The page with the form as it was typed, and what is wrong with it.
    pub fn refused(&self, draft: &Draft) -> String {
        let draft = draft.write();
        self.with([("draft", Some(draft.as_str()))])
    }

    /// The page with the form as it was typed, and a failure that is not the form's.
    pub fn failed(&self, draft: &Draft, error: &AppError) -> String {
        let (draft, failed) = (draft.write(), write_failure(error));
        self.with([("draft", Some(draft.as_str())), ("failed", Some(failed.as_str()))])
    }

    fn with<'a>(&'a self, more: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> String {
        let own = [("ask", self.ask.map(Ask::as_str)), ("of", self.of.as_deref())];
        href(&self.path, own.into_iter().chain(more))
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Done;
    use super::*;

    #[test]
    fn a_place_keeps_its_form_open_until_it_is_saved() {
        let place = Place::new("/settings/tenants").asking(Ask::Suspend).of("acme");
        assert_eq!(place.href(), "/settings/tenants?ask=suspend&of=acme");
        assert!(place.refused(&Draft::default()).starts_with("/settings/tenants?ask=suspend&of=acme&draft="));
        let saved =
            Saved { done: Done::TenantSuspended, revision: Some(12), change: Some("0190".to_owned()) };
        assert_eq!(place.saved(&saved), "/settings/tenants?done=tenant-suspended&revision=12&change=0190");
    }
}
