//! The filters above the list of changes: a form that works by GET, and the chips of those that are set.

use super::query::ChangeQuery;
use super::words::KINDS;
use crate::components::chips::FilterChips;
use crate::components::fields::{FilterField, SearchField, options, submit};
use crate::components::icon::{Glyph, Icon};
use crate::routes::CHANGES;
use leptos::prelude::*;
use leptos_router::components::Form;

#[component]
pub fn Filters(query: ChangeQuery) -> impl IntoView {
    let active = query.active_filters();
    view! {
        <Form method="get" action=CHANGES.path attr:class="filters">
            <SearchField name="actor" what="Who changed it" value=query.actor.clone()/>
            <label class="filter">
                <span>"Kind"</span>
                <select name="kind" prop:value=query.kind.clone().unwrap_or_default() on:change=submit>
                    {options("Any", query.kind.as_deref(), KINDS.iter().copied())}
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
                        <FilterField id="filter-object" name="object" label="Object id" value=query.object.clone()/>
                        <div class="form-actions">
                            <button class="button button-primary">"Apply"</button>
                        </div>
                    </div>
                </div>
            </details>
            <button class="button filters-apply">"Apply"</button>
        </Form>
        <FilterChips filters=active clear=CHANGES.path/>
    }
}
