//! An agent shows an access token of its own to open a task: what is verified for a call is verified here, and the issuer
//! must list what its tokens are for, as no server is called.

use crate::opaque::issuer as opaque;
use crate::tasks::helpers::{Door, refund_under};
use crate::tokens::issuer::{CRM, Signer, URL, and, claims, issuer, now, reason, registered, with, writer};
use crate::tokens::proofs;
use policy::Timestamp;
use serde_json::{Value, json};
use tests::{Backend, Replica, World};

const TASKS: &str = "/api/v1/tasks";
const ELSEWHERE: &str = "https://elsewhere.example/mcp";

fn wanted() -> Value {
    json!({"purpose": "refund order 17", "tools": ["crm/refund"], "budget": 2, "expires_in": "30m"})
}

/// Claims of a good token of refund-bot.
fn bots(jti: &str) -> Value {
    and(with("sub", json!("bot-7")), "jti", json!(jti))
}

/// The status of opening a task at this replica.
async fn opening(replica: &Replica, token: &str) -> u16 {
    Door::new(replica.address(), token).post(TASKS, wanted()).await.0
}

pub(crate) async fn an_agent_opens_with_a_token_of_its_own(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    let bot = json!({"id": "refund-bot", "identities": [{"issuer": URL, "sub": "bot-7"}]});
    world.apply(&json!({"subjects": [bot]}).to_string()).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crm = world.crm(&one);
    let signer = Signer::new();
    let token = signer.token(&bots("t-1"));

    // The issuer lists no audiences: the token is good for calls, and for nothing here.
    assert_eq!(reason(&crm, &token).await, "allowed");
    assert_eq!(opening(&one, &token).await, 401);
    world.apply(&issuer("audiences", &json!([CRM]))).await;
    let door = Door::new(one.address(), &token);
    let (status, task) = door.post(TASKS, wanted()).await;
    assert_eq!(status, 201, "{task}");
    for (member, value) in
        [("tenant", "acme"), ("subject", "refund-bot"), ("opened_by", "agent"), ("state", "active")]
    {
        assert_eq!(task[member], value, "{task}");
    }
    let id = task["id"].as_str().expect("an id");
    assert!(refund_under(&crm, &token, id).await.allowed());
    assert_eq!(door.get(&format!("{TASKS}/{id}")).await.1["used"], 1);
    let mut of_another = wanted();
    of_another["subject"] = json!("alice");
    let (status, told) = door.post(TASKS, of_another).await;
    assert_eq!((status, told["code"].as_str()), (403, Some("not_yours")), "{told}");
    assert_eq!(door.get("/api/v1/subjects").await.0, 401, "it opens nothing else of the API");

    let seconds = now() / 1_000_000;
    for (what, token) in [
        ("expired", signer.token(&and(bots("t-2"), "exp", json!(seconds - 1)))),
        ("for what the issuer does not list", signer.token(&and(bots("t-3"), "aud", json!(ELSEWHERE)))),
        ("of nobody", signer.token(&with("sub", json!("b-99")))),
        ("of no issuer of ours", signer.token(&and(bots("t-4"), "iss", json!("https://other.example")))),
        ("forged", Signer::forger().token(&bots("t-5"))),
        ("opaque", opaque::TOKEN.to_owned()),
    ] {
        assert_eq!(opening(&one, &token).await, 401, "{what}");
    }

    // One token is revoked, which holds on the other replica from the next request on; another of the agent's is not.
    let other = signer.token(&bots("t-6"));
    assert_eq!(opening(&two, &token).await, 201);
    let mut revoking = writer(&world).await;
    let until = Timestamp::parse("2100-01-01T00:00:00Z").expect("a moment");
    revoking.revoke_token(URL, "t-1", until).await.expect("revoked");
    revoking.commit().await.expect("commits");
    for replica in [&two, &one] {
        assert_eq!(opening(replica, &token).await, 401, "revoked");
        assert_eq!(opening(replica, &other).await, 201, "another");
    }
    // So does it when the issuer lists nothing any more.
    world.apply(&issuer("audiences", &json!([]))).await;
    assert_eq!(opening(&two, &other).await, 401);
    assert_eq!(reason(&crm, &other).await, "allowed");

    // Nothing was opened but what was answered so.
    let bot = Door::new(one.address(), world.secret("REFUND_BOT_KEY"));
    let (_, listed) = bot.get(TASKS).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(4), "{listed}");
    one.stop().await;
    two.stop().await;
}

/// Its issuer lists audiences, and would say that it is good: a stranger has nothing sent there all the same.
pub(crate) async fn a_token_that_would_have_to_be_asked_about_opens_nothing(backend: Backend) {
    let world = World::demo(backend).await;
    let idp = opaque::Issuer::start().await;
    idp.says(opaque::TOKEN, idp.good());
    world.apply(&idp.registered()).await;
    world.apply(&idp.setting("audiences", json!([opaque::CRM]))).await;
    let replica = world.replica().await;
    assert_eq!(opaque::reason(&world.crm(&replica), opaque::TOKEN).await, "allowed");
    let asked = idp.asked().len();
    assert_eq!(opening(&replica, opaque::TOKEN).await, 401);
    // One that names that issuer is not sent to it either.
    let named = Signer::new().token(&and(claims(), "iss", json!(idp.url)));
    assert_eq!(opening(&replica, &named).await, 401);
    assert_eq!(idp.asked().len(), asked);
    replica.stop().await;
}

/// A call shows its proof; here none is taken, wherever it stands, so whoever got hold of the token opens nothing.
pub(crate) async fn a_token_that_is_bound_to_a_key_opens_nothing(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    world.apply(&issuer("audiences", &json!([CRM]))).await;
    let bot = json!({"id": "refund-bot", "identities": [{"issuer": URL, "sub": "bot-7"}]});
    world.apply(&json!({"subjects": [bot]}).to_string()).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let (signer, client) = (Signer::new(), proofs::client());
    let bound = and(bots("t-1"), "cnf", json!({"jkt": proofs::thumbprint(&client)}));
    let token = signer.token(&bound);
    let proof = client.proof(&proofs::said(&token, "p-1"));
    assert_eq!(proofs::reason(&crm, &token, &proof).await, "allowed");

    assert_eq!(opening(&replica, &token).await, 401, "no proof");
    let url = format!("http://{}{TASKS}", replica.address());
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    for (scheme, jti) in [("Bearer", "p-2"), ("DPoP", "p-3")] {
        let proof = client.proof(&and(proofs::said(&token, jti), "htu", json!(url)));
        let request = http
            .post(&url)
            .header("authorization", format!("{scheme} {token}"))
            .header("dpop", proof)
            .header("content-type", "application/json")
            .body(wanted().to_string());
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{scheme}");
    }
    // The binding alone makes the difference.
    assert_eq!(opening(&replica, &signer.token(&bots("t-2"))).await, 201);
    let bot = Door::new(replica.address(), world.secret("REFUND_BOT_KEY"));
    let (_, listed) = bot.get(TASKS).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    replica.stop().await;
}
