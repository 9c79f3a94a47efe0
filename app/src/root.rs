//! The root: who is signed in, the frame, and which page stands at which path.

use crate::frame::Frame;
use crate::pages::access::AccessPage;
use crate::pages::account::AccountPage;
use crate::pages::accounts::AccountsPage;
use crate::pages::approval::ApprovalPage;
use crate::pages::approvals::ApprovalsPage;
use crate::pages::change::ChangePage;
use crate::pages::changes::ChangesPage;
use crate::pages::decision::DecisionPage;
use crate::pages::decisions::DecisionsPage;
use crate::pages::emergency::EmergencyPage;
use crate::pages::evidence::EvidencePage;
use crate::pages::issuer::IssuerPage;
use crate::pages::issuers::IssuersPage;
use crate::pages::keys::KeysPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::notifications::NotificationsPage;
use crate::pages::overview::OverviewPage;
use crate::pages::providers::ProvidersPage;
use crate::pages::request::RequestPage;
use crate::pages::resources::ResourcesPage;
use crate::pages::resources::imports::ImportPage;
use crate::pages::resources::one::ResourcePage;
use crate::pages::review::ReviewPage;
use crate::pages::role::RolePage;
use crate::pages::roles::RolesPage;
use crate::pages::rule::history::RuleHistoryPage;
use crate::pages::rule::{NewRulePage, RulePage};
use crate::pages::rules::RulesPage;
use crate::pages::rules::rates::RuleRatesPage;
use crate::pages::search::SearchPage;
use crate::pages::server::ServerPage;
use crate::pages::server::activity::ServerActivityPage;
use crate::pages::server::connect::ServerConnectPage;
use crate::pages::server::settings::ServerSettingsPage;
use crate::pages::servers::{RegisterPage, ServersPage};
use crate::pages::subject::SubjectPage;
use crate::pages::subjects::SubjectsPage;
use crate::pages::tasks::TasksPage;
use crate::pages::tasks::one::TaskPage;
use crate::pages::tenants::TenantsPage;
use crate::pages::tokens::TokensPage;
use crate::pages::tool::ToolPage;
use crate::pages::try_call::TryPage;
use crate::pages::unmapped::UnmappedPage;
use crate::session;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

/// What every title ends with.
pub const TITLE_END: &str = " · Countersign";

/// leptos_meta writes the title into the head as it is, so the server escapes it; the browser's
/// `document.title` takes plain text.
fn page_title(title: String) -> String {
    let whole = format!("{title}{TITLE_END}");
    if cfg!(feature = "ssr") { whole.replace('&', "&amp;").replace('<', "&lt;") } else { whole }
}

/// The app, on the server and in the browser. Every route waits for its data, so that pages are whole without
/// script; `routes::PAGES` names the same paths.
#[component]
pub fn App() -> impl IntoView {
    // Before anything here names the document anew.
    #[cfg(not(feature = "ssr"))]
    crate::drawn::remember_title();
    provide_meta_context();
    // The browser reads what the server wrote; it has no other way to know.
    if let Some(signed_in) = SharedValue::new(session::current).into_inner() {
        provide_context(signed_in);
    }
    view! {
        <Title formatter=page_title/>
        <Router>
            <Frame>
                <FlatRoutes fallback=|| view! { <NotFoundPage/> }>
                    <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async/>
                    <Route path=path!("/approvals") view=ApprovalsPage ssr=SsrMode::Async/>
                    <Route path=path!("/approvals/:id") view=ApprovalPage ssr=SsrMode::Async/>
                    <Route path=path!("/requests/:id") view=RequestPage ssr=SsrMode::Async/>
                    <Route path=path!("/decisions") view=DecisionsPage ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/:id") view=DecisionPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules") view=RulesPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/new") view=NewRulePage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/rates") view=RuleRatesPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/:id") view=RulePage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/:id/history") view=RuleHistoryPage ssr=SsrMode::Async/>
                    <Route path=path!("/try") view=TryPage ssr=SsrMode::Async/>
                    <Route path=path!("/access") view=AccessPage ssr=SsrMode::Async/>
                    <Route path=path!("/servers") view=ServersPage ssr=SsrMode::Async/>
                    <Route path=path!("/servers/new") view=RegisterPage ssr=SsrMode::Async/>
                    <Route path=path!("/servers/:slug") view=ServerPage ssr=SsrMode::Async/>
                    <Route path=path!("/servers/:slug/connect") view=ServerConnectPage ssr=SsrMode::Async/>
                    <Route path=path!("/servers/:slug/activity") view=ServerActivityPage ssr=SsrMode::Async/>
                    <Route path=path!("/servers/:slug/settings") view=ServerSettingsPage ssr=SsrMode::Async/>
                    <Route path=path!("/tools/:id") view=ToolPage ssr=SsrMode::Async/>
                    <Route path=path!("/tools/:id/review") view=ReviewPage ssr=SsrMode::Async/>
                    <Route path=path!("/resources") view=ResourcesPage ssr=SsrMode::Async/>
                    <Route path=path!("/resources/:id") view=ResourcePage ssr=SsrMode::Async/>
                    <Route path=path!("/resources/imports/:id") view=ImportPage ssr=SsrMode::Async/>
                    <Route path=path!("/subjects") view=SubjectsPage ssr=SsrMode::Async/>
                    <Route path=path!("/subjects/:id") view=SubjectPage ssr=SsrMode::Async/>
                    <Route path=path!("/roles") view=RolesPage ssr=SsrMode::Async/>
                    <Route path=path!("/roles/:id") view=RolePage ssr=SsrMode::Async/>
                    <Route path=path!("/tasks") view=TasksPage ssr=SsrMode::Async/>
                    <Route path=path!("/tasks/:id") view=TaskPage ssr=SsrMode::Async/>
                    <Route path=path!("/issuers") view=IssuersPage ssr=SsrMode::Async/>
                    <Route path=path!("/issuers/:id") view=IssuerPage ssr=SsrMode::Async/>
                    <Route path=path!("/unmapped") view=UnmappedPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/tenants") view=TenantsPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/keys") view=KeysPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/tokens") view=TokensPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/accounts") view=AccountsPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/sign-in") view=ProvidersPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/notifications") view=NotificationsPage ssr=SsrMode::Async/>
                    <Route path=path!("/changes") view=ChangesPage ssr=SsrMode::Async/>
                    <Route path=path!("/changes/:id") view=ChangePage ssr=SsrMode::Async/>
                    <Route path=path!("/evidence") view=EvidencePage ssr=SsrMode::Async/>
                    <Route path=path!("/emergency") view=EmergencyPage ssr=SsrMode::Async/>
                    <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async/>
                    <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async/>
                    <Route path=path!("/*rest") view=NotFoundPage ssr=SsrMode::Async/>
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
