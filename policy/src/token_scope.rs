//! Scopes of tokens that a tool asks for, as they are written down.

/// The most scopes of one tool.
pub const MAX_SCOPES: usize = 20;

/// The longest scope, in bytes.
const MAX_SCOPE: usize = 200;

/// Whether these can be scopes of a token (RFC 6749, section 3.3).
///
/// # Errors
/// Says what cannot be.
pub fn check_scopes(scopes: &[String]) -> Result<(), &'static str> {
    if scopes.len() > MAX_SCOPES {
        return Err("must not be more than 20");
    }
    let is_scope = |scope: &String| {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        !scope.is_empty() && scope.len() <= MAX_SCOPE && scope.bytes().all(allowed)
    };
    if !scopes.iter().all(is_scope) {
        return Err("must be visible ASCII characters without spaces, `\"` and `\\`, at most 200 of them");
    }
    let twice = |(index, scope): (usize, &String)| scopes.iter().skip(index + 1).any(|other| other == scope);
    if scopes.iter().enumerate().any(twice) { Err("must not name one twice") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_token_can_hold_is_refused() {
        let check =
            |scopes: &[&str]| check_scopes(&scopes.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(check(&["crm:refund", "https://acme.example/refund", "a!"]), Ok(()));
        let long = "x".repeat(MAX_SCOPE + 1);
        for bad in ["", "a b", "a\"b", "a\\b", "a\n", "ü", &long] {
            assert!(check(&[bad]).is_err(), "{bad:?}");
        }
        assert!(check(&["a", "b", "a"]).is_err());
        assert!(check_scopes(&vec!["a".to_owned(); MAX_SCOPES + 1]).is_err());
    }
}
