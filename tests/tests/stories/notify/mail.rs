//! Letters: to whoever may decide, once, with a link and nothing that decides.

use crate::notify::smtp::MailServer;
use crate::notify::world::{account, ask, cancel, let_go, requests, until, vault, world};
use pdp::{Secret, notify};
use policy::labels::MailSecurity;
use serde_json::json;
use store::accounts::AccountRole;
use store::administration::{MailSettings, SecretPlace};
use store::changes::{ChangeFilter, ChangePosition};
use store::notifications::Receiver;
use tests::world::operator;
use tests::{Backend, World};

async fn through(world: &World, server: &MailServer, security: MailSecurity) {
    let settings = MailSettings {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security,
        login: None,
        sender: "countersign@example.org".to_owned(),
    };
    let vault = vault(world).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    notify::set_mail(&vault, &mut writer, &settings, &Secret::new("")).await.expect("is set");
    writer.commit().await.expect("commits");
}

pub(crate) async fn an_approver_gets_one_letter_with_a_link(backend: Backend) {
    let world = world(backend).await;
    // The first letter is refused for a while, and comes again.
    let mut server = MailServer::start(1).await;
    through(&world, &server, MailSecurity::Plain).await;
    let erin = account(&world, "erin", Some("erin")).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    assert!(writer.put_mail_address(&erin.id, Some("not an address")).await.is_err());
    writer.put_mail_address(&erin.id, Some("erin@example.org")).await.expect("is set");
    writer.commit().await.expect("commits");
    // Who asks, who is not asked, who is nobody: none of them hears of it.
    account(&world, "carol@example.org", Some("carol")).await;
    account(&world, "bob@example.org", Some("bob")).await;
    account(&world, "somebody@example.org", None).await;
    // Nor does an account of hers that is for something else.
    let audits = account(&world, "audits@example.org", Some("erin")).await;
    let now = server::clock::system()();
    world.store.set_account_role(&audits.id, AccountRole::Auditor, &operator(), now).await.expect("made");

    let replica = world.replica().await;
    let pep = world.crm(&replica);
    ask(&world, &pep, 200).await;
    assert_eq!(server.next().await, json!({"refused": true}));
    let letter = server.next().await;
    assert_eq!(letter["to"], json!(["erin@example.org"]), "{letter}");
    assert_eq!(letter["from"], "countersign@example.org");
    let headers = &letter["headers"];
    assert_eq!(headers["subject"], "Countersign: your approval is asked for crm/refund in acme");
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!(letter["parts"], 1, "plain text alone");
    let id = requests(&world).await.pop().expect("a request");
    let text = letter["text"].as_str().expect("a text");
    let link = format!("http://{}/approvals/{}", replica.address(), id.as_str());
    assert_eq!(text.matches("http").count(), 1, "{text}");
    assert!(text.lines().any(|line| line == link), "{text}");
    for secret in ["c-42", "EUR", "secret words"] {
        assert!(!text.contains(secret), "{text}");
    }

    // The same call asked for again is the same request: no second letter. Another request is another letter.
    let again = pep.call(world.secret("CAROL_KEY"), "refund", repeated()).await;
    assert_eq!(again.reason(), "approval_pending", "{again:?}");
    ask(&world, &pep, 300).await;
    let second = server.next().await;
    assert_eq!(second["to"], json!(["erin@example.org"]), "{second}");
    assert_ne!(second["headers"]["message-id"], headers["message-id"]);
    // There was not even one to be left unsent.
    assert_eq!(world.store.last_delivery(&Receiver::Account(audits.id)).await.expect("reads"), None);
    replica.stop().await;
    server.nothing_more();
}

/// As [`ask`] asks for 200.
fn repeated() -> serde_json::Value {
    json!({"customer_id": "c-42", "amount": 200, "currency": "EUR", "reason": "secret words"})
}

pub(crate) async fn a_letter_that_is_not_needed_any_more_is_not_sent(backend: Backend) {
    let world = world(backend).await;
    let mut server = MailServer::start(1).await;
    through(&world, &server, MailSecurity::Plain).await;
    account(&world, "erin@example.org", Some("erin")).await;
    let replica = world.replica().await;
    let pep = world.crm(&replica);
    ask(&world, &pep, 200).await;
    assert_eq!(server.next().await, json!({"refused": true}));
    cancel(&world, requests(&world).await.first().expect("a request")).await;
    // The next letter is of the next request, though the first one would have come again before.
    ask(&world, &pep, 300).await;
    let letter = server.next().await;
    let id = requests(&world).await.into_iter().next().expect("a request");
    assert!(letter["text"].as_str().is_some_and(|text| text.contains(id.as_str())), "{letter}");
    // Once nothing waits any more, nothing more can come.
    until("nothing waits", async || {
        (world.store.count_waiting_deliveries().await.expect("counts") == 0).then_some(())
    })
    .await;
    replica.stop().await;
    server.nothing_more();
}

pub(crate) async fn many_requests_fill_no_mailbox(backend: Backend) {
    const MOST: usize = 10;
    let world = world(backend).await;
    let mut server = MailServer::start(0).await;
    through(&world, &server, MailSecurity::Plain).await;
    account(&world, "erin@example.org", Some("erin")).await;
    let replica = world.replica().await;
    let pep = world.crm(&replica);
    for amount in 200..212 {
        ask(&world, &pep, amount).await;
    }
    let mut last = 0;
    for _ in 0..MOST {
        let letter = server.next().await;
        let text = letter["text"].as_str().expect("a text");
        last += usize::from(text.contains("Many came in a short time") && text.contains("for you"));
    }
    assert_eq!(last, 1);
    // The other two wait, and go once the first ones are long ago.
    until("two wait", async || {
        (world.store.count_waiting_deliveries().await.expect("counts") == 2).then_some(())
    })
    .await;
    server.nothing_more();
    world.database.by_hand("UPDATE notification_deliveries SET tried_at = 1 WHERE state = 'delivered'").await;
    world.database.by_hand("UPDATE notification_deliveries SET next_at = 1 WHERE state = 'waiting'").await;
    for _ in 0..2 {
        let letter = server.next().await;
        assert!(!letter["text"].as_str().expect("a text").contains("Many came"), "{letter}");
    }
    replica.stop().await;
    server.nothing_more();
}

pub(crate) async fn no_letter_is_sent_in_the_clear_where_tls_is_asked_for(backend: Backend) {
    let world = world(backend).await;
    // It offers no TLS.
    let mut server = MailServer::start(0).await;
    through(&world, &server, MailSecurity::StartTls).await;
    let erin = account(&world, "erin@example.org", Some("erin")).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    let receiver = Receiver::Account(erin.id);
    let error = until("an attempt that failed", async || {
        world.store.last_delivery(&receiver).await.expect("reads")?.error
    })
    .await;
    assert!(error.contains("STARTTLS"), "{error}");
    replica.stop().await;
    server.nothing_more();
}

pub(crate) async fn a_mail_server_at_a_private_address_is_refused(backend: Backend) {
    let world = world(backend).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let settings = MailSettings { host: "10.1.2.3".to_owned(), ..relay() };
    writer.put_mail_settings(&settings).await.expect("is set");
    writer.commit().await.expect("commits");
    let erin = account(&world, "erin@example.org", Some("erin")).await;
    let replica = world.replica().await;
    ask(&world, &world.crm(&replica), 200).await;
    let receiver = Receiver::Account(erin.id);
    let error = until("an attempt that failed", async || {
        world.store.last_delivery(&receiver).await.expect("reads")?.error
    })
    .await;
    assert!(error.contains("10.1.2.3 is a private address, which is refused"), "{error}");
    replica.stop().await;
}

/// One that nobody signs in to.
fn relay() -> MailSettings {
    MailSettings {
        host: "mail.example.org".to_owned(),
        port: 465,
        security: MailSecurity::Tls,
        login: None,
        sender: "countersign@example.org".to_owned(),
    }
}

pub(crate) async fn the_password_stays_with_the_server_it_was_given_for(backend: Backend) {
    let world = world(backend).await;
    let vault = vault(&world).await;
    let set = async |settings: &MailSettings, password: &str| {
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        let set = notify::set_mail(&vault, &mut writer, settings, &Secret::new(password)).await;
        match set {
            Ok(()) => writer.commit().await.map(|_| ()).expect("commits"),
            Err(_) => writer.rollback().await.expect("is undone"),
        }
        set.is_ok()
    };
    let kept = async || {
        let kept = vault.take(&world.store, SecretPlace::mail_password()).await;
        kept.ok().map(|password| password.expose().to_owned())
    };
    let settings = MailSettings { login: Some("countersign".to_owned()), ..relay() };
    assert!(!set(&settings, "").await, "a login without a password");
    assert_eq!(world.store.mail_settings().await.expect("reads"), None);
    assert!(set(&settings, "open sesame").await);
    let other = MailSettings { sender: "approvals@example.org".to_owned(), ..settings.clone() };
    assert!(set(&other, "").await, "left empty, it stays");
    assert_eq!(kept().await.as_deref(), Some("open sesame"));

    // Whoever may change the settings cannot have it sent elsewhere, nor for everybody to read.
    for (elsewhere, password) in [
        (MailSettings { host: "evil.example".to_owned(), ..other.clone() }, ""),
        (MailSettings { port: 2525, ..other.clone() }, ""),
        (MailSettings { login: Some("somebody".to_owned()), ..other.clone() }, ""),
        (MailSettings { security: MailSecurity::Plain, ..other.clone() }, "open sesame"),
    ] {
        assert!(!set(&elsewhere, password).await, "{elsewhere:?}");
    }
    assert_eq!(world.store.mail_settings().await.expect("reads"), Some(other));
    assert_eq!(kept().await.as_deref(), Some("open sesame"));
    let changes = world.store.list_changes(&ChangeFilter::default(), ChangePosition::Newest, 1_000).await;
    assert!(!format!("{:?}", changes.expect("lists")).contains("sesame"));

    assert!(set(&relay(), "").await, "nobody signs in");
    assert_eq!(kept().await, None, "it went with the login");
}

/// Notes are approved by finance, and from a quarter of an hour on by heads as well; hal is one.
const ESCALATES: &str = "
roles: [{ name: head, tenant: acme }]
subjects: [{ id: hal, kind: user, memberships: [{ tenant: acme, roles: [head] }] }]
rules:
  - name: ask for notes
    tenant: acme
    effect: require_approval
    tools: [crm/add_note]
    approval: { approvers: [finance], escalate_to: head, escalate_after: 15m }
";

pub(crate) async fn whoever_is_asked_later_is_written_to_later(backend: Backend) {
    let world = world(backend).await;
    world.apply(ESCALATES).await;
    let mut server = MailServer::start(0).await;
    through(&world, &server, MailSecurity::Plain).await;
    account(&world, "erin@example.org", Some("erin")).await;
    account(&world, "hal@example.org", Some("hal")).await;
    let replica = world.replica().await;
    let note = json!({"customer_id": "c-42", "text": "hello"});
    let told = world.crm(&replica).call(world.secret("REFUND_BOT_KEY"), "add_note", note).await;
    assert_eq!(told.reason(), "approval_required", "{told:?}");
    let first = server.next().await;
    assert_eq!(first["to"], json!(["erin@example.org"]), "{first}");
    until("hal's letter waits alone", async || {
        (world.store.count_waiting_deliveries().await.expect("counts") == 1).then_some(())
    })
    .await;
    server.nothing_more();

    // A quarter of an hour later.
    world.database.by_hand("UPDATE approvals SET filed_at = filed_at - 1000000000").await;
    let_go(&world).await;
    let second = server.next().await;
    assert_eq!(second["to"], json!(["hal@example.org"]), "{second}");
    replica.stop().await;
    server.nothing_more();
}
