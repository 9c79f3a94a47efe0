//! `countersign signing rotate`, on the host of servers that run.

use crate::arap::helpers::{House, submission};
use crate::arap::keys::{part, published, token, verifies};
use crate::commands::countersign;
use serde_json::Value;
use store::Via;
use store::changes::{ChangeFilter, ChangePosition};
use tests::{Backend, World};

/// `countersign signing …` with the vault's key in this file: its exit code, and what it printed.
fn signing(world: &World, vault: &str, word: &str) -> (Option<i32>, String) {
    let vault = world.database.file(vault);
    countersign(world, &["signing", word, "--vault-key-file", vault.to_str().expect("Unicode")])
}

/// The key that a denial says it is signed with.
fn signed_by(denial: &Value) -> String {
    let header = part(token(denial).split('.').next().expect("a header"));
    header["kid"].as_str().expect("a name").to_owned()
}

fn kids(keys: &[Value]) -> Vec<&str> {
    keys.iter().filter_map(|key| key["kid"].as_str()).collect()
}

pub(crate) async fn a_command_rotates_the_key_that_signs(backend: Backend) {
    let house = House::open(backend).await;
    let world = &house.world;
    let run = |word| signing(world, "vault.key", word);
    let (code, told) = run("keys");
    assert!(code == Some(0) && told.contains("no key yet"), "{told}");
    let one = world.replica().await;
    let two = world.twin(&one).await;
    let (here, there) = (house.pep(&one), house.pep(&two));
    let (first, second) = (house.refund(900), house.refund(901));
    let first = submission(&first, &here.evaluate(&first).await.body);
    let denial = there.evaluate(&second).await.body;
    let second = submission(&second, &denial);
    let (old, before) = (signed_by(&denial), published(&here).await);
    assert_eq!(kids(&before), [old.as_str()]);
    let (code, told) = run("keys");
    assert!(code == Some(0) && told.contains(&format!("key {old}\t")) && told.contains("\tsigns"), "{told}");

    // Without the vault's key there is no place for another one, and all stays as it is.
    let (code, told) = signing(world, "elsewhere.key", "rotate");
    assert_eq!(code, Some(1), "{told}");
    assert!(!world.database.file("elsewhere.key").exists());
    assert_eq!(published(&there).await, before);

    let (code, told) = run("rotate");
    assert_eq!(code, Some(0), "{told}");
    let new = told.lines().find_map(|line| line.strip_suffix(" signs from now on")).expect("says so");
    assert!(told.contains(&format!("what {old} signed is taken until ")), "{told}");
    for pep in [&here, &there] {
        assert_eq!(kids(&published(pep).await), [new, old.as_str()]);
    }
    let keys = published(&here).await;
    // What was signed before is taken, by whichever server did not sign it; what is signed now is signed by the new key.
    assert!(verifies(token(&denial), &keys));
    for (pep, filed) in [(&there, &first), (&here, &second)] {
        let told = pep.submit(filed).await;
        assert_eq!((told.status, told.task()), (202, "pending"), "{told:?}");
    }
    for (pep, other, amount) in [(&here, &there, 902), (&there, &here, 903)] {
        let question = house.refund(amount);
        let denial = pep.evaluate(&question).await.body;
        assert_eq!(signed_by(&denial), new);
        assert!(verifies(token(&denial), &keys) && !verifies(token(&denial), &before));
        assert_eq!(other.submit(&submission(&question, &denial)).await.status, 202);
    }
    let listed = run("keys").1;
    assert!(
        listed.contains(&format!("key {new}\t")) && listed.contains("\tretired, taken until "),
        "{listed}"
    );
    let known = world.store.signing_keys().await.expect("reads").expect("there are");
    let retired = known.keys.iter().find(|key| key.kid == old).expect("is kept");
    let week = retired.retired_at.expect("is retired").saturating_add_micros(7 * 86_400 * 1_000_000);
    assert!(retired.verifies_until.is_some_and(|until| week < until), "{retired:?}");

    // The old key ends.
    world.database.by_hand("UPDATE signing_keys SET verifies_until = 1 WHERE verifies_until > 1").await;
    for (pep, filed) in [(&there, &first), (&here, &second)] {
        assert_eq!(kids(&published(pep).await), [new]);
        assert_eq!(pep.submit(filed).await.problem(), (400, "invalid_denial_binding"));
    }
    let question = house.refund(904);
    let denial = here.evaluate(&question).await.body;
    assert_eq!(signed_by(&denial), new);
    assert_eq!(there.submit(&submission(&question, &denial)).await.status, 202);
    assert!(run("keys").1.contains("\tover"));

    let filter = ChangeFilter {
        kind: Some("signing_key"),
        actor: Some("keeper"),
        via: Some(Via::Cli),
        ..ChangeFilter::default()
    };
    let written = world.store.list_changes(&filter, ChangePosition::Newest, 10).await.expect("lists");
    let objects: Vec<&str> = written.iter().map(|change| change.object.as_str()).collect();
    assert_eq!(objects, [new, old.as_str()], "one retired, and then one made");
    one.stop().await;
    two.stop().await;
}
