//! Ten thousand requests wait. Whoever files, uses, or opens the inbox or Overview has a small part of them read, and sees the
//! gravest and oldest of them. Nothing is timed: Postgres counts the rows that it reads, and the system the bytes that a process
//! does. By which indexes they are found, is held in the store's own tests.

use crate::approvals::helpers::{account, add_note, approvals, approve, read, waiting, world};
use policy::{ApprovalId, Reach, SubjectId, TenantSlug};
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::net::SocketAddr;
use std::time::Duration;
use store::accounts::{AccountRole, NewAccount};
use store::approvals::{AnswerFilter, Approval, ApprovalFilter, AskedPerson, MOST_COUNTED};
use tests::process::Process;
use tests::world::operator;
use tests::{Backend, Pep, World, console};

const MANY: usize = 10_000;

/// So many of each are made.
const CALLS: usize = 15;

/// Of all that there is, each may read less than one part of so many.
const PART: i64 = 5;

/// What processes of a world read.
enum Meter {
    /// Each process is asked for by itself.
    Sqlite,
    /// Backends say what they read when they end. `kept`: those of this story's own store, which do not.
    Postgres { hand: PgConnection, kept: Vec<i32> },
}

const ROWS: &str = "SELECT ((SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'approval%') \
    + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname LIKE 'approval%'))::bigint";

const STORES: &str = "SELECT pid FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'countersign'";

const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity \
    WHERE datname = current_database() AND backend_type = 'client backend' \
    AND pid <> pg_backend_pid() AND pid <> ALL($1)";

/// All bytes that a process read so far.
fn bytes(process: &str) -> i64 {
    let told = std::fs::read_to_string(format!("/proc/{process}/io")).expect("the system tells");
    let read = told.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("is among it");
    read.parse().expect("a number")
}

impl Meter {
    /// While no process runs, and this story's store is not used.
    async fn new(world: &World) -> Self {
        match world.database.backend {
            Backend::Sqlite => Self::Sqlite,
            Backend::Postgres => {
                let mut hand =
                    PgConnection::connect(&world.database.url).await.expect("the database answers");
                let kept = sqlx::query_scalar(STORES).fetch_all(&mut hand).await.expect("reads");
                Self::Postgres { hand, kept }
            }
        }
    }

    /// What Postgres read until now, once all backends but those that are kept have ended.
    async fn rows(&mut self) -> i64 {
        let Self::Postgres { hand, kept } = self else { return 0 };
        let ended = async {
            loop {
                let others = sqlx::query_scalar::<_, i64>(OTHERS).bind(kept.clone()).fetch_one(&mut *hand);
                if others.await.expect("reads") == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ended).await.expect("they end");
        sqlx::query_scalar(ROWS).fetch_one(hand).await.expect("reads")
    }

    /// What a process reads that does this much.
    async fn of(&mut self, world: &World, work: impl AsyncFnOnce(SocketAddr)) -> i64 {
        let before = self.rows().await;
        let process = Process::serve(&world.database, &world.database.url);
        work(process.address()).await;
        let bytes = bytes(&process.id().to_string());
        process.kill();
        match self {
            Self::Sqlite => bytes,
            Self::Postgres { .. } => self.rows().await - before,
        }
    }

    /// What is read by whoever reads all that waits. On SQLite that is this very process, in which others read as well.
    async fn of_everything(&mut self, world: &World) -> i64 {
        let before = (self.rows().await, bytes("self"));
        world.database.by_hand("SELECT sum(length(arguments)) FROM approvals").await;
        match self {
            Self::Sqlite => bytes("self") - before.1,
            Self::Postgres { .. } => self.rows().await - before.0,
        }
    }
}

/// How much there is, in what the meter counts.
async fn everything(world: &World) -> i64 {
    match world.database.backend {
        Backend::Sqlite => {
            let mut file = SqliteConnection::connect(&world.database.url).await.expect("the file opens");
            let query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
            let size = sqlx::query_scalar(query).fetch_one(&mut file).await.expect("reads");
            file.close().await.expect("closed");
            size
        }
        Backend::Postgres => i64::try_from(MANY).expect("not so many"),
    }
}

/// Copies of the one that waits, by hand, of 20 to a caller; every fourth of each risk, the gravest first. Their ids, in the
/// order of their age.
async fn fill(world: &World) -> Vec<String> {
    let id = waiting(world).await.id;
    let same = "tenant, subject, actor, credential, server, tool, action, resource_type, resource_id, task, definition_hash, \
        arguments_digest, context, claims, arguments, sealed, sensitivity, requirements, uses, used, hold_for, state, \
        filed_at, filed_by, expires_at, attempts, last_attempt_at, look_until";
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY} - 1)");
    let copy = |id: &str| format!("substr({id}, 1, 28) || (10000000 + i)");
    let digest = |of: &str| format!("substr({of}, 1, 56) || (10000000 + i)");
    let risk = "CASE i % 4 WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END";
    for sql in [
        format!(
            "{numbers} INSERT INTO approvals (id, call, binding, risk, {same})
             SELECT {}, {}, {}, {risk}, {same} FROM approvals, n WHERE id = '{id}'",
            copy("id"),
            digest("call"),
            digest("binding")
        ),
        format!(
            "{numbers} INSERT INTO approval_slots (rule, party, approval, expires_at)
             SELECT a.rule, 'party-' || (i / 20), {}, a.expires_at FROM approval_slots AS a, n WHERE a.approval = '{id}'",
            copy("a.approval")
        ),
        format!(
            "{numbers} INSERT INTO approval_filings (rule, party, at, approval)
             SELECT a.rule, 'party-' || (i / 20), a.at, {} FROM approval_filings AS a, n WHERE a.approval = '{id}'",
            copy("a.approval")
        ),
        format!(
            "{numbers} INSERT INTO approval_asks (tenant, kind, name, approval, since, rank)
             SELECT a.tenant, a.kind, a.name, {}, a.since, i % 4 FROM approval_asks AS a, n WHERE a.approval = '{id}'",
            copy("a.approval")
        ),
        // Somebody else answered each of them since fay answered one.
        format!(
            "{numbers} INSERT INTO approval_votes (approval, person, account, verdict, at)
             SELECT {}, 'finn', 'another', 'approve', 1 FROM approvals, n WHERE id = '{id}'",
            copy("id")
        ),
        "ANALYZE".to_owned(),
    ] {
        world.database.by_hand(&sql).await;
    }
    (0..MANY).map(|i| format!("{}{}", &id.as_str()[..28], 10_000_000 + i)).collect()
}

/// Somebody at the console.
struct Browser {
    http: reqwest::Client,
    cookie: String,
}

impl Browser {
    /// `session`: no other's.
    async fn of(world: &World, account: &str, session: u128) -> Self {
        let account = world.store.account(account).await.expect("reads").expect("is there");
        let cookie = console::session(world, &account, session, server::clock::system()()).await;
        Self { http: reqwest::Client::builder().no_proxy().build().expect("a client"), cookie }
    }

    async fn page(&self, address: SocketAddr, path: &str) -> String {
        let url = format!("http://{address}{path}");
        let page = self.http.get(url).header("cookie", &self.cookie).send().await.expect("answers");
        assert_eq!(page.status(), 200);
        page.text().await.expect("text")
    }
}

/// An owner who is nobody's person.
async fn owner(world: &World) -> String {
    let new = NewAccount {
        login: "olivia".to_owned(),
        name: "olivia".to_owned(),
        password_hash: None,
        role: AccountRole::Owner,
        reach: Reach::Everything,
    };
    let now = server::clock::system()();
    world.store.create_account(&new, &operator(), now).await.expect("is made").id
}

/// Those of these requests that a page leads to, in its order.
fn listed<'a>(page: &'a str, ids: &[String]) -> Vec<&'a str> {
    let links = page.split("href=\"/approvals/").skip(1).filter_map(|rest| rest.split('"').next());
    let mut listed = Vec::new();
    for id in links {
        if !listed.contains(&id) && ids.iter().any(|known| known == id) {
            listed.push(id);
        }
    }
    listed
}

pub(crate) async fn ten_thousand_that_wait_are_not_read(backend: Backend) {
    let world = world(backend, "{ approvers: [finance], uses: 1000, expires_in: 1d }").await;
    let fay = account(&world, "fay", Some("fay")).await;
    let inbox = Browser::of(&world, &fay, 1).await;
    let overview = Browser::of(&world, &owner(&world).await, 2).await;
    let crm = |address: SocketAddr| Pep::new(address, world.secret("CRM_PEP_KEY"));
    let first = Process::serve(&world.database, &world.database.url);
    assert_eq!(add_note(&world, &crm(first.address()), "used").await.reason(), "approval_required");
    let answered = waiting(&world).await.id;
    approve(&world, &fay, &answered).await;
    assert_eq!(add_note(&world, &crm(first.address()), "waits").await.reason(), "approval_required");
    first.kill();
    let ids = fill(&world).await;
    let gravest: Vec<&str> = ids.iter().step_by(4).map(String::as_str).collect();

    let mut meter = Meter::new(&world).await;
    let file = async |address| {
        for call in 0..CALLS {
            let told = add_note(&world, &crm(address), &format!("filed {call}")).await;
            assert_eq!(told.reason(), "approval_required");
        }
    };
    let filing = meter.of(&world, file).await;
    let make_use = async |address| {
        for _ in 0..CALLS {
            assert!(add_note(&world, &crm(address), "used").await.allowed());
        }
    };
    let using = meter.of(&world, make_use).await;
    let open = async |address| {
        for _ in 0..CALLS {
            let page = inbox.page(address, "/approvals").await;
            assert_eq!(listed(&page, &ids), gravest[..50], "by risk, then by age");
            assert!(page.contains("(99+) Approvals"), "more are not counted");
            assert!(page.contains(&format!("href=\"/approvals/{answered}\"")), "the answer stands beneath");
        }
        let page = inbox.page(address, &format!("/approvals?after={}", gravest[49])).await;
        assert_eq!(listed(&page, &ids), gravest[50..100]);
    };
    let opening = meter.of(&world, open).await;
    let look = async |address| {
        for _ in 0..CALLS {
            let page = overview.page(address, "/").await;
            assert!(page.contains("99+ calls"), "{page}");
            let page = overview.page(address, "/?tenant=globex").await;
            assert!(!page.contains("wait for approval"), "{page}");
        }
    };
    let looking = meter.of(&world, look).await;
    let calls = i64::try_from(CALLS).expect("few");
    let most = everything(&world).await / PART;
    let parts = [("filing", filing), ("using", using), ("opening the inbox", opening), ("Overview", looking)];
    for (name, read) in parts {
        let each = read / calls;
        assert!(0 < each && each < most, "{name} reads {each}, and may read {most}");
    }
    // The meter sees who reads all of them.
    let all = meter.of_everything(&world).await;
    assert!(all > most, "{all} of {most}");

    // Of somebody's answers the newest are read, of these tenants, and from behind one on.
    let finn = SubjectId::from("finn");
    let answers = async |tenant: Option<&str>, behind: Option<&str>| {
        let tenants = tenant.map(|tenant| [TenantSlug::from(tenant)]);
        let tenants = tenants.as_ref().map(<[TenantSlug; 1]>::as_slice);
        let requests = ApprovalFilter { tenants, ..ApprovalFilter::default() };
        let of = AnswerFilter { person: &finn, requests, rule: None };
        let listed = world.store.list_answers(&of, behind, 3).await.expect("lists");
        listed.into_iter().map(|approval| approval.id.to_string()).collect::<Vec<String>>()
    };
    let newest: Vec<&str> = ids.iter().rev().map(String::as_str).collect();
    assert_eq!(answers(None, None).await, newest[..3]);
    assert_eq!(answers(Some("acme"), Some(newest[2])).await, newest[3..6]);
    assert_eq!(answers(Some("globex"), None).await, Vec::<String>::new());

    // Whoever answers for more names than are looked for one by one sees the same.
    let (me, roles) = (SubjectId::from("fay"), (0..30).map(|n| format!("role-{n}")));
    let roles: Vec<String> = roles.chain(["finance".to_owned()]).collect();
    let duties = [AskedPerson { person: me.clone(), memberships: vec![("acme".into(), roles)] }];
    let page = async |behind: Option<&Approval>| {
        let listed = world.store.list_asked_behind(&me, &duties, behind, 50).await.expect("lists");
        listed.into_iter().map(|approval| approval.id.to_string()).collect::<Vec<String>>()
    };
    assert_eq!(page(None).await, gravest[..50]);
    let last = read(&world, &ApprovalId::from(gravest[49])).await;
    assert_eq!(page(Some(&last)).await, gravest[50..100]);
    assert_eq!(world.store.count_asked(&me, &duties).await.expect("counts"), MOST_COUNTED);
    assert_eq!(approvals(&world).inbox_count(&fay).await.expect("counts"), MOST_COUNTED);
}
