//! A call to try; on its page these are the URL's parameters, so that a trial can be linked.

use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Who calls what, as typed. What is none was not said yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TryQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who acts for the subject. None: the subject calls by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// `server/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// What is done instead of a tool's call; tool and arguments then say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<OtherAction>,
    /// The id of a decision whose call is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// An action that is no tool's call, on a resource that is no tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OtherAction {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the asking side says of the resource: JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<String>,
    /// What the asking side says of the action: JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_properties: Option<String>,
}

/// The parameter that asks for the form of another action, and its value.
pub const FORM: (&str, &str) = ("form", "action");

impl OtherAction {
    /// None: the address is about a tool's call.
    fn read(map: &Parameters) -> Option<Self> {
        let other = Self {
            action: parameter(map, "action"),
            kind: parameter(map, "type"),
            id: parameter(map, "id"),
            properties: parameter(map, "properties"),
            action_properties: parameter(map, "action_properties"),
        };
        let (name, value) = FORM;
        (map.get(name) == Some(value) || other.is_begun()).then_some(other)
    }

    /// Whether anything of what is done was said.
    fn is_begun(&self) -> bool {
        self.action.is_some() || self.kind.is_some() || self.id.is_some()
    }
}

impl TryQuery {
    /// Reads the parameters of the address. One that names both a tool and another action is about the latter.
    pub fn read(map: &Parameters) -> Self {
        let other = OtherAction::read(map);
        let of_tool = |name: &str| if other.is_none() { parameter(map, name) } else { None };
        Self {
            subject: parameter(map, "subject"),
            agent: parameter(map, "agent"),
            tenant: parameter(map, "tenant"),
            tool: of_tool("tool"),
            arguments: of_tool("arguments"),
            other,
            from: parameter(map, "from"),
        }
    }

    /// The same parties at the form of a tool's call, or of another action.
    #[must_use]
    pub fn at_form(&self, other: bool) -> Self {
        Self {
            subject: self.subject.clone(),
            agent: self.agent.clone(),
            tenant: self.tenant.clone(),
            other: other.then(OtherAction::default),
            ..Self::default()
        }
    }

    /// What this agent may call for this subject; the tool is still to be said.
    pub fn through(tenant: &str, agent: &str, subject: &str) -> Self {
        Self {
            subject: Some(subject.to_owned()),
            agent: Some(agent.to_owned()),
            tenant: Some(tenant.to_owned()),
            ..Self::default()
        }
    }

    /// The address of this trial.
    pub fn href(&self) -> String {
        let (form, value) = FORM;
        let said = |read: fn(&OtherAction) -> Option<&str>| self.other.as_ref().and_then(read);
        href(
            crate::routes::TRY.path,
            [
                ("subject", self.subject.as_deref()),
                ("agent", self.agent.as_deref()),
                ("tenant", self.tenant.as_deref()),
                ("tool", self.tool.as_deref()),
                ("arguments", self.arguments.as_deref()),
                (form, self.other.is_some().then_some(value)),
                ("action", said(|other| other.action.as_deref())),
                ("type", said(|other| other.kind.as_deref())),
                ("id", said(|other| other.id.as_deref())),
                ("properties", said(|other| other.properties.as_deref())),
                ("action_properties", said(|other| other.action_properties.as_deref())),
                ("from", self.from.as_deref()),
            ],
        )
    }

    /// Whether enough is said to decide, or to say what is missing.
    pub fn is_asked(&self) -> bool {
        match &self.other {
            Some(other) => other.is_begun(),
            None => self.subject.is_some() && self.tool.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let query = TryQuery {
            subject: Some("alice".to_owned()),
            tool: Some("crm/refund".to_owned()),
            arguments: Some(r#"{"a": 1}"#.to_owned()),
            ..TryQuery::default()
        };
        assert_eq!(query.href(), "/try?subject=alice&tool=crm%2Frefund&arguments=%7B%22a%22%3A%201%7D");
        let map: Parameters = [
            ("subject", "alice".to_owned()),
            ("tool", "crm/refund".to_owned()),
            ("arguments", r#"{"a": 1}"#.to_owned()),
        ]
        .into_iter()
        .collect();
        assert_eq!(TryQuery::read(&map), query);
        assert!(query.is_asked());
        assert!(!TryQuery::default().is_asked());
    }

    #[test]
    fn another_action_has_an_address() {
        let other = OtherAction {
            action: Some("read".to_owned()),
            kind: Some("record".to_owned()),
            id: Some("r/1".to_owned()),
            properties: Some(r#"{"a": 1}"#.to_owned()),
            action_properties: Some("{}".to_owned()),
        };
        let asked = TryQuery {
            subject: Some("alice".to_owned()),
            tenant: Some("acme".to_owned()),
            other: Some(other),
            ..TryQuery::default()
        };
        let address = "/try?subject=alice&tenant=acme&form=action&action=read&type=record&id=r%2F1\
            &properties=%7B%22a%22%3A%201%7D&action_properties=%7B%7D";
        assert_eq!(asked.href(), address);
        let read = |address: &str| TryQuery::read(&Parameters::parse(address.trim_start_matches("/try?")));
        assert_eq!(read(address), asked);
        assert!(asked.is_asked());
        // Whoever writes an address need not know of the form.
        assert_eq!(read(&address.replace("form=action&", "")), asked);
        // Not both at once.
        let both = read("subject=alice&tool=crm/refund&arguments={}&type=record");
        assert_eq!((both.tool.as_deref(), both.arguments.as_deref()), (None, None));
        assert!(both.is_asked(), "what is missing is said");
        // The one form leads to the other, and back.
        let begun = asked.at_form(true);
        assert_eq!(begun.href(), "/try?subject=alice&tenant=acme&form=action");
        assert_eq!(read(&begun.href()), begun);
        assert!(!begun.is_asked());
        assert_eq!(begun.at_form(false).href(), "/try?subject=alice&tenant=acme");
        assert_eq!(read("subject=alice&properties={}").other, None);
    }

    #[test]
    fn an_agent_goes_along() {
        let query = TryQuery::through("acme", "a bot", "ada");
        let address = "/try?subject=ada&agent=a%20bot&tenant=acme";
        assert_eq!(query.href(), address);
        assert_eq!(TryQuery::read(&Parameters::parse(address.trim_start_matches("/try?"))), query);
        assert!(!query.is_asked());
        let nobody = [("subject", "ada"), ("agent", " "), ("tool", "crm/refund")].into_iter().collect();
        assert_eq!(TryQuery::read(&nobody).agent, None);
    }
}
