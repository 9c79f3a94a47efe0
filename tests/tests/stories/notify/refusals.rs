//! Receivers that fail, are gone, lead elsewhere, or must not be reached.

use crate::notify::receiver::{Mood, Receiver};
use crate::notify::world::{ask, dead, delivered, failed, last, last_attempt, let_go, until, webhook, world};
use policy::TenantSlug;
use store::administration::Webhook;
use store::notifications::Receiver as To;
use tests::Backend;
use tests::world::operator;

pub(crate) async fn a_message_that_fails_is_sent_again(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(500)).await;
    let (webhook, secret) = webhook(&world, &receiver.url).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    let first = receiver.next().await;
    assert_eq!(failed(&world, &webhook).await, "it answered HTTP 500");
    receiver.set(Mood::Status(200));
    let second = receiver.next().await;
    // The same message, so that a receiver can tell; signed anew for its own time.
    assert_eq!((&second.id, &second.body), (&first.id, &first.body));
    assert!(second.verifies(&secret) && second.timestamp > first.timestamp, "{second:?}");
    delivered(&world, &webhook).await;
    replica.stop().await;
    receiver.nothing_more();
}

pub(crate) async fn a_message_that_nobody_takes_is_given_up_until_a_person_sends_it_again(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(503)).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    let first = receiver.next().await;
    failed(&world, &webhook).await;
    last_attempt(&world).await;
    let letter = dead(&world).await;
    assert_eq!((letter.kind.as_str(), letter.to.as_str()), ("requested", webhook.name.as_str()));
    assert_eq!(letter.error.as_deref(), Some("it answered HTTP 503"));
    assert_eq!(letter.attempts, pdp::notify::MAX_ATTEMPTS);
    receiver.rest();

    receiver.set(Mood::Status(200));
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    assert!(writer.deliver_again(&letter.id).await.expect("is due again"));
    assert!(!writer.deliver_again(&letter.id).await.expect("it is no dead letter now"));
    let changes = writer.commit().await.expect("commits").changes;
    assert_eq!((changes.len(), changes[0].kind.as_str()), (1, "delivery"));
    assert_eq!(receiver.next().await.id, first.id);
    delivered(&world, &webhook).await;
    assert!(world.store.list_dead_letters(None, 10).await.expect("lists").is_empty());
    replica.stop().await;
}

pub(crate) async fn a_receiver_that_is_gone_is_not_asked_again(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(410)).await;
    let (hook, _) = webhook(&world, &receiver.url).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    receiver.next().await;
    let letter = dead(&world).await;
    assert_eq!(letter.attempts, 1);
    assert!(letter.error.is_some_and(|error| error.contains("gone")));
    replica.stop().await;
    receiver.nothing_more();

    // What was given up is let go once it is old enough; what waits never is, however long ago it was tried.
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.send_test(&To::Webhook(hook.id)).await.expect("is sent");
    writer.commit().await.expect("commits");
    world.database.by_hand("UPDATE notification_deliveries SET tried_at = 1 WHERE kind = 'test'").await;
    let tried = letter.tried_at.expect("was tried");
    for (before, gone) in [(tried, 0), (tried.saturating_add_micros(1), 1)] {
        assert_eq!(world.store.forget_deliveries(before).await.expect("forgets"), gone);
    }
    assert!(world.store.list_dead_letters(None, 1).await.expect("lists").is_empty());
    assert_eq!(world.store.count_waiting_deliveries().await.expect("counts"), 1);
}

pub(crate) async fn a_redirect_is_not_followed(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Redirect).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    assert_eq!(receiver.next().await.path, "/hook");
    let error = failed(&world, &webhook).await;
    assert_eq!(error, "it leads elsewhere (HTTP 307 to `…`), which is not followed");
    replica.stop().await;
    assert!(receiver.rest().iter().all(|got| got.path == "/hook"));
}

pub(crate) async fn a_private_address_is_refused(backend: Backend) {
    let world = world(backend).await;
    // The stories' servers may reach loopback, and nothing else that is not public.
    let (webhook, _) = webhook(&world, "http://10.1.2.3/hook").await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    let error = failed(&world, &webhook).await;
    assert!(error.contains("10.1.2.3 is a private address, which is refused"), "{error}");
    replica.stop().await;
}

pub(crate) async fn a_webhook_that_is_off_is_told_nothing(backend: Backend) {
    let world = world(backend).await;
    let (mut off, mut on) =
        (Receiver::start(Mood::Status(200)).await, Receiver::start(Mood::Status(200)).await);
    let (webhook_off, _) = webhook(&world, &off.url).await;
    webhook(&world, &on.url).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let switched = Webhook { active: false, ..webhook_off };
    writer.put_webhook(&switched).await.expect("is switched off");
    writer.send_test(&To::Webhook(switched.id.clone())).await.expect("is sent");
    writer.commit().await.expect("commits");
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    on.next().await;
    let letter = dead(&world).await;
    assert_eq!(
        (letter.kind.as_str(), letter.error.as_deref()),
        ("test", Some("the webhook is switched off"))
    );
    // Deleted, it takes with it what waited for it, and its secret.
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    assert!(writer.delete_webhook(&switched.id).await.expect("is deleted"));
    writer.commit().await.expect("commits");
    assert!(world.store.list_dead_letters(None, 10).await.expect("lists").is_empty());
    let secrets = world.store.list_secrets().await.expect("lists");
    assert!(secrets.iter().all(|stored| stored.secret.place.owner != switched.id), "{secrets:?}");
    replica.stop().await;
    off.nothing_more();
}

pub(crate) async fn what_waits_is_not_told_to_another_tenant(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(500)).await;
    let (webhook, _) = webhook(&world, &receiver.url).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    receiver.next().await;
    assert_eq!(failed(&world, &webhook).await, "it answered HTTP 500");
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let theirs = Webhook { tenant: Some(TenantSlug::from("globex")), ..webhook.clone() };
    writer.put_webhook(&theirs).await.expect("is another tenant's");
    writer.commit().await.expect("commits");
    let_go(&world).await;
    until("a message that is dropped", async || {
        last(&world, &webhook).await?.error.filter(|why| why == "the webhook is told of this no longer")
    })
    .await;
    replica.stop().await;
    assert_eq!(world.store.count_waiting_deliveries().await.expect("counts"), 0);
}
