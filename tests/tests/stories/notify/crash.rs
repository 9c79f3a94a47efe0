//! Servers that are killed: between the commit of what happened and its delivery, and in the middle of one.

use crate::notify::receiver::{Mood, Receiver};
use crate::notify::world::{ask, cancel, delivered, last, let_go, requests, until, webhook, world};
use tests::process::Process;
use tests::{Backend, Pep};

pub(crate) async fn a_server_that_is_killed_loses_nothing(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Silent).await;
    let (webhook, secret) = webhook(&world, &receiver.url).await;
    let process = Process::serve(&world.database, &world.database.url);
    let pep = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    ask(&world, &pep, 200).await;
    // It has the message in hand, and waits for an answer.
    let first = receiver.next().await;
    process.kill();
    assert!(last(&world, &webhook).await.is_none(), "nothing came of it");

    receiver.set(Mood::Status(200));
    let process = Process::serve(&world.database, &world.database.url);
    let_go(&world).await;
    let second = receiver.next().await;
    assert_eq!(second.id, first.id);
    assert_eq!(second.json()["data"]["request"], first.json()["data"]["request"]);
    assert!(second.verifies(&secret), "{second:?}");
    delivered(&world, &webhook).await;
    process.kill();
    receiver.nothing_more();
}

pub(crate) async fn what_was_never_begun_is_sent_after_the_start(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    // Whoever waits long enough for nobody's sake finds the outbox empty: there is no webhook yet.
    until("the outbox is empty", async || {
        (world.store.make_deliveries().await.expect("reads") == 0).then_some(())
    })
    .await;
    replica.stop().await;

    // Nobody runs while this is committed.
    let mut receiver = Receiver::start(Mood::Status(200)).await;
    let (_, secret) = webhook(&world, &receiver.url).await;
    cancel(&world, requests(&world).await.first().expect("a request")).await;
    receiver.nothing_more();

    let replica = world.replica().await;
    let got = receiver.next().await;
    assert!(got.verifies(&secret), "{got:?}");
    assert_eq!(got.json()["type"], "approval.decided");
    replica.stop().await;
    receiver.nothing_more();
}
