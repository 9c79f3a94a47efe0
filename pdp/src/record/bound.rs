//! The resources that a call named, as they are recorded: of another tenant's nothing but that it is another's, and
//! no id, nor anything else of it, where the arguments are redacted.

use policy::TenantSlug;
use policy::compile::{CompiledTool, MAPPING_MEMBER};
use policy::facts::{BoundFact, Facts};
use serde_json::Value;
use std::borrow::Cow;
use store::chain::AuditKey;

/// Leaves the facts as they are where there is nothing to hide.
pub(super) fn hide<'a>(
    facts: Cow<'a, Facts>,
    tenant: Option<&TenantSlug>,
    tool: Option<&CompiledTool>,
    key: &AuditKey,
) -> Cow<'a, Facts> {
    // What the call itself is about, the call names anyway. What a mapping names may come from any argument.
    let redacted = |fact: &BoundFact| match fact.at.as_str() {
        "" => false,
        at if at.starts_with(MAPPING_MEMBER) => tool.is_none_or(CompiledTool::redacts_anything),
        at => tool.is_none_or(|tool| tool.redacts(at)),
    };
    let foreign =
        |fact: &BoundFact| fact.resource.as_ref().is_some_and(|resource| Some(&resource.tenant) != tenant);
    if !facts.bound.iter().any(|fact| redacted(fact) || foreign(fact)) {
        return facts;
    }
    let mut facts = facts.into_owned();
    for fact in &mut facts.bound {
        let (redacted, foreign) = (redacted(&*fact), foreign(&*fact));
        if redacted {
            // As the argument itself is recorded, so that equal ones compare equal.
            let text = policy::arguments::canonical(&Value::from(fact.id.as_str()));
            fact.id = format!("{}:{}", super::REDACTED, key.keyed_digest(text.as_bytes()));
        }
        if let Some(resource) = &mut fact.resource {
            if foreign {
                resource.tenant = TenantSlug::new("");
                resource.sensitivity = policy::Sensitivity::Internal;
            }
            if redacted || foreign {
                resource.attributes.clear();
            }
        }
    }
    Cow::Owned(facts)
}

#[cfg(test)]
mod tests {
    use super::super::tests::asked;
    use super::*;
    use policy::binding::Binding;
    use policy::compile::ToolSource;
    use policy::facts::ResourceFacts;
    use policy::labels::{OnUnknown, TaskNeed};
    use policy::{ReviewState, Risk, Sensitivity, ToolId};
    use serde_json::json;

    fn tool(redact: &[&str]) -> CompiledTool {
        CompiledTool::compile(ToolSource {
            id: ToolId::from("t"),
            name: "refund".into(),
            review: ReviewState::Reviewed,
            risk: Risk::Low,
            sensitivity: Sensitivity::Internal,
            read_only: false,
            definition_hash: None,
            redact: redact.iter().map(|path| (*path).to_owned()).collect(),
            input_schema: None,
            check_schema: true,
            bindings: vec![Binding {
                pointer: "/ids/*".into(),
                kind: "customer".into(),
                optional: false,
                unknown: OnUnknown::Deny,
            }],
            scopes: Vec::new(),
            task: TaskNeed::Optional,
            mapping: None,
        })
    }

    fn fact(at: &str, id: &str, tenant: &str) -> BoundFact {
        BoundFact {
            at: at.into(),
            kind: "customer".into(),
            id: id.into(),
            resource: Some(ResourceFacts {
                tenant: TenantSlug::from(tenant),
                sensitivity: Sensitivity::Regulated,
                attributes: json!({"region": "eu"}).as_object().expect("an object").clone(),
            }),
        }
    }

    fn hidden(bound: Vec<BoundFact>, redact: &[&str]) -> Vec<BoundFact> {
        let (_, decided) = asked();
        let mut facts = decided.gathered.facts;
        facts.bound = bound;
        let key = AuditKey::from_secret(&[7; 32]);
        let acme = TenantSlug::from("acme");
        hide(Cow::Borrowed(&facts), Some(&acme), Some(&tool(redact)), &key).into_owned().bound
    }

    #[test]
    fn the_own_tenants_are_recorded_and_anothers_only_as_anothers() {
        let bound = vec![fact("/ids/0", "c-1", "acme"), fact("/ids/1", "g-1", "globex")];
        let recorded = hidden(bound.clone(), &[]);
        assert_eq!(recorded.first(), bound.first());
        let text = serde_json::to_string(&recorded[1]).expect("writes");
        assert!(text.contains("g-1") && !text.contains("globex") && !text.contains("eu"), "{text}");
    }

    #[test]
    fn what_is_redacted_in_the_arguments_is_redacted_here() {
        for redact in ["/ids", "/ids/*", "/ids/1"] {
            let recorded = hidden(vec![fact("/ids/1", "c-1", "acme")], &[redact]);
            let text = serde_json::to_string(&recorded).expect("writes");
            assert!(!text.contains("c-1") && !text.contains("region"), "{redact}: {text}");
            assert!(text.contains("$redacted:"), "{text}");
        }
        for (redact, hides) in [(&["/other"][..], true), (&[][..], false)] {
            let recorded = hidden(vec![fact("x-authzen-mapping/0", "c-1", "acme")], redact);
            assert_eq!(recorded[0].id != "c-1", hides, "what a mapping names may come from any argument");
        }
        let one = hidden(vec![fact("/ids/1", "c-1", "acme")], &["/ids/*"]);
        let two = hidden(vec![fact("/ids/0", "c-1", "acme")], &["/ids/*"]);
        assert_eq!(one[0].id, two[0].id, "equal ones compare equal");
    }
}
