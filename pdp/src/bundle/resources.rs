//! Registered resources of a bundle. A bundle of one tenant takes none away from others.

use super::apply::{About, ApplyError};
use super::format::ResourceEntry;
use policy::TenantSlug;
use store::Writer;
use store::administration::{MOST_RESOURCES, Resource};

pub(super) async fn resource(
    writer: &mut Writer,
    entry: &ResourceEntry,
    only: Option<&TenantSlug>,
) -> Result<(), ApplyError> {
    let thing = format!("resource `{}:{}`", entry.kind, entry.id);
    let known = writer.get_resource(&entry.kind, &entry.id).await?;
    let mut resource = match (known, entry.tenant.as_ref().or(only)) {
        (Some(known), _) => known,
        (None, Some(tenant)) => Resource::new(entry.kind.as_str(), entry.id.as_str(), tenant.clone()),
        (None, None) => return Err(ApplyError::Needed { thing, key: "tenant" }),
    };
    let held = resource.tenant.clone();
    if let Some(tenant) = entry.tenant.as_ref().or(only) {
        resource.tenant = tenant.clone();
    }
    if let Some(sensitivity) = entry.sensitivity {
        resource.sensitivity = sensitivity;
    }
    if let Some(attributes) = &entry.attributes {
        resource.attributes.clone_from(attributes);
    }
    let may_move = only.is_none() || held == resource.tenant;
    writer.put_resource(&resource, may_move).await.about(&thing)
}

/// A resource as the bundle states it.
pub(super) fn entry(stored: Resource) -> ResourceEntry {
    ResourceEntry {
        kind: stored.kind,
        id: stored.id,
        tenant: Some(stored.tenant),
        sensitivity: Some(stored.sensitivity),
        attributes: Some(stored.attributes),
    }
}

/// What an export says at its top where it holds no resources.
pub(super) fn left_out() -> String {
    format!(
        "# Resources are left out: there are more than {MOST_RESOURCES}. They stay as they are; see `countersign resource`.\n#\n"
    )
}
