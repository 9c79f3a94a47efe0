//! How data travels between the server and the browser: as JSON, in answers of server functions and in the page.
//!
//! serde makes one reader for each type and each source, and these readers were a quarter of the wasm. So the
//! browser reads both kinds of data in one way, through a [reader](reader) that knows no more than it needs.

#[cfg(any(test, not(feature = "ssr")))]
pub mod reader;

use leptos::prelude::Resource as LeptosResource;
use leptos::prelude::codee::{Decoder, Encoder};
use leptos::server_fn::codec::Post;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;

/// JSON in the body of a POST, and in every answer.
pub type Json = Post<JsonText>;

/// What a page reads from the server: written into the page, and read from it while the browser takes over.
pub type Resource<T> = LeptosResource<T, JsonText>;

/// A [`Resource`] that is read anew whenever `source` changes.
#[track_caller]
pub fn resource<T, S, Fut>(
    source: impl Fn() -> S + Send + Sync + 'static,
    fetcher: impl Fn(S) -> Fut + Send + Sync + 'static,
) -> Resource<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    S: PartialEq + Clone + Send + Sync + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(source, fetcher, false)
}

/// The encoding behind [`Json`] and [`Resource`].
#[derive(Debug, Clone, Copy)]
pub struct JsonText;

/// Why a text was not read. The browser tells nobody more than that.
#[cfg(not(feature = "ssr"))]
use reader::Unreadable;
#[cfg(feature = "ssr")]
type Unreadable = serde_json::Error;

#[cfg(not(feature = "ssr"))]
fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    reader::read(text)
}

#[cfg(feature = "ssr")]
fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text)
}

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = Unreadable;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        // What is no text is no JSON either.
        read(std::str::from_utf8(&bytes).unwrap_or_default())
    }
}

impl<T: Serialize> Encoder<T> for JsonText {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<Self::Encoded, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for JsonText {
    type Error = Unreadable;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        read(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_what_is_no_text_is_refused() {
        let written = <JsonText as Encodes<_>>::encode(&vec!["é".to_owned()]).expect("writes");
        assert_eq!(<JsonText as Decodes<Vec<String>>>::decode(written).expect("reads"), ["é"]);
        assert!(<JsonText as Decodes<String>>::decode(Bytes::from_static(b"\"\xff\"")).is_err());
    }
}
