//! `/api/v1/accounts`: who may use the console. Accounts are of no tenant, so it takes a token of every tenant.
//!
//! Owners are out of reach: a token invites none, makes none, and neither changes, disables, enables nor resets one, its
//! own account among them; the store refuses it once more. Nor does it hand out a link to an account that answers requests
//! for approval, or that stands for a person: whoever has the link has the account, and would be that person. Nor one that
//! takes away the demand for a passkey. What a token did hand out opens an account no longer once an owner gives it more.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_id};
use super::route::{Route, Verb};
use crate::console::{self, LinkError};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{Reach, SubjectId, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::accounts::{Account, AccountError, AccountRole, NewAccount, RoleSource};
use utoipa::{IntoParams, ToSchema};

const ACCOUNTS: &str = "/api/v1/accounts";
const ACCOUNT: &str = "/api/v1/accounts/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, ACCOUNTS, AdminScope::Read, "List accounts of the console by login", |m| {
        on(m, list)
    })
    .asks::<PageQuery>()
    .lists::<AccountView>(),
    Route::new(
        Verb::Post,
        ACCOUNTS,
        AdminScope::AccountLinks,
        "Invite somebody: an account that is no owner's, and the one link to it",
        |m| on(m, invite),
    )
    .takes::<Invitation>()
    .creates::<FreshLink>(),
    Route::new(Verb::Get, ACCOUNT, AdminScope::Read, "Get one account", |m| on(m, get))
        .gives::<AccountView>(),
    Route::new(
        Verb::Patch,
        ACCOUNT,
        AdminScope::Accounts,
        "Disable an account with its sessions and links, or enable it",
        |m| on(m, switch),
    )
    .takes::<AccountSwitch>()
    .gives::<AccountView>(),
    Route::new(
        Verb::Put,
        "/api/v1/accounts/{id}/role",
        AdminScope::Accounts,
        "Give an account a role below owner, which stays whatever a provider says",
        |m| on(m, give_role),
    )
    .takes::<GivenRole>()
    .gives::<AccountView>(),
    Route::new(
        Verb::Post,
        "/api/v1/accounts/{id}/reset",
        AdminScope::AccountLinks,
        "Make the link to another password; the one before it works no longer",
        |m| on(m, reset),
    )
    .asks::<ResetQuery>()
    .gives::<FreshLink>(),
];

/// An account of the console, without its password.
#[derive(Debug, Serialize, ToSchema)]
struct AccountView {
    id: String,
    #[schema(example = "ann@example.org")]
    login: String,
    name: String,
    /// `owner`, `policy_author`, `approver` or `auditor`.
    #[schema(value_type = String, example = "auditor")]
    role: AccountRole,
    /// `given` by an administrator, or `mapped`: a provider tells of it; `lapsed`: it told of it once, and it counts nowhere.
    #[schema(value_type = String, example = "given")]
    role_source: RoleSource,
    /// Where the role counts. Without it: in every tenant, and for what is of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["acme"]))]
    tenants: Option<BTreeSet<TenantSlug>>,
    /// False: nobody signs in to it.
    active: bool,
    /// False: nobody has chosen a password yet, or it signs in by a provider alone.
    has_password: bool,
    /// The person whose account it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    subject: Option<SubjectId>,
    /// The token that made the link by which it is entered. Without it: a person made it, or there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ada@example.org (token ci)")]
    handed_out_by: Option<String>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    last_sign_in_at: Option<Timestamp>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            has_password: account.password_hash.is_some(),
            id: account.id,
            login: account.login,
            name: account.name,
            role: account.role,
            role_source: account.role_source,
            tenants: account.reach.tenants().cloned(),
            active: account.active,
            subject: account.subject,
            handed_out_by: account.handed_out_by,
            created_at: account.created_at,
            last_sign_in_at: account.last_sign_in_at,
        }
    }
}

/// Who is invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Invitation {
    /// Taken in lower case.
    #[schema(example = "ann@example.org")]
    login: String,
    /// The login where nothing is given.
    #[schema(example = "Ann")]
    name: Option<String>,
    /// `policy_author`, `approver` or `auditor`.
    #[schema(value_type = String, example = "auditor")]
    role: AccountRole,
    /// Where the role counts. Without it: in every tenant, and for what is of none.
    #[schema(value_type = Option<Vec<String>>, example = json!(["acme"]))]
    tenants: Option<BTreeSet<TenantSlug>>,
}

/// Whether it may be signed in to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountSwitch {
    active: bool,
}

/// What using the link leaves.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ResetQuery {
    /// Leave the account its passkeys. Otherwise using the link removes them, as somebody else may have added one.
    keep_passkeys: bool,
}

/// A role below owner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GivenRole {
    /// `policy_author`, `approver` or `auditor`.
    #[schema(value_type = String, example = "auditor")]
    role: AccountRole,
}

/// An account with the one link to it: whoever opens it first chooses the password. Not printable on purpose.
#[derive(Serialize, ToSchema)]
struct FreshLink {
    account: AccountView,
    /// Shown this once. An invitation works for three days, another password for an hour; each once.
    #[schema(example = "https://countersign.example/recover#…")]
    link: String,
}

fn below_owner(role: AccountRole) -> Result<(), Problem> {
    if role == AccountRole::Owner { Err(Problem::of_owners()) } else { Ok(()) }
}

async fn find(state: &ApiState, id: &str) -> Result<Account, Problem> {
    let found = state.store.account(known_id("account", id)?).await?;
    found.ok_or_else(|| Problem::not_found("account"))
}

/// One that is no owner's.
async fn in_reach(state: &ApiState, id: &str) -> Result<Account, Problem> {
    let found = find(state, id).await?;
    below_owner(found.role)?;
    Ok(found)
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Listed<AccountView>>, Problem> {
    administrator.of_every_tenant()?;
    let place = query.place()?;
    Ok(place.cut(state.store.accounts().await?, |account: &Account| account.login.clone()))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<AccountView>, Problem> {
    administrator.of_every_tenant()?;
    Ok(Json(find(&state, &id).await?.into()))
}

async fn invite(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(new): Given<Invitation>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    below_owner(new.role)?;
    let name = new.name.filter(|name| !name.trim().is_empty());
    let account = NewAccount {
        name: name.unwrap_or_else(|| new.login.trim().to_owned()),
        login: new.login,
        password_hash: None,
        role: new.role,
        reach: new.tenants.map_or(Reach::Everything, Reach::Tenants),
    };
    let (origin, by) = (state.console.origin(), administrator.actor());
    let (account, link) = console::invite(&state.store, origin, &account, &by, administrator.now()).await?;
    let location = format!("{ACCOUNTS}/{}", account.id);
    Ok(created(&location, &FreshLink { account: account.into(), link }))
}

async fn reset(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Asked(query): Asked<ResetQuery>,
) -> Result<Json<FreshLink>, Problem> {
    administrator.of_every_tenant()?;
    let id = known_id("account", &id)?;
    let (origin, by) = (state.console.origin(), administrator.actor());
    let forgets = !query.keep_passkeys;
    // The store holds the account and says what a token may hand out of it.
    match console::reset(&state.store, origin, id, forgets, &by, administrator.now()).await {
        Ok((account, link)) => Ok(Json(FreshLink { account: account.into(), link })),
        Err(LinkError::Account(AccountError::Stale)) => {
            Err(Problem::conflict("switched_off", "the account is switched off; the link would switch it on"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn switch(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(AccountSwitch { active }): Given<AccountSwitch>,
) -> Result<Json<AccountView>, Problem> {
    administrator.of_every_tenant()?;
    let known = in_reach(&state, &id).await?;
    state.store.set_account_active(&known.id, active, &administrator.actor(), administrator.now()).await?;
    Ok(Json(find(&state, &known.id).await?.into()))
}

async fn give_role(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(GivenRole { role }): Given<GivenRole>,
) -> Result<Json<AccountView>, Problem> {
    administrator.of_every_tenant()?;
    below_owner(role)?;
    let known = in_reach(&state, &id).await?;
    state.store.set_account_role(&known.id, role, &administrator.actor(), administrator.now()).await?;
    Ok(Json(find(&state, &known.id).await?.into()))
}
