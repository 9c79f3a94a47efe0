//! A sketch as a bundle: all that there is in its world, whatever there was before.

use crate::search::sketch::{Key, Membership, RESOURCES, ROLES, SUBJECTS, Sketch, Subject, TENANTS, TOOLS};
use policy::Rule;
use serde_json::{Map, Value, json};

/// In force in every world, so that something is found in most.
const BASE: &[&str] = &[
    r#"{"name": "base tools", "effect": "allow", "tools": ["crm/show"]}"#,
    r#"{"name": "base resources", "effect": "allow", "actions": ["read"], "resources": ["record:*"]}"#,
];

/// The variable of a subject's own key.
pub(crate) fn variable(subject: &str) -> String {
    format!("KEY_OF_{subject}")
}

impl Sketch {
    /// As it is written in the bundle, and as it is read.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let read = |rule: Value| serde_json::from_value(rule).expect("a rule");
        self.written_rules().into_iter().map(read).collect()
    }

    fn written_rules(&self) -> Vec<Value> {
        let drawn = self.rules.iter().enumerate().map(|(number, parts)| rule(number, parts));
        BASE.iter().map(|text| serde_json::from_str::<Value>(text).expect("JSON")).chain(drawn).collect()
    }

    pub(crate) fn bundle(&self) -> String {
        let roles: Vec<Value> = ROLES.iter().map(|name| json!({ "name": name })).collect();
        json!({
            "tenants": [{"slug": "acme", "active": !self.suspended}, {"slug": "globex"}],
            "roles": roles,
            "subjects": self.subjects(),
            "servers": self.servers(),
            "resources": self.resources(),
            "rules": self.written_rules(),
            "credentials": credentials(),
        })
        .to_string()
    }

    fn subjects(&self) -> Vec<Value> {
        SUBJECTS.iter().zip(&self.subjects).map(|((id, kind), drawn)| subject(id, kind, drawn)).collect()
    }

    fn servers(&self) -> Vec<Value> {
        let tools = |server: &str| -> Vec<Value> {
            let all = TOOLS.iter().zip(&self.labels);
            let own = all.filter(|((slug, _), _)| *slug == server);
            own.map(|((_, name), labels)| self.tool(name, *labels)).collect()
        };
        let [crm, other] = self.enabled;
        vec![
            json!({"slug": "crm", "url": "http://127.0.0.1:9000/mcp", "tenants": TENANTS, "enabled": crm,
                "tools": tools("crm")}),
            json!({"slug": "other", "url": "http://127.0.0.1:9001/mcp", "tenants": self.others,
                "enabled": other, "tools": tools("other")}),
        ]
    }

    fn tool(&self, name: &str, (risk, sensitivity): (&str, &str)) -> Value {
        let mut tool = json!({"name": name, "risk": risk, "sensitivity": sensitivity});
        match name {
            "later" => tool["review"] = json!(self.review),
            "do" => tool["task"] = json!("required"),
            "wipe" => {
                let scopes: &[&str] = if self.scoped { &["crm:wipe"] } else { &[] };
                tool["scopes"] = json!(scopes);
            }
            "refund" => {
                tool["input_schema"] = schema();
                tool["bindings"] = json!([{"pointer": "/customer_id", "type": "customer", "optional": true,
                    "unknown": self.unknown}]);
            }
            "move" => {
                let mut schema = schema();
                let resource = json!({"type": "customer", "id": "$params.arguments.customer_id"});
                schema["x-authzen-mapping"] =
                    json!({"evaluation": {"action": {"name": "read"}, "resource": resource}});
                tool["input_schema"] = schema;
                tool["mapping"] = json!(if self.accepted { "accepted" } else { "ignored" });
            }
            _ => {}
        }
        tool
    }

    fn resources(&self) -> Vec<Value> {
        let all = RESOURCES.iter().flat_map(|(kind, ids)| ids.iter().map(move |id| (*kind, *id)));
        let registered = all.filter(|(_, id)| is_registered(id)).zip(&self.resources);
        registered
            .map(|((kind, id), (region, status, sensitivity))| {
                let tenant = if matches!(id, "g-1" | "r3") { "globex" } else { "acme" };
                json!({"type": kind, "id": id, "tenant": tenant, "sensitivity": sensitivity,
                    "attributes": {"region": region, "status": status}})
            })
            .collect()
    }
}

pub(crate) fn is_registered(id: &str) -> bool {
    !id.ends_with('9')
}

fn rule(number: usize, parts: &[&'static str]) -> Value {
    let parts = parts.iter().map(|part| serde_json::from_str::<Map<String, Value>>(part).expect("an object"));
    let mut rule: Map<String, Value> = parts.flatten().collect();
    rule.insert("name".to_owned(), json!(format!("rule {number}")));
    Value::Object(rule)
}

fn subject(id: &str, kind: &str, drawn: &Subject) -> Value {
    let places = TENANTS.iter().zip(&drawn.memberships);
    let memberships: Vec<Value> =
        places.filter_map(|(tenant, held)| Some(membership(tenant, held.as_ref()?))).collect();
    json!({"id": id, "kind": kind, "active": drawn.active, "attributes": {"level": drawn.level},
        "memberships": memberships, "api_keys": [{"name": "k", "secret_env": variable(id)}]})
}

fn membership(tenant: &str, (roles, ended): &Membership) -> Value {
    let roles: Vec<&str> = roles.iter().map(|place| ROLES[*place]).collect();
    let mut membership = json!({ "tenant": tenant, "roles": roles });
    if *ended {
        membership["until"] = json!("2020-01-01T00:00:00Z");
    }
    membership
}

fn schema() -> Value {
    json!({"type": "object", "properties":
        {"amount": {"type": "number"}, "customer_id": {"type": "string"}, "note": {"type": "string"}}})
}

fn credentials() -> Vec<Value> {
    let credential = |key: Key| {
        let trust = match key {
            Key::Attributes => "assert_attributes",
            Key::Verify => "verify_token",
            Key::Acme | Key::Crm | Key::Free => "assert_subject",
        };
        let variable = key.variable();
        let mut credential =
            json!({"name": variable, "trust": trust, "search": "own", "secret_env": variable});
        if key != Key::Free {
            credential["tenant"] = json!("acme");
        }
        if key == Key::Crm {
            credential["server"] = json!("crm");
        }
        credential
    };
    Key::ALL.into_iter().map(credential).collect()
}
