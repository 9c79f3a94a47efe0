//! The filters above the list: a form that works by GET, and the chips of those that are set.

use super::query::{DecisionQuery, Span};
use crate::components::chips::FilterChips;
use crate::components::fields::{FilterField, SearchField, options, submit};
use crate::components::icon::{Glyph, Icon};
use crate::pages::rule::draft::moment_text;
use crate::routes::DECISIONS;
use crate::verdict::Verdict;
use leptos::prelude::*;
use leptos_router::components::Form;
use policy::Reason;

#[component]
pub fn Filters(query: DecisionQuery) -> impl IntoView {
    let active = query.active_filters();
    let outcomes = Verdict::ALL.iter().map(|verdict| (verdict.as_str(), verdict.label()));
    let outcomes = options("Any", query.outcome.map(Verdict::as_str), outcomes);
    let spans = Span::ALL.iter().map(|span| (span.as_str(), span.label()));
    let spans = options("Any", query.time.map(Span::as_str), spans);
    view! {
        <Form method="get" action=DECISIONS.path attr:class="filters">
            <SearchField name="subject" what="Subject id" value=query.subject.clone()/>
            <label class="filter">
                <span>"Outcome"</span>
                <select
                    name="outcome"
                    prop:value=query.outcome.map_or("", Verdict::as_str)
                    on:change=submit
                >
                    {outcomes}
                </select>
            </label>
            <label class="filter">
                <span>"Time"</span>
                <select name="time" prop:value=query.time.map_or("", Span::as_str) on:change=submit>
                    {spans}
                </select>
            </label>
            {more(&query)}
            <button class="button filters-apply">"Apply"</button>
        </Form>
        <FilterChips filters=active clear=DECISIONS.path/>
    }
}

/// Filters that are used less.
fn more(query: &DecisionQuery) -> AnyView {
    let reasons = Reason::ALL.iter().map(|reason| (reason.code(), reason.title()));
    let reasons = options("Any", query.reason.as_deref(), reasons);
    view! {
        <details class="menu" name="menu">
            <summary class="button">
                <Icon glyph=Glyph::Filter/>
                <span>"More filters"</span>
            </summary>
            <div class="menu-panel menu-end">
                <div class="form">
                    <FilterField id="filter-tenant" name="tenant" label="Tenant" value=query.tenant.clone()/>
                    <FilterField id="filter-server" name="server" label="Server" value=query.server.clone()/>
                    <FilterField id="filter-tool" name="tool" label="Tool" value=query.tool.clone()/>
                    <FilterField id="filter-resource" name="resource" label="Resource, as type/id" value=query.resource.clone()/>
                    <FilterField moment=true id="filter-from" name="from" label="From, in UTC" value=query.from.as_deref().map(moment_text)/>
                    <FilterField moment=true id="filter-to" name="to" label="Before, in UTC" value=query.to.as_deref().map(moment_text)/>
                    <div class="field">
                        <label for="filter-reason">"Reason"</label>
                        <select
                            id="filter-reason"
                            name="reason"
                            prop:value=query.reason.clone().unwrap_or_default()
                        >
                            {reasons}
                        </select>
                    </div>
                    <div class="form-actions">
                        <button class="button button-primary">"Apply"</button>
                    </div>
                </div>
            </div>
        </details>
    }
    .into_any()
}
