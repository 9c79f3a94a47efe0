//! The form of an issuer, read and refused.

use super::*;
use serde_json::json;

fn fields() -> IssuerFields {
    IssuerFields { tenants: vec!["acme".to_owned()], ..IssuerFields::of(&usual()) }
}

fn faults(fields: &IssuerFields) -> Vec<(String, Fault)> {
    let problems = fields.read().expect_err("refused");
    problems.into_iter().map(|problem| (problem.field, problem.fault)).collect()
}

fn jwks() -> String {
    json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "kid": "d"}]}).to_string()
}

#[test]
fn an_issuer_fills_a_form_that_reads_as_the_issuer() {
    let usual = usual();
    for issuer in [
        Issuer { keys: KeySource::JwksUrl("https://idp.example/keys".to_owned()), ..usual.clone() },
        Issuer {
            name: "Sign-in".to_owned(),
            tenants: vec!["acme".into(), "globex".into()],
            audiences: vec!["https://crm.example/mcp".to_owned(), "b".to_owned()],
            keys: KeySource::Jwks(parse_jwks(&jwks()).expect("a set")),
            algorithms: vec![Algorithm::Es384],
            clock_skew: 300,
            subject_claim: "oid".to_owned(),
            require_typ: false,
            require_jti: false,
            keys_max_age: 2_592_000,
            unknown_subjects: UnknownSubjects::Provision,
            introspection: Some(Introspection::new("countersign")),
            actor_claim: Some(ActorClaim::Azp),
            actor: ActorNeed::Optional,
            role_mappings: vec![mapping()],
            ..usual.clone()
        },
        usual,
    ] {
        assert_eq!(IssuerFields::of(&issuer).read(), Ok(issuer));
    }
}

fn mapping() -> policy::issuer::RoleMapping {
    policy::issuer::RoleMapping {
        claim: "groups".to_owned(),
        value: Some("staff".to_owned()),
        pattern: None,
        role: "clerk".to_owned(),
        tenant: "globex".into(),
    }
}

#[test]
fn who_acts_and_which_claims_stand_for_roles() {
    let with = |claim: &str, mappings: &str| IssuerFields {
        actor_claim: claim.to_owned(),
        actor_optional: true,
        role_mappings: mappings.to_owned(),
        ..fields()
    };
    let read = with("act.sub", "groups = staff -> clerk @ acme").read().expect("reads");
    assert_eq!((read.actor_claim, read.actor), (Some(ActorClaim::ActSub), ActorNeed::Optional));
    assert_eq!(read.role_mappings.len(), 1);
    // Where no claim is named, there is nothing to be without.
    let none = with("none", "").read().expect("reads");
    assert_eq!((none.actor_claim, none.actor), (None, ActorNeed::Required));
    assert_eq!(faults(&with("sub", "")), [("actor_claim".to_owned(), Fault::NoKind)]);
    for bad in ["groups", "groups = staff -> clerk @ globex"] {
        assert_eq!(faults(&with("azp", bad)), [("role_mappings".to_owned(), Fault::NotMappings)]);
    }
}

#[test]
fn how_an_issuer_is_asked() {
    let with = |introspection: &str, endpoint: &str, client_id: &str| IssuerFields {
        introspection: introspection.to_owned(),
        endpoint: endpoint.to_owned(),
        client_id: client_id.to_owned(),
        ..fields()
    };
    let asked =
        with("client_secret_post", " https://idp.example/i ", "c").read().expect("reads").introspection;
    let asked = asked.expect("asked");
    assert_eq!((asked.endpoint.as_deref(), asked.client_id.as_str()), (Some("https://idp.example/i"), "c"));
    assert_eq!(asked.auth, ClientAuth::ClientSecretPost);
    // What stands in the other fields does not count then.
    assert_eq!(with("none", "x", "").read().expect("reads").introspection, None);
    for (fields, field, fault) in [
        (with("perhaps", "", "c"), "introspection", Fault::NoKind),
        (with("client_secret_basic", "", ""), "client_id", Fault::Missing),
        (with("client_secret_basic", "", "a\u{7}"), "client_id", Fault::Control),
        (with("client_secret_basic", "http://idp.example", "c"), "endpoint", Fault::NotFetchable),
        (with("client_secret_basic", "https://a:b@idp.example", "c"), "endpoint", Fault::SecretInUrl),
    ] {
        assert_eq!(faults(&fields), [(field.to_owned(), fault)]);
    }
}

#[test]
fn every_field_is_told_what_is_wrong() {
    let set = |change: fn(&mut IssuerFields)| {
        let mut fields = fields();
        change(&mut fields);
        faults(&fields)
    };
    let one = |field: &str, fault| vec![(field.to_owned(), fault)];
    assert_eq!(set(|f| f.url.clear()), one("url", Fault::Missing));
    for url in ["idp.example", "http://idp.example", "https://idp.example/?a", "https://a b", "https://x\0"] {
        let fields = IssuerFields { url: url.to_owned(), ..fields() };
        assert_eq!(faults(&fields), one("url", Fault::NotAnIssuer), "{url:?}");
    }
    assert_eq!(set(|f| f.url = "https://a:b@idp.example".to_owned()), one("url", Fault::SecretInUrl));
    let long = |f: &mut IssuerFields| f.url = format!("https://idp.example/{}", "x".repeat(981));
    assert_eq!(set(long), one("url", Fault::TooLong(1_000)));
    assert_eq!(set(|f| f.name = "a\u{7}".to_owned()), one("name", Fault::Control));
    assert_eq!(set(|f| f.tenants.push("A".to_owned())), one("tenants", Fault::Unknown));
    assert_eq!(set(|f| f.keys.clear()), one("keys", Fault::NoKind));
    assert_eq!(set(|f| f.keys = "jwks_url".to_owned()), one("jwks_url", Fault::Missing));
    assert_eq!(set(|f| f.keys = "jwks".to_owned()), one("jwks", Fault::Missing));
    assert_eq!(set(|f| f.algorithms.clear()), one("algorithms", Fault::NothingChosen));
    assert_eq!(set(|f| f.algorithms.push("HS256".to_owned())), one("algorithms", Fault::NoKind));
    assert_eq!(set(|f| f.algorithms.push("RS256".to_owned())), one("algorithms", Fault::Twice));
    assert_eq!(set(|f| f.clock_skew = "301".to_owned()), one("clock_skew", Fault::NotBetween(0, 300)));
    let age = one("keys_max_age", Fault::NotBetween(60, 2_592_000));
    assert_eq!(set(|f| f.keys_max_age = "59".to_owned()), age);
    assert_eq!(set(|f| f.audiences = "a\nb\na".to_owned()), one("audiences", Fault::Twice));
    assert_eq!(set(|f| f.audiences = "a\u{1}".to_owned()), one("audiences", Fault::Control));
    assert_eq!(set(|f| f.subject_claim.clear()), one("subject_claim", Fault::Missing));
    assert_eq!(set(|f| f.subject_claim = "iss".to_owned()), one("subject_claim", Fault::OtherClaim));
    assert_eq!(set(|f| f.unknown_subjects.clear()), one("unknown_subjects", Fault::NoKind));
    // All at once.
    let bad = IssuerFields { tenants: Vec::new(), ..IssuerFields::default() };
    let told: Vec<String> = faults(&bad).into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        told,
        ["url", "keys", "algorithms", "clock_skew", "keys_max_age", "subject_claim", "unknown_subjects"]
    );
}

#[test]
fn limits_are_those_of_the_vocabulary() {
    for (field, range) in [("clock_skew", SKEW), ("keys_max_age", KEYS_AGE)] {
        let with = |value: u32| match field {
            "clock_skew" => Issuer { clock_skew: value, ..usual() }.check(),
            _ => Issuer { keys_max_age: value, ..usual() }.check(),
        };
        assert_eq!((with(*range.start()), with(*range.end())), (Ok(()), Ok(())));
        assert!(with(range.end() + 1).is_err());
    }
    let many: Vec<String> = (0..=MOST_AUDIENCES).map(|n| n.to_string()).collect();
    assert_eq!(parse_audiences(&many.join("\n")), Err(Fault::TooMany(MOST_AUDIENCES)));
    assert!(parse_audiences(&many[1..].join("\n")).is_ok());
}

#[test]
fn a_secret_key_is_refused_and_not_kept() {
    assert!(parse_jwks(&jwks()).is_ok());
    let private = r#"{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"c"}"#;
    for secret in [
        private.to_owned(),
        format!(r#"{{"keys":[{private}]}}"#),
        format!("[{private}]"),
        r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#.to_owned(),
        private[..private.len() - 1].to_owned(),
        "-----BEGIN PRIVATE KEY-----\nMIG".to_owned(),
    ] {
        let fields = IssuerFields { keys: "jwks".to_owned(), jwks: secret.clone(), ..fields() };
        assert_eq!(faults(&fields), [("jwks".to_owned(), Fault::SecretKey)], "{secret}");
        assert_eq!(fields.draft(Ask::New).value("jwks"), Some(""));
        // Nor where it is not asked for.
        let fields = IssuerFields { keys: "discovery".to_owned(), ..fields };
        assert_eq!(fields.draft(Ask::New).value("jwks"), Some(""));
    }
    for (bad, fault) in [
        ("{", Fault::NotJson),
        ("[]", Fault::NotAKeySet),
        ("{}", Fault::NotAKeySet),
        (r#"{"keys":[]}"#, Fault::NotAKeySet),
        (r#"{"keys":[1]}"#, Fault::NotAKeySet),
    ] {
        assert_eq!(parse_jwks(bad), Err(fault), "{bad}");
    }
}

#[test]
fn what_was_typed_is_kept() {
    let fields = IssuerFields { jwks: "{".to_owned(), require_jti: false, ..fields() };
    let draft = fields.draft(Ask::Edit);
    assert_eq!(draft.form, "edit");
    assert_eq!((draft.value("tenants"), draft.value("jwks")), (Some("acme"), Some("{")));
    assert_eq!((draft.value("require_typ"), draft.value("require_jti")), (Some("true"), None));
    assert_eq!(draft.values.iter().filter(|(name, _)| name == "algorithms").count(), 4);
}
