//! Pages of decisions about one resource are the first rows of an index, whatever else there is: SQLite's own plan says so.

use super::{DecisionFilter, Edge, Page, select};
use crate::migrate::sqlite_scripts;
use policy::{DecisionId, Outcome, ResourceRef, Timestamp};
use sea_query::SqliteQueryBuilder;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

/// Calls that named one of fifty customers each; every other one is of another tenant.
const MANY: &str = "
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
        INSERT INTO decisions (id, chain, seq, at, tenant, subject, action, outcome, reason, body, hash, touched)
        SELECT printf('%05d', i), 'c', i + 1, i, CASE i % 2 WHEN 0 THEN 'acme' ELSE 'globex' END, 'alice', 'tools/call', 'allow',
            'allowed', '{}', x'00', json_array(json_array('customer', 'c-' || (i / 2 % 50)), json_array('customer', 'c-7')) FROM n;
";

async fn plan(connection: &mut SqliteConnection, statement: &str) -> String {
    let sql = format!("EXPLAIN QUERY PLAN {statement}");
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await.expect("is planned");
    rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
}

async fn ids(connection: &mut SqliteConnection, statement: String) -> Vec<String> {
    let rows = sqlx::raw_sql(AssertSqlSafe(statement)).fetch_all(connection).await.expect("is read");
    rows.iter().map(|row| row.get("id")).collect()
}

#[tokio::test]
async fn what_named_a_resource_is_found_by_an_index_and_goes_with_its_record() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("opens");
    for script in sqlite_scripts() {
        sqlx::raw_sql(script).execute(&mut connection).await.expect("runs");
    }
    sqlx::raw_sql(MANY).execute(&mut connection).await.expect("runs");
    let named = DecisionFilter {
        resource: Some(ResourceRef { kind: "customer".to_owned(), id: "c-3".to_owned() }),
        ..DecisionFilter::default()
    };
    let of_acme = DecisionFilter { tenants: Some(vec!["acme".to_owned()]), ..named.clone() };
    let narrower = DecisionFilter {
        subject: Some("alice".to_owned()),
        outcome: Some(Outcome::Allow),
        from: Some(Timestamp::from_micros(0)),
        ..of_acme.clone()
    };
    let newest = Page { limit: 2, ..Page::default() };
    let older = Page { edge: Edge::OlderThan(DecisionId::from("02000")), limit: 2 };
    let by_key = "decision_resources USING PRIMARY KEY (resource_type=? AND resource_id=?";
    let within = "decision_resources_tenant (of_tenant=? AND resource_type=? AND resource_id=?";
    for (filter, page, index, expected) in [
        (&named, &newest, by_key, ["04907", "04906", "04807"]),
        (&named, &older, by_key, ["01907", "01906", "01807"]),
        (&of_acme, &newest, within, ["04906", "04806", "04706"]),
        (&narrower, &older, within, ["01906", "01806", "01706"]),
    ] {
        let statement = select(filter, page).to_string(SqliteQueryBuilder);
        let plan = plan(&mut connection, &statement).await;
        assert!(plan.contains(index), "{plan}\n{statement}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}\n{statement}");
        assert_eq!(ids(&mut connection, statement).await, expected);
    }
    // Named twice by one call, it is found once.
    let twice = DecisionFilter {
        resource: Some(ResourceRef { kind: "customer".to_owned(), id: "c-7".to_owned() }),
        ..DecisionFilter::default()
    };
    let statement = select(&twice, &newest).to_string(SqliteQueryBuilder);
    assert_eq!(ids(&mut connection, statement).await, ["04999", "04998", "04997"]);
    sqlx::raw_sql("DELETE FROM decisions").execute(&mut connection).await.expect("runs");
    let left = sqlx::raw_sql("SELECT resource_id AS id FROM decision_resources");
    assert!(left.fetch_all(&mut connection).await.expect("is read").is_empty());
}
