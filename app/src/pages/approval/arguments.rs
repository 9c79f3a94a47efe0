//! The exact arguments as a table, what differs from the last time beside what it was, and raw behind a toggle.

use super::view::{AlsoBound, CheckedArguments, CheckedRow, Was};
use crate::components::json::RawJson;
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedFlags, UntrustedLine};
use crate::pages::decision::arguments::value;
use leptos::prelude::*;

pub fn card(arguments: CheckedArguments) -> AnyView {
    let changed = arguments.rows.iter().filter(|row| row.was != Was::Same).count();
    let against = arguments.against.map(|at| {
        let words = match changed {
            0 => "Nothing differs from this caller's last call that was allowed, ".to_owned(),
            1 => "One value differs from this caller's last call that was allowed, ".to_owned(),
            more => format!("{more} values differ from this caller's last call that was allowed, "),
        };
        view! {
            <p class="card-foot">
                {words}
                <Time moment=at/>
                "."
            </p>
        }
    });
    let hidden = arguments.hidden.then(|| {
        view! { <p class="card-foot">"Values that the tool redacts are shown to those who may decide alone."</p> }
    });
    let more = more(arguments.more);
    let table = table("Arguments of the call", arguments.rows);
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Arguments"</h2>
                <p>{arguments.lead}</p>
            </header>
            {table}
            {against}
            {hidden}
            {more}
            <div class="card-body">
                <UntrustedFlags text=arguments.raw.clone()/>
            </div>
            <RawJson label="Raw arguments" text=arguments.raw/>
        </section>
    }
    .into_any()
}

/// What else is bound; none where there is nothing.
pub fn also(bound: AlsoBound) -> Option<AnyView> {
    if bound.rows.is_empty() && !bound.missing {
        return None;
    }
    let mapped = bound.mapped.then(|| {
        view! {
            <p class="card-foot">
                "Under /mapping stands what the tool's mapping asks for beside the call. Properties and context that it names are bound as well, and not recorded."
            </p>
        }
    });
    let missing = bound.missing.then(|| {
        view! {
            <p class="card-foot">
                <b>
                    "The record of the denied call cannot be read: what was said of action and resource, and what the tool's mapping came to, is not shown."
                </b>
            </p>
        }
    });
    let more = more(bound.more);
    let raw = (!bound.rows.is_empty()).then(|| {
        view! {
            <div class="card-body">
                <UntrustedFlags text=bound.raw.clone()/>
            </div>
            <RawJson label="Raw values" text=bound.raw/>
        }
    });
    let table = table("What else the approval is bound to", bound.rows);
    let view = view! {
        <section class="card">
            <header class="card-head">
                <h2>"Also bound"</h2>
                <p>"Another value of these is another call."</p>
            </header>
            {table}
            {mapped}
            {missing}
            {more}
            {raw}
        </section>
    };
    Some(view.into_any())
}

fn more(count: usize) -> Option<AnyView> {
    (count > 0).then(|| {
        view! {
            <p class="card-foot">
                <b>{format!("{count} more values are among the raw ones below.")}</b>
            </p>
        }
        .into_any()
    })
}

fn table(caption: &'static str, rows: Vec<CheckedRow>) -> Option<AnyView> {
    (!rows.is_empty()).then(|| {
        let rows: Vec<AnyView> = rows.into_iter().map(row).collect();
        view! {
            <table class="args-table">
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Path"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"Type"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    })
}

fn row(row: CheckedRow) -> AnyView {
    let path = if row.path.is_empty() { "(all)".to_owned() } else { row.path };
    let changed = row.was != Was::Same;
    // Of what was redacted no type is known.
    let kind = (!row.kind.is_empty()).then_some(row.kind);
    view! {
        <tr class=changed.then_some("arg-changed")>
            <th scope="row">
                <code>
                    <UntrustedLine text=path/>
                </code>
            </th>
            <td data-label="Value">{value(row.value, changed)} {was(row.was)}</td>
            <td data-label="Type">{kind}</td>
        </tr>
    }
    .into_any()
}

fn was(was: Was) -> Option<AnyView> {
    let words = match was {
        Was::Same => return None,
        Was::New => view! { "not sent before" }.into_any(),
        Was::Unknown => view! { "cannot be held against the last one, which was redacted" }.into_any(),
        Was::Other(text) => view! {
            "was "
            <s>
                <UntrustedLine text=text mono=true/>
            </s>
        }
        .into_any(),
    };
    Some(view! { <span class="was">{words}</span> }.into_any())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::pages::decision::view::ArgumentValue;

    fn html(value: &str, was: Was) -> String {
        let row = CheckedRow {
            path: "/note".to_owned(),
            value: ArgumentValue::Text(value.to_owned()),
            kind: "string".to_owned(),
            was,
        };
        let raw = format!("{{\"note\":{}}}", serde_json::Value::from(value));
        let arguments = CheckedArguments { rows: vec![row], raw, ..CheckedArguments::default() };
        let owner = Owner::new();
        owner.with(|| card(arguments).to_html())
    }

    #[test]
    fn hostile_values_are_seen_and_do_not_act() {
        let hostile = "<img src=x onerror=alert(1)>\u{202E}pay\u{200B}";
        for was in [Was::Same, Was::New, Was::Other(hostile.to_owned())] {
            let html = html(hostile, was);
            assert!(
                !html.contains("<img") && !html.contains('\u{202E}') && !html.contains('\u{200B}'),
                "{html}"
            );
            assert!(html.contains("U+202E") && html.contains("U+200B"), "{html}");
            assert!(html.contains("2 hidden characters"), "{html}");
        }
        assert!(html("p\u{0430}ypal", Was::Same).contains("mixes Latin and Cyrillic letters"));
    }

    fn bound(rows: Vec<CheckedRow>, missing: bool) -> Option<String> {
        let raw = rows.first().map(|row| format!("{{{:?}: 1}}", row.path)).unwrap_or_default();
        let bound = AlsoBound { rows, raw, missing, ..AlsoBound::default() };
        let owner = Owner::new();
        owner.with(|| Some(also(bound)?.to_html()))
    }

    #[test]
    fn what_else_is_bound_is_shown_as_text_of_others() {
        let hostile = "<img src=x onerror=alert(1)>\u{202E}";
        let row = CheckedRow {
            path: format!("/context/{hostile}"),
            value: ArgumentValue::Text(hostile.to_owned()),
            kind: "string".to_owned(),
            was: Was::Same,
        };
        let html = bound(vec![row], false).expect("a card");
        assert!(html.contains("Also bound") && !html.contains("cannot be read"), "{html}");
        assert!(!html.contains("<img") && !html.contains('\u{202E}'), "{html}");
        assert!(html.contains("U+202E") && !html.contains("<mark"), "{html}");
    }

    #[test]
    fn where_nothing_else_is_bound_nothing_is_drawn_unless_it_cannot_be_told() {
        assert_eq!(bound(Vec::new(), false), None);
        let html = bound(Vec::new(), true).expect("a card");
        assert!(html.contains("The record of the denied call cannot be read"), "{html}");
        assert!(!html.contains("<table") && !html.contains("Raw values"), "{html}");
    }

    #[test]
    fn what_differs_is_marked_and_says_what_it_was() {
        let changed = html("700", Was::Other("70".to_owned()));
        assert!(
            changed.contains("<mark") && changed.contains("<s>") && changed.contains("arg-changed"),
            "{changed}"
        );
        let same = html("700", Was::Same);
        assert!(!same.contains("<mark") && !same.contains("was "), "{same}");
        assert!(html("700", Was::New).contains("not sent before"));
    }

    #[test]
    fn a_long_value_is_shown_whole_on_demand() {
        assert!(html(&"x".repeat(2_500), Was::New).contains("Show all 2500 characters"));
    }
}
