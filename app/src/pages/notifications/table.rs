//! Webhooks, dead letters, the mail server and addresses: tables, cards on narrow screens.

use super::query::NotificationsQuery;
use super::read::{AddressLine, DeadLine, LastLine, MailLine, WebhookLine};
use super::save::{DeliverAgain, TestMail, TestWebhook};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::place::{Ask, Place};
use crate::pages::keys::table::bound;
use crate::routes::NOTIFICATIONS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

fn table(caption: &'static str, heads: &[&'static str], rows: Vec<AnyView>) -> AnyView {
    let heads: Vec<AnyView> =
        heads.iter().map(|head| view! { <th scope="col">{*head}</th> }.into_any()).collect();
    view! {
        <div class="table-frame">
            <table class="table table-roomy">
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>
                        {heads}
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A link to a form about one of them.
fn ask(ask: Ask, of: &str, verb: &'static str, about: &str) -> AnyView {
    let href = Place::new(NOTIFICATIONS.path).asking(ask).of(of).href();
    let label = format!("{verb}: {}", plain(about));
    let class = if ask == Ask::Delete { "button button-small button-danger" } else { "button button-small" };
    view! {
        <a class=class href=href rel="external" aria-label=label>
            {verb}
        </a>
    }
    .into_any()
}

/// A button that does it at once.
fn press(url: &'static str, id: String, verb: &'static str, about: &str) -> AnyView {
    let label = format!("{verb}: {}", plain(about));
    view! {
        <form method="post" action=url>
            <input type="hidden" name="id" value=id/>
            <button class="button button-small" aria-label=label>
                {verb}
            </button>
        </form>
    }
    .into_any()
}

pub fn webhooks(lines: Vec<WebhookLine>, may_write: bool) -> AnyView {
    let list = if lines.is_empty() {
        view! {
            <p class="quiet">
                "No webhooks yet. One tells a program of yours, such as a bridge to Slack or PagerDuty, when somebody is asked for approval."
            </p>
        }
        .into_any()
    } else {
        let rows: Vec<AnyView> = lines.into_iter().map(|line| webhook(line, may_write)).collect();
        table("Webhooks by name", &["Webhook", "Told when", "Tenant", "Last delivery"], rows)
    };
    view! {
        <div class="section-head">
            <h2>"Webhooks"</h2>
        </div>
        {list}
    }
    .into_any()
}

/// How many messages wait; nothing where none does.
pub fn waiting(count: i64) -> Option<AnyView> {
    let words = match count {
        0 => return None,
        1 => "One message waits to be sent, or to be sent again.".to_owned(),
        more => format!("{more} messages wait to be sent, or to be sent again."),
    };
    Some(view! { <p class="quiet">{words}</p> }.into_any())
}

fn webhook(line: WebhookLine, may_write: bool) -> AnyView {
    let actions = may_write.then(|| webhook_actions(&line));
    let off = (!line.active).then_some("row-off");
    let state = match (line.active, line.two_secrets) {
        (false, _) => Some("off"),
        (true, true) => Some("two secrets sign"),
        (true, false) => None,
    };
    let dead = match line.dead {
        0 => None,
        1 => Some("1 message was given up".to_owned()),
        more => Some(format!("{more} messages were given up")),
    };
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Webhook">
                <b>
                    <UntrustedLine text=line.name/>
                </b>
                <small>
                    <UntrustedLine text=line.url mono=true/>
                </small>
                {state.map(|state| view! { <small>{state}</small> })}
            </td>
            <td class="mono" data-label="Told when">
                {line.events.join(", ")}
            </td>
            <td data-label="Tenant">{bound(line.tenant, "every tenant")}</td>
            <td data-label="Last delivery">
                {last(line.last)}
                {dead.map(|dead| view! { <small>{dead}</small> })}
            </td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}

fn last(last: Option<LastLine>) -> AnyView {
    let Some(last) = last else { return view! { <span class="quiet">"nothing sent yet"</span> }.into_any() };
    let word = if last.delivered { "delivered " } else { "failed " };
    let error = last.error.filter(|_| !last.delivered);
    view! {
        {word}
        <Time moment=last.at/>
        {error.map(|error| view! { <small><UntrustedLine text=error/></small> })}
    }
    .into_any()
}

fn webhook_actions(line: &WebhookLine) -> AnyView {
    let (id, name) = (line.id.as_str(), line.name.as_str());
    let secret = if line.two_secrets {
        ask(Ask::Finish, id, "Finish rotation", name)
    } else {
        ask(Ask::Rotate, id, "Rotate secret", name)
    };
    let test = line.active.then(|| press(TestWebhook::url(), line.id.clone(), "Send a test", name));
    view! {
        <div class="button-row">
            {test}
            {ask(Ask::Edit, id, "Edit", name)}
            {secret}
            {ask(Ask::Delete, id, "Delete", name)}
        </div>
    }
    .into_any()
}

/// Nothing where nothing was given up. `behind`: the list begins behind the latest.
pub fn dead_letters(
    lines: Vec<DeadLine>,
    next: Option<String>,
    behind: bool,
    may_write: bool,
) -> Option<AnyView> {
    if lines.is_empty() && !behind {
        return None;
    }
    let rows: Vec<AnyView> = lines.into_iter().map(|line| dead_letter(line, may_write)).collect();
    let first = behind.then(|| {
        view! { <a class="button button-small" href=NOTIFICATIONS.path>"Back to the latest"</a> }
    });
    let next = next.map(|id| {
        let href = NotificationsQuery::older(&id);
        view! { <a class="button button-small" rel="next" href=href>"Older"</a> }
    });
    let view = view! {
        <div class="section-head">
            <h2>"Given up"</h2>
        </div>
        <p class="quiet">
            "These messages could not be delivered for about a day, or were refused for good. They are kept for 30 days."
        </p>
        {table("Messages that were given up, the latest first", &["Message", "To", "Attempts", "Why"], rows)}
        <nav class="paging" aria-label="Pages">
            {first}
            {next}
        </nav>
    };
    Some(view.into_any())
}

fn dead_letter(line: DeadLine, may_write: bool) -> AnyView {
    let again = may_write.then(|| press(DeliverAgain::url(), line.id.clone(), "Deliver again", &line.to));
    let what = match line.kind.as_str() {
        "requested" => "A request was filed",
        "decided" => "A request was decided",
        "expired" => "A request expired",
        _ => "A test",
    };
    let how = if line.by_mail { "by mail" } else { "webhook" };
    let request = line.approval.map(|id| view! { <small class="mono">{id}</small> });
    view! {
        <tr>
            <td class="cell-title" data-label="Message">
                <b>{what}</b>
                {request}
                <small>
                    <Time moment=line.at/>
                </small>
            </td>
            <td data-label="To">
                <UntrustedLine text=line.to/>
                " "
                <small>{how}</small>
            </td>
            <td data-label="Attempts">{line.attempts.to_string()}</td>
            <td data-label="Why">
                <UntrustedLine text=line.error/>
            </td>
            <td class="cell-actions">{again}</td>
        </tr>
    }
    .into_any()
}

pub fn mail(line: Option<MailLine>, may_write: bool) -> AnyView {
    let verb = if line.is_some() { "Edit mail server" } else { "Set up mail" };
    let edit = may_write.then(|| {
        let href = Place::new(NOTIFICATIONS.path).asking(Ask::Mail).href();
        view! {
            <a class="button button-small" href=href rel="external">
                {verb}
            </a>
        }
    });
    let remove = (may_write && line.is_some()).then(|| {
        let href = Place::new(NOTIFICATIONS.path).asking(Ask::MailOff).href();
        view! {
            <a class="button button-small button-danger" href=href rel="external">
                "Remove"
            </a>
        }
    });
    view! {
        <div class="section-head">
            <h2>"Mail"</h2>
            <div class="button-row">{edit} {remove}</div>
        </div>
        {match line {
            Some(line) => server(line),
            None => {
                view! { <p class="quiet">"No mail is sent. Approvers learn of requests in the console alone."</p> }
                    .into_any()
            }
        }}
    }
    .into_any()
}

fn server(line: MailLine) -> AnyView {
    let security = match line.security.as_str() {
        "tls" => "TLS",
        "starttls" => "STARTTLS",
        _ => "no TLS",
    };
    let login = line.login.map(|login| view! { ", as " <UntrustedLine text=login/> });
    view! {
        <p>
            "From "
            <UntrustedLine text=line.sender/>
            " through "
            <UntrustedLine text=line.host mono=true/>
            {format!(", port {}, {security}", line.port)}
            {login}
            "."
        </p>
    }
    .into_any()
}

pub fn addresses(lines: Vec<AddressLine>, may_write: bool) -> AnyView {
    let rows: Vec<AnyView> = lines.into_iter().map(|line| address(line, may_write)).collect();
    view! {
        <div class="section-head">
            <h2>"Where mail goes"</h2>
        </div>
        <p class="quiet">
            "An account that may decide a request gets one message about it. It goes to the address below."
        </p>
        {table("Accounts and their addresses, by login", &["Account", "Address", "Last letter"], rows)}
    }
    .into_any()
}

fn address(line: AddressLine, may_write: bool) -> AnyView {
    let actions = may_write.then(|| {
        let test = line
            .address
            .is_some()
            .then(|| press(TestMail::url(), line.account.clone(), "Send a test", &line.login));
        let edit = ask(Ask::Address, &line.account, "Change", &line.login);
        view! { <div class="button-row">{test} {edit}</div> }
    });
    let address = match line.address {
        Some(address) => view! { <UntrustedLine text=address/> }.into_any(),
        None => view! { <span class="quiet">"none: the login is no address"</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-title" data-label="Account">
                <b>
                    <UntrustedLine text=line.login/>
                </b>
            </td>
            <td data-label="Address">{address}</td>
            <td data-label="Last letter">{last(line.last)}</td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}
