//! How a reach comes to an account, and what it takes away.

use crate::reach::house::{House, now, of};
use policy::scope::AdminScope;
use policy::{Reach, TenantSlug};
use store::accounts::{AccountError, AccountRole, Admission, Admitted, NewAccount, RoleSource};
use store::administration::{GroupRole, ProviderSettings, SignInProvider};
use store::changes::{ChangeFilter, ChangePosition};
use store::sessions::{Started, session_digest};
use tests::world::operator;
use tests::{Backend, World, console};

pub(crate) async fn a_reach_is_given_and_goes_with_its_tenants(backend: Backend) {
    let house = House::open(backend).await;
    let owner = house.browser(AccountRole::Owner, Reach::Everything).await;
    let (id, cookie) = house.account(AccountRole::Auditor, Reach::Everything).await;
    assert_eq!(house.get(&cookie, "/servers").await.status, 200);
    // Both parts of the form say it, and a part that is wrong changes nothing.
    for (reach, tenants) in
        [("", "acme"), ("everything", "acme"), ("tenants", ""), ("tenants", "acme nowhere"), ("tenants", "A")]
    {
        let fields = [("id", id.as_str()), ("role", "owner"), ("reach", reach), ("tenants", tenants)];
        let answer = house.post(&owner, "/_fn/account-save", &fields).await;
        assert!(answer.location.contains("draft="), "{reach} {tenants}: {answer:?}");
        let kept = house.world.store.account(&id).await.expect("reads").expect("is there");
        assert_eq!((kept.role, kept.reach), (AccountRole::Auditor, Reach::Everything), "{reach} {tenants}");
    }
    let fields =
        [("id", id.as_str()), ("role", "auditor"), ("reach", "tenants"), ("tenants", "acme, nimbus")];
    let answer = house.post(&owner, "/_fn/account-save", &fields).await;
    assert!(answer.location.contains("done=account-saved"), "{answer:?}");
    let kept = house.world.store.account(&id).await.expect("reads").expect("is there");
    assert_eq!(kept.reach, of(&["acme", "nimbus"]));
    let listed = house.get(&owner, "/settings/accounts").await;
    assert!(listed.text.contains("of acme, nimbus"), "{}", listed.text);
    let filter = ChangeFilter { kind: Some("account"), object: Some(&kept.login), ..ChangeFilter::default() };
    let told =
        house.world.store.list_changes(&filter, ChangePosition::Newest, 1).await.expect("lists").remove(0);
    let (before, after) = (told.before.expect("before"), told.after.expect("after"));
    assert_eq!((before.get("tenants"), &after["tenants"]), (None, &serde_json::json!(["acme", "nimbus"])));

    // It counts from the next click on, in the very session that was there before.
    assert_eq!(house.get(&cookie, "/servers").await.status, 403);
    assert_eq!(house.get(&cookie, "/subjects/zed").await.status, 200);
    let mut writer = house.world.store.write(operator()).await.expect("a unit of work");
    assert!(writer.delete_tenant(&TenantSlug::from("nimbus")).await.expect("deletes"));
    writer.commit().await.expect("commits");
    assert_eq!(house.get(&cookie, "/subjects/zed").await.status, 404);
    // A tenant of the same name is another one.
    house.world.apply("tenants: [{ slug: nimbus, name: Another }]").await;
    let kept = house.world.store.account(&id).await.expect("reads").expect("is there");
    assert_eq!(kept.reach, of(&["acme"]));
    assert_eq!(house.get(&cookie, "/subjects/alice").await.status, 200);
    house.stop().await;
}

pub(crate) async fn an_owner_of_a_tenant_is_none_of_everything(backend: Backend) {
    let house = House::open(backend).await;
    let store = &house.world.store;
    let (bound, _) = house.account(AccountRole::Owner, of(&["acme"])).await;
    let (ada, _) = house.account(AccountRole::Owner, Reach::Everything).await;
    let by = operator();
    // Ada is the last one, whoever owns a tenant.
    for attempt in [
        store.set_account_active(&ada, false, &by, now()).await,
        store.set_account_role(&ada, AccountRole::Auditor, &by, now()).await,
        store.set_account_grant(&ada, AccountRole::Owner, &of(&["acme"]), &by, now()).await,
    ] {
        assert!(matches!(attempt, Err(AccountError::LastOwner)), "{attempt:?}");
    }
    store.set_account_active(&bound, false, &by, now()).await.expect("is no last owner");
    store.set_account_active(&bound, true, &by, now()).await.expect("is on again");

    // An unknown tenant makes no account, and none is kept without any.
    for (reach, unknown) in [(of(&["nowhere"]), true), (of(&["\0"]), true), (of(&[]), false)] {
        let new = NewAccount {
            login: "eve".to_owned(),
            name: "Eve".to_owned(),
            password_hash: None,
            role: AccountRole::Auditor,
            reach: reach.clone(),
        };
        let made = store.create_account(&new, &by, now()).await;
        match made {
            Err(AccountError::NoSuchTenant) => assert!(unknown, "{reach}"),
            Err(AccountError::NoTenant) => assert!(!unknown, "{reach}"),
            other => panic!("{reach}: {other:?}"),
        }
        let grant = store.set_account_grant(&bound, AccountRole::Owner, &reach, &by, now()).await;
        assert!(grant.is_err(), "{reach}");
    }
    assert_eq!(store.account_by_login("eve").await.expect("reads"), None);
    assert_eq!(store.account(&bound).await.expect("reads").expect("is there").reach, of(&["acme"]));

    // Its administrator tokens die with its reach, and none is made for it.
    let token = tests::administrator::token(&house.world, "ci", &[AdminScope::Read], None).await;
    let digest = pdp::Secret::new(token.as_str()).digest();
    assert!(store.administrator(&digest).await.expect("reads").is_some());
    let holder = store.list_administrator_tokens(&store::administration::Page::ALL).await.expect("lists");
    let holder = store.account_by_login(&holder[0].account).await.expect("reads").expect("is there").id;
    let bind = store.set_account_grant(&holder, AccountRole::Owner, &of(&["acme"]), &by, now()).await;
    bind.expect("another owner is left");
    assert!(store.administrator(&digest).await.expect("reads").is_none());
    house.stop().await;
}

const ISSUER: &str = "https://idp.example";

async fn provider(world: &World) {
    let group = |group: &str, told: &str| GroupRole::read(group, told).expect("a role");
    let provider = SignInProvider {
        id: "work".to_owned(),
        name: "Work".to_owned(),
        issuer: ISSUER.to_owned(),
        client_id: "console".to_owned(),
        active: true,
        settings: ProviderSettings {
            groups: vec![group("acme-owners", "owner@acme"), group("gone", "auditor@nowhere")],
            ..ProviderSettings::default()
        },
    };
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_sign_in_provider(&provider).await.expect("kept");
    writer.commit().await.expect("commits");
}

/// Ann signs in with these groups.
async fn ann(world: &World, groups: &[&str]) -> Admitted {
    let known = world.store.get_sign_in_provider("work").await.expect("reads").expect("is there");
    let role = known.role_of(groups.iter().copied());
    let who = Admission { issuer: ISSUER, sub: "17", login: "ann", name: "Ann", role, admit_subjects: false };
    world.store.admit(&who, None, now()).await.expect("answers")
}

pub(crate) async fn a_provider_tells_of_a_role_in_a_tenant(backend: Backend) {
    let world = World::demo(backend).await;
    provider(&world).await;
    // The tenant of the mapping is not there: so is the role.
    assert_eq!(ann(&world, &["gone"]).await, Admitted::NoRole);
    let Admitted::As { account: first, told: true, .. } = ann(&world, &["acme-owners"]).await else {
        panic!("comes in")
    };
    assert_eq!((first.role, &first.reach), (AccountRole::Owner, &of(&["acme"])));
    assert_eq!(first.role_source, RoleSource::Mapped);
    let kept = world.store.account(&first.id).await.expect("reads").expect("is there");
    assert_eq!(kept, *first);

    // Told of another reach meanwhile: the sign-in that was under way comes to nothing.
    let mut known = world.store.get_sign_in_provider("work").await.expect("reads").expect("is there");
    known.settings.groups = vec![GroupRole::read("acme-owners", "owner@globex").expect("a role")];
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_sign_in_provider(&known).await.expect("kept");
    writer.commit().await.expect("commits");
    let Admitted::As { account: second, .. } = ann(&world, &["acme-owners"]).await else {
        panic!("comes in")
    };
    assert_eq!(second.reach, of(&["globex"]));
    let start = async |id: &str, version: i64| {
        let session = console::row(session_digest(id.as_bytes()), &second, now());
        world.store.start_session(&session, version).await.expect("answers")
    };
    assert_eq!(start("1", first.password_version).await, Started::Refused);
    assert_eq!(start("2", second.password_version).await, Started::Yes);
}
