//! `/servers/{slug}/connect`: how this server asks before every call: where, with which key, and how in code.

use super::asking::Asking;
use super::head::{head, unknown};
use super::read::ServerHead;
use super::snippets::{Language, Snippet};
use crate::components::empty::Empty;
use crate::components::icon::Glyph;
use crate::components::loaded::loaded;
use crate::components::untrusted::UntrustedLine;
use crate::drawn::{self, server_drawn};
use crate::error::AppError;
use crate::pages::form::answer::Answer;
use crate::pages::form::may;
use crate::permission::Permission;
use crate::routes::{self, KEYS};
use crate::status::PageStatus;
use crate::wire::resource;
use leptos::prelude::*;
use policy::labels::{ArgumentsMode, Trust};
use serde::{Deserialize, Serialize};

/// What a server needs to know to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectView {
    pub head: ServerHead,
    /// The whole address of the evaluation endpoint.
    pub endpoint: String,
    /// Keys that are bound to this server, by name.
    pub keys: Vec<KeyLine>,
}

/// An enforcement key, never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    pub name: String,
    /// None: every tenant.
    pub tenant: Option<String>,
    pub trust: Trust,
    pub arguments: ArgumentsMode,
    pub active: bool,
}

/// None: no such server.
#[cfg(feature = "ssr")]
pub async fn read_connect(slug: String) -> Result<Option<ConnectView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    let Some((server, tools)) = super::tools_read::find(&console, &slug).await? else { return Ok(None) };
    let head = super::tools_read::head(&console, server, &tools).await?;
    let keys = console.store.list_credentials(&store::administration::Page::ALL).await?;
    let keys = keys
        .into_iter()
        .filter(|key| key.server.as_ref().is_some_and(|bound| bound.as_str() == slug))
        .map(|key| KeyLine {
            name: key.name,
            tenant: key.tenant.map(|tenant| tenant.to_string()),
            trust: key.trust,
            arguments: key.arguments,
            active: key.active,
        })
        .collect();
    let endpoint = format!("{}/access/v1/evaluation", console.public_url);
    Ok(Some(ConnectView { head, endpoint, keys }))
}

drawn::unread!(read_connect(String) -> Result<Option<ConnectView>, AppError>);

#[component]
pub fn ServerConnectPage() -> impl IntoView {
    server_drawn(routes::SERVER_CONNECT, page)
}

fn page() -> impl IntoView {
    let slug = super::slug();
    let connect = resource(move || slug.get(), read_connect);
    let asking = Asking::start();
    let status = PageStatus::current();
    loaded(connect, move |connect| match connect {
        Some(connect) => draw(connect, asking),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn draw(connect: ConnectView, asking: Asking) -> AnyView {
    let snippets: Vec<AnyView> = Language::ALL
        .iter()
        .map(|language| view! { <Snippet language=*language endpoint=connect.endpoint.clone()/> }.into_any())
        .collect();
    view! {
        {head(&connect.head, &routes::SERVER_CONNECT, &Answer::default(), asking)}
        <div class="stack">
            <section class="card">
                <header class="card-head">
                    <h2>"Ask before every call"</h2>
                </header>
                <div class="card-body stack">
                    <p>
                        "In one place that every tool goes through, send the call to this address and run the tool only on an answer of 200 with "
                        <code>"\"decision\": true"</code> ". A denial is a 200 as well."
                    </p>
                    <pre class="raw raw-wrap" tabindex="0" role="region" aria-label="Endpoint">
                        <code>{connect.endpoint.clone()}</code>
                    </pre>
                    <p class="quiet">
                        "No answer within two seconds, another status, a body that cannot be read: do not run the tool. Never keep an answer for the next call, or a role that was taken away lives on."
                    </p>
                </div>
            </section>
            {keys(connect.keys)}
            <section class="card">
                <header class="card-head">
                    <h2>"In code"</h2>
                    <p>"The key stands in the environment variable COUNTERSIGN_KEY."</p>
                </header>
                <div class="card-body stack">{snippets}</div>
            </section>
        </div>
    }
    .into_any()
}

fn keys(keys: Vec<KeyLine>) -> AnyView {
    let link = may(KEYS.permission).then(|| {
        let label = if may(Permission::WriteSettings) { "Make a key" } else { "All keys" };
        view! { <a href=KEYS.path>{label}</a> }
    });
    let body = if keys.is_empty() {
        view! {
            <Empty
                glyph=Glyph::Key
                title="No key is bound to this server"
                text="A key that is bound to a server can ask about this server alone."
            >
                <p>"With it, a tool goes by its name; with a key of no server, by the server's slug, a slash and its name."</p>
            </Empty>
        }
        .into_any()
    } else {
        let rows: Vec<AnyView> = keys.into_iter().map(key).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Keys that are bound to this server"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Tenant"</th>
                        <th scope="col">"Callers"</th>
                        <th scope="col">"Arguments"</th>
                        <th scope="col">"State"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Enforcement keys"</h2>
                {link}
            </header>
            {body}
        </section>
    }
    .into_any()
}

fn key(key: KeyLine) -> AnyView {
    let trust = match key.trust {
        Trust::VerifyToken => "verified by their own token",
        Trust::AssertSubject => "as the server says",
        Trust::AssertAttributes => "as the server says, attributes too",
    };
    let arguments = match key.arguments {
        ArgumentsMode::Required => "required",
        ArgumentsMode::ByName => "may be left out",
    };
    let state = if key.active {
        view! { <span class="pill">"On"</span> }.into_any()
    } else {
        view! { <span class="pill pill-strong">"Off"</span> }.into_any()
    };
    view! {
        <tr class=(!key.active).then_some("row-off")>
            <td class="cell-title" data-label="Key">
                <b>
                    <UntrustedLine text=key.name/>
                </b>
            </td>
            <td data-label="Tenant">
                <UntrustedLine text=key.tenant.unwrap_or_else(|| "every tenant".to_owned())/>
            </td>
            <td data-label="Callers">
                <span>{trust}</span>
            </td>
            <td data-label="Arguments">
                <span>{arguments}</span>
            </td>
            <td data-label="State">{state}</td>
        </tr>
    }
    .into_any()
}
