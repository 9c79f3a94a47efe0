//! What filing, use, the inbox and retention read is found by indexes, whatever else there is: SQLite's own plan says so.

use super::asks::{AskedPerson, page};
use super::filing::{NewApproval, denials, waiting};
use super::filings::lately;
use super::retention::over_before;
use crate::db::Dialect;
use crate::migrate::sqlite_scripts;
use policy::approval::Requirement;
use policy::rule::ApprovalTerms;
use policy::{ResourceRef, Timestamp};
use sea_query::{SelectStatement, SqliteQueryBuilder};
use serde_json::Map;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

async fn schema() -> SqliteConnection {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("opens");
    for script in sqlite_scripts() {
        sqlx::raw_sql(script).execute(&mut connection).await.expect("runs");
    }
    connection
}

/// The steps of the plan, one line each.
async fn plan(connection: &mut SqliteConnection, statement: &SelectStatement) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {}", statement.to_string(SqliteQueryBuilder));
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await.expect("is planned");
    rows.iter().map(|row| row.get::<String, _>("detail")).collect()
}

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

#[tokio::test]
async fn what_grows_is_searched_and_never_scanned() {
    let mut connection = schema().await;
    let new = request();
    let duty =
        AskedPerson { person: "fay".into(), memberships: vec![("acme".into(), vec!["finance".to_owned()])] };
    let inbox = page(&"fay".into(), &[duty], None, 26, Dialect::Sqlite).expect("a duty");
    let cases = [
        ("those that wait of one caller", waiting(&new, Dialect::Sqlite), "approval_slots"),
        ("what one caller filed of late", lately(&new, Dialect::Sqlite), "approval_filings"),
        ("denials of the same", denials(&new.binding, Dialect::Sqlite), "approvals_denied"),
        ("what waits for a person", inbox, "approval_asks"),
        ("what is over", over_before(Timestamp::from_micros(1)), "approvals_over"),
    ];
    for (name, statement, by) in cases {
        let steps = plan(&mut connection, &statement).await;
        // The outbox alone is read whole: it holds what is yet to be told, and is emptied all the time.
        let scans =
            steps.iter().filter(|step| step.starts_with("SCAN") && !step.contains("notification_events"));
        assert_eq!(scans.count(), 0, "{name}: {steps:?}");
        assert!(
            steps.iter().any(|step| step.starts_with("SEARCH") && step.contains(by)),
            "{name}: {steps:?}"
        );
    }
    // The test sees a scan where there is one.
    let everything = super::select();
    let steps = plan(&mut connection, &everything).await;
    assert!(steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
}
