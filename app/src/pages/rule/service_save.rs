//! The server's side of saving: from a form or a text to `pdp::drafts`, and from its answer to words and paths.

use super::carried;
use super::draft::{Draft, Note};
use super::read::WhyNot;
use super::save::SaveOutcome;
use super::service::{notes_of, owns};
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::read::sees;
use crate::routes::{RULE_NEW, RULES};
use crate::session::SignedIn;
use crate::url::{encode, href};
use pdp::drafts::{self, Save, SaveError, Saved};
use policy::facts::Revision;
use policy::labels::RuleStatus;
use policy::{Reach, Rule, RuleId};
use store::{Actor, Via, WriteError};

const NAME_TAKEN: &str = "Another rule of this tenant has this name";

/// Whoever is of some tenants writes rules of these, and of one at a time.
const NOT_YOURS: &str = "Your role counts in some tenants alone: choose one of them";

/// Who saves, and how far they reach.
type By<'a> = (&'a SignedIn, &'a Reach);

fn actor(signed_in: &SignedIn) -> Actor {
    Actor { name: signed_in.login.clone(), via: Via::Console, request_id: request_id() }
}

fn request_id() -> Option<String> {
    leptos::context::use_context::<crate::error::Correlation>().map(|correlation| correlation.0)
}

/// "12.3", or "12" for a rule of every tenant.
fn revision_text(revision: Revision) -> String {
    if revision.tenant == 0 { revision.global.to_string() } else { revision.to_string() }
}

/// What a write that was refused means; failures of the database stay failures.
fn refusal(error: WriteError) -> Result<SaveOutcome, AppError> {
    Ok(match error {
        WriteError::Store(error) => return Err(error.into()),
        WriteError::Stale { version, .. } => SaveOutcome::Stale { version },
        WriteError::Taken { .. } => SaveOutcome::Problems(vec![Note::new("name", NAME_TAKEN)]),
        WriteError::Unknown { kind: "rule", .. } => SaveOutcome::Gone,
        WriteError::Unknown { kind: "tenant", name } => {
            SaveOutcome::Problems(vec![Note::new("who", format!("There is no tenant `{name}`"))])
        }
        other => SaveOutcome::Refused(crate::explain::sentence(&other.to_string())),
    })
}

fn outcome(result: Result<Saved, SaveError>) -> Result<SaveOutcome, AppError> {
    match result {
        Ok(saved) => Ok(SaveOutcome::Saved {
            id: saved.stored.id.to_string(),
            revision: revision_text(saved.revision),
        }),
        Err(SaveError::Store(error)) => Err(error.into()),
        Err(SaveError::Write(error)) => refusal(error),
        Err(SaveError::Problems(problems)) => Ok(SaveOutcome::Problems(notes_of(problems))),
        Err(SaveError::Unmatched(never)) => Ok(SaveOutcome::Unmatched(notes_of(never))),
    }
}

/// The version that is to be changed, if the rule is the reader's to change as it stands in that version; else what is to be
/// answered. A rule that is moved to another tenant meanwhile is of another version.
async fn own(
    console: &Console,
    reach: &Reach,
    id: &RuleId,
    seen: Option<i64>,
) -> Result<Result<Option<i64>, SaveOutcome>, AppError> {
    if reach.is_everything() {
        return Ok(Ok(seen));
    }
    let found = console.store.get_rule(id).await?;
    let Some(stored) = found.filter(|stored| sees(reach, stored.rule.tenant.as_ref())) else {
        return Ok(Err(SaveOutcome::Gone));
    };
    if !owns(reach, &stored.rule) {
        return Ok(Err(SaveOutcome::Refused(crate::explain::sentence(NOT_YOURS))));
    }
    Ok(match seen {
        Some(seen) if seen != stored.version => Err(SaveOutcome::Stale { version: stored.version }),
        _ => Ok(Some(stored.version)),
    })
}

async fn save(
    console: &Console,
    (signed_in, reach): By<'_>,
    rule: &Rule,
    id: &str,
    seen: Option<i64>,
    allow_unmatched: bool,
) -> Result<SaveOutcome, AppError> {
    if id.contains('\0') {
        return Err(AppError::bad_request(&"an id holds U+0000"));
    }
    if !owns(reach, rule) {
        return Ok(SaveOutcome::Problems(vec![Note::new("who", NOT_YOURS)]));
    }
    let id = (!id.is_empty()).then(|| RuleId::new(id));
    let seen = match &id {
        Some(id) => match own(console, reach, id, seen).await? {
            Ok(seen) => seen,
            Err(outcome) => return Ok(outcome),
        },
        None => seen,
    };
    let wanted = Save { id: id.as_ref(), seen, rule, allow_unmatched };
    outcome(drafts::save(&console.store, actor(signed_in), &wanted).await)
}

pub(super) async fn save_draft(
    console: &Console,
    (signed_in, reach): By<'_>,
    draft: &Draft,
    id: &str,
    seen: Option<i64>,
    allow_unmatched: bool,
) -> Result<SaveOutcome, AppError> {
    let (rule, notes) = draft.to_rule();
    if !notes.is_empty() {
        return Ok(SaveOutcome::Problems(notes));
    }
    save(console, (signed_in, reach), &rule, id, seen, allow_unmatched).await
}

/// A rule as it was sent without script.
pub(super) struct SentText<'a> {
    pub(super) id: &'a str,
    pub(super) seen: Option<i64>,
    pub(super) text: &'a str,
    pub(super) status: RuleStatus,
    pub(super) allow_unmatched: bool,
}

/// Where the answer is: the rule's page, or the form with what is wrong.
pub(super) async fn save_text(
    console: &Console,
    (signed_in, reach): By<'_>,
    sent: &SentText<'_>,
) -> Result<String, AppError> {
    let why = match drafts::read_rule(sent.text) {
        Ok(rule) => {
            let rule = Rule { status: sent.status, ..rule };
            match save(console, (signed_in, reach), &rule, sent.id, sent.seen, sent.allow_unmatched).await? {
                SaveOutcome::Saved { id, revision } => return Ok(saved_path(&id, &revision, None)),
                SaveOutcome::Problems(notes) => why_not(&notes),
                SaveOutcome::Unmatched(_) => Some(WhyNot::Unmatched),
                SaveOutcome::Stale { .. } => Some(WhyNot::Stale),
                SaveOutcome::Refused(_) => Some(WhyNot::Refused),
                SaveOutcome::Gone => Some(WhyNot::Gone),
            }
        }
        // The text itself says what is wrong.
        Err(_) => None,
    };
    let text = carried::write(sent.text);
    let why = if text.is_none() { Some(WhyNot::TooLong) } else { why };
    let path = if sent.id.is_empty() { RULE_NEW.path.to_owned() } else { path_of(sent.id) };
    Ok(href(&path, [("why", why.map(WhyNot::as_str)), ("text", text.as_deref())]))
}

/// What the page cannot find out from the text again.
fn why_not(notes: &[Note]) -> Option<WhyNot> {
    match notes {
        [only] if only.text == NAME_TAKEN => Some(WhyNot::Taken),
        [only] if only.field == "who" => Some(WhyNot::NoTenant),
        _ => None,
    }
}

pub(super) async fn set_status(
    console: &Console,
    (signed_in, reach): By<'_>,
    id: &str,
    seen: i64,
    status: RuleStatus,
) -> Result<String, AppError> {
    if id.contains('\0') {
        return Err(AppError::bad_request(&"an id holds U+0000"));
    }
    let id_of_rule = RuleId::new(id);
    let done = match own(console, reach, &id_of_rule, Some(seen)).await? {
        Ok(seen) => {
            let set = drafts::set_status(&console.store, actor(signed_in), &id_of_rule, seen, status).await;
            outcome(set)?
        }
        Err(outcome) => outcome,
    };
    Ok(match done {
        SaveOutcome::Saved { id, revision } => saved_path(&id, &revision, Some(status)),
        SaveOutcome::Stale { .. } => href(&path_of(id), [("failed", Some("stale"))]),
        SaveOutcome::Problems(_) | SaveOutcome::Unmatched(_) => {
            href(&path_of(id), [("failed", Some("unsound"))])
        }
        SaveOutcome::Refused(_) | SaveOutcome::Gone => RULES.path.to_owned(),
    })
}

pub(super) async fn delete(
    console: &Console,
    (signed_in, reach): By<'_>,
    id: &str,
    seen: i64,
) -> Result<String, AppError> {
    if id.contains('\0') {
        return Err(AppError::bad_request(&"an id holds U+0000"));
    }
    let id_of_rule = RuleId::new(id);
    let seen = match own(console, reach, &id_of_rule, Some(seen)).await? {
        Ok(seen) => seen,
        Err(SaveOutcome::Stale { .. }) => return Ok(href(&path_of(id), [("failed", Some("stale"))])),
        Err(_) => return Ok(RULES.path.to_owned()),
    };
    match drafts::delete(&console.store, actor(signed_in), &id_of_rule, seen).await {
        Ok(_) => Ok(RULES.path.to_owned()),
        Err(WriteError::Store(error)) => Err(error.into()),
        Err(WriteError::Stale { .. }) => Ok(href(&path_of(id), [("failed", Some("stale"))])),
        Err(_) => Ok(RULES.path.to_owned()),
    }
}

fn path_of(id: &str) -> String {
    format!("{}/{}", RULES.path, encode(id))
}

fn saved_path(id: &str, revision: &str, status: Option<RuleStatus>) -> String {
    href(&path_of(id), [("saved", Some(revision)), ("now", status.map(RuleStatus::as_str))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_lead_somewhere() {
        assert_eq!(saved_path("r1", "12.3", None), "/rules/r1?saved=12.3");
        assert_eq!(saved_path("r1", "12", Some(RuleStatus::Disabled)), "/rules/r1?saved=12&now=disabled");
        assert_eq!(why_not(&[Note::new("name", NAME_TAKEN)]), Some(WhyNot::Taken));
        assert_eq!(why_not(&[Note::new("name", "x"), Note::new("who", "y")]), None);
        assert_eq!(revision_text(Revision { global: 7, tenant: 0 }), "7");
    }
}
