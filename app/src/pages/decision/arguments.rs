//! The arguments, exactly as decided on: path, value, type, and the bound beside the value.

use super::view::{ArgumentRow, ArgumentTable, ArgumentValue, Arguments};
use crate::components::copyable::cut_in_the_middle;
use crate::components::icon::{Glyph, Icon};
use crate::components::json::RawJson;
use crate::components::untrusted::{Untrusted, UntrustedLine};
use leptos::prelude::*;

#[component]
pub fn ArgumentsCard(arguments: Arguments) -> impl IntoView {
    let (lead, body) = match arguments {
        Arguments::NotSent => (None, sentence("No arguments were sent.")),
        Arguments::Removed => (
            None,
            sentence(
                "The arguments are not in the database any more. Their digest is still part of the chain.",
            ),
        ),
        Arguments::Unreadable => (None, sentence("The recorded arguments could not be read.")),
        Arguments::Known(table) if table.rows.is_empty() => {
            (None, sentence("The call was made without arguments."))
        }
        Arguments::Known(table) => (Some(lead(&table)), draw(table)),
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Arguments"</h2>
                {lead.map(|lead| view! { <p>{lead}</p> })}
            </header>
            {body}
        </section>
    }
}

fn sentence(text: &'static str) -> AnyView {
    view! {
        <div class="card-body">
            <p class="quiet">{text}</p>
        </div>
    }
    .into_any()
}

fn lead(table: &ArgumentTable) -> String {
    let values = table.rows.iter().filter(|row| row.value != ArgumentValue::Missing).count() + table.more;
    let noun = if values == 1 { "value" } else { "values" };
    format!("{values} {noun}, {} bytes", table.bytes)
}

fn draw(table: ArgumentTable) -> AnyView {
    let more = (table.more > 0).then(|| {
        view! { <p class="card-foot">{format!("{} more values are in the raw arguments.", table.more)}</p> }
    });
    let rows: Vec<AnyView> = table.rows.into_iter().map(row).collect();
    view! {
        <table class="args-table">
            <caption class="visually-hidden">"Arguments of the call"</caption>
            <thead>
                <tr>
                    <th scope="col">"Path"</th>
                    <th scope="col">"Value"</th>
                    <th scope="col">"Type"</th>
                    <th scope="col">"Bound"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {more}
        <RawJson label="Raw arguments" text=table.raw/>
    }
    .into_any()
}

fn row(row: ArgumentRow) -> AnyView {
    let failed = !row.bounds.is_empty();
    // Of what was redacted no type is known.
    let kind = (!row.kind.is_empty()).then_some(row.kind);
    let bounds: Vec<AnyView> = row
        .bounds
        .into_iter()
        .map(|(bound, rule)| {
            view! {
                <div>
                    <UntrustedLine text=bound/>
                    " "
                    <small>
                        <UntrustedLine text=rule/>
                    </small>
                </div>
            }
            .into_any()
        })
        .collect();
    let path = if row.path.is_empty() { "(all)".to_owned() } else { row.path };
    view! {
        <tr class=failed.then_some("arg-failed")>
            <th scope="row">
                <code>
                    <UntrustedLine text=path/>
                </code>
            </th>
            <td data-label="Value">{value(row.value, failed)}</td>
            <td data-label="Type">{kind}</td>
            <td data-label="Bound">{(!bounds.is_empty()).then(|| view! { <div>{bounds}</div> })}</td>
        </tr>
    }
    .into_any()
}

/// A value as it came, marked where it is what the row is about.
pub fn value(value: ArgumentValue, marked: bool) -> AnyView {
    match value {
        ArgumentValue::Text(text) if marked && text.chars().count() <= 80 => view! {
            <mark class="mono">
                <UntrustedLine text=text/>
            </mark>
        }
        .into_any(),
        ArgumentValue::Text(text) => view! {
            <div>
                <Untrusted text=text mono=true/>
            </div>
        }
        .into_any(),
        ArgumentValue::Redacted(digest) => {
            // Of what a mapping names, not even the digest may be kept.
            let title = (!digest.is_empty()).then_some("kept only as a keyed digest");
            view! {
                <span class="redacted" title=title>
                    <Icon glyph=Glyph::Lock/>
                    "redacted "
                    <code>{cut_in_the_middle(&digest)}</code>
                </span>
            }
            .into_any()
        }
        ArgumentValue::Missing => view! { <span class="muted">"not sent"</span> }.into_any(),
    }
}
