//! The filters above the list of rules: a form that works by GET, and the chips of those that are set.

use super::query::{RuleQuery, status_label};
use crate::components::chips::FilterChips;
use crate::components::fields::{FilterField, SearchField, options, submit};
use crate::components::icon::{Glyph, Icon};
use crate::pages::rule::draft::EffectChoice;
use crate::routes::RULES;
use leptos::prelude::*;
use leptos_router::components::Form;
use policy::labels::RuleStatus;

#[component]
pub fn Filters(query: RuleQuery) -> impl IntoView {
    let active = query.active_filters();
    let effects = EffectChoice::ALL.iter().map(|effect| (effect.as_str(), effect.label()));
    let statuses = RuleStatus::ALL.iter().map(|status| (status.as_str(), status_label(*status)));
    view! {
        <Form method="get" action=RULES.path attr:class="filters">
            <SearchField name="search" what="Rule, role or tool" value=query.search.clone()/>
            <label class="filter">
                <span>"Effect"</span>
                <select name="effect" on:change=submit>
                    {options("Any", query.effect.map(EffectChoice::as_str), effects)}
                </select>
            </label>
            <label class="filter">
                <span>"Status"</span>
                <select name="status" on:change=submit>
                    {options("Any", query.status.map(RuleStatus::as_str), statuses)}
                </select>
            </label>
            <details class="menu" name="menu">
                <summary class="button">
                    <Icon glyph=Glyph::Filter/>
                    <span>"More filters"</span>
                </summary>
                <div class="menu-panel menu-end">
                    <div class="form">
                        <FilterField id="filter-tenant" name="tenant" label="Tenant" value=query.tenant.clone()/>
                        <FilterField
                            id="filter-tool"
                            name="tool"
                            label="Tool, as server/name"
                            value=query.tool.clone()
                        />
                        <div class="form-actions">
                            <button class="button button-primary">"Apply"</button>
                        </div>
                    </div>
                </div>
            </details>
            <button class="button filters-apply">"Apply"</button>
        </Form>
        <FilterChips filters=active clear=RULES.path/>
    }
}
