//! With which arguments: a form made from the tool's own schema, and the JSON Schema it writes beside it. Both edit
//! the same text.

use super::bound::{Bound, bound};
use super::editing::Editing;
use super::read::Checked;
use super::remarks;
use super::schema::{Presence, Schema};
use super::spec::{ArgumentKind, ArgumentSpec, ToolForm};
use crate::components::icon::{Glyph, Icon};
use crate::components::text_area::TextArea;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::sentence::bounds::{escape, shown};
use leptos::prelude::*;
use serde_json::Value;

/// The parameters as the form reads them; None where their text is no JSON object.
pub type SchemaMemo = Memo<Option<Schema>>;

pub fn arguments(editing: Editing) -> AnyView {
    let schema: SchemaMemo = editing.part(|draft| Schema::read(&draft.parameters));
    let unreadable = Memo::new(move |_| schema.with(Option::is_none));
    let text = editing.part(|draft| draft.parameters.clone());
    let open = editing.form.with_untracked(Option::is_none) || unreadable.get_untracked();
    view! {
        <section class="form-section">
            <h2>"With which arguments"</h2>
            {move || lead(editing)}
            {move || {
                unreadable
                    .get()
                    .then(|| {
                        view! {
                            <p class="flag">
                                <Icon glyph=Glyph::Warning/>
                                <span>"The JSON Schema below is not valid JSON. Put it right to use the form."</span>
                            </p>
                        }
                    })
            }}
            <div hidden=move || unreadable.get()>{move || form(editing, schema)}</div>
            <details class="disclosure" open=open>
                <summary>
                    <Icon glyph=Glyph::ChevronRight/>
                    "JSON Schema"
                </summary>
                <div class="field">
                    <label for="parameters">"Parameters, as JSON Schema"</label>
                    <TextArea
                        id="parameters"
                        name="parameters"
                        value=text.get_untracked()
                        rows=12
                        described_by="parameters-help parameters-remarks"
                        code=true
                        prop:value=move || text.get()
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            editing.change(|draft| draft.parameters = text);
                        }
                    />
                    <p class="field-help" id="parameters-help">
                        "A strict subset of JSON Schema 2020-12. Names of arguments stand in "
                        <code>"properties"</code>
                        ". Empty: any arguments."
                    </p>
                </div>
            </details>
            {remarks::at_field(editing, "parameters")}
        </section>
    }
    .into_any()
}

fn lead(editing: Editing) -> AnyView {
    match editing.form.get() {
        Some(form) => view! {
            <p>
                "From the schema of "
                <ToolName server=Some(form.server) tool=Some(form.tool) action=""/>
                {format!(", {}.", form.state)}
            </p>
        }
        .into_any(),
        None => view! {
            <p>"Name one tool exactly to get a form for its arguments, or write the JSON Schema."</p>
        }
        .into_any(),
    }
}

fn form(editing: Editing, schema: SchemaMemo) -> AnyView {
    let Some(form) = editing.form.get() else { return ().into_any() };
    if form.arguments.is_empty() {
        return nothing(&form);
    }
    let rows: Vec<AnyView> = form
        .arguments
        .into_iter()
        .enumerate()
        .map(|(index, spec)| row(editing, schema, index, spec))
        .collect();
    view! {
        <div class="params">{rows}</div>
        {nothing_else(editing, schema)}
    }
    .into_any()
}

fn nothing(form: &ToolForm) -> AnyView {
    let text =
        if form.has_schema { "This tool takes no arguments." } else { "This tool has no input schema." };
    view! { <p class="quiet">{text}</p> }.into_any()
}

/// The switch for `additionalProperties: false`. What restricts cannot have it: an added argument would be a way
/// out.
fn nothing_else(editing: Editing, schema: SchemaMemo) -> AnyView {
    let closed = move || schema.with(|schema| schema.as_ref().is_some_and(Schema::is_closed));
    let offered = Memo::new(move |_| closed() || editing.draft.with(|draft| draft.effect.grants()));
    view! {
        <label class="check" hidden=move || !offered.get()>
            <input
                type="checkbox"
                class="switch"
                role="switch"
                checked=untrack(closed)
                prop:checked=closed
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    editing.change_schema(|schema| schema.set_closed(on));
                }
            />
            <span>
                "Nothing else "
                <small>"Arguments that are neither required nor bounded above must be left out."</small>
            </span>
        </label>
    }
    .into_any()
}

fn row(editing: Editing, schema: SchemaMemo, index: usize, spec: ArgumentSpec) -> AnyView {
    let name = StoredValue::new(spec.name.clone());
    let controls = match spec.kind {
        ArgumentKind::Integer => numbers(editing, schema, index, name, "integer"),
        ArgumentKind::Number => numbers(editing, schema, index, name, "number"),
        ArgumentKind::Text => texts(editing, schema, index, name),
        ArgumentKind::Choice => choices(editing, schema, name, spec.values),
        ArgumentKind::Other => {
            view! { <span class="muted">"Bound it in the JSON Schema below."</span> }.into_any()
        }
    };
    let pointer = format!("/{}", escape(&spec.name));
    view! {
        <fieldset class="param">
            <legend>
                <code>
                    <UntrustedLine text=pointer/>
                </code>
                <span class="muted">
                    <UntrustedLine text=spec.type_words/>
                    {spec.required.then_some(", the tool asks for it")}
                </span>
            </legend>
            <div class="param-controls">
                {presence(editing, schema, name, &spec.name)}
                {controls}
            </div>
            {notes(editing, schema, name, &spec.name)}
        </fieldset>
    }
    .into_any()
}

/// Whether it must, may or must not be given.
fn presence(editing: Editing, schema: SchemaMemo, name: StoredValue<String>, shown_name: &str) -> AnyView {
    let here = Memo::new(move |_| {
        schema.with(|schema| {
            let presence = schema.as_ref().zip(name.try_get_value());
            presence.map_or("may", |(schema, name)| schema.presence(&name).as_str())
        })
    });
    let closed = Memo::new(move |_| schema.with(|schema| schema.as_ref().is_some_and(Schema::is_closed)));
    let now = here.get_untracked();
    view! {
        <select
            aria-label=format!("Whether {} is given", plain(shown_name))
            prop:value=move || here.get()
            on:change=move |event| {
                let presence = Presence::read(&event_target_value(&event));
                let name = name.get_value();
                editing.change_schema(|schema| schema.set_presence(&name, presence));
            }
        >
            <option value="must" selected=now == "must">
                "must be given"
            </option>
            <option value="may" selected=now == "may">
                "may be left out"
            </option>
            <option value="must_not" selected=now == "must_not" disabled=move || !closed.get()>
                "must be left out"
            </option>
        </select>
    }
    .into_any()
}

fn numbers(
    editing: Editing,
    schema: SchemaMemo,
    index: usize,
    name: StoredValue<String>,
    kind: &'static str,
) -> AnyView {
    let draw = |which: Bound, id: &str| bound(editing, schema, name, which, format!("param-{index}-{id}"));
    view! {
        {draw(Bound::number("at least", "minimum", kind), "min")}
        {draw(Bound::number("more than", "exclusiveMinimum", kind), "above")}
        {draw(Bound::number("at most", "maximum", kind), "max")}
        {draw(Bound::number("less than", "exclusiveMaximum", kind), "below")}
    }
    .into_any()
}

fn texts(editing: Editing, schema: SchemaMemo, index: usize, name: StoredValue<String>) -> AnyView {
    let draw = |which: Bound, id: &str| bound(editing, schema, name, which, format!("param-{index}-{id}"));
    view! {
        {draw(Bound::values(), "values")}
        {draw(Bound::pattern(), "pattern")}
        {draw(Bound::length("at most this many characters", "maxLength"), "longest")}
    }
    .into_any()
}

/// A box for each value that the tool takes; all of them ticked is no limit.
fn choices(editing: Editing, schema: SchemaMemo, name: StoredValue<String>, values: Vec<Value>) -> AnyView {
    let known = StoredValue::new(values.clone());
    let allowed = Memo::new(move |_| {
        schema.with(|schema| {
            let limited = schema.as_ref().zip(name.try_get_value());
            limited.and_then(|(schema, name)| schema.allowed(&name))
        })
    });
    let boxes: Vec<AnyView> = values
        .into_iter()
        .map(|value| {
            let text = shown(&value);
            let value = StoredValue::new(value);
            let ticked = move || {
                allowed.with(|allowed| {
                    allowed.as_ref().is_none_or(|list| {
                        value.try_with_value(|value| list.contains(value)).unwrap_or_default()
                    })
                })
            };
            let only = move || ticked() && allowed.with(|allowed| allowed.as_ref().is_some_and(|list| list.len() == 1));
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        checked=untrack(ticked)
                        prop:checked=ticked
                        disabled=only
                        on:change=move |event| {
                            let on = event_target_checked(&event);
                            let (name, value, known) = (name.get_value(), value.get_value(), known.get_value());
                            editing
                                .change_schema(|schema| {
                                    let mut list = schema.allowed(&name).unwrap_or_else(|| known.clone());
                                    super::editing::toggle(&mut list, value, on);
                                    schema.allow(&name, list, &known);
                                });
                        }
                    />
                    <span>
                        <UntrustedLine text=text/>
                    </span>
                </label>
            }
            .into_any()
        })
        .collect();
    boxes.into_any()
}

/// Keywords that the form does not show, and what the last check says of this argument.
fn notes(editing: Editing, schema: SchemaMemo, name: StoredValue<String>, argument: &str) -> AnyView {
    const SHOWN: &[&str] = &[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "maxLength",
        "pattern",
        "enum",
        "const",
        "title",
        "description",
    ];
    let further = Memo::new(move |_| {
        schema.with(|schema| {
            let unshown = schema.as_ref().zip(name.try_get_value());
            unshown.map(|(schema, name)| schema.unshown(&name, SHOWN)).unwrap_or_default()
        })
    });
    let pointer = format!("/properties/{}", escape(argument));
    let said = Memo::new(move |_| editing.checked.with(|checked| of_argument(checked, &pointer)));
    let draw = move || -> Vec<AnyView> {
        let mut lines: Vec<String> = said.get();
        let further = further.get();
        if !further.is_empty() {
            lines.push(format!("Also bounded in the JSON Schema below: {}", further.join(", ")));
        }
        lines
            .into_iter()
            .map(|line| {
                view! {
                    <p class="flag">
                        <Icon glyph=Glyph::Warning/>
                        <span>{crate::pages::decision::banner::with_code(&line)}</span>
                    </p>
                }
                .into_any()
            })
            .collect()
    };
    draw.into_any()
}

/// What is said at this place of the parameters, or below it.
fn of_argument(checked: &Checked, pointer: &str) -> Vec<String> {
    let here =
        |path: &str| path.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let notes = checked.problems.iter().chain(&checked.never).chain(&checked.hints);
    notes
        .filter(|note| note.field == "parameters" && note.path.as_deref().is_some_and(here))
        .map(|note| note.text.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::rule::draft::Note;

    #[test]
    fn a_remark_stands_at_its_argument() {
        let note = |path: &str| Note {
            field: "parameters".to_owned(),
            path: Some(path.to_owned()),
            text: path.to_owned(),
        };
        let checked = Checked {
            problems: vec![note("/properties/a/maximum"), note("/properties/ab"), note("/required")],
            never: vec![note("/properties/a")],
            ..Checked::default()
        };
        assert_eq!(of_argument(&checked, "/properties/a"), ["/properties/a/maximum", "/properties/a"]);
    }
}
