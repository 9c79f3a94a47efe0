//! What every list is made of: a search above, a table (cards on narrow screens), and the ways on below.

use super::fields::SearchField;
use super::icon::{Glyph, Icon};
use leptos::prelude::*;
use leptos_router::components::Form;

/// A column of a table, by the words above it.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    Text(&'static str),
    /// A figure or a moment: at the right.
    Figure(&'static str),
    /// Leaves on screens of middle width.
    Mid(&'static str),
    /// The buttons of a row.
    Actions,
}

impl Column {
    fn head(self) -> AnyView {
        let (class, words) = match self {
            Self::Text(words) => (None, words),
            Self::Figure(words) => (Some("num"), words),
            Self::Mid(words) => (Some("col-mid"), words),
            Self::Actions => {
                return view! {
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                }
                .into_any();
            }
        };
        view! {
            <th scope="col" class=class>
                {words}
            </th>
        }
        .into_any()
    }
}

/// A table in a card of its own; `caption` says what it lists, and in which order.
pub fn framed(caption: &'static str, columns: &[Column], rows: Vec<AnyView>) -> AnyView {
    view! { <div class="table-frame">{table("table table-roomy", caption, columns, rows)}</div> }.into_any()
}

/// A table within a card that has more than it.
pub fn carded(caption: &'static str, columns: &[Column], rows: Vec<AnyView>) -> AnyView {
    table("table", caption, columns, rows)
}

fn table(class: &'static str, caption: &'static str, columns: &[Column], rows: Vec<AnyView>) -> AnyView {
    let heads: Vec<AnyView> = columns.iter().copied().map(Column::head).collect();
    view! {
        <table class=class>
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// How many rows stand here: "1 role", "12 roles".
pub fn counted(count: usize, one: &str, many: &str) -> String {
    let words = if count == 1 { one } else { many };
    format!("{count} {words}")
}

/// Below a list that begins behind a cursor: how many stand here, the way to its beginning, and the way on.
pub fn ways_on(summary: String, first: Option<String>, next: Option<String>) -> AnyView {
    if first.is_none() && next.is_none() {
        return view! { <p class="paging">{summary}</p> }.into_any();
    }
    view! {
        <nav class="paging" aria-label="Pages">
            <span>{summary}</span>
            {first.map(|href| view! { <a class="button button-small" href=href>"Back to the first"</a> })}
            {next.map(|href| view! { <a class="button button-small" rel="next" href=href>"Next"</a> })}
        </nav>
    }
    .into_any()
}

/// Searches a list; `what` says where in. `kept` are the filters that stay as they are, by name.
pub fn search<const N: usize>(
    path: &'static str,
    what: &'static str,
    value: Option<String>,
    kept: [(&'static str, Option<String>); N],
) -> AnyView {
    let kept: Vec<AnyView> = kept
        .into_iter()
        .filter_map(|(name, value)| {
            let value = value?;
            Some(view! { <input type="hidden" name=name value=value/> }.into_any())
        })
        .collect();
    view! {
        <Form method="get" action=path attr:class="filters">
            <SearchField name="q" what=what value=value/>
            {kept}
            <button class="button filters-apply">"Search"</button>
        </Form>
    }
    .into_any()
}

/// In a page's head: the way to the form that adds one, as `words` say it.
pub fn adding(href: String, words: &'static str) -> AnyView {
    view! {
        <div class="page-actions">
            <a class="button button-primary" href=href rel="external">
                <Icon glyph=Glyph::Plus/>
                {words}
            </a>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "identity", "identities"), "1 identity");
        assert_eq!(counted(0, "identity", "identities"), "0 identities");
        assert_eq!(counted(50, "identity", "identities"), "50 identities");
    }
}
