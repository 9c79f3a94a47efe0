//! What filing, use, the inbox and retention read is found by indexes, whatever else there is: SQLite's own plan says so.

use super::ApprovalFilter;
use super::answers::{AnswerFilter, answered};
use super::asks::{AskedPerson, begun, counted, last, page, standing};
use super::expiring::over;
use super::filing::{NewApproval, denials, waiting};
use super::filings::lately;
use super::retention::over_before;
use super::using::{ApprovalUse, one};
use crate::db::Dialect;
use crate::migrate::sqlite_scripts;
use policy::approval::Requirement;
use policy::facts::Revision;
use policy::labels::ApprovalState;
use policy::rule::ApprovalTerms;
use policy::{ResourceRef, RuleId, SubjectId, TenantSlug, Timestamp};
use sea_query::{Expr, SelectStatement, SqliteQueryBuilder};
use serde_json::Map;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

async fn schema() -> SqliteConnection {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("opens");
    for script in sqlite_scripts() {
        sqlx::raw_sql(script).execute(&mut connection).await.expect("runs");
    }
    connection
}

/// One step of a plan.
struct Step {
    id: i64,
    /// The step that it is a part of.
    part_of: i64,
    what: String,
}

impl Step {
    /// Whether it reads all of a table. What a part of the statement found is no table, and the outbox alone is read whole:
    /// it holds what is yet to be told, and is emptied all the time.
    fn scans(&self) -> bool {
        let read = self.what.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        read.is_some_and(|read| !["lane", "first", "notification_events"].contains(&read))
    }
}

async fn plan(connection: &mut SqliteConnection, statement: &str) -> Vec<Step> {
    let sql = format!("EXPLAIN QUERY PLAN {statement}");
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await.expect("is planned");
    rows.iter()
        .map(|row| Step { id: row.get("id"), part_of: row.get("parent"), what: row.get("detail") })
        .collect()
}

/// So many wait, and are all that the database knows of when it plans.
const MANY: &str = "
    INSERT INTO tenants (slug, name, active, created_at) VALUES ('acme', 'Acme', 1, 1);
    INSERT INTO subjects (id, kind, name, active, attributes, created_at) VALUES ('bot', 'agent', 'bot', 1, '{}', 1);
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
        INSERT INTO approvals (id, tenant, subject, credential, action, resource_type, resource_id, arguments_digest, call, binding,
            context, arguments, sealed, requirements, uses, used, hold_for, state, filed_at, filed_by, expires_at, attempts,
            last_attempt_at, look_until)
        SELECT printf('w-%05d', i), 'acme', 'bot', 'c-1', 'tools/call', 'tool', 'add_note', printf('%064d', i), printf('%064d', i),
            printf('%064d', i), '{}', '{}', 0, '[]', 1, 0, 1, 'pending', 1, 'd-1', 9000000000000000, 1, 1, 9000000000000000 FROM n;
    INSERT INTO approval_slots (rule, party, approval, expires_at)
        SELECT 'r-1', 'party-' || (rowid / 20), id, expires_at FROM approvals;
    INSERT INTO approval_filings (rule, party, at, approval) SELECT 'r-1', 'party-' || (rowid / 20), 1, id FROM approvals;
    INSERT INTO approval_asks (tenant, kind, name, approval, since, rank)
        SELECT tenant, 'role', 'finance', id, 1, rowid % 4 FROM approvals;
    INSERT INTO approval_votes (approval, person, account, verdict, at) SELECT id, 'bot', 'a-1', 'approve', 1 FROM approvals;
    ANALYZE;
";

fn request() -> NewApproval {
    let now = Timestamp::from_micros(1);
    let terms = ApprovalTerms::by_roles(vec!["finance".to_owned()]);
    NewApproval {
        id: "a-1".into(),
        tenant: "acme".into(),
        subject: "bot".into(),
        actor: None,
        credential: "c-1".into(),
        server: None,
        tool: None,
        action: "tools/call".to_owned(),
        resource: ResourceRef { kind: "tool".to_owned(), id: "add_note".to_owned() },
        task: None,
        definition_hash: None,
        arguments_digest: "0".repeat(64),
        call: "0".repeat(64),
        binding: "0".repeat(64),
        context: Map::new(),
        claims: Map::new(),
        arguments: "{}".to_owned(),
        sealed: None,
        risk: None,
        sensitivity: None,
        requirements: vec![Requirement {
            rule: "r-1".into(),
            name: "ask".to_owned(),
            version: 1,
            any: false,
            terms,
        }],
        uses: 1,
        hold_for: 1,
        filed_at: now,
        expires_at: now,
        replaces: None,
    }
}

/// What is read, and the index by which it is found.
fn cases() -> Vec<(&'static str, String, &'static str)> {
    let new = request();
    let duty =
        AskedPerson { person: "fay".into(), memberships: vec![("acme".into(), vec!["finance".to_owned()])] };
    let asked = [duty];
    let (me, sqlite) = (SubjectId::from("fay"), Dialect::Sqlite);
    let taken = ApprovalUse {
        id: "w-00001".into(),
        tenant: "acme".into(),
        most: 1,
        not_after: Timestamp::from_micros(1),
        revision: Revision { global: 1, tenant: 1 },
        idempotency: None,
        at: Timestamp::from_micros(1),
    };
    let mut ending = super::select();
    over(&mut ending, sqlite);
    let text = |statement: SelectStatement| statement.to_string(SqliteQueryBuilder);
    let inbox = |after| text(page(&me, &asked, after, 51, sqlite).expect("a duty"));
    let pressing = "approval_asks_pressing (tenant=? AND kind=? AND name=?";
    let (acme, both) = (TenantSlug::from("acme"), ["acme", "globex"].map(TenantSlug::from));
    let every = ApprovalFilter::default();
    let waits = ApprovalFilter { pending: true, ..every };
    let of_both = ApprovalFilter { tenants: Some(&both), ..every };
    let denied = ApprovalFilter { subject: Some(&me), state: Some(ApprovalState::Denied), ..of_both };
    let rule = RuleId::from("r-1");
    let answers = |requests, rule, before| {
        text(answered(&AnswerFilter { person: &me, requests, rule }, before, 3, sqlite))
    };
    let count = |mut rows: SelectStatement| text(rows.expr(Expr::cust("COUNT(*)")).take());
    let in_all = |filter: ApprovalFilter<'_>| count(super::counted(&filter, sqlite));
    let of_tenant = "approvals_pending (tenant=?";
    vec![
        ("those that wait of one caller", text(waiting(&new, sqlite)), "approval_slots"),
        ("what one caller filed of late", text(lately(&new, sqlite)), "approval_filings"),
        ("denials of the same", text(denials(&new.binding, sqlite)), "approvals_denied"),
        ("what waits for a person", inbox(None), pressing),
        ("its further pages", inbox(Some((1, "w-00001"))), "name=? AND (rank,approval)>(?,?)"),
        ("where they begin", text(standing("w-00001")), "approval_asks_approval"),
        ("when anybody was asked last", text(last(sqlite)), "approval_asks_since (<expr><?"),
        (
            "where anybody was asked",
            text(begun(Timestamp::from_micros(1), sqlite)),
            "approval_asks_since (<expr>>?",
        ),
        ("how many wait", count(counted(&me, &asked, sqlite).expect("a duty")), pressing),
        ("what a person answered", answers(every, None, None), "approval_votes_answered (person=?"),
        ("of some tenants", answers(of_both, None, Some("w-00001")), "approval_votes_answered (person=? AND"),
        ("of some outcome and rule", answers(denied, Some(&rule), None), "approval_votes_answered (person=?"),
        ("how many wait at all", in_all(waits), "approvals_waiting (expires_at>?"),
        ("how many of a tenant", in_all(ApprovalFilter { tenant: Some(&acme), ..waits }), of_tenant),
        ("how many of some", in_all(ApprovalFilter { tenants: Some(&both), ..waits }), of_tenant),
        ("a use", one(&taken, sqlite).to_string(SqliteQueryBuilder), "approvals"),
        ("what ends", text(ending), "approvals_waiting"),
        ("what is over", text(over_before(Timestamp::from_micros(1))), "approvals_over"),
    ]
}

#[tokio::test]
async fn what_grows_is_searched_and_never_scanned() {
    let mut connection = schema().await;
    // A database that was never analysed, as most are, and one that knows how many wait.
    for fill in [None, Some(MANY)] {
        if let Some(fill) = fill {
            sqlx::raw_sql(fill).execute(&mut connection).await.expect("runs");
        }
        for (name, statement, by) in cases() {
            let steps = plan(&mut connection, &statement).await;
            let all: Vec<&str> = steps.iter().map(|step| step.what.as_str()).collect();
            assert!(!steps.iter().any(Step::scans), "{name}: {all:#?}");
            assert!(
                all.iter().any(|step| step.starts_with("SEARCH") && step.contains(by)),
                "{name}: {all:#?}"
            );
            // An index has each lane in its order: what is sorted is no more than a page of each.
            for lane in steps.iter().filter(|step| step.what == "CO-ROUTINE lane") {
                let sorts = |step: &&Step| step.part_of == lane.id && step.what.contains("B-TREE");
                assert_eq!(steps.iter().filter(sorts).count(), 0, "{name}: {all:#?}");
            }
        }
    }
    // The test sees a scan where there is one, and lanes where there are some.
    let everything = super::select().to_string(SqliteQueryBuilder);
    assert!(plan(&mut connection, &everything).await.iter().any(Step::scans));
    let inbox = cases().into_iter().find(|(name, ..)| *name == "what waits for a person").expect("a case").1;
    let lanes = plan(&mut connection, &inbox).await;
    assert_eq!(lanes.iter().filter(|step| step.what == "CO-ROUTINE lane").count(), 2);
}
