//! The rail: wordmark, tenant switch, search, navigation, the account. Under 1024 px it is a drawer (the HTML
//! popover).

use super::jump::{Jump, JumpField};
use super::read::FrameData;
use super::tenant_switch::TenantSwitch;
use super::waiting::{self, Waiting};
use crate::components::icon::{Glyph, Icon, Mark};
use crate::error::AppError;
use crate::routes::{ACCOUNT, APPROVALS, NavGroup, PAGES, Page, is_current};
use crate::session::SignedIn;
use crate::url::href;
use crate::wire::Resource;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

#[component]
pub fn Rail(
    signed_in: SignedIn,
    data: Resource<Result<FrameData, AppError>>,
    tenant: Memo<Option<String>>,
    waiting: Waiting,
    /// None: this role may find nothing.
    jump: Option<Jump>,
) -> impl IntoView {
    let path = use_location().pathname;
    let label = signed_in.label();
    let groups: Vec<AnyView> = NavGroup::ALL
        .iter()
        .filter_map(|group| {
            let pages: Vec<&'static Page> = PAGES
                .iter()
                .filter(|page| page.nav.is_some_and(|nav| nav.group == *group) && signed_in.sees(page))
                .collect();
            (!pages.is_empty()).then(|| {
                let badge =
                    |page: &Page| (page.path == APPROVALS.path).then(|| waiting::badge(data, waiting));
                draw_group(*group, pages, path, tenant, badge)
            })
        })
        .collect();
    view! {
        <header class="rail" id="rail" popover="auto">
            <div class="rail-brand">
                <a class="wordmark" href="/">
                    <Mark/>
                    "Countersign"
                </a>
                <button
                    type="button"
                    class="button button-quiet button-icon drawer-close"
                    popovertarget="rail"
                    popovertargetaction="hide"
                    aria-label="Close menu"
                >
                    <Icon glyph=Glyph::Cross/>
                </button>
            </div>
            <TenantSwitch data=data tenant=tenant/>
            {jump.map(|jump| view! { <JumpField jump=jump tenant=tenant/> })}
            <nav class="rail-nav" aria-label="Main">
                {groups}
            </nav>
            <a
                class="rail-account"
                href=ACCOUNT.path
                aria-current=move || is_current(&ACCOUNT, &path.get()).then_some("page")
            >
                <Icon glyph=Glyph::Account/>
                <span>
                    <b class="cut">{signed_in.name}</b>
                    <span class="cut">{label}</span>
                </span>
            </a>
        </header>
    }
}

fn draw_group(
    group: NavGroup,
    pages: Vec<&'static Page>,
    path: Memo<String>,
    tenant: Memo<Option<String>>,
    badge: impl Fn(&Page) -> Option<AnyView>,
) -> AnyView {
    let entries: Vec<AnyView> =
        pages.into_iter().filter_map(|page| draw_entry(page, path, tenant, badge(page))).collect();
    view! {
        <div class="rail-group">
            {group.heading().map(|heading| view! { <h2>{heading}</h2> })}
            <ul>{entries}</ul>
        </div>
    }
    .into_any()
}

fn draw_entry(
    page: &'static Page,
    path: Memo<String>,
    tenant: Memo<Option<String>>,
    badge: Option<AnyView>,
) -> Option<AnyView> {
    let nav = page.nav?;
    let entry = view! {
        <li>
            <a
                href=move || tenant.with(|tenant| href(page.path, [("tenant", tenant.as_deref())]))
                aria-current=move || is_current(page, &path.get()).then_some("page")
            >
                <Icon glyph=nav.icon/>
                {nav.label}
                {badge}
            </a>
        </li>
    };
    Some(entry.into_any())
}
