//! A call that names a registered resource and a task, with few and with very many of them registered.

use crate::busy::Busy;
use crate::echo::Echo;
use crate::report;
use serde_json::json;
use std::time::Duration;
use tests::load::{self, load};
use tests::pep::{call_body, refund};
use tests::process::Process;
use tests::{Backend, World};

const RESOURCES: usize = 1_000_000;
const TASKS: usize = 10_000;
/// At more, calls would wait for each other: they are of one task.
const CONNECTIONS: usize = 1;

/// A tool that binds its argument, what it may name, and one that binds nothing.
pub(crate) const POLICY: &str = "
servers:
  - slug: crm
    tools:
      - name: get_customer
      - name: refund
        bindings: [{ pointer: /customer_id, type: customer }]
resources: [{ type: customer, id: c-42, tenant: acme }]
";

pub(crate) async fn measure(time: Duration) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        for (resources, tasks) in [(1, 1), (RESOURCES, 1), (1, TASKS), (RESOURCES, TASKS)] {
            let world = World::demo(backend).await;
            world.apply(POLICY).await;
            fill(&world, resources, tasks).await;
            let process = Process::serve(&world.database, &world.database.url);
            let mut body = call_body(world.secret("REFUND_BOT_KEY"), "refund", refund());
            body["context"]["task"] = json!("task-0");
            let key = world.secret("CRM_PEP_KEY");
            let request = load::post(process.address(), "/access/v1/evaluation", key, &body.to_string());
            let echo = Echo::start().await;
            let bare = load::post(echo.address, "/echo", "key", &body.to_string());
            // The first calls compile the rules.
            load(process.address(), &request, "true", 1, Duration::from_millis(500)).await;
            let bare = load(echo.address, &bare, "tools/call", CONNECTIONS, time).await;
            let busy = Busy::now(process.id());
            let run = load(process.address(), &request, "\"decision\":true", CONNECTIONS, time).await;
            let name = format!("{backend:?}, {resources} resources, {tasks} tasks, {CONNECTIONS} connection");
            report(&name, &run, &bare, busy.per(&run, time));
        }
    }
}

/// Put in by hand: registering them one by one is not what is measured.
pub(crate) async fn fill(world: &World, resources: usize, tasks: usize) {
    let numbers = |count: usize| {
        format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1)")
    };
    if resources > 1 {
        let sql = format!(
            "{} INSERT INTO resources (type, id, tenant, sensitivity, attributes, updated_at)
             SELECT 'customer', 'r-' || i, 'acme', 'internal', '{{\"region\":\"eu\"}}', 0 FROM n",
            numbers(resources - 1)
        );
        world.database.by_hand(&sql).await;
    }
    // Good for a day, and for more calls than are made.
    let end = server::clock::system()().micros() + 86_400_000_000;
    let sql = format!(
        "{} INSERT INTO tasks (id, tenant, subject, purpose, tools, budget, used, state, opened_by, opened_at, expires_at)
         SELECT 'task-' || i, 'acme', 'refund-bot', 'refund order ' || i, '[\"crm/refund\"]', 1000000, 0, 'active',
             'platform', 0, {end} FROM n",
        numbers(tasks)
    );
    world.database.by_hand(&sql).await;
    world.database.by_hand("ANALYZE").await;
}
