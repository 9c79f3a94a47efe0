//! The server's side of every form: who changes something, why it was refused, and where the answer leads.

use super::answer::{Done, Draft, Saved};
use super::place::Place;
use super::problem::{Fault, Problem};
use crate::error::{AppError, Correlation};
use crate::session::SignedIn;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use leptos::context::use_context;
use pdp::approvals::ApprovalError;
use policy::Timestamp;
use policy::binding::{BindingError, MAX_BINDINGS};
use store::administration::{Committed, EmergencyError, MAX_REASON, MOST_WEBHOOKS};
use store::{Actor, StoreError, Via, WriteError};

/// Why nothing was changed.
#[derive(Debug)]
pub enum Refusal {
    /// What the person at the form can put right.
    Problems(Vec<Problem>),
    /// The database failed.
    Store(StoreError),
}

impl From<Vec<Problem>> for Refusal {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Problems(problems)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(_) | StoreError::Constraint { .. } => Problem::of_form(Fault::Refused).into(),
            error => Self::Store(error),
        }
    }
}

impl From<ApprovalError> for Refusal {
    fn from(error: ApprovalError) -> Self {
        let problem = match error {
            ApprovalError::Store(error) => return error.into(),
            ApprovalError::Write(error) => return error.into(),
            ApprovalError::Ineligible(_) | ApprovalError::NotTheRequester | ApprovalError::NotAlone => {
                Problem::of_form(Fault::NotAsked)
            }
            ApprovalError::Over(_) | ApprovalError::NothingToReissue => Problem::of_form(Fault::NotWaiting),
            ApprovalError::Voted => Problem::of_form(Fault::Voted),
            ApprovalError::Changed(_) => Problem::of_form(Fault::Stale),
            // As the fields of the answer are called.
            ApprovalError::Wider { field } => {
                Problem::new(if field == "uses" { "uses" } else { "until" }, Fault::Wider)
            }
            ApprovalError::Reason => Problem::new("reason", Fault::Missing),
            ApprovalError::Unknown => Problem::of_form(Fault::Gone),
            ApprovalError::Vault(_) => Problem::of_form(Fault::NotKept),
        };
        problem.into()
    }
}

impl From<WriteError> for Refusal {
    fn from(error: WriteError) -> Self {
        let problem = match error {
            WriteError::Store(error) => return error.into(),
            WriteError::Name { kind, why, .. } => Problem::new(named_by(kind), Fault::from(&why)),
            WriteError::Invalid { field: "webhook", .. } => Problem::of_form(Fault::TooMany(MOST_WEBHOOKS)),
            WriteError::Invalid { field, reason } => {
                let fault = match reason {
                    reason if reason.contains("longer") => Fault::TooLong(10_000),
                    reason if reason.contains("future") => Fault::Past,
                    reason if reason.contains("address of a mailbox") => Fault::NotAMailbox,
                    reason if reason.contains("address of a host") => Fault::NotAHost,
                    reason if reason.contains("in the clear") => Fault::InTheClear,
                    reason if reason.contains("1 to 65535") => Fault::NotBetween(1, 65_535),
                    _ => Fault::Control,
                };
                Problem::new(field, fault)
            }
            WriteError::Unknown { kind: kind @ ("tenant" | "server"), .. } => {
                Problem::new(kind, Fault::Unknown)
            }
            WriteError::Unknown { .. } => Problem::of_form(Fault::Gone),
            WriteError::UnknownRole { .. } => Problem::new("roles", Fault::Unknown),
            WriteError::AmbiguousRole { .. } => Problem::new("roles", Fault::Ambiguous),
            WriteError::Taken { .. } => Problem::new("name", Fault::Taken),
            WriteError::InUse { .. } => Problem::of_form(Fault::KeysBound),
            WriteError::Issuer(why) => Problem::new(why.field, Fault::Refused),
            WriteError::Binding(why) => binding_problem(&why),
            WriteError::Emergency(error) => emergency(error),
            // A page opens no tasks; what it changes is over, or was over before.
            WriteError::Task(_) => Problem::of_form(Fault::TaskOver),
            WriteError::Blocked { .. } => Problem::of_form(Fault::Blocked),
            WriteError::Stale { .. } => Problem::of_form(Fault::Stale),
            WriteError::TooSoon { seconds } => Problem::of_form(Fault::TooSoon(seconds)),
        };
        problem.into()
    }
}

/// What is wrong with a binding or a resource, and in which field.
fn binding_problem(why: &BindingError) -> Problem {
    match why {
        BindingError::Type(..) => Problem::new("kind", Fault::NotAType),
        BindingError::Id(..) => Problem::new("id", Fault::NotAnId),
        BindingError::Pointer(_) => Problem::new("bindings", Fault::NotBindings),
        BindingError::Twice(_) => Problem::new("bindings", Fault::Twice),
        BindingError::TooMany => Problem::new("bindings", Fault::TooMany(MAX_BINDINGS)),
    }
}

fn emergency(error: EmergencyError) -> Problem {
    match error {
        EmergencyError::NoReason => Problem::new("reason", Fault::Missing),
        EmergencyError::LongReason => Problem::new("reason", Fault::TooLong(MAX_REASON)),
        EmergencyError::Control => Problem::of_form(Fault::Control),
        EmergencyError::Scope(_) => Problem::new("target", Fault::Refused),
        EmergencyError::NotAnAgent => Problem::new("target", Fault::NotAnAgent),
        EmergencyError::Tools => Problem::new("tools", Fault::NotTools),
        EmergencyError::Minutes => Problem::new("minutes", Fault::NotBetween(1, 15)),
        EmergencyError::NotAnOwner => Problem::of_form(Fault::NotAnOwner),
        EmergencyError::SecondPerson => Problem::of_form(Fault::SecondPerson),
        EmergencyError::Over => Problem::of_form(Fault::Over),
    }
}

/// The field that names a thing of this kind.
fn named_by(kind: &str) -> &'static str {
    match kind {
        "tenant" => "slug",
        "subject" => "id",
        _ => "name",
    }
}

/// Who a change is written down as.
pub fn actor(signed_in: &SignedIn) -> Actor {
    let request_id = use_context::<Correlation>().map(|id| id.0);
    Actor { name: signed_in.login.clone(), via: Via::Console, request_id }
}

/// The problem as this reader is told it. Ids are one space for all tenants: whoever is of some of them learns that one cannot
/// be used, and not whether anybody has it.
pub fn told_to(reader: &SignedIn, problem: Problem) -> Problem {
    match problem.fault {
        Fault::Taken | Fault::Reserved if reader.is_bound() => Problem { fault: Fault::NotUsable, ..problem },
        _ => problem,
    }
}

/// What the next page says of a commit.
pub fn saved(done: Done, committed: &Committed) -> Saved {
    match committed.changes.last() {
        Some(change) => {
            Saved { done, revision: Some(committed.global_revision), change: Some(change.id.clone()) }
        }
        None => Saved { done: Done::Unchanged, revision: None, change: None },
    }
}

/// Answers a form: on to the page that says so, or back to the form with what was typed.
///
/// # Errors
/// When the database failed and the caller is no form.
pub fn respond(result: Result<(Place, Saved), Refusal>, back: &Place, draft: Draft) -> Result<(), AppError> {
    let leads_to = match result {
        Ok((place, saved)) => place.saved(&saved),
        Err(Refusal::Problems(problems)) => back.refused(&draft.with(problems)),
        Err(Refusal::Store(error)) => {
            let error = AppError::from(error);
            if !comes_from_a_form() {
                return Err(error);
            }
            back.failed(&draft, &error)
        }
    };
    leptos_axum::redirect(&leads_to);
    Ok(())
}

fn comes_from_a_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|a| a.contains("text/html"))
    })
}

/// What a field for a date and time sends: `2026-12-31T17:00`, meant as UTC. Empty: none.
///
/// # Errors
/// When it is no moment, or one that has passed.
pub fn parse_moment(field: &str, text: &str, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let whole = match text.len() {
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    };
    let moment = Timestamp::parse(&whole).map_err(|_| Problem::new(field, Fault::NotAMoment))?;
    if moment <= now { Err(Problem::new(field, Fault::Past)) } else { Ok(Some(moment)) }
}

/// The other way: as a field for a date and time takes it.
pub fn write_moment(moment: Option<Timestamp>) -> String {
    moment.and_then(|moment| moment.rfc3339().get(..16).map(ToOwned::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_utc() {
        let now = Timestamp::parse("2026-11-23T10:00:00Z").expect("a moment");
        let read = |text| parse_moment("until", text, now);
        assert_eq!(read(" "), Ok(None));
        assert_eq!(read("2026-12-31T17:00"), Ok(Timestamp::parse("2026-12-31T17:00:00Z").ok()));
        assert_eq!(read("2026-12-31T17:00:30"), Ok(Timestamp::parse("2026-12-31T17:00:30Z").ok()));
        assert_eq!(read("2026-11-23T10:00"), Err(Problem::new("until", Fault::Past)));
        for bad in ["tomorrow", "2026-13-01T00:00", "2026-12-31", "ä026-12-31T17:0"] {
            assert_eq!(read(bad), Err(Problem::new("until", Fault::NotAMoment)), "{bad}");
        }
        assert_eq!(write_moment(Timestamp::parse("2026-12-31T17:00:00Z").ok()), "2026-12-31T17:00");
        assert_eq!(write_moment(None), "");
    }

    #[test]
    fn refusals_stand_at_their_field() {
        let problems = |error: WriteError| match Refusal::from(error) {
            Refusal::Problems(problems) => problems,
            Refusal::Store(error) => panic!("{error}"),
        };
        let slug =
            WriteError::Name { kind: "tenant", given: "A".to_owned(), why: policy::ids::NameError::Slug };
        assert_eq!(problems(slug), [Problem::new("slug", Fault::NotASlug)]);
        let gone = WriteError::Unknown { kind: "subject", name: "x".to_owned() };
        assert_eq!(problems(gone), [Problem::of_form(Fault::Gone)]);
        let long = WriteError::Invalid { field: "name", reason: "must not be longer than 10000 characters" };
        assert_eq!(problems(long), [Problem::new("name", Fault::TooLong(10_000))]);
        let soon = WriteError::TooSoon { seconds: 90 };
        assert_eq!(problems(soon), [Problem::of_form(Fault::TooSoon(90))]);
    }
}
