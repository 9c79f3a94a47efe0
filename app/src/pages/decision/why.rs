//! Why: the rules that applied, strictest first; nearest misses with the failing part marked; shadow rules; notes.

use super::banner::with_code;
use super::view::{MissLine, RuleLine, Why};
use crate::components::icon::{Glyph, Icon};
use crate::components::pill::EffectPill;
use crate::components::untrusted::UntrustedLine;
use crate::verdict::Verdict;
use leptos::prelude::*;
use policy::decision::Part;

#[component]
pub fn WhyCard(why: Why, verdict: Verdict) -> impl IntoView {
    let lead = lead(&why, verdict);
    let rules = if why.rules.is_empty() {
        view! { <p class="why-none">"None."</p> }.into_any()
    } else {
        let rules: Vec<AnyView> = why.rules.into_iter().map(rule).collect();
        view! { <ul class="why">{rules}</ul> }.into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Why"</h2>
                <p>{lead}</p>
            </header>
            <h3 class="why-title">"Rules that applied"</h3>
            {rules}
            {group("Nearest misses", why.nearest, miss)}
            {group("Shadow rules", why.shadow, rule)}
            {group("Notes", why.notes, note)}
        </section>
    }
}

fn lead(why: &Why, verdict: Verdict) -> &'static str {
    match (verdict, why.rules.is_empty()) {
        (Verdict::Allowed, true) => "Allowed without a rule.",
        (Verdict::Allowed, false) => "A rule allows this call, and none forbids it.",
        (Verdict::Waiting, _) => "A rule lets it pass once a person approved it.",
        (Verdict::Denied, true) => "No rule applied.",
        (Verdict::Denied, false) => "The strictest rule decides.",
    }
}

/// A titled list; nothing where it is empty.
fn group<T>(title: &'static str, items: Vec<T>, draw: fn(T) -> AnyView) -> Option<AnyView> {
    if items.is_empty() {
        return None;
    }
    let items: Vec<AnyView> = items.into_iter().map(draw).collect();
    let list = view! {
        <h3 class="why-title">{title}</h3>
        <ul class="why">{items}</ul>
    };
    Some(list.into_any())
}

fn rule(rule: RuleLine) -> AnyView {
    let unknown = rule.unknown.map(|note| {
        view! {
            <p class="sentence">
                "Could not be told, so it counts against the caller: "
                <UntrustedLine text=note/>
            </p>
        }
    });
    view! {
        <li class="why-rule">
            <EffectPill words=rule.words/>
            <div>
                <h4>
                    <UntrustedLine text=rule.name/>
                    {rule.version.map(|version| view! { <small>{format!("version {version}")}</small> })}
                </h4>
                {rule.approval.map(|approval| view! { <p class="sentence">{approval}</p> })}
                {unknown}
            </div>
        </li>
    }
    .into_any()
}

fn miss(miss: MissLine) -> AnyView {
    let parts: Vec<AnyView> = if miss.parameters.is_empty() {
        let text = view! { <mark>{with_code(&miss.text)}</mark> };
        vec![failed(part_name(miss.part), text.into_any())]
    } else {
        miss.parameters
            .into_iter()
            .map(|parameter| {
                let path = if parameter.path.is_empty() { "arguments".to_owned() } else { parameter.path };
                let text = view! {
                    <code>
                        <UntrustedLine text=path/>
                    </code>
                    " "
                    <UntrustedLine text=parameter.bound/>
                    ", "
                    <mark>
                        <UntrustedLine text=parameter.was/>
                    </mark>
                };
                failed(part_name(miss.part), text.into_any())
            })
            .collect()
    };
    view! {
        <li class="why-rule near-miss">
            <span class="pill">"Allow"</span>
            <div>
                <h4>
                    <UntrustedLine text=miss.name/>
                </h4>
                <ul class="parts">{parts}</ul>
            </div>
        </li>
    }
    .into_any()
}

/// The part that failed, by icon and in words.
fn failed(part: &'static str, text: AnyView) -> AnyView {
    view! {
        <li class="part part-failed">
            <Icon glyph=Glyph::Cross/>
            <span>
                <span class="visually-hidden">{format!("Failed, {part}: ")}</span>
                {text}
            </span>
        </li>
    }
    .into_any()
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Parameters => "parameters",
        Part::Condition => "condition",
        Part::Validity => "validity",
        Part::Label => "label of the tool",
        Part::Who => "who",
    }
}

fn note(note: String) -> AnyView {
    view! {
        <li class="why-rule">
            <span class="pill">"Note"</span>
            <div>
                <p class="sentence">{with_code(&note)}</p>
            </div>
        </li>
    }
    .into_any()
}
