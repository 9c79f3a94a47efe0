//! What an ID token proves (OpenID Connect Core 1.0, section 3.1.3.7): signature, issuer, audience, time and nonce are
//! the crate's to check, with the algorithms that we name; what is on top of that is checked here.

use super::error::SignInError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{ClientId, IssuerUrl, Nonce};
use policy::Timestamp;
use policy::arguments::parse_exact;
use serde_json::{Map, Value};
use store::administration::SignInProvider;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

/// The most groups that are looked at.
const MOST_GROUPS: usize = 2_000;

/// By how much clocks may differ, in seconds.
const SKEW: i64 = 5 * 60;

/// Who somebody is, by the word of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) groups: Vec<String>,
    /// When they proved themselves there, where it is told.
    pub(super) proven_at: Option<Timestamp>,
}

/// Signatures that only the provider can make: none with a shared secret.
fn algorithms() -> [CoreJwsSigningAlgorithm; 9] {
    use CoreJwsSigningAlgorithm as A;
    [
        A::RsaSsaPkcs1V15Sha256,
        A::RsaSsaPkcs1V15Sha384,
        A::RsaSsaPkcs1V15Sha512,
        A::RsaSsaPssSha256,
        A::RsaSsaPssSha384,
        A::RsaSsaPssSha512,
        A::EcdsaP256Sha256,
        A::EcdsaP384Sha384,
        A::EdDsa,
    ]
}

fn refused(why: impl Into<String>) -> SignInError {
    SignInError::Token(why.into())
}

/// # Errors
/// When any of it does not hold.
pub(super) fn verify(
    text: &str,
    provider: &SignInProvider,
    keys: CoreJsonWebKeySet,
    nonce: &str,
    now: Timestamp,
) -> Result<Claims, SignInError> {
    if text.len() > LONGEST {
        return Err(refused("it is too long"));
    }
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|_| refused("the issuer is no URL"))?;
    let moment: DateTime<Utc> =
        DateTime::from_timestamp_micros(now.micros()).ok_or_else(|| refused("it is no time to sign in"))?;
    let issued = move |at: DateTime<Utc>| {
        let ahead = at.timestamp().saturating_sub(moment.timestamp());
        if ahead > SKEW { Err("it is from the future (`iat`)".to_owned()) } else { Ok(()) }
    };
    // As for a client that has no secret: one that both sides know proves nothing of who signed.
    let verifier =
        CoreIdTokenVerifier::new_public_client(ClientId::new(provider.client_id.clone()), issuer, keys)
            .set_allowed_algs(algorithms())
            .set_time_fn(move || moment)
            .set_issue_time_verifier_fn(issued);
    let token: CoreIdToken = text.parse().map_err(|_| refused("it is none"))?;
    token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|error| refused(error.to_string()))?;
    read(&payload(text)?, provider)
}

/// The very bytes that the signature is over, read strictly: no name twice.
fn payload(text: &str) -> Result<Map<String, Value>, SignInError> {
    let part = text.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| refused("its claims are no base64url"))?;
    match parse_exact(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(refused("its claims are no JSON object of one meaning")),
    }
}

fn read(claims: &Map<String, Value>, provider: &SignInProvider) -> Result<Claims, SignInError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let sub = text("sub").ok_or_else(|| refused("it names nobody (`sub`)"))?;
    if claims.get("azp").is_some_and(|azp| azp.as_str() != Some(provider.client_id.as_str())) {
        return Err(refused("it was issued to another client (`azp`)"));
    }
    let login = text("preferred_username").or_else(|| text("email")).unwrap_or(sub);
    let seconds = claims.get("auth_time").and_then(Value::as_i64);
    Ok(Claims {
        sub: sub.to_owned(),
        login: login.to_owned(),
        name: text("name").unwrap_or(login).to_owned(),
        groups: groups(claims, &provider.settings.groups_claim),
        proven_at: seconds.map(|seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000))),
    })
}

/// A list of texts, or one text; anything else names no group. `claim`: a name, or a JSON pointer.
fn groups(claims: &Map<String, Value>, claim: &str) -> Vec<String> {
    let mut found = claims.get(claim);
    if found.is_none()
        && let Some(path) = claim.strip_prefix('/')
        && let Some((first, rest)) = path.split_once('/')
    {
        found = claims.get(first).and_then(|value| value.pointer(&format!("/{rest}")));
    }
    match found {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => {
            all.iter().take(MOST_GROUPS).filter_map(|group| group.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use openidconnect::core::CoreEdDsaPrivateSigningKey;
    use openidconnect::{JsonWebKeyId, PrivateSigningKey};
    use serde_json::json;
    use store::administration::ProviderSettings;

    fn provider() -> SignInProvider {
        SignInProvider {
            id: "work".to_owned(),
            name: "Work".to_owned(),
            issuer: "https://idp.example".to_owned(),
            client_id: "console".to_owned(),
            active: true,
            settings: ProviderSettings::default(),
        }
    }

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn groups_are_a_list_of_texts_under_a_name_or_a_path() {
        let claims = object(json!({
            "groups": ["a", 7, null, "b", ["c"]],
            "role": "one",
            "https://app.example/roles": ["url"],
            "realm_access": {"roles": ["deep"]},
            "odd": {"a": 1},
        }));
        for (claim, expected) in [
            ("groups", &["a", "b"][..]),
            ("role", &["one"]),
            ("https://app.example/roles", &["url"]),
            ("/realm_access/roles", &["deep"]),
            ("/realm_access/nothing", &[]),
            ("/realm_access", &[]),
            ("odd", &[]),
            ("nothing", &[]),
        ] {
            assert_eq!(groups(&claims, claim), expected, "{claim}");
        }
    }

    #[test]
    fn who_it_is_about_and_for_whom() {
        let read = |value: Value| read(&object(value), &provider());
        let ann =
            read(json!({"sub": "17", "email": "ann@example.org", "name": "Ann", "auth_time": 2})).unwrap();
        assert_eq!((ann.login.as_str(), ann.name.as_str()), ("ann@example.org", "Ann"));
        assert_eq!(ann.proven_at, Some(Timestamp::from_micros(2_000_000)));
        let bare = read(json!({"sub": "17", "name": "", "azp": "console"})).unwrap();
        assert_eq!((bare.login.as_str(), bare.name.as_str(), bare.proven_at), ("17", "17", None));
        for bad in [json!({}), json!({"sub": ""}), json!({"sub": 17}), json!({"sub": "17", "azp": "other"})] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    /// A key that everybody knows.
    fn key() -> CoreEdDsaPrivateSigningKey {
        let der = include_bytes!("../../../../pdp/src/tokens/tests/keys/ed25519.der");
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
        CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new("one".to_owned()))).unwrap()
    }

    const NOW: i64 = 1_800_000_000;

    /// These claims, signed.
    fn signed(claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": "one"});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = key().sign(&CoreJwsSigningAlgorithm::EdDsa, message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn good() -> Value {
        json!({
            "iss": "https://idp.example", "aud": "console", "sub": "17", "nonce": "n", "iat": NOW - 5,
            "exp": NOW + 60, "groups": ["a"],
        })
    }

    fn verified(token: &str) -> Result<Claims, SignInError> {
        let keys = CoreJsonWebKeySet::new(vec![key().as_verification_key()]);
        verify(token, &provider(), keys, "n", Timestamp::from_micros(NOW * 1_000_000))
    }

    #[test]
    fn a_token_counts_if_all_of_it_holds() {
        let claims = verified(&signed(&good())).unwrap();
        assert_eq!((claims.sub.as_str(), claims.groups.as_slice()), ("17", &["a".to_owned()][..]));
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("iss", json!("https://idp.example/")),
            ("aud", json!("another")),
            ("aud", json!(["console", "another"])),
            ("aud", json!([])),
            ("azp", json!("another")),
            ("nonce", json!("m")),
            ("nonce", Value::Null),
            ("exp", json!(NOW)),
            ("exp", json!(NOW - 3_600)),
            ("iat", json!(NOW + SKEW + 60)),
            ("sub", json!("")),
        ] {
            let mut claims = good();
            claims[name] = value.clone();
            assert!(verified(&signed(&claims)).is_err(), "{name} {value}");
        }
        // Somebody else's claims under a good signature.
        let (good, other) = (signed(&good()), signed(&json!({"sub": "18"})));
        let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (one, two) = (parts(&good), parts(&other));
        assert!(verified(&[one[0].as_str(), &two[1], &one[2]].join(".")).is_err());
        assert!(verified(&[one[0].as_str(), &one[1], &two[2]].join(".")).is_err());
    }

    #[test]
    fn a_token_that_nobody_signed_is_none() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "iss": "https://idp.example", "aud": "console", "sub": "17", "nonce": "n", "iat": 1, "exp": 4_000_000_000_i64,
        });
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let keys = || serde_json::from_value::<CoreJsonWebKeySet>(json!({"keys": []})).unwrap();
        for header in [json!({"alg": "none"}), json!({"alg": "HS256"}), json!({"alg": "RS256", "kid": "x"})] {
            let text = format!("{}.{}.", part(header.clone()), part(claims.clone()));
            assert!(verify(&text, &provider(), keys(), "n", now).is_err(), "{header}");
        }
        for bad in ["", "a.b", "a.b.c", &"x".repeat(LONGEST + 1)] {
            assert!(verify(bad, &provider(), keys(), "n", now).is_err(), "{bad:.20}");
        }
    }
}
