//! By which identities somebody is known: those of issuers that speak for the reader's tenants, and no others.

use crate::api::client::{Client, token};
use crate::reach::house::{House, of};
use pdp::bundle::export;
use policy::scope::AdminScope;
use policy::{Reach, TenantSlug};
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
