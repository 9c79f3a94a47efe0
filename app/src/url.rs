//! Addresses of our own pages: filters are URL parameters, so that every view can be linked.

use leptos::prelude::{Memo, With};
use leptos_router::hooks::use_location;
use std::fmt::Write;

/// The parameters of an address, decoded once. The router's own map decodes them twice, so that a filter with `%25` in
/// it would mean another thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads what stands behind the `?`.
    pub fn parse(search: &str) -> Self {
        Self(form_urlencoded::parse(search.as_bytes()).into_owned().collect())
    }

    /// The last value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The parameters of the current address.
pub fn use_parameters() -> Memo<Parameters> {
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| Parameters::parse(search)))
}

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
pub fn parameter(map: &Parameters, name: &str) -> Option<String> {
    let value = map.get(name)?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once() {
        let map = Parameters::parse("q=a%2Fb+c&tool=%252e%252e&empty=&q=last%20one&bad=%zz%ff");
        assert_eq!(map.get("q"), Some("last one"));
        assert_eq!(map.get("tool"), Some("%2e%2e"));
        assert_eq!((parameter(&map, "empty"), parameter(&map, "none")), (None, None));
        assert_eq!(map.get("bad"), Some("%zz\u{fffd}"));
        let text = "../../account?tenant=x#y/%2e%2e/\\\\evil";
        let address = href("/search", [("q", Some(text))]);
        assert_eq!(Parameters::parse(address.trim_start_matches("/search?")).get("q"), Some(text));
    }

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
