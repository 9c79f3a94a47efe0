//! How an issuer is asked about tokens that say nothing by themselves (RFC 7662). The client's secret is not here: it is
//! kept encrypted, elsewhere.

use super::address::check_fetched_url;
use serde::{Deserialize, Serialize};

/// The longest client id, in bytes.
const MAX_CLIENT: usize = 500;

/// An issuer with this is asked about each of its tokens, JWTs included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Introspection {
    /// Where it is asked. None: the issuer's metadata names the address (`introspection_endpoint`, RFC 8414).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Who Countersign is to the issuer.
    pub client_id: String,
    #[serde(default)]
    pub auth: ClientAuth,
}

/// How a client shows its secret (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// In the header `Authorization`.
    #[default]
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
}

impl ClientAuth {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }
}

impl Introspection {
    /// What is usual: by discovery, with the secret in the header.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self { endpoint: None, client_id: client_id.into(), auth: ClientAuth::default() }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(endpoint) = &self.endpoint {
            check_fetched_url(endpoint).map_err(|why| format!("`endpoint` {why}"))?;
        }
        // VSCHAR (RFC 6749, appendix A.1).
        let visible = self.client_id.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        if self.client_id.is_empty() || self.client_id.len() > MAX_CLIENT || !visible {
            return Err(format!("`client_id` must be 1 to {MAX_CLIENT} visible ASCII characters"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::Issuer;
    use serde_json::json;

    #[test]
    fn what_is_said_reads_back_and_unknown_words_are_refused() {
        let usual: Introspection =
            serde_json::from_value(json!({"client_id": "countersign"})).expect("reads");
        assert_eq!(usual, Introspection::new("countersign"));
        let whole = Introspection {
            endpoint: Some("https://idp.example/introspect".to_owned()),
            auth: ClientAuth::ClientSecretPost,
            ..usual
        };
        let text = serde_json::to_value(&whole).expect("writes");
        assert_eq!(text["auth"], whole.auth.as_str());
        assert_eq!(serde_json::from_value::<Introspection>(text).expect("reads"), whole);
        for bad in [
            json!({}),
            json!({"client_id": "c", "client_secret": "s"}),
            json!({"client_id": "c", "auth": "private_key_jwt"}),
        ] {
            assert!(serde_json::from_value::<Introspection>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let with = |introspection| Issuer {
            introspection: Some(introspection),
            ..Issuer::new("https://idp.example")
        };
        assert!(with(Introspection::new("countersign")).check().is_ok());
        for client in ["", "a\nb", "ä", &"x".repeat(501)] {
            let error = with(Introspection::new(client)).check().expect_err("refused");
            assert_eq!(error.field, "introspection");
        }
        for endpoint in ["http://idp.example/introspect", "ftp://x", "https://a@b/"] {
            let endpoint = Some(endpoint.to_owned());
            assert!(with(Introspection { endpoint, ..Introspection::new("c") }).check().is_err());
        }
    }
}
