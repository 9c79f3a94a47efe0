//! The relying party: this console under its public address, and nothing else.

use crate::console::public_url::PublicUrl;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

/// What checks passkeys, where the address can have any.
#[derive(Debug)]
pub(in crate::console) struct Party(Option<Webauthn>);

impl Party {
    pub(in crate::console) fn of(url: &PublicUrl) -> Self {
        Self(build(url))
    }

    pub(super) fn webauthn(&self) -> Option<&Webauthn> {
        self.0.as_ref()
    }

    /// Whether the console's address can have passkeys.
    pub(in crate::console) fn is_usable(&self) -> bool {
        self.0.is_some()
    }
}

/// Passkeys are bound to a name. An address of numbers has none; and browsers take them without TLS at `localhost` alone.
fn build(url: &PublicUrl) -> Option<Webauthn> {
    let origin = Url::parse(url.origin()).ok()?;
    let name = origin.domain()?;
    if !url.is_https() && name != "localhost" {
        return None;
    }
    WebauthnBuilder::new(name, &origin).ok()?.rp_name("Countersign").build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::public_url::check_public_url;

    #[test]
    fn passkeys_need_a_name_and_tls_or_localhost() {
        for (url, usable) in [
            ("https://console.example.org", true),
            ("https://console.example.org:8443", true),
            ("https://countersign", true),
            ("http://localhost:8787", true),
            ("http://127.0.0.1:8787", false),
            ("http://[::1]:8787", false),
            ("https://192.0.2.7", false),
            ("https://[2001:db8::7]", false),
        ] {
            assert_eq!(Party::of(&check_public_url(url).unwrap()).is_usable(), usable, "{url}");
        }
    }

    #[test]
    fn the_origin_is_the_console_alone() {
        let party = Party::of(&check_public_url("https://console.example.org:8443").unwrap());
        let origins = party.webauthn().unwrap().get_allowed_origins();
        assert_eq!(
            origins.iter().map(Url::as_str).collect::<Vec<_>>(),
            ["https://console.example.org:8443/"]
        );
    }
}
