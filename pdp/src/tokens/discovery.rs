//! Where an issuer publishes its keys and is asked about tokens, by its own metadata: OpenID Connect Discovery 1.0
//! (section 4), or RFC 8414 (section 3) where the former is not there. The metadata must be of this very issuer.

use super::fetch::{FetchError, Fetcher};
use policy::issuer::check_fetched_url;
use policy::text::shown;
use serde_json::{Map, Value};

/// The `jwks_uri` of an issuer.
pub(super) async fn keys_address(fetcher: &Fetcher, issuer: &str) -> Result<String, FetchError> {
    let Metadata { url, members } = metadata(fetcher, issuer).await?;
    let keys = members.get("jwks_uri").and_then(Value::as_str);
    let keys = keys.ok_or_else(|| FetchError::NoKeysAddress { url: shown(&url, 200) })?;
    check_fetched_url(keys).map_err(|why| FetchError::KeysAddress { url: shown(&url, 200), why })?;
    Ok(keys.to_owned())
}

/// The `introspection_endpoint` of an issuer.
pub(super) async fn introspection_address(fetcher: &Fetcher, issuer: &str) -> Result<String, FetchError> {
    let Metadata { url, members } = metadata(fetcher, issuer).await?;
    let endpoint = members.get("introspection_endpoint").and_then(Value::as_str);
    let endpoint = endpoint.ok_or_else(|| FetchError::NoEndpoint { url: shown(&url, 200) })?;
    check_fetched_url(endpoint).map_err(|why| FetchError::Endpoint { url: shown(&url, 200), why })?;
    Ok(endpoint.to_owned())
}

/// What an issuer says of itself, and where.
struct Metadata {
    url: String,
    members: Map<String, Value>,
}

async fn metadata(fetcher: &Fetcher, issuer: &str) -> Result<Metadata, FetchError> {
    let (first, second) = (openid_configuration(issuer), authorization_server(issuer));
    match at(fetcher, issuer, &first).await {
        // An authorization server that is no OpenID provider; some answer every path with a page.
        Err(FetchError::Status { .. } | FetchError::NotJson { .. }) => at(fetcher, issuer, &second).await,
        found => found,
    }
}

async fn at(fetcher: &Fetcher, issuer: &str, url: &str) -> Result<Metadata, FetchError> {
    let members = fetcher.object(url).await?;
    let own = members.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if own != issuer {
        return Err(FetchError::OtherIssuer { url: shown(url, 200), issuer: shown(own, 200) });
    }
    Ok(Metadata { url: url.to_owned(), members })
}

/// Behind the issuer, without the slash that it may end with.
fn openid_configuration(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// Between the host and the path.
fn authorization_server(issuer: &str) -> String {
    let bare = issuer.strip_suffix('/').unwrap_or(issuer);
    let authority = bare.find("://").map_or(0, |at| at + 3);
    let path = bare.get(authority..).and_then(|rest| rest.find('/')).map_or(bare.len(), |at| authority + at);
    let (origin, path) = bare.split_at(path);
    format!("{origin}/.well-known/oauth-authorization-server{path}")
}

#[cfg(test)]
mod tests {
    use super::{authorization_server, openid_configuration};

    #[test]
    fn the_addresses_of_metadata() {
        for (issuer, openid, oauth) in [
            (
                "https://idp.example",
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://idp.example/",
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://idp.example:8443/realms/acme/",
                "https://idp.example:8443/realms/acme/.well-known/openid-configuration",
                "https://idp.example:8443/.well-known/oauth-authorization-server/realms/acme",
            ),
            (
                "http://[::1]:3000/a",
                "http://[::1]:3000/a/.well-known/openid-configuration",
                "http://[::1]:3000/.well-known/oauth-authorization-server/a",
            ),
        ] {
            assert_eq!(openid_configuration(issuer), openid);
            assert_eq!(authorization_server(issuer), oauth);
        }
    }
}
