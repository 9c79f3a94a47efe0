//! The tools of a server by review state, what needs a person first.

use super::bulk::NewTools;
use super::counts::tools;
use super::head::{href_of, review_link};
use super::read::{ServerView, ToolGroup, ToolLine};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::fields::SearchField;
use crate::components::icon::{Glyph, Icon};
use crate::components::risk::RiskBars;
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::answer::Answer;
use crate::pages::form::may;
use crate::permission::Permission;
use crate::routes::{SERVER, TOOL};
use crate::url::encode;
use leptos::prelude::*;
use leptos_router::components::Form;

pub fn groups(server: ServerView, answer: &Answer) -> AnyView {
    let may_write = may(Permission::WriteServers);
    let counts = server.head.tools;
    if counts.listed() + counts.gone == 0 {
        return nothing(may_write);
    }
    let shown = [&server.changed, &server.new, &server.reviewed, &server.gone];
    let found: usize = shown.iter().map(|group| group.count).sum();
    let cut = shown.iter().any(|group| group.lines.len() < group.count);
    // Few tools are found by eye.
    let search = (cut || !server.search.is_empty()).then(|| search(&server.head.slug, &server.search));
    let none = (found == 0).then(|| {
        let clear = href_of(&SERVER, &server.head.slug);
        view! { <EmptyFiltered text="No tool's name holds this." clear=clear/> }
    });
    let slug = server.head.slug;
    let new = (server.new.count > 0)
        .then(|| view! { <NewTools group=server.new slug=slug answer=answer.clone() may_write=may_write/> });
    view! {
        {search}
        {none}
        {changed(server.changed, may_write)}
        {new}
        {reviewed(server.reviewed)}
        {gone(server.gone)}
    }
    .into_any()
}

fn search(slug: &str, value: &str) -> AnyView {
    let value = Some(value.to_owned());
    view! {
        <Form method="get" action=href_of(&SERVER, slug) attr:class="filters">
            <SearchField name="q" what="Name of a tool" value=value/>
            <button class="button filters-apply">"Search"</button>
        </Form>
    }
    .into_any()
}

/// A group with its heading, its table and how much of it is not shown.
pub fn group(
    title: &'static str,
    lead: String,
    caption: &'static str,
    heads: &[(&'static str, &'static str)],
    rows: Vec<AnyView>,
    more: usize,
) -> AnyView {
    let heads: Vec<AnyView> = heads.iter().map(|&(label, class)| column(label, class)).collect();
    let more = (more > 0).then(|| {
        view! { <p class="muted">{format!("{} more are not shown; search for them by name.", tools(more))}</p> }
    });
    view! {
        <section class="tool-group">
            <div class="section-head">
                <h2>{title}</h2>
                <p class="muted">{lead}</p>
            </div>
            <div class="table-frame">
                <table class="table table-roomy">
                    <caption class="visually-hidden">{caption}</caption>
                    <thead>
                        <tr>{heads}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more}
        </section>
    }
    .into_any()
}

/// A head that is hidden from the eye begins with a dot.
fn column(label: &'static str, class: &'static str) -> AnyView {
    let class = (!class.is_empty()).then_some(class);
    match label.strip_prefix('.') {
        Some(label) => view! {
            <th scope="col" class=class>
                <span class="visually-hidden">{label}</span>
            </th>
        }
        .into_any(),
        None => view! {
            <th scope="col" class=class>
                {label}
            </th>
        }
        .into_any(),
    }
}

/// The tool's name, which is the row's link, and how its description begins.
pub fn title(line: &ToolLine) -> AnyView {
    let href = TOOL.path.replace("{id}", &encode(&line.id));
    let summary = line.summary.clone().map(|text| {
        view! {
            <small>
                <UntrustedLine text=text/>
            </small>
        }
    });
    view! {
        <td class="cell-title" data-label="Tool">
            <a class="row-link" href=href>
                <span class="tool-name">
                    <UntrustedLine text=line.name.clone()/>
                </span>
            </a>
            {summary}
        </td>
    }
    .into_any()
}

pub fn effect(read_only: bool) -> &'static str {
    if read_only { "only reads" } else { "may write" }
}

fn changed(found: ToolGroup, may_write: bool) -> AnyView {
    if found.count == 0 {
        return ().into_any();
    }
    let more = found.count - found.lines.len();
    let rows: Vec<AnyView> = found
        .lines
        .into_iter()
        .map(|line| {
            let review = may_write.then(|| review_link(&line.id, &line.name));
            view! {
                <tr>
                    {title(&line)}
                    <td data-label="Changed">
                        <span>{line.differs.join(", ")}</span>
                    </td>
                    <td data-label="Risk">
                        <RiskBars risk=line.risk/>
                    </td>
                    <td data-label="Sensitivity" class="col-mid">
                        {line.sensitivity.as_str()}
                    </td>
                    <td class="cell-actions">{review}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    group(
        "Changed since review",
        "Calls are denied until you review them again.".to_owned(),
        "Tools that changed since they were reviewed",
        &[("Tool", ""), ("What changed", ""), ("Risk", ""), ("Sensitivity", "col-mid"), (".Actions", "")],
        rows,
        more,
    )
}

fn reviewed(found: ToolGroup) -> AnyView {
    if found.count == 0 {
        return ().into_any();
    }
    let more = found.count - found.lines.len();
    let lead = tools(found.count);
    let rows: Vec<AnyView> = found
        .lines
        .into_iter()
        .map(|line| {
            let when = match line.reviewed.clone() {
                Some(at) => view! { <Time moment=at/> }.into_any(),
                None => view! { <Nothing word="by a bundle"/> }.into_any(),
            };
            let flag = line.unusable.is_some().then(|| {
                view! {
                    <span class="flag">
                        <Icon glyph=Glyph::Warning/>
                        "arguments are not checked"
                    </span>
                }
            });
            view! {
                <tr>
                    {title(&line)}
                    <td data-label="Risk">
                        <RiskBars risk=line.risk/>
                        " "
                        {flag}
                    </td>
                    <td data-label="Sensitivity">
                        <span>{line.sensitivity.as_str()}</span>
                    </td>
                    <td data-label="Effect" class="col-mid">
                        {effect(line.read_only)}
                    </td>
                    <td class="num" data-label="Reviewed">
                        {when}
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    group(
        "Reviewed",
        lead,
        "Reviewed tools",
        &[("Tool", ""), ("Risk", ""), ("Sensitivity", ""), ("Effect", "col-mid"), ("Reviewed", "num")],
        rows,
        more,
    )
}

fn gone(found: ToolGroup) -> AnyView {
    if found.count == 0 {
        return ().into_any();
    }
    let more = found.count - found.lines.len();
    let rows: Vec<AnyView> = found
        .lines
        .into_iter()
        .map(|line| {
            let seen = match line.seen.clone() {
                Some(at) => view! { <Time moment=at/> }.into_any(),
                None => view! { <Nothing word="never"/> }.into_any(),
            };
            view! {
                <tr class="row-off">
                    {title(&line)}
                    <td data-label="Risk">
                        <RiskBars risk=line.risk/>
                    </td>
                    <td class="num" data-label="Last listed">
                        {seen}
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    group(
        "Gone",
        "The server lists them no longer. Calls are denied.".to_owned(),
        "Tools that the server lists no longer",
        &[("Tool", ""), ("Risk", ""), ("Last listed", "num")],
        rows,
        more,
    )
}

fn nothing(may_write: bool) -> AnyView {
    let what_to_do = if may_write {
        "Start the server, then discover its tools with the button above."
    } else {
        "Whoever administers servers discovers them."
    };
    view! {
        <Empty
            glyph=Glyph::Tool
            title="No tools yet"
            text="The server has not listed any tool so far. Each one is looked at by a person before it can be called."
        >
            <p>{what_to_do}</p>
        </Empty>
    }
    .into_any()
}
