//! What stands above every page of a server: its name, its state, what to do next, and the tabs.

use super::asking::{Asking, DiscoverForm};
use super::read::ServerHead;
use super::report::DiscoveryReport;
use super::save::{DisableServer, EnableServer};
use crate::components::icon::{Glyph, Icon};
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::decisions::query::{DecisionQuery, Span};
use crate::pages::emergency::query::stop_href;
use crate::pages::form::answer::{Answer, Done};
use crate::pages::form::input::Filled;
use crate::pages::form::may;
use crate::pages::form::notice::{Answered, Undo};
use crate::permission::Permission;
use crate::routes::{Page, SERVER, SERVER_ACTIVITY, SERVER_CONNECT, SERVER_SETTINGS, SERVERS, TOOL_REVIEW};
use crate::url::encode;
use crate::verdict::Verdict;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

const TABS: &[(Page, &str)] = &[
    (SERVER, "Tools"),
    (SERVER_CONNECT, "Connect"),
    (SERVER_ACTIVITY, "Activity"),
    (SERVER_SETTINGS, "Settings"),
];

/// The address of a page of this server.
pub fn href_of(page: &Page, slug: &str) -> String {
    page.path.replace("{slug}", &encode(slug))
}

/// `current` is the tab they stand on.
pub fn head(head: &ServerHead, current: &'static Page, answer: &Answer, asking: Asking) -> AnyView {
    let may_write = may(Permission::WriteServers);
    let title = format!("{} · {}", head.slug, current.title);
    let name = (head.name != head.slug).then(|| {
        view! {
            <li>
                <UntrustedLine text=head.name.clone()/>
            </li>
        }
    });
    let report = head.discovery.clone().filter(|_| current.path == SERVER.path).map(|discovery| {
        view! {
            <DiscoveryReport discovery=discovery slug=head.slug.clone() asking=asking may_write=may_write/>
        }
    });
    view! {
        <Title text=title/>
        <header class="page-head">
            <Crumbs href=SERVERS.path label="Servers"/>
            <h1>
                <code>{head.slug.clone()}</code>
            </h1>
            {state(head.enabled)}
            {actions(head, may_write, asking)}
        </header>
        <ul class="facts page-lead">
            {name}
            <li>
                <code>
                    <UntrustedLine text=head.url.clone()/>
                </code>
            </li>
            <li>{tenants(&head.tenants)}</li>
            <li>{head.tools.words()}</li>
            {calls(head)}
        </ul>
        {tabs(head, current)}
        {Filled::new("", answer).summary()}
        <Answered answer=answer.clone()/>
        {undo(head, answer, may_write)}
        {asking.view()}
        {report}
    }
    .into_any()
}

/// Whether calls to the server are decided on at all.
pub fn state(enabled: bool) -> AnyView {
    if enabled {
        view! {
            <span class="pill">
                <Icon glyph=Glyph::Check/>
                "Enabled"
            </span>
        }
        .into_any()
    } else {
        view! {
            <span class="pill pill-strong">
                <Icon glyph=Glyph::Cross/>
                "Disabled"
            </span>
        }
        .into_any()
    }
}

fn tenants(tenants: &[String]) -> AnyView {
    match tenants {
        [] => "no tenant may use it".into_any(),
        [one] => view! { <UntrustedLine text=one.clone()/> }.into_any(),
        [..] if tenants.len() <= 4 => view! { <UntrustedLine text=tenants.join(", ")/> }.into_any(),
        [..] => format!("{} tenants", tenants.len()).into_any(),
    }
}

fn calls(head: &ServerHead) -> AnyView {
    let Some(last) = head.last_call.clone() else {
        return view! { <li>"no call in the last 24 hours"</li> }.into_any();
    };
    let denied = DecisionQuery {
        server: Some(head.slug.clone()),
        outcome: Some(Verdict::Denied),
        time: Some(Span::Day),
        ..DecisionQuery::default()
    };
    view! {
        <li>
            "last call "
            <Time moment=last/>
        </li>
        <li>
            <a href=denied.href()>{format!("{} denied in 24 h", head.denied.words())}</a>
        </li>
    }
    .into_any()
}

fn actions(head: &ServerHead, may_write: bool, asking: Asking) -> AnyView {
    let decisions = DecisionQuery { server: Some(head.slug.clone()), ..DecisionQuery::default() }.href();
    let turn = may_write.then(|| turn(head));
    let stop = may(Permission::Emergency).then(|| {
        view! {
            <li>
                <a href=stop_href("server", &head.slug, "") rel="external">
                    <Icon glyph=Glyph::Warning/>
                    "Stop …"
                </a>
            </li>
        }
    });
    let review = head.next_review.as_ref().filter(|_| may_write).map(|id| {
        let label = match head.tools.to_review() {
            1 => "Review 1 tool".to_owned(),
            more => format!("Review {more} tools"),
        };
        let href = TOOL_REVIEW.path.replace("{id}", &encode(id));
        view! {
            <a class="button button-primary" href=href>
                {label}
            </a>
        }
    });
    let discover = may_write.then(|| {
        let label = if head.tools.listed() == 0 { "Discover tools" } else { "Discover again" };
        let look = if head.tools.listed() == 0 { "button button-primary" } else { "button" };
        view! { <DiscoverForm slug=head.slug.clone() label=label asking=asking look=look/> }
    });
    view! {
        <div class="page-actions">
            <details class="menu" name="menu">
                <summary class="button button-icon" aria-label="More actions">
                    <Icon glyph=Glyph::More/>
                </summary>
                <ul class="menu-list menu-end">
                    <li>
                        <a href=decisions>
                            <Icon glyph=Glyph::Decisions/>
                            "Its decisions"
                        </a>
                    </li>
                    {turn}
                    {stop}
                </ul>
            </details>
            {discover}
            {review}
        </div>
    }
    .into_any()
}

fn turn(head: &ServerHead) -> AnyView {
    if head.enabled {
        view! {
            <li class="menu-rule"></li>
            <li>
                <form method="post" action=DisableServer::url()>
                    <input type="hidden" name="slug" value=head.slug.clone()/>
                    <button class="menu-danger">
                        <Icon glyph=Glyph::Cross/>
                        "Disable server"
                    </button>
                </form>
            </li>
        }
        .into_any()
    } else {
        view! {
            <li>
                <form method="post" action=EnableServer::url()>
                    <input type="hidden" name="slug" value=head.slug.clone()/>
                    <button>
                        <Icon glyph=Glyph::Check/>
                        "Enable server"
                    </button>
                </form>
            </li>
        }
        .into_any()
    }
}

fn tabs(head: &ServerHead, current: &'static Page) -> AnyView {
    let count = head.tools.listed();
    let tabs: Vec<AnyView> = TABS
        .iter()
        .map(|(page, label)| {
            let here = (page.path == current.path).then_some("page");
            let badge =
                (page.path == SERVER.path && count > 0).then(|| view! { <span class="badge">{count}</span> });
            view! {
                <a href=href_of(page, &head.slug) aria-current=here>
                    {*label}
                    " "
                    {badge}
                </a>
            }
            .into_any()
        })
        .collect();
    view! {
        <nav class="tabs" aria-label="Server">
            {tabs}
        </nav>
    }
    .into_any()
}

/// One click takes a disabling back.
fn undo(head: &ServerHead, answer: &Answer, may_write: bool) -> Option<AnyView> {
    let disabled = answer.saved.as_ref().is_some_and(|saved| saved.done == Done::ServerDisabled);
    (disabled && !head.enabled && may_write).then(|| {
        let values = vec![("slug".to_owned(), head.slug.clone())];
        view! { <Undo action=EnableServer::url() values=values label="Undo: enable it again"/> }.into_any()
    })
}

/// The page of a server that is not there.
pub fn unknown() -> AnyView {
    view! {
        <PageHead title="No such server"/>
        <section class="error-page">
            <p>"There is no such server. It was deleted, or the address is misspelt."</p>
            <div class="button-row">
                <a class="button button-primary" href=SERVERS.path>
                    "Go to Servers"
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// A link to the review of this tool.
pub fn review_link(id: &str, name: &str) -> AnyView {
    let href = TOOL_REVIEW.path.replace("{id}", &encode(id));
    let label = format!("Review {}", plain(name));
    view! {
        <a class="button button-small" href=href aria-label=label>
            "Review"
        </a>
    }
    .into_any()
}
