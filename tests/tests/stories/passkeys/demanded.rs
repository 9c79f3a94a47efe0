//! Accounts whose password alone does not suffice, and the ways back into them.

use super::helpers::{add, begin, bring, events, get, open, owner, passkeys, path_of, post, signed_in};
use crate::edge::house::{House, LOGIN, MINUTE, PASSWORD};
use crate::sso::browser::{Browser, Page};
use server::console::create_recovery_link;
use store::accounts::{AccountError, AccountRole, NewAccount, NewPasskey, PasskeyError, PasskeyHolder};
use store::{Actor, Via};
use tests::Backend;

const NEW: &str = "four copper whales hum";
const SIGN_IN: [(&str, &str); 2] = [("login", LOGIN), ("password", PASSWORD)];

async fn demand(browser: &mut Browser, house: &House, demand: &str) -> String {
    let page = post(browser, house, "/account/passkeys/demand", &[("demand", demand)]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    path_of(house, &page)
}

pub(crate) async fn a_right_password_alone_opens_nothing_where_a_passkey_is_demanded(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let other = signed_in(&house).await;
    assert!(demand(&mut desk, &house, "true").await.contains("draft="), "there is no passkey");
    let mut blue = add(&mut desk, &house, "blue").await;
    assert_eq!(demand(&mut desk, &house, "true").await, "/account?done=passkey-demanded");
    assert!(desk.is_in(&house).await);
    assert!(!other.is_in(&house).await, "it may have begun with the password alone");
    assert_eq!(events(&house).await[0].0, "a passkey demanded beside the password");

    // The password leads to the passkey, and to nothing else.
    let mut phone = Browser::open();
    let options = begin(&mut phone, &house, "/sign-in", &SIGN_IN).await;
    assert_eq!(options["allowCredentials"].as_array().map(Vec::len), Some(1));
    assert!(!phone.is_in(&house).await);
    let wrong = [("login", LOGIN), ("password", "a guess that is wrong")];
    assert_eq!(post(&mut Browser::open(), &house, "/sign-in", &wrong).await.status, 403);
    assert_eq!(bring(&mut phone, &house, &blue.get(&options)).await.status, 303);
    assert!(phone.is_in(&house).await);

    // With another password meanwhile the right one of before is none.
    let mut late = Browser::open();
    let options = begin(&mut late, &house, "/sign-in", &SIGN_IN).await;
    let fields = [("current", PASSWORD), ("password", NEW), ("password_again", NEW)];
    assert_eq!(post(&mut desk, &house, "/account/password", &fields).await.status, 303);
    assert_eq!(bring(&mut late, &house, &blue.get(&options)).await.status, 403);
    assert!(!late.is_in(&house).await);

    // Nor do the session that is open and the password change what opens the account: that takes the passkey.
    house.pass(MINUTE);
    let id = passkeys(&house).await[0].id.clone();
    let red = [("name", "red"), ("current", NEW)];
    let page = post(&mut desk, &house, "/account/passkeys/add", &red).await;
    assert!(page.status == 403 && page.text.contains("changing that takes one"), "{}", page.text);
    assert_eq!(get(&mut desk, &house, "/passkey").await.status, 400, "nothing was begun");
    assert!(demand(&mut desk, &house, "false").await.contains("draft="));
    let page = post(&mut desk, &house, "/account/passkeys/remove", &[("id", id.as_str())]).await;
    assert!(path_of(&house, &page).contains("draft="), "{}", page.location);
    let shown = get(&mut desk, &house, "/account?ask=edit").await.text;
    assert!(shown.contains("Your passkey first") && !shown.contains("Your own password"), "{shown}");
    assert!(owner(&house).await.passkey_required && passkeys(&house).await.len() == 1);

    // With it, for five minutes.
    let options = begin(&mut desk, &house, "/account/prove/passkey", &[("back", "/account?ask=edit")]).await;
    let page = bring(&mut desk, &house, &blue.get(&options)).await;
    assert_eq!(path_of(&house, &page), "/account?ask=edit", "{}", page.text);
    begin(&mut desk, &house, "/account/passkeys/add", &[("name", "red"), ("current", "")]).await;
    house.pass(6 * MINUTE);
    assert!(demand(&mut desk, &house, "false").await.contains("draft="), "it is too long ago");
    let options = begin(&mut desk, &house, "/account/prove/passkey", &[("back", "/account")]).await;
    assert_eq!(bring(&mut desk, &house, &blue.get(&options)).await.status, 303);

    // The only passkey stays as long as one is demanded.
    let page = post(&mut desk, &house, "/account/passkeys/remove", &[("id", id.as_str())]).await;
    assert!(path_of(&house, &page).contains("draft="), "{}", page.location);
    assert_eq!(passkeys(&house).await.len(), 1);
    assert_eq!(demand(&mut desk, &house, "false").await, "/account?done=passkey-not-demanded");
    let page = post(&mut desk, &house, "/account/passkeys/remove", &[("id", id.as_str())]).await;
    assert_eq!(path_of(&house, &page), "/account?done=passkey-removed");
    assert!(passkeys(&house).await.is_empty());
    assert!(desk.is_in(&house).await);
    house.stop().await;
}

async fn recover(browser: &mut Browser, house: &House, link: &str) -> Page {
    let fields = [("code", link), ("password", NEW), ("password_again", NEW)];
    post(browser, house, "/recover", &fields).await
}

pub(crate) async fn a_link_removes_passkeys_only_where_it_was_made_so(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    add(&mut desk, &house, "blue").await;
    demand(&mut desk, &house, "true").await;

    let link = create_recovery_link(house.store(), &house.origin(), LOGIN, false, house.now())
        .await
        .expect("a link");
    let mut phone = Browser::open();
    let page = recover(&mut phone, &house, &link).await;
    assert_eq!((page.status, path_of(&house, &page).as_str()), (303, "/passkey"), "{}", page.text);
    assert!(!phone.is_in(&house).await, "the link is no passkey");
    assert_eq!(passkeys(&house).await.len(), 1);

    let link =
        create_recovery_link(house.store(), &house.origin(), LOGIN, true, house.now()).await.expect("a link");
    assert_eq!(passkeys(&house).await.len(), 1, "it is not used yet");
    let page = recover(&mut phone, &house, &link).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(phone.is_in(&house).await);
    assert!(passkeys(&house).await.is_empty() && !owner(&house).await.passkey_required);
    let told = events(&house).await;
    assert_eq!(
        (told[0].0.as_str(), told[1].0.as_str()),
        ("all passkeys removed by a link", "recovered by a link")
    );

    // An owner's link removes them as well, unless it is made to leave them.
    let id = owner(&house).await.id;
    for (keep, forgets) in [("", true), ("false", true), ("true", false)] {
        let fields = [("id", id.as_str()), ("keep", keep)];
        let page = post(&mut phone, &house, "/accounts/reset", &fields).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert_eq!(page.text.contains("asked for no passkey"), forgets, "{keep:?}: {}", page.text);
        let made = events(&house).await[0].0.clone();
        assert_eq!(made.ends_with("which removes the passkeys"), forgets, "{made}");
    }
    house.stop().await;
}

pub(crate) async fn nothing_is_demanded_that_could_not_be_given(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    // By a typed address the form is none, before there is a passkey; and its answer is refused.
    let page = get(&mut desk, &house, "/account?ask=edit").await;
    assert!(page.status == 200 && page.text.contains("There is nothing to demand"), "{}", page.text);
    assert!(!page.text.contains("action=\"/account/passkeys/demand\""), "{}", page.text);
    assert!(demand(&mut desk, &house, "true").await.contains("draft="));
    add(&mut desk, &house, "blue").await;
    let page = get(&mut desk, &house, "/account?ask=edit").await;
    assert!(page.text.contains("action=\"/account/passkeys/demand\""), "{}", page.text);
    house.stop().await;

    // Nor at an address at which no passkey answers, though the account has one.
    let house = House::open(backend).await;
    house.settle().await;
    let mut desk = signed_in(&house).await;
    let by = Actor { name: "operator".to_owned(), via: Via::Cli, request_id: None };
    let passkey = NewPasskey { name: "blue", credential_id: b"blue", credential: "{}", session: None };
    let id = owner(&house).await.id;
    house.store().add_passkey(&id, &passkey, &by, house.now()).await.expect("is added");
    let page = get(&mut desk, &house, "/account?ask=edit").await;
    assert!(page.text.contains("There is nothing to demand"), "{}", page.text);
    assert!(demand(&mut desk, &house, "true").await.contains("draft="));
    assert!(!owner(&house).await.passkey_required);
    house.stop().await;
}

pub(crate) async fn the_last_way_in_stays(backend: Backend) {
    let house = open(backend).await;
    let (store, now) = (house.store(), house.now());
    let by = Actor { name: "operator".to_owned(), via: Via::Cli, request_id: None };
    let new = NewAccount {
        login: "bob@example.org".to_owned(),
        name: "Bob".to_owned(),
        password_hash: None,
        role: AccountRole::Auditor,
        reach: policy::Reach::Everything,
    };
    let bob = store.create_account(&new, &by, now).await.expect("is made");
    let passkey = |name: &'static str| NewPasskey {
        name,
        credential_id: name.as_bytes(),
        credential: "{}",
        session: None,
    };
    let blue = store.add_passkey(&bob.id, &passkey("blue"), &by, now).await.expect("is added");
    let red = store.add_passkey(&bob.id, &passkey("red"), &by, now).await.expect("is added");
    let taken = store.add_passkey(&owner(&house).await.id, &passkey("red"), &by, now).await;
    assert!(matches!(taken, Err(AccountError::Passkey(PasskeyError::Taken))), "{taken:?}");
    let foreign = store.remove_passkey(&owner(&house).await.id, &red.id, None, &by, now).await;
    assert!(matches!(foreign, Err(AccountError::Passkey(PasskeyError::Unknown))), "{foreign:?}");
    let nothing = store.set_passkey_required(&bob.id, true, None, &by, now).await;
    assert!(matches!(nothing, Err(AccountError::Passkey(PasskeyError::NoPassword))), "{nothing:?}");
    store.remove_passkey(&bob.id, &blue.id, None, &by, now).await.expect("another one is left");
    let last = store.remove_passkey(&bob.id, &red.id, None, &by, now).await;
    assert!(matches!(last, Err(AccountError::Passkey(PasskeyError::LastWay))), "{last:?}");
    assert_eq!(store.list_passkeys(&bob.id).await.expect("reads"), [red]);
    // Of two who remove one each, one keeps it.
    let green = store.add_passkey(&bob.id, &passkey("green"), &by, now).await.expect("is added");
    let red = store.list_passkeys(&bob.id).await.expect("reads")[0].id.clone();
    let both = tokio::join!(
        store.remove_passkey(&bob.id, &red, None, &by, now),
        store.remove_passkey(&bob.id, &green.id, None, &by, now),
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    assert_eq!(store.list_passkeys(&bob.id).await.expect("reads").len(), 1);
    house.stop().await;
}

/// What the owner's sessions are stored under.
async fn sessions(house: &House) -> Vec<[u8; 32]> {
    let found = house.store().list_sessions(&owner(house).await.id, house.now()).await.expect("reads");
    found.iter().map(|session| session.id_digest).collect()
}

pub(crate) async fn who_was_signed_out_meanwhile_changes_no_passkey(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    add(&mut desk, &house, "blue").await;
    add(&mut desk, &house, "red").await;
    let (store, now) = (house.store(), house.now());
    let by = Actor { name: LOGIN.to_owned(), via: Via::Console, request_id: None };
    let (account, known) = (owner(&house).await, passkeys(&house).await);
    let before = sessions(&house).await;
    post(&mut desk, &house, "/sign-out", &[]).await;
    let after = sessions(&house).await;
    let ended = *before.iter().find(|session| !after.contains(session)).expect("one ended");
    let desk = signed_in(&house).await;
    let now_open = sessions(&house).await;
    let open = *now_open.iter().find(|session| !after.contains(session)).expect("one began");

    let seen = account.password_version;
    for (why, session, seen) in
        [("it ended", &ended, seen), ("nobody's", &[7; 32], seen), ("another password", &open, seen - 1)]
    {
        let holder = PasskeyHolder { session, seen };
        let removed = store.remove_passkey(&account.id, &known[0].id, Some(&holder), &by, now).await;
        assert!(matches!(removed, Err(AccountError::Stale)), "{why}: {removed:?}");
        let demanded = store.set_passkey_required(&account.id, true, Some(&holder), &by, now).await;
        assert!(matches!(demanded, Err(AccountError::Stale)), "{why}: {demanded:?}");
    }
    assert_eq!(passkeys(&house).await, known);
    let stands = owner(&house).await;
    assert_eq!((stands.passkey_required, stands.password_version), (false, seen));

    // In the one that is open both are done, and what was proven before the demand does for nothing after it.
    let holder = PasskeyHolder { session: &open, seen };
    store.set_passkey_required(&account.id, true, Some(&holder), &by, now).await.expect("is demanded");
    let removed = store.remove_passkey(&account.id, &known[0].id, Some(&holder), &by, now).await;
    assert!(matches!(removed, Err(AccountError::Stale)), "{removed:?}");
    let holder = PasskeyHolder { session: &open, seen: owner(&house).await.password_version };
    store.remove_passkey(&account.id, &known[0].id, Some(&holder), &by, now).await.expect("is removed");
    assert_eq!(passkeys(&house).await, known[1..]);
    assert!(desk.is_in(&house).await, "its own session goes on");
    house.stop().await;
}
