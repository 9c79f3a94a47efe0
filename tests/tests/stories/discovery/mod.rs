//! Tools are discovered from real servers, hostile ones are held off, and what changed waits for a person.

pub(crate) mod hostile;
mod stories;

use tests::on_both_databases;

on_both_databases!(
    a_real_server_is_discovered_refreshed_and_reviewed,
    a_changed_tool_is_denied_until_a_person_reviewed_it,
);

/// Asking a server on loopback, which this "operator" lists.
mod asking {
    use pdp::address_guard::{AddressGuard, AllowedAddress};
    use pdp::discovery::{Discovered, DiscoveryError, Limits, discover_within};

    pub(super) fn install_tls() {
        // Plain http all through; the provider is only needed so that a client can be built at all.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }

    pub(super) async fn found(url: &str) -> Result<Discovered, DiscoveryError> {
        found_within(url, &Limits::default()).await
    }

    pub(super) async fn found_within(url: &str, limits: &Limits) -> Result<Discovered, DiscoveryError> {
        install_tls();
        let guard = AddressGuard::new(&[AllowedAddress::Loopback]);
        discover_within(url, &guard, limits, &|_| ()).await
    }

    pub(super) async fn refused(url: &str) -> DiscoveryError {
        found(url).await.expect_err("must not be discovered")
    }
}
