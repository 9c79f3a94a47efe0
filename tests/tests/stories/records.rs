//! Every decision is recorded before it is answered; what cannot be recorded or read is denied. What was done to the
//! record afterwards is found, and retention leaves a record that still verifies.

use tests::on_both_databases;

on_both_databases!(
    a_decision_is_in_the_record_when_its_answer_arrives,
    what_cannot_be_recorded_is_denied,
    what_cannot_be_read_is_denied,
    one_bad_record_does_not_stop_the_others,
    secrets_reach_no_table,
    redacted_arguments_reach_no_table,
    large_records_that_come_at_once_are_all_kept,
    a_removed_end_is_found_by_what_the_host_kept,
    prunes_at_once_leave_a_sound_chain,
    chains_are_listed_a_page_at_a_time,
    one_verification_runs_at_a_time_and_says_what_it_found,
);

mod stories {
    use policy::{DecisionId, Outcome, Reason, Timestamp};
    use serde_json::{Value, json};
    use server::clock;
    use std::process::Command;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, mpsc};
    use store::audit::{self, ChainSummary, Finding, LocalHeads, Report, VerificationState, Verifier};
    use store::chain::AuditKey;
    use store::decisions::{DecisionFilter, Page};
    use store::recorder::{NewRecord, Recorder};
    use tests::pep::call_body;
    use tests::process::binary;
    use tests::{Backend, World};

    fn refund(amount: Value) -> Value {
        json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"})
    }

    pub(super) async fn a_decision_is_in_the_record_when_its_answer_arrives(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        for (amount, outcome, reason) in
            [(json!(80), "allow", "allowed"), (json!(700), "deny", "parameters_out_of_scope")]
        {
            let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(amount.clone())).await;
            let id = told.decision_id.expect("an id");
            let recorded =
                world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
            let body: Value = serde_json::from_str(&recorded.body).expect("JSON");
            assert_eq!(body["decision"]["outcome"], outcome);
            assert_eq!(body["decision"]["reason"], reason);
            assert_eq!(body["facts"]["identity"]["subject"]["id"], "alice");
            assert_eq!(body["facts"]["memberships"][0]["roles"][0]["name"], "support-agent");
            assert_eq!(body["request_id"], told.request_id.expect("an id"));
            let arguments: Value = serde_json::from_str(&recorded.arguments.expect("kept")).expect("JSON");
            assert_eq!(arguments["amount"], amount);
        }
        replica.stop().await;
    }

    pub(super) async fn what_cannot_be_recorded_is_denied(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
        world.database.by_hand("ALTER TABLE decisions RENAME TO decisions_away").await;
        let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
        assert_eq!(told.reason(), "audit_unavailable");
        world.database.by_hand("ALTER TABLE decisions_away RENAME TO decisions").await;
        replica.ready().await;
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
        replica.stop().await;
    }

    pub(super) async fn what_cannot_be_read_is_denied(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let ask = async || crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
        assert!(ask().await.allowed());
        let mut tables = vec!["memberships", "subjects", "credentials", "revisions"];
        if backend == Backend::Sqlite {
            // What says whether an answer still stands.
            tables.push("live_stamp");
        }
        for table in tables {
            world.database.by_hand(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
            assert_eq!(ask().await.reason(), "policy_unavailable", "{table}");
            world.database.by_hand(&format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
            assert!(ask().await.allowed(), "{table} is back");
        }
        // A stored word that nobody knows is an error, never a default.
        world
            .database
            .by_hand("UPDATE rules SET definition = '{\"name\":1}' WHERE name = 'small refunds'")
            .await;
        assert_eq!(ask().await.reason(), "policy_unavailable");
        replica.stop().await;
    }

    pub(super) async fn one_bad_record_does_not_stop_the_others(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        // Long and odd names in every place that is recorded, beside good calls, all at once.
        let mut asked = tokio::task::JoinSet::new();
        for n in 0..40 {
            let (crm, alice) = (crm.clone(), world.secret("ALICE_KEY").to_owned());
            asked.spawn(async move {
                if n % 2 == 0 {
                    (true, crm.call(&alice, "refund", refund(json!(80))).await)
                } else {
                    let mut body =
                        call_body(&alice, &"\u{202e}ü".repeat(400), json!({"x": "y".repeat(50_000)}));
                    body["context"]["note"] = json!("z".repeat(15_000));
                    (false, crm.ask(&body).await)
                }
            });
        }
        while let Some(done) = asked.join_next().await {
            let (good, told) = done.expect("no panic");
            assert_eq!(told.allowed(), good, "{told:?}");
        }
        let page = Page { limit: 100, ..Page::default() };
        let listed = world.store.list_decisions(&DecisionFilter::default(), &page).await.expect("lists");
        assert_eq!(listed.rows.len(), 40);
        replica.stop().await;
    }

    pub(super) async fn secrets_reach_no_table(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
        let told = crm.call("a-wrong-token-that-somebody-mistyped", "refund", refund(json!(80))).await;
        let recorded = world
            .store
            .get_decision(&told.decision_id.expect("an id").as_str().into())
            .await
            .expect("reads")
            .expect("there");
        assert!(!recorded.body.contains("mistyped"));
        let file = world.database.file("countersign.db");
        replica.stop().await;
        world.store.close().await;
        if backend == Backend::Sqlite {
            let bytes = std::fs::read(file).expect("the database file");
            for secret in [world.secret("ALICE_KEY"), world.secret("CRM_PEP_KEY"), "mistyped"] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
            }
        }
    }

    pub(super) async fn redacted_arguments_reach_no_table(backend: Backend) {
        let world = World::demo(backend).await;
        world
            .database
            .by_hand("UPDATE tools SET redact = '[\"/customer_id\",\"/amount\"]' WHERE name = 'refund'")
            .await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let mut digests = Vec::new();
        for amount in [80, 70_123, 70_123] {
            let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(amount))).await;
            let id = told.decision_id.expect("an id");
            let recorded =
                world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("there");
            let arguments: Value =
                serde_json::from_str(recorded.arguments.as_ref().expect("kept")).expect("JSON");
            assert_eq!(arguments["currency"], "EUR");
            assert!(arguments["customer_id"]["$redacted"].is_string(), "{arguments}");
            assert!(!recorded.body.contains("70123"), "{}", recorded.body);
            digests.push(arguments["amount"]["$redacted"].clone());
        }
        assert_ne!(digests[0], digests[1]);
        assert_eq!(digests[1], digests[2], "equal values compare equal");
        replica.stop().await;
    }

    fn audit_key(world: &World) -> AuditKey {
        let text = std::fs::read_to_string(world.database.file("audit.key")).expect("the key file");
        let mut secret = [0u8; 32];
        hex::decode_to_slice(text.trim(), &mut secret).expect("hex");
        AuditKey::from_secret(&secret)
    }

    fn heads(world: &World) -> LocalHeads {
        LocalHeads::beside(&world.database.file("audit.key"), &world.database.url)
    }

    /// `countersign audit …` on the host of the servers: its exit code, and what it printed.
    fn audit_command(world: &World, words: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(binary())
            .arg("audit")
            .args(words)
            .args(["--database", &world.database.url, "--audit-key"])
            .arg(world.database.file("audit.key"))
            .env_remove("COUNTERSIGN_CONFIG")
            .output()
            .expect("the binary runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A server that decided so many calls, and stopped.
    async fn decided(world: &World, calls: usize) {
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        for _ in 0..calls {
            assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
        }
        replica.stop().await;
    }

    pub(super) async fn large_records_that_come_at_once_are_all_kept(backend: Backend) {
        let world = World::empty(backend).await;
        let key = AuditKey::from_secret(&[7; 32]);
        let (recorder, task) =
            Recorder::start(&world.store, key.clone(), "story".to_owned(), "0", clock::system())
                .await
                .expect("starts");
        let mut appended = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let recorder = recorder.clone();
            let record = NewRecord {
                id: DecisionId::new(uuid::Uuid::now_v7().to_string()),
                at: Timestamp::from_micros(1),
                tenant: None,
                subject: None,
                credential: None,
                server: None,
                tool: None,
                action: "tools/call".to_owned(),
                outcome: Outcome::Deny,
                reason: Reason::UnknownTool,
                body: "x".repeat(1024 * 1024),
                arguments: None,
                used_credential_key: None,
                used_api_key: None,
                actor: None,
                task: None,
                spends: false,
                approval: None,
            };
            appended.spawn(async move { recorder.append(record).await });
        }
        let mut places = Vec::new();
        while let Some(done) = appended.join_next().await {
            places.push(done.expect("no panic").expect("kept").seq);
        }
        places.sort_unstable();
        assert_eq!(places, (1..=12).collect::<Vec<i64>>());
        recorder.stop().await;
        assert!(task.finished().await);
        let report = audit::verify(&world.store, &key, &[]).await.expect("verifies");
        assert!(report.is_sound() && report.records == 12, "{report:?}");
    }

    pub(super) async fn a_removed_end_is_found_by_what_the_host_kept(backend: Backend) {
        let world = World::demo(backend).await;
        decided(&world, 5).await;
        let (code, told) = audit_command(&world, &["verify"]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("held against 1 checkpoints kept in"), "{told}");

        // All that speaks of the end goes with it.
        world.database.by_hand("DELETE FROM decisions WHERE seq > 3").await;
        world.database.by_hand("DELETE FROM checkpoints").await;
        world.database.by_hand("UPDATE chains SET ended_at = NULL").await;
        let (code, told) = audit_command(&world, &["verify"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("the end is missing; a signature vouches for record 5"), "{told}");
        let (code, told) = audit_command(&world, &["prune", "--before", "2099-01-01T00:00:00Z"]);
        assert_eq!(code, Some(1), "{told}");

        world.database.by_hand("DELETE FROM decisions").await;
        world.database.by_hand("DELETE FROM chains").await;
        let (code, told) = audit_command(&world, &["verify"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("the whole chain is missing"), "{told}");

        // Without what the host kept, nothing contradicts it.
        std::fs::remove_dir_all(world.database.file("audit.key.heads")).expect("removed");
        let (code, told) = audit_command(&world, &["verify"]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("a removed end cannot be seen"), "{told}");
    }

    pub(super) async fn prunes_at_once_leave_a_sound_chain(backend: Backend) {
        let world = World::demo(backend).await;
        decided(&world, 20).await;
        if backend == Backend::Postgres {
            // Each removal takes its time, so that all of them are under way at once.
            world
                .database
                .by_hand(
                    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$; \
                     CREATE TRIGGER dawdle AFTER DELETE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
                )
                .await;
        }
        let page = Page { limit: 100, ..Page::default() };
        let listed = world.store.list_decisions(&DecisionFilter::default(), &page).await.expect("lists");
        let at = |index: usize| listed.rows[index].at;
        let key = audit_key(&world);
        // Everything, and less and less of it: the newest stand first.
        let prune = |before: Timestamp| audit::prune(&world.store, &key, before, "story", before);
        let all = at(0).saturating_add_micros(1);
        let reports = tokio::join!(prune(all), prune(at(5)), prune(at(10)), prune(at(15)));
        let reports = [reports.0, reports.1, reports.2, reports.3].map(|report| report.expect("prunes"));
        assert_eq!(reports.iter().map(|report| report.records).sum::<u64>(), 20);
        let (code, told) = audit_command(&world, &["verify"]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("1 chains, 0 records"), "{told}");
        assert!(told.contains("held against 1 checkpoints kept in"), "{told}");
    }

    async fn chains(world: &World, older_than: Option<&str>, limit: u64) -> Vec<ChainSummary> {
        audit::list_chains(&world.store, older_than, limit).await.expect("lists")
    }

    pub(super) async fn chains_are_listed_a_page_at_a_time(backend: Backend) {
        let world = World::demo(backend).await;
        for calls in 0..3 {
            decided(&world, calls).await;
        }
        let all = chains(&world, None, 10).await;
        assert_eq!(all.iter().map(|chain| chain.head_seq).collect::<Vec<_>>(), [2, 1, 0]);
        assert!(all.iter().all(|chain| chain.ended_at.is_some() && chain.last_checkpoint_at.is_some()));
        assert!(audit::oldest_record(&world.store).await.expect("reads").is_some());
        let mut paged = chains(&world, None, 2).await;
        let second = paged[1].id.clone();
        paged.extend(chains(&world, Some(&second), 2).await);
        assert_eq!(paged, all);
        let exported = audit::export_checkpoints(&world.store).await.expect("exports");
        assert_eq!(audit::read_anchors(&exported).expect("reads").len(), 3);

        // What retention leaves still says where each chain stands.
        let end = Timestamp::parse("2099-01-01T00:00:00Z").expect("a moment");
        let pruned = audit::prune(&world.store, &audit_key(&world), end, "story", end).await.expect("prunes");
        assert_eq!((pruned.chains, pruned.records), (2, 3));
        let left = chains(&world, None, 10).await;
        assert_eq!(left.iter().map(|chain| chain.pruned_up_to).collect::<Vec<_>>(), [Some(2), Some(1), None]);
        for (was, is) in all.iter().zip(&left) {
            assert_eq!((was.head_seq, was.head_hash), (is.head_seq, is.head_hash));
        }
        assert_eq!(audit::oldest_record(&world.store).await.expect("reads"), None);

        // The next chain names them all as they are: two that were pruned, and one that never had a record.
        decided(&world, 1).await;
        let (code, told) = audit_command(&world, &["verify"]);
        assert_eq!(code, Some(0), "{told}");
        let next = chains(&world, None, 1).await.remove(0).id;
        for (table, column) in
            [("checkpoints", "chain"), ("decisions", "chain"), ("stubs", "chain"), ("chains", "id")]
        {
            world.database.by_hand(&format!("DELETE FROM {table} WHERE {column} <> '{next}'")).await;
        }
        let report = audit::verify(&world.store, &audit_key(&world), &[]).await.expect("verifies");
        let missing = |finding: &Finding| match finding {
            Finding::MissingChain { chain } => Some(chain.clone()),
            _ => None,
        };
        let mut missing: Vec<String> = report.findings.iter().filter_map(missing).collect();
        missing.sort();
        let mut named: Vec<String> = left.iter().map(|chain| chain.id.clone()).collect();
        named.sort();
        assert_eq!(missing, named, "{:?}", report.findings);
    }

    async fn ended(verifier: &Verifier) -> (Report, usize) {
        let mut states = verifier.follow();
        let last = states
            .wait_for(|last| last.as_ref().is_some_and(|last| !last.state.is_running()))
            .await
            .expect("the verifier is there")
            .clone();
        match last.expect("one was started").state {
            VerificationState::Ended { report, anchors, .. } => (report, anchors),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn one_verification_runs_at_a_time_and_says_what_it_found(backend: Backend) {
        let world = World::demo(backend).await;
        decided(&world, 3).await;
        // The clock is asked at the start and at the end; the first end waits until the story has looked.
        let (open, gate) = mpsc::channel::<()>();
        let (gate, asked) = (Mutex::new(gate), AtomicUsize::new(0));
        let clock: clock::Clock = Arc::new(move || {
            if asked.fetch_add(1, Ordering::SeqCst) == 1 {
                gate.lock().expect("one at a time").recv().expect("opened");
            }
            Timestamp::from_micros(1)
        });
        let verifier = Verifier::new(world.store.clone(), audit_key(&world), heads(&world), clock);
        assert_eq!(verifier.last(), None);
        assert!(verifier.start("ada"));
        assert!(!verifier.start("bob"), "one at a time");
        let running = verifier.last().expect("it runs");
        assert!(running.state.is_running() && running.by == "ada", "{running:?}");
        open.send(()).expect("the end waits");
        let (report, anchors) = ended(&verifier).await;
        assert!(report.is_sound() && report.records == 3 && anchors == 1, "{report:?}");

        world.database.by_hand("UPDATE decisions SET outcome = 'deny' WHERE seq = 2").await;
        assert!(verifier.start("bob"));
        let (report, _) = ended(&verifier).await;
        assert!(matches!(report.findings[..], [Finding::Altered { seq: 2, .. }]), "{report:?}");
        assert_eq!(verifier.last().expect("there was one").by, "bob");
    }
}
