//! Reads one request, with what a person needs beside it.

use super::view::{
    AlsoBound, AnswerForm, Answering, CheckedArguments, RequestView, RuleWords, TaskWords, UseLine, VoteLine,
};
use super::{bound, difference, moved, words};
use crate::console::Console;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::approvals::gather::{name, person};
use crate::pages::approvals::read::Standing;
use crate::pages::approvals::words as shared;
use crate::pages::decisions::read::{DecisionLine, line};
use crate::pages::form::respond::write_moment;
use crate::permission::{ConsoleRole, Permission};
use crate::routes::RULE;
use crate::session::{Presence, SignedIn};
use crate::url::encode;
use pdp::approvals::{ApprovalError, ApprovalView, MayDecide, RequirementView};
use policy::approval::Ineligible;
use policy::labels::{OpenedBy, Verdict};
use policy::{ApprovalId, Outcome, Reach, Timestamp};
use store::approvals::{Approval, ApprovalCall, ApprovalVote};
use store::decisions::{DecisionFilter, Edge, Page};
use store::{Store, StoreError};

/// Calls of today that are shown.
const TODAY: usize = 5;

/// As many, and the one that filed the request.
const TODAY_AND_THIS: u32 = 6;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// So far is looked for the request behind this one.
const NEXT: u64 = 51;

/// Why a use is not given back.
const NOT_ALONE: &str = "It is not known whether the answer to a call arrived. You cannot give its use back, \
    since the rules ask for more than your word: if the call did not take place, it is repeated and asks all of \
    them anew.";

pub(super) async fn view(
    console: &Console,
    signed_in: &SignedIn,
    reach: &Reach,
    id: &str,
    changed: &str,
) -> Result<Option<RequestView>, AppError> {
    if id.is_empty() || id.contains('\0') {
        return Ok(None);
    }
    let (store, now) = (&console.store, console.now());
    let presence = Presence::current();
    let id = ApprovalId::new(id);
    let Some(shown) = console.approvals.show(&id).await? else { return Ok(None) };
    if !reach.holds(shown.approval.tenant.as_str()) {
        return Ok(None);
    }
    let account = signed_in.account_id.as_str();
    let may = console.approvals.may_decide(account, &id).await?;
    let own = person(store, account).await?;
    let voted = own.as_ref().is_some_and(|own| shown.votes.iter().any(|vote| vote.person == *own));
    let inbox = console.approvals.inbox(account, NEXT).await?;
    // Whom the rule asks and bars all the same is told why. Who is not asked is told nothing, not even that there is such
    // a request; but owners see all of them.
    let asked = may.is_ok() || inbox.iter().any(|one| one.id == id);
    if !asked && !voted && signed_in.role != ConsoleRole::Owner {
        return Ok(None);
    }
    let approval = &shown.approval;
    let standing = shared::standing(approval, now);
    let answering = answering(&may, standing, voted, &shown);
    let answering = match answering {
        Answering::May(form) => Answering::May(AnswerForm {
            in_place_of: match may.as_ref().ok().and_then(|may| may.in_place_of.as_ref()) {
                Some(person) => Some(name(store, person).await?),
                None => None,
            },
            ..form
        }),
        other => other,
    };
    // What is given back is one call more: only whose word alone approves it gives it back.
    let gives_back = may.as_ref().is_ok_and(|may| may.alone);
    let not_given_back = may.is_ok() && !gives_back && shown.calls.iter().any(ApprovalCall::is_lost);
    let reads_rules = signed_in.may(Permission::ReadRules);
    let (today, more_today) = today(store, approval, now).await?;
    let risk = shown.tool.as_ref().map(|tool| tool.risk).or(approval.risk);
    Ok(Some(RequestView {
        id: approval.id.to_string(),
        asking: shared::asking(approval),
        subject_name: name(store, &approval.subject).await?,
        actor_name: match &approval.actor {
            Some(actor) => Some(name(store, actor).await?),
            None => None,
        },
        standing,
        risk,
        filed_risk: approval.risk.filter(|filed| Some(*filed) != risk),
        sensitivity: approval.sensitivity.as_ref().map(ToString::to_string),
        filed: Moment::new(approval.filed_at, now),
        expires: Moment::new(approval.expires_at, now),
        attempts: (approval.attempts > 1).then(|| format!("asked {} times", approval.attempts)),
        arguments: arguments(store, &shown, may.is_ok(), now).await?,
        bound: also(store, approval).await?,
        task: task(store, approval).await?,
        rules: shown.requirements.iter().map(|asked| rule(asked, reads_rules)).collect(),
        votes: votes(store, &shown.votes, now).await?,
        today,
        more_today,
        answering,
        asks_password: presence.is_too_old_for(shown.gravest_risk(), now),
        has_passkeys: !store.list_passkeys(account).await?.is_empty(),
        changed: moved::since(console, reads_rules.then_some(reach), &shown, changed).await?,
        ending: ending(store, approval, standing, now).await?,
        reason: approval.reason.clone(),
        filed_by: Some(approval.filed_by.to_string()),
        uses: shown.calls.iter().map(|call| used(call, gives_back, now)).collect(),
        not_given_back: not_given_back.then(|| NOT_ALONE.to_owned()),
        next: next(&inbox, &id),
    }))
}

/// Whether this reader may know that there is such a request; so no answer to a form tells more than the page does.
///
/// # Errors
/// When the database does not answer, or holds what it must not.
pub async fn may_see(
    console: &Console,
    signed_in: &SignedIn,
    id: &ApprovalId,
) -> Result<bool, ApprovalError> {
    let account = signed_in.account_id.as_str();
    match console.approvals.may_decide(account, id).await {
        Err(ApprovalError::Unknown) => return Ok(false),
        Err(error) => return Err(error),
        Ok(Ok(_)) => return Ok(true),
        Ok(Err(_)) if signed_in.role == ConsoleRole::Owner => return Ok(true),
        Ok(Err(_)) => {}
    }
    if console.approvals.inbox(account, NEXT).await?.iter().any(|one| one.id == *id) {
        return Ok(true);
    }
    let Some(own) = person(&console.store, account).await? else { return Ok(false) };
    Ok(console.store.list_approval_votes(id).await?.iter().any(|vote| vote.person == own))
}

fn answering(
    may: &Result<MayDecide, Ineligible>,
    standing: Standing,
    voted: bool,
    shown: &ApprovalView,
) -> Answering {
    if standing != Standing::Waiting {
        return Answering::Over;
    }
    match may {
        _ if voted => Answering::MayNot("You have answered. It waits for others.".to_owned()),
        Err(why) => Answering::MayNot(sentence(&why.to_string())),
        Ok(may) => Answering::May(AnswerForm {
            seen: shown.seen.to_string(),
            in_place_of: None,
            most_uses: may.most_uses,
            latest: write_moment(Some(may.latest)),
        }),
    }
}

/// Begins with a capital and ends with a stop.
fn sentence(text: &str) -> String {
    let mut characters = text.trim_end_matches('.').chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), characters.as_str()))
}

/// In the clear for those who may decide; as the record has them for everybody else.
async fn arguments(
    store: &Store,
    shown: &ApprovalView,
    may_decide: bool,
    now: Timestamp,
) -> Result<CheckedArguments, StoreError> {
    let approval = &shown.approval;
    let clear = shown.arguments.as_deref().filter(|_| may_decide || !approval.sealed);
    let hidden = approval.sealed && clear.is_none();
    let earlier = earlier(store, approval).await?;
    let earlier = earlier.as_ref().map(|(text, at)| (text.as_str(), Moment::new(*at, now)));
    Ok(difference::check(clear.unwrap_or(&approval.arguments), earlier, hidden))
}

/// What else it is bound to.
async fn also(store: &Store, approval: &Approval) -> Result<AlsoBound, StoreError> {
    let filed = store.get_decision(&approval.filed_by).await?;
    let resource = approval.tool.is_none().then_some(&approval.resource);
    Ok(bound::also(
        &approval.context,
        &approval.claims,
        resource,
        filed.as_ref().map(|filed| filed.body.as_str()),
    ))
}

/// The arguments of this caller's last call of the same tool that was allowed.
async fn earlier(store: &Store, approval: &Approval) -> Result<Option<(String, Timestamp)>, StoreError> {
    let Some(tool) = &approval.tool else { return Ok(None) };
    let filter =
        DecisionFilter { tool: Some(tool.clone()), outcome: Some(Outcome::Allow), ..of_caller(approval) };
    let page = store.list_decisions(&filter, &Page { edge: Edge::Newest, limit: 1 }).await?;
    let Some(last) = page.rows.into_iter().next() else { return Ok(None) };
    let recorded = store.get_decision(&last.id).await?;
    Ok(recorded.and_then(|recorded| Some((recorded.arguments?, recorded.row.at))))
}

/// The calls of the one who calls here: the same subject, through the same agent. Where none acts, what agents did for the
/// subject is not the subject's own doing.
fn of_caller(approval: &Approval) -> DecisionFilter {
    DecisionFilter {
        tenants: Some(vec![approval.tenant.to_string()]),
        subject: Some(approval.subject.to_string()),
        actor: approval.actor.as_ref().map(ToString::to_string),
        without_actor: approval.actor.is_none(),
        server: approval.server.as_ref().map(ToString::to_string),
        ..DecisionFilter::default()
    }
}

/// Their other calls of the last 24 hours.
async fn today(
    store: &Store,
    approval: &Approval,
    now: Timestamp,
) -> Result<(Vec<DecisionLine>, bool), StoreError> {
    let from = Some(now.saturating_add_micros(-DAY));
    let filter = DecisionFilter { from, server: None, ..of_caller(approval) };
    let page = store.list_decisions(&filter, &Page { edge: Edge::Newest, limit: TODAY_AND_THIS }).await?;
    let mut others = page.rows;
    others.retain(|row| row.id != approval.filed_by);
    let more = page.has_older || others.len() > TODAY;
    others.truncate(TODAY);
    Ok((others.into_iter().map(|row| line(row, now)).collect(), more))
}

async fn task(store: &Store, approval: &Approval) -> Result<Option<TaskWords>, StoreError> {
    let Some(id) = &approval.task else { return Ok(None) };
    Ok(store.get_task(id).await?.map(|task| TaskWords {
        id: task.id.to_string(),
        purpose: task.purpose,
        opened_by: match task.opened_by {
            OpenedBy::Agent => "an agent for itself",
            OpenedBy::Platform => "a platform",
            OpenedBy::Person => "a person",
        }
        .to_owned(),
        used: format!("{} of {} calls used", task.used, task.budget),
    }))
}

fn rule(asked: &RequirementView, reads_rules: bool) -> RuleWords {
    let requirement = &asked.requirement;
    // What the rule asks for today counts.
    let quorum = asked.now.as_ref().map_or(requirement.terms.quorum, |(_, terms)| terms.quorum);
    let now = match &asked.now {
        None => Some("it is enforced no more".to_owned()),
        Some((version, terms)) if *version != requirement.version => Some(words::asks(terms)),
        Some(_) => None,
    };
    RuleWords {
        name: requirement.name.clone(),
        asks: words::asks(&requirement.terms),
        so_far: format!("{} of {quorum} so far", asked.approved_by.len()),
        met: asked.met,
        any: requirement.any,
        now,
        href: reads_rules.then(|| RULE.path.replace("{id}", &encode(requirement.rule.as_str()))),
    }
}

async fn votes(store: &Store, votes: &[ApprovalVote], now: Timestamp) -> Result<Vec<VoteLine>, StoreError> {
    let mut lines = Vec::with_capacity(votes.len());
    for vote in votes {
        let until = vote.valid_until.map(|until| format!("until {}", Moment::new(until, now).exact));
        let uses = vote.uses.map(|uses| format!("{uses} calls at the most"));
        let narrowed: Vec<String> = until.into_iter().chain(uses).collect();
        lines.push(VoteLine {
            by: name(store, &vote.person).await?,
            in_place_of: match &vote.in_place_of {
                Some(person) => Some(name(store, person).await?),
                None => None,
            },
            approves: vote.verdict == Verdict::Approve,
            reason: vote.reason.clone(),
            at: Moment::new(vote.at, now),
            narrowed: (!narrowed.is_empty()).then(|| narrowed.join(", ")),
        });
    }
    Ok(lines)
}

/// How it ended, in one sentence.
async fn ending(
    store: &Store,
    approval: &Approval,
    standing: Standing,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let by = match &approval.decided_by {
        Some(person) => format!(" by {}", name(store, person).await?),
        None => String::new(),
    };
    let at = Moment::new(shared::ended_at(approval), now).exact;
    let took = shared::span(approval.filed_at, shared::ended_at(approval));
    Ok(match standing {
        Standing::Waiting => None,
        Standing::Approved => {
            let until = approval.valid_until.map(|until| Moment::new(until, now).exact).unwrap_or_default();
            let left = approval.uses.saturating_sub(approval.used);
            Some(format!(
                "Approved{by} at {at}, after {took}. The identical call may pass {left} more times, until {until}."
            ))
        }
        Standing::Used => Some(format!("Approved{by} at {at}, after {took}, and used.")),
        Standing::Denied => Some(format!("Denied{by} at {at}, after {took}.")),
        Standing::Expired => Some("It expired. The caller may ask again by repeating the call.".to_owned()),
        Standing::Cancelled => Some(format!("Cancelled{by} at {at}.")),
    })
}

fn used(call: &ApprovalCall, gives_back: bool, now: Timestamp) -> UseLine {
    let state = match (call.reissued_at, call.delivered_at) {
        (Some(_), _) => "given back",
        (None, Some(_)) => "delivered",
        (None, None) => "delivery unknown",
    };
    UseLine {
        id: call.decision.to_string(),
        at: Moment::new(call.at, now),
        state: state.to_owned(),
        open: gives_back && call.is_lost(),
    }
}

/// The request behind this one in the reader's inbox; behind the last one the first.
fn next(waiting: &[Approval], this: &ApprovalId) -> Option<String> {
    let behind = waiting.iter().position(|one| one.id == *this).map_or(0, |here| here + 1);
    let others = waiting.iter().skip(behind).chain(waiting.iter().take(behind));
    others.into_iter().find(|other| other.id != *this).map(|other| other.id.to_string())
}
