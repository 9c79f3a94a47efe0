//! The front end inside the binary: what `cargo xtask bundle` made, under `/pkg`.
//!
//! Only names that were embedded are answered; nothing here ever opens a file by a name from a request. The
//! names carry the hash of their content, so browsers may keep them for good.

use super::ConsoleState;
use super::answer::Plain;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

#[derive(RustEmbed)]
#[folder = "../target/site/"]
#[allow_missing = true]
struct Embedded;

/// `manifest.json`, as xtask writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
    #[serde(default)]
    fonts: Vec<String>,
    /// Plain name to hashed name: icons and the like.
    #[serde(default, rename = "static")]
    files: BTreeMap<String, String>,
}

/// The embedded files by name. Empty in a server that was built before its front end.
#[derive(Debug, Default)]
pub(super) struct Assets {
    manifest: Manifest,
    names: HashSet<String>,
}

impl Assets {
    pub(super) fn embedded() -> Self {
        let names: HashSet<String> = Embedded::iter().map(Cow::into_owned).collect();
        let manifest = Embedded::get("manifest.json")
            .and_then(|file| serde_json::from_slice(&file.data).ok())
            .unwrap_or_default();
        if names.is_empty() {
            tracing::warn!("this binary was built without the console's front end (`cargo xtask bundle`)");
        }
        Self { manifest, names }
    }

    /// The names that the pages load.
    pub(super) fn bundle(&self) -> app::console::Bundle {
        app::console::Bundle {
            js: self.manifest.js.clone(),
            wasm: self.manifest.wasm.clone(),
            css: self.manifest.css.clone(),
            fonts: self.manifest.fonts.clone(),
            passkeys: self.manifest.files.get("passkeys.js").cloned().unwrap_or_default(),
        }
    }

    /// The embedded file to send for a name, and how it is encoded: the smallest that the browser takes.
    fn find(&self, name: &str, accepted: &HeaderMap) -> Option<(String, Option<&'static str>)> {
        let served = name != "manifest.json" && !name.ends_with(".br") && !name.ends_with(".gz");
        if !served || !self.names.contains(name) {
            return None;
        }
        for (coding, ending) in [("br", "br"), ("gzip", "gz")] {
            let packed = format!("{name}.{ending}");
            if accepts(accepted, coding) && self.names.contains(&packed) {
                return Some((packed, Some(coding)));
            }
        }
        Some((name.to_owned(), None))
    }
}

/// Whether `Accept-Encoding` names a coding, and not with `q=0`.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|part| {
            let quality = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            quality.is_some_and(|quality| quality.trim().parse::<f32>().is_ok_and(|quality| quality <= 0.0))
        });
        named && !refused
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "woff2" => "font/woff2",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        _ => "application/octet-stream",
    }
}

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/pkg/{*name}", get(file))
        .route("/favicon.ico", get(icon))
        .route("/icon.svg", get(icon))
}

async fn file(State(state): State<ConsoleState>, Path(name): Path<String>, request: Request) -> Response {
    send(&state, &name, &request, "public, max-age=31536000, immutable")
}

/// Browsers ask for `/favicon.ico` under that very name, so it may change and is kept for a day only.
async fn icon(State(state): State<ConsoleState>, request: Request) -> Response {
    let files = &state.assets.manifest.files;
    let plain = request.uri().path().trim_start_matches('/');
    let hashed = files.get(plain).or_else(|| files.get("icon.svg"));
    match hashed {
        Some(name) => send(&state, name, &request, "public, max-age=86400"),
        None => send(&state, "", &request, ""),
    }
}

fn send(state: &ConsoleState, name: &str, request: &Request, cache: &'static str) -> Response {
    let found = state.assets.find(name, request.headers());
    let file = found.and_then(|(name, coding)| Some((Embedded::get(&name)?.data, coding)));
    let Some((data, coding)) = file else {
        return Plain::of(state, request).message(
            StatusCode::NOT_FOUND,
            "Not here",
            "There is no such file.",
            None,
        );
    };
    let body = match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets() -> Assets {
        let names = [
            "manifest.json",
            "console.1.js",
            "console.1.js.br",
            "console.1.js.gz",
            "sans.2.woff2",
            "snippets/x/inline0.js",
        ];
        Assets { manifest: Manifest::default(), names: names.map(str::to_owned).into() }
    }

    fn accepting(encodings: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, encodings.parse().unwrap())])
    }

    #[test]
    fn the_smallest_form_that_is_accepted() {
        let assets = assets();
        for (name, encodings, expected) in [
            ("console.1.js", "gzip, deflate, br, zstd", Some(("console.1.js.br", Some("br")))),
            ("console.1.js", "gzip, deflate", Some(("console.1.js.gz", Some("gzip")))),
            ("console.1.js", "br;q=0, gzip;q=0.5", Some(("console.1.js.gz", Some("gzip")))),
            ("console.1.js", "br; q=0.000", Some(("console.1.js", None))),
            ("console.1.js", "identity", Some(("console.1.js", None))),
            ("sans.2.woff2", "br", Some(("sans.2.woff2", None))),
            ("snippets/x/inline0.js", "br", Some(("snippets/x/inline0.js", None))),
        ] {
            let found = assets.find(name, &accepting(encodings));
            let expected = expected.map(|(name, coding)| (name.to_owned(), coding));
            assert_eq!(found, expected, "{name} {encodings}");
        }
        assert_eq!(assets.find("console.1.js", &HeaderMap::new()), Some(("console.1.js".to_owned(), None)));
    }

    #[test]
    fn only_embedded_names_are_served() {
        let assets = assets();
        for name in [
            "",
            "console.2.js",
            "manifest.json",
            "console.1.js.br",
            "../Cargo.toml",
            "/etc/passwd",
            "./console.1.js",
            "snippets",
        ] {
            assert_eq!(assets.find(name, &accepting("br")), None, "{name}");
        }
    }

    #[test]
    fn the_manifest_of_xtask_is_understood() {
        let text = r#"{"js": "c.1.js", "wasm": "c.2.wasm", "css": "c.3.css", "fonts": ["f.4.woff2"], "static": {"icon.svg": "icon.5.svg"}}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        assert_eq!(manifest.fonts, ["f.4.woff2"]);
        assert_eq!(manifest.files.get("icon.svg").map(String::as_str), Some("icon.5.svg"));
    }
}
