//! Rules of a bundle.

use super::apply::{About, ApplyError};
use crate::flags;
use policy::Rule;
use policy::compile::{Flag, Unapproved, check_rule, unapproved};
use policy::labels::Effect;
use store::Writer;

/// A rule that was accepted although something is to be told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagged {
    pub rule: String,
    /// Why it can never match.
    pub flags: Vec<Flag>,
    /// Why too few can approve what it asks about.
    pub unapproved: Option<Unapproved>,
}

pub(super) async fn rule(writer: &mut Writer, rule: &Rule) -> Result<(), ApplyError> {
    check_rule(rule).map_err(|why| ApplyError::Rule { name: rule.name.clone(), why })?;
    let thing = format!("rule `{}`", rule.name);
    writer.put_rule(rule).await.about(&thing)?;
    Ok(())
}

/// Whether this unit of work writes the rule anew. One that stands already is only flagged: the same bundle
/// applied again must not fail because a role lost its last holder meanwhile.
fn is_changed(writer: &Writer, rule: &Rule) -> bool {
    writer.changes().iter().any(|change| {
        let named = |value: &Option<serde_json::Value>| {
            value
                .as_ref()
                .and_then(|value| value.pointer("/rule/name"))
                .is_some_and(|name| *name == *rule.name)
        };
        change.kind == "rule"
            && change.tenant == rule.tenant
            && (named(&change.after) || named(&change.before))
    })
}

/// Which of these rules can never match, or ask for an approval that too few can give, as the unit of work would leave
/// things. A restriction that restricts nothing is refused unless that is asked for.
pub(super) async fn flagged(
    writer: &mut Writer,
    rules: &[Rule],
    allow_unmatched: bool,
) -> Result<Vec<Flagged>, ApplyError> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let around = flags::surroundings_within(writer).await?;
    let mut flagged = Vec::new();
    for rule in rules {
        let checked = check_rule(rule).map_err(|why| ApplyError::Rule { name: rule.name.clone(), why })?;
        let flags = policy::compile::flags(rule, &checked, &around);
        if let Some(first) = flags.first()
            && rule.effect != Effect::Allow
            && !allow_unmatched
            && is_changed(writer, rule)
        {
            return Err(ApplyError::Unmatched { name: rule.name.clone(), flag: first.clone() });
        }
        let unapproved = unapproved(rule, &around);
        if !flags.is_empty() || unapproved.is_some() {
            flagged.push(Flagged { rule: rule.name.clone(), flags, unapproved });
        }
    }
    Ok(flagged)
}
