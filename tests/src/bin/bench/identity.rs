//! What it costs to recognise the caller by an access token (ES256, the issuer's keys at hand): the verification by itself,
//! and the whole call against one where the word of the enforcement point is taken (the same subject, the same call, one
//! connection; it has a shorter body, and less of the caller to read and to record).

use crate::busy::Busy;
use crate::middle;
use pdp::Secret;
use pdp::address_guard::AddressGuard;
use pdp::tokens::Tokens;
use policy::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::load::{self, Load, load_in_turn};
use tests::pep::{call_body, refund};
use tests::process::Process;
use tests::signer::{ISSUER, Signer};
use tests::{Backend, World};

/// More than a server remembers the good signatures of (`pdp::tokens`, 4,096): sent in turn, each is verified anew.
const TOKENS: usize = 6_000;
/// As many as it does remember.
const REMEMBERED: usize = 4_000;
/// The ways are measured in turn so many times: the machine may be slower a minute later.
const ROUNDS: u32 = 5;

/// A way to say who calls.
struct Way {
    name: &'static str,
    requests: Vec<Vec<u8>>,
    /// Where the next run goes on.
    next: usize,
    /// Of each round: processor time and the middle of the times waited, in microseconds.
    seen: Vec<(f64, f64)>,
}

pub(crate) async fn measure(time: Duration) {
    alone().await;
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = world(backend).await;
        let process = Process::serve(&world.database, &world.database.url);
        let mut ways = ways(&world, &process);
        // The first calls compile the rules and read the keys.
        for way in &mut ways {
            run(&process, way, Duration::from_millis(500)).await;
        }
        for _ in 0..ROUNDS {
            for way in &mut ways {
                let busy = Busy::now(process.id());
                let each = time / ROUNDS;
                let load = run(&process, way, each).await;
                way.seen.push((busy.per(&load, each), load.p50.as_secs_f64() * 1e6));
            }
        }
        let base = middles(&ways[0].seen);
        for way in &ways {
            let (cpu, wait) = middles(&way.seen);
            println!(
                "{:<62} {cpu:>5.0} µs of processor each ({:+.0})  p50 {wait:>5.0} µs ({:+.0})",
                format!("{backend:?}, 1 connection, {}", way.name),
                cpu - base.0,
                wait - base.1,
            );
        }
    }
}

/// The verification by itself, in this process: of each token for the first time, and once more while it is remembered.
async fn alone() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let signer = Signer::default();
    let issuer = signer.known();
    let tokens = Tokens::new(AddressGuard::new(&[])).expect("a client");
    let shown: Vec<Secret> =
        (0..REMEMBERED).map(|number| Secret::new(signer.token("a-17", &format!("t-{number}")))).collect();
    let now = Timestamp::from_micros(server::clock::system()().micros());
    for name in ["verified for the first time", "the same tokens once more"] {
        let mut seen: Vec<f64> = Vec::with_capacity(shown.len());
        for token in &shown {
            let from = Instant::now();
            let jwt = Tokens::read(token).expect("a JWT");
            let facts = tokens.verify_read(token, &jwt, &issuer, now).await.expect("good");
            seen.push(from.elapsed().as_secs_f64() * 1e6);
            assert_eq!(facts.sub, "a-17");
        }
        seen.sort_by(f64::total_cmp);
        let at = |share: usize| seen[seen.len() * share / 100];
        println!(
            "{:<62} p50 {:>5.1} µs  p90 {:>5.1} µs",
            format!("a token in process, {name}"),
            at(50),
            at(90)
        );
    }
}

async fn world(backend: Backend) -> World {
    let mut world = World::demo(backend).await;
    world.set_secret("VOUCH_KEY", &format!("vouch-{}", "x".repeat(40)));
    let bundle = json!({
        "issuers": [Signer::default().issuer(ISSUER)],
        "subjects": [{"id": "ivy", "identities": [{"issuer": ISSUER, "sub": "a-17"}],
            "memberships": [{"tenant": "acme", "roles": ["support-agent"]}]}],
        "credentials": [{"name": "vouch", "server": "crm", "trust": "assert_subject", "secret_env": "VOUCH_KEY"}],
    });
    world.apply(&bundle.to_string()).await;
    world
}

fn ways(world: &World, process: &Process) -> [Way; 3] {
    let signer = Signer::default();
    let request = |key: &str, body: &Value| {
        load::post(process.address(), "/access/v1/evaluation", world.secret(key), &body.to_string())
    };
    let by_token = |number: usize| {
        let token = signer.token("a-17", &format!("t-{number}"));
        request("CRM_PEP_KEY", &call_body(&token, "refund", refund()))
    };
    let mut vouched = call_body("", "refund", refund());
    vouched["subject"]["id"] = json!("ivy");
    vouched["context"] = json!({});
    let way = |name: &'static str, requests: Vec<Vec<u8>>| Way { name, requests, next: 0, seen: Vec::new() };
    [
        way("the subject asserted", vec![request("VOUCH_KEY", &vouched)]),
        way("the same token each time", vec![by_token(0)]),
        way("another token each time, each verified", (0..TOKENS).map(by_token).collect()),
    ]
}

async fn run(process: &Process, way: &mut Way, time: Duration) -> Load {
    let mut requests = way.requests.clone();
    requests.rotate_left(way.next);
    let run = load_in_turn(process.address(), requests.into(), "\"decision\":true", 1, time).await;
    let sent = (run.per_second * time.as_secs_f64()).round() as usize;
    way.next = (way.next + sent) % way.requests.len();
    run
}

/// The median of each of the two.
fn middles(seen: &[(f64, f64)]) -> (f64, f64) {
    let (one, other): (Vec<f64>, Vec<f64>) = seen.iter().copied().unzip();
    (middle(&one), middle(&other))
}
