//! Rules of a bundle.

use super::apply::{About, ApplyError};
use policy::Rule;
use policy::compile::check_rule;
use store::Writer;

pub(super) async fn rule(writer: &mut Writer, rule: &Rule) -> Result<(), ApplyError> {
    check_rule(rule).map_err(|source| ApplyError::Rule { name: rule.name.clone(), source })?;
    let thing = format!("rule `{}`", rule.name);
    writer.put_rule(rule).await.about(&thing)?;
    Ok(())
}
