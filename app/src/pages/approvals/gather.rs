//! Reads what waits for the reader; what became of requests is read beside it.

use super::query::ApprovalsQuery;
use super::read::{ApprovalsView, CoverLine, CoveredLine, DecidedLine, Inbox, Standing, WaitingLine};
use super::{past, words};
use crate::console::Console;
use crate::error::AppError;
use crate::frame::waiting::MOST;
use crate::moment::Moment;
use crate::pages::form::place::Ask;
use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
use crate::session::SignedIn;
use pdp::approvals::{ApprovalError, Approvals, tenants_of};
use policy::labels::{SubjectKind, Verdict};
use policy::{Reach, SubjectId, TenantSlug, Timestamp};
use std::collections::BTreeMap;
use store::administration::Page;
use store::approvals::{AnswerFilter, Approval, ApprovalFilter, MOST_COUNTED, Substitute};
use store::{Store, StoreError};

/// The reader's answers that stand beneath an inbox.
const ANSWERS: u64 = 3;

/// Persons that a substitute can be chosen from.
const PERSONS: Page<'static> = Page { search: None, after: None, limit: 500 };

// More than are counted are not told apart.
const _: () = assert!(MOST < MOST_COUNTED.unsigned_abs());

/// How many requests wait for this account, counted no further than [`MOST_COUNTED`].
///
/// # Errors
/// When the database does not answer.
pub async fn waiting_for(approvals: &Approvals, account: &str) -> Result<u64, ApprovalError> {
    Ok(u64::try_from(approvals.inbox_count(account).await?).unwrap_or(0))
}

pub(super) async fn view(
    console: &Console,
    signed_in: &SignedIn,
    reach: &Reach,
    query: ApprovalsQuery,
) -> Result<ApprovalsView, AppError> {
    refuse_zero([&query.tenant, &query.subject, &query.rule, &query.state, &query.after, &query.of])?;
    let account = signed_in.account_id.as_str();
    // First the marker: what happens while the rest is read is then told once more, and not never.
    // Whoever is of some tenants gets none, which is older than any: this one moves with the requests of all of them.
    let marker = if reach.is_everything() {
        console.store.last_approval_event().await?.unwrap_or_default()
    } else {
        String::new()
    };
    let waiting = waiting_for(&console.approvals, account).await?;
    let person = person(&console.store, account).await?;
    let (inbox, history) = if query.history {
        (None, Some(Box::pin(past::history(console, signed_in, reach, person.as_ref(), &query)).await?))
    } else {
        (Some(Box::pin(inbox(console, (account, reach), person.as_ref(), &query)).await?), None)
    };
    Ok(ApprovalsView { query, waiting, marker, inbox, history })
}

/// The tenants that the reader reaches; none: all of them.
pub(crate) fn own(reach: &Reach) -> Option<Vec<TenantSlug>> {
    reach.tenants().map(|tenants| tenants.iter().cloned().collect())
}

/// The person that an account is linked to.
pub(crate) async fn person(store: &Store, account: &str) -> Result<Option<SubjectId>, StoreError> {
    Ok(store.account(account).await?.and_then(|account| account.subject))
}

async fn inbox(
    console: &Console,
    (account, reach): (&str, &Reach),
    person: Option<&SubjectId>,
    query: &ApprovalsQuery,
) -> Result<Inbox, AppError> {
    let (store, now) = (&console.store, console.now());
    let (tenant, after) = (query.tenant.as_deref().map(TenantSlug::from), query.after.as_deref());
    let mut found = console.approvals.inbox_page(account, tenant.as_ref(), after, ROWS_AND_ONE).await?;
    let next = cut(&mut found, |approval: &Approval| approval.id.to_string());
    let mut lines = Vec::with_capacity(found.len());
    for approval in &found {
        lines.push(waiting_line(store, approval, now).await?);
    }
    let mut inbox = Inbox {
        lines,
        next,
        answers: Vec::new(),
        cover: Vec::new(),
        covers: Vec::new(),
        persons: Vec::new(),
        unlinked: person.is_none(),
    };
    if let Some(person) = person {
        let own = own(reach);
        let requests = ApprovalFilter { tenants: own.as_deref(), ..ApprovalFilter::default() };
        let answers =
            store.list_answers(&AnswerFilter { person, requests, rule: None }, None, ANSWERS).await?;
        inbox.answers = answers.iter().map(|approval| decided_line(approval, now)).collect();
        cover(store, (person, reach), now, &mut inbox).await?;
        if query.ask == Some(Ask::New) {
            inbox.persons = persons(store, person, reach, now).await?;
        }
    }
    Ok(inbox)
}

/// Who stands in for the reader, and for whom the reader does, as far as their tenants are the reader's: elsewhere nobody
/// answers for them at this account.
async fn cover(
    store: &Store,
    (person, reach): (&SubjectId, &Reach),
    now: Timestamp,
    inbox: &mut Inbox,
) -> Result<(), StoreError> {
    let is_open = |duty: &Substitute| duty.ended_at.is_none() && now < duty.ends_at;
    for duty in store.list_substitutes(Some(person)).await?.into_iter().filter(is_open) {
        let until = Moment::new(duty.ends_at, now);
        if duty.person == *person {
            let name = name(store, &duty.substitute).await?;
            inbox.cover.push(CoverLine { id: duty.id, name, until });
        } else if is_known(store, reach, &duty.person).await? {
            inbox.covers.push(CoveredLine { name: name(store, &duty.person).await?, until });
        }
    }
    Ok(())
}

/// Whether somebody is a member of any of the reader's tenants.
async fn is_known(store: &Store, reach: &Reach, person: &SubjectId) -> Result<bool, StoreError> {
    if reach.is_everything() {
        return Ok(true);
    }
    let held = store.list_memberships(person).await?;
    Ok(held.iter().any(|held| reach.holds(held.tenant.as_str())))
}

/// What somebody is called; the id where nobody is known by it any more.
pub(crate) async fn name(store: &Store, id: &SubjectId) -> Result<String, StoreError> {
    Ok(store.get_subject(id).await?.map_or_else(|| id.to_string(), |subject| subject.name))
}

/// Active people other than the reader, of the reader's tenants: nobody is told who there is in others.
async fn persons(
    store: &Store,
    reader: &SubjectId,
    reach: &Reach,
    now: Timestamp,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut persons = BTreeMap::new();
    for tenant in tenants_of(store, reader, reach, now).await? {
        let found = store.list_subjects(Some(&tenant), &PERSONS).await?;
        let found = found
            .into_iter()
            .filter(|subject| subject.kind == SubjectKind::User && subject.active && subject.id != *reader);
        persons.extend(found.map(|subject| {
            let words = format!("{} ({})", subject.name, subject.id);
            (subject.id.to_string(), words)
        }));
    }
    Ok(persons.into_iter().collect())
}

async fn waiting_line(store: &Store, approval: &Approval, now: Timestamp) -> Result<WaitingLine, StoreError> {
    let quorum = approval.requirements.iter().map(|asked| asked.terms.quorum).max().unwrap_or(1);
    let votes = if quorum > 1 {
        let votes = store.list_approval_votes(&approval.id).await?;
        let given = votes.iter().filter(|vote| vote.verdict == Verdict::Approve).count();
        Some(format!("{given} of {quorum} approved"))
    } else {
        None
    };
    Ok(WaitingLine {
        id: approval.id.to_string(),
        asking: words::asking(approval),
        risk: approval.risk,
        rules: words::rules(approval),
        filed: Moment::new(approval.filed_at, now),
        expires: Moment::new(approval.expires_at, now),
        attempts: (approval.attempts > 1).then(|| format!("asked {} times", approval.attempts)),
        votes,
    })
}

pub(super) fn decided_line(approval: &Approval, now: Timestamp) -> DecidedLine {
    let standing = words::standing(approval, now);
    let waits = standing == Standing::Waiting;
    let ended = if waits { approval.filed_at } else { words::ended_at(approval) };
    DecidedLine {
        id: approval.id.to_string(),
        asking: words::asking(approval),
        standing,
        rules: words::rules(approval),
        by: approval.decided_by.as_ref().map(ToString::to_string),
        decided: Moment::new(ended, now),
        took: if waits { String::new() } else { words::span(approval.filed_at, ended) },
    }
}
