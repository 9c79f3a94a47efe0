//! From a revocation to its denial: two processes of the real binary on one Postgres, under load. Each revocation is made
//! through the one and followed by a call on the other.

mod victim;

use crate::administrator;
use crate::database::Backend;
use crate::pep::{Pep, Told, refund};
use crate::process::Process;
use crate::signer::{ISSUER, Signer};
use crate::world::{TaskTerms, World};
use policy::scope::AdminScope;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use victim::{Kind, Victim};

/// Callers who call all the time, besides.
const LOAD: usize = 8;
/// Revocations that are under way at once.
const AT_ONCE: usize = 4;
/// How often a call is tried that is to be allowed: while policy keeps changing, one may find no moment of its own.
const TRIES: usize = 50;

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// How many of each kind.
    pub revoked: Vec<(&'static str, usize)>,
    /// From the acknowledgement of each revocation to the answer of the call that followed it, in order of length.
    pub after_acknowledged: Vec<Duration>,
    /// From the request of each revocation to that answer, in order of length.
    pub after_asked: Vec<Duration>,
    /// Every answer that should not have been.
    pub wrong: Vec<String>,
    /// Calls of the load that were allowed meanwhile.
    pub load: usize,
}

/// The duration at this share of a list in order.
pub fn at(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share) as usize).copied().unwrap_or_default()
}

/// Everybody who takes part.
struct Scene {
    /// Where revocations are made, and where they must hold.
    here: SocketAddr,
    there: Pep,
    http: reqwest::Client,
    administrator: String,
}

/// Steele, Lea and Flood's SplitMix64: the same choices for the same seed.
fn mixed(seed: u64, place: usize) -> usize {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(place as u64 + 1));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) as usize
}

/// Each kind once, and then as the seed says.
fn kind_of(seed: u64, place: usize) -> Kind {
    let all = Kind::ALL;
    let random = |place: usize| mixed(seed, place) % all.len();
    let nth = if place < all.len() { place + random(0) } else { random(place) };
    all[nth % all.len()]
}

/// Makes `count` random revocations. The seed says which.
pub async fn revoke(count: usize, seed: u64) -> Seen {
    let mut world = World::demo(Backend::Postgres).await;
    let victims = register(&mut world, count, seed).await;
    let administrator = administrator::token(&world, "revoker", AdminScope::ALL, None).await;
    let one = Process::serve(&world.database, &world.database.url);
    let other = Process::serve(&world.database, &world.database.url);
    let there = Pep::new(other.address(), world.secret("CRM_PEP_KEY"));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let load = Load::start(&there, [one.address(), other.address()], world.secret("ALICE_KEY"));
    let scene = Arc::new(Scene { here: one.address(), there, http, administrator });

    let mut seen = Seen::default();
    let mut at_once = JoinSet::new();
    let mut waiting = victims.iter().cloned();
    loop {
        while at_once.len() < AT_ONCE
            && let Some(victim) = waiting.next()
        {
            at_once.spawn(take_away(scene.clone(), victim));
        }
        let Some(done) = at_once.join_next().await else { break };
        match done.expect("no panic") {
            Ok((acknowledged, asked)) => {
                seen.after_acknowledged.push(acknowledged);
                seen.after_asked.push(asked);
            }
            Err(wrong) => seen.wrong.push(wrong),
        }
    }
    seen.load = load.stop().await;
    seen.after_acknowledged.sort_unstable();
    seen.after_asked.sort_unstable();
    seen.revoked = Kind::ALL
        .map(|kind| (kind.name(), victims.iter().filter(|victim| victim.kind == kind).count()))
        .into();
    seen
}

/// Registers so many members who may make refunds, each with what will be taken away.
async fn register(world: &mut World, count: usize, seed: u64) -> Vec<Victim> {
    let signer = Signer::default();
    let mut issuers = vec![signer.issuer(ISSUER)];
    let mut victims = Vec::with_capacity(count);
    let mut subjects = Vec::with_capacity(count);
    for place in 0..count {
        let id = format!("victim-{place}");
        let kind = kind_of(seed, place);
        let mut subject = json!({"id": id, "kind": "user",
            "memberships": [{"tenant": "acme", "roles": ["support-agent"]}]});
        let token = if let Some(issuer) = kind.issuer(&id) {
            subject["identities"] = json!([{"issuer": issuer, "sub": id}]);
            if kind == Kind::Issuer {
                issuers.push(signer.issuer(&issuer));
            }
            signer.token_of(&issuer, &id, &id, &json!({}))
        } else {
            let secret = format!("{id}-{}", "x".repeat(40));
            world.set_secret(&id, &secret);
            subject["api_keys"] = json!([{"name": "k", "secret_env": id}]);
            secret
        };
        subjects.push(subject);
        victims.push(Victim { id, kind, token, task: None });
    }
    let bundle = json!({"issuers": issuers, "subjects": subjects});
    world.apply(&bundle.to_string()).await;
    for victim in victims.iter_mut().filter(|victim| victim.kind.has_task()) {
        victim.task = Some(world.open_task(&victim.id, TaskTerms::default()).await);
    }
    victims
}

/// One revocation: allowed before on the other process, taken away here, and asked there at once. Gives how long the
/// denial took since the revocation was acknowledged, and since it was asked for.
async fn take_away(scene: Arc<Scene>, victim: Victim) -> Result<(Duration, Duration), String> {
    let kind = victim.kind;
    let mut before = None;
    for _ in 0..TRIES {
        let told = scene.there.ask(&victim.call()).await;
        if told.allowed() {
            before = None;
            break;
        }
        before = Some(told);
    }
    if let Some(told) = before {
        return Err(format!("{} was denied before: {}: {told:?}", victim.id, kind.name()));
    }
    let asked = Instant::now();
    scene.revoke(&victim).await?;
    let acknowledged = Instant::now();
    let told = scene.there.ask(&victim.call()).await;
    let times = (acknowledged.elapsed(), asked.elapsed());
    // A denial for another reason, as policy kept changing, is one all the same; afterwards the reason must be the right one.
    if told.allowed() {
        return Err(format!("{} was allowed after: {}: {told:?}", victim.id, kind.name()));
    }
    for _ in 0..TRIES {
        let told: Told = scene.there.ask(&victim.call()).await;
        match told.reason() {
            reason if reason == kind.reason() => return Ok(times),
            "policy_unavailable" => {}
            _ => return Err(format!("{} after: {}: {told:?}", victim.id, kind.name())),
        }
    }
    Err(format!("{} never got its reason: {}", victim.id, kind.name()))
}

impl Scene {
    async fn revoke(&self, victim: &Victim) -> Result<(), String> {
        let (method, path, body) = victim.request();
        let mut request = self.http.request(method, format!("http://{}{path}", self.here));
        request = request.bearer_auth(&self.administrator);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|error| format!("{path}: {error}"))?;
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        if status.is_success() { Ok(()) } else { Err(format!("{path}: {status} {text}")) }
    }
}

/// Somebody who may do what they do, and does it on both processes all the time.
struct Load {
    over: Arc<AtomicBool>,
    allowed: Arc<AtomicUsize>,
    callers: JoinSet<()>,
}

impl Load {
    fn start(pep: &Pep, at: [SocketAddr; 2], token: &str) -> Self {
        let (over, allowed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut callers = JoinSet::new();
        for caller in 0..LOAD {
            let (over, allowed, token) = (over.clone(), allowed.clone(), token.to_owned());
            let pep = pep.at(at[caller % at.len()]);
            callers.spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let told = pep.call(&token, "refund", refund()).await;
                    allowed.fetch_add(usize::from(told.allowed()), Ordering::Relaxed);
                }
            });
        }
        Self { over, allowed, callers }
    }

    async fn stop(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        self.callers.join_all().await;
        self.allowed.load(Ordering::Relaxed)
    }
}
