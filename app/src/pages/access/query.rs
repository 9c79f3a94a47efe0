//! What the Access explorer is asked; in the browser these are the URL's parameters.

use crate::routes::ACCESS;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// A tool goes before a subject; neither: the matrix. With an agent it is about what that one can do for others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// `server/tool`: who can call it?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What can she do?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who acts for the subject. None: whoever does is left open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The row behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The role behind which the columns begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<String>,
}

impl AccessQuery {
    pub fn read(map: &Parameters) -> Self {
        // To the letter: names may begin or end with blanks, and beside one there may be another without.
        let whole = |name: &str| map.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        Self {
            tenant: parameter(map, "tenant"),
            tool: whole("tool"),
            subject: whole("subject"),
            agent: whole("agent"),
            after: whole("after"),
            roles: whole("roles"),
        }
    }

    /// The same question elsewhere in the answer, or in another form.
    pub fn at(&self, path: &str, after: Option<&str>, roles: Option<&str>) -> String {
        let (tenant, tool) = (self.tenant.as_deref(), self.tool.as_deref());
        let parameters = [
            ("tenant", tenant),
            ("tool", tool),
            ("subject", self.subject.as_deref()),
            ("agent", self.agent.as_deref()),
            ("after", after),
            ("roles", roles),
        ];
        href(path, parameters)
    }

    /// The whole matrix of the tenant.
    pub fn whole(&self) -> String {
        href(ACCESS.path, [("tenant", self.tenant.as_deref())])
    }

    /// Who can call this tool? Through the agent, where there is one.
    pub fn of_tool(&self, tool: &str) -> String {
        self.of("tool", tool)
    }

    /// What can this subject do? Through the agent, where there is one.
    pub fn of_subject(&self, subject: &str) -> String {
        self.of("subject", subject)
    }

    /// Nobody is named for whom the agent acts, and no tool that it calls.
    pub fn is_of_an_agent_alone(&self) -> bool {
        self.agent.is_some() && self.tool.is_none() && self.subject.is_none()
    }

    fn of(&self, name: &str, value: &str) -> String {
        let (tenant, agent) = (self.tenant.as_deref(), self.agent.as_deref());
        href(ACCESS.path, [("tenant", tenant), (name, Some(value)), ("agent", agent)])
    }

    /// What this agent can do for others.
    pub fn through(tenant: &str, agent: &str) -> Self {
        Self { tenant: Some(tenant.to_owned()), agent: Some(agent.to_owned()), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let map = [("tenant", " acme"), ("tool", "crm/a b"), ("after", "")].into_iter().collect();
        let query = AccessQuery::read(&map);
        assert_eq!(query.at("/access", Some("x"), None), "/access?tenant=acme&tool=crm%2Fa%20b&after=x");
        assert_eq!(query.of_subject("bob"), "/access?tenant=acme&subject=bob");
        assert_eq!(query.of_tool("crm/b"), "/access?tenant=acme&tool=crm%2Fb");
        assert_eq!(query.whole(), "/access?tenant=acme");
    }

    #[test]
    fn an_agent_goes_along() {
        let map = [("tenant", "acme"), ("subject", "ada"), ("agent", "a bot")].into_iter().collect();
        let query = AccessQuery::read(&map);
        let asked = "/access?tenant=acme&subject=ada&agent=a%20bot";
        assert_eq!(query.at("/access", None, None), asked);
        assert_eq!(AccessQuery::through("acme", "a bot").of_subject("ada"), asked);
        assert_eq!(query.of_tool("crm/b"), "/access?tenant=acme&tool=crm%2Fb&agent=a%20bot");
    }

    #[test]
    fn blanks_belong_to_names() {
        let asked = AccessQuery::default();
        for address in
            [asked.of_tool("crm/a "), asked.of_subject(" a"), asked.at(ACCESS.path, Some("b "), Some(" c"))]
        {
            let parameters = Parameters::parse(address.trim_start_matches("/access?"));
            let query = AccessQuery::read(&parameters);
            assert_eq!(query.at(ACCESS.path, query.after.as_deref(), query.roles.as_deref()), address);
            assert!(address.contains("%20"), "{address}");
        }
    }
}
