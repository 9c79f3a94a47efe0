//! Which tools the rule is about: chosen from the catalog, or named by a pattern; and labels that narrow it.

use super::draft::Draft;
use super::editing::{Editing, toggle};
use super::fields::{adder, chips, tick};
use super::read::ToolOption;
use super::remarks;
use crate::components::icon::{Glyph, Icon};
use crate::components::untrusted::{UntrustedLine, plain};
use leptos::prelude::*;
use policy::{Risk, Sensitivity};
use web_sys::HtmlSelectElement;

pub fn tools(editing: Editing) -> AnyView {
    if editing.draft.with_untracked(Draft::is_general) {
        return things(editing);
    }
    let patterns = editing.part(|draft| draft.tools.clone());
    let matched = Memo::new(move |_| editing.checked.with(|checked| checked.tools));
    let add = move |pattern: String| editing.change(|draft| toggle(&mut draft.tools, pattern, true));
    view! {
        <section class="form-section">
            <h2>"Which tools"</h2>
            <div class="field">
                <label for="tools">"Tools"</label>
                {chips(
                    patterns,
                    "tool",
                    true,
                    move |pattern| editing.change(|draft| toggle(&mut draft.tools, pattern, false)),
                )}
                {catalog(editing)}
                {adder("tools", None, "server/name or a pattern", "tools-help tools-remarks", add)}
                <p class="field-help" id="tools-help">
                    <code>"server/name"</code>
                    ", where "
                    <code>"*"</code>
                    " is any run of characters. "
                    <span role="status">{move || matches(matched.get())}</span>
                </p>
                {remarks::at_field(editing, "tools")}
            </div>
            {labels(editing)}
        </section>
    }
    .into_any()
}

/// A rule of the general form: shown, and left as it is.
fn things(editing: Editing) -> AnyView {
    let (actions, resources) =
        editing.draft.with_untracked(|draft| (draft.actions.join(", "), draft.resources.join(", ")));
    view! {
        <section class="form-section">
            <h2>"Which actions and resources"</h2>
            <p>
                <UntrustedLine text=actions mono=true/>
                " on "
                <UntrustedLine text=resources mono=true/>
            </p>
            <p class="field-help">
                "They are edited as YAML: in a policy file, or on this page without script."
            </p>
            {remarks::at_field(editing, "tools")}
        </section>
    }
    .into_any()
}

fn matches(count: usize) -> String {
    match count {
        0 => "Matches no registered tool.".to_owned(),
        1 => "Matches 1 tool.".to_owned(),
        more => format!("Matches {more} tools."),
    }
}

/// The catalog, by server. A choice is added, and the list goes back to its first entry.
fn catalog(editing: Editing) -> AnyView {
    let groups = editing.choices.with_value(|choices| grouped(&choices.tools));
    if groups.is_empty() {
        return ().into_any();
    }
    let groups: Vec<AnyView> = groups
        .into_iter()
        .map(|(server, names)| {
            let all = format!("{server}/*");
            let names: Vec<AnyView> = names
                .into_iter()
                .map(|name| {
                    let value = format!("{server}/{name}");
                    view! { <option value=value>{plain(&name)}</option> }.into_any()
                })
                .collect();
            view! {
                <optgroup label=plain(&server)>
                    <option value=all>{format!("every tool of {}", plain(&server))}</option>
                    {names}
                </optgroup>
            }
            .into_any()
        })
        .collect();
    view! {
        <select
            aria-label="Add a tool from the catalog"
            on:change=move |event| {
                let chosen = event_target_value(&event);
                if !chosen.is_empty() {
                    editing.change(|draft| toggle(&mut draft.tools, chosen, true));
                    event_target::<HtmlSelectElement>(&event).set_value("");
                }
            }
        >
            <option value="">"Add a tool …"</option>
            {groups}
        </select>
    }
    .into_any()
}

/// The list is in the order of servers already.
fn grouped(tools: &[ToolOption]) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for tool in tools {
        match groups.last_mut() {
            Some((server, names)) if *server == tool.server => names.push(tool.name.clone()),
            _ => groups.push((tool.server.clone(), vec![tool.name.clone()])),
        }
    }
    groups
}

/// Narrows to tools of some risk or sensitivity.
fn labels(editing: Editing) -> AnyView {
    let open = editing.now(|draft| draft.risk_at_least.is_some() || !draft.sensitivity.is_empty());
    let risk = editing.part(|draft| draft.risk_at_least.map_or("", Risk::as_str));
    let chosen = risk.get_untracked();
    let risks: Vec<AnyView> = std::iter::once(("", "Any"))
        .chain(Risk::ALL.iter().map(|risk| (risk.as_str(), risk_label(*risk))))
        .map(|(value, label)| {
            view! {
                <option value=value selected=value == chosen>
                    {label}
                </option>
            }
            .into_any()
        })
        .collect();
    let boxes: Vec<AnyView> = Sensitivity::ALL
        .iter()
        .map(|label| {
            let label = *label;
            tick(
                label.as_str().to_owned(),
                move || editing.draft.with(|draft| draft.sensitivity.contains(&label)),
                move |on| editing.change(|draft| toggle(&mut draft.sensitivity, label, on)),
            )
        })
        .collect();
    view! {
        <details class="disclosure" open=open>
            <summary>
                <Icon glyph=Glyph::ChevronRight/>
                "Only tools of some labels"
            </summary>
            <div class="field-row">
                <div class="field">
                    <label for="risk">"Risk"</label>
                    <select
                        id="risk"
                        prop:value=move || risk.get()
                        on:change=move |event| {
                            let risk = event_target_value(&event).parse::<Risk>().ok();
                            editing.change(|draft| draft.risk_at_least = risk);
                        }
                    >
                        {risks}
                    </select>
                </div>
                <fieldset class="field">
                    <legend>"Sensitivity"</legend>
                    <div class="param-controls">{boxes}</div>
                </fieldset>
            </div>
        </details>
    }
    .into_any()
}

fn risk_label(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "Low or more",
        Risk::Medium => "Medium or more",
        Risk::High => "High or more",
        Risk::Critical => "Critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_stand_by_their_server() {
        let tool = |server: &str, name: &str| ToolOption { server: server.to_owned(), name: name.to_owned() };
        let groups = grouped(&[tool("a", "1"), tool("a", "2"), tool("b", "1")]);
        assert_eq!(
            groups,
            [("a".to_owned(), vec!["1".to_owned(), "2".to_owned()]), ("b".to_owned(), vec!["1".to_owned()])]
        );
    }
}
