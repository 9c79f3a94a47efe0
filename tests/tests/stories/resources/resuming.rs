//! Which import a file that is sent again belongs to: the one that stopped, unless the file came in as a whole since; and what is
//! said where somebody else takes that one over.

use crate::api::client::{Client, token};
use crate::api::imports::{finished, send};
use crate::resources::helpers::{author, upload};
use crate::resources::stopping::{CSV, bring_in, page, run_import};
use policy::scope::AdminScope;
use tests::{Backend, World};

/// The same file once more, to its end; where its import is.
async fn send_whole(client: &Client) -> String {
    let told = send(client, "", "text/csv", CSV).await;
    finished(client, &told).await;
    told.header("location").to_owned()
}

fn id_of(location: &str) -> &str {
    location.rsplit('/').next().expect("an id")
}

/// Its page of the console.
fn page_of(location: &str) -> String {
    format!("/resources/imports/{}", id_of(location))
}

/// As if it had failed after its last line.
async fn stop(world: &World, location: &str) {
    let id = id_of(location);
    world.database.by_hand(&format!("UPDATE resource_imports SET state = 'stopped' WHERE id = '{id}'")).await;
}

pub(crate) async fn what_came_in_as_a_whole_since_is_not_gone_on_with(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let cookie = author(&world).await;

    // The command line brings it in as a whole, after another one stopped.
    let first = send_whole(&client).await;
    stop(&world, &first).await;
    let shown = page(replica.address(), &cookie, &page_of(&first)).await;
    assert!(shown.contains("it goes on after line 3."), "{shown}");
    let told = bring_in(&world, &[]);
    assert!(told.contains("stopped after line 3; `--resume` goes on there"), "{told}");

    // Sent again by whatever door, it begins anew, and that one stays as it is.
    assert_ne!(send_whole(&client).await, first);
    let (status, answer) = upload(replica.address(), &cookie, CSV).await;
    assert_eq!(status, 303, "{answer}");
    let told = bring_in(&world, &[]);
    assert!(!told.contains("stopped"), "nothing is left to go on with: {told}");
    assert_eq!(client.get(&first).await.body["state"], "stopped");
    let shown = page(replica.address(), &cookie, &page_of(&first)).await;
    assert!(shown.contains("it was imported again since"), "{shown}");
    assert!(!shown.contains("it goes on after line"), "{shown}");
    assert_eq!(world.store.list_imports(10).await.expect("lists").len(), 5);

    // Whoever asks for it by word goes on with it.
    let told = bring_in(&world, &["--resume"]);
    assert!(told.contains("going on after line 3"), "{told}");
    assert_eq!(client.get(&first).await.body["state"], "finished");

    // What stopped after the file came in as a whole is gone on with, as ever.
    let last = send_whole(&client).await;
    stop(&world, &last).await;
    assert_eq!(send_whole(&client).await, last);
    assert_eq!(world.store.list_imports(10).await.expect("lists").len(), 6);
    replica.stop().await;
}

/// From here on somebody else takes each import over while its next part is written.
async fn overtake(world: &World) {
    let sql = match world.database.backend {
        Backend::Sqlite => {
            "CREATE TRIGGER overtaken AFTER INSERT ON resources
                 BEGIN UPDATE resource_imports SET attempt = attempt + 1; END;"
        }
        Backend::Postgres => {
            "CREATE FUNCTION overtaken() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN UPDATE resource_imports SET attempt = attempt + 1; RETURN NULL; END $$;
             CREATE TRIGGER overtaken AFTER INSERT ON resources FOR EACH STATEMENT EXECUTE FUNCTION overtaken();"
        }
    };
    world.database.by_hand(sql).await;
}

async fn leave(world: &World) {
    let sql = match world.database.backend {
        Backend::Sqlite => "DROP TRIGGER overtaken",
        Backend::Postgres => "DROP TRIGGER overtaken ON resources; DROP FUNCTION overtaken()",
    };
    world.database.by_hand(sql).await;
}

pub(crate) async fn an_import_that_is_taken_over_says_where_to_look(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let cookie = author(&world).await;
    // One that stopped before its first line.
    let location = send_whole(&client).await;
    let sql = "UPDATE resource_imports SET state = 'stopped', position = 0, line = 0;
               DELETE FROM resources WHERE type = 'order'";
    world.database.by_hand(sql).await;
    overtake(&world).await;

    let told = send(&client, "", "text/csv", CSV).await;
    assert_eq!((told.status, told.code()), (409, "import_running"), "{told:?}");
    assert_eq!(told.body["see"], location, "{told:?}");
    assert!(told.body["detail"].as_str().is_some_and(|why| why.contains("taken over")), "{told:?}");
    let own = page_of(&location);
    let (status, answer) = upload(replica.address(), &cookie, CSV).await;
    assert_eq!((status, answer.contains(&own)), (409, true), "{answer}");
    assert!(answer.contains("Somebody else goes on with this import"), "{answer}");
    let (code, told) = run_import(&world, &["--resume"]);
    assert!(code == Some(1) && told.contains(&own) && told.contains("taken over"), "{told}");
    assert!(!told.contains("`--resume` goes on"), "{told}");

    // Nothing of it was brought in, and it waits as before.
    leave(&world).await;
    assert!(world.store.get_resource("order", "o-1").await.expect("reads").is_none());
    assert_eq!(send_whole(&client).await, location);
    assert!(world.store.get_resource("order", "o-1").await.expect("reads").is_some());
    replica.stop().await;
}
