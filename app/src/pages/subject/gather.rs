//! For whom a subject may act, and who acts for it. Of all the pairs one alone is held against the rules of one tenant,
//! and so many of its tools at the most, so that a page stays as quick where there are many of either.

use super::pairs::{ForWhom, Pair, PairLine, Tie};
use super::view::SubjectQuery;
use crate::console::Console;
use crate::error::AppError;
use crate::pages::access::gather::{meant, told};
use crate::pages::decisions::read::DecisionLine;
use pdp::Previewer;
use pdp::search::Verdict;
use policy::{Reach, SubjectId, SubjectKind, TenantSlug};
use store::administration::{Membership, Subject};

/// How many agents of one owner are told of.
const MOST_OWNED: u64 = 20;

/// How many tools are held against the rules.
const LOOKED_AT: usize = 500;

/// How many tools of each kind are told by name.
const SHOWN: usize = 10;

/// What the page has read of the subject, as far as the reader sees it.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) subject: &'a Subject,
    pub(super) memberships: &'a [Membership],
    /// Its last calls, made by itself or through others.
    pub(super) made: &'a [DecisionLine],
    /// The last calls that it made for others.
    pub(super) acted: &'a [DecisionLine],
}

impl Known<'_> {
    /// The tenants that another subject is a member of as well. Those that the reader does not see are not among its own.
    async fn shared(&self, console: &Console, other: &str) -> Result<Vec<String>, AppError> {
        let held = console.store.list_memberships(&SubjectId::new(other)).await?;
        let is_shared = |own: &&Membership| held.iter().any(|held| held.tenant == own.tenant);
        let shared = self.memberships.iter().filter(is_shared);
        let mut tenants: Vec<String> = shared.map(|own| own.tenant.to_string()).collect();
        tenants.sort();
        Ok(tenants)
    }

    /// Who is meant by an id as it was typed, perhaps with blanks around it; and the shared tenants.
    async fn meant(&self, console: &Console, typed: &str) -> Result<(String, Vec<String>), AppError> {
        for id in meant(typed) {
            let tenants = self.shared(console, id).await?;
            if !tenants.is_empty() {
                return Ok((id.to_owned(), tenants));
            }
        }
        Ok((typed.trim().to_owned(), Vec::new()))
    }

    /// One line for each, the first tie of each; nobody is tied to itself.
    async fn lines(&self, console: &Console, ties: Vec<(String, Tie)>) -> Result<Vec<PairLine>, AppError> {
        let mut lines: Vec<PairLine> = Vec::new();
        for (id, tie) in ties {
            if id != self.subject.id.as_str() && lines.iter().all(|known| known.id != id) {
                let tenants = self.shared(console, &id).await?;
                lines.push(PairLine { id, tie, tenants });
            }
        }
        Ok(lines)
    }
}

/// For whom it may act: of an agent, and of whoever acts or has somebody who answers for it.
pub(super) async fn for_whom(
    console: &Console,
    query: &SubjectQuery,
    known: &Known<'_>,
) -> Result<Option<ForWhom>, AppError> {
    let subject = known.subject;
    if subject.kind != SubjectKind::Agent && subject.owner.is_none() && known.acted.is_empty() {
        return Ok(None);
    }
    let owner = subject.owner.iter().map(|owner| (owner.to_string(), Tie::Owner));
    let lately = known.acted.iter().filter_map(|line| Some((line.subject.clone()?, Tie::Lately)));
    let people = known.lines(console, owner.chain(lately).collect()).await?;
    let chosen = query.for_whom.clone().or_else(|| people.first().map(|line| line.id.clone()));
    let pair = match chosen {
        Some(chosen) => Some(pair(console, query, known, &chosen).await?),
        None => None,
    };
    Ok(Some(ForWhom { people, pair }))
}

/// Who acts for it: the agents that a person answers for, and who did so lately.
pub(super) async fn agents(
    console: &Console,
    reach: &Reach,
    known: &Known<'_>,
) -> Result<Vec<PairLine>, AppError> {
    let owned = match known.subject.kind {
        SubjectKind::User => console.store.list_owned(&known.subject.id, reach.tenants(), MOST_OWNED).await?,
        SubjectKind::Agent | SubjectKind::Service => Vec::new(),
    };
    let owned = owned.into_iter().map(|id| (id.to_string(), Tie::Owner));
    let lately = known.made.iter().filter_map(|line| Some((line.actor.clone()?, Tie::Lately)));
    known.lines(console, owned.chain(lately).collect()).await
}

/// What it may do for this subject. Whoever is not there, and whoever shares no tenant with it, are told of alike.
async fn pair(
    console: &Console,
    query: &SubjectQuery,
    known: &Known<'_>,
    subject: &str,
) -> Result<Pair, AppError> {
    let (subject, tenants) = known.meant(console, subject).await?;
    let wanted = query.tenant.as_ref().filter(|wanted| tenants.contains(wanted));
    let slug = wanted.or(tenants.first()).cloned();
    let Some(tenant) = slug.as_deref().map(TenantSlug::from) else {
        return Ok(Pair { subject, ..Pair::default() });
    };
    let store = &console.store;
    let person = store.read_member(&tenant, &SubjectId::new(subject.as_str())).await?;
    let agent = store.read_member(&tenant, &known.subject.id).await?;
    let explorer = Previewer::new(store.clone()).explore(&tenant, console.now()).await?;
    // They may have left meanwhile.
    let (Some(person), Some(agent), Some(explorer)) = (person, agent, explorer) else {
        return Ok(Pair { subject, ..Pair::default() });
    };
    let all = explorer.tools();
    let mut pair = Pair {
        subject,
        tenants,
        tenant: slug,
        looked_at: all.len().min(LOOKED_AT),
        more: all.len() > LOOKED_AT,
        ..Pair::default()
    };
    let mut refused: Vec<Vec<String>> = Vec::new();
    for tool in all.iter().take(LOOKED_AT) {
        let found = explorer.through(&person, &agent, tool);
        let row = told(tool.to_string(), &found);
        if found.verdict == Verdict::Never {
            refused.push(row.why);
            continue;
        }
        let tools = if found.always_asks() { &mut pair.approved } else { &mut pair.freely };
        tools.count += 1;
        if tools.first.len() < SHOWN {
            tools.first.push(row);
        }
    }
    // None at all, and for one reason.
    refused.dedup();
    if let ([why], true) = (refused.as_slice(), pair.is_empty()) {
        pair.why_not.clone_from(why);
    }
    Ok(pair)
}
