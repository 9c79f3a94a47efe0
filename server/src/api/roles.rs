//! `/api/v1/roles`: names that memberships give and rules ask for. Those of every tenant are seen by all, and changed by a token
//! of every tenant alone.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, check_tenant, comparable, known_id};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use pdp::roles::{self, RoleError};
use policy::TenantSlug;
use policy::ids::check_id;
use policy::scope::AdminScope;
use serde::{Deserialize, Serialize};
use store::Writer;
use store::administration::Role;
use utoipa::{IntoParams, ToSchema};

const ROLES: &str = "/api/v1/roles";
const ROLE: &str = "/api/v1/roles/{id}";

/// The longest description, in characters.
const LONGEST: usize = 1_000;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, ROLES, AdminScope::Read, "List roles by name", |m| on(m, list))
        .asks::<RolesQuery>()
        .lists::<RoleView>(),
    Route::new(Verb::Post, ROLES, AdminScope::Roles, "Create a role, which nobody holds yet", |m| {
        on(m, create)
    })
    .takes::<NewRole>()
    .creates::<RoleView>(),
    Route::new(Verb::Get, ROLE, AdminScope::Read, "Get one role", |m| on(m, get)).gives::<RoleView>(),
    Route::new(Verb::Patch, ROLE, AdminScope::Roles, "Describe a role", |m| on(m, describe))
        .takes::<RoleChange>()
        .gives::<RoleView>(),
    Route::new(
        Verb::Delete,
        ROLE,
        AdminScope::Roles,
        "Delete a role that nobody holds, that no rule names and no claim stands for",
        |m| on(m, delete),
    ),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct RolesQuery {
    /// Only those that can be held in this tenant: its own, and those of every tenant.
    tenant: Option<String>,
    /// Only those whose name or description holds this text.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// A role. Its name means one thing in a tenant.
#[derive(Debug, Serialize, ToSchema)]
struct RoleView {
    id: String,
    /// Absent: it can be held in every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    #[schema(example = "support-agent")]
    name: String,
    description: String,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        Self { id: role.id, tenant: role.tenant, name: role.name, description: role.description }
    }
}

/// A role to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    #[schema(example = "support-agent")]
    name: String,
    /// Every tenant, unless given.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// 1,000 characters at the most.
    #[serde(default)]
    description: String,
}

/// What is to change. A role keeps its name and its tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    /// 1,000 characters at the most.
    description: String,
}

impl From<RoleError> for Problem {
    fn from(error: RoleError) -> Self {
        let detail = error.to_string();
        match error {
            RoleError::Store(error) => error.into(),
            RoleError::Write(error) => error.into(),
            RoleError::InUse(_) => Self::conflict("in_use", detail),
        }
    }
}

fn described(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(Problem::invalid("description", format!("must not be longer than {LONGEST} characters")));
    }
    Ok(comparable("description", text)?.to_owned())
}

/// In the order of the store; a name is there once for each tenant that has it.
fn key(role: &Role) -> String {
    format!("{}\n{}", role.name, role.id)
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<RolesQuery>,
) -> Result<Json<Listed<RoleView>>, Problem> {
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let text = comparable("q", query.q.as_deref().unwrap_or_default())?.trim().to_lowercase();
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    let mut found = state.store.list_roles(tenant.as_ref()).await?;
    found.retain(|role| {
        [&role.name, &role.description].iter().any(|held| held.to_lowercase().contains(&text))
    });
    Ok(place.cut(found, key))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<RoleView>, Problem> {
    let id = known_id("role", &id)?;
    // There are few: they are read whole.
    let found = state.store.list_roles(administrator.tenant()).await?.into_iter().find(|role| role.id == id);
    Ok(Json(found.ok_or_else(|| Problem::not_found("role"))?.into()))
}

/// One that is the token's to change: its tenant's own. One of every tenant is seen, and no more.
async fn find(writer: &mut Writer, administrator: &Administrator, id: &str) -> Result<Role, Problem> {
    let id = known_id("role", id)?;
    let found = writer.list_roles(administrator.tenant()).await?.into_iter().find(|role| role.id == id);
    let role = found.ok_or_else(|| Problem::not_found("role"))?;
    administrator.owner_of(role.tenant.as_ref())?;
    Ok(role)
}

async fn create(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(new): Given<NewRole>,
) -> Result<Response, Problem> {
    administrator.owner_of(new.tenant.as_ref())?;
    check_id(&new.name).map_err(|why| Problem::invalid("name", why.to_string()))?;
    check_tenant(new.tenant.as_ref())?;
    let description = described(&new.description)?;
    let role = Role { description, ..Role::new(new.tenant, new.name) };
    let mut writer = state.store.write(administrator.actor()).await?;
    if writer.get_role(role.tenant.as_ref(), &role.name).await?.is_some() {
        return Err(Problem::conflict("taken", "a role of this name exists there"));
    }
    let stored = writer.put_role(&role).await?;
    writer.commit().await?;
    let location = format!("{ROLES}/{}", stored.id);
    Ok(created(&location, &RoleView::from(stored)))
}

async fn describe(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(change): Given<RoleChange>,
) -> Result<Json<RoleView>, Problem> {
    let description = described(&change.description)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let role = find(&mut writer, &administrator, &id).await?;
    let stored = writer.put_role(&Role { description, ..role }).await?;
    writer.commit().await?;
    Ok(Json(stored.into()))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let role = find(&mut writer, &administrator, &id).await?;
    roles::delete(&mut writer, &role).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_short_and_free_of_zero() {
        assert_eq!(described(" who answers ").as_deref(), Ok("who answers"));
        assert!(described(&"x".repeat(LONGEST)).is_ok());
        for bad in ["a\0", &"x".repeat(LONGEST + 1)] {
            assert!(described(bad).is_err(), "{bad:?}");
        }
    }
}
