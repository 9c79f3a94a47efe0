//! What the pages of resources read from the server. Ids and attributes are text of others.

use super::query::ResourcesQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// A resource, as a row and as a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceView {
    /// Stands for type and id in addresses and forms.
    pub key: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub tenant: String,
    pub sensitivity: String,
    /// As JSON, indented on its page; empty where there are none.
    pub attributes: String,
    /// Tools that bind its type, as `server/tool`; on its page alone.
    pub tools: Vec<String>,
    /// Tenants to choose from, slug and name; on its page alone.
    pub tenants: Vec<(String, String)>,
}

/// An import as a row and as a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportView {
    pub id: String,
    /// "Running", "Finished", "Stopped".
    pub state: String,
    pub running: bool,
    /// How a stopped one goes on, in a sentence; on its page alone.
    pub rest: Option<String>,
    /// Of a hundred.
    pub percent: u64,
    /// What became of its lines, in a sentence.
    pub summary: String,
    pub by: String,
    pub at: Moment,
    /// "line 7: why", the first hundred; on its page alone.
    pub problems: Vec<String>,
}

/// One page by type and id, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceList {
    pub query: ResourcesQuery,
    pub lines: Vec<ResourceView>,
    /// The cursor of the next page.
    pub next: Option<String>,
    pub types: Vec<String>,
    /// For the forms alone.
    pub tenants: Vec<(String, String)>,
    /// The last ones; none for who is of some tenants.
    pub imports: Vec<ImportView>,
}

#[cfg(feature = "ssr")]
pub async fn read_resources(query: ResourcesQuery) -> Result<ResourceList, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadResources)?;
    let console = crate::console::Console::current()?;
    server::list(&console, &reach, query).await
}

drawn::unread!(read_resources(ResourcesQuery) -> Result<ResourceList, AppError>);

/// None: no such resource, or not one that the reader may see.
#[cfg(feature = "ssr")]
pub async fn read_resource(key: String) -> Result<Option<ResourceView>, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadResources)?;
    let console = crate::console::Console::current()?;
    server::one(&console, &reach, &key).await
}

drawn::unread!(read_resource(String) -> Result<Option<ResourceView>, AppError>);

/// None: no such import. A file may hold anybody's resources: whoever is of some tenants is refused.
#[server(endpoint = "resource-import", input = GetUrl, output = Json)]
pub async fn read_import(#[server(default)] id: String) -> Result<Option<ImportView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadResources)?;
    let console = crate::console::Console::current()?;
    server::import(&console, &id).await
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::write::{key_of, resource_of};
    use super::{ImportView, ResourceList, ResourceView, ResourcesQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::answer::from_hex;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use policy::{Reach, ServerSlug, TenantSlug, Timestamp};
    use std::collections::BTreeSet;
    use store::administration::{
        FileFormat, ImportState, Page, Resource, ResourceFilter, ResourceImport, Server,
    };
    use store::{Store, StoreError};

    /// Imports that are listed below the resources.
    const IMPORTS: u64 = 5;

    /// The reader's.
    async fn tenants(store: &Store, reach: &Reach) -> Result<Vec<(String, String)>, StoreError> {
        let tenants = store.list_tenants(&Page::ALL).await?.into_iter();
        let own = tenants.filter(|tenant| reach.holds(tenant.slug.as_str()));
        Ok(own.map(|tenant| (tenant.slug.to_string(), tenant.name)).collect())
    }

    pub(super) async fn list(
        console: &Console,
        reach: &Reach,
        query: ResourcesQuery,
    ) -> Result<ResourceList, AppError> {
        let after = query.after.as_deref().and_then(from_hex);
        refuse_zero([&query.tenant, &query.kind, &query.search, &after])?;
        let (store, now) = (&console.store, console.now());
        let tenant = query.tenant.as_deref().map(TenantSlug::from);
        let filter =
            ResourceFilter { tenant: tenant.as_ref(), tenants: reach.tenants(), kind: query.kind.as_deref() };
        let page = Page { search: query.search.as_deref(), after: after.as_deref(), limit: ROWS_AND_ONE };
        let mut found = store.list_resources(filter, &page).await?;
        let next = cut(&mut found, |resource: &Resource| key_of(&resource.kind, &resource.id));
        let types = store.list_resource_types(filter).await?;
        let tenants = if query.ask.is_some() { tenants(store, reach).await? } else { Vec::new() };
        let imports = if reach.is_everything() { store.list_imports(IMPORTS).await? } else { Vec::new() };
        Ok(ResourceList {
            query,
            lines: found.into_iter().map(|resource| view(resource, false)).collect(),
            next,
            types,
            tenants,
            imports: imports.iter().map(|import| import_view(import, now)).collect(),
        })
    }

    fn view(resource: Resource, indented: bool) -> ResourceView {
        let attributes = match (resource.attributes.is_empty(), indented) {
            (true, _) => Ok(String::new()),
            (false, true) => serde_json::to_string_pretty(&resource.attributes),
            (false, false) => serde_json::to_string(&resource.attributes),
        };
        ResourceView {
            key: key_of(&resource.kind, &resource.id),
            tenant: resource.tenant.to_string(),
            sensitivity: resource.sensitivity.to_string(),
            attributes: attributes.unwrap_or_default(),
            kind: resource.kind,
            id: resource.id,
            tools: Vec::new(),
            tenants: Vec::new(),
        }
    }

    pub(super) async fn one(
        console: &Console,
        reach: &Reach,
        key: &str,
    ) -> Result<Option<ResourceView>, AppError> {
        let Some((kind, id)) = resource_of(key) else { return Ok(None) };
        let store = &console.store;
        let found = store.get_resource(&kind, &id).await?;
        let Some(found) = found.filter(|found| reach.holds(found.tenant.as_str())) else { return Ok(None) };
        let tools = binding(store, reach, &kind).await?;
        Ok(Some(ResourceView { tools, tenants: tenants(store, reach).await?, ..view(found, true) }))
    }

    /// The tools whose arguments name resources of this type, as `server/name`, of servers that the reader's tenants may use.
    async fn binding(store: &Store, reach: &Reach, kind: &str) -> Result<Vec<String>, StoreError> {
        let servers = store.list_servers(None, &Page::ALL).await?.into_iter();
        let usable = |server: &Server| {
            reach.is_everything() || server.tenants.iter().any(|tenant| reach.holds(tenant.as_str()))
        };
        let usable: BTreeSet<ServerSlug> = servers.filter(usable).map(|server| server.slug).collect();
        let tools = store.list_tools(None, &Page::ALL).await?.into_iter();
        let tools = tools.filter(|tool| usable.contains(&tool.server));
        let binding = tools.filter(|tool| tool.bindings.iter().any(|bound| bound.kind == kind));
        Ok(binding.map(|tool| format!("{}/{}", tool.server, tool.name)).collect())
    }

    pub(super) async fn import(console: &Console, id: &str) -> Result<Option<ImportView>, AppError> {
        if id.contains('\0') {
            return Ok(None);
        }
        let store = &console.store;
        let Some(import) = store.get_import(id).await? else { return Ok(None) };
        let rest = if import.state == ImportState::Stopped {
            // What a file that is sent again goes on with.
            let next = store.find_interrupted_import(&import).await?;
            Some(rest(&import, next.is_some_and(|next| next.id == import.id)))
        } else {
            None
        };
        let problems = import.problems.iter().map(|one| format!("line {}: {}", one.line, one.why)).collect();
        Ok(Some(ImportView { rest, problems, ..import_view(&import, console.now()) }))
    }

    fn import_view(import: &ResourceImport, now: Timestamp) -> ImportView {
        let (state, percent) = match (import.state, import.size) {
            (ImportState::Finished, _) => ("Finished", 100),
            (ImportState::Running, 0) => ("Running", 0),
            (ImportState::Stopped, 0) => ("Stopped", 0),
            (ImportState::Running, size) => ("Running", part(import.position, size)),
            (ImportState::Stopped, size) => ("Stopped", part(import.position, size)),
        };
        let ResourceImport { created, changed, unchanged, refused, .. } = import;
        ImportView {
            id: import.id.clone(),
            state: state.to_owned(),
            running: import.state == ImportState::Running,
            rest: None,
            percent,
            summary: format!(
                "{created} created, {changed} changed, {unchanged} unchanged, {refused} refused"
            ),
            by: import.by.clone(),
            at: Moment::new(import.updated_at, now),
            problems: Vec::new(),
        }
    }

    fn rest(import: &ResourceImport, is_next: bool) -> String {
        if !is_next {
            return "Importing the same file again does not go on here: it was imported again since."
                .to_owned();
        }
        let format = match import.format {
            FileFormat::Csv => "CSV",
            FileFormat::Jsonl => "JSON lines",
        };
        let tenant = match &import.tenant {
            Some(slug) => format!("for the tenant `{slug}`"),
            None => "with each line saying its own tenant".to_owned(),
        };
        format!(
            "Import the same file again, as {format} and {tenant}: it goes on after line {}.",
            import.line
        )
    }

    fn part(position: i64, size: i64) -> u64 {
        u64::try_from(i128::from(position) * 100 / i128::from(size.max(1))).unwrap_or(0)
    }
}
