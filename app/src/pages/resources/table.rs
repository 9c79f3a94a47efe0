//! The list of resources: a table, cards on narrow screens; a row is one link.

use super::read::{ResourceList, ResourceView};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::Text;
use crate::components::list::{counted, framed, ways_on};
use crate::components::untrusted::UntrustedLine;
use crate::routes::RESOURCES;
use leptos::prelude::*;

pub fn table(list: &ResourceList, may_import: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(list, may_import);
    }
    let summary = counted(list.lines.len(), "resource", "resources");
    let first = list.query.after.is_some().then(|| list.query.beyond(None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(Some(cursor)));
    let rows: Vec<AnyView> = list.lines.iter().cloned().map(row).collect();
    let columns = [Text("Resource"), Text("Type"), Text("Tenant"), Text("Sensitivity"), Text("Attributes")];
    view! {
        {framed("Resources by type and id", &columns, rows)}
        {ways_on(summary, first, next)}
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

fn nothing(list: &ResourceList, may_import: bool) -> AnyView {
    if list.query.narrows() {
        return view! {
            <EmptyFiltered text="No resource of this type begins so." clear=RESOURCES.path/>
        }
        .into_any();
    }
    let more = may_import.then(|| {
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
