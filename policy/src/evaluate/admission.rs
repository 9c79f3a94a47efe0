//! Who is calling, and under which tenant: the checks before any policy is looked at.

use crate::call::Call;
use crate::decision::Decision;
use crate::facts::{Facts, Identity, MembershipFacts, SubjectFacts, TenantProblem};
use crate::ids::TenantSlug;
use crate::reason::Reason;

/// Someone with a live membership.
#[derive(Debug, Clone, Copy)]
pub(super) struct Party<'a> {
    pub(super) subject: &'a SubjectFacts,
    pub(super) membership: &'a MembershipFacts,
}

impl Party<'_> {
    pub(super) fn holds(&self, role: &str) -> bool {
        self.membership.roles.iter().any(|grant| grant.name == role)
    }
}

/// The tenant whose policy a call is decided under; None where the call is denied before any policy counts.
pub fn tenant_of<'a>(facts: &'a Facts, call: &Call) -> Option<&'a TenantSlug> {
    admit(facts, call).ok().map(|party| &party.membership.tenant)
}

pub(super) fn admit<'a>(facts: &'a Facts, call: &Call) -> Result<Party<'a>, Decision> {
    let key = &facts.credential.name;
    let subject = match &facts.identity {
        Identity::ApiKey { subject, .. } | Identity::Asserted { subject } => subject,
        Identity::TokenMissing => {
            return Err(Decision::deny(
                Reason::TokenMissing,
                format!("enforcement key `{key}` verifies tokens, and `context.access_token` did not come"),
            ));
        }
        Identity::TokenInvalid => {
            return Err(Decision::deny(
                Reason::TokenInvalid,
                "the caller's token is no key that is known here",
            ));
        }
        Identity::TokenExpired => {
            return Err(Decision::deny(Reason::TokenExpired, "the caller's key has expired"));
        }
        Identity::TokenRevoked => {
            return Err(Decision::deny(Reason::TokenRevoked, "the caller's key was revoked"));
        }
        Identity::SubjectDiffers => {
            return Err(Decision::deny(
                Reason::TokenInvalid,
                "`subject.id` is not the subject that the caller's token belongs to",
            ));
        }
        Identity::UnknownSubject { id } => {
            return Err(Decision::deny(
                Reason::UnknownSubject,
                format!("no subject `{}` is registered", super::words::short(id)),
            ));
        }
    };
    if !subject.active {
        return Err(Decision::deny(Reason::SubjectDisabled, format!("subject `{}` is disabled", subject.id)));
    }
    match facts.membership(call.tenant.as_ref()) {
        Ok(membership) => Ok(Party { subject, membership }),
        Err(problem) => Err(not_a_member(facts, call, subject, problem)),
    }
}

fn not_a_member(facts: &Facts, call: &Call, subject: &SubjectFacts, problem: TenantProblem) -> Decision {
    let wanted = facts.credential.tenant.as_ref().or(call.tenant.as_ref());
    let ended = facts.memberships.iter().find(|m| wanted.is_none_or(|w| *w == m.tenant));
    match problem {
        TenantProblem::Mismatch => Decision::deny(
            Reason::TenantMismatch,
            format!(
                "`context.tenant` is not the tenant that enforcement key `{}` is bound to",
                facts.credential.name
            ),
        ),
        TenantProblem::Required => Decision::deny(
            Reason::TenantRequired,
            format!("`{}` is a member of several tenants, and `context.tenant` names none", subject.id),
        ),
        TenantProblem::NoMembership => Decision::deny(
            Reason::NoMembership,
            match (wanted, ended.and_then(|m| m.until.map(|until| (m, until)))) {
                (_, Some((m, until))) => {
                    format!("the membership of `{}` in tenant `{}` ended {until}", subject.id, m.tenant)
                }
                (Some(tenant), None) => {
                    format!(
                        "`{}` is not a member of tenant `{}`",
                        subject.id,
                        super::words::short(tenant.as_str())
                    )
                }
                (None, None) => format!("`{}` is not a member of any tenant", subject.id),
            },
        ),
    }
}
