//! Administrator tokens, made past the console.

use crate::world::{World, operator};
use pdp::Secret;
use pdp::secret::KeyKind;
use policy::TenantSlug;
use policy::scope::AdminScope;
use store::accounts::{AccountRole, NewAccount};
use store::administration::NewAdministratorToken;

const OWNER: &str = "ada@example.org";

/// A token of the owner with these scopes, good for an hour; of one tenant, or of all. Makes the owner where there is none.
pub async fn token(world: &World, name: &str, scopes: &[AdminScope], tenant: Option<&TenantSlug>) -> String {
    if world.store.account_by_login(OWNER).await.expect("reads").is_none() {
        let new = NewAccount {
            login: OWNER.to_owned(),
            name: "Ada".to_owned(),
            password_hash: None,
            role: AccountRole::Owner,
            reach: policy::Reach::Everything,
        };
        world.store.create_account(&new, &operator(), server::clock::system()()).await.expect("made");
    }
    let secret = Secret::from_random(KeyKind::Administrator, &server::random::bytes());
    let digest = secret.digest();
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let new = NewAdministratorToken {
        name,
        account: OWNER,
        digest: &digest,
        tenant,
        scopes,
        expires_at: writer.now().saturating_add_micros(3_600_000_000),
    };
    writer.add_administrator_token(&new).await.expect("is taken");
    writer.commit().await.expect("commits");
    secret.expose().to_owned()
}
