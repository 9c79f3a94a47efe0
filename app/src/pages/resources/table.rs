//! The list of resources: a table, cards on narrow screens; a row is one link.

use super::read::{ResourceList, ResourceView};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::untrusted::UntrustedLine;
use crate::routes::RESOURCES;
use leptos::prelude::*;

pub fn table(list: &ResourceList, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(list, may_write);
    }
    let summary = match list.lines.len() {
        1 => "1 resource".to_owned(),
        count => format!("{count} resources"),
    };
    let first = list.query.after.is_some().then(|| list.query.beyond(None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(Some(cursor)));
    let rows: Vec<AnyView> = list.lines.iter().cloned().map(row).collect();
    view! {
        <div class="table-frame">
            <table class="table table-roomy">
                <caption class="visually-hidden">"Resources by type and id"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Resource"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col">"Tenant"</th>
                        <th scope="col">"Sensitivity"</th>
                        <th scope="col">"Attributes"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <nav class="paging" aria-label="Pages">
            <span>{summary}</span>
            {first.map(|href| view! { <a class="button button-small" href=href>"Back to the first"</a> })}
            {next.map(|href| view! { <a class="button button-small" rel="next" href=href>"Next"</a> })}
        </nav>
    }
    .into_any()
}

fn row(line: ResourceView) -> AnyView {
    let href = format!("{}/{}", RESOURCES.path, line.key);
    let attributes = if line.attributes.is_empty() {
        view! { <Nothing/> }.into_any()
    } else {
        view! { <UntrustedLine text=line.attributes mono=true/> }.into_any()
    };
    view! {
        <tr>
            <td class="cell-title" data-label="Resource">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.id mono=true/>
                </a>
            </td>
            <td class="cell-word" data-label="Type">
                <UntrustedLine text=line.kind/>
            </td>
            <td class="cell-word" data-label="Tenant">
                <UntrustedLine text=line.tenant/>
            </td>
            <td class="cell-word" data-label="Sensitivity">
                <span>{line.sensitivity}</span>
            </td>
            <td data-label="Attributes">{attributes}</td>
        </tr>
    }
    .into_any()
}

fn nothing(list: &ResourceList, may_write: bool) -> AnyView {
    if list.query.narrows() {
        return view! {
            <EmptyFiltered text="No resource of this type begins so." clear=RESOURCES.path/>
        }
        .into_any();
    }
    let more = may_write.then(|| {
        view! { <p>"Import a file of them, then say on a tool's page which argument names one."</p> }
    });
    view! {
        <Empty
            glyph=Glyph::Resources
            title="No resources yet"
            text="Customers, orders, accounts: what the arguments of calls name. A call that names a registered resource of another tenant is denied."
        >
            {more}
        </Empty>
    }
    .into_any()
}
