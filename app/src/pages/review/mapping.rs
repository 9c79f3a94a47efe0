//! A mapping that the tool declares: what each call would ask beside its own rules, and whether that is accepted. All of
//! it is text of the server.

use super::form::{FORM, complaint};
use super::read::MappingView;
use crate::components::json::RawJson;
use crate::components::notice::WarningNotice;
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::input::Filled;
use leptos::prelude::*;

pub fn card(mapping: &MappingView) -> AnyView {
    let body = match mapping.refused.clone() {
        Some(why) => view! {
            <WarningNotice title="The mapping cannot be accepted">
                <p>
                    <UntrustedLine text=why/>
                </p>
            </WarningNotice>
        }
        .into_any(),
        None => asks(mapping),
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Declared mapping"</h2>
                <p>"Its server says what a call comes down to. Accepted, it can only deny more."</p>
            </header>
            <div class="card-body stack">{body}</div>
            <RawJson label="The mapping as the server wrote it" text=mapping.text.clone()/>
        </section>
    }
    .into_any()
}

fn asks(mapping: &MappingView) -> AnyView {
    let lines: Vec<AnyView> = mapping
        .asks
        .iter()
        .map(|(words, more)| {
            let more: Vec<AnyView> = more
                .iter()
                .map(|text| {
                    view! {
                        <li>
                            <UntrustedLine text=text.clone()/>
                        </li>
                    }
                    .into_any()
                })
                .collect();
            let more = (!more.is_empty()).then(|| view! { <ul>{more}</ul> });
            view! {
                <li>
                    <UntrustedLine text=words.clone()/>
                    {more}
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <p>"A call passes only if rules allow the tool, and for each of these as well:"</p>
        <ol>{lines}</ol>
    }
    .into_any()
}

/// Nothing is chosen for a person who has not decided yet.
pub(super) fn choice(filled: &Filled, mapping: &MappingView) -> AnyView {
    let standing = match mapping.accepted {
        _ if mapping.refused.is_some() => "",
        Some(true) => "accepted",
        Some(false) => "ignored",
        None => "",
    };
    let chosen = filled.value("mapping", standing);
    let (none, accepted, ignored) = (chosen.is_empty(), chosen == "accepted", chosen == "ignored");
    let accept = mapping.refused.is_none().then(|| {
        view! {
            <option value="accepted" selected=accepted>
                "Accept it: every call asks for all of it"
            </option>
        }
    });
    let complaint = complaint(filled, "mapping");
    let invalid = complaint.is_some();
    let id = format!("{FORM}-mapping");
    let described_by = invalid.then(|| format!("{id}-error"));
    view! {
        <div class=if invalid { "field field-invalid" } else { "field" }>
            <label for=id.clone()>"Declared mapping"</label>
            <select
                id=id
                name="mapping"
                aria-describedby=described_by
                aria-invalid=invalid.then_some("true")
            >
                <option value="" selected=none>
                    "Choose"
                </option>
                {accept}
                <option value="ignored" selected=ignored>
                    "Ignore it: the tool's own rules decide alone"
                </option>
            </select>
            {complaint}
        </div>
    }
    .into_any()
}
