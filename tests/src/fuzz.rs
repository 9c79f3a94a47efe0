//! What holds for any bytes that come from outside. `cargo xtask fuzz` looks for bytes for which it does not; an ordinary
//! test replays the seeds in `fuzz/seeds`.
//!
//! Each function panics where something does not hold, and says whether the bytes are taken.

use crate::signer::{ISSUER, Signer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pdp::address_guard::AddressGuard;
use pdp::bundle::Bundle;
use pdp::search::Wanted;
use pdp::tokens::{ShownProof, Taken, Tokens, check_proof};
use pdp::{Question, Secret};
use policy::arguments::{Arguments, canonical, parse_exact};
use policy::compile::{CompiledRule, RuleSource};
use policy::issuer::Issuer;
use policy::{Rule, Timestamp};
use serde_json::Value;
use server::authzen::{Door, questions};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

/// A name below `fuzz/fuzz_targets` and `fuzz/seeds`, and what is done with the bytes.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All of them.
pub const TARGETS: [Target; 7] = [
    ("token", token),
    ("proof", proof),
    ("evaluation", evaluation),
    ("evaluations", evaluations),
    ("search", search),
    ("rule", rule),
    ("bundle", bundle),
];

/// When tokens are looked at: 2026-11-26T00:00:00Z, in seconds.
const NOW: i64 = 1_795_651_200;

/// The token that proofs come with, and the thumbprint of the signer's own key (RFC 7638), which it is bound to.
const BOUND_TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";
const THUMBPRINT: &str = "s0Fj1ay811NsWQP8d_dlvPkEF5fjX7uFFC1XDxcKVjM";

/// What is slow to make.
struct Verifier {
    tokens: Tokens,
    issuer: Issuer,
    signer: Signer,
    runtime: Runtime,
}

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    // The issuer's keys are written down and nothing is fetched; a client is made all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let signer = Signer::default();
    let issuer = signer.known();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    Verifier { tokens: Tokens::new(AddressGuard::new(&[])).expect("a client"), issuer, signer, runtime }
});

/// A token as it comes; or a header and, on the next line, a payload, which are signed with the issuer's own key first: so
/// nothing but the checks of what they say stands in their way.
pub fn token(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let of = &*VERIFIER;
    let token = match text.split_once('\n') {
        Some((header, payload)) => of.signer.sign(header, payload),
        None => text.to_owned(),
    };
    let shown = Secret::new(token.as_str());
    let now = Timestamp::from_micros(NOW * 1_000_000);
    let read = Tokens::read(&shown);
    match of.runtime.block_on(of.tokens.verify(&shown, &of.issuer, now)) {
        Ok(facts) => {
            assert!(read.is_some_and(|read| read.says().issuer == facts.issuer), "read in two ways");
            assert_eq!(facts.issuer, ISSUER);
            assert!(!facts.sub.is_empty() && !facts.audiences.is_empty() && facts.jti.is_some(), "{facts:?}");
            let skew = i64::from(of.issuer.clock_skew) * 1_000_000;
            assert!(facts.expires_at.saturating_add_micros(skew) > now, "{facts:?}");
            true
        }
        Err(refusal) => {
            // The reviewer reads why, and never the token.
            assert!(token.len() < 40 || !refusal.why.contains(&token), "{}", refusal.why);
            false
        }
    }
}

/// What a PEP says of a request, method and address, on the first line; then the proof of the caller's key as it came with
/// it, or on two lines its header and its payload, which are signed first, as with a token.
pub fn proof(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Some((request, rest)) = text.split_once('\n') else { return false };
    let Some((method, url)) = request.split_once(' ') else { return false };
    let proof = match rest.split_once('\n') {
        Some((header, payload)) => VERIFIER.signer.sign(header, payload),
        None => rest.to_owned(),
    };
    let shown = ShownProof {
        proof: Secret::new(proof.as_str()),
        method: method.to_owned(),
        url: url.to_owned(),
        taken: Taken::default(),
    };
    let now = Timestamp::from_micros(NOW * 1_000_000);
    let check = |token: &str, bound_to| check_proof(Some(&shown), &Secret::new(token), bound_to, now);
    let unbound = check(BOUND_TOKEN, None);
    match check(BOUND_TOKEN, Some(THUMBPRINT)) {
        Ok(proven) => {
            let proven = proven.expect("one was shown");
            assert_eq!(unbound, Ok(Some(proven.clone())), "good for a bound token and not for another");
            assert!(check("another", Some(THUMBPRINT)).is_err(), "good for any token");
            assert!(check(BOUND_TOKEN, Some("another")).is_err(), "good for any key");
            // Read once more, by somebody else.
            let said = payload(&proof);
            assert_eq!(said["htm"], method);
            assert_eq!(said["ath"], URL_SAFE_NO_PAD.encode(Sha256::digest(BOUND_TOKEN)));
            let jti = said["jti"].as_str().expect("a text");
            assert_eq!(proven.id.jti, hex::encode(Sha256::digest(jti)));
            let age = NOW as f64 - said["iat"].as_f64().expect("a number");
            assert!((-30.0..=120.0).contains(&age), "{age}");
            // Whoever remembers it so long sees it come again.
            assert!(proven.until > now.saturating_add_micros(120_000_000));
            true
        }
        Err(refusal) => {
            // Why is read by a person, and is never the proof.
            assert!(proof.len() < 40 || !refusal.why.contains(&proof), "{}", refusal.why);
            false
        }
    }
}

/// What the second part of a JWT says.
fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The body of one evaluation.
pub fn evaluation(bytes: &[u8]) -> bool {
    read(Door::Evaluation, bytes)
}

/// The body of several evaluations.
pub fn evaluations(bytes: &[u8]) -> bool {
    read(Door::Evaluations, bytes)
}

/// The body of a search; the first byte says of what: `s`ubjects, `r`esources, and otherwise actions.
pub fn search(bytes: &[u8]) -> bool {
    let Some((first, body)) = bytes.split_first() else { return false };
    let wanted = match first {
        b's' => Wanted::Subjects,
        b'r' => Wanted::Resources,
        _ => Wanted::Actions,
    };
    read(Door::Search(wanted), body)
}

fn read(door: Door, body: &[u8]) -> bool {
    let Ok(read) = questions(door, body) else { return false };
    assert!(read.len() <= 100, "{} items", read.len());
    for question in read.iter().flatten() {
        holds(question);
    }
    read.iter().all(Result::is_ok)
}

/// What every question is like, whatever it was read from.
fn holds(question: &Question) {
    let call = &question.call;
    for text in [&call.action, &call.resource.kind, &call.resource.id, &question.subject.id] {
        assert!(!text.is_empty() && !text.chars().any(char::is_control), "{text:?}");
    }
    // Neither reaches a record or a log.
    assert!(!call.context.contains_key("access_token") && !call.context.contains_key("dpop"));
    let secret = question.access_token.as_ref().map(Secret::expose).filter(|secret| secret.len() > 40);
    if let Some(secret) = secret {
        let proof = question.proof.as_ref().map(|proof| (&proof.method, &proof.url));
        // Whoever sends it twice has sent it as something else as well.
        let sent = format!("{:?}", (call, &question.subject, &question.properties, proof));
        assert!(sent.contains(secret) || !format!("{question:?}").contains(secret), "the token shows");
    }
    if let Arguments::Known(value) = &call.arguments {
        // What is hashed is one text for one meaning.
        let written = canonical(value);
        if let Ok(again) = parse_exact(written.as_bytes()) {
            assert_eq!(canonical(&again), written);
        }
    }
}

/// A rule as the API takes it. One that does not compile is kept, and forbids.
pub fn rule(bytes: &[u8]) -> bool {
    let Ok(value) = parse_exact(bytes) else { return false };
    let Ok(rule) = serde_json::from_value::<Rule>(value) else { return false };
    let written = serde_json::to_value(&rule).expect("JSON");
    let again: Rule = serde_json::from_value(written).expect("what is written reads back");
    assert_eq!(again, rule);
    let source = RuleSource { id: "r".into(), version: 1, rule };
    let sound = CompiledRule::compile(&source).is_ok();
    let kept = CompiledRule::compile_or_break(&source);
    assert_eq!(kept.rule, source.rule);
    sound
}

/// A policy file.
pub fn bundle(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    match (Bundle::parse(text), Bundle::parse(text)) {
        (Ok(one), Ok(again)) => {
            assert_eq!(one, again);
            true
        }
        (Err(_), Err(_)) => false,
        _ => panic!("read in two ways"),
    }
}
