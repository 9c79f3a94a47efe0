//! What the review of one tool reads from the server.

use super::parts::Sides;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::tool::hints::Hint;
use policy::{ReviewState, Risk, Sensitivity};
use serde::{Deserialize, Serialize};

/// A tool as a reviewer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewView {
    pub id: String,
    pub server: String,
    pub name: String,
    pub review: ReviewState,
    /// The hash of the form that is shown as offered; none where the server has not offered any.
    pub seen: Option<String>,
    /// What there is to compare with; none before the first review.
    pub reviewed_at: Option<Moment>,
    pub was_reviewed: bool,
    pub description: Sides,
    /// The description that is offered now, for what to look out for in it.
    pub offered_description: Option<String>,
    pub schema: Sides,
    /// All else that the definition holds.
    pub rest: Sides,
    pub hints: Vec<Hint>,
    /// Why arguments cannot be held against the schema that is offered now.
    pub unusable: Option<String>,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub read_only: bool,
    pub check_schema: bool,
    pub redact: Vec<String>,
    /// The mapping that the offered form declares.
    pub mapping: Option<MappingView>,
    /// What begins to pass.
    pub after_review: String,
}

/// A declared mapping, in words of ours around words of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingView {
    pub text: String,
    /// Why it cannot be accepted.
    pub refused: Option<String>,
    /// What each call asks beside its own rules: a sentence, and what rules see with it.
    pub asks: Vec<(String, Vec<String>)>,
    /// Whether it was accepted in the form that is shown. None where nobody reviewed that one.
    pub accepted: Option<bool>,
}

/// None: no such tool.
#[cfg(feature = "ssr")]
pub async fn read_review(id: String) -> Result<Option<ReviewView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    server::read(&console, &id).await
}

drawn::unread!(read_review(String) -> Result<Option<ReviewView>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::super::difference::{Parts, description, of_definitions};
    use super::{MappingView, ReviewView};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::server::tools_read::{shown_definition, unusable};
    use crate::pages::tool::read::{find, pretty};
    use crate::pages::tool::{callers, hints};
    use pdp::catalog::{declares_mapping, read_mapping};
    use policy::ReviewState;
    use policy::compile::MAPPING_MEMBER;
    use serde_json::Value;
    use store::administration::Tool;

    pub(super) async fn read(console: &Console, id: &str) -> Result<Option<ReviewView>, AppError> {
        let Some((tool, server)) = find(console, id).await? else { return Ok(None) };
        let callers = callers::read(console, &server, &tool).await?;
        let reviewed = tool.definition.as_ref();
        let shown = shown_definition(&tool);
        let Parts { description: described, schema, rest } = of_definitions(reviewed, shown);
        Ok(Some(ReviewView {
            description: described,
            schema,
            rest,
            hints: shown.map(hints::read).unwrap_or_default(),
            unusable: shown.and_then(unusable),
            was_reviewed: reviewed.is_some() && tool.review != ReviewState::New,
            after_review: if server.enabled {
                callers.after_review()
            } else {
                "Its server is disabled, so its calls stay denied.".to_owned()
            },
            id: tool.id.to_string(),
            server: tool.server.to_string(),
            review: tool.review,
            seen: tool.offered_hash.clone(),
            reviewed_at: tool.reviewed_at.map(|at| Moment::new(at, console.now())),
            offered_description: shown.and_then(description).map(str::to_owned),
            risk: tool.risk,
            sensitivity: tool.sensitivity,
            read_only: tool.read_only,
            check_schema: tool.check_schema,
            redact: tool.redact.clone(),
            mapping: shown.and_then(|shown| mapping(&tool, shown)),
            name: tool.name.clone(),
        }))
    }

    /// What the form that is shown declares, and how far it can be used.
    fn mapping(tool: &Tool, shown: &Value) -> Option<MappingView> {
        let declared = shown.get("inputSchema")?.get(MAPPING_MEMBER)?;
        let read = read_mapping(Some(shown));
        let asks = read.as_ref().ok().map(|mapping| {
            mapping.requests().iter().map(|request| (request.words(), request.more())).collect()
        });
        // What was said of another form is said of that one alone.
        let was_asked =
            tool.review == ReviewState::Reviewed && tool.definition.as_ref().is_some_and(declares_mapping);
        Some(MappingView {
            text: pretty(declared),
            refused: read.as_ref().err().map(ToString::to_string),
            asks: asks.unwrap_or_default(),
            accepted: was_asked.then_some(tool.mapping.is_some()),
        })
    }
}
