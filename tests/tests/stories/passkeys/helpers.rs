//! A house at `localhost`, which can have passkeys, and what browsers do there.

use super::authenticator::Authenticator;
use crate::edge::house::{House, LOGIN, PASSWORD};
use crate::sso::browser::{Browser, Page};
use serde_json::Value;
use store::accounts::{Account, Passkey};
use tests::Backend;
use tests::console::form;

/// With its owner.
pub(super) async fn open(backend: Backend) -> House {
    let house = House::with(backend, |config| {
        config.public_url = config.public_url.replace("127.0.0.1", "localhost");
    })
    .await;
    house.settle().await;
    house
}

/// What browsers call the address.
pub(super) fn origin(house: &House) -> String {
    house.origin().replace("127.0.0.1", "localhost")
}

pub(super) async fn post(browser: &mut Browser, house: &House, path: &str, fields: &[(&str, &str)]) -> Page {
    browser.post(&format!("{}{path}", house.origin()), &form(fields)).await
}

pub(super) async fn get(browser: &mut Browser, house: &House, path: &str) -> Page {
    browser.get(&format!("{}{path}", house.origin())).await
}

/// Where a page leads, without the address.
pub(super) fn path_of(house: &House, page: &Page) -> String {
    page.location.replace(&house.origin(), "")
}

/// A browser in which the owner signed in with the password.
pub(super) async fn signed_in(house: &House) -> Browser {
    let mut browser = Browser::open();
    let page = post(&mut browser, house, "/sign-in", &[("login", LOGIN), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(browser.is_in(house).await);
    browser
}

/// What the page of the ceremony asks the browser.
pub(super) async fn asked(browser: &mut Browser, house: &House) -> Value {
    let page = get(browser, house, "/passkey").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let (_, from) = page.text.split_once("data-options=\"").expect("options");
    let (options, _) = from.split_once('"').expect("an end");
    let plain =
        options.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&plain).expect("JSON")
}

/// Sends an answer.
pub(super) async fn bring(browser: &mut Browser, house: &House, answer: &str) -> Page {
    post(browser, house, "/passkey", &[("answer", answer)]).await
}

/// Begins a ceremony by this form; what it asks.
pub(super) async fn begin(
    browser: &mut Browser,
    house: &House,
    path: &str,
    fields: &[(&str, &str)],
) -> Value {
    let page = post(browser, house, path, fields).await;
    assert_eq!((page.status, path_of(house, &page).as_str()), (303, "/passkey"), "{}", page.text);
    asked(browser, house).await
}

/// Begins to sign in by a passkey alone; what is asked.
pub(super) async fn begin_sign_in(browser: &mut Browser, house: &House) -> Value {
    let options = begin(browser, house, "/sign-in/passkey", &[]).await;
    assert_eq!(options["allowCredentials"], serde_json::json!([]), "nobody is named");
    options
}

/// Adds a passkey to the owner's account.
pub(super) async fn add(browser: &mut Browser, house: &House, name: &str) -> Authenticator {
    let mut authenticator = Authenticator::new(name, &origin(house));
    let fields = [("name", name), ("current", PASSWORD)];
    let options = begin(browser, house, "/account/passkeys/add", &fields).await;
    let page = bring(browser, house, &authenticator.create(&options)).await;
    assert_eq!(
        (page.status, path_of(house, &page).as_str()),
        (303, "/account?done=passkey-added"),
        "{}",
        page.text
    );
    authenticator
}

pub(super) async fn owner(house: &House) -> Account {
    house.store().account_by_login(LOGIN).await.expect("reads").expect("is there")
}

pub(super) async fn passkeys(house: &House) -> Vec<Passkey> {
    house.store().list_passkeys(&owner(house).await.id).await.expect("reads")
}

/// The events of accounts, the newest first, with the passkey that each is about.
pub(super) async fn events(house: &House) -> Vec<(String, Option<String>)> {
    use store::changes::{ChangeFilter, ChangePosition};
    let filter = ChangeFilter { kind: Some("account"), ..ChangeFilter::default() };
    let found = house.store().list_changes(&filter, ChangePosition::Newest, 100).await.expect("reads");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    found
        .into_iter()
        .map(|change| {
            let after = change.after.expect("after");
            (text(&after["event"]).expect("a word"), text(&after["passkey"]))
        })
        .collect()
}
