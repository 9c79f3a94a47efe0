//! Asking a server for its tools, and how far that has come.

use super::discovery::DiscoveryView;
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// Asks the server for its tools and brings the catalog to what it lists; at most 30 seconds. What came of it stands
/// on the server's page.
#[server(endpoint = "server-discover", output = Json)]
pub async fn discover_tools(#[server(default)] slug: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    server::discover(&console, &signed_in, &slug).await
}

/// The last discovery of this server, as far as this process knows.
#[server(endpoint = "server-discovery", input = GetUrl, output = Json)]
pub async fn read_discovery(slug: String) -> Result<Option<DiscoveryView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    Ok(last(&console, &policy::ServerSlug::from(slug.as_str())))
}

#[cfg(feature = "ssr")]
pub use server::{Asked, Listed, discover_now, last};

#[cfg(feature = "ssr")]
mod server {
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::answer::Draft;
    use crate::pages::form::place::Place;
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond};
    use crate::pages::server::counts::tools;
    use crate::pages::server::discovery::{DiscoveryState, DiscoveryView, Failure, Found, Names};
    use crate::pages::server::place;
    use crate::routes::SERVERS;
    use crate::session::SignedIn;
    use pdp::address_guard::AddressError;
    use pdp::discovery::{self, DiscoveryError, Progress, RefreshError, RefreshReport};
    use policy::ServerSlug;
    use policy::ids::check_slug;
    use store::{Actor, WriteError};

    pub(super) async fn discover(
        console: &Console,
        signed_in: &SignedIn,
        slug: &str,
    ) -> Result<(), AppError> {
        let back = Place::new(SERVERS.path);
        let gone = || Err(Refusal::from(Problem::of_form(Fault::Gone)));
        if check_slug(slug).is_err() {
            return respond(gone(), &back, Draft::default());
        }
        let slug = ServerSlug::from(slug);
        match console.store.get_server(&slug).await {
            Ok(Some(server)) => {
                discover_now(console, actor(signed_in), &slug, &server.url).await;
                leptos_axum::redirect(&place(slug.as_str()).href());
                Ok(())
            }
            Ok(None) => respond(gone(), &back, Draft::default()),
            Err(error) => respond(Err(error.into()), &place(slug.as_str()), Draft::default()),
        }
    }

    /// So long a success is told, in microseconds; a failure stays until the next one.
    const TOLD: i64 = 10 * 60 * 1_000_000;

    /// What is known of the last discovery.
    pub fn last(console: &Console, slug: &ServerSlug) -> Option<DiscoveryView> {
        let (at, state) = console.discoveries.last(slug)?;
        let now = console.now();
        let over = now.micros().saturating_sub(at.micros()) > TOLD;
        if over && matches!(state, DiscoveryState::Found(_)) {
            return None;
        }
        Some(DiscoveryView { at: Moment::new(at, now), state })
    }

    /// What came of asking. It stands on the server's page as well.
    #[derive(Debug)]
    pub enum Asked {
        /// It is being asked already, and that is left to it.
        Running,
        Listed(Listed),
        /// It did not answer as it should.
        Failed(DiscoveryError),
        /// It answered, and the catalog was not brought to it.
        NotRefreshed(RefreshError),
    }

    /// What a server said of itself, and what its list changed.
    #[derive(Debug)]
    pub struct Listed {
        /// Its own name for itself, its version, and the protocol that was spoken.
        pub server: String,
        pub version: String,
        pub protocol: String,
        pub report: RefreshReport,
    }

    /// Asks, and takes down what came of it. One that is running already is left to it.
    pub async fn discover_now(console: &Console, actor: Actor, slug: &ServerSlug, url: &str) -> Asked {
        let tried = tried(url);
        let Some(run) = console.discoveries.begin(slug, &tried, console.now()) else { return Asked::Running };
        let progress = |step: Progress| run.progress(doing(&step));
        let found = Box::pin(discovery::discover(url, &console.guard, &progress)).await;
        let (state, asked) = match found {
            Ok(discovered) => {
                run.progress("Comparing with what is known".to_owned());
                let refreshed = Box::pin(discovery::refresh(&console.store, actor, slug, &discovered)).await;
                match refreshed {
                    Ok(report) => {
                        let listed = Listed {
                            server: discovered.server_name,
                            version: discovered.server_version,
                            protocol: discovered.protocol_version,
                            report,
                        };
                        (DiscoveryState::Found(found_words(&listed)), Asked::Listed(listed))
                    }
                    Err(error) => (failed(tried, refused(&error), None), Asked::NotRefreshed(error)),
                }
            }
            Err(error) => {
                let state = failed(tried, sentence(&error.to_string()), advice(&error));
                (state, Asked::Failed(error))
            }
        };
        run.end(state);
        asked
    }

    fn failed(tried: String, came_back: String, advice: Option<&str>) -> DiscoveryState {
        DiscoveryState::Failed(Failure { tried, came_back, advice: advice.map(ToOwned::to_owned) })
    }

    fn tried(url: &str) -> String {
        format!(
            "Connecting to {url} as an MCP client over streamable HTTP, then asking for its list of tools."
        )
    }

    fn doing(step: &Progress) -> String {
        match step {
            Progress::Connecting => "Connecting".to_owned(),
            Progress::Connected { server, protocol_version } => {
                let name = if server.is_empty() { "it" } else { server.as_str() };
                format!("Connected to {name}, protocol {protocol_version}")
            }
            Progress::Listed { pages: 1, tools: found } => format!("Read 1 page, {}", tools(*found)),
            Progress::Listed { pages, tools: found } => format!("Read {pages} pages, {}", tools(*found)),
        }
    }

    fn found_words(listed: &Listed) -> Found {
        let report = &listed.report;
        Found {
            server: listed.server.clone(),
            version: listed.version.clone(),
            protocol: listed.protocol.clone(),
            new: Names::of(&report.new),
            changed: Names::of(&report.changed),
            restored: Names::of(&report.restored),
            gone: Names::of(&report.gone),
            unchanged: report.unchanged.len(),
        }
    }

    /// Why the catalog was not brought to what was found. The database's own words are for the log.
    fn refused(error: &RefreshError) -> String {
        match error {
            RefreshError::Store(_) | RefreshError::Write(WriteError::Store(_)) => {
                tracing::error!(cause = %error, "the catalog was not refreshed");
                "The server answered, but the database did not. Nothing of the catalog was changed."
                    .to_owned()
            }
            RefreshError::Write(_) | RefreshError::UnknownServer(_) | RefreshError::Moved { .. } => {
                format!("{} Nothing of the catalog was changed.", sentence(&error.to_string()))
            }
        }
    }

    /// What to do, beside trying again.
    fn advice(error: &DiscoveryError) -> Option<&'static str> {
        match error {
            DiscoveryError::Address(AddressError::Refused { .. }) => Some(
                "Private and loopback addresses are asked only where whoever runs Countersign lists them, so that \
                 nobody can reach into its network from here.",
            ),
            DiscoveryError::Address(_) => Some("Correct the address under Settings."),
            DiscoveryError::Unreachable { .. } | DiscoveryError::TimedOut { .. } => {
                Some("Check that the server runs and that Countersign can reach this address.")
            }
            DiscoveryError::Status { .. }
            | DiscoveryError::NotMcp { .. }
            | DiscoveryError::Redirect { .. } => {
                Some("Check that the address is the server's MCP endpoint; often it ends with /mcp.")
            }
            _ => None,
        }
    }

    /// Begins with a capital and ends with a stop.
    fn sentence(text: &str) -> String {
        let mut characters = text.chars();
        let Some(first) = characters.next() else { return String::new() };
        let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
        format!("{}{}{stop}", first.to_uppercase(), characters.as_str())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use pdp::address_guard::AddressGuard;

        #[test]
        fn a_refused_address_says_what_the_operator_may_do() {
            let refused = AddressGuard::default().check_url("http://127.0.0.1:9/mcp").expect_err("refused");
            let error = DiscoveryError::from(refused);
            assert!(sentence(&error.to_string()).contains("--allow-address 127.0.0.1"), "{error}");
            assert!(advice(&error).is_some());
        }

        #[test]
        fn steps_read_as_words() {
            let connected =
                Progress::Connected { server: String::new(), protocol_version: "2026-07-28".to_owned() };
            assert_eq!(doing(&connected), "Connected to it, protocol 2026-07-28");
            assert_eq!(doing(&Progress::Listed { pages: 3, tools: 120 }), "Read 3 pages, 120 tools");
            assert_eq!(sentence("cannot reach x"), "Cannot reach x.");
        }
    }
}
