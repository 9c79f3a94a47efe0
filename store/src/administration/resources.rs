//! Registered resources: what the arguments of calls name. `(type, id)` is one of a kind over all tenants.
//!
//! They are read live with each call that names one, so nothing here moves a revision. Lists go by type and id.

mod importing;
mod reading;
mod writing;

pub use importing::Imported;
pub(super) use reading::list;

use super::WriteError;
use crate::db::to_json;
use policy::binding::{check_resource_id, check_type};
use policy::{ResourceRef, Sensitivity, TenantSlug};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The largest attributes of one resource, in bytes of their JSON.
pub const MAX_ATTRIBUTES: usize = 16 * 1024;

/// Something that belongs to one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub tenant: TenantSlug,
    pub sensitivity: Sensitivity,
    pub attributes: Map<String, Value>,
}

impl Resource {
    /// An internal one without attributes.
    pub fn new(kind: impl Into<String>, id: impl Into<String>, tenant: TenantSlug) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            tenant,
            sensitivity: Sensitivity::Internal,
            attributes: Map::new(),
        }
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        format!("{}\n{}", self.kind, self.id)
    }

    /// How it is called in changes: `type:id`.
    pub fn object(&self) -> String {
        object(&self.kind, &self.id)
    }

    pub fn key(&self) -> ResourceRef {
        ResourceRef { kind: self.kind.clone(), id: self.id.clone() }
    }

    /// Whether it can be registered, as far as it tells by itself.
    ///
    /// # Errors
    /// Says what of it cannot be taken.
    pub fn check(&self) -> Result<(), WriteError> {
        check_type(&self.kind)?;
        check_resource_id(&self.id)?;
        if to_json(&self.attributes)?.len() > MAX_ATTRIBUTES {
            return Err(WriteError::Invalid {
                field: "attributes",
                reason: "must not be longer than 16384 bytes of JSON",
            });
        }
        Ok(())
    }
}

fn object(kind: &str, id: &str) -> String {
    format!("{kind}:{id}")
}

/// Which resources to list; what is None does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResourceFilter<'a> {
    pub tenant: Option<&'a TenantSlug>,
    /// Any of these tenants; with none of them, nothing.
    pub tenants: Option<&'a BTreeSet<TenantSlug>>,
    pub kind: Option<&'a str>,
}
