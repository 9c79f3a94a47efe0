//! What an owner does with accounts in the console.

use crate::edge::house::{House, LOGIN};
use crate::sso::browser::Browser;
use crate::sso::provider::house_with_provider;
use store::accounts::{AccountRole, RoleSource};
use tests::Backend;
use tests::world::operator;

const PASSWORD: &str = "four copper whales hum";

/// The link on a page that shows it once.
fn shown(text: &str, origin: &str) -> String {
    let from = text.find(&format!("{origin}/recover#")).unwrap_or_else(|| panic!("no link: {text}"));
    text[from..].split('"').next().expect("an end").to_owned()
}

/// Chooses a password by the link; the session.
async fn choose(house: &House, link: &str, password: &str) -> Option<String> {
    let fields = [("code", link), ("password", password), ("password_again", password)];
    let answer = house.post("/recover", &fields, &[]).await;
    assert!(answer.status == 303 || answer.status == 422, "{}", answer.text);
    answer.cookie("countersign")
}

pub(crate) async fn who_has_no_password_gives_themselves_none(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    house.settle().await;
    let mut ann = Browser::open();
    assert_eq!(ann.sign_in(&house, "ann").await.status, 303);
    let session = ann.session(&house).expect("a cookie");
    let cookie = [("cookie", session.as_str()), ("accept", "text/html")];
    let page = house.get("/account", &cookie).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("have no password here") && !page.text.contains("Current password"));
    let fields = [("current", ""), ("password", PASSWORD), ("password_again", PASSWORD)];
    let kept = async || {
        let known = house.store().account_by_identity(&provider.url, "ann").await.expect("reads");
        known.expect("is there").password_hash
    };
    // Proven a moment ago, and still refused; whether an owner gave the role makes no difference.
    for _ in 0..2 {
        let refused = house.post("/account/password", &fields, &cookie).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert!(refused.text.contains("An owner can make a link"), "{}", refused.text);
        assert!(kept().await.is_none());
        let known = house.store().account_by_identity(&provider.url, "ann").await.expect("reads");
        let known = known.expect("is there");
        let role = AccountRole::Auditor;
        house.store().set_account_role(&known.id, role, &operator(), house.now()).await.expect("given");
    }
    house.stop().await;
}

pub(crate) async fn an_owner_invites_resets_and_disables(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    let owner = house.settle().await;
    let cookie = [("cookie", owner.as_str()), ("accept", "text/html")];
    let invitation =
        [("login", "Bob@Example.org"), ("name", ""), ("role", "auditor"), ("reach", "everything")];
    let page = house.post("/accounts/invite", &invitation, &cookie).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"), "{}", page.text);
    let link = shown(&page.text, &house.origin());
    let twice = house.post("/accounts/invite", &invitation, &cookie).await;
    assert!(twice.header("location").starts_with("/settings/accounts?ask=new&draft="), "{twice:?}");

    // Passwords that everybody tries are refused, and the link stays.
    assert_eq!(choose(&house, &link, "Password123!!").await, None);
    let bob = choose(&house, &link, PASSWORD).await.expect("a session");
    assert_eq!(choose(&house, &link, PASSWORD).await, None, "it was used");
    let account = house.store().account_by_login("bob@example.org").await.expect("reads").expect("is there");
    assert_eq!((account.role, account.role_source), (AccountRole::Auditor, RoleSource::Given));

    // Who may not manage accounts neither makes links nor changes anybody.
    let theirs = [("cookie", bob.as_str()), ("accept", "application/json")];
    for path in ["/accounts/invite", "/accounts/reset"] {
        let refused = house.post(path, &[("id", account.id.as_str()), ("role", "owner")], &theirs).await;
        assert_eq!(refused.status, 403, "{path}");
        assert!(!refused.text.contains("/recover#"), "{path}");
    }
    for path in ["account-save", "account-disable", "account-enable", "account-link", "account-unlink"] {
        let refused = house.post(&format!("/_fn/{path}"), &[("id", account.id.as_str())], &theirs).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"), "{path}");
    }
    assert_eq!(house.get("/settings/accounts", &[("cookie", bob.as_str())]).await.status, 200);

    // Another password: the old one works until the link is used, and no session of it survives.
    let page = house.post("/accounts/reset", &[("id", account.id.as_str())], &cookie).await;
    let link = shown(&page.text, &house.origin());
    assert!(house.is_open(&bob).await);
    let new = choose(&house, &link, "nine amber foxes doze").await.expect("a session");
    assert!(!house.is_open(&bob).await && house.is_open(&new).await);

    // An identity leads to the account, whose given role stays.
    let identity = [("id", account.id.as_str()), ("issuer", provider.url.as_str()), ("sub", "bob")];
    let linked = house.post("/_fn/account-link", &identity, &cookie).await;
    assert!(linked.header("location").contains("done=account-linked"), "{linked:?}");
    let mut browser = Browser::open();
    assert_eq!(browser.sign_in(&house, "bob").await.status, 303);
    let same = house.store().account_by_identity(&provider.url, "bob").await.expect("reads");
    assert_eq!(same.map(|same| same.id), Some(account.id.clone()));
    let unlinked = house.post("/_fn/account-unlink", &identity, &cookie).await;
    assert!(unlinked.header("location").contains("done=account-unlinked"), "{unlinked:?}");
    assert!(!browser.is_in(&house).await);

    // Off: at once, and by no way in.
    let form = [("login", "bob@example.org"), ("password", "nine amber foxes doze")];
    let session = house.post("/sign-in", &form, &[]).await.cookie("countersign").expect("a session");
    let off = house.post("/_fn/account-disable", &[("id", account.id.as_str())], &cookie).await;
    assert!(off.header("location").contains("done=account-disabled"), "{off:?}");
    assert!(!house.is_open(&session).await);
    assert_eq!(house.post("/sign-in", &form, &[]).await.status, 403);
    let stale = house.post("/accounts/reset", &[("id", account.id.as_str())], &cookie).await;
    assert!(stale.header("location").starts_with("/settings/accounts?ask=rotate"), "{stale:?}");

    // The last owner stays one, and on.
    let ada = house.store().account_by_login(LOGIN).await.expect("reads").expect("is there");
    let id = ("id", ada.id.as_str());
    for (path, fields) in [
        ("account-disable", &[id][..]),
        ("account-save", &[id, ("role", "auditor"), ("reach", "everything")]),
        ("account-save", &[id, ("role", "owner"), ("reach", "tenants"), ("tenants", "acme")]),
    ] {
        let kept = house.post(&format!("/_fn/{path}"), fields, &cookie).await;
        assert!(kept.header("location").contains("draft="), "{path}: {kept:?}");
    }
    assert!(house.is_open(&owner).await);
    house.stop().await;
}
