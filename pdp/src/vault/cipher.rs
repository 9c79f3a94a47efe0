//! The one place that encrypts: XChaCha20-Poly1305 (RFC 8439, with the longer nonce of draft-irtf-cfrg-xchacha), whose
//! nonces may be random. It knows neither secrets nor places.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const NONCE: usize = 24;

/// A key of 256 bits.
pub(super) type KeyBytes = [u8; 32];

/// The text of nonce and ciphertext. None: the plaintext is too long for the cipher.
pub(super) fn encrypt(key: &KeyBytes, nonce: [u8; NONCE], bound_to: &[u8], plain: &[u8]) -> Option<String> {
    let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
    let payload = Payload { msg: plain, aad: bound_to };
    let encrypted = cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
    Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &encrypted].concat()))
}

/// The plaintext. None: it is another key, it was bound to something else, or a bit of it changed.
pub(super) fn decrypt(key: &KeyBytes, bound_to: &[u8], text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (nonce, encrypted) = bytes.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: encrypted, aad: bound_to }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_draft() {
        // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
        let key: KeyBytes = std::array::from_fn(|at| 0x80 + at as u8);
        let nonce: [u8; NONCE] = std::array::from_fn(|at| 0x40 + at as u8);
        let bound_to = hex::decode("50515253c0c1c2c3c4c5c6c7").expect("hexadecimal");
        let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let text = encrypt(&key, nonce, &bound_to, plain).expect("encrypts");
        let bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64url");
        assert_eq!(hex::encode(&bytes[NONCE..NONCE + 16]), "bd6d179d3e83d43b9576579493c0e939");
        assert_eq!(hex::encode(&bytes[bytes.len() - 16..]), "c0875924c1c7987947deafd8780acf49");
        assert_eq!(decrypt(&key, &bound_to, &text).as_deref(), Some(plain.as_slice()));
    }
}
