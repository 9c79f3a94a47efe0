//! By which identities somebody is known: those of issuers that speak for the reader's tenants, and no others.

use crate::api::client::{Client, token};
use crate::reach::house::{House, encode, of};
use pdp::bundle::export;
use policy::scope::AdminScope;
use policy::{Reach, SubjectId, TenantSlug};
use serde_json::json;
use store::accounts::AccountRole;
use store::administration::{ProviderSettings, SignInProvider};
use tests::world::operator;
use tests::{Backend, World};

/// It speaks for acme, and so does the second one, which speaks for nimbus too. The third one speaks for nimbus alone, and
/// the fourth is no issuer of tokens.
const ISSUERS: [&str; 4] =
    ["https://ours.example", "https://shared.example", "https://theirs.example", "https://work.example"];

/// Who is known by all four.
async fn known(world: &World) {
    let tenants = [json!(["acme"]), json!(["acme", "nimbus"]), json!(["nimbus"])];
    let issuers: Vec<_> =
        ISSUERS.iter().zip(tenants).map(|(url, tenants)| json!({"url": url, "tenants": tenants})).collect();
    let identities = ISSUERS.map(|issuer| json!({"issuer": issuer, "sub": "17"}));
    let both = json!({"id": "both", "identities": identities});
    world.apply(&json!({"issuers": issuers, "subjects": [both]}).to_string()).await;
}

/// The provider of the fourth, which is on or off.
async fn offered(world: &World, active: bool) {
    let provider = SignInProvider {
        id: "work".to_owned(),
        name: "Work".to_owned(),
        issuer: ISSUERS[3].to_owned(),
        client_id: "console".to_owned(),
        active,
        settings: ProviderSettings::default(),
    };
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_sign_in_provider(&provider).await.expect("kept");
    writer.commit().await.expect("commits");
}

/// Which of them a text tells of somebody.
fn told(text: &str) -> Vec<usize> {
    (0..ISSUERS.len()).filter(|place| text.contains(ISSUERS[*place])).collect()
}

/// Which of them the subjects of a policy file have.
fn written(text: &str) -> Vec<usize> {
    let (_, subjects) = text.split_once("\nsubjects:").expect("subjects");
    let (subjects, _) = subjects.split_once("\nservers:").expect("servers");
    told(subjects)
}

pub(crate) async fn identities_are_shown_where_their_issuer_speaks(backend: Backend) {
    let house = House::open(backend).await;
    let world = &house.world;
    known(world).await;
    let replica = world.replica().await;
    let bound = Client::new(replica.address(), &token(world, "acme", AdminScope::ALL, Some("acme")).await);
    let every = Client::new(replica.address(), &token(world, "every", AdminScope::ALL, None).await);
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let nimbus = house.browser(AccountRole::Owner, of(&["nimbus"])).await;
    let either = house.browser(AccountRole::Owner, of(&["acme", "nimbus"])).await;
    let everywhere = house.browser(AccountRole::Owner, Reach::Everything).await;
    let path = "/api/v1/subjects/both";
    let slug = TenantSlug::from("acme");

    let check = async |what: &str, in_acme: &[usize], in_nimbus: &[usize], in_either: &[usize]| {
        let all: &[usize] = &[0, 1, 2, 3];
        for (cookie, shown) in
            [(&acme, in_acme), (&nimbus, in_nimbus), (&either, in_either), (&everywhere, all)]
        {
            let page = house.get(cookie, "/subjects/both").await;
            assert_eq!((page.status, told(&page.text)), (200, shown.to_vec()), "{what}: {}", page.text);
        }
        for (client, shown) in [(&bound, in_acme), (&every, all)] {
            let subject = client.get(path).await.body["identities"].to_string();
            assert_eq!(told(&subject), shown, "{what}: {subject}");
            let listed = client.get("/api/v1/subjects?q=both").await.body.to_string();
            assert_eq!(told(&listed), shown, "{what}: {listed}");
        }
        let file = bound.get("/api/v1/bundle").await.body;
        assert_eq!(written(file.as_str().expect("a file")), in_acme, "{what}: {file}");
        let file = Box::pin(export(&world.store, Some(&slug), "VERSION")).await.expect("is written");
        assert_eq!(written(&file), in_acme, "{what}: {file}");
        // Applied again it takes nothing away of what it does not tell.
        let before = house.last_change().await;
        Box::pin(world.apply(&file)).await;
        assert_eq!(house.last_change().await, before, "{what}: {file}");
    };
    check("nobody signs in by the fourth", &[0, 1], &[1, 2], &[0, 1, 2]).await;
    offered(world, true).await;
    check("everybody may sign in by the fourth", &[0, 1, 3], &[1, 2, 3], &[0, 1, 2, 3]).await;
    for url in &ISSUERS[1..3] {
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        assert!(writer.delete_issuer(url).await.expect("deletes"));
        writer.commit().await.expect("commits");
    }
    check("two issuers are gone", &[0, 3], &[3], &[0, 3]).await;
    offered(world, false).await;
    check("the provider is off", &[0], &[], &[0]).await;
    replica.stop().await;
    house.stop().await;
}

/// By which of them somebody is known now.
async fn held(world: &World, id: &str) -> Vec<usize> {
    let subject = world.store.get_subject(&SubjectId::from(id)).await.expect("reads").expect("is there");
    (0..ISSUERS.len())
        .filter(|place| subject.identities.iter().any(|one| one.issuer == ISSUERS[*place]))
        .collect()
}

/// Of a subject that is acme's alone: what is not shown there is answered as what is not there at all.
pub(crate) async fn an_identity_that_is_not_shown_is_not_taken_away(backend: Backend) {
    let house = House::open(backend).await;
    let world = &house.world;
    known(world).await;
    let identities = ISSUERS.map(|issuer| json!({"issuer": issuer, "sub": "18"}));
    let memberships = json!([{"tenant": "acme", "roles": []}]);
    let own = json!({"id": "own", "identities": identities, "memberships": memberships});
    world.apply(&json!({ "subjects": [own] }).to_string()).await;
    let replica = world.replica().await;
    let bound = Client::new(replica.address(), &token(world, "acme", AdminScope::ALL, Some("acme")).await);
    let every = Client::new(replica.address(), &token(world, "every", AdminScope::ALL, None).await);
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let path = |issuer: &str, sub: &str| {
        format!("/api/v1/subjects/own/identities?issuer={}&sub={sub}", encode(issuer))
    };
    let over_the_api = async |issuer: &str, sub: &str| {
        let mut told = bound.send("DELETE", &path(issuer, sub), &[], None).await;
        // Every request has another id.
        told.body.as_object_mut().expect("a problem").remove("request_id").expect("an id");
        (told.status, told.body)
    };
    let in_the_console = async |issuer: &str, sub: &str| {
        let identity = hex::encode(format!("{issuer}\n{sub}"));
        let form = [("subject", "own"), ("identity", identity.as_str())];
        house.post(&acme, "/_fn/identity-remove", &form).await
    };
    let before = house.last_change().await;
    // `18` is theirs, `19` is nobody's; the last is of no issuer that anybody knows.
    let nobodys = over_the_api(ISSUERS[0], "19").await;
    assert_eq!(nobodys.0, 404);
    let unchanged = in_the_console(ISSUERS[0], "19").await;
    assert!(unchanged.location.contains("done=unchanged"), "{unchanged:?}");
    for issuer in [ISSUERS[2], ISSUERS[3], "https://nowhere.example"] {
        for sub in ["18", "19"] {
            assert_eq!(over_the_api(issuer, sub).await, nobodys, "{issuer} {sub}");
            let told = in_the_console(issuer, sub).await;
            let (status, location) = (told.status, &told.location);
            assert_eq!((status, location), (unchanged.status, &unchanged.location), "{issuer} {sub}");
        }
    }
    assert_eq!(house.last_change().await, before);
    assert_eq!(held(world, "own").await, [0, 1, 2, 3]);

    // What is shown goes, by either door; and by a token of every tenant all of it.
    assert_eq!(bound.send("DELETE", &path(ISSUERS[0], "18"), &[], None).await.status, 204);
    let told = in_the_console(ISSUERS[1], "18").await;
    assert!(told.location.contains("done=identity-removed"), "{told:?}");
    assert_eq!(held(world, "own").await, [2, 3]);
    offered(world, true).await;
    assert_eq!(bound.send("DELETE", &path(ISSUERS[3], "18"), &[], None).await.status, 204);
    assert_eq!(every.send("DELETE", &path(ISSUERS[2], "18"), &[], None).await.status, 204);
    assert!(held(world, "own").await.is_empty());
    replica.stop().await;
    house.stop().await;
}
