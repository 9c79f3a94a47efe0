//! An authenticator that keeps one passkey (Web Authentication Level 3, section 6), in software. It says whatever a story
//! wants it to say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The user is present.
const PRESENT: u8 = 0x01;
/// The user was verified.
const VERIFIED: u8 = 0x04;
/// A new credential follows.
const ATTESTED: u8 = 0x40;

#[derive(Clone)]
pub(crate) struct Authenticator {
    key: EncodingKey,
    pub(crate) id: Vec<u8>,
    /// What it was told the account is known by.
    pub(crate) handle: Vec<u8>,
    pub(crate) counter: u32,
    pub(crate) verified: bool,
    pub(crate) origin: String,
    pub(crate) relying_party: String,
}

impl Authenticator {
    /// A new one, at this address of `localhost`.
    pub(crate) fn new(id: &str, origin: &str) -> Self {
        Self {
            key: EncodingKey::from_ec_der(include_bytes!(
                "../../../../pdp/src/tokens/tests/keys/es256-one.der"
            )),
            id: id.as_bytes().to_vec(),
            handle: Vec::new(),
            counter: 0,
            verified: true,
            origin: origin.to_owned(),
            relying_party: "localhost".to_owned(),
        }
    }

    /// The same with another private key: a forger's.
    pub(crate) fn forged(&self) -> Self {
        let key =
            EncodingKey::from_ec_der(include_bytes!("../../../../pdp/src/tokens/tests/keys/es256-two.der"));
        Self { key, ..self.clone() }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({"type": kind, "challenge": options["challenge"], "origin": self.origin,
            "crossOrigin": false});
        data.to_string().into_bytes()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let verified = if self.verified { VERIFIED } else { 0 };
        let mut data = digest(self.relying_party.as_bytes()).to_vec();
        data.push(PRESENT | verified | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The public key as COSE has it (RFC 9053, section 7.1.1).
    fn public_key(&self) -> Vec<u8> {
        let jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).expect("a key");
        let jwk = serde_json::to_value(jwk).expect("JSON");
        let coordinate = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("text")).expect("base64url");
            assert_eq!(bytes.len(), 32);
            bytes
        };
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(coordinate("x"));
        key.extend([0x22_u8, 0x58, 0x20]);
        key.extend(coordinate("y"));
        key
    }

    /// Keeps a passkey, and answers as the script of the page does.
    pub(crate) fn create(&mut self, options: &Value) -> String {
        self.handle =
            URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().expect("an id")).expect("base64url");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        let mut data = self.data(ATTESTED);
        data.extend([0_u8; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0_u8, 0x68]);
        object.extend(b"authData");
        object.extend([0x58_u8, u8::try_from(data.len()).expect("short")]);
        object.extend(data);
        let response = json!({"attestationObject": URL_SAFE_NO_PAD.encode(object),
            "clientDataJSON": URL_SAFE_NO_PAD.encode(self.client_data("webauthn.create", options))});
        self.credential(&response)
    }

    /// Answers what is asked, one further than it counted before.
    pub(crate) fn get(&mut self, options: &Value) -> String {
        assert_eq!(options["userVerification"], "required");
        self.counter += 1;
        self.answer(options)
    }

    /// Answers without counting.
    pub(crate) fn answer(&self, options: &Value) -> String {
        let (data, client) = (self.data(0), self.client_data("webauthn.get", options));
        let signed = [data.as_slice(), digest(&client).as_slice()].concat();
        let signature = crypto::sign(&signed, &self.key, Algorithm::ES256).expect("signs");
        let signature = der(&URL_SAFE_NO_PAD.decode(signature).expect("base64url"));
        let handle = (!self.handle.is_empty()).then(|| URL_SAFE_NO_PAD.encode(&self.handle));
        let response = json!({"authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
            "signature": URL_SAFE_NO_PAD.encode(signature), "userHandle": handle});
        self.credential(&response)
    }

    fn credential(&self, response: &Value) -> String {
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {}})
            .to_string()
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A signature as ASN.1 has it, from its two numbers side by side.
fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let integer = |number: &[u8]| {
        let mut bytes: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        if bytes.first().is_none_or(|byte| *byte >= 0x80) {
            bytes.insert(0, 0);
        }
        [vec![0x02, u8::try_from(bytes.len()).expect("short")], bytes].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(both.len()).expect("short")], both].concat()
}
