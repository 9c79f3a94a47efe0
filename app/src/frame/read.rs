//! What the frame reads from the server.

use super::alarm::Alarm;
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// Data of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FrameData {
    /// By slug; at most [`MOST_TENANTS`].
    pub tenants: Vec<TenantOption>,
    /// None: nothing is stopped, and no break-glass is open.
    pub alarm: Option<Alarm>,
    /// How many requests wait for the reader; none for those who answer none.
    #[serde(default)]
    pub waiting: Option<u64>,
}

/// A tenant to switch to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantOption {
    pub slug: String,
    pub name: String,
}

/// Longer lists of tenants are cut in the switch; the page of tenants shows all.
pub const MOST_TENANTS: u64 = 100;

/// Everyone who is signed in sees the frame.
#[server(endpoint = "frame", input = GetUrl, output = Json)]
pub async fn read_frame() -> Result<FrameData, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::OwnAccount)?;
    let console = crate::console::Console::current()?;
    let tenants = server::tenants(&console.store, &reach).await?;
    let tenants = tenants
        .into_iter()
        .map(|tenant| TenantOption { slug: tenant.slug.to_string(), name: tenant.name })
        .collect();
    let alarm = super::alarm::server::read(&console.store, &signed_in, console.now()).await?;
    let waiting = if signed_in.may(crate::permission::Permission::Approve) {
        Some(crate::pages::approvals::read::waiting_for(&console.approvals, &signed_in.account_id).await?)
    } else {
        None
    };
    Ok(FrameData { tenants, alarm, waiting })
}

#[cfg(feature = "ssr")]
mod server {
    use super::MOST_TENANTS;
    use policy::Reach;
    use store::administration::{Page, Tenant};
    use store::{Store, StoreError};

    /// Those that the reader reaches.
    pub(super) async fn tenants(store: &Store, reach: &Reach) -> Result<Vec<Tenant>, StoreError> {
        let Some(own) = reach.tenants() else {
            return store.list_tenants(&Page { search: None, after: None, limit: MOST_TENANTS }).await;
        };
        let mut tenants = Vec::new();
        for slug in own {
            tenants.extend(store.get_tenant(slug).await?);
        }
        Ok(tenants)
    }
}
