//! Step 5: evaluate, beside other calls. Large arguments wait for their turn, and a panic is a denial.

use crate::Pdp;
use policy::compile::PolicySet;
use policy::evaluate::{EvaluationRequest, evaluate, tenant_of};
use policy::facts::{Facts, Revision};
use policy::{Call, Decision, Reason, RuleId};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

impl Pdp {
    /// Evaluation is quick unless the arguments are large and a tool's own schema is slow on them. Those go
    /// through a lane of their own, so that they hold up neither other calls nor the record.
    pub(crate) async fn evaluate(
        &self,
        set: Option<&Arc<PolicySet>>,
        facts: &Facts,
        call: &Call,
        approved: &[RuleId],
    ) -> Decision {
        let heavy = call.arguments.known().is_some_and(is_heavy);
        if !heavy {
            return evaluate_caught(set.map(Arc::as_ref), &EvaluationRequest { facts, call, approved });
        }
        let Ok(_turn) = self.heavy.acquire().await else { return failed(facts, call) };
        let lane = {
            let (set, facts, call) = (set.cloned(), facts.clone(), call.clone());
            let approved = approved.to_vec();
            tokio::task::spawn_blocking(move || {
                let request = EvaluationRequest { facts: &facts, call: &call, approved: &approved };
                evaluate_caught(set.as_deref(), &request)
            })
        };
        lane.await.unwrap_or_else(|_| failed(facts, call))
    }
}

/// More than 8 KiB of arguments.
fn is_heavy(arguments: &Value) -> bool {
    fn exceeds(value: &Value, left: &mut usize) -> bool {
        let cost = match value {
            Value::String(text) => text.len() + 2,
            _ => 2,
        };
        let Some(less) = left.checked_sub(cost) else { return true };
        *left = less;
        match value {
            Value::Array(items) => items.iter().any(|item| exceeds(item, left)),
            Value::Object(map) => map.iter().any(|(key, item)| {
                *left = left.saturating_sub(key.len());
                exceeds(item, left)
            }),
            _ => false,
        }
    }
    exceeds(arguments, &mut { 8 * 1024 })
}

/// Evaluation cannot panic; if it does all the same, that is a recorded denial.
pub(crate) fn evaluate_caught(set: Option<&PolicySet>, request: &EvaluationRequest<'_>) -> Decision {
    caught(request.facts, request.call, || evaluate(set, request))
}

fn caught(facts: &Facts, call: &Call, evaluation: impl FnOnce() -> Decision) -> Decision {
    catch_unwind(AssertUnwindSafe(evaluation)).unwrap_or_else(|_| failed(facts, call))
}

/// A denial that stands in the record of the tenant whose call it was.
fn failed(facts: &Facts, call: &Call) -> Decision {
    let mut decision = Decision::deny(Reason::EvaluationFailed, "evaluation panicked");
    if let Some(tenant) = tenant_of(facts, call)
        && let Ok(membership) = facts.membership(Some(tenant))
    {
        decision.revision = Revision { global: facts.global_revision, tenant: membership.tenant_revision };
        decision.tenant = Some(tenant.clone());
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::arguments::Arguments;
    use policy::facts::{AssertedProperties, CredentialFacts, Identity, MembershipFacts, SubjectFacts};
    use policy::labels::{ArgumentsMode, Responses, Search, Trust};
    use policy::{ResourceRef, SubjectKind, TenantSlug, Timestamp};
    use serde_json::Map;

    #[test]
    fn an_evaluation_that_panics_is_a_denial_of_the_callers_tenant() {
        let facts = Facts {
            now: Timestamp::default(),
            global_revision: 7,
            credential: CredentialFacts {
                id: "c".into(),
                name: "pep".into(),
                tenant: None,
                server: None,
                trust: Trust::AssertSubject,
                arguments: ArgumentsMode::Required,
                responses: Responses::Explained,
                search: Search::Nothing,
            },
            identity: Identity::Asserted {
                subject: SubjectFacts {
                    id: "alice".into(),
                    kind: SubjectKind::User,
                    name: "Alice".into(),
                    active: true,
                    attributes: Map::new(),
                },
            },
            memberships: vec![MembershipFacts {
                tenant: TenantSlug::from("acme"),
                tenant_revision: 3,
                roles: Vec::new(),
                until: None,
            }],
            asserted: AssertedProperties::default(),
            bound: Vec::new(),
            actor: None,
            task: None,
        };
        let call = Call {
            action: "tools/call".into(),
            resource: ResourceRef { kind: "tool".into(), id: "crm/refund".into() },
            arguments: Arguments::NotSent,
            context: Map::new(),
            tenant: None,
        };
        let decision = caught(&facts, &call, || panic!("a fault of ours"));
        assert_eq!((decision.is_allow(), decision.reason), (false, Reason::EvaluationFailed));
        assert_eq!(decision.tenant, Some(TenantSlug::from("acme")));
        assert_eq!(decision.revision, Revision { global: 7, tenant: 3 });
    }
}
