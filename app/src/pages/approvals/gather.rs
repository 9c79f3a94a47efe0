//! Reads what waits for the reader, and what became of requests.

use super::query::ApprovalsQuery;
use super::rates;
use super::read::{
    ApprovalsView, CoverLine, CoveredLine, DecidedLine, History, Inbox, Standing, WaitingLine,
};
use super::words;
use crate::console::Console;
use crate::error::AppError;
use crate::frame::waiting::MOST;
use crate::moment::Moment;
use crate::pages::form::place::Ask;
use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
use crate::permission::ConsoleRole;
use crate::session::SignedIn;
use pdp::approvals::{ApprovalError, Approvals, tenants_of};
use policy::labels::{SubjectKind, Verdict};
use policy::{Reach, RuleId, SubjectId, TenantSlug, Timestamp};
use std::collections::BTreeMap;
use store::administration::Page;
use store::approvals::{Approval, ApprovalFilter, MOST_COUNTED, Substitute};
use store::{Store, StoreError};

/// The reader's answers that stand beneath an inbox.
const ANSWERS: u64 = 3;

/// Rates are of the last 90 days.
const RATES_OF: i64 = 90 * 24 * 60 * 60 * 1_000_000;

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
        (None, Some(Box::pin(history(console, signed_in, reach, person.as_ref(), &query)).await?))
    } else {
        (Some(Box::pin(inbox(console, (account, reach), person.as_ref(), &query)).await?), None)
    };
    Ok(ApprovalsView { query, waiting, marker, inbox, history })
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
        let answers = store.list_answers(person, reach.tenants(), None, ANSWERS).await?;
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

fn decided_line(approval: &Approval, now: Timestamp) -> DecidedLine {
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

/// Owners see every request of their tenants, everybody else what they answered.
async fn history(
    console: &Console,
    signed_in: &SignedIn,
    reach: &Reach,
    person: Option<&SubjectId>,
    query: &ApprovalsQuery,
) -> Result<History, AppError> {
    let (store, now) = (&console.store, console.now());
    let after = query.after.as_deref();
    let nothing = History {
        lines: Vec::new(),
        next: None,
        chart: None,
        of: String::new(),
        advice: Vec::new(),
        rule: None,
        all: false,
    };
    if signed_in.role != ConsoleRole::Owner {
        let Some(person) = person else { return Ok(nothing) };
        let mut found = store.list_answers(person, reach.tenants(), after, ROWS_AND_ONE).await?;
        let next = cut(&mut found, |approval: &Approval| approval.id.to_string());
        let lines = found.iter().map(|approval| decided_line(approval, now)).collect();
        return Ok(History { lines, next, ..nothing });
    }
    let tenant = query.tenant.as_deref().map(TenantSlug::from);
    let own: Option<Vec<TenantSlug>> = reach.tenants().map(|tenants| tenants.iter().cloned().collect());
    let subject = query.subject.as_deref().map(SubjectId::from);
    let rule = query.rule.as_deref().map(RuleId::from);
    let filter = ApprovalFilter {
        tenant: tenant.as_ref(),
        tenants: own.as_deref(),
        subject: subject.as_ref(),
        state: query.state.as_deref().and_then(|word| word.parse().ok()),
        ..ApprovalFilter::default()
    };
    let mut found = match &rule {
        Some(rule) => store.list_approvals_of_rule(rule, &filter, after, ROWS_AND_ONE).await?,
        None => store.list_approvals(&filter, after, ROWS_AND_ONE).await?,
    };
    let next = cut(&mut found, |approval: &Approval| approval.id.to_string());
    // Of all outcomes and rules: shares of a part say nothing.
    let asked = ApprovalFilter { state: None, ..filter };
    let rates = store.approval_rates(&asked, now.saturating_add_micros(-RATES_OF)).await?;
    // A rule all of whose requests wait has no rate.
    let listed = found.iter().flat_map(|approval| approval.requirements.iter());
    let named: BTreeMap<&str, &str> = listed
        .map(|asked| (asked.rule.as_str(), asked.name.as_str()))
        .chain(rates.rules.iter().map(|rate| (rate.rule.as_str(), rate.name.as_str())))
        .collect();
    Ok(History {
        lines: found.iter().map(|approval| decided_line(approval, now)).collect(),
        next,
        chart: rates::chart(&rates.rules, query),
        of: rates::of(rates.cut),
        advice: rates::advice(&rates.rules, rates.cut),
        rule: query.rule.as_deref().and_then(|id| named.get(id)).map(|name| (*name).to_owned()),
        all: true,
    })
}
