//! One message to one webhook: through the address guard, signed, within a time. A redirect is not followed, and of the
//! answer nothing but its status is read.

use super::DeliveryError;
use super::signature;
use crate::address_guard::{AddressError, GuardedClient};
use crate::secret::Secret;
use policy::text::shown;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use store::administration::shown_address;

/// The longest text of somebody else's that an error repeats.
const LONGEST: usize = 200;

/// What is told of a way that leads on at the same host.
const HIDDEN: &str = "…";

/// What is sent.
pub(super) struct Post<'a> {
    /// The same for each attempt.
    pub(super) id: &'a str,
    /// The time of this attempt, in seconds since 1970.
    pub(super) at: i64,
    pub(super) body: String,
    /// The newest first.
    pub(super) secrets: &'a [Secret],
}

pub(super) async fn post(client: &GuardedClient, url: &str, post: Post<'_>) -> Result<(), DeliveryError> {
    let signature = signature::header(post.secrets, post.id, post.at, &post.body)?;
    let request = client
        .request(Method::POST, url)?
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", post.id)
        .header("webhook-timestamp", post.at)
        .header("webhook-signature", signature)
        .body(post.body);
    let response = request.send().await.map_err(broken)?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = elsewhere(location.unwrap_or_default());
        return Err(DeliveryError::Redirect { status: status.as_u16(), location });
    }
    match status.as_u16() {
        410 => Err(DeliveryError::Gone),
        status => Err(DeliveryError::Status { status }),
    }
}

/// Where an answer leads, by its host alone: most lead from an address to that very address with TLS or a slash more, and
/// the address may be as good as a password.
fn elsewhere(location: &str) -> String {
    shown_address(location).map_or_else(|_| HIDDEN.to_owned(), |host| shown(&host, LONGEST))
}

/// The address itself is left out: it may be as good as a password.
fn broken(error: reqwest::Error) -> DeliveryError {
    if let Some(refusal) = AddressError::within(&error) {
        return DeliveryError::Address(refusal.clone());
    }
    if error.is_timeout() {
        return DeliveryError::TimedOut;
    }
    let error = error.without_url();
    // The first cause says most: `Connection refused` rather than `error sending request`.
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    DeliveryError::Unreachable { reason: shown(&innermost.to_string(), LONGEST) }
}

#[cfg(test)]
mod tests {
    use super::elsewhere;

    #[test]
    fn where_an_answer_leads_is_told_by_its_host_alone() {
        for (location, told) in [
            ("https://hooks.example/services/T0/B0/secret", "https://hooks.example/…"),
            ("https://hooks.example", "https://hooks.example/"),
            ("/services/T0/B0/secret/", "…"),
            ("//hooks.example/services/secret", "…"),
            ("https://user:secret@hooks.example/", "…"),
            ("", "…"),
        ] {
            assert_eq!(elsewhere(location), told, "{location}");
        }
    }
}
