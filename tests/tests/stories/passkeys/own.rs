//! The passkeys of the own account: who adds one, and what one proves.

use super::authenticator::Authenticator;
use super::helpers::{
    add, begin, begin_sign_in, bring, get, open, origin, owner, passkeys, path_of, post, signed_in,
};
use crate::edge::house::{House, LOGIN, MINUTE, PASSWORD};
use crate::sso::browser::Browser;
use store::accounts::{AccountError, Ceremony, CeremonyPurpose, NewPasskey, PasskeyError};
use tests::Backend;
use tests::world::operator;

pub(crate) async fn a_passkey_is_not_added_without_the_password(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    for current in ["", "a guess that is wrong"] {
        let fields = [("name", "blue"), ("current", current)];
        let page = post(&mut desk, &house, "/account/passkeys/add", &fields).await;
        assert_eq!(page.status, 403, "{}", page.text);
        assert_eq!(get(&mut desk, &house, "/passkey").await.status, 400, "nothing was begun");
    }
    for name in ["", " ", "a\u{7}b"] {
        let fields = [("name", name), ("current", PASSWORD)];
        assert_eq!(post(&mut desk, &house, "/account/passkeys/add", &fields).await.status, 422, "{name:?}");
    }

    // Neither an unverified one, nor in another session of the same account, nor when signed out.
    let fields = [("name", "blue"), ("current", PASSWORD)];
    let mut sloppy = Authenticator::new("blue", &origin(&house));
    sloppy.verified = false;
    let options = begin(&mut desk, &house, "/account/passkeys/add", &fields).await;
    assert_eq!(bring(&mut desk, &house, &sloppy.create(&options)).await.status, 403);
    let mut honest = Authenticator::new("blue", &origin(&house));
    let options = begin(&mut desk, &house, "/account/passkeys/add", &fields).await;
    let again = [("login", LOGIN), ("password", PASSWORD)];
    assert_eq!(post(&mut desk, &house, "/sign-in", &again).await.status, 303);
    assert_eq!(bring(&mut desk, &house, &honest.create(&options)).await.status, 403, "another session");
    let options = begin(&mut desk, &house, "/account/passkeys/add", &fields).await;
    post(&mut desk, &house, "/sign-out", &[]).await;
    assert_eq!(bring(&mut desk, &house, &honest.create(&options)).await.status, 403, "signed out");
    assert!(passkeys(&house).await.is_empty());
    house.stop().await;
}

/// Whether an owner's form is open to this browser without another proof.
async fn is_proved(browser: &mut Browser, house: &House) -> bool {
    let page = get(browser, house, "/settings/accounts?ask=new").await;
    assert_eq!(page.status, 200, "{}", page.text);
    !page.text.contains("action=\"/account/prove\"")
}

pub(crate) async fn a_passkey_proves_who_sits_there(backend: Backend) {
    let house = open(backend).await;
    let mut desk = signed_in(&house).await;
    let mut blue = add(&mut desk, &house, "blue").await;
    assert!(is_proved(&mut desk, &house).await);
    house.pass(6 * MINUTE);
    assert!(!is_proved(&mut desk, &house).await);
    let id = passkeys(&house).await[0].id.clone();
    let page = post(&mut desk, &house, "/account/passkeys/remove", &[("id", id.as_str())]).await;
    assert!(path_of(&house, &page).contains("draft="), "{}", page.location);
    assert_eq!(passkeys(&house).await.len(), 1, "a fresh proof first");
    let page = get(&mut desk, &house, "/settings/accounts?ask=new").await;
    assert!(page.text.contains("action=\"/account/prove/passkey\""), "it is offered: {}", page.text);

    // Not for another session, nor one that is asked for something else.
    let back = [("back", "/settings/accounts?ask=new")];
    let options = begin(&mut desk, &house, "/account/prove/passkey", &back).await;
    let mut forged = blue.forged();
    assert_eq!(bring(&mut desk, &house, &forged.get(&options)).await.status, 403);
    assert!(!is_proved(&mut desk, &house).await);
    let options = begin_sign_in(&mut desk, &house).await;
    let early = blue.get(&options);
    begin(&mut desk, &house, "/account/prove/passkey", &back).await;
    assert_eq!(bring(&mut desk, &house, &early).await.status, 403);
    assert!(!is_proved(&mut desk, &house).await);

    for (back, leads_to) in
        [("/settings/accounts?ask=new", "/settings/accounts?ask=new"), ("//evil.example/x", "/account")]
    {
        let options = begin(&mut desk, &house, "/account/prove/passkey", &[("back", back)]).await;
        let page = bring(&mut desk, &house, &blue.get(&options)).await;
        assert_eq!((page.status, path_of(&house, &page).as_str()), (303, leads_to), "{}", page.text);
    }
    assert!(is_proved(&mut desk, &house).await);
    // It stands in the place of the password, for five minutes.
    let fields = [("name", "red"), ("current", "")];
    begin(&mut desk, &house, "/account/passkeys/add", &fields).await;
    house.pass(6 * MINUTE);
    assert_eq!(post(&mut desk, &house, "/account/passkeys/add", &fields).await.status, 403);
    house.stop().await;
}

pub(crate) async fn an_address_of_numbers_has_no_passkeys(backend: Backend) {
    let house = House::open(backend).await;
    house.settle().await;
    let mut desk = signed_in(&house).await;
    assert!(!get(&mut Browser::open(), &house, "/sign-in").await.text.contains("/sign-in/passkey"));
    let page = get(&mut desk, &house, "/account").await.text;
    assert!(
        page.contains("Passkeys are bound to a name") && !page.contains("/account/passkeys/add"),
        "{page}"
    );
    let nothing: [(&str, &str); 0] = [];
    for (path, fields) in [
        ("/sign-in/passkey", &nothing[..]),
        ("/account/passkeys/add", &[("name", "blue"), ("current", PASSWORD)][..]),
        ("/account/prove/passkey", &[("back", "/account")][..]),
    ] {
        let page = post(&mut desk, &house, path, fields).await;
        assert!(page.status == 409 && page.text.contains("bound to a name"), "{path}: {}", page.text);
    }
    house.stop().await;
}

pub(crate) async fn an_account_has_twenty_passkeys_and_no_more(backend: Backend) {
    let house = open(backend).await;
    let id = owner(&house).await.id;
    for number in 1..=21_u8 {
        let name = format!("key {number}");
        let new = NewPasskey { name: &name, credential_id: &[number], credential: "{}", session: None };
        let added = house.store().add_passkey(&id, &new, &operator(), house.now()).await;
        if number <= 20 {
            added.expect("is added");
        } else {
            assert!(matches!(added, Err(AccountError::Passkey(PasskeyError::TooMany))), "{added:?}");
        }
    }
    assert_eq!(passkeys(&house).await.len(), 20);
    house.stop().await;
}

pub(crate) async fn ceremonies_are_few(backend: Backend) {
    let house = open(backend).await;
    // One address begins twenty a minute.
    for _ in 0..20 {
        begin_sign_in(&mut Browser::open(), &house).await;
    }
    let page = post(&mut Browser::open(), &house, "/sign-in/passkey", &[]).await;
    assert_eq!(page.status, 429, "{}", page.text);
    house.pass(MINUTE);
    begin_sign_in(&mut Browser::open(), &house).await;

    // Of one account the oldest give way, and those of others stay.
    let (store, id) = (house.store(), owner(&house).await.id);
    let ceremony = |account: Option<&str>| Ceremony {
        purpose: CeremonyPurpose::Prove,
        account: account.map(str::to_owned),
        session: Some([7; 32]),
        data: "{}".to_owned(),
    };
    let until = house.now().saturating_add_micros(5 * MINUTE);
    store.begin_ceremony(&[200; 32], &ceremony(None), house.now(), until).await.expect("is begun");
    for number in 0..21 {
        house.pass(1);
        store
            .begin_ceremony(&[number; 32], &ceremony(Some(&id)), house.now(), until)
            .await
            .expect("is begun");
    }
    for (digest, there) in [(0, false), (1, true), (20, true), (200, true)] {
        let found = store.ceremony(&[digest; 32], house.now()).await.expect("reads");
        assert_eq!(found.is_some(), there, "{digest}");
    }
    assert_eq!(store.finish_ceremony(&[1; 32], house.now()).await.expect("ends"), Some(ceremony(Some(&id))));
    assert_eq!(store.finish_ceremony(&[1; 32], house.now()).await.expect("ends"), None);
    assert_eq!(store.finish_ceremony(&[20; 32], until).await.expect("ends"), None, "too late");
    assert!(store.delete_expired_ceremonies(until).await.expect("sweeps") >= 20);
    assert_eq!(store.ceremony(&[200; 32], house.now()).await.expect("reads"), None);
    house.stop().await;
}
