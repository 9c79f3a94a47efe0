//! The resources that a call named, as they are recorded: of another tenant's nothing but that it is another's, and
//! no id, nor anything else of it, where the arguments are redacted.

use policy::compile::{CompiledTool, MAPPING_MEMBER};
use policy::facts::{BoundFact, Facts};
use policy::{ResourceRef, TenantSlug};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use store::chain::AuditKey;

/// Whether the id stands in an argument that is redacted, or may stand in one.
fn is_redacted(fact: &BoundFact, tool: Option<&CompiledTool>) -> bool {
    // What the call itself is about, the call names anyway. What a mapping names may come from any argument.
    match fact.at.as_str() {
        "" => false,
        at if at.starts_with(MAPPING_MEMBER) => tool.is_none_or(CompiledTool::redacts_anything),
        at => tool.is_none_or(|tool| tool.redacts(at)),
    }
}

/// By what the decision is found: each resource that is recorded in the clear, once.
pub(super) fn touched(facts: &Facts, tool: Option<&CompiledTool>) -> Vec<ResourceRef> {
    let clear = facts.bound.iter().filter(|fact| !is_redacted(fact, tool));
    let once: BTreeSet<(&str, &str)> = clear.map(|fact| (fact.kind.as_str(), fact.id.as_str())).collect();
    once.into_iter().map(|(kind, id)| ResourceRef { kind: kind.to_owned(), id: id.to_owned() }).collect()
}

/// Leaves the facts as they are where there is nothing to hide.
pub(super) fn hide<'a>(
    facts: Cow<'a, Facts>,
    tenant: Option<&TenantSlug>,
    tool: Option<&CompiledTool>,
    key: &AuditKey,
) -> Cow<'a, Facts> {
    let redacted = |fact: &BoundFact| is_redacted(fact, tool);
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
        declaring(None, redact)
    }

    fn declaring(input_schema: Option<serde_json::Value>, redact: &[&str]) -> CompiledTool {
        CompiledTool::compile(ToolSource {
            id: ToolId::from("t"),
            name: "refund".into(),
            review: ReviewState::Reviewed,
            risk: Risk::Low,
            sensitivity: Sensitivity::Internal,
            read_only: false,
            definition_hash: None,
            redact: redact.iter().map(|path| (*path).to_owned()).collect(),
            input_schema,
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

    #[test]
    fn what_nothing_declares_is_hidden_where_anything_is() {
        let schema = json!({"type": "object", "properties": {"note": {}}});
        let schema = Some(schema);
        for (redact, hides) in [(&["/note"][..], true), (&[][..], false)] {
            let tool = declaring(schema.clone(), redact);
            assert_eq!(is_redacted(&fact("/ids/0", "c-1", "acme"), Some(&tool)), hides, "{redact:?}");
        }
        let tool = declaring(schema, &["/other"]);
        assert!(!is_redacted(&fact("/note", "c-1", "acme"), Some(&tool)), "declared, and not redacted");
    }

    #[test]
    fn what_is_recorded_in_the_clear_is_found_by_it() {
        let (_, decided) = asked();
        let mut facts = decided.gathered.facts;
        facts.bound = vec![
            fact("/ids/0", "c-2", "acme"),
            fact("/ids/1", "c-1", "globex"),
            fact("/ids/2", "c-2", "acme"),
            fact("x-authzen-mapping/0", "c-3", "acme"),
        ];
        let ids = |facts: &Facts, tool: Option<&CompiledTool>| -> Vec<String> {
            touched(facts, tool).into_iter().map(|resource| resource.id).collect()
        };
        assert_eq!(ids(&facts, Some(&tool(&[]))), ["c-1", "c-2", "c-3"]);
        assert_eq!(ids(&facts, Some(&tool(&["/ids/1"]))), ["c-2"]);
        assert!(ids(&facts, Some(&tool(&["/ids"]))).is_empty());
        assert!(ids(&facts, None).is_empty(), "of a tool that is not known nobody knows what to redact");
        facts.bound = vec![fact("", "c-1", "acme")];
        assert_eq!(ids(&facts, None), ["c-1"]);
    }
}
