//! What an approval is bound to. Two digests: one of what a call names, known before anything is read, by which requests
//! are looked up; and one of all that an approval is for. Whoever changes any part of it has another call. Both hang on
//! arguments that a tool may redact, and are kept: so they are keyed, and nobody with the database alone guesses by them.

use policy::arguments::{Arguments, canonical};
use policy::compile::MappedCall;
use policy::facts::AssertedProperties;
use policy::{Call, CredentialId, ResourceRef, ServerSlug, SubjectId, TaskId, TenantSlug};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::chain::AuditKey;

/// SHA-256 of the canonical text, in lower-case hexadecimal.
pub(super) fn digest(value: &Value) -> String {
    hex::encode(Sha256::digest(canonical(value)))
}

/// What a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Under this it is looked up.
    pub(crate) call: String,
    /// Of the arguments.
    pub(crate) arguments: String,
    /// The arguments, in canonical form.
    pub(crate) text: String,
}

impl Named {
    /// None: not all of it is known, so nobody can approve it.
    pub(crate) fn of(call: &Call, key: &AuditKey) -> Option<Self> {
        let text = match &call.arguments {
            Arguments::Known(arguments) => canonical(arguments),
            // What has no arguments by nature; a tool's or a prompt's were merely not sent.
            Arguments::NotSent if !matches!(call.resource.kind.as_str(), "tool" | "prompt") => {
                "{}".to_owned()
            }
            Arguments::NotSent | Arguments::NotAnObject | Arguments::TooLarge => return None,
        };
        let arguments = key.binding_digest(&text);
        let named = json!([call.action, call.resource.kind, call.resource.id, call.task(), arguments]);
        Some(Self { call: key.binding_digest(&canonical(&named)), arguments, text })
    }
}

/// All that an approval is bound to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<'a> {
    pub(super) tenant: &'a TenantSlug,
    pub(super) subject: &'a SubjectId,
    pub(super) actor: Option<&'a SubjectId>,
    pub(super) credential: &'a CredentialId,
    pub(super) server: Option<&'a ServerSlug>,
    pub(super) action: &'a str,
    pub(super) resource: &'a ResourceRef,
    /// The arguments' digest.
    pub(super) arguments: &'a str,
    pub(super) definition_hash: Option<&'a str>,
    pub(super) task: Option<&'a TaskId>,
    /// The members that the rules read.
    pub(super) context: &'a Map<String, Value>,
    /// The claims of the caller's token that the rules read.
    pub(super) claims: &'a Map<String, Value>,
    /// What the enforcing side says of action and resource, where it is believed: part of what is to be done.
    pub(super) asserted: &'a AssertedProperties,
    /// What the tool's declared mapping asks for beside the call.
    pub(super) mapped: &'a [MappedCall],
}

impl Bound<'_> {
    pub(super) fn digest(&self, key: &AuditKey) -> String {
        let mapped = self.mapped.iter();
        let mapped: Vec<Value> =
            mapped.map(|one| json!([one.action, one.resource, one.properties, one.context])).collect();
        let mut all = json!({
            "v": 2,
            "tenant": self.tenant,
            "subject": self.subject,
            "actor": self.actor,
            "credential": self.credential,
            "server": self.server,
            "action": self.action,
            "resource": self.resource,
            "arguments": self.arguments,
            "definition": self.definition_hash,
            "task": self.task,
            "context": self.context,
            "asserted": self.asserted,
            "mapped": mapped,
        });
        // Left out where there are none, as in what was bound before claims were.
        if !self.claims.is_empty() {
            all["claims"] = json!(self.claims);
        }
        key.binding_digest(&canonical(&all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::arguments::parse_exact;

    fn call(arguments: &str) -> Call {
        Call {
            action: "tools/call".into(),
            resource: ResourceRef { kind: "tool".into(), id: "refund".into() },
            arguments: Arguments::from_value(parse_exact(arguments.as_bytes()).expect("parses")),
            context: Map::new(),
            tenant: None,
        }
    }

    fn key() -> AuditKey {
        AuditKey::from_secret(&[7; 32])
    }

    fn named(arguments: &str) -> Named {
        Named::of(&call(arguments), &key()).expect("is known")
    }

    #[test]
    fn nobody_guesses_arguments_without_the_key() {
        let (one, two) = (key(), AuditKey::from_secret(&[8; 32]));
        let of = |key: &AuditKey| Named::of(&call(r#"{"pin": 4711}"#), key).expect("is known");
        assert_eq!((of(&one).arguments.len(), of(&one).call.len()), (64, 64));
        assert_eq!(of(&one), of(&one));
        assert_ne!(of(&one).arguments, of(&two).arguments);
        assert_ne!(of(&one).call, of(&two).call);
        assert_ne!(of(&one).arguments, hex::encode(Sha256::digest(r#"{"pin":4711}"#)));
    }

    #[test]
    fn one_spelling_is_as_good_as_another() {
        let first = named(r#"{"amount": 1, "to": "c-42"}"#);
        for same in [
            r#"{"to":"c-42","amount":1}"#,
            r#"{"amount":1.0,"to":"c-42"}"#,
            r#"{"amount":1e0,"to":"\u0063-42"}"#,
        ] {
            assert_eq!(named(same), first, "{same}");
        }
        for other in [
            r#"{"amount": 2, "to": "c-42"}"#,
            r#"{"amount": "1", "to": "c-42"}"#,
            r#"{"amount": 1, "to": "c-43"}"#,
            r#"{"amount": 1, "to": "c-42", "note": null}"#,
            r#"{"amount": 1}"#,
        ] {
            assert_ne!(named(other).call, first.call, "{other}");
        }
        let [big, bigger] = ["9007199254740992", "9007199254740993"];
        assert_ne!(
            named(&format!(r#"{{"n":{big}}}"#)).arguments,
            named(&format!(r#"{{"n":{bigger}}}"#)).arguments
        );
    }

    #[test]
    fn what_is_not_known_cannot_be_approved() {
        for arguments in [Arguments::NotSent, Arguments::NotAnObject, Arguments::TooLarge] {
            assert_eq!(Named::of(&Call { arguments, ..call("{}") }, &key()), None);
        }
        let record = ResourceRef { kind: "record".into(), id: "r-1".into() };
        let read = Call { resource: record, arguments: Arguments::NotSent, ..call("{}") };
        assert_eq!(Named::of(&read, &key()).expect("has none by nature").text, "{}");
    }

    #[test]
    fn each_part_makes_another_call() {
        let (tenant, other_tenant) = (TenantSlug::from("acme"), TenantSlug::from("globex"));
        let (alice, bob, bot) = (SubjectId::from("alice"), SubjectId::from("bob"), SubjectId::from("bot"));
        let (credential, other_credential) = (CredentialId::from("c"), CredentialId::from("d"));
        let (server, other_server) = (ServerSlug::from("crm"), ServerSlug::from("erp"));
        let (task, resource) = (TaskId::from("t"), call("{}").resource);
        let other_resource = ResourceRef { id: "refund2".into(), ..resource.clone() };
        let context = Map::new();
        let mut office = Map::new();
        office.insert("ip".into(), "192.0.2.1".into());
        let none = Map::new();
        let nothing = AssertedProperties::default();
        let soft = AssertedProperties { action: office.clone(), ..nothing.clone() };
        let record = AssertedProperties { resource: office.clone(), ..nothing.clone() };
        let read = MappedCall {
            action: "read".into(),
            names_action: true,
            resource: ResourceRef { kind: "account".into(), id: "a-1".into() },
            properties: nothing.clone(),
            context: Map::new(),
        };
        let one = [read.clone()];
        let other_id = ResourceRef { id: "a-2".into(), ..read.resource.clone() };
        let others = [
            [MappedCall { action: "write".into(), ..read.clone() }],
            [MappedCall { resource: other_id, ..read.clone() }],
            [MappedCall { properties: soft.clone(), ..read.clone() }],
            [MappedCall { context: office.clone(), ..read.clone() }],
        ];
        let twice = [read.clone(), read];
        let bound = Bound {
            tenant: &tenant,
            subject: &alice,
            actor: None,
            credential: &credential,
            server: Some(&server),
            action: "tools/call",
            resource: &resource,
            arguments: "a",
            definition_hash: Some("h"),
            task: None,
            context: &context,
            claims: &none,
            asserted: &nothing,
            mapped: &[],
        };
        let of = |bound: Bound<'_>| bound.digest(&key());
        assert_eq!(of(bound), of(bound));
        assert_ne!(of(bound), bound.digest(&AuditKey::from_secret(&[8; 32])));
        for other in [
            Bound { tenant: &other_tenant, ..bound },
            Bound { subject: &bob, ..bound },
            Bound { actor: Some(&bot), ..bound },
            Bound { credential: &other_credential, ..bound },
            Bound { server: Some(&other_server), ..bound },
            Bound { server: None, ..bound },
            Bound { action: "tools/list", ..bound },
            Bound { resource: &other_resource, ..bound },
            Bound { arguments: "b", ..bound },
            Bound { definition_hash: Some("i"), ..bound },
            Bound { definition_hash: None, ..bound },
            Bound { task: Some(&task), ..bound },
            Bound { context: &office, ..bound },
            Bound { claims: &office, ..bound },
            Bound { asserted: &soft, ..bound },
            Bound { asserted: &record, ..bound },
            Bound { mapped: &one, ..bound },
        ] {
            assert_ne!(of(other), of(bound), "{other:?}");
        }
        assert_ne!(of(Bound { asserted: &soft, ..bound }), of(Bound { asserted: &record, ..bound }));
        let mapped = Bound { mapped: &one, ..bound };
        for other in others.iter().map(<[MappedCall; 1]>::as_slice).chain([twice.as_slice()]) {
            assert_ne!(of(Bound { mapped: other, ..bound }), of(mapped), "{other:?}");
        }
    }
}
