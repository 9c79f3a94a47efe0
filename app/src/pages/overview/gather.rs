//! Reads what Overview shows. Every question is bounded, whatever the database holds.

use super::attention::{Found, Reader, attention, counted};
use super::chart::{chart, grouped};
use super::progress::{Progress, steps};
use super::read::{Day, Fact, Overview, Rank};
use crate::components::copyable::cut_in_the_middle;
use crate::console::Console;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::decisions::query::{DecisionQuery, Span};
use crate::pages::form::read::refuse_zero;
use crate::permission::ConsoleRole;
use crate::routes::EVIDENCE;
use crate::verdict::Verdict;
use policy::compile::{Surroundings, check_rule, flags};
use policy::labels::RuleStatus;
use policy::{Reason, ReviewState, Rule, TenantSlug, Timestamp};
use std::collections::BTreeSet;
use store::administration::Page;
use store::approvals::ApprovalFilter;
use store::decisions::DecisionStats;
use store::overview::{OpenChain, ReviewCount};
use store::{Store, StoreError};

const MINUTE: i64 = 60 * 1_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A running instance shows itself every minute; checkpoints name those that did within this time.
const ALIVE: i64 = 5 * MINUTE;
/// Keys that end so soon are told of.
const SOON: i64 = 14 * DAY;
/// A chain that stopped longer ago is on the page Evidence alone: nobody can end it any more.
const STOPPED: i64 = 14 * DAY;
/// Records that are older raise the question how long to keep them.
const OLD: i64 = 90 * DAY;

/// Chains without an end that are looked at.
const MOST_CHAINS: u64 = 100;
/// Break-glass grants of a day that are looked at.
const MOST_GRANTS: u64 = 20;
/// Rules that are looked at for those that can never match.
const MOST_RULES: usize = 200;

pub(super) async fn overview(
    console: &Console,
    role: ConsoleRole,
    tenant: Option<String>,
) -> Result<Overview, AppError> {
    refuse_zero([&tenant])?;
    let (store, now) = (&console.store, console.now());
    let oldest = store::audit::oldest_record(store).await?;
    let begun = oldest.is_some() || store.was_pruned().await?;
    let slug = tenant.as_deref().map(TenantSlug::from);
    let slug = slug.as_ref();
    // What is of no tenant, or counts what all of them do, is told of all alone.
    let of_all = slug.is_none();
    let reviews = store.count_reviews(slug).await?;
    let chains = store.list_open_chains(ago(now, STOPPED), MOST_CHAINS).await?;
    let stats = if begun {
        let tenants = tenant.clone().map(|tenant| vec![tenant]);
        store.decision_stats(ago(now, DAY), tenants.as_deref()).await?
    } else {
        DecisionStats::default()
    };
    let (never, looked_at) = never(store, slug, now).await?;
    let soon = now.saturating_add_micros(SOON);
    let waiting = ApprovalFilter { tenant: slug, pending: true, ..ApprovalFilter::default() };
    let found = Found {
        stopped: stopped(&chains, now),
        changed: in_state(&reviews, ReviewState::Changed),
        // Before the first decision the steps tell of them.
        new: in_state(&reviews, ReviewState::New).filter(|_| begun),
        waiting: store.count_approvals(&waiting).await?,
        credentials: store.count_ending_credentials(now, soon, slug).await?,
        api_keys: Some(store.count_ending_api_keys(now, soon, slug).await?),
        never,
        looked_at,
        oldest: oldest.filter(|at| of_all && *at < ago(now, OLD)).map(|at| Moment::new(at, now).words),
        glass: glass(store, slug, now).await?,
        given_up: if of_all { store.count_dead_letters().await? } else { 0 },
        unmapped: if of_all { store.count_unmapped().await? } else { 0 },
    };
    let reader = Reader { role, tenant: tenant.as_deref() };
    Ok(Overview {
        attention: attention(&found, reader),
        steps: if begun { Vec::new() } else { steps(&progress(store).await?, role) },
        day: day(&stats, tenant.as_deref(), now),
        foot: [
            Some(fact(format!("Revision {} is live", store.read_revision(slug).await?))),
            Some(fact(running(&chains, now))),
            of_all.then(|| chain(&chains, role)),
            Some(fact(format!("Countersign {}", console.version))),
        ]
        .into_iter()
        .flatten()
        .collect(),
    })
}

/// What somebody of some tenants sees: the calls of these, and their requests that wait. The rest is the whole house's.
pub(super) async fn overview_within(
    console: &Console,
    role: ConsoleRole,
    own: &BTreeSet<TenantSlug>,
    tenant: Option<String>,
) -> Result<Overview, AppError> {
    refuse_zero([&tenant])?;
    let (store, now) = (&console.store, console.now());
    let asked = |slug: &&TenantSlug| tenant.as_deref().is_none_or(|tenant| tenant == slug.as_str());
    let tenants: Vec<TenantSlug> = own.iter().filter(asked).cloned().collect();
    let slugs: Vec<String> = tenants.iter().map(ToString::to_string).collect();
    let stats = store.decision_stats(ago(now, DAY), Some(&slugs)).await?;
    let waiting = ApprovalFilter { tenants: Some(&tenants), pending: true, ..ApprovalFilter::default() };
    let found = Found { waiting: store.count_approvals(&waiting).await?, ..Found::default() };
    let reader = Reader { role, tenant: tenant.as_deref() };
    Ok(Overview {
        attention: attention(&found, reader),
        steps: Vec::new(),
        day: day(&stats, tenant.as_deref(), now),
        foot: vec![fact(format!("Countersign {}", console.version))],
    })
}

/// Break-glass grants of the last 24 hours, and the calls that they alone allowed.
async fn glass(store: &Store, tenant: Option<&TenantSlug>, now: Timestamp) -> Result<(i64, i64), StoreError> {
    let grants = store.list_confirmed_break_glass(ago(now, DAY), tenant, MOST_GRANTS).await?;
    let mut uses = 0;
    for grant in &grants {
        uses += store.count_break_glass_uses(grant).await?;
    }
    Ok((i64::try_from(grants.len()).unwrap_or(i64::MAX), uses))
}

fn ago(now: Timestamp, micros: i64) -> Timestamp {
    now.saturating_add_micros(-micros)
}

fn in_state(reviews: &[ReviewCount], state: ReviewState) -> Option<ReviewCount> {
    reviews.iter().find(|count| count.review == state).cloned()
}

/// Of every tenant: one server is enough to begin with.
async fn progress(store: &Store) -> Result<Progress, StoreError> {
    let one = Page { search: None, after: None, limit: 1 };
    let reviews = store.count_reviews(None).await?;
    let (changed, new) = (in_state(&reviews, ReviewState::Changed), in_state(&reviews, ReviewState::New));
    let tools = |count: Option<&ReviewCount>| count.map_or(0, |count| count.tools);
    let to_review = tools(changed.as_ref()) + tools(new.as_ref());
    let reviewed = tools(in_state(&reviews, ReviewState::Reviewed).as_ref());
    let waits = changed.or(new).map(|count| count.first);
    let first = store.list_servers(None, &one).await?.into_iter().next().map(|server| server.slug);
    Ok(Progress {
        server: waits.or(first).map(|slug| slug.to_string()),
        reviewed,
        to_review,
        has_key: !store.list_credentials(&one).await?.is_empty(),
        has_rule: !store.list_rules(None, &one).await?.is_empty(),
    })
}

/// Ids of rules that can never match, as the list of rules flags them; and how many were looked at, where there
/// are more.
async fn never(
    store: &Store,
    tenant: Option<&TenantSlug>,
    now: Timestamp,
) -> Result<(Vec<String>, Option<usize>), StoreError> {
    let page = Page { search: None, after: None, limit: MOST_RULES as u64 + 1 };
    let mut rules = store.list_rules(tenant, &page).await?;
    let looked_at = (rules.len() > MOST_RULES).then_some(MOST_RULES);
    rules.truncate(MOST_RULES);
    rules.retain(|stored| stored.rule.status != RuleStatus::Disabled);
    if rules.is_empty() {
        return Ok((Vec::new(), looked_at));
    }
    let around = pdp::flags::surroundings_of(store, &rules, now).await?;
    rules.retain(|stored| can_never_match(&stored.rule, &around));
    Ok((rules.into_iter().map(|stored| stored.id.to_string()).collect(), looked_at))
}

fn can_never_match(rule: &Rule, around: &Surroundings) -> bool {
    check_rule(rule).is_ok_and(|checked| !flags(rule, &checked, around).is_empty())
}

fn is_alive(chain: &OpenChain, now: Timestamp) -> bool {
    chain.seen_at >= ago(now, ALIVE)
}

fn stopped(chains: &[OpenChain], now: Timestamp) -> Vec<(String, String)> {
    chains
        .iter()
        .filter(|chain| !is_alive(chain, now))
        .map(|chain| (chain.instance.clone(), Moment::new(chain.seen_at, now).words))
        .collect()
}

fn running(chains: &[OpenChain], now: Timestamp) -> String {
    let alive = chains.iter().filter(|chain| is_alive(chain, now)).count();
    match alive {
        1 => "1 instance runs".to_owned(),
        count => format!("{count} instances run"),
    }
}

/// The chain that was written to last.
fn chain(chains: &[OpenChain], role: ConsoleRole) -> Fact {
    let words = match chains.first() {
        Some(chain) => {
            format!(
                "Chain {}, {}",
                cut_in_the_middle(&chain.id),
                counted(chain.head_seq, "record", "records")
            )
        }
        None => "No chain is open".to_owned(),
    };
    Fact { words, href: role.may(EVIDENCE.permission).then(|| EVIDENCE.path.to_owned()) }
}

fn fact(words: String) -> Fact {
    Fact { words, href: None }
}

fn day(stats: &DecisionStats, tenant: Option<&str>, now: Timestamp) -> Day {
    let sum = |count: fn(&store::decisions::HourCount) -> i64| stats.hours.iter().map(count).sum::<i64>();
    let allowed = sum(|hour| hour.allowed);
    let waiting = sum(|hour| hour.waiting);
    let denied = sum(|hour| hour.denied);
    let decisions = allowed + waiting + denied;
    let all = DecisionQuery {
        tenant: tenant.map(str::to_owned),
        time: Some(Span::Day),
        ..DecisionQuery::default()
    };
    let of_denied = DecisionQuery { outcome: Some(Verdict::Denied), ..all.clone() };
    let most_reasons = stats.reasons.iter().map(|reason| reason.count).max().unwrap_or(1);
    let most_tools = stats.tools.iter().map(|tool| tool.count).max().unwrap_or(1);
    let reasons = stats.reasons.iter().map(|one| {
        let title = Reason::from_code(&one.reason).map(|reason| reason.title().to_owned());
        Rank {
            server: None,
            // A later version may have written a code that this one does not know.
            name: title.unwrap_or_else(|| one.reason.clone()),
            count: grouped(one.count),
            bar: bar(one.count, most_reasons),
            href: DecisionQuery { reason: Some(one.reason.clone()), ..of_denied.clone() }.href(),
        }
    });
    let tools = stats.tools.iter().map(|one| Rank {
        server: Some(one.server.clone()),
        name: one.tool.clone(),
        count: grouped(one.count),
        bar: bar(one.count, most_tools),
        href: DecisionQuery {
            server: Some(one.server.clone()),
            tool: Some(one.tool.clone()),
            ..of_denied.clone()
        }
        .href(),
    });
    Day {
        href: all.href(),
        chart: if decisions > 0 { chart(&stats.hours, tenant, now) } else { String::new() },
        decisions: grouped(decisions),
        allowed: grouped(allowed),
        waiting: grouped(waiting),
        denied: grouped(denied),
        reasons: reasons.collect(),
        tools: tools.collect(),
    }
}

/// The inside of a bar of a hundred; a part that is hardly there is seen all the same.
fn bar(count: i64, most: i64) -> String {
    let width = (count.saturating_mul(100) / most.max(1)).clamp(2, 100);
    format!(r#"<rect class="rank-fill" width="{width}" height="4"/>"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::decisions::{HourCount, ReasonCount, ToolCount};

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-23T14:20:00Z").expect("a moment")
    }

    fn chain_seen(minutes_ago: i64) -> OpenChain {
        OpenChain {
            id: "019ab5c2-79b0-7cc3-98c4-dc0c0c07398f".to_owned(),
            instance: format!("host/{minutes_ago}"),
            seen_at: ago(now(), minutes_ago * MINUTE),
            head_seq: 1_204,
        }
    }

    #[test]
    fn a_chain_that_is_seen_no_more_has_stopped() {
        let chains = [chain_seen(1), chain_seen(4), chain_seen(200)];
        assert_eq!(stopped(&chains, now()), [("host/200".to_owned(), "3 h ago".to_owned())]);
        assert_eq!(running(&chains, now()), "2 instances run");
        assert_eq!(running(&chains[..1], now()), "1 instance runs");
        let fact = chain(&chains, ConsoleRole::Owner);
        assert_eq!(fact.words, "Chain 019ab5c2…07398f, 1,204 records");
        assert_eq!(fact.href.as_deref(), Some("/evidence"));
        assert_eq!(
            chain(&[], ConsoleRole::PolicyAuthor),
            Fact { words: "No chain is open".to_owned(), href: None }
        );
    }

    #[test]
    fn numbers_lead_to_the_lists_they_count() {
        let hour = Timestamp::parse("2026-11-23T13:00:00Z").expect("a moment");
        let stats = DecisionStats {
            hours: vec![HourCount { hour, allowed: 1_000, denied: 5, waiting: 2 }],
            reasons: vec![ReasonCount { reason: "no_matching_rule".to_owned(), count: 4 }],
            tools: vec![
                ToolCount { server: "crm".to_owned(), tool: "a b".to_owned(), count: 400 },
                ToolCount { server: "crm".to_owned(), tool: "c".to_owned(), count: 1 },
            ],
        };
        let day = day(&stats, Some("acme"), now());
        assert_eq!([day.decisions, day.allowed, day.waiting, day.denied], ["1,007", "1,000", "2", "5"]);
        assert_eq!(day.reasons[0].name, "no rule allows it");
        assert_eq!(
            day.reasons[0].href,
            "/decisions?tenant=acme&outcome=denied&reason=no_matching_rule&time=day"
        );
        assert_eq!(day.tools[0].href, "/decisions?tenant=acme&server=crm&tool=a%20b&outcome=denied&time=day");
        assert!(day.tools[0].bar.contains("width=\"100\"") && day.tools[1].bar.contains("width=\"2\""));
        assert_eq!(super::day(&DecisionStats::default(), None, now()).chart, "");
    }
}
