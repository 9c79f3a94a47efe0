//! The approver's console over HTTP. Pages follow requests: whichever replica files one, the pages of every replica are told,
//! and only those who may be; a server that stops does not wait for them. Answers count for what was seen alone.

use tests::on_both_databases;

on_both_databases!(
    a_request_filed_on_one_replica_reaches_the_pages_of_another,
    streams_are_for_approvers,
    an_answer_counts_for_what_was_seen,
    what_else_is_bound_is_shown,
    what_is_of_high_risk_wants_a_fresh_proof,
    an_inbox_is_paged_by_risk_and_age,
);

mod stories {
    use pdp::approvals::{Approvals, Decider, Vote};
    use policy::labels::{ApprovalState, Verdict};
    use policy::{ApprovalId, RuleId, SubjectId, TenantSlug, Timestamp};
    use reqwest::redirect::Policy;
    use reqwest::{Client, Response};
    use serde_json::{Value, json};
    use server::vault_key::{self, VaultKeys};
    use std::time::Duration;
    use store::accounts::{AccountRole, NewAccount, PasswordHash};
    use store::approvals::{Approval, ApprovalFilter};
    use store::sessions::session_digest;
    use tests::console;
    use tests::pep::call_body;
    use tests::world::operator;
    use tests::{Backend, Replica, World};

    /// What is waited for comes within a second or two; this only ends a story that fails.
    const PATIENCE: Duration = Duration::from_secs(20);

    const HOUR: i64 = 60 * 60 * 1_000_000;

    fn now() -> Timestamp {
        server::clock::system()()
    }

    async fn demo_with_frank(backend: Backend) -> World {
        let world = World::demo(backend).await;
        world
            .apply(
                "subjects:\n  - id: frank\n    kind: user\n    memberships: [{ tenant: acme, roles: [finance] }]\n",
            )
            .await;
        world
    }

    /// Signs a new account in, as the console does once the password was checked: what its browser sends from then on.
    async fn cookie(world: &World, number: u128, role: AccountRole, person: Option<&str>) -> String {
        cookie_since(world, number, role, person, now()).await
    }

    /// The same with a sign-in at this moment.
    async fn cookie_since(
        world: &World,
        number: u128,
        role: AccountRole,
        person: Option<&str>,
        since: Timestamp,
    ) -> String {
        let new = NewAccount {
            login: format!("account-{number}"),
            name: format!("Account {number}"),
            password_hash: Some(PasswordHash::new("$argon2id$never")),
            role,
            reach: policy::Reach::Everything,
        };
        let account = world.store.create_account(&new, &operator(), now()).await.expect("made");
        if let Some(person) = person {
            let person = SubjectId::from(person);
            world
                .store
                .set_account_subject(&account.id, Some(&person), &operator(), now())
                .await
                .expect("linked");
        }
        console::session(world, &account, number, since).await
    }

    fn client() -> Client {
        Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client")
    }

    async fn get(replica: &Replica, cookie: &str, path: &str) -> Response {
        let url = format!("http://{}{path}", replica.address());
        client().get(url).header("cookie", cookie).send().await.expect("answers")
    }

    async fn listen(replica: &Replica, cookie: &str) -> Response {
        get(replica, cookie, "/approvals/live").await
    }

    /// Sends the form at the foot of a request's page.
    async fn send(replica: &Replica, cookie: &str, id: &str, fields: &[(&str, &str)]) -> Response {
        let address = replica.address();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        client()
            .post(format!("http://{address}/approvals/{id}/answer"))
            .header("cookie", cookie)
            .header("origin", format!("http://{address}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"))
            .send()
            .await
            .expect("answers")
    }

    /// The same; where the answer leads.
    async fn answer(replica: &Replica, cookie: &str, id: &ApprovalId, fields: &[(&str, &str)]) -> String {
        let sent = send(replica, cookie, id.as_str(), fields).await;
        assert_eq!(sent.status(), 303);
        sent.headers()["location"].to_str().expect("an address").to_owned()
    }

    /// What the form of the page is bound to. It needs no escaping.
    async fn seen(replica: &Replica, cookie: &str, id: &ApprovalId) -> String {
        let page = get(replica, cookie, &format!("/approvals/{id}")).await;
        assert_eq!(page.status(), 200);
        let html = page.text().await.expect("text");
        let (_, rest) = html.split_once("name=\"seen\" value=\"").expect("a form");
        rest.split_once('"').expect("a value").0.to_owned()
    }

    fn refund(customer: &str) -> Value {
        json!({ "customer_id": customer, "amount": 900, "currency": "EUR" })
    }

    /// Carol asks once; the request that it filed.
    async fn filed(world: &World, replica: &Replica) -> ApprovalId {
        let told = world.crm(replica).call(world.secret("CAROL_KEY"), "refund", refund("c-42")).await;
        assert_eq!((told.allowed(), told.reason()), (false, "approval_required"));
        let newest = world.store.list_approvals(&ApprovalFilter::default(), None, 1).await.expect("reads");
        newest.into_iter().next().expect("was filed").id
    }

    async fn state(world: &World, id: &ApprovalId) -> ApprovalState {
        world.store.get_approval(id).await.expect("reads").expect("is there").state
    }

    /// Reads until this was said; what was said since the last time.
    async fn until(stream: &mut Response, said: &str) -> String {
        let mut heard = String::new();
        let reading = async {
            while let Some(chunk) = stream.chunk().await.expect("goes on") {
                heard.push_str(std::str::from_utf8(&chunk).expect("text"));
                if heard.contains(said) {
                    return;
                }
            }
            panic!("the stream ended before `{said}`");
        };
        let in_time = tokio::time::timeout(PATIENCE, reading).await;
        assert!(in_time.is_ok(), "`{said}` was not said: {heard}");
        heard
    }

    pub(super) async fn a_request_filed_on_one_replica_reaches_the_pages_of_another(backend: Backend) {
        let world = demo_with_frank(backend).await;
        let (one, other) = (world.replica().await, world.replica().await);
        let frank = cookie(&world, 7, AccountRole::Approver, Some("frank")).await;
        let nobody = cookie(&world, 8, AccountRole::Owner, None).await;
        let mut page = listen(&one, &frank).await;
        assert_eq!(page.headers()["content-type"], "text/event-stream");
        let mut same = listen(&one, &frank).await;
        let mut unlinked = listen(&one, &nobody).await;
        for stream in [&mut page, &mut same, &mut unlinked] {
            // First what stands.
            until(stream, "data: 0\n\n").await;
        }

        filed(&world, &other).await;
        for stream in [&mut page, &mut same] {
            let heard = until(stream, "data: 1\n\n").await;
            assert!(heard.contains("id: "), "{heard}");
        }
        // It changed for everybody, and waits for those alone whom the rule asks.
        until(&mut unlinked, "data: 0\n\n").await;

        // A server that stops lets them go: browsers come back, to whoever answers then.
        let stopped = tokio::time::timeout(Duration::from_secs(10), one.stop()).await;
        assert!(stopped.is_ok(), "streams held the server up");
        let rest =
            tokio::time::timeout(PATIENCE, async { while page.chunk().await.expect("ends").is_some() {} });
        assert!(rest.await.is_ok());
        let mut again = listen(&other, &frank).await;
        until(&mut again, "data: 1\n\n").await;
        drop((again, same, unlinked));
        other.stop().await;
    }

    pub(super) async fn streams_are_for_approvers(backend: Backend) {
        let world = demo_with_frank(backend).await;
        let replica = world.replica().await;
        for (number, role) in [(1, AccountRole::PolicyAuthor), (2, AccountRole::Auditor)] {
            let cookie = cookie(&world, number, role, Some("frank")).await;
            assert_eq!(listen(&replica, &cookie).await.status(), 403, "{role}");
        }
        assert_eq!(listen(&replica, "countersign=none").await.status(), 303);

        // An account that was switched off is told nothing more, though its stream is open.
        let frank = cookie(&world, 3, AccountRole::Approver, Some("frank")).await;
        let mut page = listen(&replica, &frank).await;
        until(&mut page, "data: 0\n\n").await;
        let account = world.store.account_by_login("account-3").await.expect("reads").expect("is there");
        world.store.set_account_active(&account.id, false, &operator(), now()).await.expect("off");
        filed(&world, &replica).await;
        let rest = tokio::time::timeout(PATIENCE, async {
            let mut heard = String::new();
            while let Some(chunk) = page.chunk().await.expect("ends") {
                heard.push_str(std::str::from_utf8(&chunk).expect("text"));
            }
            heard
        });
        let rest = rest.await.expect("the stream ends");
        assert!(!rest.contains("data:"), "{rest}");

        // Nor is whoever signed out.
        let frank = cookie(&world, 4, AccountRole::Approver, Some("frank")).await;
        let mut page = listen(&replica, &frank).await;
        until(&mut page, "data: 1\n\n").await;
        assert!(world.store.delete_session(&session_digest(&4_u128.to_le_bytes())).await.expect("ends"));
        let looked = world.crm(&replica).call(world.secret("CAROL_KEY"), "refund", refund("c-43")).await;
        assert_eq!(looked.reason(), "approval_required");
        let rest = tokio::time::timeout(PATIENCE, async { page.text().await.expect("ends") });
        let rest = rest.await.expect("the stream ends");
        assert!(!rest.contains("data:"), "{rest}");
        replica.stop().await;
    }

    const LONGER: &str = "rules:
  - name: refunds by finance
    tenant: acme
    effect: allow
    status: enforced
    roles: [finance]
    tools: [crm/refund]
    parameters:
      properties:
        amount: { type: number, exclusiveMinimum: 0, maximum: 5000 }
        currency: { enum: [EUR, USD] }
      required: [amount, currency]
    approval: { approvers: [finance], quorum: 1, expires_in: 2h, uses: 1 }
";

    pub(super) async fn an_answer_counts_for_what_was_seen(backend: Backend) {
        let world = demo_with_frank(backend).await;
        let replica = world.replica().await;
        let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
        let id = filed(&world, &replica).await;
        let first = seen(&replica, &frank, &id).await;

        // The rule changes behind the page's back: the click decides nothing, and the page says why.
        world.apply(LONGER).await;
        let leads_to = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &first)]).await;
        assert!(leads_to.starts_with(&format!("/approvals/{id}?changed=v1.")), "{leads_to}");
        assert_eq!(state(&world, &id).await, ApprovalState::Pending);
        let html = get(&replica, &frank, &leads_to).await.text().await.expect("text");
        assert!(html.contains("Something changed since you looked"), "{html}");
        assert!(html.contains("A rule that asks was changed") && !html.contains("Also bound"), "{html}");

        // A denial needs a reason; whoever asks, and whoever is nobody's, has no say.
        let now_seen = seen(&replica, &frank, &id).await;
        assert_ne!(now_seen, first);
        let unsaid = answer(&replica, &frank, &id, &[("answer", "deny"), ("seen", &now_seen)]).await;
        assert!(unsaid.contains("draft="), "{unsaid}");
        for (number, person) in [(2, Some("carol")), (3, None)] {
            let other = cookie(&world, number, AccountRole::Approver, person).await;
            assert_eq!(get(&replica, &other, &format!("/approvals/{id}")).await.status(), 404, "{person:?}");
            // And no answer of the form says that there is one: neither at once, nor by asking for a password.
            let since = now().saturating_add_micros(-HOUR / 6);
            let stale = cookie_since(&world, number + 10, AccountRole::Approver, person, since).await;
            for cookie in [&other, &stale] {
                for there in [id.as_str(), "0190f3c2-7d3a-7c11-a4bb-5f6f0c1d2e3f"] {
                    let approves = [("answer", "approve"), ("seen", now_seen.as_str())];
                    let gives_back = [("answer", "reissue"), ("decision", "0190")];
                    for fields in [&approves, &gives_back] {
                        let told = send(&replica, cookie, there, fields).await;
                        assert_eq!(told.status(), 404, "{person:?} {fields:?}");
                    }
                }
            }
        }
        assert_eq!(state(&world, &id).await, ApprovalState::Pending);

        let leads_to = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &now_seen)]).await;
        assert_eq!(leads_to, "/approvals?done=request-approved");
        assert_eq!(state(&world, &id).await, ApprovalState::Approved);
        let again = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &now_seen)]).await;
        assert!(again.contains("draft="), "{again}");

        let crm = world.crm(&replica);
        let call = async |customer: &str| {
            let told = crm.call(world.secret("CAROL_KEY"), "refund", refund(customer)).await;
            told.reason().to_owned()
        };
        assert_eq!(call("c-43").await, "approval_required");
        assert_eq!(call("c-42").await, "allowed");
        assert_eq!(call("c-42").await, "approval_required");
        replica.stop().await;
    }

    pub(super) async fn what_else_is_bound_is_shown(backend: Backend) {
        let world = demo_with_frank(backend).await;
        world.apply("credentials: [{name: crm-pep, trust: assert_attributes}]").await;
        let replica = world.replica().await;
        let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
        let mut body = call_body("", "refund", refund("c-42"));
        body["subject"]["id"] = json!("carol");
        body["action"]["properties"] = json!({"urgency": "now"});
        assert_eq!(world.crm(&replica).ask(&body).await.reason(), "approval_required");
        let newest = world.store.list_approvals(&ApprovalFilter::default(), None, 1).await.expect("reads");
        let id = newest.into_iter().next().expect("was filed").id;
        let html = get(&replica, &frank, &format!("/approvals/{id}")).await.text().await.expect("text");
        assert!(html.contains("Also bound") && html.contains("/action/properties/urgency"), "{html}");
        replica.stop().await;
    }

    pub(super) async fn what_is_of_high_risk_wants_a_fresh_proof(backend: Backend) {
        let world = demo_with_frank(backend).await;
        let replica = world.replica().await;
        let long_ago = now().saturating_add_micros(-HOUR / 6);
        let frank = cookie_since(&world, 1, AccountRole::Approver, Some("frank"), long_ago).await;
        let id = filed(&world, &replica).await;
        let page = get(&replica, &frank, &format!("/approvals/{id}")).await.text().await.expect("text");
        assert!(page.contains("name=\"password\""), "{page}");
        let bound = seen(&replica, &frank, &id).await;
        for verdict in ["approve", "deny"] {
            let fields = [("answer", verdict), ("reason", "x"), ("seen", &bound)];
            let leads_to = answer(&replica, &frank, &id, &fields).await;
            let html = get(&replica, &frank, &leads_to).await.text().await.expect("text");
            assert!(html.contains("Nothing was done. Give your password"), "{html}");
        }
        assert_eq!(state(&world, &id).await, ApprovalState::Pending);
        // Signed in a moment ago, the same person is not asked.
        let fresh = cookie(&world, 2, AccountRole::Approver, Some("frank")).await;
        let leads_to = answer(&replica, &fresh, &id, &[("answer", "approve"), ("seen", &bound)]).await;
        assert_eq!(leads_to, "/approvals?done=request-approved");
        replica.stop().await;
    }

    const LOOKING: &str = "rules:
  - name: look twice
    tenant: acme
    effect: require_approval
    status: enforced
    tools: [crm/get_customer]
    approval: { approvers: [finance] }
";

    pub(super) async fn an_inbox_is_paged_by_risk_and_age(backend: Backend) {
        let world = demo_with_frank(backend).await;
        world.apply(LOOKING).await;
        let replica = world.replica().await;
        let (crm, carol) = (world.crm(&replica), world.secret("CAROL_KEY"));
        let looked = crm.call(carol, "get_customer", json!({ "customer_id": "c-1" })).await;
        assert_eq!(looked.reason(), "approval_required");
        for customer in ["c-2", "c-3"] {
            assert_eq!(crm.call(carol, "refund", refund(customer)).await.reason(), "approval_required");
        }
        let (store, person) = (&world.store, SubjectId::from("frank"));
        let _ = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
        let account = store.account_by_login("account-1").await.expect("reads").expect("is there").id;
        let keys = VaultKeys::File(world.database.file("vault.key"));
        let vault = vault_key::open_or_create(&keys, store).await.expect("a vault");
        let approvals = Approvals::new(store.clone(), vault);

        let page =
            async |after: Option<&str>| approvals.inbox_page(&account, None, after, 2).await.expect("reads");
        let of = |found: &[Approval]| -> Vec<String> {
            found.iter().map(|approval| approval.arguments.clone()).collect()
        };
        let first = page(None).await;
        let [older, newer] = first.as_slice() else { panic!("two: {first:?}") };
        assert!(older.arguments.contains("c-2") && newer.arguments.contains("c-3"), "{first:?}");
        let rest = of(&page(Some(newer.id.as_str())).await);
        assert!(matches!(rest.as_slice(), [only] if only.contains("c-1")), "{rest:?}");

        // What was answered is no more in the inbox, and the pages go on from its place all the same.
        let shown = approvals.show(&newer.id).await.expect("reads").expect("is there");
        let vote = Vote {
            verdict: Verdict::Deny,
            reason: Some("not twice".to_owned()),
            seen: shown.seen,
            valid_until: None,
            uses: None,
        };
        let by = Decider { account: &account, actor: operator() };
        approvals.vote(&by, &newer.id, &vote).await.expect("counts");
        assert_eq!(of(&page(Some(newer.id.as_str())).await), rest);
        assert_eq!(approvals.inbox_count(&account).await.expect("counts"), 2);
        assert!(page(Some("nothing")).await.is_empty());
        for (tenant, count) in [("acme", 2), ("globex", 0)] {
            let tenant = TenantSlug::from(tenant);
            let found = approvals.inbox_page(&account, Some(&tenant), None, 10).await.expect("reads");
            assert_eq!(found.len(), count, "{tenant}");
        }

        let answered = store.list_answers(&person, None, None, 10).await.expect("reads");
        assert!(matches!(answered.as_slice(), [only] if only.id == newer.id), "{answered:?}");
        let rule = newer.requirements.first().expect("asks").rule.clone();
        let filter = ApprovalFilter::default();
        let of_rule = store.list_approvals_of_rule(&rule, &filter, None, 10).await.expect("reads");
        let ids: Vec<_> = of_rule.iter().map(|approval| &approval.id).collect();
        assert_eq!(ids, [&newer.id, &older.id]);
        // Nothing of an address means anything but itself.
        for odd in ["%", "_", "!", "\"", "\\"] {
            let found = store.list_approvals_of_rule(&RuleId::from(odd), &filter, None, 10).await;
            assert!(found.expect("reads").is_empty(), "{odd}");
        }
        replica.stop().await;
    }
}
