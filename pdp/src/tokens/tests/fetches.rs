//! What an issuer's own documents may do to us: nothing.

use super::provider::{Answer, KEYS, OAUTH, OPENID, Provider};
use super::signing::Signer;
use super::*;
use crate::tokens::fetch::FetchError;

fn fetcher(limits: Limits) -> Fetcher {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Fetcher::new(&AddressGuard::new(&[AllowedAddress::Loopback]), limits).expect("a client")
}

async fn fetched(provider: &Provider) -> Result<KeySet, FetchError> {
    fetcher(Limits::default()).keys(&provider.url, &KeySource::Discovery).await
}

async fn refused(provider: &Provider) -> String {
    fetched(provider).await.expect_err("must not be taken").to_string()
}

#[tokio::test]
async fn both_kinds_of_metadata_lead_to_the_keys() {
    let key = Signer::es256().jwk();
    let provider = Provider::publishing(std::slice::from_ref(&key)).await;
    assert_eq!(fetched(&provider).await.expect("keys").len(), 1);
    assert_eq!(provider.asked(OAUTH), 0);

    let provider = Provider::silent().await;
    provider.publish(&[key]);
    provider.answers(OAUTH, Answer::json(&provider.metadata()));
    assert_eq!(fetched(&provider).await.expect("keys").len(), 1);
    // A page for every path, as of an application in the browser.
    provider.answers(OPENID, Answer::text("<h1>Hello</h1>"));
    assert_eq!(fetched(&provider).await.expect("keys").len(), 1);

    let provider = Provider::silent().await;
    assert_eq!(refused(&provider).await, format!("{}{OAUTH} answered HTTP 404", provider.url));
}

#[tokio::test]
async fn metadata_must_be_of_the_very_issuer() {
    let provider = Provider::publishing(&[Signer::es256().jwk()]).await;
    let good = provider.metadata();
    for (member, value, why) in [
        (
            "issuer",
            json!("https://evil.example"),
            "is the metadata of another issuer (`https://evil.example`)",
        ),
        ("issuer", json!(format!("{}/", provider.url)), "is the metadata of another issuer"),
        ("issuer", json!(null), "is the metadata of another issuer"),
        ("issuer", json!([provider.url]), "is the metadata of another issuer"),
        ("jwks_uri", json!(null), "names no address of keys"),
        ("jwks_uri", json!(7), "names no address of keys"),
        ("jwks_uri", json!("/keys"), "must start with `https://`"),
        ("jwks_uri", json!("file:///etc/passwd"), "must start with `https://`"),
        ("jwks_uri", json!("http://keys.example/"), "must start with `https://`"),
        ("jwks_uri", json!("https://user@keys.example/"), "must not hold a user name"),
        ("jwks_uri", json!("https://169.254.169.254/latest"), "a cloud metadata address, which is refused"),
        ("jwks_uri", json!("https://10.0.0.1/keys"), "a private address, which is refused"),
    ] {
        provider.answers(OPENID, Answer::json(&with(good.clone(), member, value.clone())));
        let told = refused(&provider).await;
        assert!(told.contains(why), "{member} {value}: {told}");
    }
    assert_eq!(provider.asked(KEYS), 0);
    assert_eq!(provider.asked(OAUTH), 0, "metadata of somebody else is no reason to look elsewhere");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let provider = Provider::publishing(&[Signer::es256().jwk()]).await;
    let elsewhere = format!("{}/elsewhere", provider.url);
    for path in [KEYS, OPENID] {
        for status in [301, 302, 307] {
            provider.answers(path, Answer::redirect(status, &elsewhere));
            let url = format!("{}{path}", provider.url);
            let expected =
                format!("{url} leads elsewhere (HTTP {status} to `{elsewhere}`), which is not followed");
            assert_eq!(refused(&provider).await, expected);
        }
    }
    assert_eq!(provider.asked("/elsewhere"), 0);
}

#[tokio::test]
async fn answers_without_end_are_left() {
    let provider = Provider::publishing(&[]).await;
    let limit = 1024 * 1024;
    let large = format!(r#"{{"keys":[],"x":"{}"}}"#, "y".repeat(limit));
    provider.answers(KEYS, Answer::text(large));
    let too_large = FetchError::TooLarge { url: format!("{}{KEYS}", provider.url), limit };
    assert_eq!(fetched(&provider).await.expect_err("announced"), too_large);
    provider.answers(KEYS, Answer::Endless);
    assert_eq!(fetched(&provider).await.expect_err("without end"), too_large);

    let time = Duration::from_millis(300);
    let hurried = fetcher(Limits { time, ..Limits::default() });
    provider.answers(KEYS, Answer::Silent);
    let told = hurried.keys(&provider.url, &KeySource::Discovery).await.expect_err("slow").to_string();
    // Whichever ends first: the request, or all of them together.
    assert!(told == "no answer within 300 ms" || told.contains("cannot be reached"), "{told}");
}

#[tokio::test]
async fn what_is_no_set_of_keys_is_refused() {
    let provider = Provider::publishing(&[]).await;
    let key = Signer::es256().jwk();
    let many = json!({"keys": vec![key; 101]}).to_string();
    for (body, why) in [
        ("", "JSON object of one meaning"),
        ("[]", "JSON object of one meaning"),
        ("<html>", "JSON object of one meaning"),
        (r#"{"keys":[],"keys":[]}"#, "JSON object of one meaning"),
        ("{}", "no list `keys`"),
        (r#"{"keys":{}}"#, "no list `keys`"),
        (many.as_str(), "more than 100 keys"),
    ] {
        provider.answers(KEYS, Answer::text(body));
        let told = refused(&provider).await;
        assert!(told.contains(why), "{body:.40}: {told}");
    }
    for status in [201, 403, 500] {
        provider.answers(KEYS, Answer::status(status));
        let told = refused(&provider).await;
        assert_eq!(told, format!("{}{KEYS} answered HTTP {status}", provider.url));
    }
}

#[tokio::test]
async fn keys_for_something_else_verify_nothing() {
    let signer = Signer::es256();
    let token = Secret::new(signer.token(&claims()));
    let good = signer.jwk();
    let secret = json!({"kty": "oct", "k": "c2VjcmV0", "kid": signer.kid, "alg": "HS256"});
    for (what, keys, is_good) in [
        ("a shared secret beside it", vec![secret.clone(), good.clone()], true),
        ("a shared secret alone", vec![secret], false),
        ("a key to encrypt with", vec![with(good.clone(), "use", json!("enc"))], false),
        ("a key to sign with", vec![with(good.clone(), "key_ops", json!(["sign"]))], false),
        ("a key for another algorithm", vec![with(good.clone(), "alg", json!("ES384"))], false),
        ("a key of another kind", vec![with(good.clone(), "kty", json!("RSA"))], false),
        ("a private key", vec![with(good.clone(), "d", json!("AA"))], false),
        ("no object", vec![json!("key"), good.clone()], true),
        ("the same name for two keys", vec![Signer::other_es256().named("es256-one").jwk(), good], true),
    ] {
        let provider = Provider::silent().await;
        provider.publish(&keys);
        let keys = KeySource::JwksUrl(format!("{}{KEYS}", provider.url));
        let issuer = Issuer { keys, ..Issuer::new(ISSUER) };
        let told = tokens().verify(&token, &issuer, now()).await;
        assert_eq!(told.is_ok(), is_good, "{what}: {told:?}");
    }
}

#[tokio::test]
async fn nothing_is_fetched_from_where_the_operator_did_not_allow() {
    let provider = Provider::publishing(&[Signer::es256().jwk()]).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let strict = Tokens::new(AddressGuard::default()).expect("a client");
    let token = Secret::new(Signer::es256().token(&claims_of(&provider.url)));
    let told = strict.verify(&token, &provider.issuer(), now()).await.expect_err("refused");
    assert!(
        told.why.starts_with("the issuer's keys are not known: ")
            && told.why.contains("--allow-address 127.0.0.1"),
        "{told}"
    );
    assert_eq!(provider.asked(OPENID), 0);

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let token = Secret::new(Signer::es256().token(&claims_of(&url)));
    let told = tokens().verify(&token, &Issuer::new(url), now()).await.expect_err("nobody there");
    assert!(told.why.contains("cannot be reached"), "{told}");
}
