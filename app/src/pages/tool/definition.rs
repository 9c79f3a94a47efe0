//! What the server says of its tool: description, arguments, hints, the schema itself. All of it untrusted.

use super::hints;
use super::read::{ArgumentLine, ToolView};
use crate::components::definition::Nothing;
use crate::components::json::RawJson;
use crate::components::notice::WarningNotice;
use crate::components::untrusted::{Untrusted, UntrustedLine};
use leptos::prelude::*;

pub fn cards(tool: &ToolView) -> AnyView {
    let title = tool.title.clone().map(|title| {
        view! {
            <p>
                <b>
                    <UntrustedLine text=title/>
                </b>
            </p>
        }
    });
    let description = match tool.description.clone() {
        Some(text) => view! {
            <div class="untrusted-block">
                <Untrusted text=text/>
            </div>
        }
        .into_any(),
        None => view! { <p class="quiet">"The server describes it with no word."</p> }.into_any(),
    };
    let whole = tool.definition.clone().map(|text| view! { <RawJson label="Whole definition" text=text/> });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"What the server says"</h2>
                <p>"Text of the server's own. It decides nothing."</p>
            </header>
            <div class="card-body stack">
                {title}
                {description}
                {hints::list(tool.hints.clone())}
            </div>
            {whole}
        </section>
        {arguments(tool)}
    }
    .into_any()
}

fn arguments(tool: &ToolView) -> AnyView {
    let raw = tool.schema.clone().map(|text| view! { <RawJson label="Input schema" text=text/> });
    let unusable = tool.unusable.clone().map(|reason| unusable(reason, tool.check_schema));
    let body = if tool.arguments.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">"Its schema declares no argument."</p>
            </div>
        }
        .into_any()
    } else {
        let rows: Vec<AnyView> = tool.arguments.iter().cloned().map(row).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Arguments that the schema declares"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Argument"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col">"Required"</th>
                        <th scope="col">"Description"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Arguments"</h2>
            </header>
            {unusable}
            {body}
            {raw}
        </section>
    }
    .into_any()
}

/// Why the arguments of calls cannot be held against the schema, and what follows from it.
pub fn unusable(reason: String, checked: bool) -> AnyView {
    let follows = if checked {
        "Every call is denied, because its arguments cannot be checked."
    } else {
        "A reviewer switched the check off: arguments of calls are not held against it."
    };
    view! {
        <div class="card-body">
            <WarningNotice title="This schema cannot be used">
                <p>
                    <UntrustedLine text=reason/>
                </p>
                <p>{follows}</p>
            </WarningNotice>
        </div>
    }
    .into_any()
}

fn row(line: ArgumentLine) -> AnyView {
    let description = match line.description {
        Some(text) => view! { <Untrusted text=text/> }.into_any(),
        None => view! { <Nothing/> }.into_any(),
    };
    let required = if line.required { "yes" } else { "no" };
    view! {
        <tr>
            <td class="cell-title" data-label="Argument">
                <UntrustedLine text=line.name mono=true/>
            </td>
            <td data-label="Type">
                <UntrustedLine text=line.kind/>
            </td>
            <td data-label="Required">
                <span>{required}</span>
            </td>
            <td data-label="Description">{description}</td>
        </tr>
    }
    .into_any()
}
