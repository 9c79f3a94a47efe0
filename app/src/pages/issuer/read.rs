//! What the page of one issuer reads from the server.

use super::view::{IssuerQuery, IssuerView};
use crate::drawn;
use crate::error::AppError;

/// None: no such issuer.
#[cfg(feature = "ssr")]
pub async fn read_issuer(query: IssuerQuery) -> Result<Option<IssuerView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadIssuers)?;
    let console = crate::console::Console::current()?;
    server::issuer(&console, query).await
}

drawn::unread!(read_issuer(IssuerQuery) -> Result<Option<IssuerView>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::super::draft::IssuerFields;
    use super::super::view::{IssuerForm, IssuerQuery, IssuerView, RevokedLine};
    use super::super::words;
    use super::super::write::url_of;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::answer::{from_hex, to_hex};
    use crate::pages::form::count::Count;
    use crate::pages::form::place::Ask;
    use crate::pages::form::read::{ROWS_AND_ONE, cut};
    use crate::pages::server::settings::choices;
    use policy::Timestamp;
    use policy::issuer::Issuer;
    use store::administration::{Page, RevokedToken};

    pub(super) async fn issuer(
        console: &Console,
        query: IssuerQuery,
    ) -> Result<Option<IssuerView>, AppError> {
        let Some(url) = url_of(&query.id) else { return Ok(None) };
        let Some(stored) = console.store.get_issuer(&url).await? else { return Ok(None) };
        let (issuer, now) = (stored.issuer, console.now());
        let (revoked, next) = revoked(console, &url, query.after.as_deref(), now).await?;
        let identities = usize::try_from(console.store.count_identities(&url).await?).unwrap_or(0);
        let form = match query.ask {
            Some(Ask::Edit) => Some(form(console, &issuer, Ask::Edit).await?),
            _ => None,
        };
        Ok(Some(IssuerView {
            settings: words::settings(&issuer),
            keys: words::keys(&issuer, console.tokens.keys_of(&issuer), now),
            identities: Count::new(identities),
            revoked,
            next,
            form,
            query,
            url: issuer.url,
            name: issuer.name,
            active: issuer.active,
        }))
    }

    /// Tokens of this issuer that were revoked, by `jti`; and where the list goes on.
    async fn revoked(
        console: &Console,
        url: &str,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<(Vec<RevokedLine>, Option<String>), AppError> {
        let jti = after.and_then(from_hex).filter(|jti| !jti.contains('\0')).unwrap_or_default();
        // The list goes by issuer first.
        let after = format!("{url}\n{jti}");
        let page = Page { search: None, after: Some(&after), limit: ROWS_AND_ONE };
        let mut found = console.store.list_revoked_tokens(&page).await?;
        found.retain(|token| token.issuer == url);
        let next = cut(&mut found, |token: &RevokedToken| to_hex(&token.jti));
        let line = |token: RevokedToken| RevokedLine {
            at: Moment::new(token.at, now),
            until: Moment::new(token.until, now),
            jti: token.jti,
            by: token.by,
        };
        Ok((found.into_iter().map(line).collect(), next))
    }

    /// The form `ask`, filled with this issuer.
    pub(crate) async fn form(console: &Console, issuer: &Issuer, ask: Ask) -> Result<IssuerForm, AppError> {
        let standing = IssuerFields::of(issuer).draft(ask);
        Ok(IssuerForm { standing, tenants: choices(console).await? })
    }
}

#[cfg(feature = "ssr")]
pub(crate) use server::form;
