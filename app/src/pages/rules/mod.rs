//! `/rules`: every rule as a sentence, with what is odd about it.

pub mod filters;
pub mod query;
pub mod rates;
pub mod read;
pub mod table;

use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes;
use crate::session;
use crate::url::{href, use_parameters};
use crate::wire::resource;
use filters::Filters;
use leptos::prelude::*;
use query::RuleQuery;
use read::list_rules;
use table::RuleTable;

#[component]
pub fn RulesPage() -> impl IntoView {
    server_drawn(routes::RULES, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let query = Memo::new(move |_| map.with(RuleQuery::read));
    let list = resource(move || query.get(), list_rules);
    let may_write = session::current().is_some_and(|signed_in| signed_in.may(Permission::WriteRules));
    let new = move || query.with(|query| href(routes::RULE_NEW.path, [("tenant", query.tenant.as_deref())]));
    let rates =
        move || query.with(|query| href(routes::RULE_RATES.path, [("tenant", query.tenant.as_deref())]));
    let primary = may_write.then(|| {
        view! {
            <a class="button button-primary" href=new>
                <Icon glyph=Glyph::Plus/>
                "New rule"
            </a>
        }
    });
    view! {
        <PageHead title="Rules">
            <div class="page-actions">
                <a class="button" href=rates>
                    "Approval rates"
                </a>
                {primary}
            </div>
        </PageHead>
        {move || view! { <Filters query=query.get()/> }}
        {loaded(list, |list| view! { <RuleTable list=list/> }.into_any())}
    }
}
