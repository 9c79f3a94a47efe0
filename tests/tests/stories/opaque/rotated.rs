//! The vault's key: rotated beside running servers, and lost.

use crate::opaque::issuer::{Issuer, TOKEN, reason};
use pdp::vault::{VaultKey, rewrap};
use server::vault_key::{self, VaultKeys};
use tests::world::operator;
use tests::{Backend, World};

/// What `countersign vault rotate` does, up to the last step.
async fn rotate(world: &World, keys: &VaultKeys, newest: &VaultKey) {
    let vault = vault_key::open(keys);
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let told = rewrap(&vault, &mut writer, newest, false).await.expect("wraps anew");
    assert!(told.lost.is_empty());
    writer.commit().await.expect("commits");
}

pub(crate) async fn secrets_are_wrapped_anew_beside_running_servers(backend: Backend) {
    let world = World::demo(backend).await;
    let issuer = Issuer::start().await;
    issuer.says(TOKEN, issuer.good());
    world.apply(&issuer.registered()).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    assert_eq!(reason(&here, TOKEN).await, "allowed");

    let path = world.database.file("vault.key");
    let keys = VaultKeys::File(path.clone());
    let old = keys.read().expect("reads").remove(0);
    assert_eq!(world.store.vault_key().await.expect("reads").as_deref(), Some(old.id()));
    let newest = vault_key::fresh();
    vault_key::replace(&path, &[newest.clone(), old.clone()]).expect("written");
    // Prepared, and not yet used: what is given now is wrapped by the old one still.
    world.apply(&issuer.setting("introspection", serde_json::json!("none"))).await;
    world.apply(&issuer.registered()).await;
    assert_eq!(reason(&there, TOKEN).await, "allowed");
    assert_eq!(world.store.list_secrets().await.expect("lists")[0].secret.key, old.id());
    // Broken off half way, it is done again and nothing is lost.
    for _ in 0..2 {
        rotate(&world, &keys, &newest).await;
        for pep in [&here, &there] {
            assert_eq!(reason(pep, TOKEN).await, "allowed");
        }
    }
    vault_key::replace(&path, std::slice::from_ref(&newest)).expect("written");
    let three = world.replica().await;
    for pep in [&here, &there, &here.at(three.address())] {
        assert_eq!(reason(pep, TOKEN).await, "allowed");
    }
    assert_eq!(world.store.list_secrets().await.expect("lists")[0].secret.key, newest.id());

    // Whoever still has the old key alone cannot put a secret where nobody would find it.
    let stale = VaultKeys::File(world.database.file("stale.key"));
    vault_key::replace(&world.database.file("stale.key"), &[old]).expect("written");
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let place = store::administration::SecretPlace::client_secret("https://other.example");
    let secret = pdp::Secret::new("another secret");
    let told = vault_key::open(&stale).keep(&mut writer, place, &secret).await.expect_err("refused");
    assert!(told.to_string().contains(newest.id()), "{told}");
    writer.rollback().await.expect("undone");
    for replica in [one, two, three] {
        replica.stop().await;
    }
}

pub(crate) async fn without_its_key_the_vault_denies(backend: Backend) {
    let world = World::demo(backend).await;
    let issuer = Issuer::start().await;
    issuer.says(TOKEN, issuer.good());
    world.apply(&issuer.registered()).await;
    let path = world.database.file("vault.key");
    let kept = world.database.file("kept.key");
    std::fs::rename(&path, &kept).expect("moved");
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    assert_eq!(reason(&crm, TOKEN).await, "policy_unavailable");
    assert_eq!(reason(&crm, world.secret("ALICE_KEY")).await, "allowed", "nobody else is in need of it");
    assert!(!path.exists(), "no other key is made in its place");
    assert!(issuer.asked().is_empty());
    std::fs::rename(&kept, &path).expect("moved back");
    // It is looked for once in a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(reason(&crm, TOKEN).await, "allowed");
    replica.stop().await;
}
