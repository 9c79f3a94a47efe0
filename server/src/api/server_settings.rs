//! Which MCP servers there are, below `/api/v1/servers`: registered, changed and deleted. Servers are shared, so all of it takes
//! a token of every tenant. Whether one is enabled is switched by itself, with a scope of its own.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::problem::Problem;
use super::reading::{Given, Segments, check_url, name_of};
use super::route::{Route, Verb};
use super::servers::{SERVER, SERVERS, ServerView, find};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use policy::ids::check_slug;
use policy::scope::AdminScope;
use policy::{ServerSlug, TenantSlug};
use serde::Deserialize;
use store::administration::Server;
use utoipa::ToSchema;

/// The most audiences of a server, and the longest, in characters.
const MOST_AUDIENCES: usize = 20;
const LONGEST_AUDIENCE: usize = 500;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Post, SERVERS, AdminScope::Catalog, "Register a server, enabled", |m| on(m, register))
        .takes::<NewServer>()
        .creates::<ServerView>(),
    Route::new(Verb::Put, SERVER, AdminScope::Catalog, "Replace a server's settings", |m| on(m, put))
        .takes::<ServerSettings>()
        .gives::<ServerView>(),
    Route::new(Verb::Delete, SERVER, AdminScope::Catalog, "Delete a server with its tools", |m| {
        on(m, delete)
    }),
];

/// A server to be registered. Its tools are found by discovery, and denied until they are reviewed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewServer {
    /// One of a kind, and kept for good.
    #[schema(value_type = String, example = "crm")]
    slug: ServerSlug,
    /// The slug, unless given.
    #[schema(example = "Customers")]
    name: Option<String>,
    #[schema(example = "https://crm.example/mcp")]
    url: String,
    /// The tenants that may use it.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    tenants: Vec<TenantSlug>,
    /// What tokens must name to call it, 20 at the most; none given: its URL.
    #[serde(default)]
    audiences: Vec<String>,
    /// Whether arguments are held against the tools' schemas: true, unless given.
    check_arguments: Option<bool>,
}

/// What a server is from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ServerSettings {
    /// Absent: it stays as it is.
    #[schema(example = "Customers")]
    name: Option<String>,
    #[schema(example = "https://crm.example/mcp")]
    url: String,
    /// The tenants that may use it, and no other.
    #[schema(value_type = Vec<String>)]
    tenants: Vec<TenantSlug>,
    /// What tokens must name to call it, 20 at the most; none given: its URL. Absent: they stay as they are.
    audiences: Option<Vec<String>>,
    /// Whether arguments are held against the tools' schemas. Absent: it stays as it is.
    check_arguments: Option<bool>,
}

/// What can be no tenant is not looked up.
fn check_tenants(tenants: &[TenantSlug]) -> Result<(), Problem> {
    if tenants.iter().any(|slug| check_slug(slug.as_str()).is_err()) {
        return Err(Problem::invalid("tenants", "must be slugs of tenants"));
    }
    Ok(())
}

fn check_audiences(audiences: &[String]) -> Result<(), Problem> {
    let why = if audiences.len() > MOST_AUDIENCES {
        format!("must not be more than {MOST_AUDIENCES}")
    } else if audiences.iter().any(|audience| audience.trim().is_empty()) {
        "must not be empty".to_owned()
    } else if audiences.iter().any(|audience| audience.chars().count() > LONGEST_AUDIENCE) {
        format!("must not be longer than {LONGEST_AUDIENCE} characters")
    } else if audiences.iter().any(|audience| audience.chars().any(char::is_control)) {
        "must not hold control characters".to_owned()
    } else {
        return Ok(());
    };
    Err(Problem::invalid("audiences", why))
}

async fn register(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(new): Given<NewServer>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    check_slug(new.slug.as_str()).map_err(|why| Problem::invalid("slug", why.to_string()))?;
    let name = name_of(new.name.as_deref(), new.slug.as_str())?;
    let url = new.url.trim();
    check_url(url)?;
    check_tenants(&new.tenants)?;
    check_audiences(&new.audiences)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    if writer.get_server(&new.slug).await?.is_some() {
        return Err(Problem::conflict("taken", "a server of this slug exists"));
    }
    let usual = Server::new(new.slug, url);
    let server = Server {
        name,
        tenants: new.tenants,
        audiences: new.audiences,
        check_arguments: new.check_arguments.unwrap_or(usual.check_arguments),
        ..usual
    };
    let stored = writer.put_server(&server).await?;
    writer.commit().await?;
    let location = format!("{SERVERS}/{}", stored.slug);
    Ok(created(&location, &ServerView::from(stored)))
}

async fn put(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
    Given(settings): Given<ServerSettings>,
) -> Result<Json<ServerView>, Problem> {
    administrator.of_every_tenant()?;
    let name = settings.name.as_deref().map(|name| name_of(Some(name), &slug)).transpose()?;
    let url = settings.url.trim();
    check_url(url)?;
    check_tenants(&settings.tenants)?;
    if let Some(audiences) = &settings.audiences {
        check_audiences(audiences)?;
    }
    let mut writer = state.store.write(administrator.actor()).await?;
    let before = find(&mut writer, &slug).await?;
    let moved = before.url != url;
    let after = Server {
        name: name.unwrap_or(before.name),
        url: url.to_owned(),
        tenants: settings.tenants,
        audiences: settings.audiences.unwrap_or(before.audiences),
        check_arguments: settings.check_arguments.unwrap_or(before.check_arguments),
        slug: before.slug,
        enabled: before.enabled,
        created_at: before.created_at,
    };
    let stored = writer.put_server(&after).await?;
    writer.commit().await?;
    if moved {
        // What was found at the old address says nothing of the new one.
        state.console.services().discoveries.forget(&stored.slug);
    }
    Ok(Json(stored.into()))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let server = find(&mut writer, &slug).await?;
    writer.delete_server(&server.slug).await?;
    writer.commit().await?;
    state.console.services().discoveries.forget(&server.slug);
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_are_few_and_short() {
        let many = |count: usize| vec!["a".to_owned(); count];
        assert!(check_audiences(&many(MOST_AUDIENCES)).is_ok());
        assert!(check_audiences(&["https://crm.example".to_owned(), "x".repeat(LONGEST_AUDIENCE)]).is_ok());
        for bad in [
            many(MOST_AUDIENCES + 1),
            vec![" ".to_owned()],
            vec!["a\u{0}".to_owned()],
            vec!["x".repeat(LONGEST_AUDIENCE + 1)],
        ] {
            assert!(check_audiences(&bad).is_err(), "{bad:?}");
        }
    }
}
