//! Stop switches and break-glass on both databases: what is thrown on one replica holds for the next call on the other,
//! and what is granted ends by the database's clock.

mod glass;
mod stops;

use policy::labels::StopScope;
use policy::{DecisionId, SubjectId, TenantSlug, Timestamp};
use serde_json::{Value, json};
use store::accounts::{Account, AccountRole, NewAccount, PasswordHash};
use store::administration::{BreakGlassGrant, NewBreakGlass, NewStop, StopSwitch};
use store::{Actor, Via, WriteError};
use tests::World;
use tests::pep::refund;
use tests::world::operator;

fn export() -> Value {
    json!({"format": "csv"})
}

fn acme() -> TenantSlug {
    TenantSlug::from("acme")
}

async fn try_stop(
    world: &World,
    scope: StopScope,
    target: &str,
    tenant: Option<&str>,
) -> Result<StopSwitch, WriteError> {
    let tenant = tenant.map(TenantSlug::from);
    let new = NewStop { scope, target, tenant: tenant.as_ref(), reason: "it runs wild" };
    let mut writer = world.store.write(operator()).await?;
    let switch = writer.stop(&new).await?;
    writer.commit().await?;
    Ok(switch)
}

pub(crate) async fn stop(world: &World, scope: StopScope, target: &str, tenant: Option<&str>) -> String {
    try_stop(world, scope, target, tenant).await.expect("is stopped").id
}

async fn try_lift(world: &World, id: &str) -> Result<(), WriteError> {
    let mut writer = world.store.write(operator()).await?;
    writer.lift_stop(id).await?;
    writer.commit().await?;
    Ok(())
}

pub(crate) async fn lift(world: &World, id: &str) {
    try_lift(world, id).await.expect("is lifted");
}

async fn owner(world: &World, login: &str) -> Account {
    let new = NewAccount {
        login: login.to_owned(),
        name: login.to_owned(),
        password_hash: Some(PasswordHash::new("$argon2id$x")),
        role: AccountRole::Owner,
        reach: policy::Reach::Everything,
    };
    world.store.create_account(&new, &operator(), Timestamp::default()).await.expect("made")
}

fn as_account(account: Option<&Account>) -> Actor {
    match account {
        Some(account) => Actor { name: account.login.clone(), via: Via::Console, request_id: None },
        None => operator(),
    }
}

/// Asks for a grant to alice in acme.
async fn ask(
    world: &World,
    tools: &str,
    minutes: i64,
    by: Option<&Account>,
) -> Result<BreakGlassGrant, WriteError> {
    let (tenant, subject) = (acme(), SubjectId::from("alice"));
    let new =
        NewBreakGlass { tenant: &tenant, subject: &subject, tools, reason: "the auditors wait", minutes };
    let mut writer = world.store.write(as_account(by)).await?;
    let grant = writer.ask_break_glass(&new, by.map(|account| account.id.as_str())).await?;
    writer.commit().await?;
    Ok(grant)
}

async fn confirm(world: &World, id: &str, by: Option<&Account>) -> Result<BreakGlassGrant, WriteError> {
    let mut writer = world.store.write(as_account(by)).await?;
    let grant = writer.confirm_break_glass(id, by.map(|account| account.id.as_str())).await?;
    writer.commit().await?;
    Ok(grant)
}

/// The record of a decision.
async fn recorded(world: &World, id: Option<&String>) -> Value {
    let id = DecisionId::new(id.expect("an id"));
    let decision = world.store.get_decision(&id).await.expect("reads").expect("is recorded");
    serde_json::from_str(&decision.body).expect("JSON")
}
