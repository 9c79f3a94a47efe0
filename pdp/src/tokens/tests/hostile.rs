//! A table of tokens that must not be taken, each with what is said about it. Whatever it claims, each is signed with
//! the issuer's own key unless the row says otherwise: so nothing but the named check stands in its way.

use super::signing::{Signer, hs256, part};
use super::*;
use policy::issuer::Algorithm;

/// Refuses, and says why.
async fn refused(name: &str, token: &str, issuer: &Issuer) -> Refusal {
    match verify(token, issuer).await {
        Ok(facts) => panic!("{name} was taken: {facts:?}"),
        Err(refusal) => {
            assert!(!refusal.why.contains("eyJ"), "{name}: {}", refusal.why);
            refusal
        }
    }
}

async fn all_refused(issuer: &Issuer, rows: Vec<(&str, String, &str)>) {
    for (name, token, why) in rows {
        let refusal = refused(name, &token, issuer).await;
        assert_eq!(refusal.reason, Reason::TokenInvalid, "{name}: {}", refusal.why);
        assert!(refusal.why.contains(why), "{name}: {} is not about `{why}`", refusal.why);
    }
}

#[tokio::test]
async fn headers_that_bring_their_own_trust() {
    let signer = Signer::es256();
    let signed = |header: Value| signer.sign(&header.to_string(), &claims().to_string());
    let header = |member: &str, value: Value| signed(with(signer.header(), member, value));
    let public = signer.jwk().to_string();
    let unsigned = |alg: &str| {
        let header = json!({"alg": alg, "typ": "at+jwt"});
        format!("{}.{}.", part(header.to_string()), part(claims().to_string()))
    };
    let hs = with(signer.header(), "alg", json!("HS256"));
    let another = Signer::other_es256().named("es256-one");
    let forged = |member: &str, value: Value| {
        another.sign(&with(signer.header(), member, value).to_string(), &claims().to_string())
    };
    all_refused(
        &issuer(),
        vec![
            ("alg none", unsigned("none"), "not signed with `none`"),
            ("alg None", unsigned("None"), "not signed with `None`"),
            ("alg nOnE", unsigned("nOnE"), "not signed with `nOnE`"),
            ("alg empty", unsigned(""), "not signed with ``"),
            ("no signature", unsigned("ES256"), "the signature is not that of a key for ES256"),
            (
                "HS256 with the public key",
                hs256(public.as_bytes(), &hs, &claims()),
                "not signed with `HS256`",
            ),
            ("HS256 with nothing", hs256(b"", &hs, &claims()), "not signed with `HS256`"),
            ("no alg", header("alg", json!(null)), "no `alg`"),
            ("alg is a number", header("alg", json!(7)), "`alg` in the token's header is no text"),
            ("alg is a list", header("alg", json!(["ES256"])), "`alg`"),
            (
                "another algorithm than the key's",
                header("alg", json!("ES384")),
                "the key `es256-one` is not for ES384",
            ),
            ("an algorithm of another kind", header("alg", json!("RS256")), "is not for RS256"),
            ("an unknown algorithm", header("alg", json!("ES256K")), "not signed with `ES256K`"),
            ("another kid", header("kid", json!("other")), "does not publish the key `other`"),
            ("a path as kid", header("kid", json!("../../dev/null")), "does not publish"),
            ("an empty kid", header("kid", json!("")), "`kid`"),
            ("a long kid", header("kid", json!("x".repeat(257))), "`kid`"),
            ("kid is a number", header("kid", json!(1)), "`kid`"),
            ("kid is null", signed(json!({"alg": "ES256", "typ": "at+jwt", "kid": null})), "`kid`"),
            ("another key under the same kid", another.token(&claims()), "not that of the key `es256-one`"),
            ("jku", header("jku", json!("https://evil.example/keys")), "must not hold `jku`"),
            ("x5u", header("x5u", json!("https://evil.example/chain")), "must not hold `x5u`"),
            ("x5c", header("x5c", json!([])), "must not hold `x5c`"),
            ("jwk", header("jwk", signer.jwk()), "must not hold `jwk`"),
            ("crit", header("crit", json!(["exp"])), "must not hold `crit`"),
            ("b64", header("b64", json!(false)), "must not hold `b64`"),
            ("enc", header("enc", json!("A128GCM")), "must not hold `enc`"),
            ("zip", header("zip", json!("DEF")), "must not hold `zip`"),
            ("nested", header("cty", json!("JWT")), "holds another token"),
            ("nested, in full", header("cty", json!("application/jwt")), "holds another token"),
            ("cty is a number", header("cty", json!(1)), "`cty`"),
        ],
    )
    .await;
    // The same with a key of the forger's own, as the attack goes.
    all_refused(
        &issuer(),
        vec![
            ("own jwk", forged("jwk", Signer::other_es256().jwk()), "must not hold `jwk`"),
            ("own jku", forged("jku", json!("https://evil.example/keys")), "must not hold `jku`"),
        ],
    )
    .await;
}

#[tokio::test]
async fn texts_that_are_no_token_of_one_meaning() {
    let signer = Signer::es256();
    let (header, payload) = (signer.header().to_string(), claims().to_string());
    let good = signer.token(&claims());
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let twice = |text: &str, again: &str| text.replacen('{', &format!("{{{again},"), 1);
    let brackets = format!(r#""x":{}1{}"#, "[".repeat(70), "]".repeat(70));
    // The last character of 64 bytes carries four bits that mean nothing.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (kept, last) = signature.split_at(signature.len() - 1);
    let next = alphabet.find(last).expect("base64url") ^ 1;
    let loose = format!("{signed}.{kept}{}", &alphabet[next..=next]);
    let unreadable = vec![
        ("nothing", String::new(), "three parts"),
        ("an API key", "csa_abcdefghijklmnopqrstuvwxyz0123456789".to_owned(), "three parts"),
        ("dots", "..".to_owned(), "header"),
        ("two parts", signed.to_owned(), "three parts"),
        ("four parts", format!("{good}.x"), "three parts"),
        ("encrypted", format!("{good}.x.y"), "encrypted"),
        ("a blank behind", format!("{good} "), "base64url"),
        ("a line end within", format!("{signed}\n.{signature}"), "base64url"),
        ("padding", format!("{good}="), "base64url"),
        ("the other base64", good.replacen("eyJ", "+yJ", 1), "base64url"),
        ("bits that mean nothing", loose, "base64url"),
        ("oversized", format!("{good}{}", "A".repeat(16 * 1024)), "longer than"),
        ("header is a list", signer.sign("[]", &payload), "header is no JSON object"),
        ("header is no JSON", signer.sign("{", &payload), "header is not JSON"),
        ("payload is a text", signer.sign(&header, "\"x\""), "payload is no JSON object"),
        ("payload is a token", signer.sign(&header, &good), "payload is not JSON"),
        ("alg twice", signer.sign(&twice(&header, r#""alg":"none""#), &payload), "header is not JSON"),
        (
            "alg twice, escaped",
            signer.sign(&twice(&header, r#""\u0061lg":"none""#), &payload),
            "header is not JSON",
        ),
        ("sub twice", signer.sign(&header, &twice(&payload, r#""sub":"root""#)), "payload is not JSON"),
        (
            "iss twice",
            signer.sign(&header, &twice(&payload, r#""iss":"https://a.example""#)),
            "payload is not JSON",
        ),
        ("U+0000", signer.sign(&header, &twice(&payload, r#""x":"\u0000""#)), "payload is not JSON"),
        ("an inexact number", signer.sign(&header, &twice(&payload, r#""x":1e400"#)), "payload is not JSON"),
        ("deep", signer.sign(&header, &twice(&payload, &brackets)), "payload is not JSON"),
        ("two payloads", signer.sign(&header, &format!("{payload}{payload}")), "payload is not JSON"),
    ];
    for (name, token, _) in &unreadable {
        assert!(Tokens::read(&Secret::new(token.as_str())).is_none(), "{name}");
    }
    all_refused(&issuer(), unreadable).await;
    all_refused(
        &issuer(),
        vec![
            ("half a signature", format!("{signed}.{}", &signature[..40]), "not that of the key"),
            ("two signatures", format!("{good}{signature}"), "not that of the key"),
        ],
    )
    .await;
    for no_issuer in [json!(null), json!(""), json!(7), json!([ISSUER])] {
        let token = signer.token(&with(claims(), "iss", no_issuer.clone()));
        assert!(Tokens::read(&Secret::new(token)).is_none(), "{no_issuer}");
    }
}

#[tokio::test]
async fn other_kinds_of_tokens() {
    let signer = Signer::es256();
    let typed = |typ: Value, claims: &Value| {
        signer.sign(&with(signer.header(), "typ", typ).to_string(), &claims.to_string())
    };
    let id_token = with(with(claims(), "nonce", json!("n")), "at_hash", json!("h"));
    all_refused(
        &issuer(),
        vec![
            ("an ID token", typed(json!("JWT"), &id_token), "no access token: its `typ` is `JWT`"),
            ("an ID token without typ", typed(json!(null), &id_token), "it has no `typ`"),
            ("an ID-JAG", typed(json!("oauth-id-jag+jwt"), &claims()), "`oauth-id-jag+jwt`"),
            ("a DPoP proof", typed(json!("dpop+jwt"), &claims()), "`dpop+jwt`"),
            ("a logout token", typed(json!("logout+jwt"), &claims()), "`logout+jwt`"),
            ("nearly", typed(json!("at+jwtx"), &claims()), "`at+jwtx`"),
            ("nearly, in full", typed(json!("application/at+jwt; a=b"), &claims()), "no access token"),
            ("an empty typ", typed(json!(""), &claims()), "no access token"),
            ("typ is a list", typed(json!(["at+jwt"]), &claims()), "`typ`"),
        ],
    )
    .await;
    for good in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(verify(&typed(json!(good), &claims()), &issuer()).await.is_ok(), "{good}");
    }

    // Where `typ` is not required, the claims must tell.
    let loose = Issuer { require_typ: false, ..issuer() };
    let claimed = |member: &str, value: Value| typed(json!("JWT"), &with(claims(), member, value));
    all_refused(
        &loose,
        vec![
            ("an ID-JAG", typed(json!("oauth-id-jag+jwt"), &claims()), "`oauth-id-jag+jwt`"),
            ("a security event", typed(json!("secevent+jwt"), &claims()), "`secevent+jwt`"),
            ("an ID token", typed(json!("JWT"), &id_token), "it holds `nonce`"),
            ("an ID token without nonce", claimed("at_hash", json!("h")), "it holds `at_hash`"),
            ("an ID token with a code", claimed("c_hash", json!("h")), "it holds `c_hash`"),
            ("an ID token with a state", claimed("s_hash", json!("h")), "it holds `s_hash`"),
            ("a logout token", claimed("events", json!({})), "it holds `events`"),
            ("Keycloak's ID token", claimed("typ", json!("ID")), "its `typ` says otherwise"),
            ("Keycloak's refresh token", claimed("typ", json!("Refresh")), "its `typ` says otherwise"),
            ("Cognito's ID token", claimed("token_use", json!("id")), "its `token_use` says otherwise"),
        ],
    )
    .await;
    for good in [
        typed(json!("JWT"), &claims()),
        typed(json!("jwt"), &claims()),
        typed(json!(null), &claims()),
        typed(json!("at+jwt"), &id_token),
        claimed("typ", json!("Bearer")),
        claimed("token_use", json!("access")),
    ] {
        let facts = verify(&good, &loose).await.expect("taken");
        assert_eq!(facts.weaker.len(), 1);
    }
}

#[tokio::test]
async fn claims_that_are_missing_or_wrong() {
    let signer = Signer::es256();
    let claimed = |member: &str, value: Value| signer.token(&with(claims(), member, value));
    let null = |member: &str| {
        let mut claims = claims();
        claims[member] = Value::Null;
        signer.token(&claims)
    };
    all_refused(
        &issuer(),
        vec![
            ("no iss", claimed("iss", json!(null)), "`iss`"),
            ("another issuer with the same sub", claimed("iss", json!("https://evil.example")), "`iss`"),
            ("iss with a slash more", claimed("iss", json!("https://idp.example/")), "`iss`"),
            ("iss in capitals", claimed("iss", json!("https://IDP.example")), "`iss`"),
            ("iss is a list", claimed("iss", json!([ISSUER])), "`iss`"),
            ("no sub", claimed("sub", json!(null)), "no `sub`"),
            ("an empty sub", claimed("sub", json!("")), "`sub`"),
            ("sub is a number", claimed("sub", json!(17)), "`sub`"),
            ("sub is null", null("sub"), "`sub`"),
            ("a long sub", claimed("sub", json!("x".repeat(1_025))), "`sub`"),
            ("no aud", claimed("aud", json!(null)), "no `aud`"),
            ("an empty aud", claimed("aud", json!("")), "`aud`"),
            ("an empty list as aud", claimed("aud", json!([])), "`aud`"),
            ("aud with a number", claimed("aud", json!([AUDIENCE, 7])), "`aud`"),
            ("aud is an object", claimed("aud", json!({"a": AUDIENCE})), "`aud`"),
            ("too many aud", claimed("aud", json!(vec!["a"; 101])), "`aud`"),
            ("no exp", claimed("exp", json!(null)), "no `exp`"),
            ("exp is a text", claimed("exp", json!("1795651500")), "`exp`"),
            ("exp is null", null("exp"), "`exp`"),
            ("exp is negative", claimed("exp", json!(-1)), "`exp`"),
            ("exp beyond time", claimed("exp", json!(1e300)), "`exp`"),
            ("exp as u64", claimed("exp", json!(u64::MAX)), "`exp`"),
            ("exp in milliseconds", claimed("exp", json!((NOW + 300) * 1_000)), "`exp`"),
            ("not yet valid", claimed("nbf", json!(NOW + 31)), "not valid before 2026-11-26T00:00:31Z"),
            ("nbf is a text", claimed("nbf", json!("0")), "`nbf`"),
            ("issued in the future", claimed("iat", json!(NOW + 31)), "issued at 2026-11-26T00:00:31Z"),
            ("iat is a truth value", claimed("iat", json!(true)), "`iat`"),
            ("no jti", claimed("jti", json!(null)), "no `jti`"),
            ("jti is a number", claimed("jti", json!(1)), "`jti`"),
            ("an empty jti", claimed("jti", json!("")), "`jti`"),
            ("bound to a key", claimed("cnf", json!({"jkt": "x"})), "`cnf`"),
            ("bound to nothing", null("cnf"), "`cnf`"),
            ("act is null", null("act"), "`act` is no object"),
            ("act is a text", claimed("act", json!("agent")), "`act` is no object"),
            ("act names nobody", claimed("act", json!({"client_id": "agent"})), "has no `sub`"),
            ("act.sub is a number", claimed("act", json!({"sub": 7})), "in `act`, `sub`"),
            (
                "act.iss is a list",
                claimed("act", json!({"sub": "agent", "iss": [ISSUER]})),
                "in `act`, `iss`",
            ),
            ("a nested act is a text", claimed("act", json!({"sub": "b", "act": "a"})), "`act` is no object"),
            ("act 300 times within itself", claimed("act", acts(300)), "not JSON with one meaning"),
            ("act a thousand times within itself", claimed("act", acts(1_000)), "longer than"),
            ("scope is a number", claimed("scope", json!(7)), "`scope`"),
            ("scope is a list", claimed("scope", json!(["a"])), "`scope`"),
            ("claims beyond 8 KiB", claimed("x", json!("y".repeat(8_192))), "larger than 8192 bytes"),
        ],
    )
    .await;
}

/// So many actors, each for the one before.
fn acts(count: usize) -> Value {
    (1..count).fold(json!({"sub": "a"}), |act, _| json!({"sub": "a", "act": act}))
}

#[tokio::test]
async fn a_token_that_names_who_acts_is_good() {
    for act in [acts(1), acts(20), json!({"sub": "agent", "iss": "https://other.example"})] {
        let token = Signer::es256().token(&with(claims(), "act", act.clone()));
        let facts = verify(&token, &issuer()).await.expect("good");
        assert_eq!(facts.claims["act"], act);
    }
    let issuer = Issuer { actor_claim: Some(policy::issuer::ActorClaim::ClientId), ..issuer() };
    let token = Signer::es256().token(&with(claims(), "client_id", json!(7)));
    assert!(refused("client_id is a number", &token, &issuer).await.why.contains("`client_id`"));
}

#[tokio::test]
async fn scopes_in_either_way() {
    let signer = Signer::es256();
    let with_scp = |scp: Value| signer.token(&with(with(claims(), "scope", json!(null)), "scp", scp));
    for (scp, scopes) in
        [(json!("a b"), vec!["a", "b"]), (json!(["a", "b"]), vec!["a", "b"]), (json!(null), vec![])]
    {
        let facts = verify(&with_scp(scp), &issuer()).await.expect("good");
        assert_eq!(facts.scopes, scopes);
    }
    let told = refused("scp with a number", &with_scp(json!([1])), &issuer()).await;
    assert_eq!(told.why, "`scp` is not a list of texts");
}

#[tokio::test]
async fn times_are_checked_with_the_skew_of_the_issuer() {
    let signer = Signer::es256();
    let strict = Issuer { clock_skew: 0, ..issuer() };
    for (claim, seconds, with_skew, without) in [
        ("exp", json!(NOW - 29), Ok(()), Err(Reason::TokenExpired)),
        ("exp", json!(NOW - 30), Err(Reason::TokenExpired), Err(Reason::TokenExpired)),
        ("exp", json!(NOW), Ok(()), Err(Reason::TokenExpired)),
        ("exp", json!(NOW + 1), Ok(()), Ok(())),
        ("exp", json!(0), Err(Reason::TokenExpired), Err(Reason::TokenExpired)),
        ("exp", json!(NOW as f64 + 0.5), Ok(()), Ok(())),
        ("exp", json!(NOW as f64 - 30.5), Err(Reason::TokenExpired), Err(Reason::TokenExpired)),
        ("nbf", json!(NOW), Ok(()), Ok(())),
        ("nbf", json!(NOW + 1), Ok(()), Err(Reason::TokenInvalid)),
        ("nbf", json!(NOW + 30), Ok(()), Err(Reason::TokenInvalid)),
        ("nbf", json!(NOW + 31), Err(Reason::TokenInvalid), Err(Reason::TokenInvalid)),
        ("iat", json!(NOW + 30), Ok(()), Err(Reason::TokenInvalid)),
        ("iat", json!(NOW as f64 + 30.5), Err(Reason::TokenInvalid), Err(Reason::TokenInvalid)),
        ("iat", json!(null), Ok(()), Ok(())),
    ] {
        let token = signer.token(&with(claims(), claim, seconds.clone()));
        for (issuer, wanted) in [(&issuer(), with_skew), (&strict, without)] {
            let told = verify(&token, issuer).await.map(|_| ()).map_err(|refusal| refusal.reason);
            assert_eq!(told, wanted, "{claim} {seconds} with {}", issuer.clock_skew);
        }
    }
}

#[tokio::test]
async fn what_is_written_down_about_an_issuer_counts() {
    let signer = Signer::es256();
    let no_jti = signer.token(&with(claims(), "jti", json!(null)));
    let facts = verify(&no_jti, &Issuer { require_jti: false, ..issuer() }).await.expect("good");
    assert_eq!((facts.jti, facts.weaker.len()), (None, 1));

    let by_oid = Issuer { subject_claim: "oid".to_owned(), ..issuer() };
    let facts = verify(&signer.token(&with(claims(), "oid", json!("o-1"))), &by_oid).await.expect("good");
    assert_eq!(facts.sub, "o-1");
    let told = refused("no subject claim", &signer.token(&claims()), &by_oid).await;
    assert_eq!(told.why, "the token has no `oid`");

    let off = Issuer { active: false, ..issuer() };
    assert_eq!(
        refused("switched off", &signer.token(&claims()), &off).await.why,
        "the issuer is switched off"
    );

    let only_eddsa = Issuer { algorithms: vec![Algorithm::EdDsa], ..issuer() };
    let told = refused("an algorithm that is not the issuer's", &signer.token(&claims()), &only_eddsa).await;
    assert_eq!(told.why, "the issuer's tokens are not signed with `ES256`");
}
