//! What is taken of what was signed, as time goes by and keys are rotated.

use super::jws::{PrivateKey, thumbprint};
use super::*;
use store::administration::SigningKey;

fn private(byte: u8) -> PrivateKey {
    PrivateKey::from_seed(&[byte; 32]).expect("a key")
}

fn known(byte: u8, verifies_until: Option<i64>) -> SigningKey {
    let public = private(byte).public().to_owned();
    SigningKey {
        kid: thumbprint(&public),
        public,
        created_at: Timestamp::default(),
        retired_at: verifies_until.map(|_| Timestamp::default()),
        verifies_until: verifies_until.map(Timestamp::from_micros),
    }
}

fn keys(now: i64, keys: &[SigningKey]) -> SigningKeys {
    SigningKeys { now: Timestamp::from_micros(now), keys: keys.to_vec() }
}

const US: &str = "https://decide.example";

/// Signed by this key, good until so many seconds.
fn signed(byte: u8, kind: Kind, exp: i64) -> String {
    signed_as(byte, kind, exp, (US, US))
}

fn signed_as(byte: u8, kind: Kind, exp: i64, (iss, aud): (&str, &str)) -> String {
    let payload = Payload {
        iss: iss.to_owned(),
        aud: aud.to_owned(),
        sub: "a-1".to_owned(),
        bnd: "b".to_owned(),
        iat: 0,
        exp,
    };
    let payload = serde_json::to_string(&payload).expect("JSON");
    private(byte).sign(kind, &known(byte, None).kid, &payload).expect("signs")
}

#[test]
fn a_text_is_taken_for_its_kind_and_until_its_time() {
    let text = signed(1, Kind::Denial, 100);
    let ring = |now: i64| keys(now, &[known(1, None)]);
    let spoken = Spoken { approval: ApprovalId::new("a-1"), bound: "b".to_owned() };
    assert_eq!(taken(&ring(99_999_999), US, Kind::Denial, &text).expect("is taken"), spoken);
    assert!(matches!(taken(&ring(100_000_000), US, Kind::Denial, &text), Err(NotTaken::Expired)));
    assert!(matches!(taken(&ring(0), US, Kind::Approval, &text), Err(NotTaken::Forged)));
}

#[test]
fn a_key_that_was_rotated_is_taken_until_its_time() {
    let text = signed(1, Kind::Approval, 1_000);
    let ring = |now: i64, of: &[SigningKey]| taken(&keys(now, of), US, Kind::Approval, &text);
    let rotated = [known(2, None), known(1, Some(500))];
    assert!(ring(499, &rotated).is_ok());
    assert!(matches!(ring(500, &rotated), Err(NotTaken::Forged)), "it is gone");
    assert!(matches!(ring(0, &[known(2, None)]), Err(NotTaken::Forged)), "another one's");
    // The name of one key and the signature of another.
    let renamed = SigningKey { kid: known(1, None).kid, ..known(2, None) };
    assert!(matches!(ring(0, &[renamed]), Err(NotTaken::Forged)));
}

#[test]
fn what_others_signed_with_the_same_key_is_not_taken() {
    // A copy of the database has the keys too.
    let ring = keys(0, &[known(1, None)]);
    let copy = "https://staging.example";
    for (iss, aud) in [(copy, copy), (copy, US), (US, copy), ("", US), ("https://decide.example/", US)] {
        let text = signed_as(1, Kind::Denial, 100, (iss, aud));
        let told = taken(&ring, US, Kind::Denial, &text);
        assert!(matches!(told, Err(NotTaken::Forged)), "{iss} {aud}");
    }
    let text = signed_as(1, Kind::Denial, 100, (copy, copy));
    assert!(taken(&ring, copy, Kind::Denial, &text).is_ok());
}

#[test]
fn what_is_signed_and_no_claims() {
    let kid = known(1, None).kid;
    for payload in [
        "",
        "{}",
        "[]",
        r#"{"iss":"https://decide.example","aud":"https://decide.example","sub":"a","bnd":"b","iat":0,"exp":"soon"}"#,
        r#"{"iss":"https://decide.example","sub":"a","bnd":"b","iat":0,"exp":100}"#,
    ] {
        let text = private(1).sign(Kind::Denial, &kid, payload).expect("signs");
        let told = taken(&keys(0, &[known(1, None)]), US, Kind::Denial, &text);
        assert!(matches!(told, Err(NotTaken::Forged)), "{payload}");
    }
}
