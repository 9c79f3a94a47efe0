//! The form of a trial: works by GET, so a trial can be linked, and needs no script.

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
    let wrong =
        |field: &str| problem.as_ref().filter(|note| note.field == field).map(|note| note.text.clone());
    let (subject, tool, arguments) = (wrong("subject"), wrong("tool"), wrong("arguments"));
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
    let invalid = arguments.is_some();
    let text = query.arguments.clone().unwrap_or_else(|| "{}".to_owned());
    view! {
        <Form method="get" action=TRY.path attr:class="form">
            <div class=field_class(subject.is_some())>
                <label for="try-subject">"Subject"</label>
                <input
                    id="try-subject"
                    name="subject"
                    type="text"
                    class="input-code"
                    list="try-subjects"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby="try-subject-error"
                    aria-invalid=subject.is_some().then_some("true")
                    value=query.subject.clone()
                    prop:value=query.subject.clone().unwrap_or_default()
                />
                {subjects("try-subjects", &choices.subjects)}
                {complaint("try-subject-error", subject.clone())}
            </div>
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
            <div class=field_class(tool.is_some())>
                <label for="try-tool">"Tool"</label>
                <input
                    id="try-tool"
                    name="tool"
                    type="text"
                    class="input-code"
                    list="try-tools"
                    placeholder="server/tool"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby="try-tool-error"
                    aria-invalid=tool.is_some().then_some("true")
                    value=query.tool.clone()
                    prop:value=query.tool.clone().unwrap_or_default()
                />
                {tools("try-tools", &choices.tools)}
                {complaint("try-tool-error", tool.clone())}
            </div>
            <div class=field_class(invalid)>
                <label for="try-arguments">"Arguments"</label>
                <TextArea
                    id="try-arguments"
                    name="arguments"
                    value=text.clone()
                    rows=10
                    described_by="try-arguments-error"
                    code=true
                    invalid=invalid
                    prop:value=text
                />
                {complaint("try-arguments-error", arguments)}
            </div>
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

fn field_class(invalid: bool) -> &'static str {
    if invalid { "field field-invalid" } else { "field" }
}

fn complaint(id: &'static str, text: Option<String>) -> AnyView {
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
