//! What webhooks are told, and how it is signed.

use crate::notify::receiver::{Mood, Receiver};
use crate::notify::world::{ask, cancel, requests, until, vault, webhook, webhook_of, world};
use pdp::Secret;
use pdp::approvals::Approvals;
use pdp::notify;
use policy::labels::NoticeKind;
use server::random;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use store::WriteError;
use store::administration::{NewWebhook, Webhook};
use store::changes::{ChangeFilter, ChangePosition};
use store::notifications::Receiver as To;
use tests::world::operator;
use tests::{Backend, World};

pub(crate) async fn a_webhook_is_told_and_the_signature_verifies(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(204)).await;
    let (_, secret) = webhook(&world, &receiver.url).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;

    let got = receiver.next().await;
    assert!(got.verifies(&secret), "{got:?}");
    assert!(!got.verifies(&notify::fresh_secret(&random::bytes())), "under another secret");
    assert_eq!(got.content_type, "application/json");
    let id = requests(&world).await.pop().expect("a request");
    let told = got.json();
    assert_eq!(told["type"], "approval.requested");
    let data = &told["data"];
    for (name, value) in [
        ("request", id.as_str()),
        ("tenant", "acme"),
        ("subject", "carol"),
        ("server", "crm"),
        ("tool", "refund"),
        ("risk", "high"),
        ("state", "pending"),
    ] {
        assert_eq!(data[name], value, "{told}");
    }
    let link = data["link"].as_str().expect("a link");
    assert_eq!(link, format!("http://{}/approvals/{}", replica.address(), id.as_str()));
    // Nothing of the arguments.
    for secret in ["c-42", "EUR", "secret words"] {
        assert!(!got.body.replace(id.as_str(), "").contains(secret), "{secret}: {}", got.body);
    }

    cancel(&world, &id).await;
    let decided = receiver.next().await;
    assert!(decided.verifies(&secret) && decided.id != got.id);
    let told = decided.json();
    assert_eq!(told["type"], "approval.decided");
    assert_eq!((&told["data"]["state"], &told["data"]["request"]), (&"cancelled".into(), &data["request"]));
    replica.stop().await;
    receiver.nothing_more();
}

pub(crate) async fn a_webhook_hears_what_it_asked_for(backend: Backend) {
    let world = world(backend).await;
    let mut receivers = Vec::new();
    for kind in NoticeKind::ALL {
        let receiver = Receiver::start(Mood::Status(200)).await;
        webhook_of(&world, &receiver.url, &[*kind]).await;
        receivers.push(receiver);
    }
    let replica = world.replica().await;
    let pep = world.crm(&replica);
    ask(&world, &pep, 200).await;
    cancel(&world, requests(&world).await.first().expect("a request")).await;
    ask(&world, &pep, 300).await;
    world.database.by_hand("UPDATE approvals SET expires_at = 1 WHERE state = 'pending'").await;
    let approvals = Approvals::new(world.store.clone(), vault(&world).await);
    // The server does so by itself as well.
    approvals.expire().await.expect("ends what is past its time");

    let mut heard = Vec::new();
    for (receiver, count) in receivers.iter_mut().zip([2, 1, 1]) {
        for _ in 0..count {
            heard.push(receiver.next().await.json()["type"].as_str().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(heard, ["approval.requested", "approval.requested", "approval.decided", "approval.expired"]);
    replica.stop().await;
    for receiver in &mut receivers {
        receiver.nothing_more();
    }
}

pub(crate) async fn two_secrets_sign_while_one_replaces_the_other(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(200)).await;
    let (webhook, older) = webhook(&world, &receiver.url).await;
    let newer = notify::fresh_secret(&random::bytes());
    let vault = vault(&world).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    notify::rotate(&vault, &mut writer, &webhook.id, &newer).await.expect("rotates");
    // A third one would sign nothing that anybody knows.
    let third = notify::fresh_secret(&random::bytes());
    assert!(notify::rotate(&vault, &mut writer, &webhook.id, &third).await.is_err());
    writer.commit().await.expect("commits");

    let replica = world.replica().await;
    let test = async || {
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.send_test(&To::Webhook(webhook.id.clone())).await.expect("is sent");
        writer.commit().await.expect("commits");
    };
    test().await;
    let both = receiver.next().await;
    assert!(both.verifies(&older) && both.verifies(&newer), "{both:?}");
    assert_eq!(both.json()["type"], "test");

    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    notify::finish(&mut writer, &webhook.id).await.expect("finishes");
    assert!(notify::finish(&mut writer, &webhook.id).await.is_err(), "there is one left");
    writer.commit().await.expect("commits");
    test().await;
    let one = receiver.next().await;
    assert!(one.verifies(&newer) && !one.verifies(&older), "{one:?}");

    // Neither is written down anywhere in the clear.
    let changes = world.store.list_changes(&ChangeFilter::default(), ChangePosition::Newest, 1_000).await;
    let written = format!("{:?} {:?}", changes.expect("lists"), world.store.list_secrets().await);
    for secret in [&older, &newer] {
        assert!(!written.contains(secret.expose()));
    }
    replica.stop().await;
}

pub(crate) async fn an_address_is_kept_as_a_secret(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(200)).await;
    let (base, path) =
        receiver.url.rsplit_once('/').map(|(base, path)| (base.to_owned(), path)).expect("a path");
    assert!(!path.is_empty());
    let (made, _) = webhook_of(&world, &receiver.url, &[NoticeKind::Requested]).await;
    assert_eq!(made.url, format!("{base}/…"));
    // As an earlier version left it.
    let clear = format!("UPDATE webhooks SET url = '{}'", receiver.url);
    world.database.by_hand(&clear).await;
    world.database.by_hand("DELETE FROM vault_secrets WHERE name = 'address'").await;
    let replica = world.replica().await;
    let stored = world.store.get_webhook(&made.id).await.expect("reads").expect("is there");
    assert_eq!(stored.url, made.url);
    ask(&world, &world.crm(&replica), 200).await;
    receiver.next().await;
    // Nothing is sealed twice, and the shown is never taken for the whole.
    let vault = vault(&world).await;
    assert_eq!(notify::seal_addresses(&vault, &world.store, operator()).await.expect("seals"), 0);
    // Another one is given whole; without one the one that is kept stays.
    let mut elsewhere = Receiver::start(Mood::Status(200)).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let address = Secret::new(elsewhere.url.clone());
    let moved = notify::put(&vault, &mut writer, &stored, Some(&address)).await.expect("is stored");
    let renamed = Webhook { name: "renamed".to_owned(), ..moved };
    notify::put(&vault, &mut writer, &renamed, None).await.expect("is stored");
    let whole = Webhook { url: elsewhere.url.clone(), ..renamed };
    writer.put_webhook(&whole).await.expect_err("is shown to many");
    writer.commit().await.expect("commits");
    ask(&world, &world.crm(&replica), 201).await;
    elsewhere.next().await;
    let filter = ChangeFilter::default();
    let changes = world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists");
    let written =
        format!("{changes:?} {:?} {:?}", world.store.list_webhooks().await, world.store.list_secrets().await);
    // Its name is the story's own doing.
    let written = written.replace(&format!("hook of {}", receiver.url), "");
    for url in [&receiver.url, &elsewhere.url] {
        assert!(!written.contains(url.as_str()), "{written}");
    }
    replica.stop().await;
    receiver.nothing_more();
}

pub(crate) async fn two_replicas_send_each_message_once(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(200)).await;
    let (webhook, _) = webhook_of(&world, &receiver.url, &[NoticeKind::Requested]).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let peps = [world.crm(&one), world.crm(&two)];
    for (amount, pep) in (200..215).zip(peps.iter().cycle()) {
        ask(&world, pep, amount).await;
    }
    let mut ids = BTreeSet::new();
    for _ in 0..15 {
        let got = receiver.next().await;
        assert!(ids.insert(got.id.clone()), "twice: {got:?}");
    }
    // What comes after all of them is the next thing that arrives.
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.send_test(&To::Webhook(webhook.id)).await.expect("is sent");
    writer.commit().await.expect("commits");
    assert_eq!(receiver.next().await.json()["type"], "test");
    one.stop().await;
    two.stop().await;
    receiver.nothing_more();
}

/// As if the webhook had been sent these messages a moment ago, however long the story takes.
async fn sent_lately(world: &World, webhook: &Webhook, numbers: RangeInclusive<u32>) {
    let (id, first, last) = (&webhook.id, numbers.start(), numbers.end());
    let later = server::clock::system()().saturating_add_micros(3_600_000_000).micros();
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
         INSERT INTO notification_deliveries
             (id, event, kind, webhook, payload, at, state, attempts, next_at, tried_at)
         SELECT 'sent ' || i, 'sent ' || i, 'test', '{id}', '{{}}', 0, 'delivered', 1, 0, {later} FROM n"
    );
    world.database.by_hand(&sql).await;
}

pub(crate) async fn many_messages_to_one_webhook_wait_and_hold_nobody_up(backend: Backend) {
    /// More than are taken in hand at once.
    const MANY: usize = 40;
    let world = world(backend).await;
    let mut flooded = Receiver::start(Mood::Status(200)).await;
    let mut other = Receiver::start(Mood::Status(200)).await;
    let (resting, _) = webhook_of(&world, &flooded.url, &[NoticeKind::Requested]).await;
    webhook_of(&world, &other.url, &[NoticeKind::Requested]).await;
    sent_lately(&world, &resting, 1..=119).await;
    let replica = world.replica().await;
    let pep = world.crm(&replica);
    ask(&world, &pep, 200).await;
    // The last one that there is room for.
    let first = flooded.next().await;
    assert_eq!(other.next().await.id, first.id);
    sent_lately(&world, &resting, 120..=120).await;

    // Each waits, and the other receiver hears of all.
    let mut ids = BTreeSet::new();
    for amount in (201..).take(MANY) {
        cancel(&world, requests(&world).await.first().expect("a request")).await;
        ask(&world, &pep, amount).await;
        assert!(ids.insert(other.next().await.id), "twice");
    }
    until("nothing else waits", async || {
        let waiting = world.store.count_waiting_deliveries().await.expect("counts");
        (usize::try_from(waiting) == Ok(MANY)).then_some(())
    })
    .await;
    flooded.nothing_more();
    assert!(world.store.list_dead_letters(None, 1).await.expect("lists").is_empty());

    // Once there is room all of them go.
    world.database.by_hand("UPDATE notification_deliveries SET tried_at = 0 WHERE kind = 'test'").await;
    let mut late = BTreeSet::new();
    for _ in 0..MANY {
        late.insert(flooded.next().await.id);
    }
    assert_eq!(late, ids);
    replica.stop().await;
    flooded.nothing_more();
}

pub(crate) async fn there_are_fifty_webhooks_and_no_more(backend: Backend) {
    let world = World::empty(backend).await;
    let events = [NoticeKind::Requested];
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    for number in 1..=51 {
        let name = format!("hook {number}");
        let new = NewWebhook { name: &name, url: "https://hooks.example/x", events: &events, tenant: None };
        let added = writer.add_webhook(&new).await;
        if number <= 50 {
            added.expect("is taken");
        } else {
            assert!(matches!(added, Err(WriteError::Invalid { field: "webhook", .. })), "{added:?}");
        }
    }
    writer.commit().await.expect("what was taken is kept");
    assert_eq!(world.store.list_webhooks().await.expect("lists").len(), 50);
}
