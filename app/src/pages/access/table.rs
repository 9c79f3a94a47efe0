//! The answers of the Access explorer: a matrix, and a list with reasons. A word and an icon say what colour repeats.

use super::query::AccessQuery;
use super::read::{Access, AccessView, MatrixRow};
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::{Glyph, Icon};
use crate::components::list::Column::Text;
use crate::components::list::framed;
use crate::components::untrusted::{UntrustedFlags, UntrustedLine, plain};
use crate::pages::decision::banner::with_code;
use crate::pages::form::may;
use crate::pages::try_call::query::TryQuery;
use crate::permission::Permission;
use crate::routes::{ACCESS, SUBJECTS};
use crate::url::encode;
use leptos::prelude::*;

/// The word on screen, its icon, the class of a pill and of a cell.
fn look(access: &str) -> (&'static str, Glyph, &'static str, &'static str) {
    match access {
        "always" => ("Always", Glyph::Check, "pill pill-allow", "matrix-allow"),
        "conditions" => ("With conditions", Glyph::Filter, "pill pill-allow", "matrix-partly"),
        "approval" => ("After approval", Glyph::Clock, "pill pill-approval", "matrix-approval"),
        _ => ("Never", Glyph::Cross, "pill", ""),
    }
}

pub fn answer(view: &AccessView) -> AnyView {
    let query = &view.query;
    if view.unknown {
        let text = "No such tool is in the catalog, or no such subject is a member of this tenant.";
        return view! { <EmptyFiltered text=text clear=query.whole()/> }.into_any();
    }
    if query.is_of_an_agent_alone() {
        return for_whom();
    }
    if view.matrix.is_empty() && view.list.is_empty() {
        return view! { <div class="stack">{nothing(query)} {others(query)}</div> }.into_any();
    }
    let matrix = (!view.matrix.is_empty()).then(|| matrix(view));
    let list = (!view.list.is_empty()).then(|| list(view));
    let first = query.after.is_some().then(|| query.at(ACCESS.path, None, query.roles.as_deref()));
    let next = view.next.as_deref().map(|after| query.at(ACCESS.path, Some(after), query.roles.as_deref()));
    // No place to go to where this is all.
    let pages = (first.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="paging" aria-label="Pages">
                {first.map(|href| view! { <a class="button button-small" href=href>"Back to the first"</a> })}
                {next.map(|href| view! { <a class="button button-small" rel="next" href=href>"Next"</a> })}
            </nav>
        }
    });
    view! {
        <div class="stack">
            {through(query)} {matrix} {list} {others(query)} {pages}
        </div>
    }
    .into_any()
}

/// Calls through an agent are asked of two.
fn for_whom() -> AnyView {
    view! {
        <Empty
            glyph=Glyph::Access
            title="For whom?"
            text="What an agent can call depends on whom it acts for: both are asked, and the stricter answer stands."
        >
            <p>"Name the subject above, or a tool to see for whom the agent can call it."</p>
        </Empty>
    }
    .into_any()
}

/// Of whom the list tells, where somebody acts.
fn through(query: &AccessQuery) -> Option<AnyView> {
    let agent = query.agent.as_deref()?;
    let subject = query.subject.as_deref().filter(|_| query.tool.is_none());
    let whom = subject.map_or_else(|| "others".into_any(), link);
    let trial =
        subject.zip(query.tenant.as_deref()).and_then(|(subject, tenant)| try_one(tenant, agent, subject));
    let lead = view! {
        <p class="quiet">
            "Calls that " {link(agent)} " makes for " {whom}
            ": both are asked, and the stricter answer stands. " {trial}
        </p>
    };
    Some(lead.into_any())
}

/// Where a call that the agent makes for the subject is tried; nothing for those who may not.
pub fn try_one(tenant: &str, agent: &str, subject: &str) -> Option<AnyView> {
    may(Permission::TryCalls).then(|| {
        let href = TryQuery::through(tenant, agent, subject).href();
        view! { <a href=href>"Try a call of these two"</a> }.into_any()
    })
}

/// Of one subject: that more than tools can be asked about, and where.
fn others(query: &AccessQuery) -> Option<AnyView> {
    let subject = query.subject.as_ref().filter(|_| query.tool.is_none())?;
    let trial = may(Permission::TryCalls).then(|| {
        let parties = TryQuery {
            subject: Some(subject.clone()),
            agent: query.agent.clone(),
            tenant: query.tenant.clone(),
            ..TryQuery::default()
        };
        view! { <a href=parties.at_form(true).href()>"Try another action"</a> }
    });
    let told = view! {
        <p class="quiet">
            "Only tools are listed here. Rules may speak about other actions and resources as well; these are tried one at a time. "
            {trial}
        </p>
    };
    Some(told.into_any())
}

/// The page of a subject.
fn link(id: &str) -> AnyView {
    let href = format!("{}/{}", SUBJECTS.path, encode(id));
    view! {
        <a href=href>
            <UntrustedLine text=id.to_owned()/>
        </a>
    }
    .into_any()
}

fn nothing(query: &AccessQuery) -> AnyView {
    if query.tool.is_some() || query.subject.is_some() || query.after.is_some() {
        let text = "There is nobody and nothing to tell of.";
        return view! { <EmptyFiltered text=text clear=query.whole()/> }.into_any();
    }
    view! {
        <Empty
            glyph=Glyph::Access
            title="No tools yet"
            text="This tenant may use no server with tools, so nobody can call anything."
        >
            <p>"Register a server and give it to the tenant."</p>
        </Empty>
    }
    .into_any()
}

fn matrix(view: &AccessView) -> AnyView {
    let query = &view.query;
    let heads: Vec<AnyView> = view
        .roles
        .iter()
        .map(|role| {
            view! {
                <th scope="col">
                    <UntrustedLine text=role.clone()/>
                </th>
            }
            .into_any()
        })
        .collect();
    let rows: Vec<AnyView> = view.matrix.iter().map(|row| matrix_row(row, &view.roles, query)).collect();
    let first = query.roles.is_some().then(|| query.at(ACCESS.path, query.after.as_deref(), None));
    let more =
        view.more_roles.as_deref().map(|role| query.at(ACCESS.path, query.after.as_deref(), Some(role)));
    let further = (first.is_some() || more.is_some()).then(|| {
        view! {
            <nav class="paging" aria-label="Roles">
                {first.map(|href| view! { <a class="button button-small" href=href>"First roles"</a> })}
                {more.map(|href| view! { <a class="button button-small" href=href>"More roles"</a> })}
            </nav>
        }
    });
    let none = view.roles.is_empty().then(|| view! { <p class="quiet">"This tenant has no roles yet."</p> });
    view! {
        <section class="stack">
            <p class="quiet">"What somebody can call who holds this role and no other."</p>
            {none}
            <div class="matrix-frame" tabindex="0" role="region" aria-label="Roles by tools">
                <table class="matrix">
                    <caption class="visually-hidden">"Tools by roles"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Tool"</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {further}
        </section>
    }
    .into_any()
}

fn matrix_row(row: &MatrixRow, roles: &[String], query: &AccessQuery) -> AnyView {
    let href = query.of_tool(&row.tool);
    let cells: Vec<AnyView> = roles
        .iter()
        .zip(&row.cells)
        .map(|(role, access)| {
            let (word, glyph, _, class) = look(access);
            // Whoever hears the links alone hears of what.
            let label = format!("{word}: {} as {}", plain(&row.tool), plain(role));
            view! {
                <td class=class>
                    <a href=href.clone() aria-label=label>
                        <Icon glyph=glyph/>
                        {word}
                    </a>
                </td>
            }
            .into_any()
        })
        .collect();
    view! {
        <tr>
            <th scope="row">
                <a href=href.clone()>
                    <UntrustedLine text=row.tool.clone() mono=true/>
                </a>
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

fn list(view: &AccessView) -> AnyView {
    let query = &view.query;
    let of_tool = query.tool.is_some();
    let (head, caption) = match (of_tool, query.agent.is_some()) {
        (true, false) => ("Subject", "Who can call the tool"),
        (true, true) => ("Subject", "For whom the agent can call the tool"),
        (false, false) => ("Tool", "What the subject can call"),
        (false, true) => ("Tool", "What the agent can call for the subject"),
    };
    let rows: Vec<AnyView> = view
        .list
        .iter()
        .map(|one| {
            let href = if of_tool { query.of_subject(&one.name) } else { query.of_tool(&one.name) };
            row(one, head, href)
        })
        .collect();
    let columns = [Text(head), Text("Access"), Text("Why")];
    framed(caption, &columns, rows)
}

/// What can be done, how far, and why. `head`: what the column of its name is called.
pub fn row(one: &Access, head: &'static str, href: String) -> AnyView {
    let (word, glyph, class, _) = look(&one.access);
    let why: Vec<AnyView> = one
        .why
        .iter()
        .map(|line| {
            view! {
                <div>
                    {with_code(line)} " "
                    <UntrustedFlags text=line.clone()/>
                </div>
            }
            .into_any()
        })
        .collect();
    view! {
        <tr>
            <td class="cell-title" data-label=head>
                <a class="row-link" href=href>
                    <UntrustedLine text=one.name.clone() mono=true/>
                </a>
            </td>
            <td class="col-fit" data-label="Access">
                <span class=class>
                    <Icon glyph=glyph/>
                    {word}
                </span>
            </td>
            <td data-label="Why">
                <div>{why}</div>
            </td>
        </tr>
    }
    .into_any()
}
