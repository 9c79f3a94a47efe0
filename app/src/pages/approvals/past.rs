//! Reads what became of requests, and how often each rule's are approved.

use super::gather::{decided_line, own};
use super::query::ApprovalsQuery;
use super::rates;
use super::read::History;
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::read::{ROWS_AND_ONE, cut};
use crate::permission::ConsoleRole;
use crate::session::SignedIn;
use policy::{Reach, RuleId, SubjectId, TenantSlug};
use std::collections::BTreeMap;
use store::approvals::{AnswerFilter, Approval, ApprovalFilter};

/// The rules that can be chosen from are those that asked for so many of the reader's newest answers.
const CHOSEN_FROM: u64 = 500;

/// Owners see every request of their tenants and how often each rule's are approved, everybody else what they answered.
pub(super) async fn history(
    console: &Console,
    signed_in: &SignedIn,
    reach: &Reach,
    person: Option<&SubjectId>,
    query: &ApprovalsQuery,
) -> Result<History, AppError> {
    let tenant = query.tenant.as_deref().map(TenantSlug::from);
    let own = own(reach);
    let subject = query.subject.as_deref().map(SubjectId::from);
    let rule = query.rule.as_deref().map(RuleId::from);
    let filter = ApprovalFilter {
        tenant: tenant.as_ref(),
        tenants: own.as_deref(),
        subject: subject.as_ref(),
        state: query.state.as_deref().and_then(|word| word.parse().ok()),
        ..ApprovalFilter::default()
    };
    if signed_in.role == ConsoleRole::Owner {
        return Box::pin(every(console, &filter, rule.as_ref(), query)).await;
    }
    match person {
        Some(person) => {
            let of = AnswerFilter { person, requests: filter, rule: rule.as_ref() };
            Box::pin(answered(console, &of, own.as_deref(), query)).await
        }
        None => Ok(page(console, Vec::new(), BTreeMap::new(), query)),
    }
}

async fn every(
    console: &Console,
    filter: &ApprovalFilter<'_>,
    rule: Option<&RuleId>,
    query: &ApprovalsQuery,
) -> Result<History, AppError> {
    let (store, after) = (&console.store, query.after.as_deref());
    let found = match rule {
        Some(rule) => store.list_approvals_of_rule(rule, filter, after, ROWS_AND_ONE).await?,
        None => store.list_approvals(filter, after, ROWS_AND_ONE).await?,
    };
    // Of all outcomes and rules: shares of a part say nothing.
    let asked = ApprovalFilter { state: None, ..*filter };
    let rates = store.approval_rates(&asked, rates::since(console.now())).await?;
    let rated = rates.rules.iter().map(|rate| (rate.rule.clone(), rate.name.clone())).collect();
    let here =
        |rule: &RuleId| ApprovalsQuery { rule: Some(rule.to_string()), after: None, ..query.clone() }.href();
    Ok(History { rates: rates::drawn(&rates, here), all: true, ..page(console, found, rated, query) })
}

/// What a person answered. `own`: the tenants that the reader reaches.
async fn answered(
    console: &Console,
    of: &AnswerFilter<'_>,
    own: Option<&[TenantSlug]>,
    query: &ApprovalsQuery,
) -> Result<History, AppError> {
    let store = &console.store;
    let found = store.list_answers(of, query.after.as_deref(), ROWS_AND_ONE).await?;
    // Whatever else is chosen, each of the others can be.
    let requests = ApprovalFilter { tenants: own, ..ApprovalFilter::default() };
    let all = AnswerFilter { requests, rule: None, ..*of };
    let asked = store.rules_answered(&all, CHOSEN_FROM).await?;
    Ok(page(console, found, asked, query))
}

/// A page of the list. `rules`: further ones that can be chosen, beside those of the list, by their names.
fn page(
    console: &Console,
    mut found: Vec<Approval>,
    mut rules: BTreeMap<RuleId, String>,
    query: &ApprovalsQuery,
) -> History {
    let now = console.now();
    let next = cut(&mut found, |approval: &Approval| approval.id.to_string());
    // A rule all of whose requests wait has no rate.
    for asked in found.iter().flat_map(|approval| &approval.requirements) {
        rules.entry(asked.rule.clone()).or_insert_with(|| asked.name.clone());
    }
    let rule = query.rule.as_deref().and_then(|id| rules.get(&RuleId::from(id))).cloned();
    let mut rules: Vec<(String, String)> =
        rules.into_iter().map(|(rule, name)| (rule.to_string(), name)).collect();
    rules.sort_by(|(one, a), (other, b)| a.cmp(b).then_with(|| one.cmp(other)));
    History {
        lines: found.iter().map(|approval| decided_line(approval, now)).collect(),
        next,
        rates: None,
        rules,
        rule,
        all: false,
    }
}
