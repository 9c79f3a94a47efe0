//! `/servers/{slug}/activity`: the last decisions about calls of this server.

use super::asking::Asking;
use super::head::{head, unknown};
use super::read::ServerHead;
use crate::components::empty::Empty;
use crate::components::icon::Glyph;
use crate::components::loaded::loaded;
use crate::drawn::{self, server_drawn};
use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::pages::decisions::query::DecisionQuery;
use crate::pages::decisions::read::DecisionList;
use crate::pages::decisions::table::DecisionTable;
use crate::pages::form::answer::Answer;
use crate::routes;
use crate::status::PageStatus;
use crate::wire::resource;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The newest decisions; older ones stand in the list of all decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityView {
    pub head: ServerHead,
    pub decisions: DecisionList,
}

/// None: no such server.
#[cfg(feature = "ssr")]
pub async fn read_activity(slug: String) -> Result<Option<ActivityView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    let Some((server, tools)) = super::tools_read::find(&console, &slug).await? else { return Ok(None) };
    let head = super::tools_read::head(&console, server, &tools).await?;
    let query = DecisionQuery { server: Some(slug), ..DecisionQuery::default() };
    // Demands the permission to read decisions as well.
    let decisions = crate::pages::decisions::read::list_decisions(query).await?;
    Ok(Some(ActivityView { head, decisions }))
}

drawn::unread!(read_activity(String) -> Result<Option<ActivityView>, AppError>);

#[component]
pub fn ServerActivityPage() -> impl IntoView {
    server_drawn(routes::SERVER_ACTIVITY, page)
}

fn page() -> impl IntoView {
    let slug = super::slug();
    let activity = resource(move || slug.get(), read_activity);
    let asking = Asking::start();
    let status = PageStatus::current();
    view! {
        {loaded(activity, move |activity| match activity {
            Some(activity) => draw(activity, asking),
            None => {
                status.not_found();
                unknown()
            }
        })}
    }
}

fn draw(activity: ActivityView, asking: Asking) -> AnyView {
    let all = activity.decisions.query.href();
    let table = if activity.decisions.lines.is_empty() {
        view! {
            <Empty
                glyph=Glyph::Decisions
                title="No calls yet"
                text="Every call that this server asks about appears here."
            >
                <p>"The tab Connect says how it asks."</p>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <div class="section-head">
                <h2>"Last decisions"</h2>
                <a href=all>"All decisions of this server"</a>
            </div>
            <DecisionTable list=activity.decisions/>
        }
        .into_any()
    };
    view! {
        {head(&activity.head, &routes::SERVER_ACTIVITY, &Answer::default(), asking)}
        {table}
    }
    .into_any()
}
