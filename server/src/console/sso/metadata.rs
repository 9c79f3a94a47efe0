//! What a provider says of itself (OpenID Connect Discovery 1.0, section 4). Asked for by each sign-in anew: nothing
//! that it changes is believed any longer, keys least of all.

use super::error::SignInError;
use super::fetch;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use pdp::address_guard::GuardedClient;
use policy::issuer::check_fetched_url;
use policy::text::shown;
use serde_json::{Map, Value};

/// A provider, as far as signing in needs it.
pub(super) struct Metadata {
    /// The whole of it, for the address that people are led to.
    pub(super) told: CoreProviderMetadata,
    pub(super) token_endpoint: String,
    jwks_uri: String,
    /// Whether it puts its own name into each answer (RFC 9207).
    pub(super) names_itself: bool,
    /// Whether it takes the client's secret in the form alone.
    pub(super) secret_in_form: bool,
}

fn wrong(why: impl Into<String>) -> SignInError {
    SignInError::Metadata(why.into())
}

/// An address that it names, which must be one that can be trusted with a code or a secret.
fn address(members: &Map<String, Value>, name: &str) -> Result<String, SignInError> {
    let told = members.get(name).and_then(Value::as_str);
    let told = told.ok_or_else(|| wrong(format!("it names no `{name}`")))?;
    check_fetched_url(told).map_err(|why| wrong(format!("its `{name}` {why}")))?;
    Ok(told.to_owned())
}

fn lists(members: &Map<String, Value>, name: &str, word: &str) -> bool {
    let listed = members.get(name).and_then(Value::as_array);
    listed.is_some_and(|words| words.iter().any(|listed| listed.as_str() == Some(word)))
}

impl Metadata {
    /// # Errors
    /// When the provider cannot be asked, is another one than it is taken for, or names no usable address.
    pub(super) async fn of(client: &GuardedClient, issuer: &str) -> Result<Self, SignInError> {
        let bare = issuer.strip_suffix('/').unwrap_or(issuer);
        let members = fetch::object(client, &format!("{bare}/.well-known/openid-configuration")).await?;
        Self::read(members, issuer)
    }

    fn read(members: Map<String, Value>, issuer: &str) -> Result<Self, SignInError> {
        let own = members.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if own != issuer {
            return Err(wrong(format!("it is that of another issuer (`{}`)", shown(own, 200))));
        }
        address(&members, "authorization_endpoint")?;
        let (token_endpoint, jwks_uri) =
            (address(&members, "token_endpoint")?, address(&members, "jwks_uri")?);
        let methods = "token_endpoint_auth_methods_supported";
        let secret_in_form = lists(&members, methods, "client_secret_post")
            && !lists(&members, methods, "client_secret_basic");
        let names_itself =
            members.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true));
        let told = serde_json::from_value(Value::Object(members));
        let told = told.map_err(|error| wrong(shown(&error.to_string(), 200)))?;
        Ok(Self { told, token_endpoint, jwks_uri, names_itself, secret_in_form })
    }

    /// The keys that it signs with now.
    pub(super) async fn keys(&self, client: &GuardedClient) -> Result<CoreJsonWebKeySet, SignInError> {
        let members = fetch::object(client, &self.jwks_uri).await?;
        let keys = serde_json::from_value(Value::Object(members));
        keys.map_err(|error| wrong(format!("its keys: {}", shown(&error.to_string(), 200))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(change: impl FnOnce(&mut Value)) -> Result<Metadata, SignInError> {
        let mut told = json!({
            "issuer": "https://idp.example",
            "authorization_endpoint": "https://idp.example/auth",
            "token_endpoint": "https://idp.example/token",
            "jwks_uri": "https://idp.example/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        change(&mut told);
        let Value::Object(members) = told else { panic!("an object") };
        Metadata::read(members, "https://idp.example")
    }

    #[test]
    fn a_provider_is_the_one_it_is_taken_for_and_names_its_addresses() {
        let plain = read(|_| {}).unwrap();
        assert_eq!((plain.names_itself, plain.secret_in_form), (false, false));
        let other = read(|told| {
            told["authorization_response_iss_parameter_supported"] = json!(true);
            told["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        });
        let other = other.unwrap();
        assert_eq!((other.names_itself, other.secret_in_form), (true, true));
        for (name, value) in [
            ("issuer", json!("https://idp.example/")),
            ("issuer", json!("https://evil.example")),
            ("issuer", Value::Null),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("authorization_endpoint", json!("http://idp.example/auth")),
            ("token_endpoint", json!("http://idp.example/token")),
            ("token_endpoint", Value::Null),
            ("jwks_uri", json!("file:///etc/passwd")),
            ("response_types_supported", json!("code")),
        ] {
            let what = format!("{name} {value}");
            assert!(read(|told| told[name] = value).is_err(), "{what}");
        }
    }
}
