//! The form of a trial: works by GET, so a trial can be linked, and needs no script.

use super::other;
use super::query::TryQuery;
use crate::components::icon::{Glyph, Icon};
use crate::components::text_area::TextArea;
use crate::components::untrusted::plain;
use crate::pages::decision::banner::with_code;
use crate::pages::form::is_bound;
use crate::pages::rule::draft::Note;
use crate::pages::rule::read::{Choices, SubjectOption, ToolOption};
use crate::routes::TRY;
use leptos::prelude::*;
use leptos_router::components::Form;

/// `problem` is what was wrong with the call that was asked.
#[component]
pub fn TryForm(query: TryQuery, choices: Choices, problem: Option<Note>) -> impl IntoView {
    let problem = problem.as_ref();
    let call = match &query.other {
        Some(asked) => other::fields(asked, problem),
        None => tool_call(&query, &choices, problem),
    };
    let parties = parties(&query, &choices, problem);
    view! {
        <Form method="get" action=TRY.path attr:class="form">
            {parties} {call}
            <div class="form-actions">
                <button class="button button-primary">
                    <Icon glyph=Glyph::Try/>
                    "Decide"
                </button>
                <span class="muted">"Nothing is recorded."</span>
            </div>
        </Form>
    }
}

/// Who calls, through whom, and where.
fn parties(query: &TryQuery, choices: &Choices, problem: Option<&Note>) -> AnyView {
    let subject = Line { list: Some("try-subjects"), ..Line::new("try-subject", "subject", "Subject") };
    let tenant = query.tenant.clone().unwrap_or_default();
    // Of others than the reader's nothing is told, and nothing counts here.
    let only =
        if is_bound() { "The only one of yours they belong to" } else { "The only one they belong to" };
    let tenants: Vec<AnyView> = std::iter::once(("", only))
        .chain(choices.tenants.iter().map(|slug| (slug.as_str(), slug.as_str())))
        .map(|(value, label)| {
            view! {
                <option value=value.to_owned() selected=value == tenant>
                    {label.to_owned()}
                </option>
            }
            .into_any()
        })
        .collect();
    view! {
        {subject.draw(query.subject.as_ref(), problem)}
        {subjects("try-subjects", &choices.subjects)}
        <div class="field">
            <label for="try-agent">
                "Through " <span class="optional">"optional"</span>
            </label>
            <input
                id="try-agent"
                name="agent"
                type="text"
                class="input-code"
                list="try-subjects"
                placeholder="agent that acts"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                value=query.agent.clone()
                prop:value=query.agent.clone().unwrap_or_default()
            />
        </div>
        <div class="field">
            <label for="try-tenant">"Tenant"</label>
            <select id="try-tenant" name="tenant">
                {tenants}
            </select>
        </div>
    }
    .into_any()
}

fn tool_call(query: &TryQuery, choices: &Choices, problem: Option<&Note>) -> AnyView {
    let tool =
        Line { list: Some("try-tools"), hint: Some("server/tool"), ..Line::new("try-tool", "tool", "Tool") };
    let arguments = Json {
        id: "try-arguments",
        name: "arguments",
        label: "Arguments",
        optional: false,
        help: None,
        rows: 10,
    };
    view! {
        {tool.draw(query.tool.as_ref(), problem)}
        {tools("try-tools", &choices.tools)}
        {arguments.draw(query.arguments.as_deref().unwrap_or("{}"), problem)}
    }
    .into_any()
}

/// A field that is typed in one line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) id: &'static str,
    /// The parameter of the address; what is wrong with it is noted under the same name.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    /// The element that holds what may be meant.
    pub(super) list: Option<&'static str>,
    pub(super) hint: Option<&'static str>,
}

impl Line {
    pub(super) fn new(id: &'static str, name: &'static str, label: &'static str) -> Self {
        Self { id, name, label, list: None, hint: None }
    }

    pub(super) fn draw(self, value: Option<&String>, problem: Option<&Note>) -> AnyView {
        let Self { id, name, label, list, hint } = self;
        let (wrong, error) = (wrong(problem, name), format!("{id}-error"));
        let invalid = wrong.is_some();
        view! {
            <div class=field_class(invalid)>
                <label for=id>{label}</label>
                <input
                    id=id
                    name=name
                    type="text"
                    class="input-code"
                    list=list
                    placeholder=hint
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=error.clone()
                    aria-invalid=invalid.then_some("true")
                    value=value.cloned()
                    prop:value=value.cloned().unwrap_or_default()
                />
                {complaint(error.clone(), wrong)}
            </div>
        }
        .into_any()
    }
}

/// A field of JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Json {
    pub(super) id: &'static str,
    /// As of a [`Line`].
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) optional: bool,
    /// The element that says more.
    pub(super) help: Option<&'static str>,
    pub(super) rows: u32,
}

impl Json {
    pub(super) fn draw(self, text: &str, problem: Option<&Note>) -> AnyView {
        let Self { id, name, label, optional, help, rows } = self;
        let (wrong, error) = (wrong(problem, name), format!("{id}-error"));
        let invalid = wrong.is_some();
        let described = help.map_or_else(|| error.clone(), |help| format!("{error} {help}"));
        let optional = optional.then(|| view! { <span class="optional">" optional"</span> });
        view! {
            <div class=field_class(invalid)>
                <label for=id>{label} {optional}</label>
                <TextArea
                    id=id
                    name=name
                    value=text
                    rows=rows
                    described_by=described
                    code=true
                    invalid=invalid
                    prop:value=text.to_owned()
                />
                {complaint(error.clone(), wrong)}
            </div>
        }
        .into_any()
    }
}

fn wrong(problem: Option<&Note>, field: &str) -> Option<String> {
    problem.filter(|note| note.field == field).map(|note| note.text.clone())
}

fn field_class(invalid: bool) -> &'static str {
    if invalid { "field field-invalid" } else { "field" }
}

fn complaint(id: String, text: Option<String>) -> AnyView {
    view! {
        <div id=id>
            {text
                .map(|text| {
                    view! {
                        <p class="field-error">
                            <Icon glyph=Glyph::Warning/>
                            <span>{with_code(&text)}</span>
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}

/// Subjects to choose from while typing.
pub fn subjects(id: &'static str, subjects: &[SubjectOption]) -> AnyView {
    let options: Vec<AnyView> = subjects
        .iter()
        .map(|subject| {
            let label = (subject.name != subject.id).then(|| plain(&subject.name));
            view! { <option value=subject.id.clone()>{label}</option> }.into_any()
        })
        .collect();
    view! { <datalist id=id>{options}</datalist> }.into_any()
}

/// Tools to choose from while typing.
pub fn tools(id: &'static str, tools: &[ToolOption]) -> AnyView {
    let options: Vec<AnyView> = tools
        .iter()
        .map(|tool| view! { <option value=format!("{}/{}", tool.server, tool.name)></option> }.into_any())
        .collect();
    view! { <datalist id=id>{options}</datalist> }.into_any()
}
