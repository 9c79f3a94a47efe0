//! The list of roles: a table, cards on narrow screens; a row is one link.

use super::form;
use super::read::{RoleLine, RoleList};
use crate::components::definition::Nothing;
use crate::components::empty::Empty;
use crate::components::icon::Glyph;
use crate::components::list::Column::{Figure, Text};
use crate::components::list::{counted, framed};
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::answer::Answer;
use crate::routes::ROLES;
use crate::url::encode;
use leptos::prelude::*;

pub fn table(list: RoleList, answer: &Answer, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list, answer, may_write);
    }
    let summary = counted(list.lines.len(), "role", "roles");
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    let columns = [Text("Role"), Text("Where"), Figure("Holders"), Figure("Rules")];
    view! {
        {framed("Roles by name", &columns, rows)}
        <p class="paging">
            <span>{summary}</span>
        </p>
    }
    .into_any()
}

fn row(line: RoleLine) -> AnyView {
    let href = format!("{}/{}", ROLES.path, encode(&line.id));
    let description = (!line.description.is_empty())
        .then(|| view! { <small><UntrustedLine text=line.description.clone()/></small> });
    view! {
        <tr>
            <td class="cell-title" data-label="Role">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.name/>
                </a>
                {description}
            </td>
            <td data-label="Where">
                <span>{place(line.tenant)}</span>
            </td>
            <td class="num" data-label="Holders">
                {line.holders.words()}
            </td>
            <td class="num" data-label="Rules">
                {line.rules.words()}
            </td>
        </tr>
    }
    .into_any()
}

/// A tenant, or every one.
pub fn place(tenant: Option<String>) -> AnyView {
    match tenant {
        Some(tenant) => view! { <UntrustedLine text=tenant/> }.into_any(),
        None => view! { <Nothing word="every tenant"/> }.into_any(),
    }
}

fn nothing(list: &RoleList, answer: &Answer, may_write: bool) -> AnyView {
    let form = (may_write && list.query.ask.is_none()).then(|| form::create(list, answer));
    let text = if list.query.tenant.is_some() {
        "This tenant has no role of its own, and there is none of every tenant."
    } else {
        "A role is a name: memberships give it to subjects, and rules ask for it."
    };
    view! {
        <div class="stack">
            <Empty glyph=Glyph::Roles title="No roles yet" text=text>
                <p>"Create one, give it to subjects, and name it in a rule."</p>
            </Empty>
            {form}
        </div>
    }
    .into_any()
}
