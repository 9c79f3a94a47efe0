//! Which answers of a passkey count.

use super::authenticator::Authenticator;
use super::helpers::{add, asked, begin_sign_in, bring, events, open, owner, passkeys, path_of, signed_in};
use crate::edge::house::{House, LOGIN, MINUTE};
use crate::sso::browser::Browser;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::Reach;
use serde_json::Value;
use store::accounts::{AccountRole, NewAccount, NewPasskey, PasswordHash};
use store::{Actor, Via};
use tests::Backend;
use uuid::Uuid;

pub(crate) async fn somebody_signs_in_by_a_passkey_alone(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let mut blue = add(&mut desk, &house, "blue").await;
    let held = passkeys(&house).await;
    let [kept] = held.as_slice() else { panic!("one") };
    assert_eq!((kept.name.as_str(), kept.last_used_at), ("blue", None));
    house.pass(MINUTE);
    let mut phone = Browser::open();
    let options = begin_sign_in(&mut phone, &house).await;
    let page = bring(&mut phone, &house, &blue.get(&options)).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(phone.is_in(&house).await);
    assert_eq!(passkeys(&house).await[0].last_used_at, Some(house.now()));
    assert_eq!(events(&house).await[0], ("passkey added".to_owned(), Some("blue".to_owned())));
    // Nothing of the key is told.
    let session = phone.session(&house).expect("a session");
    let page = house.get("/account", &[("cookie", session.as_str())]).await.text;
    assert!(page.contains("blue") && !page.contains(&kept.credential), "{page}");
    house.stop().await;
}

/// Nobody came in by it, and nothing was noted of it.
async fn left_outside(house: &House, browser: &Browser) {
    assert!(!browser.is_in(house).await);
    assert!(passkeys(house).await.iter().all(|passkey| passkey.last_used_at.is_none()));
}

pub(crate) async fn an_answer_counts_once_in_time_and_in_the_browser_that_asked(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let mut blue = add(&mut desk, &house, "blue").await;

    // Another browser brings it, with a ceremony of its own and without one.
    let (mut phone, mut thief) = (Browser::open(), Browser::open());
    let options = begin_sign_in(&mut phone, &house).await;
    let answer = blue.get(&options);
    assert_eq!(bring(&mut thief, &house, &answer).await.status, 400);
    begin_sign_in(&mut thief, &house).await;
    assert_eq!(bring(&mut thief, &house, &answer).await.status, 403);
    left_outside(&house, &thief).await;

    // Too late.
    house.pass(5 * MINUTE);
    assert_eq!(bring(&mut phone, &house, &answer).await.status, 400);
    left_outside(&house, &phone).await;

    // In time, once: neither the same browser nor the one that took its cookies gets in by it again.
    let options = begin_sign_in(&mut phone, &house).await;
    assert_eq!(asked(&mut phone, &house).await, options, "a reload asks the same");
    let mut copy = phone.clone();
    let answer = blue.get(&options);
    assert_eq!(bring(&mut phone, &house, &answer).await.status, 303);
    assert!(phone.is_in(&house).await);
    assert_eq!(bring(&mut copy, &house, &answer).await.status, 400);
    begin_sign_in(&mut copy, &house).await;
    assert_eq!(bring(&mut copy, &house, &answer).await.status, 403);
    assert!(!copy.is_in(&house).await);
    house.stop().await;
}

pub(crate) async fn what_is_not_quite_the_answer_is_refused(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let blue = add(&mut desk, &house, "blue").await;
    let with = |change: fn(&mut Authenticator)| {
        let mut changed = blue.clone();
        changed.counter += 1;
        change(&mut changed);
        changed
    };
    let mut forged = blue.forged();
    forged.counter += 1;
    let spoiled = [
        ("another key", forged),
        ("not verified", with(|one| one.verified = false)),
        ("another origin", with(|one| one.origin = "http://localhost:1".to_owned())),
        ("another site", with(|one| one.relying_party = "evil.example".to_owned())),
        ("of nobody", with(|one| one.handle = Vec::new())),
        ("of somebody else", with(|one| one.handle = vec![7; 16])),
        ("unknown", with(|one| one.id = b"red".to_vec())),
    ];
    for (what, authenticator) in spoiled {
        let mut browser = Browser::open();
        let options = begin_sign_in(&mut browser, &house).await;
        let page = bring(&mut browser, &house, &authenticator.answer(&options)).await;
        assert_eq!(page.status, 403, "{what}: {}", page.text);
        assert!(
            page.text.contains("The passkey was not accepted."),
            "{what}: one answer to all: {}",
            page.text
        );
        left_outside(&house, &browser).await;
        // It is used up.
        let right = with(|_| {}).answer(&options);
        assert_eq!(bring(&mut browser, &house, &right).await.status, 400, "{what}");
        left_outside(&house, &browser).await;
    }
    for text in ["", "null", "{}", "[1]", "{\"id\": 7}"] {
        let mut browser = Browser::open();
        begin_sign_in(&mut browser, &house).await;
        assert_eq!(bring(&mut browser, &house, text).await.status, 403, "{text}");
        left_outside(&house, &browser).await;
        house.pass(MINUTE);
    }
    house.stop().await;
}

pub(crate) async fn a_counter_that_goes_backwards_is_refused_and_written_down(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let mut blue = add(&mut desk, &house, "blue").await;
    blue.counter = 6;
    let mut phone = Browser::open();
    let options = begin_sign_in(&mut phone, &house).await;
    assert_eq!(bring(&mut phone, &house, &blue.get(&options)).await.status, 303);
    for counter in [7, 3, 0] {
        let mut copy = blue.clone();
        copy.counter = counter;
        let mut thief = Browser::open();
        let options: Value = begin_sign_in(&mut thief, &house).await;
        let page = bring(&mut thief, &house, &copy.answer(&options)).await;
        assert_eq!(page.status, 403, "{counter}: {}", page.text);
        assert!(!thief.is_in(&house).await, "{counter}");
    }
    let refused = events(&house).await;
    for event in &refused[..3] {
        let words = "passkey refused: its counter went backwards".to_owned();
        assert_eq!(*event, (words, Some("blue".to_owned())));
    }
    house.stop().await;
}

pub(crate) async fn a_disabled_account_stays_out(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let mut blue = add(&mut desk, &house, "blue").await;
    let by = Actor { name: "operator".to_owned(), via: Via::Cli, request_id: None };
    // Not the last owner, who cannot be disabled.
    let second = NewAccount {
        login: "bob@example.org".to_owned(),
        name: "Bob".to_owned(),
        password_hash: Some(PasswordHash::new("$argon2id$never")),
        role: AccountRole::Owner,
        reach: Reach::Everything,
    };
    house.store().create_account(&second, &by, house.now()).await.expect("is made");
    let mut phone = Browser::open();
    let options = begin_sign_in(&mut phone, &house).await;
    let id = owner(&house).await.id;
    house.store().set_account_active(&id, false, &by, house.now()).await.expect("is disabled");
    let page = bring(&mut phone, &house, &blue.get(&options)).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(!page.text.contains(LOGIN) && !page.text.contains("disabled"), "{}", page.text);
    left_outside(&house, &phone).await;
    house.store().set_account_active(&id, true, &by, house.now()).await.expect("is enabled");
    let options = begin_sign_in(&mut phone, &house).await;
    let page = bring(&mut phone, &house, &blue.get(&options)).await;
    assert_eq!((page.status, path_of(&house, &page).is_empty()), (303, false), "{}", page.text);
    house.stop().await;
}

pub(crate) async fn who_has_no_password_does_not_come_in_by_a_passkey(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let mut blue = add(&mut desk, &house, "blue").await;
    let by = Actor { name: "operator".to_owned(), via: Via::Cli, request_id: None };
    let new = NewAccount {
        login: "bob@example.org".to_owned(),
        name: "Bob".to_owned(),
        password_hash: None,
        role: AccountRole::Owner,
        reach: Reach::Everything,
    };
    let bob = house.store().create_account(&new, &by, house.now()).await.expect("is made");
    // The very same key under another id, as his.
    let id = |name: &str| URL_SAFE_NO_PAD.encode(name);
    let credential = passkeys(&house).await[0].credential.replace(&id("blue"), &id("mine"));
    let mine = NewPasskey { name: "mine", credential_id: b"mine", credential: &credential, session: None };
    house.store().add_passkey(&bob.id, &mine, &by, house.now()).await.expect("is added");
    blue.id = b"mine".to_vec();
    blue.handle = Uuid::parse_str(&bob.id).expect("an id").as_bytes().to_vec();
    let mut phone = Browser::open();
    let options = begin_sign_in(&mut phone, &house).await;
    let page = bring(&mut phone, &house, &blue.get(&options)).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(!phone.is_in(&house).await);
    let held = house.store().list_passkeys(&bob.id).await.expect("reads");
    assert_eq!(held[0].last_used_at, Some(house.now()), "it was his, and right");
    house.stop().await;
}
