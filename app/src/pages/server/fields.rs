//! Fields that the forms of servers share.

use crate::components::icon::{Glyph, Icon};
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::input::Filled;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A tenant that may be given the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantChoice {
    pub slug: String,
    pub name: String,
}

/// One box for each tenant. `form` is the name of the form that `filled` is for; `held` those that have it now.
pub fn tenants(filled: &Filled, form: &str, choices: &[TenantChoice], held: &[String]) -> AnyView {
    let id = format!("{form}-tenants");
    let complaint = filled.complaint("tenants");
    let error_id = complaint.as_ref().map(|_| format!("{id}-error"));
    let boxes: Vec<AnyView> = choices
        .iter()
        .map(|choice| {
            let ticked = filled.ticked("tenants", &choice.slug, held.contains(&choice.slug));
            view! {
                <label class="check">
                    <input type="checkbox" name="tenants[]" value=choice.slug.clone() checked=ticked/>
                    <span>
                        <UntrustedLine text=choice.name.clone()/>
                        <small class="mono">{choice.slug.clone()}</small>
                    </span>
                </label>
            }
            .into_any()
        })
        .collect();
    let help = if choices.is_empty() {
        "There is no tenant yet. The server can be given to tenants once there are some."
    } else {
        "Calls of every other tenant are denied."
    };
    let described = error_id.clone();
    view! {
        <fieldset class="field" id=id tabindex="-1" aria-describedby=described>
            <legend>"Tenants that may use it"</legend>
            {boxes}
            <p class="field-help">{help}</p>
            {complaint
                .map(|text| {
                    view! {
                        <p class="field-error" id=error_id>
                            <Icon glyph=Glyph::Warning/>
                            {text}
                        </p>
                    }
                })}
        </fieldset>
    }
    .into_any()
}

/// A switch with what it does.
pub fn switch(
    filled: &Filled,
    name: &'static str,
    label: &'static str,
    help: &'static str,
    otherwise: bool,
) -> AnyView {
    let on = filled.ticked(name, "true", otherwise);
    view! {
        <label class="check">
            <input type="checkbox" class="switch" role="switch" name=name value="true" checked=on/>
            <span>
                {label}
                <small>{help}</small>
            </span>
        </label>
    }
    .into_any()
}
