//! A request with all that it is judged by, as it is now: the rules that ask, those who answered, and who may.

use super::reader::Reader;
use super::rules::asking;
use super::tool::digest_of;
use super::{ApprovalError, MayDecide};
use policy::approval::{
    Asked, Cast, Ineligible, Person, Requirement, RuleDifference, Seen, all_met, approved_by, heard, is_met,
    may_decide,
};
use policy::labels::Verdict;
use policy::rule::ApprovalTerms;
use policy::{SubjectId, Timestamp};
use store::administration::Tool;
use store::approvals::{Approval, ApprovalVote};

/// A rule that asks, as it was and as it is.
pub(super) struct Asks {
    pub(super) filed: Requirement,
    /// None: it is gone, another tenant's by now, or asks for nothing any more.
    pub(super) now: Option<(i64, ApprovalTerms)>,
}

impl Asks {
    /// What is asked for; of a rule that is gone, what it asked for: so nobody approves by taking a rule away.
    pub(super) fn terms(&self) -> &ApprovalTerms {
        self.now.as_ref().map_or(&self.filed.terms, |(_, terms)| terms)
    }
}

/// A request under judgement.
pub(super) struct Hearing {
    pub(super) approval: Approval,
    pub(super) asks: Vec<Asks>,
    pub(super) given: Vec<ApprovalVote>,
    /// [`Self::given`] with those they rest on, as they are now, as far as no rule keeps them out.
    pub(super) votes: Vec<Cast>,
    owners: Vec<SubjectId>,
    pub(super) tool: Option<Tool>,
    now: Timestamp,
}

impl Hearing {
    pub(super) async fn of(reader: &mut Reader<'_>, approval: Approval) -> Result<Self, ApprovalError> {
        let mut asks = Vec::with_capacity(approval.requirements.len());
        for filed in &approval.requirements {
            let stored = reader.rule(&filed.rule).await?;
            let tenant = &approval.tenant;
            let now = stored.and_then(|stored| Some((stored.version, asking(&stored.rule, tenant)?.clone())));
            asks.push(Asks { filed: filed.clone(), now });
        }
        let mut owners = Vec::new();
        for id in [Some(&approval.subject), approval.actor.as_ref()].into_iter().flatten() {
            owners.extend(reader.subject(id).await?.and_then(|subject| subject.owner));
        }
        let given = reader.votes(&approval.id).await?;
        let mut votes = Vec::with_capacity(given.len());
        for vote in &given {
            votes.extend(cast(reader, &approval, vote).await?);
        }
        let tool = match (&approval.server, &approval.tool) {
            (Some(server), Some(name)) => reader.tool(server, name).await?,
            _ => None,
        };
        let mut hearing = Self { now: reader.now(), approval, asks, given, votes, owners, tool };
        let terms: Vec<_> = hearing.asks.iter().map(Asks::terms).collect();
        let votes = heard(&terms, &hearing.votes, &hearing.asked());
        hearing.votes = votes;
        Ok(hearing)
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            subject: &self.approval.subject,
            actor: self.approval.actor.as_ref(),
            owners: &self.owners,
            filed_at: self.approval.filed_at,
        }
    }

    /// What there is to see now.
    pub(super) fn seen(&self) -> Seen {
        Seen {
            definition: digest_of(self.tool.as_ref()),
            // The arguments, and all that is shown beside them.
            arguments: self.approval.binding.clone(),
            rules: self.asks.iter().map(|asks| asks.now.as_ref().map(|(version, _)| *version)).collect(),
        }
    }

    /// The rules that are not as they were when the request was filed.
    pub(super) fn moved(&self) -> Vec<RuleDifference> {
        let moved = self.asks.iter().filter_map(|asks| {
            let now = asks.now.as_ref().map(|(version, _)| *version);
            (now != Some(asks.filed.version)).then(|| RuleDifference {
                rule: asks.filed.rule.clone(),
                name: asks.filed.name.clone(),
                filed: asks.filed.version,
                now,
            })
        });
        moved.collect()
    }

    /// Whose duty is done as far as this rule asks for it.
    pub(super) fn done(&self, asks: &Asks) -> (Vec<SubjectId>, bool) {
        let done = approved_by(asks.terms(), &self.votes, &self.asked(), self.now);
        let met = is_met(asks.terms(), &self.votes, &self.asked(), self.now);
        (done.into_iter().cloned().collect(), met)
    }

    /// Whether enough persons approved.
    pub(super) fn is_approved(&self) -> bool {
        self.is_approved_by(&self.votes)
    }

    /// Whether these votes by themselves would be enough.
    fn is_approved_by(&self, votes: &[Cast]) -> bool {
        let filed: Vec<Requirement> = self.asks.iter().map(|asks| asks.filed.clone()).collect();
        all_met(&filed, |one| {
            let asks = self.asks.iter().find(|asks| asks.filed.rule == one.rule);
            asks.is_some_and(|asks| is_met(asks.terms(), votes, &self.asked(), self.now))
        })
    }

    /// The most uses that all of the rules grant.
    pub(super) fn most_uses(&self) -> u32 {
        self.asks.iter().map(|asks| asks.terms().uses).min().unwrap_or(1)
    }

    /// Until when an answer of this moment holds at the latest.
    pub(super) fn latest(&self) -> Timestamp {
        let hold = self.asks.iter().map(|asks| asks.terms().holds_for()).min().unwrap_or(0);
        self.now.saturating_add_micros(hold.min(self.approval.hold_for))
    }

    fn judge(&self, voter: &Person, duty: Option<&Person>) -> Result<(), Ineligible> {
        let mut asked = Err(Ineligible::NotAsked);
        for asks in &self.asks {
            match may_decide(asks.terms(), voter, duty, &self.asked(), self.now) {
                Ok(()) => asked = Ok(()),
                Err(Ineligible::NotAsked) => {}
                // Whom one rule keeps out has no say at all.
                Err(barred) => return Err(barred),
            }
        }
        asked
    }

    /// Who this account is, and how far it may go.
    pub(super) async fn admit(
        &self,
        reader: &mut Reader<'_>,
        account: &str,
    ) -> Result<Result<(MayDecide, Cast), Ineligible>, ApprovalError> {
        let Some(account) = reader.account(account).await? else { return Ok(Err(Ineligible::NoPerson)) };
        if !account.active {
            return Ok(Err(Ineligible::Inactive));
        }
        if !account.may_approve() {
            return Ok(Err(Ineligible::Role));
        }
        let tenant = &self.approval.tenant;
        if !account.reach.holds(tenant.as_str()) {
            // Not even that there is such a request.
            return Ok(Err(Ineligible::NotAsked));
        }
        let Some(id) = &account.subject else { return Ok(Err(Ineligible::NoPerson)) };
        let Some(me) = reader.person(id, tenant).await? else { return Ok(Err(Ineligible::NoPerson)) };
        let admitted = |duty: Option<Person>| {
            let in_place_of = duty.as_ref().map(|duty| duty.id.clone());
            let cast = Cast { verdict: Verdict::Approve, voter: me.clone(), duty, account_holds: true };
            let may = MayDecide {
                person: me.id.clone(),
                in_place_of,
                alone: self.is_approved_by(std::slice::from_ref(&cast)),
                most_uses: self.most_uses(),
                latest: self.latest(),
            };
            Ok(Ok((may, cast)))
        };
        match self.judge(&me, None) {
            Ok(()) => return admitted(None),
            Err(Ineligible::NotAsked) => {}
            Err(barred) => return Ok(Err(barred)),
        }
        for named in reader.duties(&me.id).await? {
            // A substitute gains nothing that whoever is away could not do at an account of their own.
            if !reader.approving_reach(&named.person).await?.holds(tenant.as_str()) {
                continue;
            }
            let away = reader.person(&named.person, tenant).await?;
            if let Some(away) = away
                && self.judge(&me, Some(&away)).is_ok()
            {
                return admitted(Some(away));
            }
        }
        Ok(Err(Ineligible::NotAsked))
    }
}

/// None: who voted is gone.
async fn cast(
    reader: &mut Reader<'_>,
    approval: &Approval,
    vote: &ApprovalVote,
) -> Result<Option<Cast>, ApprovalError> {
    let Some(voter) = reader.person(&vote.person, &approval.tenant).await? else { return Ok(None) };
    let duty = match &vote.in_place_of {
        Some(id) => match reader.person(id, &approval.tenant).await? {
            Some(duty) => Some(duty),
            None => return Ok(None),
        },
        None => None,
    };
    let account = reader.account(&vote.account).await?;
    let account_holds = account.is_some_and(|account| {
        account.may_approve()
            && account.reach.holds(approval.tenant.as_str())
            && account.subject.as_ref() == Some(&vote.person)
    });
    Ok(Some(Cast { verdict: vote.verdict, voter, duty, account_holds }))
}
