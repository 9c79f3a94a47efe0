//! Where a request came from: shown beside a session, and counted by the brake on guessing.

use super::ConsoleState;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The address of the connection, where the server knows it; where that is a proxy of the operator's, whom the proxy
/// was asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(Option<IpAddr>);

impl Address {
    /// Of the request with these headers and extensions.
    pub(super) fn of(state: &ConsoleState, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        Self(peer.map(|ConnectInfo(peer)| state.proxies.caller(peer.ip(), headers)))
    }

    /// For people.
    pub(super) fn shown(self) -> Option<String> {
        self.0.map(|address| address.to_string())
    }

    /// Who shares a limit: one IPv4 address, or one IPv6 network of 64 bits, which a single customer is given.
    pub(super) fn bucket(self) -> String {
        match self.0 {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            Some(IpAddr::V4(address)) => address.to_string(),
            None => "unknown".to_owned(),
        }
    }
}

impl FromRequestParts<ConsoleState> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Infallible> {
        Ok(Self::of(state, &parts.headers, &parts.extensions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_shares_a_bucket() {
        let bucket = |text: &str| Address(Some(text.parse::<IpAddr>().unwrap())).bucket();
        assert_eq!(bucket("2001:db8:1:2::1"), "2001:db8:1:2::/64");
        assert_eq!(bucket("2001:db8:1:2:ffff::9"), bucket("2001:db8:1:2::1"));
        assert_ne!(bucket("2001:db8:1:3::1"), bucket("2001:db8:1:2::1"));
        assert_eq!(bucket("192.0.2.7"), "192.0.2.7");
        assert_eq!(Address(None).bucket(), "unknown");
    }
}
