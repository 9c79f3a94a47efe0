//! What the page of results and the jump box read from the server.

use super::found::{Extent, Found};
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// Everyone may search; each kind of thing is found by those who may see it, and each thing by those who reach it.
#[server(endpoint = "search", input = GetUrl, output = Json)]
pub async fn search(
    #[server(default)] q: String,
    #[server(default)] tenant: Option<String>,
    #[server(default)] extent: Extent,
) -> Result<Found, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::OwnAccount)?;
    let console = crate::console::Console::current()?;
    let query = super::query::SearchQuery::new(&q, tenant);
    server::search(&console, (&signed_in, &reach), query, extent).await
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::find::Finder;
    use super::super::query::{LONGEST, SearchQuery};
    use super::{Extent, Found};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::read::refuse_zero;
    use crate::session::SignedIn;
    use policy::{Reach, TenantSlug};

    pub(super) async fn search(
        console: &Console,
        (reader, reach): (&SignedIn, &Reach),
        query: SearchQuery,
        extent: Extent,
    ) -> Result<Found, AppError> {
        refuse_zero([&query.tenant])?;
        let mut found = Found { query, ..Found::default() };
        let Some(text) = found.query.text.as_deref() else {
            return Ok(found);
        };
        if text.chars().count() > LONGEST {
            found.too_long = true;
            return Ok(found);
        }
        // Nothing stored holds it, and Postgres refuses it even in a comparison.
        if text.contains('\0') {
            return Ok(found);
        }
        let tenant = found.query.tenant.as_deref().map(TenantSlug::from);
        let finder = Finder {
            store: &console.store,
            reader,
            reach,
            query: &found.query,
            text,
            tenant: tenant.as_ref(),
            most: extent.most(),
        };
        let mut groups = finder.by_id().await?;
        let straight = groups.first().and_then(|group| group.hits.first()).map(|hit| hit.href.clone());
        if groups.is_empty() {
            groups = finder.by_name().await?;
        }
        found.groups = groups;
        found.straight = straight;
        Ok(found)
    }
}
