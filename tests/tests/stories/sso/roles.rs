//! As what people come in, and for how long.

use crate::edge::house::{House, MINUTE};
use crate::sso::browser::Browser;
use crate::sso::provider::{Provider, house_with_provider, register, set_groups, work};
use store::accounts::{Account, AccountRole, RoleSource};
use store::administration::{ProviderSettings, SignInProvider};
use tests::Backend;
use tests::world::operator;

async fn account(house: &House, provider: &Provider, name: &str) -> Option<Account> {
    house.store().account_by_identity(&provider.url, name).await.expect("reads")
}

pub(crate) async fn what_groups_stand_for_counts_for_an_hour(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    house.settle().await;
    let mut ann = Browser::open();
    assert_eq!(ann.sign_in(&house, "ann").await.status, 303);
    for _ in 0..5 {
        house.pass(10 * MINUTE);
        assert!(ann.is_in(&house).await, "it is used, and does not rest");
    }
    house.pass(10 * MINUTE);
    assert!(!ann.is_in(&house).await, "an hour has passed");
    let session = ann.session(&house).expect("a cookie");
    let told = house.get("/_fn/account", &[("cookie", session.as_str())]).await;
    assert_eq!(told.code(), "sign_in_required");

    // A role that an owner gives stays, and whatever was told does not count beside it.
    let known = account(&house, &provider, "ann").await.expect("is there");
    house
        .store()
        .set_account_role(&known.id, AccountRole::Auditor, &operator(), house.now())
        .await
        .expect("given");
    let mut again = Browser::open();
    assert_eq!(again.sign_in(&house, "ann").await.status, 303);
    let known = account(&house, &provider, "ann").await.expect("is there");
    assert_eq!((known.role, known.role_source), (AccountRole::Auditor, RoleSource::Given));
    house.pass(30 * MINUTE);
    assert!(again.is_in(&house).await);
    house.pass(40 * MINUTE);
    assert!(again.is_in(&house).await, "the session ends as everybody's does");
    house.stop().await;
}

pub(crate) async fn groups_are_told_anew_by_each_sign_in(backend: Backend) {
    let (house, mut provider) = house_with_provider(backend).await;
    house.settle().await;
    // Unknown groups, and none, stand for nothing: nobody comes in, and no account is made.
    for groups in ["strangers,Admins", ""] {
        set_groups(&mut provider, "zoe", groups);
        let mut zoe = Browser::open();
        let page = zoe.sign_in(&house, "zoe").await;
        assert_eq!(page.status, 403, "{groups}: {}", page.text);
        assert!(page.text.contains("does not let you in"), "{}", page.text);
        assert!(zoe.session(&house).is_none() && account(&house, &provider, "zoe").await.is_none());
    }
    set_groups(&mut provider, "zoe", "finance");
    let mut zoe = Browser::open();
    assert_eq!(zoe.sign_in(&house, "zoe").await.status, 303);
    assert_eq!(account(&house, &provider, "zoe").await.map(|known| known.role), Some(AccountRole::Approver));

    // Another group: another role, and what was told before ends with it.
    set_groups(&mut provider, "zoe", "finance,admins");
    let mut second = Browser::open();
    assert_eq!(second.sign_in(&house, "zoe").await.status, 303);
    assert!(second.is_in(&house).await && !zoe.is_in(&house).await);
    let session = second.session(&house).expect("a cookie");
    assert_eq!(house.get("/settings/accounts", &[("cookie", session.as_str())]).await.status, 200);

    // A last owner is one who was given it: told ones do not keep the door open.
    let owners = house.store().accounts().await.expect("reads");
    let ada = owners.iter().find(|known| known.login == crate::edge::house::LOGIN).expect("is there");
    let switched = house.store().set_account_active(&ada.id, false, &operator(), house.now()).await;
    assert!(switched.is_err(), "she is the only one who was given it");

    // No group any longer: out, here and elsewhere.
    set_groups(&mut provider, "zoe", "");
    let mut third = Browser::open();
    assert_eq!(third.sign_in(&house, "zoe").await.status, 403);
    assert!(!second.is_in(&house).await);
    let known = account(&house, &provider, "zoe").await.expect("is there");
    assert_eq!(known.role_source, RoleSource::Lapsed, "what groups gave is gone");
    // They are hers again: so is the role, and no session of before.
    set_groups(&mut provider, "zoe", "finance");
    assert_eq!(third.sign_in(&house, "zoe").await.status, 303);
    assert!(third.is_in(&house).await && !second.is_in(&house).await);
    house.stop().await;
}

pub(crate) async fn a_disabled_account_is_signed_out_and_stays_out(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    let owner = house.settle().await;
    let mut finn = Browser::open();
    assert_eq!(finn.sign_in(&house, "finn").await.status, 303);
    assert!(finn.is_in(&house).await);
    let known = account(&house, &provider, "finn").await.expect("is there");
    let headers = [("cookie", owner.as_str()), ("accept", "text/html")];
    let answer = house.post("/_fn/account-disable", &[("id", known.id.as_str())], &headers).await;
    assert!(answer.header("location").contains("done=account-disabled"), "{answer:?}");
    assert!(!finn.is_in(&house).await);
    let page = finn.sign_in(&house, "finn").await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(!page.text.contains("disabled"), "{}", page.text);

    // So is everybody whom a provider speaks of, once that is switched off.
    let mut ann = Browser::open();
    assert_eq!(ann.sign_in(&house, "ann").await.status, 303);
    register(&house, &SignInProvider { active: false, ..work(&provider) }).await;
    assert!(!ann.is_in(&house).await);
    assert!(house.is_open(&owner).await, "whom it does not speak of stays");
    house.stop().await;
}

pub(crate) async fn a_person_of_the_policy_is_an_approver(backend: Backend) {
    let (house, provider) = house_with_provider(backend).await;
    house.settle().await;
    let url = &provider.url;
    house
        .world
        .apply(&format!(
            "issuers:\n  - url: {url}\n    name: The company\n    active: true\n    tenants: [acme]\n    audiences: []\n\
             subjects:\n  - id: pat\n    kind: user\n    active: true\n    \
             identities: [{{ issuer: \"{url}\", sub: pat }}]\n"
        ))
        .await;
    let mut pat = Browser::open();
    assert_eq!(pat.sign_in(&house, "pat").await.status, 403, "persons are not let in by themselves");

    let settings = ProviderSettings { admit_subjects: true, ..work(&provider).settings };
    register(&house, &SignInProvider { settings, ..work(&provider) }).await;
    assert_eq!(pat.sign_in(&house, "pat").await.status, 303);
    let known = account(&house, &provider, "pat").await.expect("is there");
    assert_eq!((known.role, known.role_source), (AccountRole::Approver, RoleSource::Mapped));
    assert_eq!(known.subject.as_ref().map(policy::SubjectId::as_str), Some("pat"));
    let session = pat.session(&house).expect("a cookie");
    for path in ["/decisions", "/rules", "/settings/accounts", "/settings/sign-in"] {
        let page = house.get(path, &[("cookie", session.as_str())]).await;
        assert_eq!(page.status, 403, "{path}");
    }
    // Whoever is no person of the policy any more is out at once, and comes in no more.
    house.world.apply("subjects: [{id: pat, active: false}]").await;
    assert!(!pat.is_in(&house).await);
    let mut again = Browser::open();
    assert_eq!(again.sign_in(&house, "pat").await.status, 403);
    house.stop().await;
}
