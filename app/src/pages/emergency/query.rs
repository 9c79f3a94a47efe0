//! What the page of emergencies is asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::{Ask, Place, read_of};
use crate::routes::EMERGENCY;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Place in the history, and which form is open about what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EmergencyQuery {
    /// The id behind which the history goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// An id; what is to be stopped in three lines: scope, target, tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl EmergencyQuery {
    pub fn read(map: &Parameters) -> Self {
        // As the form sends it that asks what to stop.
        let chosen = || {
            let part = |name| parameter(map, name).unwrap_or_default();
            parameter(map, "scope").map(|scope| what(&scope, &part("target"), &part("in")))
        };
        Self { before: parameter(map, "before"), ask: Ask::read(map), of: read_of(map).or_else(chosen) }
    }

    /// The history behind this id.
    pub fn older(before: &str) -> String {
        href(EMERGENCY.path, [("before", Some(before))])
    }
}

/// What is to be stopped, as `?of=` has it.
pub fn what(scope: &str, target: &str, tenant: &str) -> String {
    format!("{scope}\n{target}\n{tenant}")
}

/// The form that stops this, in every tenant or as the scope says.
pub fn stop_href(scope: &str, target: &str, tenant: &str) -> String {
    Place::new(EMERGENCY.path).asking(Ask::Throw).of(what(scope, target, tenant)).href()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_stop_is_chosen_or_given() {
        let map = Parameters::parse("ask=throw&scope=tool&target=crm%2Frefund&in=acme");
        let query = EmergencyQuery::read(&map);
        assert_eq!(query.of.as_deref(), Some("tool\ncrm/refund\nacme"));
        let address = stop_href("tool", "crm/refund", "acme");
        assert_eq!(address, "/emergency?ask=throw&of=tool%0Acrm%2Frefund%0Aacme");
        let given = EmergencyQuery::read(&Parameters::parse("ask=throw&of=tool%0Acrm%2Frefund%0Aacme"));
        assert_eq!(given, query);
        // The address is trimmed where it is read, and nothing is lost by it.
        assert_eq!(what("everything", "", "").trim(), "everything");
    }
}
