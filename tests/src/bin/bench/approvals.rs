//! Filing a request for approval, using one, and opening the inbox: with few and with very many requests that wait. One after
//! the other, as each filing is of another caller.

use pdp::approvals::{Decider, Vote};
use policy::labels::Verdict;
use policy::{ApprovalId, SubjectId};
use reqwest::Client;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::accounts::{AccountRole, NewAccount, PasswordHash};
use store::approvals::ApprovalFilter;
use tests::console;
use tests::pep::{Told, call_body};
use tests::process::Process;
use tests::world::operator;
use tests::{Backend, Pep, World};

const FEW: usize = 10;
const MANY: usize = 10_000;
/// So many of each are timed.
const TIMED: usize = 200;

const POLICY: &str = "
subjects:
  - { id: fay, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }
rules:
  - { name: ask for notes, tenant: acme, effect: require_approval, tools: [crm/add_note], approval: { approvers: [finance], uses: 1000, expires_in: 1d } }
";

/// The middle of the times of each.
struct Seen {
    filing: Duration,
    using: Duration,
    inbox: Duration,
}

pub(crate) async fn measure() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let few = run(backend, FEW).await;
        let many = run(backend, MANY).await;
        for (name, few, many) in [
            ("filing", few.filing, many.filing),
            ("using", few.using, many.using),
            ("the inbox's page", few.inbox, many.inbox),
        ] {
            let (few, many) = (few.as_secs_f64() * 1e3, many.as_secs_f64() * 1e3);
            println!(
                "{:<62} p50 {few:>7.2} ms with {FEW} that wait, {many:>7.2} ms with {MANY} ({:.2} x)",
                format!("{backend:?}, {name}"),
                many / few,
            );
        }
    }
}

async fn run(backend: Backend, waiting: usize) -> Seen {
    let mut world = World::demo(backend).await;
    world.set_secret("VOUCH_KEY", &format!("vouch-{}", "x".repeat(40)));
    world.apply(POLICY).await;
    let callers: Vec<Value> = (0..TIMED)
        .map(|i| json!({"id": format!("caller-{i}"), "kind": "agent", "memberships": [{"tenant": "acme", "roles": ["support-agent"]}]}))
        .collect();
    let vouch =
        json!([{"name": "vouch", "server": "crm", "trust": "assert_subject", "secret_env": "VOUCH_KEY"}]);
    world.apply(&json!({"subjects": callers, "credentials": vouch}).to_string()).await;
    let (account, cookie) = approver(&world).await;
    let process = Process::serve(&world.database, &world.database.url);
    let crm = Pep::new(process.address(), world.secret("VOUCH_KEY"));

    let used = call("caller-0", "used");
    is(&crm.ask(&used).await, "approval_required");
    approve(&world, &account).await;
    is(&crm.ask(&call("caller-0", "waits")).await, "approval_required");
    fill(&world, waiting).await;

    let mut filing = Vec::new();
    for i in 0..TIMED {
        let body = call(&format!("caller-{i}"), "filed");
        let start = Instant::now();
        let told = crm.ask(&body).await;
        filing.push(start.elapsed());
        is(&told, "approval_required");
    }
    let mut using = Vec::new();
    for _ in 0..TIMED {
        let start = Instant::now();
        let told = crm.ask(&used).await;
        using.push(start.elapsed());
        is(&told, "allowed");
    }
    let client = Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{}/approvals", process.address());
    let mut inbox = Vec::new();
    for _ in 0..TIMED / 4 {
        let start = Instant::now();
        let page = client.get(&url).header("cookie", &cookie).send().await.expect("answers");
        assert_eq!(page.status(), 200);
        let text = page.text().await.expect("text");
        inbox.push(start.elapsed());
        assert!(text.contains("add_note"), "the inbox is empty");
    }
    Seen { filing: middle(filing), using: middle(using), inbox: middle(inbox) }
}

fn call(caller: &str, text: &str) -> Value {
    let mut body = call_body("", "add_note", json!({"customer_id": "c-42", "text": text}));
    body["subject"] = json!({"type": "agent", "id": caller});
    body["context"] = json!({});
    body
}

fn is(told: &Told, reason: &str) {
    assert_eq!(told.reason(), reason, "{told:?}");
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// An approver's account, and what its browser sends.
async fn approver(world: &World) -> (String, String) {
    let now = server::clock::system()();
    let new = NewAccount {
        login: "fay".to_owned(),
        name: "Fay".to_owned(),
        password_hash: Some(PasswordHash::new("$argon2id$never")),
        role: AccountRole::Approver,
        reach: policy::Reach::Everything,
    };
    let made = world.store.create_account(&new, &operator(), now).await.expect("made");
    let fay = SubjectId::from("fay");
    world.store.set_account_subject(&made.id, Some(&fay), &operator(), now).await.expect("linked");
    let cookie = console::session(world, &made, 7, now).await;
    (made.id, cookie)
}

async fn newest(world: &World) -> ApprovalId {
    let filter = ApprovalFilter { pending: true, ..ApprovalFilter::default() };
    world.store.list_approvals(&filter, None, 1).await.expect("lists").remove(0).id
}

async fn approve(world: &World, account: &str) {
    let door = world.approvals();
    let id = newest(world).await;
    let shown = door.show(&id).await.expect("shows").expect("is there");
    let vote =
        Vote { verdict: Verdict::Approve, reason: None, seen: shown.seen, valid_until: None, uses: None };
    door.vote(&Decider { account, actor: operator() }, &id, &vote).await.expect("is approved");
}

/// Copies of the request that waits, of 20 to a caller; put in by hand: filing them one by one is what is measured after it.
async fn fill(world: &World, waiting: usize) {
    let id = newest(world).await;
    let same = "tenant, subject, actor, credential, server, tool, action, resource_type, resource_id, task, definition_hash, \
        arguments_digest, call, context, claims, arguments, sealed, risk, sensitivity, requirements, uses, used, hold_for, state, \
        filed_at, filed_by, expires_at, attempts, last_attempt_at, look_until";
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {waiting} - 1)");
    let copy = "substr(a.id, 1, 28) || (10000000 + i)";
    for sql in [
        format!(
            "{numbers} INSERT INTO approvals (id, binding, {same})
             SELECT substr(id, 1, 28) || (10000000 + i), substr(binding, 1, 56) || (10000000 + i), {same}
             FROM approvals, n WHERE id = '{id}'"
        ),
        format!(
            "{numbers} INSERT INTO approval_slots (rule, party, approval, expires_at)
             SELECT a.rule, 'party-' || (i / 20), substr(a.approval, 1, 28) || (10000000 + i), a.expires_at
             FROM approval_slots AS a, n WHERE a.approval = '{id}'"
        ),
        format!(
            "{numbers} INSERT INTO approval_asks (tenant, kind, name, approval, since, rank)
             SELECT k.tenant, k.kind, k.name, {copy}, k.since, k.rank
             FROM approval_asks AS k, approvals AS a, n WHERE k.approval = '{id}' AND a.id = '{id}'"
        ),
    ] {
        world.database.by_hand(&sql).await;
    }
    world.database.by_hand("ANALYZE").await;
}
