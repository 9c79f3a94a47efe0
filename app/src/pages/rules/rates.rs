//! `/rules/rates`: how often what each rule asks for is approved, for those who write rules and who audit them. Of single
//! requests it tells nothing: those are read by whoever answers them.

use crate::components::empty::Empty;
use crate::components::icon::Glyph;
use crate::components::loaded::loaded;
use crate::components::page_head::Crumbs;
use crate::drawn::{self, server_drawn};
use crate::error::AppError;
use crate::pages::approvals::rate_card;
use crate::pages::approvals::read::Rates;
use crate::routes::{RULE_RATES, RULES};
use crate::url::{parameter, use_parameters};
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;

/// Of one tenant, or of all that the reader reaches. None: nothing was decided.
#[cfg(feature = "ssr")]
pub async fn read_rates(tenant: Option<String>) -> Result<Option<Rates>, AppError> {
    crate::session::require_within(crate::permission::Permission::ReadDecisions)?;
    // They tell of rules as well as of what came of calls.
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::ReadRules)?;
    let console = crate::console::Console::current()?;
    server::rates(&console, &signed_in, &reach, tenant).await
}

drawn::unread!(read_rates(Option<String>) -> Result<Option<Rates>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::approvals::gather::own;
    use crate::pages::approvals::query::ApprovalsQuery;
    use crate::pages::approvals::rates::{drawn, page_of, since};
    use crate::pages::approvals::read::Rates;
    use crate::pages::form::read::refuse_zero;
    use crate::permission::Permission;
    use crate::session::SignedIn;
    use policy::{Reach, RuleId, TenantSlug};
    use store::approvals::ApprovalFilter;

    pub(super) async fn rates(
        console: &Console,
        signed_in: &SignedIn,
        reach: &Reach,
        tenant: Option<String>,
    ) -> Result<Option<Rates>, AppError> {
        let history = ApprovalsQuery { tenant, ..ApprovalsQuery::history() };
        refuse_zero([&history.tenant])?;
        let (tenant, own) = (history.tenant.as_deref().map(TenantSlug::from), own(reach));
        let filter =
            ApprovalFilter { tenant: tenant.as_ref(), tenants: own.as_deref(), ..ApprovalFilter::default() };
        let found = console.store.approval_rates(&filter, since(console.now())).await?;
        // The requests behind it are for those who answer requests; for others it is the rule.
        let reads_requests = signed_in.may(Permission::Approve);
        let leads_to = |rule: &RuleId| {
            if reads_requests {
                ApprovalsQuery { rule: Some(rule.to_string()), ..history.clone() }.href()
            } else {
                page_of(rule)
            }
        };
        Ok(drawn(&found, leads_to))
    }
}

#[component]
pub fn RuleRatesPage() -> impl IntoView {
    server_drawn(RULE_RATES, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let tenant = Memo::new(move |_| map.with(|map| parameter(map, "tenant")));
    let found = resource(move || tenant.get(), read_rates);
    view! {
        <Title text=RULE_RATES.title/>
        <header class="page-head">
            <Crumbs href=RULES.path label="Rules"/>
            <h1>{RULE_RATES.title}</h1>
        </header>
        <p class="page-lead">
            "What came of calls that waited for a person. A rule whose requests are always approved is a candidate to allow, and one whose requests are always denied to deny."
        </p>
        {loaded(found, draw)}
    }
}

fn draw(rates: Option<Rates>) -> AnyView {
    match rates {
        Some(rates) => view! { <div class="stack">{rate_card::draw(rates)}</div> }.into_any(),
        None => view! {
            <Empty
                glyph=Glyph::Rules
                title="Nothing was decided yet"
                text="Each rule that asks for approval appears here once a request is over that it asked for."
            >
                <p>"A rule that says “Allow once approved” or “Always ask” makes calls wait."</p>
            </Empty>
        }
        .into_any(),
    }
}
