//! Who can call what, and why: the looking door for the Access explorer. One tenant's policy at one moment, asked about
//! roles and members; nothing of a call is known but who makes it and which tool it is for, so what hangs on the rest
//! is told as a condition.

use crate::preview::Previewer;
use policy::arguments::Arguments;
use policy::call::TOOLS_CALL;
use policy::compile::PolicySet;
use policy::evaluate::{Clause, Could, EvaluationRequest, Open, Verdict, could};
use policy::facts::{
    AssertedProperties, CredentialFacts, Facts, Identity, MembershipFacts, RoleGrant, RoleOrigin,
    SubjectFacts,
};
use policy::ids::WHOEVER;
use policy::labels::{ArgumentsMode, Effect, Responses, Search, Trust};
use policy::{Call, ResourceRef, ServerSlug, SubjectId, SubjectKind, TenantSlug, Timestamp};
use serde_json::Map;
use std::panic::{AssertUnwindSafe, catch_unwind};
use store::StoreError;
use store::search::Member;

/// A tool by its server's slug and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolRef {
    pub server: ServerSlug,
    pub name: String,
}

impl ToolRef {
    /// Reads `server/name`, split at the first `/`.
    pub fn parse(text: &str) -> Option<Self> {
        let (server, name) = text.split_once('/')?;
        let whole = !server.is_empty() && !name.is_empty();
        whole.then(|| Self { server: ServerSlug::from(server), name: name.to_owned() })
    }
}

impl std::fmt::Display for ToolRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.server, self.name)
    }
}

/// One tenant's policy, to be asked.
#[derive(Debug)]
pub struct Explorer {
    set: PolicySet,
    now: Timestamp,
}

impl Previewer {
    /// The live policy of a tenant; None where there is no such tenant.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn explore(&self, tenant: &TenantSlug, now: Timestamp) -> Result<Option<Explorer>, StoreError> {
        let set = self.policies.with_draft(tenant, None, None).await?;
        Ok(set.map(|set| Explorer { set, now }))
    }
}

impl Explorer {
    /// The tools of the servers that the tenant may use, in order.
    pub fn tools(&self) -> Vec<ToolRef> {
        let mut tools: Vec<ToolRef> = self
            .set
            .servers()
            .flat_map(|server| {
                server
                    .tools()
                    .map(|tool| ToolRef { server: server.slug.clone(), name: tool.source.name.clone() })
            })
            .collect();
        // As they are written, which is how pages go on.
        tools.sort_by_cached_key(ToString::to_string);
        tools
    }

    /// What a member could do who holds this role and no other.
    pub fn role(&self, role: &str, tool: &ToolRef) -> Could {
        let subject = SubjectFacts {
            // No subject is called so.
            id: SubjectId::new(WHOEVER),
            kind: SubjectKind::User,
            name: String::new(),
            active: true,
            attributes: Map::new(),
        };
        let roles = vec![RoleGrant { name: role.to_owned(), global: false, origin: RoleOrigin::Assigned }];
        self.ask(subject, roles, None, tool, Open::CALLER)
    }

    /// What this member could do.
    pub fn member(&self, member: &Member, tool: &ToolRef) -> Could {
        let MembershipFacts { roles, until, .. } = member.membership.clone();
        self.ask(member.subject.clone(), roles, until, tool, Open::CALL)
    }

    fn ask(
        &self,
        subject: SubjectFacts,
        roles: Vec<RoleGrant>,
        until: Option<Timestamp>,
        tool: &ToolRef,
        open: Open,
    ) -> Could {
        let tenant = self.set.tenant.slug.clone();
        let facts = Facts {
            now: self.now,
            global_revision: self.set.revision.global,
            credential: CredentialFacts {
                id: "explorer".into(),
                name: "explorer".into(),
                tenant: Some(tenant.clone()),
                server: Some(tool.server.clone()),
                trust: Trust::AssertSubject,
                arguments: ArgumentsMode::Required,
                responses: Responses::Explained,
                search: Search::Nothing,
            },
            identity: Identity::Asserted { subject },
            memberships: vec![MembershipFacts {
                tenant,
                tenant_revision: self.set.revision.tenant,
                roles,
                until,
            }],
            asserted: AssertedProperties::default(),
            bound: Vec::new(),
            actor: None,
            task: None,
        };
        let call = Call {
            action: TOOLS_CALL.to_owned(),
            resource: ResourceRef { kind: "tool".to_owned(), id: tool.name.clone() },
            arguments: Arguments::NotSent,
            context: Map::new(),
            tenant: None,
        };
        let request = EvaluationRequest { facts: &facts, call: &call, approved: &[] };
        // A panic is a denial here as well.
        catch_unwind(AssertUnwindSafe(|| could(Some(&self.set), &request, open)))
            .unwrap_or_else(|_| could(None, &request, open))
    }
}

/// The word for how far a call could come, stable: `always`, `conditions`, `approval` or `never`.
pub fn access(found: &Could) -> &'static str {
    match found.verdict {
        Verdict::Always => "always",
        Verdict::Conditional => "conditions",
        Verdict::AfterApproval => "approval",
        Verdict::Never => "never",
    }
}

/// Why, rule by rule, one line each.
pub fn why(found: &Could) -> Vec<String> {
    if found.verdict == Verdict::Never {
        return vec![format!("{}: {}", found.reason.title(), found.text)];
    }
    let mut lines: Vec<String> = found.ways.iter().chain(&found.limits).map(line).collect();
    lines.extend(found.needed.iter().map(|needed| format!("in any case: {needed}")));
    lines
}

fn line(clause: &Clause) -> String {
    let name = &clause.name;
    let conditions: Vec<&str> = clause.all().collect();
    let when =
        if conditions.is_empty() { String::new() } else { format!(" if {}", conditions.join(" and ")) };
    let approvers = clause.approvers.join(" or ");
    match clause.effect {
        Effect::Allow if approvers.is_empty() => format!("`{name}` allows it{when}"),
        Effect::Allow => format!("`{name}` allows it{when}, once {approvers} approved"),
        Effect::RequireApproval => format!("`{name}` has {approvers} asked{when}"),
        Effect::Deny => format!("`{name}` denies it{when}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_split_at_its_first_slash() {
        let tool = ToolRef::parse("crm/a/b").expect("a tool");
        assert_eq!(
            (tool.server.as_str(), tool.name.as_str(), tool.to_string().as_str()),
            ("crm", "a/b", "crm/a/b")
        );
        for bad in ["", "crm", "/a", "crm/"] {
            assert!(ToolRef::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_line_for_each_rule() {
        let clause = |effect: Effect, bounds: &[&str], approvers: &[&str]| Clause {
            rule: None,
            name: "r".to_owned(),
            effect,
            bounds: bounds.iter().map(|text| (*text).to_owned()).collect(),
            conditions: Vec::new(),
            approvers: approvers.iter().map(|text| (*text).to_owned()).collect(),
            explain: true,
        };
        for (clause, expected) in [
            (clause(Effect::Allow, &[], &[]), "`r` allows it"),
            (
                clause(Effect::Allow, &["/a <= 1", "/b is given"], &[]),
                "`r` allows it if /a <= 1 and /b is given",
            ),
            (clause(Effect::Allow, &[], &["finance"]), "`r` allows it, once finance approved"),
            (clause(Effect::RequireApproval, &["/a > 1"], &["x", "y"]), "`r` has x or y asked if /a > 1"),
            (clause(Effect::Deny, &["/a > 9"], &[]), "`r` denies it if /a > 9"),
        ] {
            assert_eq!(line(&clause), expected);
        }
    }
}
