//! Deciding as if a draft were live: the same steps and the same code, with one rule put in place.

use crate::enforce::evaluate_caught;
use crate::facts::bound;
use crate::preview::{Preview, PreviewError, Previewer};
use policy::compile::{CompiledRule, RuleSource};
use policy::evaluate::{EvaluationRequest, tenant_of};
use policy::labels::RuleStatus;
use policy::{Decision, RuleId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

impl Previewer {
    /// Decides by the live policy with `draft` in the place of `replaces`, or beside all other rules. Nothing is
    /// recorded, filed, used, counted or kept.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn preview_with(
        &self,
        preview: &Preview,
        draft: &RuleSource,
        replaces: Option<&RuleId>,
    ) -> Result<Decision, PreviewError> {
        let compiled = catch_unwind(AssertUnwindSafe(|| CompiledRule::compile_or_break(draft)))
            .unwrap_or_else(|_| CompiledRule::broken_by(draft, "compiling it panicked"));
        let compiled = Arc::new(compiled);
        let mut asked = Vec::new();
        for _ in 0..5 {
            let mut facts = self.preview_facts(preview, &asked).await?;
            let set = match tenant_of(&facts, &preview.call) {
                Some(tenant) => {
                    let binds = draft.rule.tenant.as_ref().is_none_or(|own| own == tenant)
                        && draft.rule.status != RuleStatus::Disabled;
                    let draft = binds.then(|| compiled.clone());
                    let set = self.policies.with_draft(tenant, draft, replaces).await?;
                    let known = facts.membership(Some(tenant)).map(|membership| membership.tenant_revision);
                    let moved = set.as_ref().is_some_and(|set| {
                        set.revision.global != facts.global_revision || Ok(set.revision.tenant) != known
                    });
                    if moved {
                        continue;
                    }
                    set
                }
                None => None,
            };
            if let Some(set) = &set
                && let Err(wanted) = bound::settle(&mut facts, set, &preview.call)
            {
                asked = wanted;
                continue;
            }
            let request = EvaluationRequest { facts: &facts, call: &preview.call, approved: &[] };
            return Ok(evaluate_caught(set.as_ref(), &request));
        }
        Err(PreviewError::Unsettled)
    }
}
