//! A browser without script: it keeps cookies, and follows nothing by itself.

use crate::edge::house::House;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, redirect};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    /// By origin, then by name.
    jars: BTreeMap<String, BTreeMap<String, String>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Where it leads, whole.
    pub(crate) location: String,
    pub(crate) text: String,
}

fn origin(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

impl Browser {
    pub(crate) fn open() -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build();
        Self { http: http.expect("a client"), jars: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, url: &str) -> Page {
        self.send(url, self.http.get(url)).await
    }

    pub(crate) async fn post(&mut self, url: &str, body: &str) -> Page {
        let request = self
            .http
            .post(url)
            .header("origin", origin(url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_owned());
        self.send(url, request).await
    }

    async fn send(&mut self, url: &str, request: RequestBuilder) -> Page {
        let place = origin(url);
        let jar = self.jars.entry(place.clone()).or_default();
        let sent: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, sent.join("; ")).send().await.expect("an answer");
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().expect("text");
            let (name, value) =
                line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            // A cookie that is taken back is empty.
            if value.is_empty() {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = match location {
            Some(path) if path.starts_with('/') => format!("{place}{path}"),
            other => other.unwrap_or_default().to_owned(),
        };
        let status = response.status().as_u16();
        Page { status, location, text: response.text().await.expect("a whole answer") }
    }

    /// Follows the link of the sign-in page; the address of the provider that it leads to.
    pub(crate) async fn begin(&mut self, house: &House) -> String {
        let page = self.get(&format!("{}/sign-in/with/work", house.origin())).await;
        assert_eq!(page.status, 303, "{}", page.text);
        page.location
    }

    /// Goes to the provider and says who it is; the address that the provider leads back to.
    pub(crate) async fn prove(&mut self, at: &str, name: &str) -> String {
        let asked = self.get(at).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
        if !asked.location.contains("/interaction/") {
            // It is known there already.
            return asked.location;
        }
        let proven = self.post(&asked.location, &format!("login={name}")).await;
        assert_eq!(proven.status, 303, "{}", proven.text);
        let back = self.get(&proven.location).await;
        assert_eq!(back.status, 303, "{}", back.text);
        back.location
    }

    /// The whole way.
    pub(crate) async fn sign_in(&mut self, house: &House, name: &str) -> Page {
        let at = self.begin(house).await;
        let back = self.prove(&at, name).await;
        self.get(&back).await
    }

    /// `name=value` of the session that it has here.
    pub(crate) fn session(&self, house: &House) -> Option<String> {
        let value = self.jars.get(&house.origin())?.get("countersign")?;
        Some(format!("countersign={value}"))
    }

    /// Whether it is signed in.
    pub(crate) async fn is_in(&self, house: &House) -> bool {
        match self.session(house) {
            Some(session) => house.is_open(&session).await,
            None => false,
        }
    }
}
