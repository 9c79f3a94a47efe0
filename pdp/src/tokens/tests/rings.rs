//! How long keys are used, and when new ones are asked for.

use super::provider::{Answer, KEYS, OPENID, Provider};
use super::signing::Signer;
use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinSet;
use tokio::time::Instant;

const HOUR: u64 = 3_600;

/// Verifies by a clock that is moved by hand.
struct Bench {
    tokens: Arc<Tokens>,
    ahead: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        let ahead = Arc::<AtomicU64>::default();
        let (start, moved) = (Instant::now(), Arc::clone(&ahead));
        let clock = Clock::new(move || start + Duration::from_secs(moved.load(Ordering::SeqCst)));
        Self { tokens: Arc::new(tokens_within(Limits::default(), clock)), ahead }
    }

    fn pass(&self, seconds: u64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// What is said of a token of this signer; nothing where it is good.
    async fn told(&self, issuer: &Issuer, signer: &Signer) -> Option<String> {
        let token = Secret::new(signer.token(&claims_of(&issuer.url)));
        self.tokens.verify(&token, issuer, now()).await.err().map(|refusal| {
            assert_eq!(refusal.reason, Reason::TokenInvalid);
            refusal.why
        })
    }

    async fn is_good(&self, issuer: &Issuer, signer: &Signer) -> bool {
        self.told(issuer, signer).await.is_none()
    }
}

/// Waits for what is done beside the calls.
async fn eventually(mut so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), asking).await.expect("within 120 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_are_one_fetch() {
    let provider = Provider::publishing(&[Signer::es256().jwk()]).await;
    let (bench, issuer) = (Bench::new(), provider.issuer());
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (tokens, issuer) = (Arc::clone(&bench.tokens), issuer.clone());
        calls.spawn(async move {
            let token = Secret::new(Signer::es256().token(&claims_of(&issuer.url)));
            tokens.verify(&token, &issuer, now()).await
        });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("no panic").expect("good");
    }
    assert_eq!((provider.asked(OPENID), provider.asked(KEYS)), (1, 1));
}

#[tokio::test]
async fn a_new_key_is_asked_for_at_once_and_an_unknown_one_rarely() {
    let (one, two) = (Signer::es256(), Signer::other_es256());
    let provider = Provider::publishing(&[one.jwk()]).await;
    let (bench, issuer) = (Bench::new(), provider.issuer());
    assert!(bench.is_good(&issuer, &one).await);
    provider.publish(&[one.jwk(), two.jwk()]);
    assert!(bench.is_good(&issuer, &two).await, "the key is new, and found");
    assert_eq!(provider.asked(KEYS), 2);

    let ghost = Signer::ed25519();
    for _ in 0..5 {
        let told = bench.told(&issuer, &ghost).await.expect("refused");
        assert_eq!(told, "the issuer does not publish the key `ed25519`");
    }
    assert_eq!(provider.asked(KEYS), 2, "not again so soon");
    bench.pass(30);
    for _ in 0..5 {
        assert!(!bench.is_good(&issuer, &ghost).await);
    }
    assert_eq!(provider.asked(KEYS), 3);
    // A known key with a wrong signature is no reason to ask.
    bench.pass(30);
    assert!(!bench.is_good(&issuer, &Signer::other_es256().named("es256-one")).await);
    assert_eq!(provider.asked(KEYS), 3);
    assert!(bench.is_good(&issuer, &one).await && bench.is_good(&issuer, &two).await);
}

#[tokio::test]
async fn a_new_key_is_found_where_tokens_name_none() {
    let (one, two) = (Signer::es256(), Signer::other_es256());
    let provider = Provider::publishing(&[one.jwk()]).await;
    let (bench, issuer) = (Bench::new(), provider.issuer());
    let unnamed = |signer: &Signer| {
        let header = with(signer.header(), "kid", json!(null));
        Secret::new(signer.sign(&header.to_string(), &claims_of(&provider.url).to_string()))
    };
    assert!(bench.tokens.verify(&unnamed(&one), &issuer, now()).await.is_ok());
    provider.publish(&[two.jwk()]);
    assert!(bench.tokens.verify(&unnamed(&two), &issuer, now()).await.is_ok());
    assert!(bench.tokens.verify(&unnamed(&one), &issuer, now()).await.is_err());
    assert_eq!(provider.asked(KEYS), 2);
}

#[tokio::test]
async fn a_key_that_left_counts_no_longer_from_the_next_fetch_on() {
    let (one, two) = (Signer::es256(), Signer::other_es256());
    let provider = Provider::publishing(&[one.jwk(), two.jwk()]).await;
    let (bench, issuer) = (Bench::new(), provider.issuer());
    // The very token that was good before is refused: what was remembered of it goes with its key.
    let token = Secret::new(one.token(&claims_of(&issuer.url)));
    let is_good = async || bench.tokens.verify(&token, &issuer, now()).await.is_ok();
    assert!(is_good().await);
    provider.publish(&[two.jwk()]);
    bench.pass(HOUR - 1);
    assert!(is_good().await);
    assert_eq!(provider.asked(KEYS), 1);
    bench.pass(1);
    assert!(bench.is_good(&issuer, &two).await, "nobody waits for the refresh");
    eventually(async || !is_good().await).await;
    assert!(bench.is_good(&issuer, &two).await);

    // After a long silence new keys come first.
    provider.publish(&[one.jwk()]);
    bench.pass(2 * HOUR);
    assert!(!bench.is_good(&issuer, &two).await);
    // An issuer that withdraws all its keys has none.
    provider.publish(&[]);
    bench.pass(2 * HOUR);
    assert!(!bench.is_good(&issuer, &one).await);
}

#[tokio::test]
async fn the_last_good_keys_are_used_while_the_issuer_is_down_but_not_for_ever() {
    let one = Signer::es256();
    let provider = Provider::publishing(&[one.jwk()]).await;
    let (bench, issuer) = (Bench::new(), provider.issuer());
    assert!(bench.is_good(&issuer, &one).await);
    provider.answers(KEYS, Answer::status(503));
    for hours in [1, 3, 23] {
        bench.pass(HOUR * hours - bench.ahead.load(Ordering::SeqCst));
        assert!(bench.is_good(&issuer, &one).await, "after {hours} hours");
    }
    bench.pass(HOUR);
    assert!(bench.is_good(&issuer, &one).await, "a day is not more than a day");
    bench.pass(1);
    let told = bench.told(&issuer, &one).await.expect("refused");
    assert_eq!(told, format!("the issuer's keys are not known: {}{KEYS} answered HTTP 503", provider.url));
    // Another age counts at once.
    let patient = Issuer { keys_max_age: 172_800, ..issuer.clone() };
    assert!(bench.is_good(&patient, &one).await);
    // Up again.
    provider.publish(&[one.jwk()]);
    bench.pass(10);
    assert!(bench.is_good(&issuer, &one).await);
}

#[tokio::test]
async fn keys_of_a_short_age_are_fetched_before_they_are_too_old() {
    let one = Signer::es256();
    let provider = Provider::publishing(&[one.jwk()]).await;
    let (bench, issuer) = (Bench::new(), Issuer { keys_max_age: 60, ..provider.issuer() });
    assert!(bench.is_good(&issuer, &one).await);
    bench.pass(30);
    assert!(bench.is_good(&issuer, &one).await);
    eventually(async || provider.asked(KEYS) == 2).await;
    provider.answers(KEYS, Answer::status(503));
    bench.pass(61);
    assert!(!bench.is_good(&issuer, &one).await);
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_asked_now_and_then() {
    let one = Signer::es256();
    let provider = Provider::publishing(&[one.jwk()]).await;
    provider.answers(OPENID, Answer::status(503));
    let (bench, issuer) = (Bench::new(), provider.issuer());
    for _ in 0..5 {
        let told = bench.told(&issuer, &one).await.expect("refused");
        assert!(told.starts_with("the issuer's keys are not known: "), "{told}");
    }
    assert_eq!(provider.asked(OPENID), 1);
    bench.pass(10);
    assert!(!bench.is_good(&issuer, &one).await);
    assert_eq!(provider.asked(OPENID), 2);
    provider.answers(OPENID, Answer::json(&provider.metadata()));
    assert!(!bench.is_good(&issuer, &one).await, "not yet");
    bench.pass(10);
    assert!(bench.is_good(&issuer, &one).await);
}

#[tokio::test]
async fn another_source_of_keys_is_fetched_anew() {
    let (one, two) = (Signer::es256(), Signer::other_es256());
    let provider = Provider::publishing(&[one.jwk()]).await;
    provider.answers("/other", Answer::json(&json!({"keys": [two.jwk()]})));
    let (bench, issuer) = (Bench::new(), provider.issuer());
    assert!(bench.is_good(&issuer, &one).await);
    let stricter = Issuer { clock_skew: 0, name: "else".to_owned(), ..issuer.clone() };
    assert!(bench.is_good(&stricter, &one).await);
    assert_eq!(provider.asked(KEYS), 1, "nothing changed about the keys");
    let elsewhere = Issuer { keys: KeySource::JwksUrl(format!("{}/other", provider.url)), ..issuer.clone() };
    assert!(bench.is_good(&elsewhere, &two).await);
    assert!(!bench.is_good(&elsewhere, &one).await);
    let given = Issuer { keys: KeySource::Jwks(object(json!({"keys": [one.jwk()]}))), ..issuer };
    assert!(bench.is_good(&given, &one).await);
    bench.pass(1_000 * HOUR);
    assert!(bench.is_good(&given, &one).await, "what is written down does not age");
    assert_eq!(provider.asked(KEYS), 1);
}

#[tokio::test]
async fn what_is_known_of_the_keys_is_told_and_new_ones_are_fetched_on_demand() {
    let one = Signer::es256();
    let provider = Provider::publishing(&[one.jwk(), json!({"kty": "oct", "k": "c2VjcmV0"})]).await;
    let (bench, issuer) = (Bench::new(), provider.issuer());
    assert_eq!(bench.tokens.keys_of(&issuer), KeysState::default());
    assert_eq!(provider.asked(KEYS), 0, "looking asks for nothing");
    let told = bench.tokens.fetch_keys(&issuer).await;
    let (kid, algorithms) = (Some("es256-one".to_owned()), vec![policy::issuer::Algorithm::Es256]);
    assert_eq!(told.keys, [KnownKey { kid, algorithms }]);
    assert_eq!((told.unusable, told.fetched, told.failure), (1, Some(Duration::ZERO), None));

    provider.answers(KEYS, Answer::status(503));
    bench.pass(9);
    bench.tokens.fetch_keys(&issuer).await;
    assert_eq!(provider.asked(KEYS), 1, "not again so soon");
    bench.pass(1);
    let told = bench.tokens.fetch_keys(&issuer).await;
    assert_eq!(provider.asked(KEYS), 2);
    assert_eq!((told.keys.len(), told.fetched), (1, Some(Duration::from_secs(10))));
    assert_eq!(told.failure, Some(format!("{}{KEYS} answered HTTP 503", provider.url)));

    let given = Issuer { keys: KeySource::Jwks(object(json!({"keys": [one.jwk()]}))), ..issuer };
    let told = bench.tokens.fetch_keys(&given).await;
    assert_eq!((told.keys.len(), told.fetched, told.failure), (1, None, None));
    assert_eq!(provider.asked(KEYS), 2);
}
