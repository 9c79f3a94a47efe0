//! The chains: one for each run of a server, newest first.

use super::read::{ChainLine, ChainList};
use crate::components::copyable::Copyable;
use crate::components::definition::Nothing;
use crate::components::empty::EmptyFiltered;
use crate::components::list::counted;
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::routes::EVIDENCE;
use leptos::prelude::*;

pub fn table(list: ChainList) -> AnyView {
    if list.lines.is_empty() {
        return view! { <EmptyFiltered text="No chain began before this one." clear=EVIDENCE.path/> }
            .into_any();
    }
    let summary = counted(list.lines.len(), "chain", "chains");
    let newest = (!list.newest).then_some(EVIDENCE.path);
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    view! {
        <div class="table-frame">
            <table class="table table-roomy">
                <caption class="visually-hidden">"Chains, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Instance"</th>
                        <th scope="col">"Chain"</th>
                        <th scope="col">"Started"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="num">
                            "Records"
                        </th>
                        <th scope="col" class="col-mid">
                            "Last hash"
                        </th>
                        <th scope="col" class="col-mid num">
                            "Last checkpoint"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <nav class="paging" aria-label="Pages">
            <span>{summary}</span>
            {newest.map(|href| view! { <a class="button button-small" href=href>"Back to the newest"</a> })}
            {list.older.map(|href| view! { <a class="button button-small" rel="next" href=href>"Older"</a> })}
        </nav>
    }
    .into_any()
}

fn row(line: ChainLine) -> AnyView {
    let checkpoint = match line.checkpoint {
        Some(at) => view! { <Time moment=at/> }.into_any(),
        None => view! { <Nothing/> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-title" data-label="Instance">
                <b>
                    <UntrustedLine text=line.instance/>
                </b>
                <small>
                    "version "
                    <UntrustedLine text=line.version/>
                </small>
            </td>
            <td data-label="Chain">
                <Copyable value=line.id what="chain id"/>
            </td>
            <td data-label="Started">
                <Time moment=line.started/>
            </td>
            <td data-label="State">
                <span>
                    {line.state}
                    " "
                    <Time moment=line.seen/>
                </span>
            </td>
            <td data-label="Records" class="num">
                <span>{line.records}</span>
                {line.removed.map(|removed| view! { <small>{removed}</small> })}
            </td>
            <td data-label="Last hash" class="col-mid">
                <Copyable value=line.hash what="hash"/>
            </td>
            <td data-label="Last checkpoint" class="col-mid num">
                <span>{checkpoint}</span>
            </td>
        </tr>
    }
    .into_any()
}
