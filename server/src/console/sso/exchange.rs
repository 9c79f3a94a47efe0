//! The two halves of the flow: where people are led to, and what their code is worth.

use super::claims::{self, Claims};
use super::error::SignInError;
use super::fetch;
use super::flow::Flow;
use super::metadata::Metadata;
use super::{ConsoleState, callback_of};
use axum::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient};
use openidconnect::{ClientId, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use pdp::Secret;
use pdp::vault::VaultError;
use serde_json::{Map, Value};
use store::administration::SignInProvider;

/// Whoever signed in longer ago at the provider proves it there once more, where the provider knows how: as long as a proof
/// of presence counts, so that signing in again always gives a fresh one. In seconds.
const FRESH: u64 = 5 * 60;

/// The address of the provider that people are led to.
pub(super) async fn authorization(
    state: &ConsoleState,
    provider: &SignInProvider,
    flow: &Flow,
) -> Result<String, SignInError> {
    let client = fetch::client(state)?;
    let metadata = Metadata::of(&client, &provider.issuer).await?;
    let callback = RedirectUrl::new(callback_of(state, provider));
    let callback = callback.map_err(|error| SignInError::Metadata(error.to_string()))?;
    let (csrf, nonce) = (flow.state(), flow.nonce());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(flow.verifier()));
    let scopes = provider.settings.scopes.iter().filter(|scope| *scope != "openid");
    let (url, _, _) =
        CoreClient::from_provider_metadata(metadata.told, ClientId::new(provider.client_id.clone()), None)
            .set_redirect_uri(callback)
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(csrf),
                move || Nonce::new(nonce),
            )
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge)
            .set_max_age(std::time::Duration::from_secs(FRESH))
            .url();
    Ok(url.to_string())
}

/// Exchanges the code for an ID token, and believes that one only if all of it holds. `named`: who the answer says it
/// is from.
pub(super) async fn redeem(
    state: &ConsoleState,
    provider: &SignInProvider,
    flow: &Flow,
    code: &str,
    named: Option<&str>,
) -> Result<Claims, SignInError> {
    let client = fetch::client(state)?;
    let metadata = Metadata::of(&client, &provider.issuer).await?;
    if metadata.names_itself && named.is_none() {
        return Err(SignInError::Token("the answer does not say whose it is (`iss`, RFC 9207)".to_owned()));
    }
    let secret = client_secret(state, provider).await?;
    let callback = callback_of(state, provider);
    let (form, authorization) =
        question(provider, secret.as_ref(), metadata.secret_in_form, code, &flow.verifier(), &callback);
    let told = fetch::form(&client, &metadata.token_endpoint, form, authorization).await?;
    let token = id_token(&told)?;
    let keys = metadata.keys(&client).await?;
    claims::verify(token, provider, keys, &flow.nonce(), state.now())
}

fn id_token(told: &Map<String, Value>) -> Result<&str, SignInError> {
    let token = told.get("id_token").and_then(Value::as_str);
    token.ok_or_else(|| SignInError::Token("there is none in the answer".to_owned()))
}

/// A client without a secret is a public one, and goes by PKCE alone.
async fn client_secret(
    state: &ConsoleState,
    provider: &SignInProvider,
) -> Result<Option<Secret>, SignInError> {
    match state.console.tokens.vault().take(&state.store, provider.secret_place()).await {
        Ok(secret) => Ok(Some(secret)),
        Err(VaultError::Missing(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The form, and the header `Authorization` where the secret goes there (RFC 6749, sections 2.3.1 and 4.1.3).
fn question(
    provider: &SignInProvider,
    secret: Option<&Secret>,
    secret_in_form: bool,
    code: &str,
    verifier: &str,
    callback: &str,
) -> (String, Option<HeaderValue>) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", callback)
        .append_pair("code_verifier", verifier);
    let authorization = match secret {
        Some(secret) if !secret_in_form => basic(&provider.client_id, secret),
        _ => None,
    };
    if authorization.is_none() {
        form.append_pair("client_id", &provider.client_id);
        if let Some(secret) = secret {
            form.append_pair("client_secret", secret.expose());
        }
    }
    (form.finish(), authorization)
}

/// Both parts are encoded before they are put together.
fn basic(client_id: &str, secret: &Secret) -> Option<HeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::administration::ProviderSettings;

    #[test]
    fn the_secret_goes_where_the_provider_takes_it() {
        let provider = SignInProvider {
            id: "work".to_owned(),
            name: "Work".to_owned(),
            issuer: "https://idp.example".to_owned(),
            client_id: "a b".to_owned(),
            active: true,
            settings: ProviderSettings::default(),
        };
        let secret = Secret::new("s&p");
        let ask =
            |secret: Option<&Secret>, in_form| question(&provider, secret, in_form, "c", "v", "https://c/x");
        let (form, header) = ask(Some(&secret), false);
        assert!(
            form.contains("code_verifier=v") && form.contains("redirect_uri=https%3A%2F%2Fc%2Fx"),
            "{form}"
        );
        assert!(!form.contains("client"), "{form}");
        assert_eq!(header.unwrap().to_str().unwrap(), format!("Basic {}", STANDARD.encode("a+b:s%26p")));
        let (form, header) = ask(Some(&secret), true);
        assert!(form.ends_with("client_id=a+b&client_secret=s%26p") && header.is_none(), "{form}");
        let (form, header) = ask(None, false);
        assert!(form.ends_with("client_id=a+b") && header.is_none(), "{form}");
    }
}
