//! Kill -9 in the middle of load, a full disk, a database that goes away: whatever was answered is in the
//! record, whatever could not be recorded was denied, and the chain stays sound.

use tests::on_both_databases;

on_both_databases!(
    kill_nine_loses_no_answered_decision,
    a_full_disk_denies_and_recovers,
    what_follows_a_failed_statement_counts_for_nothing,
    what_was_not_waited_for_counts_for_nothing,
);

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

mod connections_on_which_nothing_comes_are_given_up {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::connections_on_which_nothing_comes_are_given_up().await;
    }
}

mod a_database_that_takes_no_writes_denies_and_comes_back {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::a_database_that_takes_no_writes_denies_and_comes_back().await;
    }
}

mod stories {
    use futures::future::join_all;
    use policy::issuer::Issuer;
    use serde_json::json;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Waker};
    use std::time::Duration;
    use store::administration::Page;
    use store::audit;
    use store::notifications::Receiver;
    use store::{Settings, Store};
    use tests::cluster::Cluster;
    use tests::line::Line;
    use tests::pep::{noise, refund};
    use tests::process::Process;
    use tests::record::{audit_key, is_sound};
    use tests::world::operator;
    use tests::{Backend, Database, Pep, World};
    use tokio::sync::Notify;
    use tokio::time::timeout;

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
            world.database.settled().await;
            for id in &ids {
                let found = world.store.get_decision(&id.as_str().into()).await.expect("reads");
                assert!(found.is_some(), "round {round}: {id} was answered and is not in the record");
            }
            is_sound(&world).await;
        }
    }

    /// Calls with large records until 20 of them were denied; those that passed.
    async fn until_full(world: &World, crm: &Pep) -> Vec<String> {
        let mut allowed = Vec::new();
        let (mut denied, mut late) = (0, 0);
        for _ in 0..20_000 {
            let mut body = tests::pep::call_body(world.secret("ALICE_KEY"), "refund", refund());
            body["context"]["note"] = json!(noise());
            let told = crm.ask(&body).await;
            if told.allowed() {
                // One record may take a page less than the one before, and find its place where that did not.
                late += usize::from(denied > 0);
                assert!(late <= 1, "allowed after the disk was full, without room having been made");
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
        allowed
    }

    /// Each was answered, so each is there.
    async fn are_recorded(world: &World, ids: &[String]) {
        for id in ids {
            assert!(world.store.get_decision(&id.as_str().into()).await.expect("reads").is_some(), "{id}");
        }
    }

    /// On SQLite the server's own writes fail, on Postgres those of the database.
    pub(super) async fn a_full_disk_denies_and_recovers(backend: Backend) {
        match backend {
            Backend::Sqlite => a_full_disk_of_our_own().await,
            Backend::Postgres => a_full_disk_of_postgres().await,
        }
    }

    async fn a_full_disk_of_our_own() {
        let world = World::demo(Backend::Sqlite).await;
        let process = Process::serve_with_files_up_to(&world.database, &world.database.url, 3_000);
        let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
        let allowed = until_full(&world, &crm).await;
        process.kill();
        are_recorded(&world, &allowed).await;
        is_sound(&world).await;
        let roomier = Process::serve(&world.database, &world.database.url);
        let crm = Pep::new(roomier.address(), world.secret("CRM_PEP_KEY"));
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund()).await.allowed());
    }

    /// Nobody is restarted: once there is room, the same server goes on by itself.
    async fn a_full_disk_of_postgres() {
        let cluster = Cluster::with_files_up_to(3_072).await;
        let world = World::demo_on(Database::fresh_on(cluster.url()).await).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let allowed = until_full(&world, &crm).await;
        assert!(cluster.log().contains("could not extend file"), "{}", cluster.log());
        are_recorded(&world, &allowed).await;
        is_sound(&world).await;
        cluster.make_room().await;
        let ask = async || crm.call(world.secret("ALICE_KEY"), "refund", refund()).await.allowed();
        timeout(Duration::from_secs(60), async { while !ask().await {} })
            .await
            .expect("it is recorded again");
        replica.ready().await;
        for _ in 0..20 {
            assert!(ask().await);
        }
        is_sound(&world).await;
        replica.stop().await;
    }

    /// Whoever goes on after the database refused a statement changes nothing, be it SQLite, which would take the rest.
    pub(super) async fn what_follows_a_failed_statement_counts_for_nothing(backend: Backend) {
        let world = World::demo(backend).await;
        let before = world.store.list_issuers(&Page::ALL).await.expect("lists");
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.put_issuer(&Issuer::new("https://first.example")).await.expect("is taken");
        let nobody = Receiver::Account("nobody".to_owned());
        assert!(writer.send_test(&nobody).await.is_err(), "no account has this id");
        assert!(writer.put_issuer(&Issuer::new("https://second.example")).await.is_err());
        assert!(writer.list_issuers(&Page::ALL).await.is_err());
        assert!(writer.commit().await.is_err());
        assert_eq!(world.store.list_issuers(&Page::ALL).await.expect("lists"), before);
        // The next one finds everything as it was.
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.put_issuer(&Issuer::new("https://second.example")).await.expect("is taken");
        writer.commit().await.expect("commits");
        assert_eq!(world.store.list_issuers(&Page::ALL).await.expect("lists").len(), before.len() + 1);
    }

    /// Whoever gives up on an answer does not know what it would have been, so nothing beside it is kept.
    pub(super) async fn what_was_not_waited_for_counts_for_nothing(backend: Backend) {
        let world = World::demo(backend).await;
        let before = world.store.list_issuers(&Page::ALL).await.expect("lists");
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.put_issuer(&Issuer::new("https://first.example")).await.expect("is taken");
        let left = {
            let asked = pin!(writer.list_issuers(&Page::ALL));
            asked.poll(&mut Context::from_waker(Waker::noop())).is_pending()
        };
        // An answer may be there at once, and then it was waited for.
        assert_eq!(writer.commit().await.is_err(), left);
        let expected = before.len() + usize::from(!left);
        assert_eq!(world.store.list_issuers(&Page::ALL).await.expect("lists").len(), expected);
        let mut writer = world.store.write(operator()).await.expect("nothing is in the way of the next one");
        writer.put_issuer(&Issuer::new("https://second.example")).await.expect("is taken");
        writer.commit().await.expect("commits");
        assert_eq!(world.store.list_issuers(&Page::ALL).await.expect("lists").len(), expected + 1);
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
        let all = timeout(Duration::from_secs(60), callers.join_all());
        for reason in all.await.expect("nobody waits for ever") {
            assert!(reason == "policy_unavailable" || reason == "audit_unavailable", "{reason}");
        }
        line.mend();
        replica.ready().await;
        assert!(crm.call(&alice, "refund", refund()).await.allowed());
        is_sound(&world).await;
        replica.stop().await;
    }

    /// Every place of the pool is taken by a connection that the network has lost. TCP would find out in a quarter of an
    /// hour.
    pub(super) async fn connections_on_which_nothing_comes_are_given_up() {
        const PLACES: usize = 5;
        let soon = Duration::from_secs(60);
        let world = World::demo(Backend::Postgres).await;
        let line = Line::to(world.database.server_address()).await;
        let settings = Settings { url: world.database.url_through(line.address()), read_connections: 1 };
        let store = Store::open(&settings).await.expect("the database opens");
        let read = async || store.list_servers(None, &Page::ALL).await.is_ok();
        let all = async |count: usize| join_all((0..count).map(|_| read())).await;
        assert_eq!(all(PLACES).await, [true; PLACES]);
        let mut open = store.write(operator()).await.expect("a unit of work");
        line.hush();
        let (answers, late) =
            tokio::join!(timeout(soon, all(4 * PLACES)), timeout(soon, open.list_servers(None, &Page::ALL)));
        assert_eq!(answers.expect("nobody waits for ever"), [false; 4 * PLACES]);
        let late = late.expect("nor within a unit of work");
        assert!(late.is_err(), "{late:?}");
        drop(open);
        assert!(timeout(soon, store.write(operator())).await.expect("nor who begins one").is_err());
        line.reroute();
        let again = async { while !read().await {} };
        timeout(soon, again).await.expect("the places are free again");
        assert_eq!(timeout(soon, all(PLACES)).await.expect("each of them is"), [true; PLACES]);
    }

    /// A standby that nobody has promoted, or a primary that takes no more for want of room: it is read, and not written.
    pub(super) async fn a_database_that_takes_no_writes_denies_and_comes_back() {
        let world = World::demo(Backend::Postgres).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let ask = async || crm.call(world.secret("ALICE_KEY"), "refund", refund()).await;
        assert!(ask().await.allowed());
        let (_, name) = world.database.url.rsplit_once('/').expect("an URL with a database");
        // Whoever comes back after this finds the setting.
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        for _ in 0..2 {
            let refuse = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
            world.database.by_hand(&refuse).await;
            world.database.by_hand(others).await;
            let mut last = String::new();
            for _ in 0..20 {
                // What is asked on a connection that was just ended is not answered either.
                ask().await.reason().clone_into(&mut last);
                assert!(last == "policy_unavailable" || last == "audit_unavailable", "{last}");
            }
            assert_eq!(
                last, "audit_unavailable",
                "what is asked can be read, and what is decided not recorded"
            );
            let writing = async {
                let mut writer = world.store.write(operator()).await?;
                writer.put_issuer(&Issuer::new("https://idp.example")).await?;
                writer.commit().await?;
                Ok::<(), store::WriteError>(())
            };
            assert!(writing.await.is_err(), "nor is policy");
            let take = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
            world.database.by_hand(&format!("BEGIN READ WRITE; {take}; COMMIT")).await;
            world.database.by_hand(others).await;
            replica.ready().await;
            let again = async { while !ask().await.allowed() {} };
            timeout(Duration::from_secs(60), again).await.expect("it is recorded again");
        }
        // The story's own connections were ended as well.
        let settings = Settings { url: world.database.url.clone(), read_connections: 1 };
        let fresh = Store::open(&settings).await.expect("opens");
        let report = audit::verify(&fresh, &audit_key(&world), &[]).await.expect("verifies");
        assert!(report.is_sound(), "{:?}", report.findings);
        fresh.close().await;
        replica.stop().await;
    }
}
