//! What is sealed opens in its place, with its key and with every bit as it was, and nowhere else.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Different each time, and the same in every run.
fn random() -> [u8; 32] {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

fn key(byte: u8) -> VaultKey {
    VaultKey::new([byte; 32])
}

fn vault(keys: &'static [u8]) -> Vault {
    Vault::new(Box::new(move || Ok(keys.iter().map(|byte| key(*byte)).collect())), random)
}

fn place(owner: &str) -> SecretPlace {
    SecretPlace::client_secret(owner)
}

fn sealed(text: &str) -> SealedSecret {
    vault(&[1]).seal(&key(1), place("https://idp.example"), &Secret::new(text)).expect("seals")
}

/// The text with one bit of one byte flipped, if it still is text.
fn flipped(text: &str, at: usize, bit: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    String::from_utf8(bytes).ok()
}

#[test]
fn a_secret_opens_with_its_key_alone() {
    let secret = sealed("s3cret");
    assert!(!secret.sealed.contains("s3cret"));
    assert_eq!(vault(&[1]).open(&secret).expect("opens"), Secret::new("s3cret"));
    assert_eq!(vault(&[2, 1]).open(&secret).expect("opens"), Secret::new("s3cret"));
    let told = vault(&[2]).open(&secret).expect_err("another key").to_string();
    assert!(told.contains(key(1).id()) && told.contains("not at hand"), "{told}");
    let told = Vault::closed().open(&secret).expect_err("no key").to_string();
    assert!(told.contains("no vault was set up"), "{told}");
    // Another key with the name of this one.
    let renamed = SealedSecret { key: key(2).id().to_owned(), ..secret };
    assert!(matches!(vault(&[1, 2]).open(&renamed), Err(VaultError::Broken(_))));
}

#[test]
fn the_same_secret_never_looks_the_same() {
    let (one, two) = (sealed("s3cret"), sealed("s3cret"));
    assert!(one.sealed != two.sealed && one.wrapped != two.wrapped);
}

#[test]
fn what_is_no_secret_is_not_sealed() {
    for text in ["", "a\0b", &"x".repeat(MAX_SECRET + 1)] {
        let told = vault(&[1]).seal(&key(1), place("i"), &Secret::new(text));
        assert!(matches!(told, Err(VaultError::NotASecret)));
    }
}

#[test]
fn parts_of_two_secrets_do_not_go_together() {
    let (one, two) = (sealed("one"), sealed("two"));
    let mixed = SealedSecret { sealed: two.sealed.clone(), ..one.clone() };
    assert!(matches!(vault(&[1]).open(&mixed), Err(VaultError::Broken(_))));
    let swapped = SealedSecret { wrapped: one.sealed, sealed: one.wrapped, ..two };
    assert!(matches!(vault(&[1]).open(&swapped), Err(VaultError::Broken(_))));
}

#[test]
fn places_are_told_apart_whatever_they_are_called() {
    let place = |kind: &str, owner: &str, name: &str| SecretPlace {
        kind: kind.to_owned(),
        owner: owner.to_owned(),
        name: name.to_owned(),
    };
    let all = [place("a", "b", "c"), place("ab", "", "c"), place("a", "bc", ""), place("", "ab", "c")];
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            assert_ne!(bound_to("secret", one), bound_to("secret", other));
        }
        assert_ne!(bound_to("secret", one), bound_to("key", one));
    }
}

#[test]
fn a_key_that_is_not_known_is_looked_for_anew() {
    static SECOND: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    let source = || {
        let keys = if SECOND.load(Ordering::SeqCst) { vec![key(2), key(1)] } else { vec![key(1)] };
        Ok(keys)
    };
    let vault = Vault::new(Box::new(source), random);
    assert_eq!(vault.key_ids(), [key(1).id()]);
    SECOND.store(true, Ordering::SeqCst);
    assert_eq!(vault.key(key(2).id()), Ok(key(2)));
    assert_eq!(vault.key_ids(), [key(2).id(), key(1).id()]);
}

proptest! {
    #[test]
    fn every_secret_comes_back(text in "[^\u{0}]{1,200}") {
        prop_assert_eq!(vault(&[1]).open(&sealed(&text)).expect("opens"), Secret::new(text));
    }

    #[test]
    fn no_bit_may_change(at in 0_usize..4_096, bit in 0_u8..8, which in any::<bool>()) {
        let secret = sealed("a secret of some length");
        let changed = if which {
            flipped(&secret.sealed, at, bit).map(|sealed| SealedSecret { sealed, ..secret.clone() })
        } else {
            flipped(&secret.wrapped, at, bit).map(|wrapped| SealedSecret { wrapped, ..secret.clone() })
        };
        if let Some(changed) = changed {
            prop_assert!(vault(&[1]).open(&changed).is_err());
        }
    }

    #[test]
    fn no_row_may_move(kind in "[a-z]{0,8}", owner in ".{0,30}", name in "[a-z_]{0,14}") {
        let secret = sealed("s3cret");
        let place = SecretPlace { kind, owner, name };
        prop_assume!(place != secret.place);
        let moved = SealedSecret { place, ..secret };
        prop_assert!(vault(&[1]).open(&moved).is_err());
    }
}
