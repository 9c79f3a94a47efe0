//! The one guard of everything Countersign fetches: MCP servers, key sets, webhooks.
//!
//! An address that is not public is refused unless the operator lists it. The check is made on the addresses
//! that a name resolved to, in the resolver that the connection itself uses, so that a name cannot be one
//! address when checked and another when connected to (DNS rebinding); addresses written in the URL, which skip
//! the resolver, are checked before each request. Proxies are off and redirects are not followed, as both would
//! lead past the check.

mod class;
mod range;
#[cfg(test)]
mod tests;

pub use class::{AddressClass, class_of};
pub use policy::network::AddressRange;
pub use range::{AllowedAddress, AllowedAddressError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, RequestBuilder, Url};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// The longest wait for a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest URL that is fetched.
const MAX_URL: usize = 2_048;

/// Why something is not fetched. The texts are for the person who gave the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("`{given}` is not a URL: {reason}")]
    NotAUrl { given: String, reason: String },
    #[error("the URL is longer than {MAX_URL} characters")]
    TooLong,
    #[error("`{scheme}` addresses are not fetched, only http and https")]
    Scheme { scheme: String },
    #[error("the URL must not hold a user name or a password")]
    Userinfo,
    #[error(
        "{}{address} is {class}, which is refused; the operator may allow it with `--allow-address {address}`",
        through(.name.as_deref(), .address)
    )]
    Refused {
        /// The name that led there; None where the URL holds the address itself.
        name: Option<String>,
        address: IpAddr,
        class: AddressClass,
    },
    #[error("`{name}` has no address")]
    NoAddress { name: String },
    #[error("no client can be made: {0}")]
    Client(String),
}

/// How one came to the address.
fn through(name: Option<&str>, address: &IpAddr) -> String {
    name.map(|name| format!("`{name}` resolves to {address}, and ")).unwrap_or_default()
}

impl AddressError {
    /// The guard's refusal, where that is what made a request fail.
    pub fn within<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(refusal) = error.downcast_ref::<Self>() {
                return Some(refusal);
            }
            next = error.source();
        }
        None
    }
}

/// Which addresses may be fetched from: public ones, and those the operator lists. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AddressGuard {
    allowed: Arc<[AddressRange]>,
}

impl AddressGuard {
    /// Public addresses, and these.
    pub fn new(allowed: &[AllowedAddress]) -> Self {
        let ranges = allowed.iter().flat_map(|allowed| match allowed {
            AllowedAddress::Loopback => range::LOOPBACK.to_vec(),
            AllowedAddress::Range(range) => vec![*range],
        });
        Self { allowed: ranges.collect() }
    }

    /// # Errors
    /// When the address is neither public nor listed. Link-local and metadata addresses must be listed by
    /// themselves: a range that holds them does not count.
    pub fn check_address(&self, address: IpAddr) -> Result<(), AddressError> {
        self.check(None, address)
    }

    fn check(&self, name: Option<&str>, address: IpAddr) -> Result<(), AddressError> {
        let address = address.to_canonical();
        let Some(class) = class_of(address) else { return Ok(()) };
        let counts = |range: &AddressRange| !class.is_listed_singly() || range.is_single();
        if self.allowed.iter().any(|range| counts(range) && range.contains(address)) {
            return Ok(());
        }
        Err(AddressError::Refused { name: name.map(str::to_owned), address, class })
    }

    /// Reads a URL and checks all that can be checked without resolving its name.
    ///
    /// # Errors
    /// When it is no http or https URL, holds userinfo, or holds an address that is refused.
    pub fn check_url(&self, given: &str) -> Result<Url, AddressError> {
        if given.len() > MAX_URL {
            return Err(AddressError::TooLong);
        }
        // The parser brings every way of writing an IPv4 address (`0x7f.1`, `2130706433`) to the usual one.
        let url = Url::parse(given).map_err(|error| AddressError::NotAUrl {
            given: given.chars().filter(|c| !c.is_control()).take(100).collect(),
            reason: error.to_string(),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme { scheme: url.scheme().chars().take(30).collect() });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Userinfo);
        }
        let host = url.host_str().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            self.check_address(address)?;
        }
        Ok(url)
    }

    /// Those of a name's addresses that may be connected to.
    fn passing(
        &self,
        name: &str,
        found: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, AddressError> {
        let mut passing = Vec::new();
        let mut refusal = None;
        for address in found {
            match self.check(Some(name), address.ip()) {
                Ok(()) => passing.push(address),
                Err(refused) => {
                    refusal.get_or_insert(refused);
                }
            }
        }
        if passing.is_empty() {
            return Err(refusal.unwrap_or_else(|| AddressError::NoAddress { name: name.to_owned() }));
        }
        Ok(passing)
    }

    /// The addresses of a host that may be connected to, for what is not spoken over HTTP. Connect to one of these and not
    /// to the name: the next time it could lead elsewhere.
    ///
    /// # Errors
    /// When the host has no address, or none that passes.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, AddressError> {
        if let Ok(address) = host.parse::<IpAddr>() {
            self.check_address(address)?;
            return Ok(vec![address]);
        }
        let nowhere = || AddressError::NoAddress { name: host.to_owned() };
        let found = tokio::net::lookup_host((host, 0)).await.map_err(|_| nowhere())?;
        Ok(self.passing(host, found)?.into_iter().map(|address| address.ip()).collect())
    }

    /// A client that connects to nothing this guard refuses. `timeout` is for one request with its answer.
    ///
    /// # Errors
    /// When the client cannot be made, as for want of root certificates. A TLS provider must be installed.
    pub fn client(&self, timeout: Duration) -> Result<GuardedClient, AddressError> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(GuardedResolver { guard: self.clone() })
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .build()
            .map_err(|error| AddressError::Client(error.to_string()))?;
        Ok(GuardedClient { guard: self.clone(), http })
    }
}

/// The one way out: every request is checked before it is built, and its connection when it is made.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    guard: AddressGuard,
    http: reqwest::Client,
}

impl GuardedClient {
    /// # Errors
    /// As [`AddressGuard::check_url`]. That a name resolves to a refused address shows when the request is sent;
    /// [`AddressError::within`] finds it in the error.
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, AddressError> {
        Ok(self.http.request(method, self.guard.check_url(url)?))
    }
}

/// The system's resolver, behind the guard.
struct GuardedResolver {
    guard: AddressGuard,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(resolve(self.guard.clone(), name.as_str().to_owned()))
    }
}

async fn resolve(guard: AddressGuard, name: String) -> Result<Addrs, BoxError> {
    // Port 0 stands for the URL's own.
    let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
    let passing = guard.passing(&name, found)?;
    Ok(Box::new(passing.into_iter()))
}
