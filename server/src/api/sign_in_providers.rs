//! `/api/v1/sign-in-providers`: by whom people sign in to the console, for all tenants: it takes a token of every tenant.
//! The client's secret is taken and never given back; it goes with the issuer, which never changes.
//!
//! No token makes owners by the way: a provider of which a group stands for owners is added, changed and enabled at the
//! console alone; and so is one added or enabled by which an owner signs in. Switching it off and removing it only take away.

use super::ApiState;
use super::administrator::Administrator;
use super::answer;
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_slug};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use pdp::Secret;
use pdp::vault::VaultError;
use policy::TenantSlug;
use policy::scope::AdminScope;
use serde::{Deserialize, Serialize};
use store::Writer;
use store::accounts::AccountRole;
use store::administration::{GroupRole, ProviderSettings, SignInProvider};
use utoipa::ToSchema;

const PROVIDERS: &str = "/api/v1/sign-in-providers";
const PROVIDER: &str = "/api/v1/sign-in-providers/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, PROVIDERS, AdminScope::Read, "List sign-in providers by id", |m| on(m, list))
        .asks::<PageQuery>()
        .lists::<ProviderView>(),
    Route::new(Verb::Get, PROVIDER, AdminScope::Read, "Get one sign-in provider", |m| on(m, get))
        .gives::<ProviderView>(),
    Route::new(
        Verb::Put,
        PROVIDER,
        AdminScope::Providers,
        "Add a sign-in provider that makes no owners, or replace its settings",
        |m| on(m, put),
    )
    .takes::<ProviderTerms>()
    .puts::<ProviderView>(),
    Route::new(
        Verb::Patch,
        PROVIDER,
        AdminScope::Providers,
        "Disable a provider and sign out whom it speaks of, or enable it",
        |m| on(m, switch),
    )
    .takes::<ProviderSwitch>()
    .gives::<ProviderView>(),
    Route::new(
        Verb::Delete,
        PROVIDER,
        AdminScope::Providers,
        "Remove a provider, its secret, and whom it speaks of",
        |m| on(m, delete),
    ),
];

/// A group, as the provider spells it, and the role that it stands for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProviderGroup {
    #[schema(example = "finance")]
    group: String,
    /// `policy_author`, `approver` or `auditor`; `owner` where the console said so.
    #[schema(value_type = String, example = "approver")]
    role: AccountRole,
    /// Where the role counts; without it, in every tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    tenant: Option<TenantSlug>,
}

/// A provider of sign-ins, without the client's secret.
#[derive(Debug, Serialize, ToSchema)]
struct ProviderView {
    #[schema(example = "work")]
    id: String,
    name: String,
    #[schema(example = "https://idp.example/realms/a")]
    issuer: String,
    client_id: String,
    active: bool,
    scopes: Vec<String>,
    #[schema(example = "groups")]
    groups_claim: String,
    groups: Vec<ProviderGroup>,
    /// Whether users whom the policy knows by this issuer may sign in as approvers.
    admit_subjects: bool,
}

impl From<SignInProvider> for ProviderView {
    fn from(provider: SignInProvider) -> Self {
        let settings = provider.settings;
        let group =
            |entry: GroupRole| ProviderGroup { group: entry.group, role: entry.role, tenant: entry.tenant };
        Self {
            id: provider.id,
            name: provider.name,
            issuer: provider.issuer,
            client_id: provider.client_id,
            active: provider.active,
            scopes: settings.scopes,
            groups_claim: settings.groups_claim,
            groups: settings.groups.into_iter().map(group).collect(),
            admit_subjects: settings.admit_subjects,
        }
    }
}

/// What a provider is from now on. Not printable on purpose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProviderTerms {
    /// On the button of the sign-in page.
    #[schema(example = "The company")]
    name: String,
    /// As the provider writes itself in `iss`, to the character. It never changes.
    #[schema(example = "https://idp.example/realms/a")]
    issuer: String,
    #[schema(example = "countersign")]
    client_id: String,
    /// Taken, and not given back. Absent: the one that is kept stays.
    client_secret: Option<String>,
    /// Asked for beside `openid`; `profile` where nothing is given.
    scopes: Option<Vec<String>>,
    /// A claim of the ID token, or a JSON pointer; `groups` where nothing is given.
    #[schema(example = "groups")]
    groups_claim: Option<String>,
    #[serde(default)]
    groups: Vec<ProviderGroup>,
    /// Whether users whom the policy knows by this issuer may sign in as approvers.
    #[serde(default)]
    admit_subjects: bool,
}

/// Whether anybody signs in by it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProviderSwitch {
    active: bool,
}

fn makes_no_owner(provider: &SignInProvider) -> Result<(), Problem> {
    let owners = provider.settings.groups.iter().any(|entry| entry.role == AccountRole::Owner);
    if owners { Err(Problem::of_owners()) } else { Ok(()) }
}

/// Nor does a token open a way in by which an owner comes. To be asked of what was just written: where it is refused, it is
/// undone.
async fn leads_to_no_owner(writer: &mut Writer, provider: &SignInProvider) -> Result<(), Problem> {
    if writer.leads_to_an_owner(provider).await? { Err(Problem::of_owners()) } else { Ok(()) }
}

async fn find(writer: &mut Writer, id: &str) -> Result<SignInProvider, Problem> {
    let found = writer.get_sign_in_provider(known_slug("provider", id)?).await?;
    found.ok_or_else(|| Problem::not_found("provider"))
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Listed<ProviderView>>, Problem> {
    administrator.of_every_tenant()?;
    let place = query.place()?;
    let found = state.store.list_sign_in_providers().await?;
    Ok(place.cut(found, |provider: &SignInProvider| provider.id.clone()))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<ProviderView>, Problem> {
    administrator.of_every_tenant()?;
    let found = state.store.get_sign_in_provider(known_slug("provider", &id)?).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("provider"))?.into()))
}

async fn put(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(terms): Given<ProviderTerms>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let id = known_slug("provider", &id)?;
    let usual = ProviderSettings::default();
    let group =
        |entry: ProviderGroup| GroupRole { group: entry.group, role: entry.role, tenant: entry.tenant };
    let secret = Secret::new(terms.client_secret.unwrap_or_default());
    let mut writer = state.store.write(administrator.actor()).await?;
    let known = writer.get_sign_in_provider(id).await?;
    let provider = SignInProvider {
        id: id.to_owned(),
        name: terms.name,
        issuer: terms.issuer,
        client_id: terms.client_id,
        // Settings that are put anew must not switch on by the way what somebody has switched off.
        active: known.as_ref().is_none_or(|known| known.active),
        settings: ProviderSettings {
            scopes: terms.scopes.unwrap_or(usual.scopes),
            groups_claim: terms.groups_claim.unwrap_or(usual.groups_claim),
            groups: terms.groups.into_iter().map(group).collect(),
            admit_subjects: terms.admit_subjects,
        },
    };
    known.as_ref().map_or(Ok(()), makes_no_owner)?;
    makes_no_owner(&provider)?;
    writer.put_sign_in_provider(&provider).await?;
    if known.is_none() {
        leads_to_no_owner(&mut writer, &provider).await?;
    }
    if !secret.expose().is_empty() {
        match state.console.vault().keep(&mut writer, provider.secret_place(), &secret).await {
            Ok(()) => {}
            Err(VaultError::NotASecret) => {
                return Err(Problem::invalid("client_secret", "is too long, or holds U+0000"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    writer.commit().await?;
    let location = format!("{PROVIDERS}/{id}");
    Ok(answer::put(known.is_some(), &location, &ProviderView::from(provider)))
}

async fn switch(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(ProviderSwitch { active }): Given<ProviderSwitch>,
) -> Result<Json<ProviderView>, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let known = find(&mut writer, &id).await?;
    let opens = active && !known.active;
    if opens {
        makes_no_owner(&known)?;
    }
    let provider = SignInProvider { active, ..known };
    writer.put_sign_in_provider(&provider).await?;
    if opens {
        leads_to_no_owner(&mut writer, &provider).await?;
    }
    writer.commit().await?;
    Ok(Json(provider.into()))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let known = find(&mut writer, &id).await?;
    writer.delete_sign_in_provider(&known.id).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
