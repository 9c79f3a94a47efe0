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
    /// The id of a decision whose call is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl TryQuery {
    /// Reads the parameters of the address.
    pub fn read(map: &Parameters) -> Self {
        Self {
            subject: parameter(map, "subject"),
            agent: parameter(map, "agent"),
            tenant: parameter(map, "tenant"),
            tool: parameter(map, "tool"),
            arguments: parameter(map, "arguments"),
            from: parameter(map, "from"),
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
        href(
            crate::routes::TRY.path,
            [
                ("subject", self.subject.as_deref()),
                ("agent", self.agent.as_deref()),
                ("tenant", self.tenant.as_deref()),
                ("tool", self.tool.as_deref()),
                ("arguments", self.arguments.as_deref()),
                ("from", self.from.as_deref()),
            ],
        )
    }

    /// Whether enough is said to decide.
    pub fn is_asked(&self) -> bool {
        self.subject.is_some() && self.tool.is_some()
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
