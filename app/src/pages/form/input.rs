//! Controls of forms: label, control, help and complaint, tied together, with what was typed kept.

use super::answer::{Answer, Draft};
use crate::components::icon::{Glyph, Icon};
use crate::components::text_area::TextArea;
use crate::components::untrusted::plain;
use leptos::prelude::*;

/// What a form is filled with: what was typed before it was refused, or what stands now.
#[derive(Debug, Clone)]
pub struct Filled {
    form: &'static str,
    draft: Option<Draft>,
}

impl Filled {
    pub fn new(form: &'static str, answer: &Answer) -> Self {
        Self { form, draft: answer.draft.clone().filter(|draft| draft.form == form) }
    }

    /// The same with all that stands now as a draft of its own.
    pub fn over(form: &'static str, answer: &Answer, standing: &Draft) -> Self {
        let typed = Self::new(form, answer);
        Self { draft: typed.draft.or_else(|| Some(standing.clone())), ..typed }
    }

    pub fn value(&self, name: &str, otherwise: &str) -> String {
        match &self.draft {
            Some(draft) => draft.value(name).unwrap_or_default().to_owned(),
            None => otherwise.to_owned(),
        }
    }

    /// Whether a box of this name and value is ticked.
    pub fn ticked(&self, name: &str, value: &str, otherwise: bool) -> bool {
        match &self.draft {
            Some(draft) => draft.values.iter().any(|(known, held)| known == name && held == value),
            None => otherwise,
        }
    }

    /// What is wrong with this field.
    pub fn complaint(&self, name: &str) -> Option<String> {
        let draft = self.draft.as_ref()?;
        draft.problems.iter().find(|problem| problem.field == name).map(super::problem::Problem::sentence)
    }

    pub(super) fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.form)
    }

    /// What is wrong, on top of the form; it takes the focus.
    pub fn summary(&self) -> Option<AnyView> {
        let draft = self.draft.as_ref().filter(|draft| !draft.problems.is_empty())?;
        let items: Vec<AnyView> = draft
            .problems
            .iter()
            .map(|problem| {
                let sentence = problem.sentence();
                if problem.field.is_empty() {
                    return view! { <li>{sentence}</li> }.into_any();
                }
                let href = format!("#{}", self.id(&problem.field));
                // `external`: the browser itself moves the focus to the field.
                view! {
                    <li>
                        <a href=href rel="external">
                            {sentence}
                        </a>
                    </li>
                }
                .into_any()
            })
            .collect();
        let summary = view! {
            <div class="form-summary" role="alert" tabindex="-1" autofocus=true>
                <Icon glyph=Glyph::Warning/>
                <div>
                    <h2>{attention(draft.problems.len())}</h2>
                    <ul>{items}</ul>
                </div>
            </div>
        };
        Some(summary.into_any())
    }
}

fn attention(count: usize) -> String {
    match count {
        1 => "One thing needs your attention".to_owned(),
        2 => "Two things need your attention".to_owned(),
        more => format!("{more} things need your attention"),
    }
}

/// What goes with the form unseen.
pub fn hidden(name: &'static str, value: String) -> AnyView {
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// How a control is tied to its field.
struct Tied {
    id: String,
    described_by: Option<String>,
    invalid: Option<&'static str>,
}

/// Label, control, help, complaint.
fn field(
    filled: &Filled,
    name: &'static str,
    label: &'static str,
    optional: bool,
    help: Option<&'static str>,
    control: impl FnOnce(Tied) -> AnyView,
) -> AnyView {
    let id = filled.id(name);
    let complaint = filled.complaint(name);
    let help_id = help.map(|_| format!("{id}-help"));
    let error_id = complaint.as_ref().map(|_| format!("{id}-error"));
    let described: Vec<String> = help_id.iter().chain(&error_id).cloned().collect();
    let class = if complaint.is_some() { "field field-invalid" } else { "field" };
    let tied = Tied {
        id: id.clone(),
        described_by: (!described.is_empty()).then(|| described.join(" ")),
        invalid: complaint.is_some().then_some("true"),
    };
    view! {
        <div class=class>
            <label for=id>
                {label}
                {optional.then(|| view! { <span class="optional">" optional"</span> })}
            </label>
            {control(tied)}
            {help.map(|help| view! { <p class="field-help" id=help_id>{help}</p> })}
            {complaint.map(|text| complaint_of(error_id, text))}
        </div>
    }
    .into_any()
}

pub(super) fn complaint_of(id: Option<String>, text: String) -> AnyView {
    view! {
        <p class="field-error" id=id>
            <Icon glyph=Glyph::Warning/>
            {text}
        </p>
    }
    .into_any()
}

/// A control of one line.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    help: Option<&'static str>,
    list: Option<&'static str>,
    optional: bool,
    code: bool,
}

impl Input {
    pub fn text(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: "text", help: None, list: None, optional: false, code: false }
    }

    pub fn number(name: &'static str, label: &'static str) -> Self {
        Self { kind: "number", ..Self::text(name, label) }
    }

    /// A secret; may stay empty, where one is kept. Never filled.
    pub fn secret(name: &'static str, label: &'static str) -> Self {
        Self { kind: "password", optional: true, ..Self::text(name, label) }
    }

    pub fn password(name: &'static str, label: &'static str) -> Self {
        Self { kind: "password", ..Self::text(name, label) }
    }

    /// A date and time, in UTC; may stay empty.
    pub fn moment(name: &'static str, label: &'static str) -> Self {
        Self { kind: "datetime-local", optional: true, ..Self::text(name, label) }
    }

    #[must_use]
    pub fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    #[must_use]
    pub fn required(self) -> Self {
        Self { optional: false, ..self }
    }

    /// The id of a `<datalist>` with what is suggested.
    #[must_use]
    pub fn list(self, list: &'static str) -> Self {
        Self { list: Some(list), ..self }
    }

    /// An id or a slug: in the type of code.
    #[must_use]
    pub fn code(self) -> Self {
        Self { code: true, ..self }
    }

    /// `value` stands there unless the form was refused.
    pub fn draw(self, filled: &Filled, value: &str) -> AnyView {
        let value = filled.value(self.name, value);
        let required = !self.optional;
        field(filled, self.name, self.label, self.optional, self.help, |tied| {
            view! {
                <input
                    id=tied.id
                    name=self.name
                    type=self.kind
                    class=self.code.then_some("input-code")
                    value=value
                    list=self.list
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=tied.described_by
                    aria-invalid=tied.invalid
                    required=required
                />
            }
            .into_any()
        })
    }
}

/// Several lines of code, which may stay empty.
pub fn area(
    filled: &Filled,
    name: &'static str,
    label: &'static str,
    rows: u32,
    help: &'static str,
) -> AnyView {
    let value = filled.value(name, "");
    field(filled, name, label, true, Some(help), |tied| {
        let (invalid, described_by) = (tied.invalid.is_some(), tied.described_by.unwrap_or_default());
        view! {
            <TextArea
                id=tied.id
                name=name
                value=value
                rows=rows
                code=true
                invalid=invalid
                described_by=described_by
            />
        }
        .into_any()
    })
}

/// One of a list: the value and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A list to choose one from.
pub fn select(
    filled: &Filled,
    name: &'static str,
    label: &'static str,
    help: Option<&'static str>,
    choices: &[Choice],
    chosen: &str,
) -> AnyView {
    let chosen = filled.value(name, chosen);
    let options: Vec<AnyView> = choices
        .iter()
        .map(|choice| {
            let selected = choice.value == chosen;
            view! {
                <option value=choice.value.clone() selected=selected>
                    {plain(&choice.label)}
                </option>
            }
            .into_any()
        })
        .collect();
    field(filled, name, label, false, help, |tied| {
        view! {
            <select id=tied.id name=name aria-describedby=tied.described_by aria-invalid=tied.invalid>
                {options}
            </select>
        }
        .into_any()
    })
}

/// One of a few, each with what it does.
#[derive(Debug, Clone, Copy)]
pub struct Radio {
    pub value: &'static str,
    pub title: &'static str,
    pub help: &'static str,
}

/// Large radios. `class` is `radios`, `radios radios-row` or `radios radios-pairs`.
pub fn radios(
    filled: &Filled,
    name: &'static str,
    legend: &'static str,
    class: &'static str,
    choices: &[Radio],
    chosen: &str,
) -> AnyView {
    let chosen = filled.value(name, chosen);
    let complaint = filled.complaint(name);
    let error_id = complaint.as_ref().map(|_| format!("{}-error", filled.id(name)));
    let cards: Vec<AnyView> = choices
        .iter()
        .map(|choice| {
            let checked = choice.value == chosen;
            view! {
                <label class="radio-card">
                    <input type="radio" name=name value=choice.value checked=checked/>
                    <span class="radio-title">{choice.title}</span>
                    <span class="radio-help">{choice.help}</span>
                </label>
            }
            .into_any()
        })
        .collect();
    view! {
        <fieldset class=class id=filled.id(name) tabindex="-1" aria-describedby=error_id.clone()>
            <legend>{legend}</legend>
            {cards}
            {complaint.map(|text| complaint_of(error_id.clone(), text))}
        </fieldset>
    }
    .into_any()
}
