//! A rule as text: what is there without script. The same two buttons; the server answers with a page.

use super::read::{EditorData, Refused};
use super::save::SaveRuleText;
use crate::components::icon::{Glyph, Icon};
use crate::components::text_area::TextArea;
use crate::pages::decision::banner::with_code;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Hidden where there is script (style/rule.css).
pub fn text_form(data: &EditorData) -> AnyView {
    let refused = data.refused.clone();
    let text = refused.as_ref().and_then(|refused| refused.text.clone()).unwrap_or_else(|| data.yaml.clone());
    let unmatched = refused.as_ref().is_some_and(|refused| refused.unmatched).then(|| {
        view! {
            <label class="check">
                <input type="checkbox" name="allow_unmatched" value="yes"/>
                <span>"Save it although it restricts nothing at present"</span>
            </label>
        }
    });
    let invalid = refused.is_some();
    view! {
        <form class="form" method="post" action=SaveRuleText::url() data-without-script="">
            {refused.map(summary)}
            <input type="hidden" name="id" value=data.id.clone().unwrap_or_default()/>
            <input
                type="hidden"
                name="seen"
                value=data.version.map(|version| version.to_string()).unwrap_or_default()
            />
            <div class="field">
                <label for="rule-text">"Rule, as YAML"</label>
                <TextArea
                    id="rule-text"
                    name="text"
                    value=text
                    rows=24
                    described_by="rule-text-help"
                    code=true
                    invalid=invalid
                />
                <p class="field-help" id="rule-text-help">
                    "The same keys as in a bundle: name, tenant, effect (allow, require_approval or deny), roles, subjects, kinds, tools (or actions with resources), parameters, when, approval, valid."
                </p>
            </div>
            {unmatched}
            <div class="form-actions">
                <button class="button button-primary" name="status" value="enforced">
                    "Save and enforce"
                </button>
                <button class="button" name="status" value="shadow">
                    "Save as shadow"
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn summary(refused: Refused) -> AnyView {
    let items: Vec<AnyView> =
        refused.problems.iter().map(|problem| view! { <li>{with_code(problem)}</li> }.into_any()).collect();
    view! {
        <div class="form-summary" role="alert" tabindex="-1" autofocus=true>
            <Icon glyph=Glyph::Warning/>
            <div>
                <h2>"The rule was not saved"</h2>
                <ul>{items}</ul>
            </div>
        </div>
    }
    .into_any()
}
