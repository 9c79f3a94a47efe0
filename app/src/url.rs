//! Addresses of our own pages: filters are URL parameters, so that every view can be linked.

use leptos_router::params::ParamsMap;
use std::fmt::Write;

/// The path with these parameters; empty ones are left out.
pub fn href<'a>(path: &str, parameters: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let mut href = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            href.push(separator);
            href.push_str(name);
            href.push('=');
            href.push_str(&encode(value));
            separator = '&';
        }
    }
    href
}

/// Percent-encodes all but unreserved characters (RFC 3986, section 2.3).
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A parameter of the current address; an empty one counts as absent.
pub fn parameter(map: &ParamsMap, name: &str) -> Option<String> {
    let value = map.get(name)?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded_and_empty_ones_left_out() {
        assert_eq!(href("/decisions", []), "/decisions");
        assert_eq!(
            href(
                "/decisions",
                [("tool", Some("a/b &c")), ("subject", None), ("server", Some("")), ("x", Some("ä"))]
            ),
            "/decisions?tool=a%2Fb%20%26c&x=%C3%A4"
        );
    }
}
