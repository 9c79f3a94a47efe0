//! Who opens tasks over the API, for whom, and who steers them.

use crate::tasks::helpers::{Door, open, read, refund_under, token};
use policy::labels::OpenedBy;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use tests::{Backend, World};

const TASKS: &str = "/api/v1/tasks";

fn wanted() -> Value {
    json!({"purpose": "refund order 17", "tools": ["crm/refund"], "budget": 2, "expires_in": "30m"})
}

fn with(member: &str, value: Value) -> Value {
    let mut body = wanted();
    body[member] = value;
    body
}

fn id(body: &Value) -> String {
    body["id"].as_str().expect("an id").to_owned()
}

pub(crate) async fn an_agent_opens_for_itself_alone(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let bot = Door::new(replica.address(), world.secret("REFUND_BOT_KEY"));
    let (status, task) = bot.post(TASKS, wanted()).await;
    assert_eq!(status, 201, "{task}");
    for (member, value) in
        [("tenant", "acme"), ("subject", "refund-bot"), ("opened_by", "agent"), ("state", "active")]
    {
        assert_eq!(task[member], value, "{task}");
    }
    let path = format!("{TASKS}/{}", id(&task));
    assert_eq!(bot.get(&path).await, (200, task.clone()));
    let crm = world.crm(&replica);
    assert!(refund_under(&crm, world.secret("REFUND_BOT_KEY"), &id(&task)).await.allowed());
    assert_eq!(bot.get(&path).await.1["used"], 1);

    for (body, code) in
        [(with("subject", json!("alice")), "not_yours"), (with("tenant", json!("globex")), "not_yours")]
    {
        let (status, told) = bot.post(TASKS, body).await;
        assert_eq!((status, told["code"].as_str()), (403, Some(code)), "{told}");
    }
    // Another's task is not there; not even for those who see it in the console.
    let others = open(&world, 5, OpenedBy::Person).await;
    let alice = Door::new(replica.address(), world.secret("ALICE_KEY"));
    assert_eq!(alice.get(&format!("{TASKS}/{others}")).await.0, 404);
    assert_eq!(alice.post(&format!("{TASKS}/{others}/complete"), json!({})).await.0, 404);
    assert_eq!(alice.get(TASKS).await.1["items"], json!([]));
    let (_, listed) = bot.get(TASKS).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
    assert_eq!(bot.get("/api/v1/tasks?subject=alice").await.1["items"], json!([]));

    // It completes its own, and nothing else; then nothing more is done under it.
    for what in ["pause", "resume", "revoke"] {
        let (status, told) = bot.post(&format!("{path}/{what}"), json!({})).await;
        assert_eq!((status, told["code"].as_str()), (403, Some("not_yours")), "{what}");
    }
    assert_eq!(bot.post(&format!("{path}/complete"), json!({})).await.0, 200);
    let told = refund_under(&crm, world.secret("REFUND_BOT_KEY"), &id(&task)).await;
    assert_eq!(told.reason(), "task_inactive");

    // Its key opens nothing else of the API, and a stranger not even this.
    for path in ["/api/v1/subjects", "/api/v1/decisions", "/api/v1/bundle"] {
        assert_eq!(bot.get(path).await.0, 401, "{path}");
    }
    let stranger = Door::new(replica.address(), &"x".repeat(43));
    assert_eq!(stranger.post(TASKS, wanted()).await.0, 401);
    world.apply("subjects: [{id: refund-bot, active: false}]").await;
    assert_eq!(bot.get(TASKS).await.0, 401);
    replica.stop().await;
}

pub(crate) async fn a_platform_opens_for_its_tenant_and_an_administrator_within_reach(backend: Backend) {
    let mut world = World::demo(backend).await;
    world.set_secret("PLATFORM_KEY", &format!("platform-{}", "x".repeat(40)));
    let key = "{name: platform, tenant: acme, trust: assert_subject, secret_env: PLATFORM_KEY}";
    world.apply(&format!("credentials: [{key}]")).await;
    let replica = world.replica().await;
    let platform = Door::new(replica.address(), world.secret("PLATFORM_KEY"));
    assert_eq!(platform.post(TASKS, wanted()).await.0, 422, "a subject must be named");
    let (status, task) = platform.post(TASKS, with("subject", json!("refund-bot"))).await;
    assert_eq!((status, &task["opened_by"]), (201, &json!("platform")), "{task}");
    let path = format!("{TASKS}/{}", id(&task));
    let crm = world.crm(&replica);
    let bot = world.secret("REFUND_BOT_KEY");
    for (what, reason) in [("pause", "task_inactive"), ("resume", "allowed"), ("revoke", "task_inactive")] {
        assert_eq!(platform.post(&format!("{path}/{what}"), json!({})).await.0, 200, "{what}");
        assert_eq!(refund_under(&crm, bot, &id(&task)).await.reason(), reason, "{what}");
    }
    let (status, told) = platform.post(&format!("{path}/resume"), json!({})).await;
    assert_eq!((status, told["code"].as_str()), (409, Some("task")), "{told}");
    let mut elsewhere = with("subject", json!("dave"));
    elsewhere["tenant"] = json!("globex");
    assert_eq!(platform.post(TASKS, elsewhere).await.0, 403);
    // `dave` is no member of the platform's tenant.
    assert_eq!(platform.post(TASKS, with("subject", json!("dave"))).await.0, 422);
    // A key that verifies tokens vouches for nobody.
    let pep = Door::new(replica.address(), world.secret("CRM_PEP_KEY"));
    let (status, told) = pep.post(TASKS, with("subject", json!("refund-bot"))).await;
    assert_eq!((status, told["code"].as_str()), (403, Some("vouches_for_nobody")), "{told}");

    let of_globex = token(&world, "globex", &[AdminScope::Read, AdminScope::Tasks], Some("globex")).await;
    let of_globex = Door::new(replica.address(), &of_globex);
    assert_eq!(of_globex.get(&path).await.0, 404);
    assert_eq!(of_globex.post(&format!("{path}/revoke"), json!({})).await.0, 404);
    assert_eq!(of_globex.get(TASKS).await.1["items"], json!([]));
    let reader = Door::new(replica.address(), &token(&world, "reader", &[AdminScope::Read], None).await);
    let (status, told) = reader.post(&format!("{path}/revoke"), json!({})).await;
    assert_eq!((status, told["code"].as_str()), (403, Some("scope_missing")));
    let listed = reader.get("/api/v1/tasks?state=revoked&tenant=acme").await.1;
    assert_eq!(listed["items"][0], read_back(&world, &task).await);
    let writer = Door::new(replica.address(), &token(&world, "writer", &[AdminScope::Tasks], None).await);
    let mut body = with("subject", json!("refund-bot"));
    body["tenant"] = json!("acme");
    let (status, opened) = writer.post(TASKS, body).await;
    assert_eq!((status, &opened["opened_by"]), (201, &json!("person")), "{opened}");
    replica.stop().await;
}

async fn read_back(world: &World, task: &Value) -> Value {
    serde_json::to_value(read(world, &id(task)).await).expect("JSON")
}

pub(crate) async fn hostile_tasks_are_refused(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let bot = Door::new(replica.address(), world.secret("REFUND_BOT_KEY"));
    for (body, status) in [
        (json!({}), 400),
        (json!([]), 400),
        (with("purpose", json!("")), 422),
        (with("purpose", json!("x".repeat(501))), 422),
        (with("purpose", json!("a\nb")), 422),
        (with("purpose", json!(7)), 400),
        (with("tools", json!([])), 422),
        (with("tools", json!(["refund"])), 422),
        (with("tools", json!(["crm/*"])), 201),
        (with("tools", json!(vec!["crm/*"; 51])), 422),
        (with("budget", json!(0)), 422),
        (with("budget", json!(-1)), 422),
        (with("budget", json!(1_000_001)), 422),
        (with("budget", json!(1.5)), 400),
        (with("expires_in", json!("32d")), 422),
        (with("expires_in", json!("soon")), 422),
        (with("expires_at", json!("2020-01-01T00:00:00Z")), 422),
        (with("actor", json!("")), 422),
        (with("opened_by", json!("person")), 400),
        (with("used", json!(-5)), 400),
        (with("purpose", json!("\u{202e}<script>alert(1)</script>")), 201),
    ] {
        let (told, answer) = bot.post(TASKS, body.clone()).await;
        assert_eq!(told, status, "{body}: {answer}");
    }
    for (path, status) in [
        ("/api/v1/tasks/nothing", 404),
        ("/api/v1/tasks/a%00b", 404),
        ("/api/v1/tasks?state=asleep", 400),
        ("/api/v1/tasks?tenant=UPPER", 404),
        ("/api/v1/tasks?after=%00", 400),
        ("/api/v1/tasks?unknown=1", 400),
    ] {
        assert_eq!(bot.get(path).await.0, status, "{path}");
    }
    // Only so many at once.
    let mut opened = 0;
    let told = loop {
        let (status, told) = bot.post(TASKS, wanted()).await;
        if status != 201 {
            break (status, told["code"].clone());
        }
        opened += 1;
        assert!(opened <= 100, "no end");
    };
    assert_eq!((told, opened), ((409, json!("task")), 98));
    replica.stop().await;
}
