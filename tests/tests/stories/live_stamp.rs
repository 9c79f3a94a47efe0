//! SQLite's stamp over what the live read rests on: whatever changes, by whatever hand, what is remembered of it no longer
//! counts.

use policy::Timestamp;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use store::{CallerBy, CredentialBy, LiveQuery, LiveState, Settings, Store};
use tests::{Backend, World};

/// What the live read takes its columns from; what else it reads changes with calls and is read each time.
const TABLES: [&str; 8] = [
    "credentials",
    "credential_keys",
    "api_keys",
    "subjects",
    "identities",
    "memberships",
    "membership_roles",
    "token_revocations",
];

/// What the live read does not read.
const OTHER_COLUMNS: [&str; 5] = ["created_at", "last_used_at", "owner", "at", "by"];

struct ByHand(SqliteConnection);

impl ByHand {
    async fn open(world: &World) -> Self {
        let mut connection = SqliteConnection::connect(&world.database.url).await.expect("opens");
        sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut connection).await.expect("is a setting");
        Self(connection)
    }

    async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.0)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    async fn stamp(&mut self) -> i64 {
        sqlx::query_scalar("SELECT value FROM live_stamp").fetch_one(&mut self.0).await.expect("is there")
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let rows = sqlx::query("SELECT name FROM pragma_table_info(?)").bind(table).fetch_all(&mut self.0);
        rows.await.expect("has columns").iter().map(|row| row.get(0)).collect()
    }

    /// Whether the statement draws a new stamp.
    async fn draws(&mut self, sql: &str) -> bool {
        let before = self.stamp().await;
        self.run(sql).await;
        self.stamp().await != before
    }
}

async fn world() -> (World, ByHand) {
    let world = World::demo(Backend::Sqlite).await;
    let mut hand = ByHand::open(&world).await;
    hand.run("INSERT INTO identities (issuer, sub, subject) VALUES ('https://idp.example', 'a', 'alice')")
        .await;
    hand.run("INSERT INTO token_revocations (issuer, jti, at, until, \"by\") VALUES ('https://idp.example', 'j', 0, 0, 'x')")
        .await;
    (world, hand)
}

#[tokio::test]
async fn every_column_that_is_read_and_every_row_is_under_the_stamp() {
    let (_world, mut hand) = world().await;
    for table in TABLES {
        for column in hand.columns(table).await {
            let update = format!("UPDATE {table} SET \"{column}\" = \"{column}\"");
            let read = !OTHER_COLUMNS.contains(&column.as_str());
            let read = read && (table, column.as_str()) != ("token_revocations", "until");
            assert_eq!(hand.draws(&update).await, read, "{update}");
        }
        let moved = format!("UPDATE OR REPLACE {table} SET rowid = rowid + 1000000");
        assert!(hand.draws(&moved).await, "{moved}");
        hand.run(&format!("CREATE TEMP TABLE kept AS SELECT * FROM {table}")).await;
        assert!(hand.draws(&format!("DELETE FROM {table}")).await, "a row of {table} is gone");
        assert!(
            hand.draws(&format!("INSERT INTO {table} SELECT * FROM kept")).await,
            "{table} has a row more"
        );
        assert!(
            hand.draws(&format!("INSERT OR REPLACE INTO {table} SELECT * FROM kept")).await,
            "a row of {table} has another's place"
        );
        hand.run("DROP TABLE kept").await;
    }
    for sql in [
        "UPDATE revisions SET value = value + 1 WHERE scope = ''",
        "UPDATE revisions SET value = value + 1 WHERE scope = 'acme'",
        "INSERT INTO revisions (scope, value) VALUES ('new', 0)",
        "UPDATE roles SET name = 'renamed' WHERE name = 'support-agent'",
        "UPDATE tenants SET name = 'Renamed' WHERE slug = 'acme'",
    ] {
        assert!(hand.draws(sql).await, "{sql}");
    }
}

/// The state apart from the moment.
async fn read(store: &Store, query: &LiveQuery<'_>) -> LiveState {
    let state = store.read_live(query).await.expect("is read");
    LiveState { now: Timestamp::from_micros(0), ..state }
}

/// Two questions that are remembered, of one credential.
struct Asked {
    credential: String,
    key: String,
}

impl Asked {
    async fn of(hand: &mut ByHand) -> Self {
        let credential: String = sqlx::query_scalar(
            "SELECT k.digest FROM credential_keys AS k INNER JOIN credentials AS c ON c.id = k.credential LIMIT 1",
        )
        .fetch_one(&mut hand.0)
        .await
        .expect("there is one");
        let key: String = sqlx::query_scalar("SELECT digest FROM api_keys WHERE subject = 'alice'")
            .fetch_one(&mut hand.0)
            .await
            .expect("Alice has one");
        Self { credential, key }
    }

    /// By the caller's key, and by its name.
    fn queries(&self) -> [LiveQuery<'_>; 2] {
        let by_key = LiveQuery {
            credential: CredentialBy::Digest(&self.credential),
            caller: CallerBy::KeyDigest(&self.key),
            tenant: None,
            bound: &[],
            actor: None,
            task: None,
            approvals: None,
        };
        [by_key, LiveQuery { caller: CallerBy::Subject("alice"), ..by_key }]
    }
}

/// After each of the statements, a store that remembers says what one says that was opened a moment ago.
async fn says_what_is_there(statements: &[&str]) {
    let (world, mut hand) = world().await;
    let settings = Settings { url: world.database.url.clone(), read_connections: 2 };
    let store = Store::open(&settings).await.expect("opens");
    let asked = Asked::of(&mut hand).await;
    for sql in statements {
        // Remembered, and asked for again.
        for query in &asked.queries() {
            read(&store, query).await;
            read(&store, query).await;
        }
        hand.run(sql).await;
        let fresh = Store::open(&settings).await.expect("opens");
        for query in &asked.queries() {
            assert_eq!(read(&store, query).await, read(&fresh, query).await, "after {sql}");
        }
        fresh.close().await;
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_what_would_be_read() {
    says_what_is_there(&[
        "SELECT 1",
        "UPDATE subjects SET name = 'Alice the second' WHERE id = 'alice'",
        "UPDATE subjects SET attributes = '{\"team\":\"two\"}' WHERE id = 'alice'",
        "UPDATE subjects SET active = 0 WHERE id = 'alice'",
        "UPDATE subjects SET active = 1, tokens_after = 5 WHERE id = 'alice'",
        "DELETE FROM membership_roles WHERE subject = 'alice'",
        "INSERT INTO membership_roles (subject, tenant, role) SELECT 'alice', tenant, id FROM roles WHERE tenant = 'acme'",
        "UPDATE roles SET name = name || '-renamed' WHERE tenant = 'acme'",
        "UPDATE memberships SET until = 7 WHERE subject = 'alice'",
        "UPDATE revisions SET value = value + 1 WHERE scope = 'acme'",
        "UPDATE credentials SET active = 0",
        "UPDATE credentials SET active = 1, responses = 'minimal'",
        "UPDATE credential_keys SET expires_at = 9",
        "UPDATE api_keys SET expires_at = 11 WHERE subject = 'alice'",
        "DELETE FROM memberships WHERE subject = 'alice'",
        "DELETE FROM api_keys WHERE subject = 'alice'",
        "DELETE FROM subjects WHERE id = 'alice'",
        "DELETE FROM live_stamp",
        "UPDATE credentials SET responses = 'explained'",
        "DELETE FROM credential_keys",
    ])
    .await;
}

/// SQLite takes the row away whose place another one gets, and runs no trigger for that.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_put_in_the_place_of_another_is_noticed() {
    let put = |table: &str, this: &str, other: &str| {
        format!(
            "UPDATE OR REPLACE {table} SET rowid = (SELECT rowid FROM {table} WHERE {this}) WHERE {other}"
        )
    };
    let key = put("api_keys", "subject = 'alice'", "subject = 'bob'");
    let role = put("membership_roles", "subject = 'alice'", "subject = 'bob'");
    let subject = put("subjects", "id = 'alice'", "id = 'bob'");
    says_what_is_there(&[&role, &key, &subject]).await;
}

/// Read again between the two, so that the version of the schema is the same before the change and after it.
#[tokio::test(flavor = "multi_thread")]
async fn where_a_trigger_is_gone_every_change_counts_all_the_same() {
    says_what_is_there(&[
        "DROP TRIGGER roles_updated",
        "UPDATE roles SET name = name || '-renamed'",
        "DROP TRIGGER subjects_stamp_updated",
        "UPDATE subjects SET active = 0 WHERE id = 'alice'",
        "DROP TRIGGER api_keys_stamp_moved",
        "UPDATE OR REPLACE api_keys SET rowid = (SELECT rowid FROM api_keys WHERE subject = 'alice') WHERE subject = 'bob'",
        "DROP TRIGGER credential_keys_stamp_deleted",
        "DELETE FROM credential_keys",
    ])
    .await;
    // As tools do that change a column: the triggers are gone without a word.
    says_what_is_there(&[
        "CREATE TABLE credentials_anew AS SELECT * FROM credentials; DROP TABLE credentials; \
         ALTER TABLE credentials_anew RENAME TO credentials",
        "UPDATE credentials SET active = 0",
    ])
    .await;
}

/// Else the stories above would say nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_remembered_until_the_stamp_is_another() {
    let (world, mut hand) = world().await;
    let settings = Settings { url: world.database.url.clone(), read_connections: 2 };
    let store = Store::open(&settings).await.expect("opens");
    let asked = Asked::of(&mut hand).await;
    let mut before = Vec::new();
    for query in &asked.queries() {
        before.push(read(&store, query).await);
    }
    let stamp = hand.stamp().await;
    // Forged, which nobody does: so it is seen what is remembered.
    hand.run(&format!(
        "BEGIN; UPDATE subjects SET active = 0 WHERE id = 'alice'; UPDATE live_stamp SET value = {stamp}; COMMIT"
    ))
    .await;
    for (query, before) in asked.queries().iter().zip(&before) {
        assert_eq!(read(&store, query).await, *before);
    }
    hand.run("UPDATE live_stamp SET value = random()").await;
    for query in &asked.queries() {
        assert_eq!(read(&store, query).await.subject.map(|alice| alice.active), Some(false));
    }
    store.close().await;
}
