//! A scripted approver: signs in to the console as a person does, opens one request for approval, and sends the form of its
//! page. It knows nothing that the page does not say, and what it approves is what it saw.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};
use reqwest::{Client, Method, Response, StatusCode, header};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Answers one request for approval in the console.
#[derive(Parser)]
#[command(name = "crm-approver", version)]
struct Arguments {
    /// Id of the request, or the address of its status page
    #[arg(long)]
    request: String,
    #[arg(long, value_enum, default_value = "approve")]
    answer: Answer,
    /// Needed to deny: letters and digits
    #[arg(long, default_value = "")]
    reason: String,
    /// A one-time link of `countersign account recover`; give it in the environment, not on the command line
    #[arg(long, env = "COUNTERSIGN_LINK", hide_env_values = true)]
    link: String,
    /// The password that is set with it: letters and digits
    #[arg(long, env = "COUNTERSIGN_PASSWORD", hide_env_values = true)]
    password: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Answer {
    Approve,
    Deny,
}

/// A browser, as far as forms need one.
struct Browser {
    http: Client,
    /// The console's address, without a path.
    origin: String,
    cookies: Vec<(String, String)>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Fails only where a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    let (origin, code) = arguments.link.split_once("/recover#").context("not a link to set a password")?;
    let mut browser = Browser::new(origin)?;
    let password = arguments.password.as_str();
    let fields = [("code", code), ("password", password), ("password_again", password)];
    if browser.post("/recover", &fields).await? != StatusCode::SEE_OTHER {
        bail!("the console does not take the link or the password");
    }
    let id = arguments.request.rsplit('/').next().unwrap_or_default();
    let page = format!("/approvals/{}", plain(id)?);
    let seen = browser.seen(&page).await?.context("the page of the request asks for no answer")?;
    let answer = match arguments.answer {
        Answer::Approve => "approve",
        Answer::Deny => "deny",
    };
    let fields = [("answer", answer), ("seen", seen.as_str()), ("reason", arguments.reason.as_str())];
    if browser.post(&format!("{page}/answer"), &fields).await? != StatusCode::SEE_OTHER {
        bail!("the console does not take the answer");
    }
    if browser.seen(&page).await?.is_some() {
        bail!("the request asks still: the answer did not count");
    }
    Ok(())
}

impl Browser {
    fn new(origin: &str) -> anyhow::Result<Self> {
        let http = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, origin: origin.to_owned(), cookies: Vec::new() })
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> anyhow::Result<Response> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.origin));
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if method == Method::POST {
            request = request
                .header(header::ORIGIN, &self.origin)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body);
        }
        let response = request.send().await.context("the console does not answer")?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(response)
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<StatusCode> {
        let mut pairs = Vec::new();
        for (name, value) in fields {
            pairs.push(format!("{name}={}", plain(value)?));
        }
        Ok(self.send(Method::POST, path, pairs.join("&")).await?.status())
    }

    /// What the answer on this page is bound to; none where there is nothing to answer.
    async fn seen(&mut self, page: &str) -> anyhow::Result<Option<String>> {
        let response = self.send(Method::GET, page, String::new()).await?;
        if response.status() != StatusCode::OK {
            bail!("the page of the request: {}", response.status());
        }
        let html = response.text().await?;
        let value = html.split_once("name=\"seen\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        Ok(value.map(|(value, _)| value.to_owned()))
    }
}

/// A text that needs no escaping in a form or a path.
fn plain(text: &str) -> anyhow::Result<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !text.bytes().all(is_plain) {
        bail!("something to be sent holds more than letters, digits, `-`, `_` and `.`");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn nothing_is_sent_that_would_need_escaping() {
        assert!(plain("v1.0a-B_c").is_ok());
        for bad in ["a b", "a&b", "a=b", "a/b", "ä", "a\n"] {
            assert!(plain(bad).is_err(), "{bad:?}");
        }
    }
}
