//! A file for which the server's disk has no room.

use crate::api::client::{Client, token};
use crate::api::imports::{finished, send};
use crate::resources::helpers::{author, upload};
use crate::resources::stopping::CSV;
use policy::scope::AdminScope;
use tests::process::Process;
use tests::{Backend, World};

/// The largest file that the server can write, in KiB: larger than its database.
const ROOM: u64 = 16 * 1024;

pub(crate) async fn a_file_without_room_is_told_so(backend: Backend) {
    let world = World::demo(backend).await;
    let token = token(&world, "ci", AdminScope::ALL, None).await;
    let cookie = author(&world).await;
    let process = Process::serve_with_files_up_to(&world.database, &world.database.url, ROOM);
    let client = Client::new(process.address(), &token);
    let row = "order,o-9,acme\n";
    let rows = usize::try_from(ROOM).expect("few") * 1024 / row.len() + 100_000;
    let large = format!("type,id,tenant\n{}", row.repeat(rows));

    // Nothing says that it is the file's fault, and it is told what to do.
    let told = send(&client, "", "text/csv", &large).await;
    assert_eq!((told.status, told.code()), (507, "no_room"), "{told:?}");
    let detail = told.body["detail"].as_str().expect("a text");
    assert!(
        detail.contains("temporary folder") && detail.contains("countersign resource import"),
        "{detail}"
    );
    let (status, page) = upload(process.address(), &cookie, &large).await;
    assert_eq!(status, 507, "{page}");
    assert!(page.contains("There is no room for this file") && page.contains("Correlation id"), "{page}");
    assert!(world.store.list_imports(10).await.expect("lists").is_empty());
    assert!(world.store.get_resource("order", "o-9").await.expect("reads").is_none());

    // A smaller one finds room, and the places of those that did not are free.
    let import = finished(&client, &send(&client, "", "text/csv", CSV).await).await;
    assert_eq!(import["created"], 2, "{import}");
    process.kill();
}
