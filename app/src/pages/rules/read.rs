//! What the list of rules reads from the server.

use super::query::RuleQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::sentence::Sentence;
use crate::verdict::EffectWords;
use policy::labels::RuleStatus;
use serde::{Deserialize, Serialize};

/// A rule as a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleLine {
    pub id: String,
    pub name: String,
    pub words: EffectWords,
    pub status: RuleStatus,
    pub sentence: Sentence,
    /// None: every tenant.
    pub tenant: Option<String>,
    pub changed: Moment,
    /// Why it can never match, too few can approve what it asks about, or it cannot be read as it stands.
    pub flags: Vec<String>,
}

/// One page by name, with the question it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleList {
    pub query: RuleQuery,
    pub lines: Vec<RuleLine>,
    /// Where the next page begins; None at the end.
    pub next: Option<String>,
}

#[cfg(feature = "ssr")]
pub async fn list_rules(query: RuleQuery) -> Result<RuleList, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadRules)?;
    let console = crate::console::Console::current()?;
    server::list(&console, &reach, query).await
}

drawn::unread!(list_rules(RuleQuery) -> Result<RuleList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{RuleLine, RuleList, RuleQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::rule::draft::EffectChoice;
    use crate::pages::rule::service::within;
    use crate::sentence::sentence;
    use crate::verdict::EffectWords;
    use policy::compile::Surroundings;
    use policy::labels::{Effect, RuleStatus};
    use policy::{Reach, Rule, TenantSlug, Timestamp};
    use store::administration::{Page, StoredRule};

    /// Rows of a page.
    const ROWS: usize = 50;
    /// Rules read at once, where filters look at what the database has no index for.
    const CHUNK: u64 = 250;
    /// Rules looked at for one page; where a page ends early because of it, the next one goes on from there.
    const MOST_READ: usize = 5_000;

    /// Those that bind the reader's tenants: their own, and the ones of every tenant.
    pub(super) async fn list(
        console: &Console,
        reach: &Reach,
        query: RuleQuery,
    ) -> Result<RuleList, AppError> {
        let texts = [&query.tenant, &query.tool, &query.search, &query.after];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Err(AppError::bad_request(&"a filter holds U+0000"));
        }
        let tenant = query.tenant.as_deref().map(TenantSlug::from);
        let mut found: Vec<StoredRule> = Vec::new();
        let mut next = None;
        let mut after = query.after.clone();
        let mut read = 0;
        'pages: loop {
            let page = Page { search: query.search.as_deref(), after: after.as_deref(), limit: CHUNK };
            let rules = console.store.list_rules(tenant.as_ref(), &page).await?;
            let last = u64::try_from(rules.len()).unwrap_or(u64::MAX) < CHUNK;
            read += rules.len();
            after = rules.last().map(StoredRule::cursor);
            for stored in rules {
                let seen = reach.sees(stored.rule.tenant.as_ref().map(TenantSlug::as_str));
                if seen && fits(&stored.rule, &query) {
                    if found.len() == ROWS {
                        next = found.last().map(StoredRule::cursor);
                        break 'pages;
                    }
                    found.push(stored);
                }
            }
            if last {
                break;
            }
            // What others have must not stand in the cursor either.
            if read >= MOST_READ && reach.is_everything() {
                next.clone_from(&after);
                break;
            }
        }
        let now = console.now();
        let around = if found.is_empty() {
            Surroundings::default()
        } else {
            within(reach, pdp::flags::surroundings_of(&console.store, &found, now).await?)
        };
        let lines = found.into_iter().map(|stored| line(stored, reach, &around, now)).collect();
        Ok(RuleList { query, lines, next })
    }

    fn fits(rule: &Rule, query: &RuleQuery) -> bool {
        let effect = query.effect.is_none_or(|wanted| match wanted {
            EffectChoice::Allow => rule.effect == Effect::Allow && rule.approval.is_none(),
            EffectChoice::OnceApproved => rule.effect == Effect::Allow && rule.approval.is_some(),
            EffectChoice::AlwaysAsk => rule.effect == Effect::RequireApproval,
            EffectChoice::Deny => rule.effect == Effect::Deny,
        });
        effect
            && query.status.is_none_or(|status| rule.status == status)
            && query.tool.as_deref().is_none_or(|tool| is_about(rule, tool))
    }

    /// A whole tool name is matched by the patterns; anything else is looked for in them.
    fn is_about(rule: &Rule, tool: &str) -> bool {
        rule.tools.iter().any(|pattern| {
            let named = tool.split_once('/').is_some_and(|(server, name)| pattern.matches(server, name));
            named || pattern.to_string().contains(tool)
        })
    }

    fn line(stored: StoredRule, reach: &Reach, around: &Surroundings, now: Timestamp) -> RuleLine {
        let rule = stored.rule;
        // What others have says why a rule of every tenant never matches.
        let own = reach.owns(rule.tenant.as_ref().map(TenantSlug::as_str));
        let flags = if rule.status == RuleStatus::Disabled || !own {
            Vec::new()
        } else {
            let review = pdp::drafts::review(&rule, around);
            let broken = review.problems.iter().map(|problem| format!("Not sound: {}", problem.text));
            let others = review.never.iter().chain(&review.unapproved);
            broken.chain(others.map(|remark| remark.text.clone())).collect()
        };
        RuleLine {
            words: EffectWords {
                effect: rule.effect,
                once_approved: rule.effect == Effect::Allow && rule.approval.is_some(),
                shadow: rule.status == RuleStatus::Shadow,
            },
            status: rule.status,
            sentence: sentence(&rule),
            tenant: rule.tenant.map(|tenant| tenant.to_string()),
            changed: Moment::new(stored.updated_at, now),
            flags,
            id: stored.id.to_string(),
            name: rule.name,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use serde_json::json;

        #[test]
        fn a_rule_is_about_the_tools_its_patterns_match() {
            let rule: Rule = serde_json::from_value(
                json!({"name": "x", "effect": "allow", "approval": {"approvers": ["a"]}, "tools": ["crm/ref*"]}),
            )
            .expect("a rule");
            for (tool, expected) in
                [("crm/refund", true), ("crm/show", false), ("ref", true), ("crm/", true), ("x", false)]
            {
                assert_eq!(is_about(&rule, tool), expected, "{tool}");
            }
            let query = |effect| RuleQuery { effect: Some(effect), ..RuleQuery::default() };
            assert!(fits(&rule, &query(EffectChoice::OnceApproved)));
            assert!(!fits(&rule, &query(EffectChoice::Allow)));
        }
    }
}
