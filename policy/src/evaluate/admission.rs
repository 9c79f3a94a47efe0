//! Who is calling, and under which tenant: the checks before any policy is looked at.

use super::delegation;
use super::words::short;
use crate::call::Call;
use crate::decision::Decision;
use crate::facts::{Facts, Identity, MembershipFacts, SubjectFacts, TenantProblem};
use crate::ids::{SubjectId, TenantSlug};
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

/// Whoever takes part in a call, all of them let in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parties<'a> {
    pub(super) subject: Party<'a>,
    /// Who acts for the subject.
    pub(super) actor: Option<Party<'a>>,
}

/// The tenant whose policy a call is decided under; None where the call is denied before any policy counts.
pub fn tenant_of<'a>(facts: &'a Facts, call: &Call) -> Option<&'a TenantSlug> {
    admit(facts, call).ok().map(|parties| &parties.subject.membership.tenant)
}

pub(super) fn admit<'a>(facts: &'a Facts, call: &Call) -> Result<Parties<'a>, Decision> {
    let key = &facts.credential.name;
    let foreign = facts.credential.foreign_to(&facts.memberships);
    let subject = match &facts.identity {
        Identity::ApiKey { subject, .. }
        | Identity::Token { subject, .. }
        | Identity::Asserted { subject } => subject,
        Identity::Lapsed { reason, why, .. } if foreign.is_none() => {
            return Err(Decision::deny(*reason, why.clone()));
        }
        // Whom the tenant does not have: there is no membership to find below.
        Identity::Lapsed { subject, .. } => subject,
        Identity::TokenRefused { reason, why, issuer } => {
            let why = match issuer {
                Some(issuer) => format!("token of `{}`: {why}", short(issuer)),
                None => why.clone(),
            };
            return Err(Decision::deny(*reason, why));
        }
        Identity::UnknownIdentity { issuer, sub } => {
            return Err(Decision::deny(
                Reason::UnknownSubject,
                format!("no subject has the identity `{}` of issuer `{}`", short(sub), short(issuer)),
            ));
        }
        Identity::TokenMissing => {
            return Err(Decision::deny(
                Reason::TokenMissing,
                format!("enforcement key `{key}` verifies tokens, and `context.access_token` did not come"),
            ));
        }
        Identity::TokenInvalid => {
            return Err(Decision::deny(
                Reason::TokenInvalid,
                "the caller's token is no key that is known here, and no access token that can be read",
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
                format!("no subject `{}` is registered", short(id)),
            ));
        }
    };
    let vouched = matches!(facts.identity, Identity::Asserted { .. });
    // A PEP that vouches for its callers can name anybody, and a token anybody whom its issuer knows as an actor: whom only
    // others have, must not be told from whom nobody has.
    if vouched && let Some(tenant) = foreign {
        return Err(Decision::deny(Reason::UnknownSubject, not_of(&subject.id, tenant)));
    }
    // Of whom only others have, it is for them to know whether they are active.
    if foreign.is_none() && !subject.active {
        return Err(Decision::deny(Reason::SubjectDisabled, format!("subject `{}` is disabled", subject.id)));
    }
    if let Some(actor) = &facts.actor {
        // However it is named: by a PEP, or by a token of an issuer that speaks for others as well.
        if let Some(subject) = actor.subject()
            && let Some(tenant) = facts.credential.foreign_to(&actor.memberships)
        {
            return Err(Decision::deny(Reason::UnknownActor, not_of(&subject.id, tenant)));
        }
        delegation::check_actor(actor)?;
    }
    let membership = match facts.membership(call.tenant.as_ref()) {
        Ok(membership) if foreign.is_none() => membership,
        // Whatever was found: who is foreign is let in by nothing, least of all where it was not looked at what became of them.
        found => {
            let problem = found.err().unwrap_or(TenantProblem::NoMembership);
            return Err(not_a_member(facts, call, subject, problem));
        }
    };
    let actor = match &facts.actor {
        Some(actor) => Some(delegation::party(facts, actor, &membership.tenant)?),
        None => None,
    };
    Ok(Parties { subject: Party { subject, membership }, actor })
}

fn not_of(subject: &SubjectId, tenant: &TenantSlug) -> String {
    format!("`{subject}` is not a member of tenant `{tenant}`, to which the enforcement key is bound")
}

fn not_a_member(facts: &Facts, call: &Call, subject: &SubjectFacts, problem: TenantProblem) -> Decision {
    let wanted = facts.credential.tenant.as_ref().or(call.tenant.as_ref());
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
        TenantProblem::NoMembership => {
            let mut why = no_membership(facts, subject, wanted);
            if let Some(more) = what_became(facts, subject) {
                why = format!("{why}; {more}");
            }
            Decision::deny(Reason::NoMembership, why)
        }
    }
}

/// What those in the tenant of the enforcement key are not told of somebody whom they do not have. Such a denial is no
/// tenant's, so its record is read by those alone who see everything.
fn what_became(facts: &Facts, subject: &SubjectFacts) -> Option<String> {
    facts.credential.foreign_to(&facts.memberships)?;
    match &facts.identity {
        Identity::Lapsed { why, .. } => Some(why.clone()),
        _ if !subject.active => Some(format!("subject `{}` is disabled", subject.id)),
        _ => None,
    }
}

/// Why none of the memberships counts.
fn no_membership(facts: &Facts, subject: &SubjectFacts, wanted: Option<&TenantSlug>) -> String {
    let held: Vec<&MembershipFacts> =
        facts.memberships.iter().filter(|m| wanted.is_none_or(|wanted| *wanted == m.tenant)).collect();
    let ended = |m: &&MembershipFacts| Some((m.tenant.clone(), m.until.filter(|until| *until <= facts.now)?));
    if let Some((tenant, until)) = held.iter().find_map(ended) {
        return format!("the membership of `{}` in tenant `{tenant}` ended {until}", subject.id);
    }
    match (held.first(), facts.identity.token(), wanted) {
        // It has not ended, so it is the issuer that does not count there.
        (Some(membership), Some(token), _) => format!(
            "`{}` is a member of tenant `{}`, in which issuer `{}` does not count",
            subject.id,
            membership.tenant,
            short(&token.issuer)
        ),
        (_, _, Some(tenant)) => {
            format!("`{}` is not a member of tenant `{}`", subject.id, short(tenant.as_str()))
        }
        (_, _, None) => format!("`{}` is not a member of any tenant", subject.id),
    }
}
