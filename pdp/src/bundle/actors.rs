//! What a bundle says of who acts by an issuer's tokens, and of claims that stand for roles.

use policy::TenantSlug;
use policy::issuer::{ActorClaim, ActorNeed, Issuer, RoleMapping};
use serde::Deserialize;

/// The claim that names who acts, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ActorClaimEntry {
    #[serde(rename = "none")]
    None,
    #[serde(rename = "act.sub")]
    ActSub,
    #[serde(rename = "client_id")]
    ClientId,
    #[serde(rename = "azp")]
    Azp,
}

impl ActorClaimEntry {
    pub(super) fn of(claim: Option<ActorClaim>) -> Self {
        match claim {
            None => Self::None,
            Some(ActorClaim::ActSub) => Self::ActSub,
            Some(ActorClaim::ClientId) => Self::ClientId,
            Some(ActorClaim::Azp) => Self::Azp,
        }
    }

    fn claim(self) -> Option<ActorClaim> {
        match self {
            Self::None => None,
            Self::ActSub => Some(ActorClaim::ActSub),
            Self::ClientId => Some(ActorClaim::ClientId),
            Self::Azp => Some(ActorClaim::Azp),
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        self.claim().map_or("none", ActorClaim::as_str)
    }
}

/// Brings the issuer to what is given. In a bundle of one tenant, the mappings of others stay.
pub(super) fn say(
    issuer: &mut Issuer,
    claim: Option<ActorClaimEntry>,
    actor: Option<ActorNeed>,
    mappings: Option<&[RoleMapping]>,
    only: Option<&TenantSlug>,
) {
    if let Some(claim) = claim {
        issuer.actor_claim = claim.claim();
        // Where none is named, there is nothing to be without.
        if issuer.actor_claim.is_none() {
            issuer.actor = ActorNeed::Required;
        }
    }
    if let Some(actor) = actor {
        issuer.actor = actor;
    }
    if let Some(mappings) = mappings {
        issuer.role_mappings.retain(|mapping| only.is_some_and(|only| mapping.tenant != *only));
        issuer.role_mappings.extend_from_slice(mappings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(tenant: &str) -> RoleMapping {
        RoleMapping {
            claim: "groups".to_owned(),
            value: Some("crm".to_owned()),
            pattern: None,
            role: "support".to_owned(),
            tenant: tenant.into(),
        }
    }

    #[test]
    fn what_is_given_counts_and_the_rest_stays() {
        let mut issuer = Issuer {
            actor_claim: Some(ActorClaim::Azp),
            actor: ActorNeed::Optional,
            role_mappings: vec![mapping("acme"), mapping("globex")],
            ..Issuer::new("https://idp.example")
        };
        let before = issuer.clone();
        say(&mut issuer, None, None, None, None);
        assert_eq!(issuer, before);
        say(&mut issuer, None, None, Some(&[]), Some(&"acme".into()));
        assert_eq!(issuer.role_mappings, [mapping("globex")]);
        say(&mut issuer, None, None, Some(&[mapping("acme")]), None);
        assert_eq!(issuer.role_mappings, [mapping("acme")]);
        say(&mut issuer, Some(ActorClaimEntry::None), None, None, None);
        assert_eq!((issuer.actor_claim, issuer.actor, issuer.check()), (None, ActorNeed::Required, Ok(())));
        // Said together, it is for the issuer's own check to refuse.
        say(&mut issuer, Some(ActorClaimEntry::None), Some(ActorNeed::Optional), None, None);
        assert_eq!(issuer.check().expect_err("refused").field, "actor");
    }

    #[test]
    fn words_are_those_that_are_read() {
        for claim in ActorClaim::ALL.iter().copied().map(Some).chain([None]) {
            let entry = ActorClaimEntry::of(claim);
            assert_eq!(entry.claim(), claim);
            let read: ActorClaimEntry = serde_json::from_value(entry.as_str().into()).expect("reads");
            assert_eq!(read, entry);
        }
    }
}
