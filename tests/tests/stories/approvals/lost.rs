//! The process is killed after it committed a use and before its caller was told: what stands then, what the approver sees
//! and may do, and what each further call gets.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, is_sound, pending, read, waiting, world,
};
use crate::approvals::keyed::Keyed;
use policy::labels::ApprovalState;
use policy::{ApprovalId, DecisionId, Outcome, SubjectId};
use reqwest::redirect::Policy;
use std::net::SocketAddr;
use std::time::Duration;
use store::approvals::ApprovalCall;
use tests::line::Line;
use tests::process::Process;
use tests::world::operator;
use tests::{Backend, Pep, World, console};

/// That the answer leaves is noted beside the calls, a moment after the commit: on SQLite this holds it up for good.
const HOLD_NOTE: &str = "CREATE TRIGGER hold_note BEFORE UPDATE OF delivered_at ON approval_calls BEGIN \
    SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 1000000000000); \
    END";

/// A note is approved and used by one call with this key, and the process killed once the use is committed. On Postgres
/// the commit's own answer is lost on its way; on SQLite the caller's is.
async fn burn(world: &World, fay: &str, text: &str, key: &str) -> (ApprovalId, DecisionId) {
    let (process, address) = match world.database.backend {
        Backend::Sqlite => {
            world.database.by_hand(HOLD_NOTE).await;
            let process = Process::serve(&world.database, &world.database.url);
            let line = Line::losing_answers_to(process.address(), &[key]).await;
            (process, line.address())
        }
        Backend::Postgres => {
            let words = ["INSERT INTO \"approval_calls\"", "COMMIT"];
            let line = Line::losing_answers_to(world.database.server_address(), &words).await;
            let process = Process::serve(&world.database, &world.database.url_through(line.address()));
            let address = process.address();
            (process, address)
        }
    };
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    assert_eq!(add_note(world, &crm, text).await.reason(), "approval_required");
    let request = waiting(world).await.id;
    approve(world, fay, &request).await;
    let keyed = Keyed::new(world, address, text);
    let call = tokio::spawn({
        let key = key.to_owned();
        async move { keyed.call(&key).await }
    });
    let used = async {
        while calls(world, &request).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), used).await.expect("is used");
    process.kill();
    let told = call.await.expect("no panic");
    assert!(told.is_err(), "the caller was told: {told:?}");
    if world.database.backend == Backend::Sqlite {
        world.database.by_hand("DROP TRIGGER hold_note").await;
    }
    let [burnt] = only(world, &request).await;
    assert!(burnt.delivered_at.is_none() && burnt.reissued_at.is_none(), "{burnt:?}");
    let decision = burnt.decision;
    let after = read(world, &request).await;
    assert_eq!((after.state, after.used), (ApprovalState::Used, 1));
    let recorded = world.store.get_decision(&decision).await.expect("reads").expect("is in the record");
    assert_eq!(recorded.row.outcome, Outcome::Allow);
    (request, decision)
}

async fn calls(world: &World, request: &ApprovalId) -> Vec<ApprovalCall> {
    world.store.list_approval_calls(request).await.expect("lists")
}

/// The one call that used it.
async fn only(world: &World, request: &ApprovalId) -> [ApprovalCall; 1] {
    calls(world, request).await.try_into().expect("one use, and no more than that one")
}

/// Fay's browser.
struct Browser {
    http: reqwest::Client,
    address: SocketAddr,
    cookie: String,
}

impl Browser {
    async fn new(world: &World, fay: &str, address: SocketAddr, id: u128) -> Self {
        let account = world.store.account(fay).await.expect("reads").expect("is there");
        let cookie = console::session(world, &account, id, server::clock::system()()).await;
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        Self { http, address, cookie }
    }

    async fn page(&self, request: &ApprovalId) -> String {
        let url = format!("http://{}/approvals/{request}", self.address);
        let page = self.http.get(url).header("cookie", &self.cookie).send().await.expect("answers");
        assert_eq!(page.status(), 200);
        page.text().await.expect("text")
    }

    /// Presses "Give the use back"; where that leads.
    async fn give_back(&self, request: &ApprovalId, decision: &DecisionId) -> String {
        let sent = self
            .http
            .post(format!("http://{}/approvals/{request}/answer", self.address))
            .header("cookie", &self.cookie)
            .header("origin", format!("http://{}", self.address))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("answer=reissue&decision={decision}"))
            .send()
            .await
            .expect("answers");
        assert_eq!(sent.status(), 303);
        sent.headers()["location"].to_str().expect("an address").to_owned()
    }
}

const GIVE_BACK: &str = "Give the use back";

/// What the page says of a use of which nobody knows whether its answer arrived.
async fn is_open(browser: &Browser, request: &ApprovalId, decision: &DecisionId) {
    let page = browser.page(request).await;
    assert!(page.contains("and used.") && page.contains("delivery unknown"), "{page}");
    assert!(page.contains(GIVE_BACK) && page.contains(&format!("value=\"{decision}\"")), "{page}");
}

/// Every other call is denied, with another key and with none; what it asks for is taken back.
pub(crate) async fn others_are_denied(world: &World, crm: &Pep, keyed: &Keyed, text: &str) {
    let told = keyed.call("another").await.expect_err("is denied");
    assert!(told.contains("approval_required"), "{told}");
    assert_eq!(add_note(world, crm, text).await.reason(), "approval_pending");
    let bot = SubjectId::from("refund-bot");
    let anew = waiting(world).await.id;
    approvals(world).cancel(&bot, operator(), &anew).await.expect("is taken back");
}

pub(crate) async fn a_crash_after_the_commit_burns_one_use_and_says_so(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let fay = account(&world, "fay", Some("fay")).await;

    // The caller asks again with its key, and is told what was recorded.
    let (request, decision) = burn(&world, &fay, "told again", "key-1").await;
    let process = Process::serve(&world.database, &world.database.url);
    let browser = Browser::new(&world, &fay, process.address(), 1).await;
    is_open(&browser, &request, &decision).await;
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    let keyed = Keyed::new(&world, process.address(), "told again");
    for _ in 0..2 {
        assert_eq!(keyed.call("key-1").await, Ok(decision.to_string()));
    }
    // So its answer arrived, and nobody gives it back.
    let page = browser.page(&request).await;
    assert!(page.contains("delivered") && !page.contains(GIVE_BACK), "{page}");
    assert!(browser.give_back(&request, &decision).await.contains("draft="));
    others_are_denied(&world, &crm, &keyed, "told again").await;
    let [told] = only(&world, &request).await;
    assert!(told.delivered_at.is_some() && told.reissued_at.is_none(), "{told:?}");
    assert_eq!(read(&world, &request).await.used, 1);
    process.kill();

    // The caller is gone for good; the approver gives the use back, and one further call passes.
    let (request, decision) = burn(&world, &fay, "given back", "key-2").await;
    let process = Process::serve(&world.database, &world.database.url);
    let browser = Browser::new(&world, &fay, process.address(), 2).await;
    is_open(&browser, &request, &decision).await;
    assert_eq!(browser.give_back(&request, &decision).await, "/approvals?done=use-given-back");
    let page = browser.page(&request).await;
    assert!(page.contains("given back") && !page.contains(GIVE_BACK), "{page}");
    assert!(browser.give_back(&request, &decision).await.contains("draft="));
    assert_eq!(read(&world, &request).await.used, 0);
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    let keyed = Keyed::new(&world, process.address(), "given back");
    // The key of what was given back tells nothing of it: it passes by the use that came back, once.
    let passed = keyed.call("key-2").await.expect("passes");
    assert_ne!(passed, decision.as_str());
    assert_eq!(keyed.call("key-2").await.as_ref(), Ok(&passed));
    others_are_denied(&world, &crm, &keyed, "given back").await;
    let (back, standing): (Vec<_>, Vec<_>) =
        calls(&world, &request).await.into_iter().partition(|call| call.reissued_at.is_some());
    assert!(matches!(back.as_slice(), [only] if only.decision == decision), "{back:?}");
    assert!(matches!(standing.as_slice(), [only] if only.decision.as_str() == passed), "{standing:?}");
    let after = read(&world, &request).await;
    assert_eq!((after.state, after.used), (ApprovalState::Used, 1));
    assert!(pending(&world).await.is_empty());
    process.kill();
    is_sound(&world).await;
}
