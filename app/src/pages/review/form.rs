//! The labels of a review: prefilled from what the server hints at, until a person decides.

use super::mapping;
use super::read::ReviewView;
use super::save::ReviewTool;
use crate::components::icon::{Glyph, Icon};
use crate::components::text_area::TextArea;
use crate::pages::form::answer::Answer;
use crate::pages::form::input::{Filled, hidden};
use crate::pages::server::head::href_of;
use crate::routes::SERVER;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use policy::{ReviewState, Risk, Sensitivity};

/// The name of the form in addresses.
pub const FORM: &str = "review";

pub fn labels(tool: &ReviewView, answer: &Answer) -> AnyView {
    let filled = Filled::new(FORM, answer);
    let suggested = tool.review == ReviewState::New;
    let risks = Risk::ALL.iter().map(|risk| (risk.as_str(), risk_word(*risk)));
    let sensitivities = Sensitivity::ALL.iter().map(|label| (label.as_str(), sensitivity_word(*label)));
    view! {
        <section class="card" aria-labelledby="labels">
            <header class="card-head">
                <h2 id="labels">"Labels"</h2>
                <p>"Rules and records go by these, never by the server's hints."</p>
            </header>
            <form class="form card-body" method="post" action=ReviewTool::url()>
                {filled.summary()}
                {hidden("id", tool.id.clone())}
                {hidden("seen", tool.seen.clone().unwrap_or_default())}
                <div class="field-row">
                    {choice(&filled, "risk", "Risk", suggested, tool.risk.as_str(), risks)}
                    {choice(&filled, "sensitivity", "Sensitivity", false, tool.sensitivity.as_str(), sensitivities)}
                </div>
                {read_only(&filled, tool.read_only, suggested)}
                {redact(&filled, &tool.redact)}
                {check_schema(&filled, tool)}
                {tool.mapping.as_ref().map(|view| mapping::choice(&filled, view))}
                <div class="form-actions">
                    <button class="button button-primary">"Mark reviewed"</button>
                    <a class="button" href=href_of(&SERVER, &tool.server)>
                        "Cancel"
                    </a>
                    <span class="muted">{tool.after_review.clone()}</span>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn risk_word(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "Low",
        Risk::Medium => "Medium",
        Risk::High => "High",
        Risk::Critical => "Critical",
    }
}

fn sensitivity_word(label: Sensitivity) -> &'static str {
    match label {
        Sensitivity::Public => "Public",
        Sensitivity::Internal => "Internal",
        Sensitivity::Confidential => "Confidential",
        Sensitivity::Regulated => "Regulated",
    }
}

fn mark(suggested: bool) -> Option<AnyView> {
    suggested.then(|| {
        view! {
            " "
            <span class="suggested">"suggested by the server"</span>
        }
        .into_any()
    })
}

pub(super) fn complaint(filled: &Filled, name: &'static str) -> Option<AnyView> {
    filled.complaint(name).map(|text| {
        view! {
            <p class="field-error" id=format!("{FORM}-{name}-error")>
                <Icon glyph=Glyph::Warning/>
                {text}
            </p>
        }
        .into_any()
    })
}

fn choice(
    filled: &Filled,
    name: &'static str,
    label: &'static str,
    suggested: bool,
    chosen: &str,
    choices: impl Iterator<Item = (&'static str, &'static str)>,
) -> AnyView {
    let chosen = filled.value(name, chosen);
    let options: Vec<AnyView> = choices
        .map(|(value, word)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {word}
                </option>
            }
            .into_any()
        })
        .collect();
    let complaint = complaint(filled, name);
    let invalid = complaint.is_some();
    let id = format!("{FORM}-{name}");
    let described_by = invalid.then(|| format!("{id}-error"));
    view! {
        <div class=if invalid { "field field-invalid" } else { "field" }>
            <label for=id.clone()>{label} {mark(suggested)}</label>
            <select
                id=id
                name=name
                aria-describedby=described_by
                aria-invalid=invalid.then_some("true")
            >
                {options}
            </select>
            {complaint}
        </div>
    }
    .into_any()
}

fn read_only(filled: &Filled, otherwise: bool, suggested: bool) -> AnyView {
    let ticked = filled.ticked("read_only", "true", otherwise);
    view! {
        <label class="check">
            <input type="checkbox" name="read_only" value="true" checked=ticked/>
            <span>
                "It only reads" {mark(suggested)}
                <small>"Tick it only where the tool surely changes nothing. Rules may ask for it."</small>
            </span>
        </label>
    }
    .into_any()
}

fn redact(filled: &Filled, paths: &[String]) -> AnyView {
    let value = filled.value("redact", &paths.join("\n"));
    let complaint = complaint(filled, "redact");
    let invalid = complaint.is_some();
    let described_by = if invalid { "review-redact-help review-redact-error" } else { "review-redact-help" };
    view! {
        <div class=if invalid { "field field-invalid" } else { "field" }>
            <label for="review-redact">
                "Redacted arguments" <span class="optional">" optional"</span>
            </label>
            <TextArea
                id="review-redact"
                name="redact"
                value=value
                rows=4
                code=true
                described_by=described_by
                invalid=invalid
            />
            <p class="field-help" id="review-redact-help">
                "One path on each line, such as /customer/iban or /cards/*/number. Records keep a keyed digest in place of the value."
            </p>
            {complaint}
        </div>
    }
    .into_any()
}

/// Asked only where arguments cannot be checked, or were not so far; else they are.
fn check_schema(filled: &Filled, tool: &ReviewView) -> AnyView {
    if tool.unusable.is_none() && tool.check_schema {
        return hidden("check_schema", "true".to_owned());
    }
    let on = filled.ticked("check_schema", "true", tool.check_schema || tool.unusable.is_none());
    let help = if tool.unusable.is_some() {
        "The schema cannot be used, for the reason above. Switch this off to let calls pass without this check; rules with parameters still count."
    } else {
        "The check was switched off at the last review. The schema can be used now."
    };
    view! {
        <div class="field" id="review-check_schema" tabindex="-1">
            <label class="check">
                <input
                    type="checkbox"
                    class="switch"
                    role="switch"
                    name="check_schema"
                    value="true"
                    checked=on
                />
                <span>
                    "Check arguments against this schema"
                    <small>{help}</small>
                </span>
            </label>
            {complaint(filled, "check_schema")}
        </div>
    }
    .into_any()
}
