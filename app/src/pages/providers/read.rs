//! What the page of sign-in providers reads from the server.

use crate::drawn;
use crate::error::AppError;
use crate::pages::settings::query::ListQuery;
use serde::{Deserialize, Serialize};

/// All providers, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderList {
    pub query: ListQuery,
    pub lines: Vec<ProviderLine>,
    /// The provider that the open form is about.
    pub asked: Option<ProviderLine>,
    /// What is registered at a provider, with its id behind it.
    pub callback: String,
    /// The reader's last proof is too old for most of the forms.
    pub asks_password: bool,
}

/// A provider, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderLine {
    pub id: String,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub active: bool,
    pub has_secret: bool,
    /// With spaces between them.
    pub scopes: String,
    pub groups_claim: String,
    /// `group -> role`, one per line.
    pub groups: String,
    pub admit_subjects: bool,
}

#[cfg(feature = "ssr")]
pub async fn read_providers(query: ListQuery) -> Result<ProviderList, AppError> {
    crate::session::require(crate::permission::Permission::ReadSettings)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

drawn::unread!(read_providers(ListQuery) -> Result<ProviderList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::super::write::write_groups;
    use super::{ListQuery, ProviderLine, ProviderList};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::read::refuse_zero;
    use crate::session::Presence;

    pub(super) async fn list(console: &Console, query: ListQuery) -> Result<ProviderList, AppError> {
        refuse_zero([&query.search, &query.after, &query.of])?;
        let asks_password = Presence::current().is_too_old_for(None, console.now());
        let mut lines = Vec::new();
        for provider in console.store.list_sign_in_providers().await? {
            let kept = console.store.get_secret(&provider.secret_place()).await?;
            lines.push(ProviderLine {
                has_secret: kept.is_some(),
                scopes: provider.settings.scopes.join(" "),
                groups: write_groups(&provider.settings.groups),
                groups_claim: provider.settings.groups_claim,
                admit_subjects: provider.settings.admit_subjects,
                id: provider.id,
                name: provider.name,
                issuer: provider.issuer,
                client_id: provider.client_id,
                active: provider.active,
            });
        }
        let asked = query.of.as_ref().and_then(|id| lines.iter().find(|line| line.id == *id)).cloned();
        let callback = format!("{}{}", console.public_url, crate::plain::PROVIDER_CALLBACK);
        Ok(ProviderList { query, lines, asked, callback, asks_password })
    }
}
