//! What the page of enforcement keys reads from the server.

use super::view::KeyList;
use crate::drawn;
use crate::error::AppError;
use crate::pages::settings::query::ListQuery;

#[cfg(feature = "ssr")]
pub async fn read_keys(query: ListQuery) -> Result<KeyList, AppError> {
    crate::session::require(crate::permission::Permission::ReadSettings)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

drawn::unread!(read_keys(ListQuery) -> Result<KeyList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::super::view::{KeyLine, KeyList, SecretLine};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::place::Ask;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use crate::pages::settings::query::ListQuery;
    use policy::CredentialId;
    use store::administration::{Credential, Page};

    pub(super) async fn list(console: &Console, query: ListQuery) -> Result<KeyList, AppError> {
        refuse_zero([&query.search, &query.after, &query.of])?;
        let store = &console.store;
        let page =
            Page { search: query.search.as_deref(), after: query.after.as_deref(), limit: ROWS_AND_ONE };
        let mut found = store.list_credentials(&page).await?;
        let next = cut(&mut found, Credential::cursor);
        let mut lines = Vec::with_capacity(found.len());
        for credential in found {
            lines.push(line(console, credential).await?);
        }
        let asked = match (query.ask, &query.of) {
            (Some(_), Some(id)) => match store.get_credential(&CredentialId::new(id.as_str())).await? {
                Some(credential) => Some(line(console, credential).await?),
                None => None,
            },
            _ => None,
        };
        // An empty list shows the form as well.
        let (mut servers, mut tenants) = (Vec::new(), Vec::new());
        if query.ask == Some(Ask::New) || lines.is_empty() {
            let known = store.list_servers(None, &Page::ALL).await?;
            servers = known.into_iter().map(|server| (server.slug.to_string(), server.name)).collect();
            let known = store.list_tenants(&Page::ALL).await?;
            tenants = known.into_iter().map(|tenant| (tenant.slug.to_string(), tenant.name)).collect();
        }
        Ok(KeyList { query, lines, next, asked, servers, tenants })
    }

    async fn line(console: &Console, credential: Credential) -> Result<KeyLine, AppError> {
        let now = console.now();
        let secrets = console.store.list_credential_keys(&credential.id).await?;
        Ok(KeyLine {
            id: credential.id.to_string(),
            name: credential.name,
            server: credential.server.map(|server| server.to_string()),
            tenant: credential.tenant.map(|tenant| tenant.to_string()),
            trust: credential.trust,
            arguments: credential.arguments,
            responses: credential.responses,
            active: credential.active,
            created: Moment::new(credential.created_at, now),
            secrets: secrets
                .into_iter()
                .map(|secret| SecretLine::new(secret.created_at, secret.last_used_at, secret.expires_at, now))
                .collect(),
            searches: credential.search == policy::labels::Search::Own,
        })
    }
}
