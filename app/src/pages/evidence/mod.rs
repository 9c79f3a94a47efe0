//! `/evidence`: the chains, whether they are whole, how to keep what proves it, and how to let old records go.

pub mod advice;
pub mod read;
pub mod table;
pub mod verification;

use super::guarded;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::routes;
use crate::url::{parameter, use_parameters};
use crate::wire::resource;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use read::{EvidenceView, VerifyNow, read_evidence};

/// Where the checkpoints are had as a file; the server answers it beside the pages.
pub const EXPORT: &str = "/evidence/checkpoints.jsonl";

#[component]
pub fn EvidencePage() -> impl IntoView {
    guarded(routes::EVIDENCE, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let older_than = Memo::new(move |_| map.with(|map| parameter(map, "older_than")));
    let evidence = resource(move || older_than.get(), read_evidence);
    let again = Callback::new(move |()| evidence.refetch());
    view! {
        <PageHead title="Evidence">
            <div class="page-actions page-actions-compact">
                <form method="post" action=VerifyNow::url()>
                    <button class="button button-primary">
                        <Icon glyph=Glyph::Check/>
                        "Verify now"
                    </button>
                </form>
            </div>
        </PageHead>
        {loaded(evidence, move |evidence| draw(evidence, again))}
    }
}

fn draw(evidence: EvidenceView, again: Callback<()>) -> AnyView {
    let EvidenceView { chains, verification, retention } = evidence;
    view! {
        <div class="stack">
            {verification::verification(verification, again)}
            <div>{table::table(chains)}</div>
            <div class="halves">{advice::export()} {advice::retention(retention)}</div>
        </div>
    }
    .into_any()
}
