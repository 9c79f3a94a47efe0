//! What the page of one role reads from the server.

use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::form::count::Count;
use crate::verdict::EffectWords;
use serde::{Deserialize, Serialize};

/// A role, who holds it, and which rules name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleView {
    pub id: String,
    pub name: String,
    pub description: String,
    /// None: in every tenant.
    pub tenant: Option<String>,
    pub holder_count: Count,
    /// At most [`MOST_HOLDERS`], by tenant and subject.
    pub holders: Vec<HolderLine>,
    pub rules: Vec<RuleLine>,
    /// Claims of so many issuers' tokens stand for it, as far as the reader may delete it.
    pub issuers: u64,
}

/// Longer lists of holders are cut; the list of subjects shows all.
pub const MOST_HOLDERS: usize = 50;

/// Somebody who holds the role, in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderLine {
    pub subject: String,
    pub name: String,
    pub active: bool,
    pub tenant: String,
    pub until: Option<Moment>,
    /// The membership has ended.
    pub ended: bool,
}

/// A rule that names the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleLine {
    pub id: String,
    pub name: String,
    pub words: EffectWords,
    pub disabled: bool,
    pub tenant: Option<String>,
    /// The role's holders approve, they need not be the ones who call.
    pub approves: bool,
}

/// None: no such role, or not one that the reader may see.
#[cfg(feature = "ssr")]
pub async fn read_role(id: String) -> Result<Option<RoleView>, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadSubjects)?;
    let console = crate::console::Console::current()?;
    server::role(&console, &reach, &id).await
}

drawn::unread!(read_role(String) -> Result<Option<RoleView>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{HolderLine, MOST_HOLDERS, RoleView, RuleLine};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::count::Count;
    use crate::pages::form::read::{holds, memberships, sees, uses};
    use crate::verdict::EffectWords;
    use pdp::roles::{maps, names};
    use policy::labels::RuleStatus;
    use policy::{Reach, TenantSlug, Timestamp};
    use store::administration::{Membership, Page, Role, StoredRule};

    pub(super) async fn role(
        console: &Console,
        reach: &Reach,
        id: &str,
    ) -> Result<Option<RoleView>, AppError> {
        let store = &console.store;
        let now = console.now();
        let found = store.list_roles(None).await?.into_iter().find(|role| role.id == id);
        let found = found.filter(|role| sees(reach, role.tenant.as_ref()));
        let Some(role) = found else { return Ok(None) };
        let (members, more) = memberships(store, role.tenant.as_ref(), reach).await?;
        let mut rules = store.list_rules(role.tenant.as_ref(), &Page::ALL).await?;
        rules.retain(|found| sees(reach, found.rule.tenant.as_ref()));
        let counts = uses(std::slice::from_ref(&role), &members, more, &rules);
        let holder_count = counts.first().map_or_else(Count::default, |(holders, _)| *holders);
        let mut holders = Vec::new();
        for membership in members.iter().filter(|member| holds(member, &role)).take(MOST_HOLDERS) {
            holders.push(holder(console, membership, now).await?);
        }
        let rules =
            rules.into_iter().filter(|rule| names(rule, &role)).map(|found| rule(found, &role)).collect();
        // Where a role of every tenant is mapped, is for those to know who may delete it.
        let is_own = reach.owns(role.tenant.as_ref().map(TenantSlug::as_str));
        let issuers = if is_own { store.list_issuers(&Page::ALL).await? } else { Vec::new() };
        let issuers = Count::new(issuers.iter().filter(|stored| maps(&stored.issuer, &role)).count());
        Ok(Some(RoleView {
            issuers: issuers.number,
            holder_count,
            holders,
            rules,
            id: role.id,
            name: role.name,
            description: role.description,
            tenant: role.tenant.map(|tenant| tenant.to_string()),
        }))
    }

    async fn holder(
        console: &Console,
        membership: &Membership,
        now: Timestamp,
    ) -> Result<HolderLine, AppError> {
        let subject = console.store.get_subject(&membership.subject).await?;
        let id = membership.subject.to_string();
        Ok(HolderLine {
            name: subject.as_ref().map_or_else(|| id.clone(), |subject| subject.name.clone()),
            active: subject.is_some_and(|subject| subject.active),
            subject: id,
            tenant: membership.tenant.to_string(),
            until: membership.until.map(|until| Moment::new(until, now)),
            ended: membership.until.is_some_and(|until| until <= now),
        })
    }

    fn rule(found: StoredRule, role: &Role) -> RuleLine {
        let rule = found.rule;
        RuleLine {
            id: found.id.to_string(),
            words: EffectWords {
                effect: rule.effect,
                once_approved: rule.approval.is_some(),
                shadow: rule.status == RuleStatus::Shadow,
            },
            disabled: rule.status == RuleStatus::Disabled,
            approves: !rule.roles.contains(&role.name),
            tenant: rule.tenant.map(|tenant| tenant.to_string()),
            name: rule.name,
        }
    }
}
