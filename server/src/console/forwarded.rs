//! Whose request it is where proxies stand in front: `X-Forwarded-For`, read from the right for as long as the
//! operator's own proxies wrote it.
//!
//! Each proxy appends whom it was asked by. What stands left of the first address that is no proxy of ours was sent
//! by that address and may say anything, so it is never reached. Whatever cannot be read leads back to the address
//! of the connection, which nobody can choose.
//!
//! `Forwarded` (RFC 7239) is not read: a proxy that writes one of the two headers hands the other one on as its
//! caller wrote it.

use axum::http::{HeaderMap, HeaderName};
use pdp::address_guard::AllowedAddress;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Nobody has more proxies of their own in a row.
const MOST_HOPS: usize = 20;

/// The longest way to write an address, with brackets, zone and port.
const LONGEST: usize = 100;

/// The operator's own proxies. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct TrustedProxies(Arc<[AllowedAddress]>);

impl TrustedProxies {
    pub(super) fn new(listed: &[AllowedAddress]) -> Self {
        Self(listed.into())
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|listed| match listed {
            AllowedAddress::Loopback => address.is_loopback(),
            AllowedAddress::Range(range) => range.contains(address),
        })
    }

    /// Who asks, if this is the address of the connection.
    pub(super) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let mut farthest = peer;
        let mut hops = 0;
        for line in headers.get_all(&X_FORWARDED_FOR).iter().rev() {
            let Ok(line) = line.to_str() else { return peer };
            for entry in line.rsplit(',') {
                hops += 1;
                let Some(address) = read(entry).filter(|_| hops <= MOST_HOPS) else { return peer };
                if !self.contains(address) {
                    return address;
                }
                farthest = address;
            }
        }
        farthest
    }
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`,
/// an IPv6 one perhaps with a zone.
fn read(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches([' ', '\t']);
    if entry.len() > LONGEST {
        return None;
    }
    if let Some(rest) = entry.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port_is_fine = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return if port_is_fine { read_v6(address) } else { None };
    }
    match entry.split_once(':') {
        None => entry.parse().ok(),
        Some((address, port)) if is_port(port) && address.contains('.') => {
            address.parse().ok().filter(IpAddr::is_ipv4)
        }
        Some(_) => read_v6(entry),
    }
}

fn read_v6(text: &str) -> Option<IpAddr> {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    address.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn proxies(listed: &[&str]) -> TrustedProxies {
        let listed: Vec<AllowedAddress> = listed.iter().map(|text| text.parse().unwrap()).collect();
        TrustedProxies::new(&listed)
    }

    fn caller(listed: &[&str], peer: &str, lines: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&X_FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        proxies(listed).caller(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_listed_proxies_are_believed() {
        let forged: &[&[u8]] = &[b"198.51.100.7"];
        assert_eq!(caller(&[], "10.0.0.1", forged), "10.0.0.1");
        assert_eq!(caller(&["10.0.0.2"], "10.0.0.1", forged), "10.0.0.1");
        assert_eq!(caller(&["10.0.0.0/24"], "10.0.0.1", forged), "198.51.100.7");
        assert_eq!(caller(&["loopback"], "127.0.0.1", forged), "198.51.100.7");
        assert_eq!(caller(&["loopback"], "::ffff:127.0.0.1", forged), "198.51.100.7");
        assert_eq!(caller(&["fd00:1::/64"], "fd00:1::9", forged), "198.51.100.7");
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_counts() {
        let listed = &["10.0.0.0/24"];
        let cases: &[(&[&[u8]], &str)] = &[
            (&[b"198.51.100.7"], "198.51.100.7"),
            (&[b"203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (&[b"203.0.113.9, 198.51.100.7, 10.0.0.3"], "198.51.100.7"),
            (&[b"203.0.113.9", b"198.51.100.7", b"10.0.0.3,10.0.0.4"], "198.51.100.7"),
            // What the caller sent is never looked at.
            (&[b"<script>, \xff, 198.51.100.7"], "10.0.0.1"),
            (&[b"<script>", b"198.51.100.7"], "198.51.100.7"),
            (&[b"unknown, 198.51.100.7"], "198.51.100.7"),
            // From inside: the one farthest away.
            (&[b"10.0.0.9, 10.0.0.3"], "10.0.0.9"),
            (&[], "10.0.0.1"),
        ];
        for (lines, expected) in cases {
            assert_eq!(caller(listed, "10.0.0.1", lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_the_connection() {
        let listed = &["10.0.0.0/24"];
        let many = vec!["10.0.0.2"; 10_000].join(", ");
        let long = "1".repeat(100_000);
        for line in [
            "",
            ",",
            "198.51.100.7,",
            "unknown",
            "_hidden",
            "198.51.100.7.",
            "198.51.100.256",
            "198.51.100.7 x",
            "198.51.100.7%eth0",
            "198.51.100.7:",
            "198.51.100.7:x",
            "198.51.100.7:65536",
            "198.51.100.7:80:80",
            "[2001:db8::1",
            "2001:db8::1]",
            "[2001:db8::1]x",
            "[2001:db8::1]:",
            "[198.51.100.7]:80",
            "::1::",
            "[]",
            "[",
            "%",
            &many,
            &long,
        ] {
            assert_eq!(caller(listed, "10.0.0.1", &[line.as_bytes()]), "10.0.0.1", "{line:.60}");
        }
        assert_eq!(caller(listed, "10.0.0.1", &[b"\xff"]), "10.0.0.1");
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (written, address) in [
            ("198.51.100.7", "198.51.100.7"),
            (" \t198.51.100.7 ", "198.51.100.7"),
            ("198.51.100.7:52000", "198.51.100.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[fe80::1%eth0]:443", "fe80::1"),
            ("fe80::1%25eth0", "fe80::1"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("[::ffff:198.51.100.7]:1", "198.51.100.7"),
        ] {
            assert_eq!(read(written).map(|read| read.to_string()).as_deref(), Some(address), "{written}");
        }
    }
}
