//! Whatever comes, nothing panics, and nothing is taken that the issuer did not sign.

use super::signing::{Signer, part};
use super::*;
use proptest::prelude::*;

/// A good token, its issuer, and what else is slow to make.
static GOOD: LazyLock<(String, Issuer)> = LazyLock::new(|| (Signer::es256().token(&claims()), issuer()));

fn told(token: &str) -> Result<TokenFacts, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(verify(token, &GOOD.1))
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "scp", "cnf", "act", "nonce", "typ", "alg",
        "kid", "cty", "crit", "x",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_refused(token in ".{0,300}") {
        prop_assert!(told(&token).is_err());
        let _ = Tokens::read(&Secret::new(token));
    }

    #[test]
    fn any_bytes_in_three_parts_are_refused(
        header in prop::collection::vec(any::<u8>(), 0..80),
        payload in prop::collection::vec(any::<u8>(), 0..80),
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let token = format!("{}.{}.{}", part(header), part(payload), part(signature));
        prop_assert!(told(&token).is_err());
        let _ = Tokens::read(&Secret::new(token));
    }

    #[test]
    fn what_the_issuer_did_not_sign_is_refused(
        header in (name(), json()),
        payload in (name(), json()),
        signature in prop::collection::vec(any::<u8>(), 64),
    ) {
        let header = with(Signer::es256().header(), header.0, header.1);
        let payload = with(claims(), payload.0, payload.1);
        let token =
            format!("{}.{}.{}", part(header.to_string()), part(payload.to_string()), part(signature));
        prop_assert!(told(&token).is_err());
    }

    #[test]
    fn a_good_token_with_another_character_is_refused(
        place in any::<prop::sample::Index>(),
        character in "[A-Za-z0-9_.=+/ -]",
    ) {
        let good = &GOOD.0;
        prop_assert!(told(good).is_ok());
        let place = place.index(good.len());
        prop_assume!(good[place..=place] != character);
        let token = format!("{}{character}{}", &good[..place], &good[place + 1..]);
        prop_assert!(told(&token).is_err(), "{token}");
    }

    #[test]
    fn what_is_taken_has_what_it_needs(header in (name(), json()), payload in (name(), json())) {
        let signer = Signer::es256();
        let header = with(signer.header(), header.0, header.1);
        let payload = with(claims(), payload.0, payload.1);
        if let Ok(facts) = told(&signer.sign(&header.to_string(), &payload.to_string())) {
            prop_assert_eq!(&facts.issuer, ISSUER);
            prop_assert!(!facts.sub.is_empty() && !facts.audiences.is_empty() && facts.jti.is_some());
            prop_assert!(facts.expires_at.saturating_add_micros(30_000_000) > now());
            prop_assert!(!facts.claims.contains_key("cnf") && !facts.claims.contains_key("act"));
        }
    }
}
