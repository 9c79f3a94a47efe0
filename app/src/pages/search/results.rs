//! The results of a search: one card per kind, a row is one link.

use super::found::{Found, Group, Hit, Kind};
use super::query::LONGEST;
use crate::components::icon::Icon;
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::count::Count;
use leptos::prelude::*;

/// What stands below the field.
pub fn results(found: Found) -> AnyView {
    if found.too_long {
        return nothing(
            "This search is too long",
            format!("Search for {LONGEST} characters at the most."),
            None,
        );
    }
    if found.groups.is_empty() {
        return not_found(found);
    }
    let cards: Vec<AnyView> = found.groups.into_iter().map(card).collect();
    view! { <div class="stack">{cards}</div> }.into_any()
}

fn card(group: Group) -> AnyView {
    let Group { kind, hits, more, all } = group;
    let count = Count { more, ..Count::new(hits.len()) }.words();
    let all = all.map(|href| view! { <a href=href>{format!("All in {}", kind.title())}</a> });
    let rows: Vec<AnyView> = hits.into_iter().map(|hit| row(kind, hit)).collect();
    view! {
        <section class="card" aria-label=kind.title()>
            <header class="card-head">
                <h2>{kind.title()}</h2>
                <span class="hit-count">{count}</span>
                {all}
            </header>
            <ul class="hits">{rows}</ul>
        </section>
    }
    .into_any()
}

fn row(kind: Kind, hit: Hit) -> AnyView {
    view! {
        <li class="hit">
            <Icon glyph=kind.glyph()/>
            <a class="hit-name row-link" href=hit.href>
                <UntrustedLine text=hit.name/>
            </a>
            {beside(hit.detail, hit.note)}
        </li>
    }
    .into_any()
}

/// What tells a thing from others of its name.
pub fn beside(detail: Option<String>, note: Option<String>) -> AnyView {
    let detail = detail.map(|detail| {
        view! {
            " "
            <span class="hit-detail">
                <UntrustedLine text=detail/>
            </span>
        }
    });
    let note = note.map(|note| {
        view! {
            " "
            <span class="hit-note">{note}</span>
        }
    });
    view! {
        {detail}
        {note}
    }
    .into_any()
}

fn not_found(found: Found) -> AnyView {
    let everywhere = found.query.tenant.is_some().then(|| {
        let href = super::query::SearchQuery { tenant: None, ..found.query }.href();
        view! {
            <a class="button" href=href>
                "Search in all tenants"
            </a>
        }
        .into_any()
    });
    let text = "No name holds this text, and no resource's id begins with it. Decisions, changes and tasks are found by their whole id.";
    nothing("Nothing found", text.to_owned(), everywhere)
}

fn nothing(title: &'static str, text: String, way_on: Option<AnyView>) -> AnyView {
    view! {
        <section class="empty empty-filtered">
            <h2>{title}</h2>
            <p>{text}</p>
            {way_on}
        </section>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::pages::search::query::SearchQuery;

    fn found(name: &str, more: bool) -> Found {
        let hit = Hit {
            href: "/servers/crm".to_owned(),
            name: name.to_owned(),
            detail: None,
            note: Some("Disabled".to_owned()),
        };
        let all = more.then(|| "/servers?q=crm".to_owned());
        let group = Group { kind: Kind::Server, hits: vec![hit], more, all };
        Found { groups: vec![group], ..Found::default() }
    }

    #[test]
    fn names_stay_text() {
        let html = results(found("<img src=x>\u{202E}", false)).to_html();
        assert!(html.contains("&lt;img src=x>") || html.contains("&lt;img src=x&gt;"), "{html}");
        assert!(html.contains("U+202E") && !html.contains('\u{202E}'), "{html}");
        assert!(!html.contains("All in Servers"), "{html}");
    }

    #[test]
    fn further_ones_are_a_link_away() {
        let html = results(found("crm", true)).to_html();
        assert!(html.contains("1 or more") && html.contains("All in Servers"), "{html}");
    }

    #[test]
    fn nothing_in_one_tenant_leads_to_all_of_them() {
        let query = SearchQuery::new("x", Some("acme".to_owned()));
        let html = results(Found { query, ..Found::default() }).to_html();
        assert!(html.contains("href=\"/search?q=x\""), "{html}");
        assert!(!results(Found::default()).to_html().contains("all tenants"));
        assert!(results(Found { too_long: true, ..Found::default() }).to_html().contains("200 characters"));
    }
}
