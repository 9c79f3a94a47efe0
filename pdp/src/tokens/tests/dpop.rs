//! Proofs that are right, and every way in which they are not.

use super::signatures::{P256, twin};
use super::signing::{Signer, hs256, part};
use super::*;
use crate::tokens::dpop::{Proven, ShownProof, Taken, check};
use crate::tokens::keys::Key;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";
const URL: &str = "https://mcp.example/crm?session=1";

fn ath(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// The public key, as a proof brings it.
fn jwk(signer: &Signer) -> Value {
    with(with(signer.jwk(), "kid", json!(null)), "use", json!(null))
}

fn thumbprint(signer: &Signer) -> String {
    let key = Key::read(&object(jwk(signer))).expect("a key");
    URL_SAFE_NO_PAD.encode(key.thumbprint())
}

fn header(signer: &Signer) -> Value {
    json!({"typ": "dpop+jwt", "alg": signer.header()["alg"], "jwk": jwk(signer)})
}

fn said() -> Value {
    json!({"jti": "p-1", "htm": "POST", "htu": "https://mcp.example/crm", "iat": NOW - 5, "ath": ath(TOKEN)})
}

fn shown(proof: impl Into<String>) -> ShownProof {
    ShownProof {
        proof: Secret::new(proof),
        method: "POST".to_owned(),
        url: URL.to_owned(),
        taken: Taken::default(),
    }
}

fn proof(header: &Value, said: &Value) -> String {
    Signer::es256().sign(&header.to_string(), &said.to_string())
}

fn told(proof: impl Into<String>) -> Result<Option<Proven>, Refusal> {
    check(Some(&shown(proof)), &Secret::new(TOKEN), Some(&thumbprint(&Signer::es256())), now())
}

#[test]
fn a_right_proof_is_taken_with_every_kind_of_key() {
    for signer in Signer::of_every_algorithm() {
        let proof = signer.sign(&header(&signer).to_string(), &said().to_string());
        let told = check(Some(&shown(proof)), &Secret::new(TOKEN), Some(&thumbprint(&signer)), now());
        let proven = told.expect("right").expect("a proof");
        assert_eq!((proven.id.jti.len(), proven.id.thumbprint.len()), (64, 64));
        // It is remembered for as long as it could be shown again.
        assert!(proven.until > Timestamp::from_micros((NOW - 5 + 120) * 1_000_000));
    }
    let one = told(proof(&header(&Signer::es256()), &said())).expect("right").expect("a proof");
    let two = with(said(), "jti", json!("p-2"));
    let two = told(proof(&header(&Signer::es256()), &two)).expect("right").expect("a proof");
    assert!(one.id.thumbprint == two.id.thumbprint && one.id.jti != two.id.jti);
}

/// Whoever saw it can tell the twin of its signature, and shows nothing new by that.
#[test]
fn the_twin_of_a_proof_is_the_same_proof() {
    let good = proof(&header(&Signer::es256()), &said());
    let other = twin(&good, P256);
    assert_ne!(other, good);
    let [good, other] = [good, other].map(|proof| told(proof).expect("right").expect("a proof"));
    assert_eq!(other.id, good.id);
}

#[test]
fn a_bound_token_needs_a_proof_and_a_proof_must_be_right() {
    let (token, bound) = (Secret::new(TOKEN), thumbprint(&Signer::es256()));
    let refusal = check(None, &token, Some(&bound), now()).expect_err("needed");
    assert_eq!(refusal.reason, Reason::TokenInvalid);
    assert!(refusal.why.contains("`context.dpop`"), "{}", refusal.why);
    assert_eq!(check(None, &token, None, now()), Ok(None));
    // Of a token that is bound to nothing it may be of any key, and must be right all the same.
    let good = shown(proof(&header(&Signer::es256()), &said()));
    assert!(check(Some(&good), &token, None, now()).is_ok_and(|proven| proven.is_some()));
    assert!(check(Some(&good), &Secret::new("another"), None, now()).is_err());
}

#[test]
fn whatever_is_wrong_is_named() {
    let signer = Signer::es256();
    let head = |member: &str, value: Value| with(header(&signer), member, value);
    let good = header(&signer);
    let private = with(jwk(&signer), "d", json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"));
    let claimed = |claim: &str, value: Value| proof(&good, &with(said(), claim, value));
    let other = Signer::other_es256();
    let none = format!("{}.{}.", part(head("alg", json!("none")).to_string()), part(said().to_string()));
    for (what, proof, why) in [
        ("no JWT", "abc".to_owned(), "no JWT"),
        ("too long", "x".repeat(9_000), "longer"),
        ("unsigned", none, "`none`"),
        ("a shared secret", hs256(b"secret", &head("alg", json!("HS256")), &said()), "`HS256`"),
        ("an access token", proof(&head("typ", json!("at+jwt")), &said()), "`typ`"),
        ("no typ", proof(&head("typ", json!(null)), &said()), "`typ`"),
        ("no key", proof(&head("jwk", json!(null)), &said()), "`jwk`"),
        ("a private key", proof(&head("jwk", private), &said()), "`d`, which is secret"),
        ("a key from elsewhere", proof(&head("jku", json!("https://evil.example")), &said()), "`jku`"),
        ("crit", proof(&head("crit", json!(["x"])), &said()), "`crit`"),
        ("nested", proof(&head("cty", json!("JWT")), &said()), "`cty`"),
        ("another algorithm", proof(&head("alg", json!("EdDSA")), &said()), "not for EdDSA"),
        ("another's signature", other.sign(&good.to_string(), &said().to_string()), "signature"),
        ("another key", other.sign(&header(&other).to_string(), &said().to_string()), "another key"),
        ("no jti", claimed("jti", json!(null)), "no `jti`"),
        ("jti is a number", claimed("jti", json!(1)), "`jti`"),
        ("another method", claimed("htm", json!("GET")), "`htm`"),
        ("in small letters", claimed("htm", json!("post")), "`htm`"),
        ("another host", claimed("htu", json!("https://evil.example/crm")), "`htu`"),
        ("another path", claimed("htu", json!("https://mcp.example/crm/x")), "`htu`"),
        ("another scheme", claimed("htu", json!("http://mcp.example/crm")), "`htu`"),
        ("no address", claimed("htu", json!("crm")), "`htu`"),
        ("no htu", claimed("htu", json!(null)), "no `htu`"),
        ("stale", claimed("iat", json!(NOW - 121)), "too long ago"),
        ("from the future", claimed("iat", json!(NOW + 31)), "yet to come"),
        ("no iat", claimed("iat", json!(null)), "no `iat`"),
        ("iat is a text", claimed("iat", json!("now")), "`iat`"),
        ("another token", claimed("ath", json!(ath("another"))), "`ath`"),
        ("the token itself", claimed("ath", json!(TOKEN)), "`ath`"),
        ("no ath", claimed("ath", json!(null)), "no `ath`"),
    ] {
        let refusal = told(proof).expect_err(what);
        assert_eq!(refusal.reason, Reason::TokenInvalid, "{what}");
        assert!(refusal.why.contains(why), "{what}: {}", refusal.why);
        assert!(!refusal.why.contains(TOKEN), "{what}: {}", refusal.why);
    }
    for good in
        [claimed("iat", json!(NOW - 120)), claimed("iat", json!(NOW + 30)), claimed("nonce", json!("n"))]
    {
        assert!(told(good).is_ok());
    }
}

#[tokio::test]
async fn what_a_token_may_be_bound_to() {
    let bound = |cnf: Value| Signer::es256().token(&with(claims(), "cnf", cnf));
    let jkt = thumbprint(&Signer::es256());
    let facts = verify(&bound(json!({"jkt": jkt})), &issuer()).await.expect("bound to a key");
    assert_eq!(facts.bound_to(), Some(jkt.as_str()));
    for (cnf, why) in [
        (json!({"x5t#S256": jkt}), "`x5t#S256` (mTLS)"),
        (json!({"jkt": jkt, "x5t#S256": jkt}), "(mTLS)"),
        (json!({"jwk": jwk(&Signer::es256())}), "`jwk`"),
        (json!({"kid": "k"}), "`kid`"),
        (json!({"jkt": "short"}), "`cnf`"),
        (json!({"jkt": 7}), "`cnf`"),
        (json!({}), "`cnf`"),
        (json!("key"), "`cnf`"),
    ] {
        let refusal = verify(&bound(cnf.clone()), &issuer()).await.expect_err("refused");
        assert!(refusal.why.contains(why), "{cnf}: {}", refusal.why);
    }
}
