//! What the list of servers and the form to register one read from the server.

use super::query::ServersQuery;
use crate::error::AppError;
use crate::pages::server::counts::ToolCounts;
use crate::pages::server::fields::TenantChoice;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// A server as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerLine {
    pub slug: String,
    pub name: String,
    pub url: String,
    pub enabled: bool,
    pub tenants: Vec<String>,
    pub tools: ToolCounts,
}

/// One page by slug, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerList {
    pub query: ServersQuery,
    pub lines: Vec<ServerLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// For the form that stands where there is no server yet; empty where there are some.
    pub choices: Vec<TenantChoice>,
}

#[server(endpoint = "servers", input = GetUrl, output = Json)]
pub async fn list_servers(#[server(default)] query: ServersQuery) -> Result<ServerList, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

/// The tenants that a new server can be given to.
#[server(endpoint = "server-choices", input = GetUrl, output = Json)]
pub async fn read_choices() -> Result<Vec<TenantChoice>, AppError> {
    crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    crate::pages::server::settings::choices(&console).await
}

#[cfg(feature = "ssr")]
mod server {
    use super::{ServerLine, ServerList, ServersQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use crate::pages::server::counts::ToolCounts;
    use crate::pages::server::settings::choices;
    use policy::TenantSlug;
    use store::administration::{Page, Server};

    pub(super) async fn list(console: &Console, query: ServersQuery) -> Result<ServerList, AppError> {
        refuse_zero([&query.tenant, &query.search, &query.after])?;
        let tenant = query.tenant.as_deref().map(TenantSlug::from);
        let page =
            Page { search: query.search.as_deref(), after: query.after.as_deref(), limit: ROWS_AND_ONE };
        let mut servers = console.store.list_servers(tenant.as_ref(), &page).await?;
        let next = cut(&mut servers, Server::cursor);
        let mut lines = Vec::with_capacity(servers.len());
        for server in servers {
            let tools = console.store.list_tools(Some(&server.slug), &Page::ALL).await?;
            lines.push(ServerLine {
                tools: ToolCounts::of(tools.iter().map(|tool| tool.review)),
                tenants: server.tenants.iter().map(ToString::to_string).collect(),
                slug: server.slug.to_string(),
                name: server.name,
                url: server.url,
                enabled: server.enabled,
            });
        }
        let first = lines.is_empty() && query == ServersQuery::default();
        let choices = if first { choices(console).await? } else { Vec::new() };
        Ok(ServerList { query, lines, next, choices })
    }
}
