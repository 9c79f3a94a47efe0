//! What the page of administrator tokens reads from the server.

use crate::drawn;
use crate::error::AppError;
use crate::pages::keys::view::SecretLine;
use crate::pages::settings::query::ListQuery;
use serde::{Deserialize, Serialize};

/// A page of administrator tokens by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    pub query: ListQuery,
    pub lines: Vec<TokenLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The token that the open form is about.
    pub asked: Option<TokenLine>,
    /// Slug and name, for the form.
    pub tenants: Vec<(String, String)>,
    /// The reader's last proof is too old to make one.
    pub asks_password: bool,
}

/// An administrator token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLine {
    pub id: String,
    pub name: String,
    /// Their words: `read, rules:write`.
    pub scopes: String,
    /// None: every tenant.
    pub tenant: Option<String>,
    /// The login of the owner that it acts for.
    pub account: String,
    /// False: that account is switched off, or no owner any more.
    pub alive: bool,
    pub secret: SecretLine,
}

#[cfg(feature = "ssr")]
pub async fn read_tokens(query: ListQuery) -> Result<TokenList, AppError> {
    crate::session::require(crate::permission::Permission::ReadSettings)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

drawn::unread!(read_tokens(ListQuery) -> Result<TokenList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{ListQuery, SecretLine, TokenLine, TokenList};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::place::Ask;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use crate::session::Presence;
    use policy::Timestamp;
    use policy::scope::AdminScope;
    use store::administration::{AdministratorToken, Page};

    pub(super) async fn list(console: &Console, query: ListQuery) -> Result<TokenList, AppError> {
        refuse_zero([&query.search, &query.after, &query.of])?;
        let (store, now) = (&console.store, console.now());
        let asks_password = Presence::current().is_too_old_for(None, now);
        let page =
            Page { search: query.search.as_deref(), after: query.after.as_deref(), limit: ROWS_AND_ONE };
        let mut found = store.list_administrator_tokens(&page).await?;
        let next = cut(&mut found, AdministratorToken::cursor);
        let lines: Vec<TokenLine> = found.into_iter().map(|token| line(token, now)).collect();
        let asked = match (query.ask, &query.of) {
            (Some(_), Some(id)) => store.get_administrator_token(id).await?.map(|token| line(token, now)),
            _ => None,
        };
        // An empty list shows the form as well.
        let mut tenants = Vec::new();
        if query.ask == Some(Ask::New) || lines.is_empty() {
            let known = store.list_tenants(&Page::ALL).await?;
            tenants = known.into_iter().map(|tenant| (tenant.slug.to_string(), tenant.name)).collect();
        }
        Ok(TokenList { query, lines, next, asked, tenants, asks_password })
    }

    fn line(token: AdministratorToken, now: Timestamp) -> TokenLine {
        let scopes: Vec<&str> = token.scopes.iter().copied().map(AdminScope::as_str).collect();
        TokenLine {
            scopes: scopes.join(", "),
            tenant: token.tenant.map(|tenant| tenant.to_string()),
            alive: token.alive,
            secret: SecretLine::new(token.created_at, token.last_used_at, Some(token.expires_at), now),
            id: token.id,
            name: token.name,
            account: token.account,
        }
    }
}
