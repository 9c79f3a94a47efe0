//! Calls in a world where everything is large at once, beside the same calls in one that is almost empty: in turn, as the
//! machine may be slower a minute later.

use crate::busy::Busy;
use crate::{middle, size, throughput};
use serde_json::{Value, json};
use std::time::Duration;
use tests::load::{self, Load, load_in_turn};
use tests::pep::{call_body, refund};
use tests::process::Process;
use tests::signer::{ISSUER, Signer};
use tests::{Backend, World};

const RULES: usize = 10_000;
const SUBJECTS: usize = 100_000;
const RESOURCES: usize = 1_000_000;
const TASKS: usize = 10_000;
const ROUNDS: u32 = 5;
/// More than a server remembers the good signatures of, and more than it remembers callers on SQLite: sent in turn, each is
/// verified and looked up anew.
const TOKENS: usize = 10_000;

/// One of the two worlds, and the server on it.
struct Side {
    world: World,
    process: Process,
    /// How many have an identity at the issuer.
    known: usize,
}

#[derive(Clone, Copy)]
enum Call {
    /// Of a tool that binds its argument to a resource.
    UnderATask,
    /// Of a tool that does not.
    Plain,
    /// The same with another token each time, each of another subject where there are so many.
    ByToken,
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Self::UnderATask => "under a task, naming a resource",
            Self::Plain => "naming neither",
            Self::ByToken => "naming neither, another token each time",
        }
    }
}

/// Requests that are sent one after the other.
struct Turn {
    requests: Vec<Vec<u8>>,
    /// Where the next run goes on.
    next: usize,
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
        // At more, calls of one task would wait for each other, and connections would send the same tokens.
        for (call, connections) in
            [(Call::UnderATask, 1), (Call::Plain, 1), (Call::Plain, 64), (Call::ByToken, 1)]
        {
            let mut turns = sides.each_ref().map(|side| side.turn(call));
            let mut seen = [Seen::default(), Seen::default()];
            for round in 0..=ROUNDS {
                for ((side, turn), seen) in sides.iter().zip(&mut turns).zip(&mut seen) {
                    // The first calls compile the rules.
                    let each = if round == 0 { Duration::from_millis(500) } else { time / ROUNDS };
                    let busy = Busy::now(side.process.id());
                    let run = turn.run(&side.process, connections, each).await;
                    if round > 0 {
                        seen.per_second.push(run.per_second);
                        seen.cpu.push(busy.per(&run, each));
                        seen.p50.push(run.p50.as_secs_f64() * 1e3);
                        seen.p99.push(run.p99.as_secs_f64() * 1e3);
                    }
                }
            }
            report(&format!("  {}, {connections} connections", call.name()), &seen);
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
    throughput::fill(&world, 0, 1).await;
    identify(&world).await;
    size::fill(&world, 1, 1).await;
    Side::on(world, 1)
}

async fn full(backend: Backend) -> Side {
    let world = World::demo(backend).await;
    world.apply(size::POLICY).await;
    throughput::fill(&world, RULES, SUBJECTS).await;
    identify(&world).await;
    size::fill(&world, RESOURCES, TASKS).await;
    Side::on(world, SUBJECTS)
}

/// The issuer, and everybody who was filled in known by its tokens.
async fn identify(world: &World) {
    world.apply(&json!({"issuers": [Signer::default().issuer(ISSUER)]}).to_string()).await;
    let sql = format!(
        "INSERT INTO identities (issuer, sub, subject) SELECT '{ISSUER}', id, id FROM subjects WHERE id LIKE 'user-%'"
    );
    world.database.by_hand(&sql).await;
}

impl Turn {
    async fn run(&mut self, process: &Process, connections: usize, time: Duration) -> Load {
        let mut requests = self.requests.clone();
        requests.rotate_left(self.next);
        let expected = "\"decision\":true";
        let run = load_in_turn(process.address(), requests.into(), expected, connections, time).await;
        let sent = (run.per_second * time.as_secs_f64()).round() as usize;
        self.next = (self.next + sent) % self.requests.len();
        run
    }
}

impl Side {
    fn on(world: World, known: usize) -> Self {
        let process = Process::serve(&world.database, &world.database.url);
        Self { world, process, known }
    }

    fn turn(&self, call: Call) -> Turn {
        let (bot, key) = (self.world.secret("REFUND_BOT_KEY"), self.world.secret("CRM_PEP_KEY"));
        let request = |body: &Value| {
            load::post(self.process.address(), "/access/v1/evaluation", key, &body.to_string())
        };
        let plain = |token: &str| call_body(token, "get_customer", json!({"customer_id": "c-42"}));
        let requests = match call {
            Call::UnderATask => {
                let mut body = call_body(bot, "refund", refund());
                body["context"]["task"] = json!("task-0");
                vec![request(&body)]
            }
            Call::Plain => vec![request(&plain(bot))],
            Call::ByToken => {
                let signer = Signer::default();
                let one = |number: usize| {
                    let sub = format!("user-{}", number * self.known / TOKENS);
                    request(&plain(&signer.token(&sub, &format!("t-{number}"))))
                };
                (0..TOKENS).map(one).collect()
            }
        };
        Turn { requests, next: 0 }
    }
}
