//! What an issuer may be, and what not.

use super::*;
use serde_json::json;

fn issuer() -> Issuer {
    Issuer { tenants: vec!["acme".into()], ..Issuer::new("https://idp.example") }
}

fn refused(issuer: &Issuer) -> (&'static str, String) {
    let error = issuer.check().expect_err("refused");
    assert_eq!(error.to_string(), format!("`{}` {}", error.field, error.why));
    (error.field, error.why)
}

#[test]
fn what_is_not_said_is_as_usual() {
    let read: Issuer = serde_json::from_value(json!({"url": "https://idp.example"})).expect("reads");
    assert_eq!(read, Issuer::new("https://idp.example"));
    assert_eq!(read.name, "https://idp.example");
    assert!(read.active && read.require_typ && read.require_jti);
    assert_eq!((read.clock_skew, read.keys_max_age), (30, 86_400));
    assert_eq!(read.subject_claim, "sub");
    assert!(read.tenants.is_empty(), "its identities count nowhere");
    assert_eq!(read.check(), Ok(()));
    assert!(read.weaker().is_empty());
    let open = Issuer { require_typ: false, require_jti: false, ..read };
    assert_eq!(open.weaker().len(), 2);
}

#[test]
fn an_issuer_survives_its_own_format() {
    for keys in [
        json!("discovery"),
        json!({"jwks_url": "https://idp.example/keys?v=2"}),
        json!({"jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}}),
    ] {
        let text = json!({
            "url": "https://idp.example/",
            "name": "The company",
            "active": false,
            "tenants": ["acme", "globex"],
            "audiences": ["https://mcp.example/crm"],
            "keys": keys,
            "algorithms": ["ES384", "EdDSA"],
            "clock_skew": 0,
            "subject_claim": "oid",
            "require_typ": false,
            "require_jti": false,
            "keys_max_age": 3600,
            "unknown_subjects": "provision",
        });
        let read: Issuer = serde_json::from_value(text.clone()).expect("reads");
        assert_eq!(read.check(), Ok(()));
        assert_eq!(serde_json::to_value(&read).expect("writes"), text);
    }
}

#[test]
fn unknown_keys_and_words_are_refused() {
    for (key, value) in [
        ("actor_claim", json!("email")),
        ("introspection", json!({})),
        ("algorithms", json!(["HS256"])),
        ("algorithms", json!(["none"])),
        ("algorithms", json!(["ES512"])),
        ("keys", json!("jwks")),
        ("keys", json!({"pem": "x"})),
        ("keys", json!({"jwks_url": "https://a", "jwks": {}})),
        ("clock_skew", json!(-1)),
        ("unknown_subjects", json!("allow")),
    ] {
        let mut text = json!({"url": "https://idp.example"});
        text[key] = value.clone();
        assert!(serde_json::from_value::<Issuer>(text).is_err(), "{key}: {value}");
    }
    assert!(serde_json::from_value::<Issuer>(json!({})).is_err(), "no URL");
}

#[test]
fn addresses_that_are_taken() {
    for good in [
        "https://idp.example",
        "https://idp.example/",
        "https://idp.example:8443/realms/acme",
        "https://IdP_1.example/a@b/%7E;x=1",
        "https://[2001:db8::1]:443/",
        "http://localhost",
        "http://localhost:3000/a",
        "http://127.0.0.1:9",
        "http://127.9.9.9/",
        "http://[::1]:3000",
    ] {
        assert_eq!(Issuer::new(good).check(), Ok(()), "{good}");
        assert_eq!(check_fetched_url(&format!("{good}?a=b/c@d")), Ok(()), "{good}");
    }
}

#[test]
fn addresses_that_are_refused() {
    for bad in [
        "",
        "idp.example",
        "//idp.example",
        "ftp://idp.example",
        "HTTPS://idp.example",
        "https:/idp.example",
        "https://",
        "https:///path",
        "https://?x",
        "https://user@idp.example",
        "https://user:secret@idp.example",
        "https://idp.example:",
        "https://idp.example:0",
        "https://idp.example:65536",
        "https://idp.example:+80",
        "https://idp.example:80:80",
        "https://idp.example/#a",
        "https://idp.example#",
        "https://idp example",
        "https://idp.example/\n",
        "https://idp.example\\@evil.example",
        "https://idp.exämple",
        "https://%31.example",
        "https://[::1",
        "https://[::g]",
        "https://[::1]x",
        "http://idp.example",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://127.0.0.1.evil.example",
        "http://0x7f000001",
        "http://[::ffff:127.0.0.1]",
        "http://[::2]",
    ] {
        assert!(check_fetched_url(bad).is_err(), "{bad}");
        assert_eq!(refused(&Issuer::new(bad)).0, "url", "{bad}");
    }
    assert_eq!(refused(&Issuer::new("https://idp.example?x")), ("url", "must not have a query".to_owned()));
    let long = format!("https://idp.example/{}", "x".repeat(2_048));
    assert!(check_fetched_url(&long).is_err());
}

fn mapping(claim: &str) -> RoleMapping {
    RoleMapping {
        claim: claim.to_owned(),
        value: Some("a".to_owned()),
        pattern: None,
        role: "r".to_owned(),
        tenant: "acme".into(),
    }
}

#[test]
fn who_acts_and_roles_from_claims_are_off_unless_said() {
    let usual = serde_json::to_value(issuer()).expect("writes");
    for key in ["actor_claim", "actor", "role_mappings"] {
        assert_eq!(usual.get(key), None, "{key}");
    }
    for claim in ActorClaim::ALL {
        assert_eq!(ActorClaim::from_word(claim.as_str()), Some(*claim));
        assert_eq!(serde_json::to_value(claim).expect("writes"), json!(claim.as_str()));
    }
    assert_eq!(ActorClaim::from_word("sub"), None);
    for need in [ActorNeed::Required, ActorNeed::Optional] {
        assert_eq!(serde_json::to_value(need).expect("writes"), json!(need.as_str()));
    }
    // A mapping of a tenant in which the issuer does not count (any more) is for nothing, and no harm.
    let stray = RoleMapping { tenant: "globex".into(), ..mapping("groups") };
    assert_eq!(Issuer { role_mappings: vec![stray], ..issuer() }.check(), Ok(()));
}

#[test]
fn every_field_has_its_limits() {
    let jwks = |value: Value| match value {
        Value::Object(set) => KeySource::Jwks(set),
        _ => panic!("an object"),
    };
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"});
    let private = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"});
    let large = json!({"kty": "OKP", "x5c": ["x".repeat(70_000)]});
    for (field, bad) in [
        ("name", Issuer { name: "a\u{7}".to_owned(), ..issuer() }),
        ("name", Issuer { name: String::new(), ..issuer() }),
        ("tenants", Issuer { tenants: vec!["A".into()], ..issuer() }),
        ("tenants", Issuer { tenants: vec!["a".into(), "a".into()], ..issuer() }),
        ("audiences", Issuer { audiences: vec![String::new()], ..issuer() }),
        ("audiences", Issuer { audiences: vec!["a\n".to_owned()], ..issuer() }),
        ("audiences", Issuer { audiences: vec!["a".to_owned(), "a".to_owned()], ..issuer() }),
        ("audiences", Issuer { audiences: (0..101).map(|n| n.to_string()).collect(), ..issuer() }),
        ("keys", Issuer { keys: KeySource::JwksUrl("http://idp.example/keys".to_owned()), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({})), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({"keys": []})), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({"keys": {"kty": "RSA"}})), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({"keys": ["x"]})), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({"keys": [private]})), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({"keys": vec![key; 101]})), ..issuer() }),
        ("keys", Issuer { keys: jwks(json!({"keys": [large]})), ..issuer() }),
        ("algorithms", Issuer { algorithms: Vec::new(), ..issuer() }),
        ("algorithms", Issuer { algorithms: vec![Algorithm::Es256, Algorithm::Es256], ..issuer() }),
        ("clock_skew", Issuer { clock_skew: 301, ..issuer() }),
        ("subject_claim", Issuer { subject_claim: String::new(), ..issuer() }),
        ("subject_claim", Issuer { subject_claim: "iss".to_owned(), ..issuer() }),
        ("subject_claim", Issuer { subject_claim: "a\0".to_owned(), ..issuer() }),
        ("keys_max_age", Issuer { keys_max_age: 59, ..issuer() }),
        ("keys_max_age", Issuer { keys_max_age: 2_592_001, ..issuer() }),
        ("actor", Issuer { actor: ActorNeed::Optional, ..issuer() }),
        ("role_mappings", Issuer { role_mappings: vec![mapping("a..b")], ..issuer() }),
        ("role_mappings", Issuer { role_mappings: vec![mapping("a"); MAX_MAPPINGS + 1], ..issuer() }),
    ] {
        let (refused, why) = refused(&bad);
        assert_eq!(refused, field, "{why}");
    }
    assert_eq!(Issuer { clock_skew: 300, keys_max_age: 60, ..issuer() }.check(), Ok(()));
}

#[test]
fn algorithms_read_back() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.as_str().parse(), Ok(*algorithm));
        assert_eq!(serde_json::to_value(algorithm).expect("writes"), json!(algorithm.as_str()));
    }
    for bad in ["", "none", "None", "HS256", "rs256", "ES512", "RS256 ", "EdDsa"] {
        assert_eq!(bad.parse::<Algorithm>(), Err(AlgorithmError), "{bad}");
    }
}
