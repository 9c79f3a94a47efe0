//! Memberships and API keys of one subject.

use super::panel::page_of;
use super::view::{KeyLine, MembershipLine, SubjectView};
use crate::components::definition::Nothing;
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::moment::Moment;
use crate::pages::form::place::{Ask, Place};
use leptos::prelude::*;

pub fn memberships(subject: &SubjectView, may_write: bool) -> AnyView {
    let page = page_of(subject);
    let add = may_write.then(|| {
        view! {
            <a class="button button-small" href=page.clone().asking(Ask::Join).href() rel="external">
                "Add membership"
            </a>
        }
    });
    let body = if subject.memberships.is_empty() {
        quiet(
            "It is a member of no tenant, so every call of it is denied. Add a membership, with the roles it needs.",
        )
    } else {
        let rows: Vec<AnyView> =
            subject.memberships.iter().map(|line| membership(line, &page, may_write)).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Memberships by tenant"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Tenant"</th>
                        <th scope="col">"Roles"</th>
                        <th scope="col">"Until"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    card("Memberships", add.into_any(), body)
}

fn membership(line: &MembershipLine, page: &Place, may_write: bool) -> AnyView {
    let at = |ask: Ask| page.clone().asking(ask).of(line.tenant.as_str()).href();
    let chips: Vec<AnyView> = line
        .roles
        .iter()
        .map(|role| {
            view! {
                <span class="chip">
                    <UntrustedLine text=role.clone()/>
                </span>
            }
            .into_any()
        })
        .collect();
    let roles = if chips.is_empty() {
        view! { <Nothing word="no role"/> }.into_any()
    } else {
        view! { <span class="chips">{chips}</span> }.into_any()
    };
    let actions = may_write.then(|| {
        let (change, remove) =
            (format!("Change the membership in {}", line.tenant), format!("Remove from {}", line.tenant));
        view! {
            <div class="button-row">
                <a class="button button-small" href=at(Ask::Member) rel="external" aria-label=change>
                    "Change"
                </a>
                <a class="button button-small button-danger" href=at(Ask::Leave) rel="external" aria-label=remove>
                    "Remove"
                </a>
            </div>
        }
    });
    view! {
        <tr class=line.ended.then_some("row-off")>
            <td class="cell-title" data-label="Tenant">
                <b>
                    <UntrustedLine text=line.tenant.clone()/>
                </b>
            </td>
            <td data-label="Roles">{roles}</td>
            <td data-label="Until">{end(line.until.clone(), line.ended, "no end", "ended")}</td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}

/// A moment at which something ends or has ended.
pub fn end(at: Option<Moment>, over: bool, none: &'static str, word: &'static str) -> AnyView {
    match at {
        Some(at) => view! {
            <Time moment=at/>
            {over.then(|| view! { " " <span class="pill pill-strong">{word}</span> })}
        }
        .into_any(),
        None => view! { <Nothing word=none/> }.into_any(),
    }
}

pub fn keys(subject: &SubjectView, may_write: bool) -> AnyView {
    let page = page_of(subject);
    let add = may_write.then(|| {
        view! {
            <a class="button button-small" href=page.clone().asking(Ask::New).href() rel="external">
                "New API key"
            </a>
        }
    });
    let body = if subject.keys.is_empty() {
        quiet(
            "It has no API key. It needs one where servers pass on the caller's own key rather than vouch for the caller.",
        )
    } else {
        let rows: Vec<AnyView> = subject.keys.iter().map(|line| key(line, &page, may_write)).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"API keys by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col">"Expires"</th>
                        <th scope="col">"Created"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    card("API keys", add.into_any(), body)
}

fn key(line: &KeyLine, page: &Place, may_write: bool) -> AnyView {
    let revoke = may_write.then(|| {
        let href = page.clone().asking(Ask::Revoke).of(line.name.as_str()).href();
        let label = format!("Revoke {}", plain(&line.name));
        view! {
            <a class="button button-small button-danger" href=href rel="external" aria-label=label>
                "Revoke"
            </a>
        }
    });
    view! {
        <tr class=line.expired.then_some("row-off")>
            <td class="cell-title" data-label="Name">
                <b>
                    <UntrustedLine text=line.name.clone()/>
                </b>
            </td>
            <td data-label="Last used">{end(line.last_used.clone(), false, "never", "")}</td>
            <td data-label="Expires">{end(line.expires.clone(), line.expired, "never", "expired")}</td>
            <td data-label="Created">
                <Time moment=line.created.clone()/>
            </td>
            <td class="cell-actions">{revoke}</td>
        </tr>
    }
    .into_any()
}

pub(super) fn quiet(text: &'static str) -> AnyView {
    view! {
        <div class="card-body">
            <p class="quiet">{text}</p>
        </div>
    }
    .into_any()
}

pub(super) fn card(title: &'static str, action: AnyView, body: AnyView) -> AnyView {
    view! {
        <section class="card">
            <header class="card-head">
                <h2>{title}</h2>
                {action}
            </header>
            {body}
        </section>
    }
    .into_any()
}
