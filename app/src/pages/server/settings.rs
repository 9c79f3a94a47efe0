//! `/servers/{slug}/settings`: name, address, tenants, switches, audiences, and the end of it.

use super::asking::Asking;
use super::fields::{TenantChoice, tenants};
use super::head::{head, href_of, unknown};
use super::read::ServerHead;
use super::save::{DeleteServer, SaveServer};
use crate::components::definition::{Definition, Nothing};
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::notice::WarningNotice;
use crate::components::text_area::TextArea;
use crate::components::untrusted::UntrustedLine;
use crate::drawn::{self, server_drawn};
use crate::error::AppError;
use crate::pages::changes::query::ChangeQuery;
use crate::pages::form::answer::Answer;
use crate::pages::form::boxes::switch;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::count::Count;
use crate::pages::form::input::{Filled, Input, hidden};
use crate::pages::form::may;
use crate::pages::form::place::{Ask, Place};
use crate::permission::Permission;
use crate::routes::{self, SERVER_CONNECT, SERVER_SETTINGS};
use crate::status::PageStatus;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};

/// The form of the settings in addresses.
const FORM: &str = "edit";

/// What the settings show, and what hangs on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsView {
    pub head: ServerHead,
    pub check_arguments: bool,
    pub audiences: Vec<String>,
    pub choices: Vec<TenantChoice>,
    /// Enforcement keys that are bound to it.
    pub keys: Count,
    /// Rules that name it.
    pub rules: Count,
}

/// None: no such server.
#[cfg(feature = "ssr")]
pub async fn read_settings(slug: String) -> Result<Option<SettingsView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    server::read(&console, &slug).await
}

drawn::unread!(read_settings(String) -> Result<Option<SettingsView>, AppError>);

#[component]
pub fn ServerSettingsPage() -> impl IntoView {
    server_drawn(routes::SERVER_SETTINGS, page)
}

fn page() -> impl IntoView {
    let slug = super::slug();
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (slug.get(), Ask::read(map), Answer::read(map))));
    let settings = resource(
        move || asked.get(),
        |(slug, ask, answer)| async move { read_settings(slug).await.map(|settings| (settings, ask, answer)) },
    );
    let asking = Asking::start();
    let status = PageStatus::current();
    loaded(settings, move |(settings, ask, answer)| match settings {
        Some(settings) => draw(settings, ask, &answer, asking),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn draw(settings: SettingsView, ask: Option<Ask>, answer: &Answer, asking: Asking) -> AnyView {
    let head = head(&settings.head, &routes::SERVER_SETTINGS, answer, asking);
    let body = match (may(Permission::WriteServers), ask) {
        (true, Some(Ask::Delete)) => delete(&settings, answer),
        (true, _) => form(&settings, answer),
        (false, _) => facts(&settings),
    };
    let changes = ChangeQuery {
        kind: Some("server".to_owned()),
        object: Some(settings.head.slug.clone()),
        ..ChangeQuery::default()
    };
    view! {
        {head}
        <div class="stack page-form">
            {body}
            <p>
                <a href=changes.href()>"All changes of this server"</a>
            </p>
        </div>
    }
    .into_any()
}

fn form(settings: &SettingsView, answer: &Answer) -> AnyView {
    let filled = Filled::new(FORM, answer);
    let server = &settings.head;
    let ask = Place::new(href_of(&SERVER_SETTINGS, &server.slug)).asking(Ask::Delete).href();
    let audiences = filled.value("audiences", &settings.audiences.join("\n"));
    let complaint = filled.complaint("audiences");
    let invalid = complaint.is_some();
    let described_by =
        if invalid { "edit-audiences-help edit-audiences-error" } else { "edit-audiences-help" };
    view! {
        <section class="card" aria-label="Settings">
            <form class="form card-body" method="post" action=SaveServer::url()>
                {filled.summary()}
                {hidden("slug", server.slug.clone())}
                {Input::text("name", "Name")
                    .optional()
                    .help("What people read. Left empty, it is the slug.")
                    .draw(&filled, &server.name)}
                {Input::text("url", "MCP endpoint")
                    .code()
                    .help("Where Countersign asks for its tools. After changing it, discover them again.")
                    .draw(&filled, &server.url)}
                {tenants(&filled, &settings.choices, &server.tenants)}
                {switch(
                    &filled,
                    "enabled",
                    "Enabled",
                    "Off: every call of its tools is denied from the next one on.",
                    server.enabled,
                )}
                {switch(
                    &filled,
                    "check_arguments",
                    "Check arguments",
                    "Hold the arguments of every call against the tool's reviewed schema. Off: they are not checked, and the record says so.",
                    settings.check_arguments,
                )}
                <div class=if invalid { "field field-invalid" } else { "field" }>
                    <label for="edit-audiences">
                        "Audiences" <span class="optional">" optional"</span>
                    </label>
                    <TextArea
                        id="edit-audiences"
                        name="audiences"
                        value=audiences
                        rows=3
                        code=true
                        described_by=described_by
                        invalid=invalid
                    />
                    <p class="field-help" id="edit-audiences-help">
                        "What tokens must name to call it, one on each line. None: its MCP endpoint."
                    </p>
                    {complaint
                        .map(|text| {
                            view! {
                                <p class="field-error" id="edit-audiences-error">
                                    <Icon glyph=Glyph::Warning/>
                                    {text}
                                </p>
                            }
                        })}
                </div>
                <div class="form-actions">
                    <button class="button button-primary">"Save settings"</button>
                </div>
            </form>
        </section>
        <section class="card" aria-labelledby="end-of-server">
            <header class="card-head">
                <h2 id="end-of-server">"Delete this server"</h2>
                <a class="button button-danger" href=ask rel="external">
                    "Delete …"
                </a>
            </header>
        </section>
    }
    .into_any()
}

fn facts(settings: &SettingsView) -> AnyView {
    let server = &settings.head;
    let word = |on: bool| if on { "yes" } else { "no" };
    let list = |items: &[String], none: &'static str| {
        if items.is_empty() {
            view! { <Nothing word=none/> }.into_any()
        } else {
            view! { <UntrustedLine text=items.join(", ")/> }.into_any()
        }
    };
    let (name, url) = (server.name.clone(), server.url.clone());
    let (tenants, audiences) = (list(&server.tenants, "none"), list(&settings.audiences, "its MCP endpoint"));
    let (enabled, check_arguments) = (word(server.enabled), word(settings.check_arguments));
    view! {
        <section class="card" aria-label="Settings">
            <dl class="definition-list definition-list-wide">
                <Definition term="Name">
                    <UntrustedLine text=name/>
                </Definition>
                <Definition term="MCP endpoint">
                    <code>
                        <UntrustedLine text=url/>
                    </code>
                </Definition>
                <Definition term="Tenants that may use it">{tenants}</Definition>
                <Definition term="Enabled">{enabled}</Definition>
                <Definition term="Check arguments">{check_arguments}</Definition>
                <Definition term="Audiences">{audiences}</Definition>
            </dl>
        </section>
    }
    .into_any()
}

fn delete(settings: &SettingsView, answer: &Answer) -> AnyView {
    let server = &settings.head;
    let title = format!("Delete {}?", server.slug);
    if !settings.keys.is_none() {
        let keys = settings.keys.of("enforcement key is", "enforcement keys are");
        let connect = href_of(&SERVER_CONNECT, &server.slug);
        return view! {
            <WarningNotice title="This server cannot be deleted yet">
                <p>
                    {format!("{keys} bound to it. A key must never come to mean every server, so delete it first.")}
                </p>
                <a class="button button-small" href=connect>
                    "See its keys"
                </a>
            </WarningNotice>
        }
        .into_any();
    }
    let tools = super::counts::tools(server.tools.listed() + server.tools.gone);
    let tenants = match server.tenants.len() {
        0 => "No tenant uses it".to_owned(),
        1 => "1 tenant loses it".to_owned(),
        more => format!("{more} tenants lose it"),
    };
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title,
        url: DeleteServer::url(),
        values: vec![("slug", server.slug.clone())],
        lead: vec![
            format!("{tenants}, and {tools} go with it, reviews and labels included. Its calls are denied from the next one on."),
            format!(
                "{} its tools and would match nothing. Recorded decisions and changes stay.",
                capital(&settings.rules.of("rule names", "rules name"))
            ),
        ],
        fields: Vec::new(),
        button: "Delete server",
        destructive: true,
        cancel: href_of(&SERVER_SETTINGS, &server.slug),
    }
    .draw()
}

/// A sentence begins with a capital letter.
fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(feature = "ssr")]
mod server {
    use super::{SettingsView, TenantChoice};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::count::Count;
    use crate::pages::server::tools_read::{find, head};
    use policy::pattern::Pattern;
    use store::administration::{Page, Tenant};

    pub(super) async fn read(console: &Console, slug: &str) -> Result<Option<SettingsView>, AppError> {
        let Some((server, tools)) = find(console, slug).await? else { return Ok(None) };
        let (check_arguments, audiences) = (server.check_arguments, server.audiences.clone());
        let head = head(console, server, &tools).await?;
        let keys = console.store.list_credentials(&Page::ALL).await?;
        let keys = keys.iter().filter(|key| key.server.as_ref().is_some_and(|bound| bound.as_str() == slug));
        let rules = console.store.list_rules(None, &Page::ALL).await?;
        let names = |pattern: &Pattern| pattern.exact_server() == Some(slug);
        let rules = rules.iter().filter(|stored| stored.rule.tools.iter().any(names));
        Ok(Some(SettingsView {
            head,
            check_arguments,
            audiences,
            choices: choices(console).await?,
            keys: Count::new(keys.count()),
            rules: Count::new(rules.count()),
        }))
    }

    /// Every tenant, by slug.
    pub(crate) async fn choices(console: &Console) -> Result<Vec<TenantChoice>, AppError> {
        let tenants = console.store.list_tenants(&Page::ALL).await?;
        let choice = |tenant: Tenant| TenantChoice { slug: tenant.slug.to_string(), name: tenant.name };
        Ok(tenants.into_iter().map(choice).collect())
    }
}

#[cfg(feature = "ssr")]
pub(crate) use server::choices;
