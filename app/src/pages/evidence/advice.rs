//! What an auditor does beside the page: keep checkpoints elsewhere, and let old records go.

use super::EXPORT;
use super::read::Retention;
use crate::components::time::Time;
use leptos::prelude::*;

pub fn export() -> AnyView {
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Keep checkpoints elsewhere"</h2>
            </header>
            <div class="card-body stack">
                <p>
                    "Whoever can write to the database could take away the newest records together with the checkpoints that name them. A checkpoint that is kept elsewhere still names them. Download the last one of each chain now and then, to where the database's administrator cannot write."
                </p>
                // `external`: a file, for the browser itself.
                <div class="button-row">
                    <a class="button" href=EXPORT download="" rel="external">
                        "Download checkpoints"
                    </a>
                </div>
                <p>"Later, on a host that has the audit key, hold the chains against them:"</p>
                {command("Command that verifies", "countersign audit verify --anchor countersign-checkpoints.jsonl".to_owned())}
                <p class="quiet">
                    "Each server also keeps the last checkpoint of its own chain beside its audit key. Every verification on that host is held against those."
                </p>
            </div>
        </section>
    }
    .into_any()
}

pub fn retention(retention: Retention) -> AnyView {
    let oldest = match retention.oldest {
        Some(at) => view! {
            <p>
                "Nothing is removed by itself. The oldest record is from "
                <Time moment=at/>
                "."
            </p>
        }
        .into_any(),
        None => view! { <p>"Nothing is removed by itself. There is no record yet."</p> }.into_any(),
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Retention"</h2>
            </header>
            <div class="card-body stack">
                {oldest}
                <p>"On the host, this removes what is older than a year:"</p>
                {command("Command that prunes", retention.command)}
                <p class="quiet">
                    "It verifies first, and removes nothing from a record that is not sound. What is left still verifies: one signed stub stands for what was removed, and says who removed it and when."
                </p>
            </div>
        </section>
    }
    .into_any()
}

fn command(label: &'static str, command: String) -> AnyView {
    view! {
        <pre class="raw raw-wrap" tabindex="0" role="region" aria-label=label>
            <code>{command}</code>
        </pre>
    }
    .into_any()
}
