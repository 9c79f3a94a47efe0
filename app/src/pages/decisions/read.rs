//! What the list of decisions reads from the server.

use super::query::DecisionQuery;
use crate::error::AppError;
use crate::moment::Moment;
use crate::verdict::Verdict;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// Rows of a page.
pub const ROWS: u32 = 50;
/// "n newer" counts no further.
pub const MOST_NEWER: u32 = 1_000;

/// A decision as a row. Texts of servers, agents and callers are drawn as untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLine {
    pub id: String,
    pub verdict: Verdict,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub action: String,
    pub subject: Option<String>,
    pub tenant: Option<String>,
    /// A few words.
    pub reason: String,
    pub at: Moment,
    /// Who acted for the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// One page, newest first, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionList {
    pub query: DecisionQuery,
    pub lines: Vec<DecisionLine>,
    pub has_older: bool,
    pub has_newer: bool,
}

#[server(endpoint = "decisions", input = GetUrl, output = Json)]
pub async fn list_decisions(#[server(default)] query: DecisionQuery) -> Result<DecisionList, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadDecisions)?;
    server::check(&query)?;
    let console = crate::console::Console::current()?;
    let now = console.now();
    let page = store::decisions::Page { edge: server::edge(&query), limit: ROWS };
    let page = console.store.list_decisions(&server::filter(&query, &reach, now)?, &page).await?;
    Ok(DecisionList {
        lines: page.rows.into_iter().map(|row| server::line(row, now)).collect(),
        has_older: page.has_older,
        has_newer: page.has_newer,
        query,
    })
}

/// How many decisions are newer than `than`, at most [`MOST_NEWER`].
#[server(endpoint = "decisions-newer", input = GetUrl, output = Json)]
pub async fn count_newer_decisions(
    than: String,
    #[server(default)] query: DecisionQuery,
) -> Result<u32, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadDecisions)?;
    server::check(&query)?;
    let console = crate::console::Console::current()?;
    let filter = server::filter(&query, &reach, console.now())?;
    let than = policy::DecisionId::new(than.replace('\0', ""));
    Ok(console.store.count_newer(&filter, &than, MOST_NEWER).await?)
}

#[cfg(feature = "ssr")]
pub(crate) use server::line;

#[cfg(feature = "ssr")]
mod server {
    use super::{DecisionLine, DecisionQuery};
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::resources::name::read_name;
    use crate::pages::rule::draft::read_moment;
    use crate::verdict::Verdict;
    use policy::{DecisionId, Outcome, Reach, Reason, ResourceRef, Timestamp};
    use store::decisions::{DecisionFilter, DecisionRow, Edge};

    /// No record holds U+0000, and Postgres refuses it even in a comparison.
    pub(super) fn check(query: &DecisionQuery) -> Result<(), AppError> {
        let texts = [
            &query.tenant,
            &query.subject,
            &query.actor,
            &query.server,
            &query.tool,
            &query.resource,
            &query.from,
            &query.to,
            &query.older_than,
            &query.newer_than,
        ];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Err(AppError::bad_request(&"a filter holds U+0000"));
        }
        Ok(())
    }

    pub(super) fn edge(query: &DecisionQuery) -> Edge {
        match (&query.older_than, &query.newer_than) {
            (Some(id), _) => Edge::OlderThan(DecisionId::new(id.as_str())),
            (None, Some(id)) => Edge::NewerThan(DecisionId::new(id.as_str())),
            (None, None) => Edge::Newest,
        }
    }

    /// A time that cannot be read is an error: a list that is not narrowed would say another thing than its address.
    fn moment(text: Option<&str>) -> Result<Option<Timestamp>, AppError> {
        read_moment(text.unwrap_or_default()).map_err(|_| {
            AppError::bad_request(&"a filter is no moment: a date, a date and a time, or RFC 3339")
        })
    }

    /// One that is none is an error likewise.
    fn resource(text: &str) -> Result<ResourceRef, AppError> {
        let (kind, id) =
            read_name(text).ok_or_else(|| AppError::bad_request(&"a filter is no resource, as type/id"))?;
        Ok(ResourceRef { kind: kind.to_owned(), id: id.to_owned() })
    }

    /// Within the reader's tenants, where there are such: decisions of no tenant, and of others, are not there.
    pub(super) fn filter(
        query: &DecisionQuery,
        reach: &Reach,
        now: Timestamp,
    ) -> Result<DecisionFilter, AppError> {
        let (outcome, waiting) = match query.outcome {
            None => (None, None),
            Some(Verdict::Allowed) => (Some(Outcome::Allow), None),
            Some(Verdict::Denied) => (Some(Outcome::Deny), Some(false)),
            Some(Verdict::Waiting) => (Some(Outcome::Deny), Some(true)),
        };
        let span = query.time.map(|span| now.saturating_add_micros(-span.seconds() * 1_000_000));
        Ok(DecisionFilter {
            tenants: match (&query.tenant, reach.tenants()) {
                (Some(tenant), _) if !reach.holds(tenant) => Some(Vec::new()),
                (Some(tenant), _) => Some(vec![tenant.clone()]),
                (None, Some(own)) => Some(own.iter().map(ToString::to_string).collect()),
                (None, None) => None,
            },
            subject: query.subject.clone(),
            credential: None,
            server: query.server.clone(),
            tool: query.tool.clone(),
            task: None,
            outcome,
            reason: query.reason.as_deref().and_then(Reason::from_code),
            waiting,
            // The later of the two: none counts for nothing.
            from: span.max(moment(query.from.as_deref())?),
            to: moment(query.to.as_deref())?,
            actor: query.actor.clone(),
            without_actor: false,
            resource: query.resource.as_deref().map(resource).transpose()?,
        })
    }

    pub(crate) fn line(row: DecisionRow, now: Timestamp) -> DecisionLine {
        let reason = row.reason();
        DecisionLine {
            verdict: Verdict::of(row.outcome, reason),
            reason: reason.map_or_else(|| row.reason.clone(), |reason| reason.title().to_owned()),
            at: Moment::new(row.at, now),
            id: row.id.to_string(),
            server: row.server,
            tool: row.tool,
            action: row.action,
            subject: row.subject,
            tenant: row.tenant,
            actor: row.actor,
        }
    }
}
