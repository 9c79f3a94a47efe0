//! The vault's key: rotated beside running servers, and lost.

use crate::opaque::issuer::{Issuer, TOKEN, reason};
use pdp::vault::{VaultKey, rewrap};
use server::vault_key::{self, VaultKeys};
use sqlx::{Connection, PgConnection};
use tests::database::wait_for_locks;
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

/// Calls that wait for approval keep their arguments in transactions of their own, beside administrators.
pub(crate) async fn a_rotation_waits_for_who_keeps_a_secret() {
    let world = World::demo(Backend::Postgres).await;
    let issuer = Issuer::start().await;
    world.apply(&issuer.registered()).await;
    let keys = VaultKeys::File(world.database.file("vault.key"));
    let old = keys.read().expect("reads").remove(0);
    let newest = vault_key::fresh();
    vault_key::replace(&world.database.file("vault.key"), &[newest.clone(), old]).expect("written");
    let mut hand = PgConnection::connect(&world.database.url).await.expect("the database answers");
    // As one who files does: the key is looked at and held, and the secret kept, but not committed yet.
    for part in [
        "CREATE TEMP TABLE kept AS SELECT * FROM vault_secrets",
        "DELETE FROM vault_secrets",
        "BEGIN",
        "SELECT key_id FROM vault FOR SHARE SKIP LOCKED",
        "INSERT INTO vault_secrets SELECT * FROM kept",
    ] {
        sqlx::raw_sql(part).execute(&mut hand).await.expect("does");
    }
    let files = async {
        wait_for_locks(&mut hand, 1).await;
        sqlx::raw_sql("COMMIT").execute(&mut hand).await.expect("commits");
    };
    tokio::join!(rotate(&world, &keys, &newest), files);
    let secrets = world.store.list_secrets().await.expect("lists");
    let kept: Vec<&str> = secrets.iter().map(|stored| stored.secret.key.as_str()).collect();
    assert_eq!(kept, [newest.id()]);
}

/// And none of them is kept by a key that is about to go.
pub(crate) async fn nothing_is_filed_during_a_rotation() {
    let world = World::demo(Backend::Postgres).await;
    world.database.by_hand("UPDATE tools SET redact = '[\"/text\"]' WHERE name = 'add_note'").await;
    world
        .apply("rules: [{ name: ask, tenant: acme, effect: require_approval, tools: [crm/add_note], approval: { approvers: [finance] } }]")
        .await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let file = async |text: &str| {
        let arguments = serde_json::json!({"customer_id": "c-42", "text": text});
        let told = crm.call(world.secret("ALICE_KEY"), "add_note", arguments).await;
        assert!(!told.allowed(), "{told:?}");
        let secrets = world.store.list_secrets().await.expect("lists").into_iter();
        let filed = secrets.map(|stored| stored.secret).filter(|secret| secret.place.kind == "approval");
        filed.map(|secret| secret.key).collect::<Vec<String>>()
    };
    let path = world.database.file("vault.key");
    let keys = VaultKeys::File(path.clone());
    let old = keys.read().expect("reads").remove(0);
    assert_eq!(file("before").await, [old.id()]);
    let newest = vault_key::fresh();
    vault_key::replace(&path, &[newest.clone(), old.clone()]).expect("written");

    let vault = vault_key::open(&keys);
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.hold_vault_key().await.expect("holds");
    assert_eq!(file("meanwhile").await, [old.id()], "it is denied, and nothing is kept");
    let told = rewrap(&vault, &mut writer, &newest, false).await.expect("wraps anew");
    assert!(told.rewrapped == told.total && told.lost.is_empty(), "{told:?}");
    writer.commit().await.expect("commits");
    assert_eq!(file("after").await, [newest.id(), newest.id()]);
    replica.stop().await;
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
