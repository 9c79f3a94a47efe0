//! Before and after, with what was removed and added marked. Not coloured as effects.

use super::untrusted::drawn;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A part of a text that is the same on both sides, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub text: String,
    pub same: bool,
}

/// One aligned row. A side that is none was not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffRow {
    pub field: String,
    pub before: Option<Vec<Run>>,
    pub after: Option<Vec<Run>>,
    pub same: bool,
}

/// Which side of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Side {
    fn label(self) -> &'static str {
        match self {
            Self::Before => "Before",
            Self::After => "After",
        }
    }
}

#[component]
pub fn DiffTable(caption: &'static str, rows: Vec<DiffRow>) -> impl IntoView {
    let rows: Vec<AnyView> = rows.into_iter().map(row).collect();
    view! {
        <table class="diff">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Field"</th>
                    <th scope="col">"Before"</th>
                    <th scope="col">"After"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// What the marks mean.
#[component]
pub fn DiffLegend() -> impl IntoView {
    view! {
        <p class="diff-legend">
            <ins>"added"</ins>
            " "
            <del>"removed"</del>
        </p>
    }
}

fn row(row: DiffRow) -> AnyView {
    view! {
        <tr class=row.same.then_some("diff-same")>
            <th scope="row">{row.field}</th>
            {cell(Side::Before, row.before)}
            {cell(Side::After, row.after)}
        </tr>
    }
    .into_any()
}

fn cell(side: Side, runs: Option<Vec<Run>>) -> AnyView {
    match runs {
        None => view! {
            <td data-label=side.label() class="diff-none">
                <span>"not set"</span>
            </td>
        }
        .into_any(),
        Some(runs) => {
            let runs: Vec<AnyView> = runs.into_iter().map(|run| mark(side, &run)).collect();
            view! {
                <td data-label=side.label()>
                    <span class="untrusted">{runs}</span>
                </td>
            }
            .into_any()
        }
    }
}

fn mark(side: Side, run: &Run) -> AnyView {
    let text = drawn(&run.text, true);
    match (run.same, side) {
        (true, _) => text.into_any(),
        (false, Side::Before) => view! { <del>{text}</del> }.into_any(),
        (false, Side::After) => view! { <ins>{text}</ins> }.into_any(),
    }
}
