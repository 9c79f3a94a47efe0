//! Stop switches and break-glass grants as evaluation asks for them: by hash, however many there are.

use crate::ids::SubjectId;
use crate::labels::StopScope;
use crate::pattern::Pattern;
use crate::timestamp::Timestamp;
use std::collections::HashMap;

/// A stop switch that nobody has lifted, and that counts in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopSwitch {
    pub scope: StopScope,
    /// A subject's id, a server's slug, or `server/tool`; empty where the scope says it all.
    pub target: String,
    pub reason: String,
    pub by: String,
    pub at: Timestamp,
}

/// A confirmed grant: it allows one subject some tools from one moment on and up to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    pub id: String,
    pub subject: SubjectId,
    pub tools: Pattern,
    pub reason: String,
    pub asked_by: String,
    pub confirmed_by: String,
    pub from: Timestamp,
    /// From here on it allows nothing.
    pub until: Timestamp,
}

/// What is in force in one tenant beside its rules.
#[derive(Debug, Default)]
pub struct Emergency {
    /// Stops everything, or the tenant.
    whole: Option<StopSwitch>,
    subjects: HashMap<String, StopSwitch>,
    servers: HashMap<String, StopSwitch>,
    /// By `server/tool`.
    tools: HashMap<String, StopSwitch>,
    grants: HashMap<SubjectId, Vec<BreakGlass>>,
}

impl Emergency {
    /// Of several switches that stop the same, the widest is told, and of those the oldest. Of several grants that
    /// allow the same, the one that ends last.
    pub fn new(mut switches: Vec<StopSwitch>, mut grants: Vec<BreakGlass>) -> Self {
        let mut emergency = Self::default();
        switches.sort_by_key(|switch| (switch.scope, switch.at));
        for switch in switches {
            let key = switch.target.clone();
            match switch.scope {
                StopScope::Everything | StopScope::Tenant => {
                    emergency.whole.get_or_insert(switch);
                }
                StopScope::Subject | StopScope::Agent => {
                    emergency.subjects.entry(key).or_insert(switch);
                }
                StopScope::Server => {
                    emergency.servers.entry(key).or_insert(switch);
                }
                StopScope::Tool => {
                    emergency.tools.entry(key).or_insert(switch);
                }
            }
        }
        grants.sort_by(|a, b| (b.until, &a.id).cmp(&(a.until, &b.id)));
        for grant in grants {
            emergency.grants.entry(grant.subject.clone()).or_default().push(grant);
        }
        emergency
    }

    pub(crate) fn whole(&self) -> Option<&StopSwitch> {
        self.whole.as_ref()
    }

    /// Stops this subject, as itself or as whoever acts.
    pub(crate) fn subject(&self, id: &str) -> Option<&StopSwitch> {
        self.subjects.get(id)
    }

    pub(crate) fn server(&self, slug: &str) -> Option<&StopSwitch> {
        self.servers.get(slug)
    }

    pub(crate) fn tool(&self, server: &str, name: &str) -> Option<&StopSwitch> {
        // Nearly always there is none, and then nothing is put together.
        if self.tools.is_empty() { None } else { self.tools.get(&format!("{server}/{name}")) }
    }

    /// A grant that holds at this moment. A subject has a handful at the most.
    pub(crate) fn grant(
        &self,
        subject: &SubjectId,
        server: &str,
        tool: &str,
        now: Timestamp,
    ) -> Option<&BreakGlass> {
        let holds =
            |grant: &&BreakGlass| grant.from <= now && now < grant.until && grant.tools.matches(server, tool);
        self.grants.get(subject)?.iter().find(holds)
    }
}
