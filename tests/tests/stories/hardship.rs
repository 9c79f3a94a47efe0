//! Kill -9 in the middle of load, a full disk, a database that goes away: whatever was answered is in the
//! record, whatever could not be recorded was denied, and the chain stays sound.

use tests::on_both_databases;

on_both_databases!(kill_nine_loses_no_answered_decision);

mod a_full_disk_denies_and_recovers {
    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite() {
        super::stories::a_full_disk_denies_and_recovers().await;
    }
}

mod a_database_that_goes_away_denies_and_comes_back {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::a_database_that_goes_away_denies_and_comes_back().await;
    }
}

mod a_database_that_falls_silent_denies_and_comes_back {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::a_database_that_falls_silent_denies_and_comes_back().await;
    }
}

mod stories {
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use store::audit;
    use store::chain::AuditKey;
    use tests::line::Line;
    use tests::process::Process;
    use tests::{Backend, Pep, World};
    use tokio::sync::Notify;

    fn refund() -> Value {
        json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"})
    }

    fn audit_key(world: &World) -> AuditKey {
        let text = std::fs::read_to_string(world.database.file("audit.key")).expect("the key file");
        let mut secret = [0u8; 32];
        hex::decode_to_slice(text.trim(), &mut secret).expect("hex");
        AuditKey::from_secret(&secret)
    }

    async fn is_sound(world: &World) {
        let report = audit::verify(&world.store, &audit_key(world), &[]).await.expect("verifies");
        assert!(report.is_sound(), "{:?}", report.findings);
    }

    pub(super) async fn kill_nine_loses_no_answered_decision(backend: Backend) {
        let world = World::demo(backend).await;
        for round in 0..3 {
            let process = Process::serve(&world.database, &world.database.url);
            let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
            let answered = Arc::new(AtomicUsize::new(0));
            let enough = Arc::new(Notify::new());
            let mut callers = tokio::task::JoinSet::new();
            for _ in 0..16 {
                let (crm, alice) = (crm.clone(), world.secret("ALICE_KEY").to_owned());
                let (answered, enough) = (answered.clone(), enough.clone());
                callers.spawn(async move {
                    let mut ids = Vec::new();
                    while let Some(told) = crm.try_call(&alice, "refund", refund()).await {
                        assert!(told.allowed(), "{told:?}");
                        ids.push(told.decision_id.expect("an id"));
                        if answered.fetch_add(1, Ordering::Relaxed) == 200 {
                            enough.notify_one();
                        }
                    }
                    ids
                });
            }
            enough.notified().await;
            process.kill();
            let mut ids = Vec::new();
            while let Some(done) = callers.join_next().await {
                ids.extend(done.expect("no panic"));
            }
            assert!(ids.len() > 200, "round {round}");
            for id in &ids {
                let found = world.store.get_decision(&id.as_str().into()).await.expect("reads");
                assert!(found.is_some(), "round {round}: {id} was answered and is not in the record");
            }
            is_sound(&world).await;
        }
    }

    pub(super) async fn a_full_disk_denies_and_recovers() {
        let world = World::demo(Backend::Sqlite).await;
        let process = Process::serve_with_files_up_to(&world.database, &world.database.url, 1_500);
        let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
        let mut allowed = Vec::new();
        let mut denied = 0;
        for _ in 0..20_000 {
            let mut body = tests::pep::call_body(world.secret("ALICE_KEY"), "refund", refund());
            body["context"]["note"] = json!("x".repeat(15_000));
            let told = crm.ask(&body).await;
            if told.allowed() {
                assert_eq!(denied, 0, "allowed after the disk was full, without room having been made");
                allowed.push(told.decision_id.expect("an id"));
            } else {
                assert_eq!(told.reason(), "audit_unavailable");
                denied += 1;
                if denied == 20 {
                    break;
                }
            }
        }
        assert!(allowed.len() > 5 && denied == 20, "{} allowed, {denied} denied", allowed.len());
        process.kill();
        for id in &allowed {
            assert!(world.store.get_decision(&id.as_str().into()).await.expect("reads").is_some());
        }
        is_sound(&world).await;
        let roomier = Process::serve(&world.database, &world.database.url);
        let crm = Pep::new(roomier.address(), world.secret("CRM_PEP_KEY"));
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund()).await.allowed());
    }

    pub(super) async fn a_database_that_goes_away_denies_and_comes_back() {
        let world = World::demo(Backend::Postgres).await;
        let line = Line::to(world.database.server_address()).await;
        let replica = world.replica_at(&world.database.url_through(line.address())).await;
        let crm = world.crm(&replica);
        let ask = async || crm.call(world.secret("ALICE_KEY"), "refund", refund()).await;
        for _ in 0..3 {
            replica.ready().await;
            assert!(ask().await.allowed());
            line.cut();
            for _ in 0..5 {
                let reason = ask().await.reason().to_owned();
                assert!(reason == "policy_unavailable" || reason == "audit_unavailable", "{reason}");
            }
            line.mend();
        }
        replica.ready().await;
        assert!(ask().await.allowed());
        is_sound(&world).await;
        replica.stop().await;
    }

    /// Connections stay open and nothing comes back: every call is denied in time, and none waits for another.
    pub(super) async fn a_database_that_falls_silent_denies_and_comes_back() {
        let world = World::demo(Backend::Postgres).await;
        let line = Line::to(world.database.server_address()).await;
        let replica = world.replica_at(&world.database.url_through(line.address())).await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY").to_owned();
        assert!(crm.call(&alice, "refund", refund()).await.allowed());
        line.hush();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let (crm, alice) = (crm.clone(), alice.clone());
            callers.spawn(async move { crm.call(&alice, "refund", refund()).await.reason().to_owned() });
        }
        // However many wait, all are answered within the patience of one.
        let all = tokio::time::timeout(std::time::Duration::from_secs(20), callers.join_all());
        for reason in all.await.expect("nobody waits for ever") {
            assert!(reason == "policy_unavailable" || reason == "audit_unavailable", "{reason}");
        }
        line.mend();
        replica.ready().await;
        assert!(crm.call(&alice, "refund", refund()).await.allowed());
        is_sound(&world).await;
        replica.stop().await;
    }
}
