//! What the list of issuers reads from the server.

use super::query::IssuersQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::form::count::Count;
use crate::pages::issuer::view::IssuerForm;
use serde::{Deserialize, Serialize};

/// An issuer as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerLine {
    pub id: String,
    pub name: String,
    pub url: String,
    pub active: bool,
    pub tenants: Vec<String>,
    /// Where its keys come from.
    pub keys: String,
    pub fetched: Option<Moment>,
    pub failed: bool,
    /// The settings that are weaker than they could be.
    pub weaker: Vec<String>,
}

/// One page by URL, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerList {
    pub query: IssuersQuery,
    pub lines: Vec<IssuerLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Callers that wait to be mapped or blocked.
    pub unmapped: Count,
    /// For the form alone.
    pub form: Option<IssuerForm>,
}

#[cfg(feature = "ssr")]
pub async fn read_issuers(query: IssuersQuery) -> Result<IssuerList, AppError> {
    crate::session::require(crate::permission::Permission::ReadIssuers)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

drawn::unread!(read_issuers(IssuersQuery) -> Result<IssuerList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{IssuerLine, IssuerList, IssuersQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::from_hex;
    use crate::pages::form::count::Count;
    use crate::pages::form::place::Ask;
    use crate::pages::form::read::{ROWS, ROWS_AND_ONE, cut, refuse_zero};
    use crate::pages::issuer::read::form;
    use crate::pages::issuer::words;
    use crate::pages::issuer::write::id_of;
    use policy::Timestamp;
    use policy::issuer::Issuer;
    use store::UnmappedState;
    use store::administration::{Page, StoredIssuer};

    pub(super) async fn list(console: &Console, query: IssuersQuery) -> Result<IssuerList, AppError> {
        refuse_zero([&query.tenant, &query.search])?;
        let (store, now) = (&console.store, console.now());
        // Issuers are few: they are narrowed and cut here.
        let page = Page { search: query.search.as_deref(), ..Page::ALL };
        let mut found = store.list_issuers(&page).await?;
        let after = query.after.as_deref().and_then(from_hex);
        found.retain(|stored| {
            let within = |tenant: &String| stored.issuer.tenants.iter().any(|own| own.as_str() == tenant);
            query.tenant.as_ref().is_none_or(within)
                && after.as_ref().is_none_or(|after| stored.issuer.url > *after)
        });
        let next = cut(&mut found, |stored: &StoredIssuer| id_of(&stored.issuer.url));
        let waiting = Page { limit: ROWS_AND_ONE, ..Page::ALL };
        let waiting = store.list_unmapped(Some(UnmappedState::Seen), &waiting).await?;
        let form = match query.ask {
            Some(Ask::New) => {
                let tenants = query.tenant.iter().map(|tenant| tenant.as_str().into()).collect();
                Some(form(console, &Issuer { tenants, ..Issuer::new("") }, Ask::New).await?)
            }
            _ => None,
        };
        Ok(IssuerList {
            query,
            lines: found.into_iter().map(|stored| line(console, stored.issuer, now)).collect(),
            next,
            unmapped: Count::up_to(waiting.len(), ROWS),
            form,
        })
    }

    fn line(console: &Console, issuer: Issuer, now: Timestamp) -> IssuerLine {
        let keys = words::keys(&issuer, console.tokens.keys_of(&issuer), now);
        let weaker = words::settings(&issuer).into_iter().filter(|setting| setting.weaker.is_some());
        IssuerLine {
            id: id_of(&issuer.url),
            active: issuer.active,
            tenants: issuer.tenants.iter().map(ToString::to_string).collect(),
            keys: words::source(&issuer.keys),
            fetched: keys.fetched,
            failed: keys.failure.is_some(),
            weaker: weaker.map(|setting| setting.term).collect(),
            name: issuer.name,
            url: issuer.url,
        }
    }
}
