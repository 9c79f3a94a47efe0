//! How a resource is registered, changed and removed, each with a record of it.

use super::reading::find;
use super::{Resource, object};
use crate::administration::writer::About;
use crate::administration::{CHUNK, WriteError, Writer};
use crate::db::{StoreError, to_json};
use crate::schema::Resources;
use sea_query::{Expr, ExprTrait, OnConflict, Query};

const COLUMNS: [Resources; 6] = [
    Resources::Type,
    Resources::Id,
    Resources::Tenant,
    Resources::Sensitivity,
    Resources::Attributes,
    Resources::UpdatedAt,
];

impl Writer {
    /// Makes the resource of this type and id be so. `may_move`: whether it may be another tenant's until now, which
    /// only somebody may say who administers all tenants.
    ///
    /// # Errors
    /// When it cannot be taken, its tenant is unknown, or it is another tenant's.
    pub async fn put_resource(&mut self, resource: &Resource, may_move: bool) -> Result<(), WriteError> {
        resource.check()?;
        self.need_tenant(&resource.tenant).await?;
        let before = find(&mut self.tx, &resource.kind, &resource.id).await?;
        if let Some(old) = &before {
            if old == resource {
                return Ok(());
            }
            if old.tenant != resource.tenant && !may_move {
                return Err(taken(resource));
            }
        }
        self.store_resources(&[resource]).await?;
        let moved = before.as_ref().is_some_and(|old| old.tenant != resource.tenant);
        let object = resource.object();
        let tenant = (!moved).then_some(&resource.tenant);
        let about = About { kind: "resource", object: &object, tenant };
        self.record(about, before.as_ref(), Some(resource)).await?;
        Ok(())
    }

    /// Removes the resource; false where there is none. Calls that name it are denied from now on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_resource(&mut self, kind: &str, id: &str) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, kind, id).await? else {
            return Ok(false);
        };
        let delete = Query::delete()
            .from_table(Resources::Table)
            .and_where(Expr::col(Resources::Type).eq(kind))
            .and_where(Expr::col(Resources::Id).eq(id))
            .take();
        self.tx.execute(&delete).await?;
        let object = object(kind, id);
        let about = About { kind: "resource", object: &object, tenant: Some(&before.tenant) };
        self.record(about, Some(&before), None).await?;
        Ok(true)
    }

    /// Each of them once.
    pub(super) async fn store_resources(&mut self, resources: &[&Resource]) -> Result<(), StoreError> {
        for part in resources.chunks(CHUNK) {
            let mut insert = Query::insert();
            insert.into_table(Resources::Table).columns(COLUMNS);
            for resource in part {
                insert.values_panic([
                    resource.kind.as_str().into(),
                    resource.id.as_str().into(),
                    resource.tenant.as_str().into(),
                    resource.sensitivity.as_str().into(),
                    to_json(&resource.attributes)?.into(),
                    self.now.micros().into(),
                ]);
            }
            insert.on_conflict(
                OnConflict::columns([Resources::Type, Resources::Id])
                    .update_columns([
                        Resources::Tenant,
                        Resources::Sensitivity,
                        Resources::Attributes,
                        Resources::UpdatedAt,
                    ])
                    .to_owned(),
            );
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }
}

/// Whose it is instead is not said: that may be none of the reader's business.
pub(super) fn taken(resource: &Resource) -> WriteError {
    WriteError::Taken { what: format!("`{}`", resource.object()), owner: "another tenant".to_owned() }
}
