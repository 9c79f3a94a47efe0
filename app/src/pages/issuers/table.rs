//! The list of issuers: a table, cards on narrow screens; a row is one link.

use super::read::{IssuerLine, IssuerList};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::Text;
use crate::components::list::{counted, framed, ways_on};
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::place::{Ask, Place};
use crate::routes::ISSUERS;
use leptos::prelude::*;

pub fn table(list: IssuerList, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list, may_write);
    }
    let summary = counted(list.lines.len(), "issuer", "issuers");
    let first = list.query.after.is_some().then(|| list.query.beyond(None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(Some(cursor)));
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    let columns = [Text("Issuer"), Text("Counts in"), Text("Keys"), Text("Checks"), Text("State")];
    view! {
        {framed("Issuers by URL", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: IssuerLine) -> AnyView {
    let href = format!("{}/{}", ISSUERS.path, line.id);
    let url = (line.name != line.url).then(|| {
        view! {
            <small class="mono">
                <UntrustedLine text=line.url.clone()/>
            </small>
        }
    });
    let tenants = if line.tenants.is_empty() {
        view! { <Nothing word="no tenant"/> }.into_any()
    } else {
        view! { <UntrustedLine text=line.tenants.join(", ")/> }.into_any()
    };
    let fetched = match (line.failed, line.fetched) {
        (true, _) => Some(view! { <span class="pill pill-strong">"Last fetch failed"</span> }.into_any()),
        (false, Some(at)) => Some(view! { "fetched " <Time moment=at/> }.into_any()),
        (false, None) => None,
    };
    let checks = if line.weaker.is_empty() {
        "as usual".into_any()
    } else {
        view! {
            <span class="pill pill-strong">"Weaker"</span>
            <small>{line.weaker.join(", ")}</small>
        }
        .into_any()
    };
    let state = if line.active {
        view! { <span class="pill">"Active"</span> }.into_any()
    } else {
        view! { <span class="pill pill-strong">"Disabled"</span> }.into_any()
    };
    view! {
        <tr class=(!line.active).then_some("row-off")>
            <td class="cell-title" data-label="Issuer">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.name/>
                </a>
                {url}
            </td>
            <td data-label="Counts in">{tenants}</td>
            <td data-label="Keys">
                <UntrustedLine text=line.keys/>
                {fetched.map(|fetched| view! { <small>{fetched}</small> })}
            </td>
            <td data-label="Checks">{checks}</td>
            <td data-label="State">{state}</td>
        </tr>
    }
    .into_any()
}

fn nothing(list: &IssuerList, may_write: bool) -> AnyView {
    if list.query.narrows() {
        return view! { <EmptyFiltered text="No issuer's URL or name fits." clear=ISSUERS.path/> }.into_any();
    }
    let add = (may_write && list.query.ask.is_none()).then(|| {
        let href = Place::new(ISSUERS.path).asking(Ask::New).href();
        view! {
            <a class="button" href=href rel="external">
                "Add the first issuer"
            </a>
        }
    });
    view! {
        <Empty
            glyph=Glyph::Issuers
            title="No issuers yet"
            text="Callers come with tokens of an identity provider. Once it is registered here, its tokens are verified on every call."
        >
            {add}
        </Empty>
    }
    .into_any()
}
