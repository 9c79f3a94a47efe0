//! Which answers of a provider count.

use crate::edge::house::{House, MINUTE};
use crate::sso::browser::Browser;
use crate::sso::provider::{SECRET, house_with_provider, register, start, work};
use store::accounts::{AccountRole, RoleSource};
use store::administration::SignInProvider;
use store::changes::{ChangeFilter, ChangePosition};
use tests::Backend;

pub(crate) async fn a_provider_vouches_for_somebody(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    house.settle().await;
    let mut browser = Browser::open();
    let door = browser.get(&format!("{}/sign-in", house.origin())).await;
    assert!(door.text.contains("/sign-in/with/work") && door.text.contains("The company"), "{}", door.text);

    let at = browser.begin(&house).await;
    for part in
        ["code_challenge_method=S256", "response_type=code", "nonce=", "state=", "scope=openid+profile"]
    {
        assert!(at.contains(part), "{part}: {at}");
    }
    assert!(!at.contains(SECRET));
    let back = browser.prove(&at, "ann").await;
    let landed = browser.get(&back).await;
    assert_eq!((landed.status, landed.location.as_str()), (303, format!("{}/", house.origin()).as_str()));
    assert!(browser.is_in(&house).await);

    let account = house.store().account_by_identity(&provider.url, "ann").await.expect("reads");
    let account = account.expect("is there");
    assert_eq!((account.login.as_str(), account.name.as_str()), ("ann@idp.example", "Somebody, ann"));
    assert_eq!((account.role, account.role_source), (AccountRole::Owner, RoleSource::Mapped));
    assert!(account.password_hash.is_none());
    // Another browser of the same person is the same account.
    let mut other = Browser::open();
    assert_eq!(other.sign_in(&house, "ann").await.status, 303);
    let sessions = house.store().list_sessions(&account.id, house.now()).await.expect("reads");
    assert_eq!(sessions.len(), 2);
    // It cannot be guessed into: there is no password.
    let form = [("login", "ann@idp.example"), ("password", "x")];
    assert_eq!(house.post("/sign-in", &form, &[]).await.status, 403);

    let changes = house.store().list_changes(&ChangeFilter::default(), ChangePosition::Newest, 500).await;
    let changes = format!("{:?}", changes.expect("reads"));
    assert!(changes.contains("made by a sign-in") && changes.contains("sign_in_provider"), "{changes}");
    assert!(!changes.contains(SECRET));

    // Signing out ends it here.
    let out = browser.post(&format!("{}/sign-out", house.origin()), "").await;
    assert_eq!(out.status, 303);
    assert!(!browser.is_in(&house).await);
    house.stop().await;
}

pub(crate) async fn no_answer_counts_that_this_browser_did_not_ask_for(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    house.settle().await;
    let mut ann = Browser::open();
    let at = ann.begin(&house).await;
    let back = ann.prove(&at, "ann").await;
    let before_use = ann.clone();

    // Somebody else's browser, with nothing begun, and with something else begun.
    let mut victim = Browser::open();
    assert_eq!(victim.get(&back).await.status, 400);
    victim.begin(&house).await;
    assert_eq!(victim.get(&back).await.status, 400);
    // Her own, with another state, without one, and with something said twice.
    let (_, query) = back.split_once('?').expect("a query");
    let callback = format!("{}/sign-in/callback/work", house.origin());
    for altered in [
        query.replace("state=", "state=x"),
        query.split('&').filter(|pair| !pair.starts_with("state=")).collect::<Vec<_>>().join("&"),
        format!("{query}&code=another"),
        String::new(),
    ] {
        let mut copy = before_use.clone();
        let page = copy.get(&format!("{callback}?{altered}")).await;
        assert_eq!(page.status, 400, "{altered}: {}", page.text);
        assert!(copy.session(&house).is_none());
    }

    // It counts once: neither again, nor with the cookie of before.
    assert_eq!(ann.get(&back).await.status, 303);
    assert!(ann.is_in(&house).await);
    let mut again = before_use.clone();
    let replayed = again.get(&back).await;
    assert_eq!(replayed.status, 400, "{}", replayed.text);
    assert!(again.session(&house).is_none());
    // Nor does its code, brought by an answer to another question.
    let code = query.split('&').find(|pair| pair.starts_with("code=")).expect("a code").to_owned();
    let mut thief = Browser::open();
    let at = thief.begin(&house).await;
    let state = at.split('&').find(|pair| pair.starts_with("state=")).expect("a state");
    let iss = format!("iss={}", provider.url.replace(':', "%3A").replace('/', "%2F"));
    let page = thief.get(&format!("{callback}?{code}&{state}&{iss}")).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(thief.session(&house).is_none());

    // Who takes longer than ten minutes begins anew.
    let mut slow = Browser::open();
    let at = slow.begin(&house).await;
    let back = slow.prove(&at, "ann").await;
    house.pass(11 * crate::edge::house::MINUTE);
    assert_eq!(slow.get(&back).await.status, 400);
    house.stop().await;
}

pub(crate) async fn an_answer_of_another_provider_or_for_another_question_is_refused(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    house.settle().await;
    let encoded = provider.url.replace(':', "%3A").replace('/', "%2F");
    for iss in ["iss=https%3A%2F%2Fevil.example", "", "iss="] {
        let mut browser = Browser::open();
        let at = browser.begin(&house).await;
        let back = browser.prove(&at, "ann").await;
        let named = format!("iss={encoded}");
        assert!(back.contains(&named), "{back}");
        let page = browser.get(&back.replace(&named, iss)).await;
        assert_eq!(page.status, 403, "{iss}: {}", page.text);
        assert!(browser.session(&house).is_none());
    }
    // Brought to the address of another provider, it is that one's answer, whatever it says; and it is used up.
    let other = SignInProvider {
        id: "partner".to_owned(),
        issuer: "https://partner.example".to_owned(),
        ..work(&provider)
    };
    register(&house, &other).await;
    for at in ["partner", "nobody"] {
        let mut browser = Browser::open();
        let asked = browser.begin(&house).await;
        assert!(asked.contains("sign-in%2Fcallback%2Fwork"), "{asked}");
        let back = browser.prove(&asked, "ann").await;
        let elsewhere = back.replace("/sign-in/callback/work", &format!("/sign-in/callback/{at}"));
        assert_ne!(elsewhere, back);
        let before_use = browser.clone();
        let page = browser.get(&elsewhere).await;
        assert_eq!(page.status, 403, "{at}: {}", page.text);
        assert!(browser.session(&house).is_none());
        let mut again = before_use;
        assert_eq!(again.get(&back).await.status, 400, "{at}");
    }
    // The ID token is for another nonce than the one that this browser asked with.
    let mut browser = Browser::open();
    let at = browser.begin(&house).await;
    let back = browser.prove(&at.replace("nonce=", "nonce=x"), "ann").await;
    let page = browser.get(&back).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("could not be trusted") && !page.text.contains("nonce"), "{}", page.text);
    assert!(browser.session(&house).is_none());
    // The code was asked for with another challenge.
    let at = browser.begin(&house).await;
    let challenge = at.split('&').find(|pair| pair.starts_with("code_challenge=")).expect("a challenge");
    let back =
        browser.prove(&at.replace(challenge, &format!("code_challenge={}", "A".repeat(43))), "ann").await;
    assert_eq!(browser.get(&back).await.status, 403);
    // The provider says no.
    let at = browser.begin(&house).await;
    let state = at.split('&').find(|pair| pair.starts_with("state=")).expect("a state");
    let refused = format!(
        "{}/sign-in/callback/work?error=access_denied&error_description=%3Cb%3E&{state}",
        house.origin()
    );
    let page = browser.get(&refused).await;
    assert_eq!(page.status, 403);
    assert!(!page.text.contains("<b>") && !page.text.contains("access_denied"), "{}", page.text);
    let made = house.store().account_by_identity(&provider.url, "ann").await.expect("reads");
    assert!(made.is_none(), "nobody was let in");

    // A provider that is switched off, or unknown, is no door.
    register(&house, &SignInProvider { active: false, ..work(&provider) }).await;
    for id in ["work", "nothing", "a%00b"] {
        let page = Browser::open().get(&format!("{}/sign-in/with/{id}", house.origin())).await;
        assert_eq!(page.status, 404, "{id}");
    }
    house.stop().await;
}

pub(crate) async fn a_provider_is_asked_through_the_address_guard(backend: Backend) {
    let house = House::open(backend).await;
    house.settle().await;
    let provider = start(&format!("{}/sign-in/callback/work", house.origin()));
    register(&house, &work(&provider)).await;
    let page = Browser::open().get(&format!("{}/sign-in/with/work", house.origin())).await;
    assert_eq!(page.status, 502, "{}", page.text);
    assert!(!page.text.contains("127.0.0.1"), "{}", page.text);
    house.stop().await;
}

pub(crate) async fn one_address_begins_twenty_sign_ins_a_minute(backend: Backend) {
    let (house, _provider) = house_with_provider(backend).await;
    house.settle().await;
    for _ in 0..20 {
        Browser::open().begin(&house).await;
    }
    let page = Browser::open().get(&format!("{}/sign-in/with/work", house.origin())).await;
    assert_eq!((page.status, page.location.as_str()), (429, ""), "{}", page.text);
    house.pass(MINUTE);
    Browser::open().begin(&house).await;
    house.stop().await;
}
