//! The list of changes: a table, cards on narrow screens; a row is one link.

use super::read::{ChangeLine, ChangeList};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::counted;
use crate::components::paging::Paging;
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::routes::CHANGES;
use crate::url::encode;
use leptos::prelude::*;

#[component]
pub fn ChangeTable(list: ChangeList) -> impl IntoView {
    if list.lines.is_empty() {
        return nothing(&list);
    }
    let summary = counted(list.lines.len(), "change", "changes");
    let newer = list.lines.first().filter(|_| list.has_newer).map(|line| list.query.newer(&line.id).href());
    let older = list.lines.last().filter(|_| list.has_older).map(|line| list.query.older(&line.id).href());
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    view! {
        <div class="table-frame">
            <table class="table">
                <caption class="visually-hidden">"Changes, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Change"</th>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col" class="col-mid">
                            "By way of"
                        </th>
                        <th scope="col" class="col-mid">
                            "Tenant"
                        </th>
                        <th scope="col" class="num">
                            "When"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Paging summary=summary newer=newer older=older/>
    }
    .into_any()
}

fn row(line: ChangeLine) -> AnyView {
    let href = format!("{}/{}", CHANGES.path, encode(&line.id));
    let tenant = match line.tenant {
        Some(tenant) => view! { <UntrustedLine text=tenant/> }.into_any(),
        None => view! { <Nothing word="every tenant"/> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-title" data-label="Change">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.title/>
                </a>
            </td>
            <td class="cell-word" data-label="Kind">
                <span>{line.kind}</span>
            </td>
            <td class="cell-word" data-label="Who">
                <span>
                    <UntrustedLine text=line.actor/>
                </span>
            </td>
            <td data-label="By way of" class="col-mid cell-word">
                <span>{line.via}</span>
            </td>
            <td data-label="Tenant" class="col-mid cell-word">
                <span>{tenant}</span>
            </td>
            <td class="cell-corner num col-fit" data-label="When">
                <Time moment=line.at/>
            </td>
        </tr>
    }
    .into_any()
}

fn nothing(list: &ChangeList) -> AnyView {
    if list.query.narrows() || list.query.older_than.is_some() || list.query.newer_than.is_some() {
        return view! { <EmptyFiltered text="No change fits all of the filters above." clear=CHANGES.path/> }
            .into_any();
    }
    view! {
        <Empty
            glyph=Glyph::Changes
            title="No changes yet"
            text="Every change to tenants, roles, subjects, servers, tools, rules and keys appears here, with who made it, before and after."
        >
            <p>"Apply a bundle with " <code>"countersign apply -f bundle.yaml"</code> " to make the first ones."</p>
        </Empty>
    }
    .into_any()
}
