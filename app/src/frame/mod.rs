//! The frame around every page: rail with tenants, search and navigation, a bar on narrow screens, the main area.

pub mod alarm;
pub mod jump;
mod jump_list;
pub mod rail;
pub mod read;
pub mod tenant_switch;
pub mod waiting;

use crate::components::copyable;
use crate::components::icon::{Glyph, Icon, Mark};
use crate::components::list_keys::ListKeys;
use crate::error::AppError;
use crate::pages::form::notice::end_undo;
use crate::pages::search::found::Kind;
use crate::permission::ConsoleRole;
use crate::routes::SEARCH;
use crate::session;
use crate::url::href;
use crate::wire::{Resource, resource};
use jump::{Jump, JumpBox};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_router::hooks::use_location;
use rail::Rail;
use read::{FrameData, read_frame};
use waiting::Waiting;
use web_sys::HtmlElement;

/// What the frame shows of the server, for pages that need it too.
#[derive(Clone, Copy)]
pub struct FrameResource(pub Resource<Result<FrameData, AppError>>);

/// The tenant that `?tenant=` names; none for all of them.
#[derive(Clone, Copy)]
pub struct ChosenTenant(pub Memo<Option<String>>);

/// Draws the frame around `children`, the pages.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let data = resource(|| (), |()| read_frame());
    provide_context(FrameResource(data));
    let waiting = Waiting::new();
    provide_context(waiting);
    let query = crate::url::use_parameters();
    let tenant = Memo::new(move |_| query.with(|map| crate::url::parameter(map, "tenant")));
    provide_context(ChosenTenant(tenant));
    let signed_in = session::current();
    // Who may find nothing has nowhere to jump.
    let finds =
        signed_in.as_ref().is_some_and(|signed_in| signed_in.sees(&SEARCH) && Kind::any_for(signed_in.role));
    let jump = finds.then(Jump::create);
    follow_navigation(jump);
    copyable::listen();
    end_undo();
    let is_approver = signed_in.as_ref().is_some_and(|signed_in| signed_in.role == ConsoleRole::Approver);
    let bottom_bar = is_approver.then(|| waiting::bottom_bar(data, waiting));
    let rail = signed_in.map(
        |signed_in| view! { <Rail signed_in=signed_in data=data tenant=tenant waiting=waiting jump=jump/> },
    );
    let to_search = jump.map(|_| {
        view! {
            <a
                class="button button-quiet button-icon"
                href=move || tenant.with(|tenant| href(SEARCH.path, [("tenant", tenant.as_deref())]))
                aria-label="Search"
            >
                <Icon glyph=Glyph::Search/>
            </a>
        }
    });
    let jump_box = jump.map(|jump| view! { <JumpBox jump=jump tenant=tenant/> });
    view! {
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <Transition fallback=|| ()>
            {move || Suspend::new(async move {
                data.await.ok().and_then(|data| data.alarm).map(alarm::draw)
            })}
        </Transition>
        <div class="frame">
            {rail}
            <div class="main">
                <nav class="topbar" aria-label="Top">
                    <button
                        type="button"
                        class="button button-quiet button-icon"
                        popovertarget="rail"
                        aria-label="Menu"
                    >
                        <Icon glyph=Glyph::Menu/>
                    </button>
                    <a class="wordmark" href="/">
                        <Mark/>
                        "Countersign"
                    </a>
                    {to_search}
                </nav>
                <main id="main" tabindex="-1" class="page">
                    {children()}
                </main>
            </div>
        </div>
        {bottom_bar}
        {jump_box}
        <ListKeys/>
    }
}

/// After a navigation in the browser: the drawer, open menus and the jump box close, and the new page takes the
/// focus.
fn follow_navigation(jump: Option<Jump>) {
    let location = use_location();
    Effect::new(move |previous: Option<String>| {
        let path = location.pathname.get();
        location.search.track();
        if let Some(previous) = previous {
            close_menus();
            if let Some(jump) = jump {
                jump.close();
            }
            if previous != path {
                focus_main();
            }
        }
        path
    });
}

fn close_menus() {
    if let Some(rail) = element("rail") {
        // Fails where it is no open popover: on wide screens.
        let _ = rail.hide_popover();
    }
    if let Ok(open) = document().query_selector_all("details.menu[open]") {
        for index in 0..open.length() {
            let menu = open.get(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
            if let Some(menu) = menu {
                let _ = menu.remove_attribute("open");
            }
        }
    }
}

fn focus_main() {
    if let Some(main) = element("main") {
        let _ = main.focus();
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}
