//! URLs of issuers and of their keys: one way to read them, and nothing that leads elsewhere than it seems to.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest URL.
const MAX_URL: usize = 2_048;

/// Takes `https://host[:port][/path][?query]`, and the same with `http` where the host is this machine. Stricter than
/// a browser: there is one way to read it.
///
/// # Errors
/// In words that follow the name of what was given.
pub fn check_fetched_url(url: &str) -> Result<(), &'static str> {
    if url.len() > MAX_URL {
        return Err("must not be longer than 2,048 characters");
    }
    let foreign =
        |c: char| !c.is_ascii_graphic() || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    if url.contains(foreign) {
        return Err("must not hold blanks, backslashes or other characters that URLs do not have");
    }
    let (plain, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err("must start with `https://`"),
    };
    if url.contains('#') {
        return Err("must not have a fragment");
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("must not hold a user name or a password");
    }
    let host = host_of(authority).ok_or("must name a host, and at most a port after it")?;
    if plain && !is_loopback(host) {
        return Err(
            "must start with `https://`; `http://` is for this machine alone (`localhost`, `127.0.0.1`, `[::1]`)",
        );
    }
    Ok(())
}

/// The host of `host[:port]`; None where it is no such thing.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (inner, after) = rest.split_once(']')?;
            inner.parse::<Ipv6Addr>().ok()?;
            (authority.get(..inner.len() + 2)?, after)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, after) = authority.split_at(end);
            let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            if host.is_empty() || !host.bytes().all(named) {
                return None;
            }
            (host, after)
        }
    };
    let Some(port) = port.strip_prefix(':') else { return port.is_empty().then_some(host) };
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    (digits && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// As [`check_fetched_url`], and without a query.
pub(super) fn check_issuer_url(url: &str) -> Result<(), &'static str> {
    check_fetched_url(url)?;
    // RFC 8414, section 2.
    if url.contains('?') { Err("must not have a query") } else { Ok(()) }
}
