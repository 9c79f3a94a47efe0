//! Calls in a world where everything is large at once, beside the same calls in one that is almost empty: in turn, as the
//! machine may be slower a minute later.

use crate::busy::Busy;
use crate::{middle, size, throughput};
use serde_json::json;
use std::time::Duration;
use tests::load::{self, load};
use tests::pep::{call_body, refund};
use tests::process::Process;
use tests::{Backend, World};

const RULES: usize = 10_000;
const SUBJECTS: usize = 100_000;
const RESOURCES: usize = 1_000_000;
const TASKS: usize = 10_000;
const ROUNDS: u32 = 5;

/// One of the two worlds, and the server on it.
struct Side {
    world: World,
    process: Process,
}

/// What the rounds showed: decisions a second, microseconds of processor time, and the times waited in milliseconds.
#[derive(Default)]
struct Seen {
    per_second: Vec<f64>,
    cpu: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
}

pub(crate) async fn measure(time: Duration) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        println!(
            "{backend:?}, {RULES} rules, {SUBJECTS} subjects, {RESOURCES} resources and {TASKS} tasks at once, of the empty world"
        );
        let sides = [empty(backend).await, full(backend).await];
        // At more, calls of one task would wait for each other.
        for (under_a_task, connections) in [(true, 1), (false, 1), (false, 64)] {
            let requests = sides.each_ref().map(|side| side.request(under_a_task));
            let mut seen = [Seen::default(), Seen::default()];
            for round in 0..=ROUNDS {
                for ((side, request), seen) in sides.iter().zip(&requests).zip(&mut seen) {
                    let (address, process) = (side.process.address(), side.process.id());
                    // The first calls compile the rules.
                    let each = if round == 0 { Duration::from_millis(500) } else { time / ROUNDS };
                    let busy = Busy::now(process);
                    let run = load(address, request, "\"decision\":true", connections, each).await;
                    if round > 0 {
                        seen.per_second.push(run.per_second);
                        seen.cpu.push(busy.per(&run, each));
                        seen.p50.push(run.p50.as_secs_f64() * 1e3);
                        seen.p99.push(run.p99.as_secs_f64() * 1e3);
                    }
                }
            }
            let call = if under_a_task { "under a task, naming a resource" } else { "naming neither" };
            report(&format!("  {call}, {connections} connections"), &seen);
        }
    }
}

fn report(name: &str, [empty, full]: &[Seen; 2]) {
    let of = |pick: fn(&Seen) -> &[f64]| (middle(pick(full)), middle(pick(full)) / middle(pick(empty)));
    let (per_second, rate) = of(|seen| &seen.per_second);
    let (cpu, more_cpu) = of(|seen| &seen.cpu);
    let (p50, longer_p50) = of(|seen| &seen.p50);
    let (p99, longer_p99) = of(|seen| &seen.p99);
    println!(
        "{name:<62} {per_second:>9.0}/s ({rate:.2} x)  {cpu:>4.0} µs of processor each ({more_cpu:.2} x)  p50 {p50:>7.2} ms ({longer_p50:.2} x)  p99 {p99:>7.2} ms ({longer_p99:.2} x)"
    );
}

/// One of each.
async fn empty(backend: Backend) -> Side {
    let world = World::demo(backend).await;
    world.apply(size::POLICY).await;
    size::fill(&world, 1, 1).await;
    Side::on(world)
}

async fn full(backend: Backend) -> Side {
    let world = World::demo(backend).await;
    world.apply(size::POLICY).await;
    throughput::fill(&world, RULES, SUBJECTS).await;
    size::fill(&world, RESOURCES, TASKS).await;
    Side::on(world)
}

impl Side {
    fn on(world: World) -> Self {
        let process = Process::serve(&world.database, &world.database.url);
        Self { world, process }
    }

    /// A call of a tool that binds its argument to a resource, or of one that does not.
    fn request(&self, under_a_task: bool) -> Vec<u8> {
        let (bot, key) = (self.world.secret("REFUND_BOT_KEY"), self.world.secret("CRM_PEP_KEY"));
        let mut body = call_body(bot, "get_customer", json!({"customer_id": "c-42"}));
        if under_a_task {
            body = call_body(bot, "refund", refund());
            body["context"]["task"] = json!("task-0");
        }
        load::post(self.process.address(), "/access/v1/evaluation", key, &body.to_string())
    }
}
