//! Signatures that are none: of another length or coding, of numbers out of range, for another algorithm. What checks them is
//! not what made them (ADR 0026).

use super::signing::{Signer, part};
use super::*;
use crate::tokens::keys::Key;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::issuer::Algorithm;

/// The order of P-256 (SEC 2, section 2.4.2), of P-384 (section 2.5.1) and of Ed25519 (RFC 8032, section 5.1), the last one
/// with its lowest byte first, as its signatures have their numbers.
pub(super) const P256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const ED25519: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn number(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("hex")
}

/// What is signed, and the signature.
fn apart(token: &str) -> (String, Vec<u8>) {
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    (signed.to_owned(), URL_SAFE_NO_PAD.decode(signature).expect("base64url"))
}

/// The public key, for whatever goes with it.
fn for_anything(signer: &Signer) -> Value {
    with(signer.jwk(), "alg", json!(null))
}

/// One less the other, which is no larger; both as long, their highest byte first.
fn less(from: &[u8], other: &[u8]) -> Vec<u8> {
    let mut borrowed = 0_u8;
    let mut bytes: Vec<u8> = Vec::new();
    for (from, other) in from.iter().zip(other).rev() {
        let (byte, first) = from.overflowing_sub(*other);
        let (byte, second) = byte.overflowing_sub(borrowed);
        borrowed = u8::from(first || second);
        bytes.push(byte);
    }
    bytes.reverse();
    bytes
}

/// The sum of both, their lowest byte first.
fn sum(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carried = 0_u16;
    let mut bytes: Vec<u8> = Vec::new();
    for (one, other) in one.iter().zip(other) {
        let sum = u16::from(*one) + u16::from(*other) + carried;
        bytes.push(sum.to_le_bytes()[0]);
        carried = sum >> 8;
    }
    bytes
}

/// The same token with the other one of two signatures on a curve that are as good (RFC 7518 takes both). Whoever has one
/// has both.
pub(super) fn twin(token: &str, order: &str) -> String {
    let (signed, good) = apart(token);
    let (r, s) = good.split_at(good.len() / 2);
    format!("{signed}.{}", part([r, &less(&number(order), s)].concat()))
}

/// A number as ASN.1 writes it.
fn asn1(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let mut digits = number[zeros..].to_vec();
    if digits.first().is_none_or(|first| *first >= 0x80) {
        digits.insert(0, 0);
    }
    [vec![2, u8::try_from(digits.len()).expect("short")], digits].concat()
}

/// What is no signature of any kind.
fn mangled(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let flipped = |at: usize| {
        let mut bytes = good.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    vec![
        ("nothing", vec![]),
        ("one byte", good[..1].to_vec()),
        ("a byte less", good[..good.len() - 1].to_vec()),
        ("a byte less in front", good[1..].to_vec()),
        ("a zero more", [good, &[0]].concat()),
        ("a zero more in front", [&[0][..], good].concat()),
        ("twice", [good, good].concat()),
        ("zeros", vec![0; good.len()]),
        ("zeros, a byte less", vec![0; good.len() - 1]),
        ("zeros, a byte more", vec![0; good.len() + 1]),
        ("all bits", vec![0xff; good.len()]),
        ("the first bit", flipped(0)),
        ("the last bit", flipped(good.len() - 1)),
    ]
}

/// What is none on a curve of this order.
fn mangled_numbers(good: &[u8], order: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (r, s) = good.split_at(good.len() / 2);
    let (order, zero, ones) = (number(order), vec![0_u8; r.len()], vec![0xff_u8; r.len()]);
    let one: Vec<u8> = [&zero[1..], &[1]].concat();
    let numbers = [asn1(r), asn1(s)].concat();
    let der = [vec![0x30, u8::try_from(numbers.len()).expect("short")], numbers].concat();
    vec![
        ("r is 0", [&zero[..], s].concat()),
        ("s is 0", [r, &zero].concat()),
        ("r is 1", [&one[..], s].concat()),
        ("s is 1", [r, &one].concat()),
        ("both are 1", [one.clone(), one].concat()),
        ("r is the order", [&order[..], s].concat()),
        ("s is the order", [r, &order].concat()),
        ("r is beyond", [&ones[..], s].concat()),
        ("s is beyond", [r, &ones].concat()),
        ("the other way round", [s, r].concat()),
        ("r less", [&less(&order, r)[..], s].concat()),
        ("ASN.1", der),
    ]
}

#[tokio::test]
async fn what_is_no_signature_is_refused() {
    for (signer, order) in [
        (Signer::es256(), Some(P256)),
        (Signer::es384(), Some(P384)),
        (Signer::ed25519(), None),
        (Signer::rsa(jsonwebtoken::Algorithm::RS256, "rs256"), None),
        (Signer::rsa(jsonwebtoken::Algorithm::PS256, "ps256"), None),
    ] {
        let issuer = issuer_with(&[signer.jwk()]);
        let (signed, good) = apart(&signer.token(&claims()));
        let mut rows = mangled(&good);
        rows.extend(order.map(|order| mangled_numbers(&good, order)).unwrap_or_default());
        for (name, signature) in rows {
            let told = verify(&format!("{signed}.{}", part(signature)), &issuer).await;
            let why = told.expect_err(name).why;
            assert_eq!(why, format!("the signature is not that of the key `{}`", signer.kid), "{name}");
        }
        // It was for the signature alone.
        assert!(verify(&format!("{signed}.{}", part(good)), &issuer).await.is_ok(), "{}", signer.kid);
    }
}

#[tokio::test]
async fn ed25519_has_one_signature_and_no_other() {
    let signer = Signer::ed25519();
    let (signed, good) = apart(&signer.token(&claims()));
    let (point, scalar) = good.split_at(32);
    for (name, scalar) in [("the order more", sum(scalar, &number(ED25519))), ("the order", number(ED25519))]
    {
        let token = format!("{signed}.{}", part([point, &scalar].concat()));
        let told = verify(&token, &issuer_with(&[signer.jwk()])).await;
        assert!(told.is_err(), "{name}: {told:?}");
    }
}

/// So nothing that counts once may hang on the text of a token: one is taken back by its `jti`.
#[tokio::test]
async fn the_twin_of_a_signature_makes_the_same_token() {
    for (signer, order) in [(Signer::es256(), P256), (Signer::es384(), P384)] {
        let issuer = issuer_with(&[signer.jwk()]);
        let token = signer.token(&claims());
        let twin = twin(&token, order);
        assert_ne!(twin, token);
        let facts = verify(&token, &issuer).await.expect("good");
        let same = verify(&twin, &issuer).await.expect("as good");
        assert_eq!((same.sub, same.jti, same.expires_at), (facts.sub, facts.jti, facts.expires_at));
    }
}

/// With the key at hand that made it, whatever the key is for.
#[test]
fn a_signature_is_of_one_algorithm() {
    for signer in Signer::of_every_algorithm() {
        let key = Key::read(&object(for_anything(&signer))).expect("a key");
        let (signed, good) = apart(&signer.token(&claims()));
        let own = signer.header()["alg"].clone();
        for algorithm in Algorithm::ALL {
            let taken = key.verifies(*algorithm, &signed, &good);
            assert_eq!(taken, own == algorithm.as_str(), "{} as {algorithm}", signer.kid);
        }
    }
}

/// The header is signed as it stands, and says another algorithm than the one it is signed with.
#[tokio::test]
async fn a_header_that_names_another_algorithm_is_refused() {
    for signer in [
        Signer::es256(),
        Signer::es384(),
        Signer::ed25519(),
        Signer::rsa(jsonwebtoken::Algorithm::RS256, "rs256"),
        Signer::rsa(jsonwebtoken::Algorithm::PS256, "ps256"),
    ] {
        let issuer = issuer_with(&[for_anything(&signer)]);
        let own = signer.header()["alg"].clone();
        for algorithm in Algorithm::ALL {
            let header = with(signer.header(), "alg", json!(algorithm.as_str()));
            let token = signer.sign(&header.to_string(), &claims().to_string());
            let told = verify(&token, &issuer).await;
            assert_eq!(told.is_ok(), own == algorithm.as_str(), "{} as {algorithm}: {told:?}", signer.kid);
        }
    }
}
