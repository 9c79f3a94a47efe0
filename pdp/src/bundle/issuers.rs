//! Issuers of a bundle, and the tenants in which their identities count.

use super::actors::{self, ActorClaimEntry};
use super::apply::{About, ApplyError};
use super::introspection::{IntrospectionEntry, keep_secret};
use super::secrets::Secrets;
use crate::vault::Vault;
use policy::TenantSlug;
use policy::issuer::{ActorNeed, Algorithm, Issuer, KeySource, RoleMapping, UnknownSubjects};
use serde::Deserialize;
use store::Writer;
use store::administration::StoredIssuer;

/// An issuer; whatever is not given stays as it is, or is as usual where the issuer is new.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerEntry {
    pub url: String,
    pub name: Option<String>,
    pub active: Option<bool>,
    pub tenants: Option<Vec<TenantSlug>>,
    pub audiences: Option<Vec<String>>,
    pub keys: Option<KeySource>,
    pub algorithms: Option<Vec<Algorithm>>,
    pub clock_skew: Option<u32>,
    pub subject_claim: Option<String>,
    pub require_typ: Option<bool>,
    pub require_jti: Option<bool>,
    pub keys_max_age: Option<u32>,
    pub unknown_subjects: Option<UnknownSubjects>,
    pub introspection: Option<IntrospectionEntry>,
    pub actor_claim: Option<ActorClaimEntry>,
    pub actor: Option<ActorNeed>,
    pub role_mappings: Option<Vec<RoleMapping>>,
}

/// Brings the issuer to what the entry says. In a bundle of one tenant, others keep the issuer.
pub(super) async fn issuer(
    writer: &mut Writer,
    entry: &IssuerEntry,
    only: Option<&TenantSlug>,
    vault: Option<&Vault>,
    secrets: &mut Secrets<'_>,
) -> Result<(), ApplyError> {
    let thing = format!("issuer `{}`", entry.url);
    let stored = writer.get_issuer(&entry.url).await?;
    let issuer = stored.map_or_else(|| Issuer::new(&entry.url), |stored| stored.issuer);
    writer.put_issuer(&said(issuer, entry, only)).await.about(&thing)?;
    match &entry.introspection {
        Some(introspection) => keep_secret(writer, &entry.url, introspection, vault, secrets).await,
        None => Ok(()),
    }
}

/// The issuer as it is once the entry was said of it.
fn said(mut issuer: Issuer, entry: &IssuerEntry, only: Option<&TenantSlug>) -> Issuer {
    if let Some(name) = &entry.name {
        issuer.name.clone_from(name);
    }
    if let Some(active) = entry.active {
        issuer.active = active;
    }
    if let Some(tenants) = &entry.tenants {
        issuer.tenants.retain(|tenant| only.is_some_and(|only| tenant != only));
        issuer.tenants.extend_from_slice(tenants);
    }
    if let Some(audiences) = &entry.audiences {
        issuer.audiences.clone_from(audiences);
    }
    if let Some(keys) = &entry.keys {
        issuer.keys.clone_from(keys);
    }
    if let Some(algorithms) = &entry.algorithms {
        issuer.algorithms.clone_from(algorithms);
    }
    if let Some(clock_skew) = entry.clock_skew {
        issuer.clock_skew = clock_skew;
    }
    if let Some(subject_claim) = &entry.subject_claim {
        issuer.subject_claim.clone_from(subject_claim);
    }
    if let Some(require_typ) = entry.require_typ {
        issuer.require_typ = require_typ;
    }
    if let Some(require_jti) = entry.require_jti {
        issuer.require_jti = require_jti;
    }
    if let Some(keys_max_age) = entry.keys_max_age {
        issuer.keys_max_age = keys_max_age;
    }
    if let Some(unknown_subjects) = entry.unknown_subjects {
        issuer.unknown_subjects = unknown_subjects;
    }
    if let Some(introspection) = &entry.introspection {
        issuer.introspection = introspection.said();
    }
    let mappings = entry.role_mappings.as_deref();
    actors::say(&mut issuer, entry.actor_claim, entry.actor, mappings, only);
    issuer
}

/// The entry that says all of a stored issuer.
pub(super) fn entry(stored: StoredIssuer) -> IssuerEntry {
    // Taken apart so that a setting which is added cannot be forgotten here.
    let Issuer {
        url,
        name,
        active,
        tenants,
        audiences,
        keys,
        algorithms,
        clock_skew,
        subject_claim,
        require_typ,
        require_jti,
        keys_max_age,
        unknown_subjects,
        introspection,
        actor_claim,
        actor,
        role_mappings,
    } = stored.issuer;
    IssuerEntry {
        url,
        name: Some(name),
        active: Some(active),
        tenants: Some(tenants),
        audiences: Some(audiences),
        keys: Some(keys),
        algorithms: Some(algorithms),
        clock_skew: Some(clock_skew),
        subject_claim: Some(subject_claim),
        require_typ: Some(require_typ),
        require_jti: Some(require_jti),
        keys_max_age: Some(keys_max_age),
        unknown_subjects: Some(unknown_subjects),
        introspection: Some(IntrospectionEntry::of(introspection)),
        actor_claim: Some(ActorClaimEntry::of(actor_claim)),
        actor: actor_claim.map(|_| actor),
        role_mappings: Some(role_mappings),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::issuer::Introspection;
    use serde_json::{Value, json};

    fn read(value: Value) -> IssuerEntry {
        serde_json::from_value(value).expect("reads")
    }

    fn unusual() -> Issuer {
        Issuer {
            name: "The company".to_owned(),
            active: false,
            tenants: vec!["acme".into(), "globex".into()],
            audiences: vec!["https://mcp.example/crm".to_owned()],
            keys: KeySource::JwksUrl("https://idp.example/keys".to_owned()),
            algorithms: vec![Algorithm::Es384],
            clock_skew: 5,
            subject_claim: "oid".to_owned(),
            require_typ: false,
            require_jti: false,
            keys_max_age: 3_600,
            unknown_subjects: UnknownSubjects::Provision,
            introspection: Some(Introspection::new("countersign")),
            ..Issuer::new("https://idp.example")
        }
    }

    #[test]
    fn an_exported_issuer_is_the_same_again() {
        let stored = StoredIssuer { issuer: unusual(), version: 7 };
        assert_eq!(said(Issuer::new("https://idp.example"), &entry(stored), None), unusual());
    }

    #[test]
    fn what_is_not_given_stays() {
        let bare = read(json!({"url": "https://idp.example", "name": null}));
        assert_eq!(said(unusual(), &bare, None), unusual());
        let usual = Issuer::new("https://idp.example");
        assert_eq!(said(usual.clone(), &bare, None), usual);
        let slow = read(json!({"url": "https://idp.example", "clock_skew": 60}));
        assert_eq!(said(unusual(), &slow, None), Issuer { clock_skew: 60, ..unusual() });
    }

    #[test]
    fn a_bundle_of_one_tenant_leaves_the_others_their_issuer() {
        let acme = TenantSlug::from("acme");
        for (given, only, tenants) in [
            (json!(["acme"]), None, vec!["acme"]),
            (json!([]), None, vec![]),
            (json!(["acme"]), Some(&acme), vec!["globex", "acme"]),
            (json!([]), Some(&acme), vec!["globex"]),
        ] {
            let entry = read(json!({"url": "https://idp.example", "tenants": given}));
            let left: Vec<String> =
                said(unusual(), &entry, only).tenants.iter().map(ToString::to_string).collect();
            assert_eq!(left, tenants);
        }
    }

    #[test]
    fn later_and_unknown_keys_are_refused() {
        for (key, value, why) in [
            ("actor_claim", json!("sub"), "sub"),
            ("actor", json!("maybe"), "maybe"),
            ("role_mappings", json!([{"claim": "groups", "role": "a", "tenant": "b", "valu": "c"}]), "valu"),
            ("introspection", json!({}), "client_id"),
            ("introspection", json!("off"), "`none`"),
            ("roles_claim", json!("groups"), "roles_claim"),
            ("algorithms", json!(["HS256"]), "HS256"),
            ("clock_skew", json!("30s"), "30s"),
        ] {
            let mut text = json!({"url": "https://idp.example"});
            text[key] = value;
            let error = serde_json::from_value::<IssuerEntry>(text).expect_err("refused").to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
