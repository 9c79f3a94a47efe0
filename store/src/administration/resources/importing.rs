//! Many resources at once, as a file names them.

use super::Resource;
use super::reading::find_all;
use super::writing::taken;
use crate::administration::{WriteError, Writer};
use policy::TenantSlug;
use std::collections::{BTreeMap, HashSet};

/// What became of one resource of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Created,
    Changed,
    Unchanged,
    /// And why.
    Refused(String),
}

impl Writer {
    /// Takes in a part of a file: one answer for each resource, in their order; of several with the same type and id
    /// the last one holds. There is no change record of each: [`Writer::put_import`] tells of the file.
    ///
    /// # Errors
    /// When the database does not answer. What cannot be taken is refused by itself.
    pub async fn import_resources(
        &mut self,
        resources: &[Resource],
        may_move: bool,
    ) -> Result<Vec<Imported>, WriteError> {
        let tenants: HashSet<&TenantSlug> = resources.iter().map(|resource| &resource.tenant).collect();
        let mut unknown: HashSet<TenantSlug> = HashSet::new();
        for tenant in tenants {
            match self.need_tenant(tenant).await {
                Ok(_) => {}
                Err(WriteError::Unknown { .. }) => {
                    unknown.insert(tenant.clone());
                }
                Err(error) => return Err(error),
            }
        }
        let dialect = self.tx.dialect();
        let stored = find_all(&mut self.tx, dialect, resources).await?;
        let mut held: BTreeMap<(String, String), Resource> =
            stored.into_iter().map(|old| ((old.kind.clone(), old.id.clone()), old)).collect();
        let mut wanted: BTreeMap<(&str, &str), &Resource> = BTreeMap::new();
        let mut outcomes = Vec::with_capacity(resources.len());
        for resource in resources {
            let key = (resource.kind.clone(), resource.id.clone());
            let outcome = match (resource.check(), held.get(&key)) {
                (Err(WriteError::Store(error)), _) => return Err(error.into()),
                (Err(why), _) => Imported::Refused(why.to_string()),
                (Ok(()), _) if unknown.contains(&resource.tenant) => {
                    Imported::Refused(format!("unknown tenant `{}`", resource.tenant))
                }
                (Ok(()), Some(old)) if old == resource => Imported::Unchanged,
                (Ok(()), Some(old)) if old.tenant != resource.tenant && !may_move => {
                    Imported::Refused(taken(resource).to_string())
                }
                (Ok(()), Some(_)) => Imported::Changed,
                (Ok(()), None) => Imported::Created,
            };
            if matches!(outcome, Imported::Created | Imported::Changed) {
                held.insert(key, resource.clone());
                wanted.insert((&resource.kind, &resource.id), resource);
            }
            outcomes.push(outcome);
        }
        let wanted: Vec<&Resource> = wanted.into_values().collect();
        self.store_resources(&wanted).await?;
        Ok(outcomes)
    }
}
