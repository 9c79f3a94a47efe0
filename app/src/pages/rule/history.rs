//! `/rules/{id}/history`: every version, who made it, and what differs from the one before.

use super::head::path_of;
use crate::components::diff::{DiffLegend, DiffRow, DiffTable};
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::drawn::{self, server_drawn};
use crate::error::AppError;
use crate::moment::Moment;
use crate::routes;
use crate::sentence::Sentence;
use crate::sentence::view::pieces;
use crate::status::PageStatus;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};

/// A version of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionLine {
    pub version: i64,
    pub by: String,
    pub at: Moment,
    pub sentence: Sentence,
    /// What differs from the version before; all of it for the first.
    pub rows: Vec<DiffRow>,
}

/// Newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHistory {
    pub id: String,
    pub name: String,
    /// The rule was deleted; its versions stay.
    pub gone: bool,
    pub versions: Vec<VersionLine>,
    /// Older versions that are not shown.
    pub more: usize,
}

/// None: no rule ever had this id.
#[cfg(feature = "ssr")]
pub async fn read_history(id: String) -> Result<Option<RuleHistory>, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadRules)?;
    let console = crate::console::Console::current()?;
    server::history(&console, &reach, &id).await
}

drawn::unread!(read_history(String) -> Result<Option<RuleHistory>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{RuleHistory, VersionLine};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::change::difference;
    use crate::sentence::sentence;
    use policy::{Reach, Rule, RuleId, TenantSlug};

    /// Versions of one page.
    const SHOWN: usize = 50;

    pub(super) async fn history(
        console: &Console,
        reach: &Reach,
        id: &str,
    ) -> Result<Option<RuleHistory>, AppError> {
        if id.is_empty() || id.contains('\0') {
            return Ok(None);
        }
        let id = RuleId::new(id);
        let mut versions = console.store.list_rule_versions(&id).await?;
        // A rule may have been another tenant's before.
        versions.retain(|version| reach.sees(version.rule.tenant.as_ref().map(TenantSlug::as_str)));
        let Some(newest) = versions.first() else { return Ok(None) };
        let gone = console.store.get_rule(&id).await?.is_none();
        let now = console.now();
        let json = |rule: &Rule| serde_json::to_value(rule).ok();
        let lines = versions.iter().enumerate().take(SHOWN).map(|(index, version)| {
            let before = versions.get(index + 1).and_then(|before| json(&before.rule));
            let rows = difference::rows(before.as_ref(), json(&version.rule).as_ref());
            VersionLine {
                version: version.version,
                by: version.by.clone(),
                at: Moment::new(version.at, now),
                sentence: sentence(&version.rule),
                rows: rows.into_iter().filter(|row| !row.same).collect(),
            }
        });
        Ok(Some(RuleHistory {
            name: newest.rule.name.clone(),
            gone,
            versions: lines.collect(),
            more: versions.len().saturating_sub(SHOWN),
            id: id.to_string(),
        }))
    }
}

#[component]
pub fn RuleHistoryPage() -> impl IntoView {
    server_drawn(routes::RULE_HISTORY, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let history = resource(move || id.get(), read_history);
    let status = PageStatus::current();
    loaded(history, move |found| match found {
        Some(history) => draw(history),
        None => {
            status.not_found();
            view! {
                <PageHead title="No such rule"/>
                <section class="error-page">
                    <p>"No rule ever had this id."</p>
                    <div class="button-row">
                        <a class="button button-primary" href=routes::RULES.path>
                            "Go to Rules"
                        </a>
                    </div>
                </section>
            }
            .into_any()
        }
    })
}

fn draw(history: RuleHistory) -> AnyView {
    let title = format!("History of {}", plain(&history.name));
    let pill = history.gone.then(|| view! { <span class="pill pill-strong">"Deleted"</span> });
    let back = (!history.gone).then(|| {
        view! {
            <div class="page-actions page-actions-compact">
                <a class="button" href=path_of(&history.id)>
                    "Open the rule"
                </a>
            </div>
        }
    });
    let more = (history.more > 0).then(|| {
        let text = format!("{} older versions are not shown.", history.more);
        view! { <p class="quiet">{text}</p> }
    });
    let versions: Vec<AnyView> = history.versions.into_iter().map(version).collect();
    view! {
        <Title text=title/>
        <header class="page-head">
            <Crumbs href=routes::RULES.path label="Rules"/>
            <h1>
                "History of "
                <UntrustedLine text=history.name/>
            </h1>
            {pill}
            {back}
        </header>
        <div class="stack">
            <DiffLegend/>
            {versions}
            {more}
        </div>
    }
    .into_any()
}

fn version(line: VersionLine) -> AnyView {
    let difference = if line.rows.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">"Nothing differs from the version before."</p>
            </div>
        }
        .into_any()
    } else {
        view! { <DiffTable caption="What differs from the version before" rows=line.rows/> }.into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>{format!("Version {}", line.version)}</h2>
                <p>
                    <UntrustedLine text=line.by/>
                    ", "
                    <Time moment=line.at/>
                </p>
            </header>
            <div class="card-body">
                <p class="sentence">{pieces(&line.sentence)}</p>
            </div>
            {difference}
        </section>
    }
    .into_any()
}
