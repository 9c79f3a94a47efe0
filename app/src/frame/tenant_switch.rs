//! The tenant switch: one tenant or all of them, kept in `?tenant=` so that links can be shared.

use super::read::{FrameData, TenantOption};
use crate::components::icon::{Glyph, Icon};
use crate::components::untrusted::plain;
use crate::error::AppError;
use crate::url::href;
use crate::wire::Resource;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Nothing while there is no tenant to choose, or the tenants could not be read: pages say why.
#[component]
pub fn TenantSwitch(
    data: Resource<Result<FrameData, AppError>>,
    tenant: Memo<Option<String>>,
) -> impl IntoView {
    let path = use_location().pathname;
    view! {
        <Transition fallback=|| ()>
            {move || Suspend::new(async move {
                match data.await {
                    Ok(data) if !data.tenants.is_empty() => draw(data.tenants, path, tenant),
                    _ => ().into_any(),
                }
            })}
        </Transition>
    }
}

fn draw(tenants: Vec<TenantOption>, path: Memo<String>, chosen: Memo<Option<String>>) -> AnyView {
    let names = tenants.clone();
    let current = move || match chosen.get() {
        None => "All tenants".to_owned(),
        Some(slug) => names
            .iter()
            .find(|tenant| tenant.slug == slug)
            .map_or_else(|| slug.clone(), |tenant| plain(&tenant.name)),
    };
    let options: Vec<AnyView> = tenants.into_iter().map(|tenant| option(tenant, path, chosen)).collect();
    view! {
        <details class="menu tenant-switch" name="menu">
            <summary>
                <Icon glyph=Glyph::Tenant/>
                <span class="visually-hidden">"Tenant: "</span>
                <span class="cut">{current}</span>
                <Icon glyph=Glyph::ChevronDown/>
            </summary>
            <ul class="menu-list">
                <li>
                    <a
                        href=move || path.get()
                        aria-current=move || chosen.get().is_none().then_some("true")
                    >
                        "All tenants"
                    </a>
                </li>
                {options}
            </ul>
        </details>
    }
    .into_any()
}

fn option(tenant: TenantOption, path: Memo<String>, chosen: Memo<Option<String>>) -> AnyView {
    let TenantOption { slug, name } = tenant;
    let link = {
        let slug = slug.clone();
        move || href(&path.get(), [("tenant", Some(slug.as_str()))])
    };
    let current = move || chosen.with(|chosen| chosen.as_deref() == Some(slug.as_str())).then_some("true");
    view! {
        <li>
            <a href=link aria-current=current>
                {plain(&name)}
            </a>
        </li>
    }
    .into_any()
}
