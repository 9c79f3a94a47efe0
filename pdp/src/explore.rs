//! Who can call what, and why: the looking door for the Access explorer. One tenant's policy at one moment, asked about
//! roles, members, and members for whom another one acts; nothing of a call is known but who makes it and which tool it
//! is for, so what hangs on the rest is told as a condition.

use crate::preview::Previewer;
use policy::arguments::Arguments;
use policy::call::TOOLS_CALL;
use policy::compile::PolicySet;
use policy::evaluate::{Clause, Could, EvaluationRequest, Open, Side, Verdict, could};
use policy::facts::{
    ActorFacts, ActorIdentity, AssertedProperties, CredentialFacts, Facts, Identity, MembershipFacts,
    RoleGrant, RoleOrigin, SubjectFacts,
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
        self.ask(subject, self.membership(roles, None), None, tool, Open::CALLER)
    }

    /// What this member could do, whoever acts for it.
    pub fn member(&self, member: &Member, tool: &ToolRef) -> Could {
        self.ask(member.subject.clone(), self.membership_of(member), None, tool, Open::CALL)
    }

    /// What `actor` could do when it acts for this member.
    pub fn through(&self, member: &Member, actor: &Member, tool: &ToolRef) -> Could {
        let identity = ActorIdentity::Asserted { subject: actor.subject.clone() };
        let acting = ActorFacts { memberships: vec![self.membership_of(actor)], ..ActorFacts::new(identity) };
        self.ask(member.subject.clone(), self.membership_of(member), Some(acting), tool, Open::PAIR)
    }

    fn membership_of(&self, member: &Member) -> MembershipFacts {
        let MembershipFacts { roles, until, .. } = member.membership.clone();
        self.membership(roles, until)
    }

    /// As if it had been read together with the policy.
    fn membership(&self, roles: Vec<RoleGrant>, until: Option<Timestamp>) -> MembershipFacts {
        MembershipFacts {
            tenant: self.set.tenant.slug.clone(),
            tenant_revision: self.set.revision.tenant,
            roles,
            until,
        }
    }

    fn ask(
        &self,
        subject: SubjectFacts,
        membership: MembershipFacts,
        actor: Option<ActorFacts>,
        tool: &ToolRef,
        open: Open,
    ) -> Could {
        let facts = Facts {
            now: self.now,
            global_revision: self.set.revision.global,
            credential: CredentialFacts {
                id: "explorer".into(),
                name: "explorer".into(),
                tenant: Some(membership.tenant.clone()),
                server: Some(tool.server.clone()),
                trust: Trust::AssertSubject,
                arguments: ArgumentsMode::Required,
                responses: Responses::Explained,
                search: Search::Nothing,
            },
            identity: Identity::Asserted { subject },
            memberships: vec![membership],
            asserted: AssertedProperties::default(),
            bound: Vec::new(),
            actor: actor.map(Box::new),
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

/// Why, rule by rule, one line each. Of a call through somebody each line says on whose side it stands.
pub fn why(found: &Could) -> Vec<String> {
    let mut lines = match found.sides.as_deref() {
        Some([subject, actor]) => why_of_both(subject, actor),
        None => why_of_one(found),
    };
    if found.verdict != Verdict::Never {
        lines.extend(found.needed.iter().map(|needed| format!("in any case: {needed}")));
    }
    lines
}

fn why_of_one(found: &Could) -> Vec<String> {
    if found.verdict == Verdict::Never {
        return vec![format!("{}: {}", found.reason.title(), found.text)];
    }
    found.ways.iter().chain(&found.limits).map(line).collect()
}

/// Where one of the two denies it, what the other one allows is of no use and not told.
fn why_of_both(subject: &Side, actor: &Side) -> Vec<String> {
    let (own, acting) = (why_of_one(&subject.could), why_of_one(&actor.could));
    if own == acting {
        return own.iter().map(|line| format!("for both: {line}")).collect();
    }
    let denies = |side: &Side| side.could.verdict == Verdict::Never;
    let one_denies = denies(subject) || denies(actor);
    let is_told = |side: &Side| !one_denies || denies(side);
    let own = own.iter().filter(|_| is_told(subject)).map(|line| format!("for `{}`: {line}", subject.id));
    let acting =
        acting.iter().filter(|_| is_told(actor)).map(|line| format!("for `{}`, who acts: {line}", actor.id));
    own.chain(acting).collect()
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
    use policy::Reason;

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

    fn clause(effect: Effect, bounds: &[&str], approvers: &[&str]) -> Clause {
        Clause {
            rule: None,
            name: "r".to_owned(),
            effect,
            bounds: bounds.iter().map(|text| (*text).to_owned()).collect(),
            conditions: Vec::new(),
            approvers: approvers.iter().map(|text| (*text).to_owned()).collect(),
            explain: true,
        }
    }

    #[test]
    fn of_a_pair_it_is_said_whose_side_it_is() {
        let allowed = |bounds: &[&str]| Could {
            verdict: Verdict::Conditional,
            reason: Reason::Allowed,
            text: String::new(),
            tenant: None,
            ways: vec![clause(Effect::Allow, bounds, &[])],
            limits: Vec::new(),
            needed: vec!["more".to_owned()],
            sides: None,
        };
        let denied = || Could {
            verdict: Verdict::Never,
            reason: Reason::DeniedByRule,
            text: "denied by `no`".to_owned(),
            ways: Vec::new(),
            ..allowed(&[])
        };
        for (own, acting, expected) in [
            (
                allowed(&["/a <= 2"]),
                allowed(&["/a <= 1"]),
                &[
                    "for `ada`: `r` allows it if /a <= 2",
                    "for `bot`, who acts: `r` allows it if /a <= 1",
                    "in any case: more",
                ][..],
            ),
            (allowed(&[]), allowed(&[]), &["for both: `r` allows it", "in any case: more"]),
            (allowed(&[]), denied(), &["for `bot`, who acts: denied by a rule: denied by `no`"]),
            (denied(), allowed(&[]), &["for `ada`: denied by a rule: denied by `no`"]),
            (denied(), denied(), &["for both: denied by a rule: denied by `no`"]),
        ] {
            let verdict = own.verdict.min(acting.verdict);
            let sides = [
                Side { id: SubjectId::from("ada"), could: own },
                Side { id: SubjectId::from("bot"), could: acting },
            ];
            let found = Could { verdict, sides: Some(Box::new(sides)), ..allowed(&[]) };
            assert_eq!(why(&found), expected);
        }
    }

    #[test]
    fn a_line_for_each_rule() {
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
