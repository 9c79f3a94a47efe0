//! Bringing the catalog to what a server lists now. A person's word about a tool stays; whether it still holds
//! follows from the hashes alone.

use super::{Discovered, DiscoveredTool};
use policy::{ReviewState, Risk, ServerSlug};
use serde_json::Value;
use std::collections::BTreeMap;
use store::administration::{Page, Tool};
use store::{Actor, Store, StoreError, WriteError};

/// Why the catalog was not refreshed. Nothing of it counts then.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("unknown server `{0}`")]
    UnknownServer(ServerSlug),
    #[error("server `{slug}` is at another address now; discover it again")]
    Moved { slug: ServerSlug },
}

/// What a refresh found, by the names of the tools; each is in one of the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefreshReport {
    /// Listed for the first time, or again, and never reviewed.
    pub new: Vec<String>,
    /// Offered now in a form that nobody reviewed, other than before this refresh.
    pub changed: Vec<String>,
    /// Offered again as it was reviewed, after it had changed or gone.
    pub restored: Vec<String>,
    pub unchanged: Vec<String>,
    /// Listed no longer.
    pub gone: Vec<String>,
}

/// Brings the catalog of a server to what was discovered, in one unit of work.
///
/// # Errors
/// When the server is unknown or was moved meanwhile, or the database does not answer.
pub async fn refresh(
    store: &Store,
    actor: Actor,
    slug: &ServerSlug,
    discovered: &Discovered,
) -> Result<RefreshReport, RefreshError> {
    let mut writer = store.write(actor).await?;
    let server = writer.get_server(slug).await?;
    let server = server.ok_or_else(|| RefreshError::UnknownServer(slug.clone()))?;
    if server.url != discovered.url {
        return Err(RefreshError::Moved { slug: slug.clone() });
    }
    let known = writer.list_tools(Some(slug), &Page::ALL).await?;
    let mut known: BTreeMap<String, Tool> = known.into_iter().map(|tool| (tool.name.clone(), tool)).collect();
    let mut report = RefreshReport::default();
    for found in &discovered.tools {
        let before = known.remove(&found.name);
        let mut after = offered(before.as_ref(), slug, found);
        after.seen_at = Some(writer.now());
        report.list_for(before.as_ref(), &after).push(found.name.clone());
        writer.put_tool(&after).await?;
    }
    for (name, tool) in known {
        if tool.review == ReviewState::Gone {
            report.unchanged.push(name);
            continue;
        }
        let gone = Tool { review: ReviewState::Gone, offered: None, offered_hash: None, ..tool };
        writer.put_tool(&gone).await?;
        report.gone.push(name);
    }
    writer.commit().await?;
    Ok(report)
}

impl RefreshReport {
    fn list_for(&mut self, before: Option<&Tool>, after: &Tool) -> &mut Vec<String> {
        let was = before.map(|tool| tool.review);
        let same_offer = before.is_some_and(|tool| tool.offered_hash == after.offered_hash);
        match after.review {
            ReviewState::New if was != Some(ReviewState::New) => &mut self.new,
            ReviewState::Changed if was != Some(ReviewState::Changed) || !same_offer => &mut self.changed,
            ReviewState::Reviewed if was != Some(ReviewState::Reviewed) => &mut self.restored,
            _ => &mut self.unchanged,
        }
    }
}

/// The tool as it stands in the catalog once its server lists it so.
fn offered(before: Option<&Tool>, slug: &ServerSlug, found: &DiscoveredTool) -> Tool {
    let mut tool = before.cloned().unwrap_or_else(|| Tool::new(slug.clone(), found.name.as_str()));
    tool.review = match &tool.definition_hash {
        None => ReviewState::New,
        Some(reviewed) if *reviewed == found.hash => ReviewState::Reviewed,
        Some(_) => ReviewState::Changed,
    };
    if tool.review == ReviewState::New && tool.offered_hash.as_ref() != Some(&found.hash) {
        (tool.risk, tool.read_only) = suggested(&found.definition);
    }
    tool.offered = Some(found.definition.clone());
    tool.offered_hash = Some(found.hash.clone());
    tool
}

/// What the server's own hints suggest, until a person decides: how risky, and whether it only reads. Hints that
/// contradict each other count as the worse one.
fn suggested(definition: &Value) -> (Risk, bool) {
    let hint = |name: &str| definition.get("annotations").and_then(|hints| hints.get(name)?.as_bool());
    match (hint("destructiveHint"), hint("readOnlyHint")) {
        (Some(true), _) => (Risk::High, false),
        (_, Some(true)) => (Risk::Low, true),
        _ => (Risk::Medium, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::definition_hash;
    use serde_json::json;

    fn found(description: &str) -> DiscoveredTool {
        let definition = json!({"name": "echo", "description": description, "inputSchema": {}});
        DiscoveredTool { name: "echo".to_owned(), hash: definition_hash(&definition), definition }
    }

    fn reviewed(tool: &Tool) -> Tool {
        Tool {
            review: ReviewState::Reviewed,
            definition: tool.offered.clone(),
            definition_hash: tool.offered_hash.clone(),
            risk: Risk::Critical,
            ..tool.clone()
        }
    }

    fn gone(tool: &Tool) -> Tool {
        Tool { review: ReviewState::Gone, offered: None, offered_hash: None, ..tool.clone() }
    }

    /// The state after the offer, and the name of the report's list it is in.
    fn step(before: Option<&Tool>, description: &str) -> (Tool, &'static str) {
        let after = offered(before, &ServerSlug::new("crm"), &found(description));
        let mut report = RefreshReport::default();
        report.list_for(before, &after).push("echo".to_owned());
        let lists = [
            ("new", report.new),
            ("changed", report.changed),
            ("restored", report.restored),
            ("unchanged", report.unchanged),
        ];
        let (name, _) = lists.into_iter().find(|(_, list)| !list.is_empty()).expect("one of them");
        (after, name)
    }

    #[test]
    fn the_state_follows_from_the_hashes() {
        let (new, list) = step(None, "one");
        assert_eq!((new.review, list), (ReviewState::New, "new"));
        let (still_new, list) = step(Some(&new), "two");
        assert_eq!((still_new.review, list), (ReviewState::New, "unchanged"));

        let reviewed = reviewed(&new);
        let (same, list) = step(Some(&reviewed), "one");
        assert_eq!((same.review, list), (ReviewState::Reviewed, "unchanged"));
        let (changed, list) = step(Some(&reviewed), "two");
        assert_eq!((changed.review, list), (ReviewState::Changed, "changed"));
        assert_eq!(changed.definition, reviewed.definition, "what was reviewed stays");
        assert_eq!(changed.risk, Risk::Critical, "and so do a person's labels");
        assert_eq!(changed.offered, Some(found("two").definition));
        let (_, list) = step(Some(&changed), "two");
        assert_eq!(list, "unchanged");
        let (_, list) = step(Some(&changed), "three");
        assert_eq!(list, "changed");
        let (back, list) = step(Some(&changed), "one");
        assert_eq!((back.review, list), (ReviewState::Reviewed, "restored"));
        assert_eq!(back, reviewed);

        for (before, description, review, list) in [
            (gone(&reviewed), "one", ReviewState::Reviewed, "restored"),
            (gone(&reviewed), "two", ReviewState::Changed, "changed"),
            (gone(&changed), "two", ReviewState::Changed, "changed"),
            (gone(&new), "one", ReviewState::New, "new"),
        ] {
            let (after, in_list) = step(Some(&before), description);
            assert_eq!((after.review, in_list), (review, list), "{description}");
        }
    }

    #[test]
    fn hints_only_suggest() {
        for (hints, suggestion) in [
            (json!({}), (Risk::Medium, false)),
            (json!(null), (Risk::Medium, false)),
            (json!("readOnlyHint"), (Risk::Medium, false)),
            (json!({"readOnlyHint": "true"}), (Risk::Medium, false)),
            (json!({"readOnlyHint": true}), (Risk::Low, true)),
            (json!({"readOnlyHint": true, "destructiveHint": false}), (Risk::Low, true)),
            (json!({"readOnlyHint": true, "destructiveHint": true}), (Risk::High, false)),
            (json!({"destructiveHint": true}), (Risk::High, false)),
            (json!({"readOnlyHint": false, "destructiveHint": false}), (Risk::Medium, false)),
        ] {
            assert_eq!(suggested(&json!({"annotations": hints})), suggestion, "{hints}");
        }
        assert_eq!(suggested(&json!({})), (Risk::Medium, false));
    }
}
