//! How the browser puts in what the server drew.

use crate::error::AppError;
use crate::root::TITLE_END;
use leptos::prelude::*;
use leptos::reactive::owner::Owner;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomParser, Element, Event, FormData, HtmlElement, HtmlFormElement, HtmlSelectElement, Response,
    SubmitEvent, SupportedType, UrlSearchParams,
};

/// The body of the page at the current address, and of those after it that the same route serves.
pub(super) fn body(route: &'static str, failed: RwSignal<Option<AppError>>) -> AnyView {
    // Then the body stands there already, and is not touched.
    let placed = Owner::current_shared_context().is_some_and(|context| context.during_hydration());
    // The document's title is asked for until another page names it, which may be after this page has gone.
    let title = ArcRwSignal::new(
        use_context::<LoadedTitle>().filter(|_| placed).map_or_else(|| "Loading".to_owned(), |title| title.0),
    );
    let html = RwSignal::new(if placed { String::new() } else { skeleton() });
    let location = use_location();
    let named = title.clone();
    Effect::new(move |before: Option<String>| {
        let address =
            format!("{}{}", location.pathname.get(), location.search.with(|search| question(search)));
        let unchanged = before.as_ref() == Some(&address) || (before.is_none() && placed);
        // The address moves on before this page goes.
        if !unchanged && location.pathname.with_untracked(|path| is_of(route, path)) {
            let (asked, title) = (address.clone(), named.clone());
            spawn_local(async move {
                let answer = fetch(&asked).await;
                let now = || {
                    let search = location.search.try_get_untracked()?;
                    Some(format!("{}{}", location.pathname.try_get_untracked()?, question(&search)))
                };
                // Whoever has moved on, perhaps to a page of another kind, is not shown the page before.
                if html.is_disposed() || now() != Some(asked.clone()) {
                    return;
                }
                match answer {
                    Ok(Some((named, drawn))) => {
                        title.set(without_end(&named));
                        failed.set(None);
                        let held = held();
                        html.set(drawn);
                        if let Some(held) = held {
                            request_animation_frame(move || put_back(&held));
                        }
                    }
                    // It is another kind of page, or another place: the browser goes there by itself.
                    Ok(None) => drop(window().location().assign(&asked)),
                    Err(why) => failed.set(Some(AppError::unreachable(&format!("{why:?}")))),
                }
            });
        }
        address
    });
    let navigate = use_navigate();
    let submit = move |event: SubmitEvent| {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        if let Some(address) = form.as_ref().and_then(address_of) {
            event.prevent_default();
            navigate(&address, NavigateOptions::default());
        }
    };
    view! {
        <Title text=move || title.get()/>
        <div class="drawn" inner_html=move || html.try_get().unwrap_or_default() on:submit=submit on:change=choose></div>
    }
    .into_any()
}

/// As `components::empty::Skeleton`.
fn skeleton() -> String {
    let lines = "<span class=\"skeleton-line\"></span>".repeat(12);
    format!(
        "<div class=\"skeleton\" aria-hidden=\"true\">{lines}</div><p class=\"visually-hidden\" role=\"status\">Loading</p>"
    )
}

/// What the page was called that the browser loaded.
#[derive(Clone)]
struct LoadedTitle(String);

/// Once, when the app begins: its own first title is an empty one.
pub fn remember_title() {
    provide_context(LoadedTitle(without_end(&document().title())));
}

/// The page's own words, to which the app puts its name again.
fn without_end(title: &str) -> String {
    title.strip_suffix(TITLE_END).unwrap_or(title).to_owned()
}

fn question(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{search}") }
}

/// Whether a path is one that the route serves: `/tools/{id}` serves `/tools/x`.
fn is_of(route: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// A choice among filters applies at once.
fn choose(event: Event) {
    let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
    let form = select.and_then(|select| select.form());
    if let Some(form) = form.filter(|form| form.class_list().contains("filters")) {
        // Fails where the form is not complete; the browser then says what is missing.
        let _ = form.request_submit();
    }
}

/// How what has the focus in the body is found in the one that replaces it: the same field, button or link.
/// None where the focus is elsewhere.
fn held() -> Option<String> {
    let active = document().active_element()?;
    active.closest(".drawn").ok().flatten()?;
    let quoted = |element: &Element, name: &str| Some(format!("[{name}={:?}]", element.get_attribute(name)?));
    let form = active.closest("form").ok().flatten().and_then(|form| quoted(&form, "action"));
    let form = form.map(|action| format!("form{action} ")).unwrap_or_default();
    let own = ["id", "name", "href"].into_iter().find_map(|name| quoted(&active, name)).unwrap_or_default();
    Some(format!(".drawn {form}{}{own}", active.local_name()))
}

/// The focus of a body that was replaced is with nothing. What is gone leaves it to the page.
fn put_back(held: &str) {
    if document().active_element().is_some_and(|active| active.local_name() != "body") {
        return;
    }
    let found = document().query_selector(held).ok().flatten();
    let place = found.or_else(|| document().get_element_by_id("main"));
    if let Some(place) = place.and_then(|place| place.dyn_into::<HtmlElement>().ok()) {
        let _ = place.focus();
    }
}

/// Where a form leads that only asks.
fn address_of(form: &HtmlFormElement) -> Option<String> {
    if form.method() != "get" {
        return None;
    }
    let data = FormData::new_with_form(form).ok()?;
    let query = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    let path = form.get_attribute("action")?;
    Some(format!("{path}?{}", String::from(query.to_string())))
}

/// Title and body of a page; none where what came is not drawn by the server alone.
async fn fetch(address: &str) -> Result<Option<(String, String)>, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(address)).await?.dyn_into()?;
    if response.redirected() {
        return Ok(None);
    }
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let page = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    let body = page.query_selector("main > .drawn")?;
    Ok(body.map(|body| (page.title(), body.inner_html())))
}
