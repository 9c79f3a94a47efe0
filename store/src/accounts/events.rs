//! Events of accounts, written down as administrative changes: in the transaction that makes them so, and without
//! a secret. Of a password its version is told, of sessions how many ended.

use super::{Account, AccountRole, RoleSource};
use crate::administration::Actor;
use crate::changes::{self, Action, Change};
use crate::db::{StoreError, Tx, new_id};
use policy::{SubjectId, TenantSlug, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;

/// The kind under which these changes are found.
const KIND: &str = "account";

/// What happened, in the words of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    MadeAtSetup,
    Made,
    PasswordChanged,
    Recovered,
    SignedOutElsewhere,
    SwitchedOn,
    SwitchedOff,
    RoleChanged,
    /// A provider told of other groups than before.
    RoleMapped,
    Admitted,
    IdentityLinked,
    IdentityUnlinked,
    /// A provider tells of no role any longer.
    RoleLapsed,
    Invited,
    ResetLinkMade,
    ResetLinkMadeForgetting,
    PersonChanged,
    /// What a token had handed out opens it no longer.
    Withdrawn,
    PasskeyAdded,
    PasskeyRemoved,
    PasskeysForgotten,
    /// Its counter went backwards: there may be a copy.
    PasskeyRefused,
    PasskeyDemanded,
    PasskeyNotDemanded,
}

impl Event {
    fn as_str(self) -> &'static str {
        match self {
            Self::MadeAtSetup => "made at set-up",
            Self::Made => "made",
            Self::PasswordChanged => "password changed",
            Self::Recovered => "recovered by a link",
            Self::SignedOutElsewhere => "signed out everywhere else",
            Self::SwitchedOn => "switched on",
            Self::SwitchedOff => "switched off",
            Self::RoleChanged => "role changed",
            Self::RoleMapped => "role told by a provider",
            Self::Admitted => "made by a sign-in",
            Self::IdentityLinked => "identity linked",
            Self::IdentityUnlinked => "identity unlinked",
            Self::RoleLapsed => "role no longer told by a provider",
            Self::Invited => "invited",
            Self::ResetLinkMade => "link for a new password made",
            Self::ResetLinkMadeForgetting => "link for a new password made, which removes the passkeys",
            Self::PersonChanged => "linked to another person",
            Self::Withdrawn => "way in that a token handed out taken away",
            Self::PasskeyAdded => "passkey added",
            Self::PasskeyRemoved => "passkey removed",
            Self::PasskeysForgotten => "all passkeys removed by a link",
            Self::PasskeyRefused => "passkey refused: its counter went backwards",
            Self::PasskeyDemanded => "a passkey demanded beside the password",
            Self::PasskeyNotDemanded => "no passkey demanded beside the password",
        }
    }
}

/// An event, and the account around it.
pub(super) struct Note<'a> {
    pub(super) event: Event,
    /// None: there was no such account.
    pub(super) before: Option<&'a Account>,
    pub(super) after: &'a Account,
    pub(super) ended_sessions: u64,
}

impl<'a> Note<'a> {
    /// Something that befell an account and left it as it is.
    pub(super) fn of(event: Event, account: &'a Account) -> Self {
        Self { event, before: Some(account), after: account, ended_sessions: 0 }
    }
}

/// An account as the record shows it.
#[derive(Serialize)]
struct Shown<'a> {
    login: &'a str,
    name: &'a str,
    role: AccountRole,
    role_source: RoleSource,
    /// Absent: it reaches everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenants: Option<&'a BTreeSet<TenantSlug>>,
    active: bool,
    password_version: i64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    passkey_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a SubjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_out_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    /// What the passkey is called that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    passkey: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_sessions: Option<u64>,
}

impl<'a> Shown<'a> {
    fn of(account: &'a Account) -> Self {
        Self {
            login: &account.login,
            name: &account.name,
            role: account.role,
            role_source: account.role_source,
            tenants: account.reach.tenants(),
            active: account.active,
            password_version: account.password_version,
            passkey_required: account.passkey_required,
            subject: account.subject.as_ref(),
            handed_out_by: account.handed_out_by.as_deref(),
            event: None,
            passkey: None,
            ended_sessions: None,
        }
    }

    fn json(&self) -> Result<serde_json::Value, StoreError> {
        serde_json::to_value(self)
            .map_err(|error| StoreError::corrupt(format!("not writable as JSON: {error}")))
    }
}

/// Writes the event down.
pub(super) async fn record(
    tx: &mut Tx,
    note: &Note<'_>,
    by: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let change = change(note, None, by, at)?;
    tx.execute(&changes::insert(&change)?).await.map(|_| ())
}

/// The same of an event that one passkey is about.
pub(super) async fn record_passkey(
    tx: &mut Tx,
    note: &Note<'_>,
    passkey: &str,
    by: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let change = change(note, Some(passkey), by, at)?;
    tx.execute(&changes::insert(&change)?).await.map(|_| ())
}

fn change(note: &Note<'_>, passkey: Option<&str>, by: &Actor, at: Timestamp) -> Result<Change, StoreError> {
    let after = Shown {
        event: Some(note.event.as_str()),
        passkey,
        ended_sessions: Some(note.ended_sessions).filter(|ended| *ended > 0),
        ..Shown::of(note.after)
    };
    Ok(Change {
        id: new_id(),
        at,
        actor: by.name.clone(),
        via: by.via,
        request_id: by.request_id.clone(),
        kind: KIND.to_owned(),
        object: note.after.login.clone(),
        tenant: None,
        action: if note.before.is_some() { Action::Update } else { Action::Create },
        before: note.before.map(|before| Shown::of(before).json()).transpose()?,
        after: Some(after.json()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::PasswordHash;
    use crate::administration::Via;
    use policy::Reach;

    #[test]
    fn a_password_is_told_by_its_version_alone() {
        let before = Account {
            id: "id".to_owned(),
            login: "ada".to_owned(),
            name: "Ada".to_owned(),
            password_hash: Some(PasswordHash::new("$argon2id$old")),
            password_version: 1,
            passkey_required: false,
            role: AccountRole::Owner,
            role_source: RoleSource::Given,
            reach: Reach::of([TenantSlug::from("acme")]),
            active: true,
            created_at: Timestamp::from_micros(1),
            last_sign_in_at: None,
            subject: None,
            subject_told: false,
            handed_out_by: None,
        };
        let after = Account {
            password_hash: Some(PasswordHash::new("$argon2id$new")),
            password_version: 2,
            reach: Reach::Everything,
            ..before.clone()
        };
        let by = Actor { name: "ada".to_owned(), via: Via::Console, request_id: Some("r".to_owned()) };
        let note =
            Note { event: Event::PasswordChanged, before: Some(&before), after: &after, ended_sessions: 3 };
        let change = change(&note, None, &by, Timestamp::from_micros(5)).expect("a change");
        assert_eq!((change.kind.as_str(), change.object.as_str()), ("account", "ada"));
        assert_eq!(change.action, Action::Update);
        let (before, after) = (change.before.expect("before"), change.after.expect("after"));
        assert_eq!((&before["password_version"], &after["password_version"]), (&1.into(), &2.into()));
        assert_eq!((&after["event"], &after["ended_sessions"]), (&"password changed".into(), &3.into()));
        assert_eq!(before["tenants"], serde_json::json!(["acme"]));
        assert_eq!(after.get("tenants"), None);
        assert!(!format!("{before}{after}").contains("argon2"));
    }
}
