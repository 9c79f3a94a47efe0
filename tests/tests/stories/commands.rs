//! What is taken away on the host, by a command beside running servers, is gone with the next call on each of them.

use std::process::Command;
use tests::process::binary;
use tests::{World, on_both_databases};

on_both_databases!(a_key_is_revoked_by_its_name, a_subject_is_disabled_and_enabled);

/// `countersign …` on the host of the servers: its exit code, and what it printed.
pub(crate) fn countersign(world: &World, words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(binary())
        .args(words)
        .args(["--database", &world.database.url, "--audit-key"])
        .arg(world.database.file("audit.key"))
        .env_remove("COUNTERSIGN_CONFIG")
        .env("USER", "keeper")
        .output()
        .expect("the binary runs");
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&told).into_owned())
}

mod stories {
    use super::countersign;
    use serde_json::json;
    use store::changes::{ChangeFilter, ChangePosition};
    use store::{Change, Via};
    use tests::pep::refund;
    use tests::{Backend, World};

    /// What was written down of commands, the newest first.
    async fn changes(world: &World, kind: &str) -> Vec<Change> {
        let filter = ChangeFilter {
            kind: Some(kind),
            actor: Some("keeper"),
            via: Some(Via::Cli),
            ..ChangeFilter::default()
        };
        world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists")
    }

    pub(super) async fn a_key_is_revoked_by_its_name(backend: Backend) {
        let world = World::demo(backend).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY");
        for (subject, name, why) in [
            ("nobody", "laptop", "no subject `nobody`"),
            ("alice", "phone", "`alice` has no API key of that name; it has `laptop`"),
            // The key in place of its name: it is not printed.
            ("alice", alice, "`alice` has no API key of that name; it has `laptop`"),
        ] {
            let (code, told) = countersign(&world, &["revoke", "key", subject, name]);
            assert_eq!(code, Some(1), "{told}");
            assert!(told.contains(why), "{told}");
            assert!(!told.contains(alice), "{told}");
        }
        assert!(changes(&world, "api_key").await.is_empty());
        for replica in [&one, &two] {
            assert!(crm.at(replica.address()).call(alice, "refund", refund()).await.allowed());
        }

        let (code, told) = countersign(&world, &["revoke", "key", "alice", "laptop"]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("API key `laptop` of `alice` revoked"), "{told}");
        for replica in [&two, &one] {
            let told = crm.at(replica.address()).call(alice, "refund", refund()).await;
            assert_eq!(told.reason(), "token_invalid");
        }
        let others = world.store.list_api_keys(&"bob".into()).await.expect("lists");
        assert_eq!(others.len(), 1, "one of the same name is somebody else's");

        let (code, told) = countersign(&world, &["revoke", "key", "alice", "laptop"]);
        assert_eq!(code, Some(1), "{told}");
        let written = changes(&world, "api_key").await;
        assert_eq!(written.len(), 1);
        assert_eq!(written[0].object, "alice");
        assert_eq!(written[0].before.as_ref().map(|before| &before["name"]), Some(&json!("laptop")));
        assert_eq!(written[0].after, None);
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn a_subject_is_disabled_and_enabled(backend: Backend) {
        let world = World::demo(backend).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let alice = world.secret("ALICE_KEY");
        let before = world.store.get_subject(&"alice".into()).await.expect("reads");
        let (code, told) = countersign(&world, &["subject", "disable", "nobody"]);
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains("no subject `nobody`"), "{told}");
        assert!(changes(&world, "subject").await.is_empty());

        for (word, said, reason) in [
            ("disable", "`alice` disabled", "subject_disabled"),
            ("disable", "`alice` is disabled already", "subject_disabled"),
            ("enable", "`alice` enabled", "allowed"),
            ("enable", "`alice` is active already", "allowed"),
        ] {
            let (code, told) = countersign(&world, &["subject", word, "alice"]);
            assert_eq!(code, Some(0), "{word}: {told}");
            assert!(told.contains(said), "{word}: {told}");
            for replica in [&two, &one] {
                let told = crm.at(replica.address()).call(alice, "refund", refund()).await;
                assert_eq!(told.reason(), reason, "{said}");
            }
        }
        // Nothing else of the subject is touched, and what was so already is no change.
        assert_eq!(world.store.get_subject(&"alice".into()).await.expect("reads"), before);
        let written = changes(&world, "subject").await;
        let active: Vec<_> = written
            .iter()
            .map(|change| {
                let (before, after) = (change.before.as_ref(), change.after.as_ref());
                (before.map(|was| was["active"].clone()), after.map(|is| is["active"].clone()))
            })
            .collect();
        assert_eq!(
            active,
            [(Some(json!(false)), Some(json!(true))), (Some(json!(true)), Some(json!(false)))]
        );
        assert!(written.iter().all(|change| change.object == "alice"));
        one.stop().await;
        two.stop().await;
    }
}
