//! A file that is sent over the API and cut off: on its way, and while it is brought in.

use crate::api::client::{Client, Told, token};
use crate::api::imports::{IMPORTS, finished, send};
use policy::scope::AdminScope;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use store::administration::ResourceFilter;
use tests::process::Process;
use tests::{Backend, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Three parts of a thousand lines at the most.
const ROWS: usize = 2_500;
/// In the first part, and in the last.
const BROKEN: usize = 6;
const OF_NOBODY: usize = 2_000;
/// The second part gets no further than this.
const HELD: &str = "o-1500";

/// A file with a line in the first part that cannot be taken, and one in the last.
struct Sent {
    media_type: &'static str,
    text: String,
    /// The lines of these two.
    refused: [i64; 2],
}

fn json_lines() -> Sent {
    let row = |nth: usize| {
        if nth == BROKEN {
            return "{ this is no JSON\n".to_owned();
        }
        let tenant = if nth == OF_NOBODY { "nowhere" } else { "acme" };
        let row = json!({"type": "order", "id": format!("o-{nth}"), "tenant": tenant,
            "attributes": {"nth": nth.to_string()}});
        format!("{row}\n")
    };
    let text = (0..ROWS).map(row).collect();
    Sent { media_type: "application/x-ndjson", text, refused: [7, 2_001] }
}

/// One record goes over two lines, and the first line names the columns.
fn csv() -> Sent {
    let row = |nth: usize| match nth {
        3 => "order,o-3,acme,\"3,\nand more\"\n".to_owned(),
        BROKEN => format!("order,,acme,{nth}\n"),
        OF_NOBODY => format!("order,o-{nth},nowhere,{nth}\n"),
        _ => format!("order,o-{nth},acme,{nth}\n"),
    };
    let rows: String = (0..ROWS).map(row).collect();
    Sent {
        media_type: "text/csv",
        text: format!("type,id,tenant,attributes.nth\n{rows}"),
        refused: [9, 2_003],
    }
}

/// Sends half of the file and hangs up; what is said to that.
async fn half_of(sent: &Sent, address: SocketAddr, token: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    let head = format!(
        "POST {IMPORTS} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: {}\r\n\
         content-length: {}\r\n\r\n",
        sent.media_type,
        sent.text.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&sent.text.as_bytes()[..sent.text.len() / 2]).await.expect("sent");
    stream.shutdown().await.expect("hangs up");
    let mut answer = Vec::new();
    // It may as well be closed without a word.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Whoever writes the row that is held waits there.
async fn hold(world: &World) {
    let sql = match world.database.backend {
        Backend::Sqlite => format!(
            "CREATE VIEW endless AS
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
             CREATE TRIGGER held BEFORE INSERT ON resources WHEN NEW.id = '{HELD}'
                 BEGIN SELECT count(*) FROM endless; END;"
        ),
        // The statement is given up after five seconds: then the import has stopped.
        Backend::Postgres => format!(
            "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$;
             CREATE TRIGGER held BEFORE INSERT ON resources FOR EACH ROW WHEN (NEW.id = '{HELD}')
                 EXECUTE FUNCTION held();"
        ),
    };
    world.database.by_hand(&sql).await;
}

async fn let_go(world: &World) {
    let sql = match world.database.backend {
        Backend::Sqlite => "DROP TRIGGER held; DROP VIEW endless",
        Backend::Postgres => "DROP TRIGGER held ON resources; DROP FUNCTION held()",
    };
    world.database.by_hand(sql).await;
}

/// The same file once more: again and again, as long as whoever was killed counts as being at it.
async fn once_let_go(client: &Client, sent: &Sent, location: &str) -> Told {
    let sending = async {
        loop {
            let told = send(client, "", sent.media_type, &sent.text).await;
            if told.status != 409 {
                return told;
            }
            assert_eq!((told.code(), &told.body["see"]), ("import_running", &json!(location)));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), sending).await.expect("it is let go of")
}

/// The lines that were refused.
fn lines(import: &Value) -> Vec<i64> {
    let problems = import["problems"].as_array().expect("a list");
    problems.iter().map(|problem| problem["line"].as_i64().expect("a line")).collect()
}

/// How many orders there are.
async fn orders(world: &World) -> i64 {
    let filter = ResourceFilter { kind: Some("order"), ..ResourceFilter::default() };
    world.store.count_resources(filter, 10_000).await.expect("counts")
}

async fn goes_on_where_it_was_cut_off(backend: Backend, sent: Sent) {
    let world = World::demo(backend).await;
    let token = token(&world, "ci", AdminScope::ALL, None).await;
    let process = Process::serve(&world.database, &world.database.url);
    let client = Client::new(process.address(), &token);

    // On its way: half of a file is none, so nothing of it is there.
    let answer = half_of(&sent, process.address(), &token).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert_eq!(client.get(IMPORTS).await.body["items"], json!([]));
    assert_eq!(orders(&world).await, 0);

    // While it is brought in: the first part counts, and the second one never comes to its end.
    hold(&world).await;
    let told = send(&client, "", sent.media_type, &sent.text).await;
    assert_eq!(told.status, 202, "{told:?}");
    let location = told.header("location").to_owned();
    let there = client.get(&location).await.body;
    assert_ne!(there["state"], "finished", "{there}");
    assert_eq!((&there["created"], &there["refused"]), (&json!(999), &json!(1)), "{there}");
    assert_eq!(lines(&there), sent.refused[..1]);
    let (size, position) = (there["size"].as_u64(), there["position"].as_u64());
    assert_eq!(size, u64::try_from(sent.text.len()).ok());
    assert!(position > Some(0) && position < size, "{there}");
    process.kill();
    let_go(&world).await;
    assert_eq!(orders(&world).await, 999);

    // The same file goes on where it stands: on another process, once that can tell that the first one is gone, and with
    // nothing of it looked at twice.
    let process = Process::serve(&world.database, &world.database.url);
    let client = Client::new(process.address(), &token);
    let there = client.get(&location).await.body;
    assert_eq!((there["position"].as_u64(), &there["created"]), (position, &json!(999)), "{there}");
    assert_ne!(there["state"], "finished", "{there}");
    let told = once_let_go(&client, &sent, &location).await;
    assert_eq!(told.header("location"), location, "{told:?}");
    let done = finished(&client, &told).await;
    assert_eq!((&done["state"], &done["position"]), (&json!("finished"), &json!(size)), "{done}");
    let counts = [&done["created"], &done["changed"], &done["unchanged"], &done["refused"]];
    assert_eq!(counts, [&json!(ROWS - 2), &json!(0), &json!(0), &json!(2)], "{done}");
    assert_eq!(lines(&done), sent.refused, "{done}");
    assert!(done["problems"][1]["why"].as_str().is_some_and(|why| why.contains("nowhere")), "{done}");
    assert_eq!(orders(&world).await, i64::try_from(ROWS - 2).expect("few"));
    for nth in [0, 999, 1_000, 1_500, ROWS - 1] {
        let order = client.get(&format!("/api/v1/resources/order/o-{nth}")).await.body;
        assert_eq!(order["attributes"], json!({"nth": nth.to_string()}), "{order}");
    }
    let imports = client.get(IMPORTS).await.body;
    assert_eq!(imports["items"], json!([done]), "one import, and none of the half that was sent");
    process.kill();
}

pub(crate) async fn json_lines_that_were_cut_off_over_the_api_go_on(backend: Backend) {
    goes_on_where_it_was_cut_off(backend, json_lines()).await;
}

pub(crate) async fn csv_that_was_cut_off_over_the_api_goes_on(backend: Backend) {
    goes_on_where_it_was_cut_off(backend, csv()).await;
}
