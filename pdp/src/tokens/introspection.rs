//! Asking an issuer about a token (RFC 7662): what it says is checked as a JWT's claims are, and kept for nobody.
//!
//! So many questions to one issuer at once, and none that takes long; an issuer that is down, slow or odd denies.

use super::fetch::{FetchError, Fetcher, Limits};
use super::parts::{MAX_TOKEN, Said};
use super::{Refusal, claims, discovery};
use crate::address_guard::{AddressError, AddressGuard};
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lru::LruCache;
use policy::Timestamp;
use policy::facts::TokenFacts;
use policy::issuer::{ClientAuth, Introspection, Issuer};
use policy::text::shown;
use reqwest::header::HeaderValue;
use serde_json::{Map, Value};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// All requests of one question together.
const TIME: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const BYTES: usize = 256 * 1024;
/// How many questions one issuer is asked at once.
const AT_ONCE: usize = 16;
/// How long a question waits for its turn.
const TURN: Duration = Duration::from_secs(2);
/// For how long the address that the issuer's metadata names is used.
const ADDRESS_KEPT: Duration = Duration::from_secs(3_600);
/// A failure is logged once in so long.
const TOLD: Duration = Duration::from_secs(10);
/// How many issuers are remembered.
const ISSUERS: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// What an issuer says of an active token.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    issuer: String,
    claims: Map<String, Value>,
    /// How large it is.
    bytes: usize,
}

/// Asks issuers.
#[derive(Debug)]
pub(super) struct Introspector {
    fetcher: Fetcher,
    time: Duration,
    doors: Mutex<LruCache<String, Arc<Door>>>,
}

/// The way to one issuer.
#[derive(Debug)]
struct Door {
    /// How it is asked; where that changes there is a new door.
    how: Introspection,
    turns: Semaphore,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The address that its metadata named, and when.
    address: Option<(String, Instant)>,
    failure_told: Option<Instant>,
}

impl Door {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where to ask, by the issuer's metadata unless it was written down.
    async fn address(&self, fetcher: &Fetcher, issuer: &str) -> Result<String, FetchError> {
        if let Some(endpoint) = &self.how.endpoint {
            return Ok(endpoint.clone());
        }
        let known = self.known().address.clone();
        if let Some((address, _)) = known.filter(|(_, at)| at.elapsed() < ADDRESS_KEPT) {
            return Ok(address);
        }
        let address = discovery::introspection_address(fetcher, issuer).await?;
        self.known().address = Some((address.clone(), Instant::now()));
        Ok(address)
    }

    /// Whether a failure was not logged a moment ago.
    fn is_news(&self) -> bool {
        let mut known = self.known();
        let news = known.failure_told.is_none_or(|at| at.elapsed() >= TOLD);
        if news {
            known.failure_told = Some(Instant::now());
        }
        news
    }
}

impl Introspector {
    pub(super) fn new(guard: &AddressGuard, limits: Limits) -> Result<Self, AddressError> {
        let limits = Limits { time: limits.time.min(TIME), bytes: limits.bytes.min(BYTES) };
        let doors = Mutex::new(LruCache::new(ISSUERS));
        Ok(Self { fetcher: Fetcher::new(guard, limits)?, time: limits.time, doors })
    }

    fn door(&self, issuer: &str, how: &Introspection) -> Arc<Door> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(door) = doors.get(issuer)
            && door.how == *how
        {
            return Arc::clone(door);
        }
        let (turns, known) = (Semaphore::new(AT_ONCE), Mutex::default());
        let door = Arc::new(Door { how: how.clone(), turns, known });
        doors.put(issuer.to_owned(), Arc::clone(&door));
        door
    }

    /// # Errors
    /// When the issuer does not say that the token is active, or cannot be asked.
    pub(super) async fn ask(
        &self,
        token: &Secret,
        issuer: &Issuer,
        client_secret: &Secret,
    ) -> Result<Answer, Refusal> {
        let Some(how) = &issuer.introspection else {
            return Err(Refusal::invalid("the issuer is not asked about tokens"));
        };
        let text = token.expose();
        if text.is_empty() || text.len() > MAX_TOKEN || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::invalid("it is no token: it is too long, or holds what no token does"));
        }
        let door = self.door(&issuer.url, how);
        let Ok(Ok(_turn)) = timeout(TURN, door.turns.acquire()).await else {
            return Err(Refusal::unavailable("the issuer is being asked about too many tokens at once"));
        };
        let asking = Box::pin(self.exchange(&door, token, &issuer.url, client_secret));
        let told = timeout(self.time, asking).await;
        let told = told.unwrap_or(Err(FetchError::TimedOut { after: self.time }));
        match told {
            Ok(answer) => read(answer, token, issuer),
            Err(error) => {
                if door.is_news() {
                    tracing::warn!(issuer = %issuer.url, %error, "the issuer could not be asked about a token");
                }
                let why = told_of(&error);
                Err(Refusal::unavailable(format!("the issuer could not be asked about the token: {why}")))
            }
        }
    }

    async fn exchange(
        &self,
        door: &Door,
        token: &Secret,
        issuer: &str,
        client_secret: &Secret,
    ) -> Result<Map<String, Value>, FetchError> {
        let url = door.address(&self.fetcher, issuer).await?;
        let (form, authorization) = question(&door.how, token, client_secret);
        self.fetcher.form(&url, form, authorization).await
    }
}

/// The form, and the header `Authorization` where the secret goes there.
fn question(how: &Introspection, token: &Secret, client_secret: &Secret) -> (String, Option<HeaderValue>) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", token.expose()).append_pair("token_type_hint", "access_token");
    let authorization = match how.auth {
        ClientAuth::ClientSecretBasic => basic(&how.client_id, client_secret),
        ClientAuth::ClientSecretPost => {
            form.append_pair("client_id", &how.client_id)
                .append_pair("client_secret", client_secret.expose());
            None
        }
    };
    (form.finish(), authorization)
}

/// What most often is behind it, beside what came.
fn told_of(error: &FetchError) -> String {
    match error {
        FetchError::Status { status: 400 | 401 | 403, .. } => {
            format!("{error}; it may not take the client id or its secret")
        }
        _ => error.to_string(),
    }
}

/// Both parts are encoded before they are put together (RFC 6749, section 2.3.1).
fn basic(client_id: &str, client_secret: &Secret) -> Option<HeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(client_secret.expose()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What must hold of an answer before anything in it counts.
fn read(answer: Map<String, Value>, token: &Secret, issuer: &Issuer) -> Result<Answer, Refusal> {
    match answer.get("active") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) => {
            return Err(Refusal::invalid("the issuer says that the token is not active"));
        }
        _ => return Err(Refusal::invalid("the issuer does not say whether the token is active (`active`)")),
    }
    if claims::text(&answer, "iss")?.is_some_and(|iss| iss != issuer.url) {
        return Err(Refusal::invalid("the issuer's answer is about a token of another issuer (`iss`)"));
    }
    check_token_type(&answer)?;
    if answer.values().any(|value| repeats(value, token.expose())) {
        return Err(Refusal::invalid("the issuer's answer repeats the token, which is kept nowhere"));
    }
    let bytes = serde_json::to_string(&answer).map_or(usize::MAX, |text| text.len());
    Ok(Answer { issuer: issuer.url.clone(), claims: answer, bytes })
}

/// Where it says what kind of token it is, that is an access token (RFC 6749, section 7.1; RFC 9449, section 6.2).
fn check_token_type(answer: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(kind) = claims::text(answer, "token_type")? else { return Ok(()) };
    if kind.eq_ignore_ascii_case("bearer") {
        return Ok(());
    }
    if !kind.eq_ignore_ascii_case("dpop") {
        let kind = shown(kind, 40);
        return Err(Refusal::invalid(format!("the token is no access token: its `token_type` is `{kind}`")));
    }
    if answer.contains_key("cnf") {
        Ok(())
    } else {
        Err(Refusal::invalid("the token is bound to a key (`token_type`), and nobody says to which (`cnf`)"))
    }
}

fn repeats(value: &Value, token: &str) -> bool {
    match value {
        Value::String(text) => text.contains(token),
        Value::Array(items) => items.iter().any(|item| repeats(item, token)),
        Value::Object(members) => members.values().any(|member| repeats(member, token)),
        _ => false,
    }
}

impl Answer {
    /// What it says, as a token would say it of itself.
    pub(crate) fn told(&self) -> Said<'_> {
        Said { issuer: &self.issuer, claims: &self.claims }
    }

    /// The same checks as for a token that was signed.
    pub(super) fn facts(&self, issuer: &Issuer, now: Timestamp) -> Result<TokenFacts, Refusal> {
        claims::facts(self.claims.clone(), self.bytes, false, issuer, now)
    }
}
