//! What the page of one issuer shows below its head: its settings, its keys, and its tokens that were revoked.

use super::panel::page_of;
use super::save::FetchKeys;
use super::view::{IssuerView, RevokedLine, Setting};
use crate::components::definition::{Definition, Nothing};
use crate::components::notice::WarningNotice;
use crate::components::time::Time;
use crate::components::untrusted::{Untrusted, UntrustedLine};
use crate::pages::form::place::Ask;
use crate::url::href;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub fn settings(issuer: &IssuerView) -> AnyView {
    let settings: Vec<AnyView> = issuer.settings.iter().cloned().map(setting).collect();
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Settings"</h2>
            </header>
            <dl class="definition-list definition-list-wide">{settings}</dl>
        </section>
    }
    .into_any()
}

fn setting(setting: Setting) -> AnyView {
    let weaker = setting.weaker.map(|why| {
        view! {
            <small>
                <span class="pill pill-strong">"Weaker"</span>
                " "
                {why}
            </small>
        }
    });
    view! {
        <Definition term=setting.term>
            <Untrusted text=setting.words/>
            {weaker}
        </Definition>
    }
    .into_any()
}

pub fn keys(issuer: &IssuerView, may_write: bool) -> AnyView {
    let keys = &issuer.keys;
    let fetch = (may_write && keys.fetchable).then(|| {
        view! {
            <form method="post" action=FetchKeys::url()>
                <input type="hidden" name="id" value=issuer.query.id.clone()/>
                <button class="button button-small">"Fetch now"</button>
            </form>
        }
    });
    let failure = keys.failure.clone().map(|why| {
        view! {
            <WarningNotice title="The last fetch failed">
                <Untrusted text=why/>
            </WarningNotice>
        }
    });
    let fetched = keys.fetched.clone().map(|at| view! { " Fetched " <Time moment=at/> "." });
    let lines: Vec<AnyView> = keys.lines.iter().cloned().map(key).collect();
    let table = (!lines.is_empty()).then(|| {
        view! {
            <table class="table">
                <caption class="visually-hidden">"Keys of the issuer"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"For"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        }
    });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Keys"</h2>
                {fetch}
            </header>
            <div class="card-body stack">
                {failure}
                <p class="quiet">{keys.words.clone()} {fetched}</p>
            </div>
            {table}
        </section>
    }
    .into_any()
}

fn key((kid, algorithms): (Option<String>, String)) -> AnyView {
    let kid = match kid {
        Some(kid) => view! { <UntrustedLine text=kid mono=true/> }.into_any(),
        None => view! { <Nothing word="without a name"/> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-title" data-label="Key">
                {kid}
            </td>
            <td data-label="For">
                <span>{algorithms}</span>
            </td>
        </tr>
    }
    .into_any()
}

pub fn revoked(issuer: &IssuerView, may_write: bool) -> AnyView {
    let page = page_of(issuer).href();
    let revoke = may_write.then(|| {
        view! {
            <a class="button button-small" href=page_of(issuer).asking(Ask::Revoke).href() rel="external">
                "Revoke a token"
            </a>
        }
    });
    let first = issuer.query.after.is_some().then(|| page.clone());
    let next = issuer.next.as_deref().map(|cursor| href(&page, [("after", Some(cursor))]));
    let body = if issuer.revoked.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">"None. A token is revoked by its jti, until it expires by itself."</p>
            </div>
        }
        .into_any()
    } else {
        let lines: Vec<AnyView> = issuer.revoked.iter().cloned().map(line).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Revoked tokens by id"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Token id"</th>
                        <th scope="col">"Until"</th>
                        <th scope="col">"Revoked"</th>
                        <th scope="col">"By"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        }
        .into_any()
    };
    let paging = (first.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="card-foot" aria-label="Pages">
                {first.map(|href| view! { <a class="button button-small" href=href>"Back to the first"</a> })}
                {next.map(|href| view! { <a class="button button-small" rel="next" href=href>"Next"</a> })}
            </nav>
        }
    });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Revoked tokens"</h2>
                {revoke}
            </header>
            {body}
            {paging}
        </section>
    }
    .into_any()
}

fn line(line: RevokedLine) -> AnyView {
    view! {
        <tr>
            <td class="cell-title" data-label="Token id">
                <UntrustedLine text=line.jti mono=true/>
            </td>
            <td data-label="Until">
                <Time moment=line.until/>
            </td>
            <td data-label="Revoked">
                <Time moment=line.at/>
            </td>
            <td data-label="By">
                <UntrustedLine text=line.by/>
            </td>
        </tr>
    }
    .into_any()
}
