//! The one address under which people reach the console: what it may look like, and which origins are it.
//!
//! Everything that depends on how the console is reached (cookie names, `Secure`, the origin check, HSTS)
//! asks this type and never the `Host` header, which the caller chooses. Nothing here reads a request.

use axum::http::Uri;

/// Hosts that never leave the machine; browsers treat them as trustworthy without TLS.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Why an address cannot be the console's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    #[error("the public URL `{0}` is not like https://countersign.example.org")]
    Unreadable(String),
    #[error("the public URL of `{0}` must not have a path, a query or a login")]
    NotAnOrigin(String),
    #[error(
        "the public URL `{0}` must start with https:// (http:// is accepted on 127.0.0.1, localhost and [::1] only)"
    )]
    PlainHttp(String),
}

/// An https origin, or an http origin on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// `scheme://host[:port]` as browsers write it in `Origin`: lower case, no default port.
    origin: String,
    https: bool,
    /// `:port`, or nothing where it is the default one.
    port: String,
}

impl PublicUrl {
    /// As browsers write it in `Origin`; also the address without a path.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The address of a path that starts with `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Whether an `Origin` header names this address. On loopback the three names of this machine are alike:
    /// people type `localhost` where the settings say `127.0.0.1`.
    pub fn accepts_origin(&self, origin: &str) -> bool {
        if origin == self.origin {
            return true;
        }
        !self.https && LOOPBACK.iter().any(|host| origin == format!("http://{host}{}", self.port))
    }

    /// The path and query of an address below this one, as `Referer` carries it.
    pub(super) fn local_path<'a>(&self, address: &'a str) -> Option<&'a str> {
        let after_scheme = address.find("://")? + "://".len();
        let slash = after_scheme + address.get(after_scheme..)?.find('/')?;
        let (origin, path) = address.split_at(slash);
        self.accepts_origin(origin).then_some(path).filter(|path| is_local_path(path))
    }
}

/// Reads the configured address, and refuses plain http on anything but loopback: the session cookie would
/// travel in the clear.
///
/// # Errors
/// Says what about the address cannot be used.
pub fn check_public_url(url: &str) -> Result<PublicUrl, PublicUrlError> {
    let unreadable = || PublicUrlError::Unreadable(url.chars().take(200).collect());
    let uri: Uri = url.trim().parse().map_err(|_| unreadable())?;
    let scheme = uri.scheme_str().ok_or_else(unreadable)?.to_ascii_lowercase();
    let authority = uri.authority().ok_or_else(unreadable)?;
    let host = authority.host().to_ascii_lowercase();
    if host.is_empty() {
        return Err(unreadable());
    }
    if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        // The host alone: what stands before the `@` may be a password.
        return Err(PublicUrlError::NotAnOrigin(host));
    }
    let (https, default_port) = match scheme.as_str() {
        "https" => (true, 443),
        "http" => (false, 80),
        _ => return Err(unreadable()),
    };
    if !https && !LOOPBACK.contains(&host.as_str()) {
        return Err(PublicUrlError::PlainHttp(url.chars().take(200).collect()));
    }
    let port = match authority.port_u16() {
        Some(port) if port != default_port => format!(":{port}"),
        _ => String::new(),
    };
    Ok(PublicUrl { origin: format!("{scheme}://{host}{port}"), https, port })
}

/// A path of this site that is safe to redirect to: no other host (`//x`, `/\x`), no control characters.
pub(super) fn is_local_path(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && path.len() <= 2_000
        && bytes.iter().all(|byte| matches!(byte, 0x21..=0x7e) && *byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_do() {
        for (url, origin, https) in [
            ("https://console.example.org", "https://console.example.org", true),
            ("https://Console.Example.org/", "https://console.example.org", true),
            ("https://console.example.org:443", "https://console.example.org", true),
            ("https://console.example.org:8443", "https://console.example.org:8443", true),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787", false),
            ("http://localhost:80", "http://localhost", false),
            ("http://[::1]:8787", "http://[::1]:8787", false),
        ] {
            let read = check_public_url(url).unwrap();
            assert_eq!(read.origin(), origin, "{url}");
            assert_eq!(read.is_https(), https, "{url}");
        }
    }

    #[test]
    fn plain_http_stays_on_the_machine() {
        for url in [
            "http://console.example.org",
            "http://10.0.0.1:8787",
            "http://localhost.example.org",
            "http://127.0.0.1.nip.io",
        ] {
            assert!(matches!(check_public_url(url), Err(PublicUrlError::PlainHttp(_))), "{url}");
        }
    }

    #[test]
    fn an_address_is_an_origin() {
        for url in ["https://x.example/console", "https://x.example/?a=b", "https://me:secret@x.example"] {
            assert!(matches!(check_public_url(url), Err(PublicUrlError::NotAnOrigin(_))), "{url}");
        }
        for url in ["", "x.example", "/console", "ftp://x.example", "https://"] {
            assert!(matches!(check_public_url(url), Err(PublicUrlError::Unreadable(_))), "{url}");
        }
    }

    #[test]
    fn only_local_paths_are_returned_to() {
        for good in ["/", "/decisions", "/decisions?tenant=acme&reason=no_rule", "/rules/a%20b"] {
            assert!(is_local_path(good), "{good}");
        }
        let long = format!("/{}", "x".repeat(2_000));
        for bad in
            ["", "decisions", "//evil.example", "/\\evil.example", "/a\\b", "/a b", "/a\r\nx: y", "/ä", &long]
        {
            assert!(!is_local_path(bad), "{bad}");
        }
    }

    #[test]
    fn a_referer_is_followed_only_home() {
        let url = check_public_url("https://x.example").unwrap();
        assert_eq!(url.local_path("https://x.example/account?a=b"), Some("/account?a=b"));
        for foreign in [
            "https://x.example.org/account",
            "https://evil.example/",
            "http://x.example/account",
            "https://x.example",
            "/account",
            "https://x.example//evil.example",
        ] {
            assert_eq!(url.local_path(foreign), None, "{foreign}");
        }
    }
}
