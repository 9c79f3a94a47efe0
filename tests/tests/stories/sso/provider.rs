//! `e2e/support/sign-in-provider.mjs`, running; and the house that people sign in to by it.

use crate::edge::house::House;
use pdp::Secret;
use pdp::address_guard::AllowedAddress;
use server::vault_key::{self, VaultKeys};
use store::accounts::AccountRole;
use store::administration::{GroupRole, ProviderSettings, SignInProvider};
use tests::Backend;
pub(crate) use tests::provider::Provider;
use tests::world::operator;

pub(crate) const SECRET: &str = "the-secret-of-the-console";

/// One that leads back to this address.
pub(crate) fn start(redirect: &str) -> Provider {
    Provider::start("sign-in-provider.mjs", redirect)
}

/// From now on these are the groups of this person.
pub(crate) fn set_groups(provider: &mut Provider, name: &str, groups: &str) {
    let order = format!("groups {name} {groups}");
    provider.order(&order, &order);
}

/// A house that people sign in to by a provider of the id `work`.
pub(crate) async fn house_with_provider(backend: Backend) -> (House, Provider) {
    let house = House::with(backend, |config| config.allow_addresses = vec![AllowedAddress::Loopback]).await;
    let provider = start(&format!("{}/sign-in/callback/work", house.origin()));
    register(&house, &work(&provider)).await;
    (house, provider)
}

pub(crate) fn work(provider: &Provider) -> SignInProvider {
    let group = |group: &str, role| GroupRole { group: group.to_owned(), role, tenant: None };
    SignInProvider {
        id: "work".to_owned(),
        name: "The company".to_owned(),
        issuer: provider.url.clone(),
        client_id: "console".to_owned(),
        active: true,
        settings: ProviderSettings {
            groups: vec![group("admins", AccountRole::Owner), group("finance", AccountRole::Approver)],
            ..ProviderSettings::default()
        },
    }
}

/// As `countersign provider put` does.
pub(crate) async fn register(house: &House, provider: &SignInProvider) {
    let keys = VaultKeys::File(house.world.database.file("vault.key"));
    let vault = vault_key::open_or_create(&keys, house.store()).await.expect("a vault");
    let mut writer = house.store().write(operator()).await.expect("a unit of work");
    writer.put_sign_in_provider(provider).await.expect("kept");
    vault.keep(&mut writer, provider.secret_place(), &Secret::new(SECRET)).await.expect("kept");
    writer.commit().await.expect("commits");
}
