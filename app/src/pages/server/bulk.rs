//! New tools: each with a box, so that several can be marked as reviewed at once, with the labels that are suggested.

use super::counts::tools;
use super::head::review_link;
use super::read::{ToolGroup, ToolLine};
use super::save::ReviewTools;
use super::tools::{effect, group, title};
use crate::components::icon::{Glyph, Icon};
use crate::components::risk::RiskBars;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::input::Filled;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlFormElement, HtmlInputElement};

/// The name of the form in addresses.
pub const FORM: &str = "bulk";

#[component]
pub fn NewTools(group: ToolGroup, slug: String, answer: Answer, may_write: bool) -> impl IntoView {
    let markable = may_write && group.lines.iter().any(|line| line.mark.is_some());
    let table = table(group, may_write, markable);
    if !markable {
        return table;
    }
    let form = NodeRef::<html::Form>::new();
    let chosen = RwSignal::new(0_usize);
    let recount = move || {
        if let Some(form) = form.get_untracked() {
            chosen.set(boxes(&form).iter().filter(|one| one.checked()).count());
        }
    };
    // The browser may bring ticks back that were there before the page was loaded anew.
    Effect::new(move |_| recount());
    let tick_all = move |_| {
        if let Some(form) = form.get_untracked() {
            for one in boxes(&form) {
                one.set_checked(true);
            }
        }
        recount();
    };
    let label = move || match chosen.get() {
        0 => "Mark the ticked ones reviewed".to_owned(),
        count => format!("Mark {count} reviewed"),
    };
    view! {
        <form
            class="tool-group"
            method="post"
            action=ReviewTools::url()
            node_ref=form
            on:change=move |_| recount()
        >
            {Filled::new(FORM, &answer).summary()}
            <input type="hidden" name="slug" value=slug/>
            {table}
            <div class="form-actions">
                <button class="button">{label}</button>
                <button type="button" class="button button-quiet" data-needs-script="" on:click=tick_all>
                    "Tick all"
                </button>
                <span class="muted">
                    "With the labels shown. Calls pass from then on where a rule allows them."
                </span>
            </div>
        </form>
    }
    .into_any()
}

fn boxes(form: &HtmlFormElement) -> Vec<HtmlInputElement> {
    let Ok(found) = form.query_selector_all("input[type=checkbox]") else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

fn table(found: ToolGroup, may_write: bool, markable: bool) -> AnyView {
    let more = found.count - found.lines.len();
    let rows: Vec<AnyView> = found.lines.into_iter().map(|line| row(&line, may_write, markable)).collect();
    let heads: &[(&str, &str)] = if markable {
        &[
            (".Tick", "col-fit"),
            ("Tool", ""),
            ("Suggested risk", ""),
            ("Sensitivity", "col-mid"),
            ("Effect", "col-mid"),
            (".Actions", ""),
        ]
    } else {
        &[
            ("Tool", ""),
            ("Suggested risk", ""),
            ("Sensitivity", "col-mid"),
            ("Effect", "col-mid"),
            (".Actions", ""),
        ]
    };
    let lead = format!("{}, never reviewed. Calls are denied.", tools(found.count));
    group("New", lead, "New tools", heads, rows, more)
}

fn row(line: &ToolLine, may_write: bool, markable: bool) -> AnyView {
    let tick = markable.then(|| {
        let tick = line.mark.clone().map(|mark| {
            let label = format!("Tick {}", plain(&line.name));
            view! { <input type="checkbox" name="tools[]" value=mark aria-label=label autocomplete="off"/> }
        });
        view! { <td class="cell-lead col-fit">{tick}</td> }
    });
    let flag = line.unusable.is_some().then(|| {
        view! {
            <span class="flag">
                <Icon glyph=Glyph::Warning/>
                "its schema cannot be used"
            </span>
        }
    });
    let review = may_write.then(|| review_link(&line.id, &line.name));
    view! {
        <tr>
            {tick}
            {title(line)}
            <td data-label="Risk">
                <RiskBars risk=line.risk/>
                " "
                <span class="suggested">"suggested"</span>
                {flag}
            </td>
            <td data-label="Sensitivity" class="col-mid">
                {line.sensitivity.as_str()}
            </td>
            <td data-label="Effect" class="col-mid">
                {effect(line.read_only)}
            </td>
            <td class="cell-actions">{review}</td>
        </tr>
    }
    .into_any()
}
