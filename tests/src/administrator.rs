//! Administrator tokens, made past the console.

use crate::world::{World, operator};
use pdp::Secret;
use pdp::secret::KeyKind;
use policy::scope::AdminScope;
use policy::{Reach, TenantSlug};
use store::accounts::{AccountRole, NewAccount};
use store::administration::NewAdministratorToken;

/// The login of the owner.
pub const OWNER: &str = "ada@example.org";

/// The account of the owner, which is made where there is none; answers its id.
pub async fn owner(world: &World) -> String {
    if let Some(known) = world.store.account_by_login(OWNER).await.expect("reads") {
        return known.id;
    }
    let new = NewAccount {
        login: OWNER.to_owned(),
        name: "Ada".to_owned(),
        password_hash: None,
        role: AccountRole::Owner,
        reach: Reach::Everything,
    };
    world.store.create_account(&new, &operator(), server::clock::system()()).await.expect("made").id
}

/// A token of the owner with these scopes, good for an hour; of one tenant, or of all.
pub async fn token(world: &World, name: &str, scopes: &[AdminScope], tenant: Option<&str>) -> String {
    owner(world).await;
    let tenant = tenant.map(TenantSlug::from);
    let secret = Secret::from_random(KeyKind::Administrator, &server::random::bytes());
    let digest = secret.digest();
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let new = NewAdministratorToken {
        name,
        account: OWNER,
        digest: &digest,
        tenant: tenant.as_ref(),
        scopes,
        expires_at: writer.now().saturating_add_micros(3_600_000_000),
    };
    writer.add_administrator_token(&new).await.expect("is taken");
    writer.commit().await.expect("commits");
    secret.expose().to_owned()
}
