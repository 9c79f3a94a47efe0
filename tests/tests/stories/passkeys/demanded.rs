//! Accounts whose password alone does not suffice, and the ways back into them.

use super::helpers::{add, begin, bring, events, open, owner, passkeys, path_of, post, signed_in};
use crate::edge::house::{House, LOGIN, PASSWORD};
use crate::sso::browser::{Browser, Page};
use server::console::create_recovery_link;
use store::accounts::{AccountError, AccountRole, NewAccount, NewPasskey, PasskeyError};
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

    // The only passkey stays as long as one is demanded.
    let id = passkeys(&house).await[0].id.clone();
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
    let events = events(&house).await;
    assert_eq!(
        (events[0].0.as_str(), events[1].0.as_str()),
        ("all passkeys removed by a link", "recovered by a link")
    );

    // An owner chooses as well.
    let id = owner(&house).await.id;
    let fields = [("id", id.as_str()), ("passkeys", "true")];
    let page = post(&mut phone, &house, "/accounts/reset", &fields).await;
    assert!(page.status == 200 && page.text.contains("asked for no passkey"), "{}", page.text);
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
    let passkey = |name: &'static str| NewPasskey { name, credential_id: name.as_bytes(), credential: "{}" };
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
