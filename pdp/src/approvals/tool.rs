//! The tool that a request names, as whoever weighs the request goes by it, and what became of it since
//! somebody looked. How it was stands in the administrative changes; what was seen is found by its digest.

use super::Approvals;
use super::bound::digest;
use policy::approval::Seen;
use policy::{ReviewState, Risk, Sensitivity};
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;
use store::administration::Tool;
use store::approvals::Approval;
use store::changes::{ChangeFilter, ChangePosition};

/// So many changes of a tool are read at once: each holds definitions.
const AT_ONCE: u64 = 10;

/// So often is read on. A page that is older than all of these is told what is, and not what was.
const READS: usize = 10;

/// What there is to weigh of a tool.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ToolForm {
    pub review: ReviewState,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    /// The definition hash with which a person accepted the mapping that the tool declares.
    pub mapping: Option<String>,
    /// The tool object as it was reviewed. Text of its server.
    pub definition: Option<Value>,
    definition_hash: Option<String>,
    /// The tool object as its server lists it. Text of its server.
    pub offered: Option<Value>,
    offered_hash: Option<String>,
}

/// What became of a tool since somebody looked.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolMoved {
    Changed {
        was: Box<ToolForm>,
        is: Box<ToolForm>,
    },
    /// It is so now; how it was is not to be found.
    Untold(Box<ToolForm>),
    /// It is in the catalog no more.
    Removed,
}

impl From<Tool> for ToolForm {
    fn from(tool: Tool) -> Self {
        Self {
            review: tool.review,
            risk: tool.risk,
            sensitivity: tool.sensitivity,
            mapping: tool.mapping,
            definition: tool.definition,
            definition_hash: tool.definition_hash,
            offered: tool.offered,
            offered_hash: tool.offered_hash,
        }
    }
}

impl ToolForm {
    fn digest(&self) -> String {
        let hashes = [&self.definition_hash, &self.offered_hash, &self.mapping].map(Option::as_deref);
        digest(&weighed(hashes, self.review, self.risk, self.sensitivity))
    }
}

/// What a server offers by now is another definition as well, though nobody reviewed it yet; and whoever
/// weighs a call goes by the tool's labels, and by what a person let its mapping ask.
fn weighed(hashes: [Option<&str>; 3], review: ReviewState, risk: Risk, sensitivity: Sensitivity) -> Value {
    json!([hashes, review, risk, sensitivity])
}

/// What a vote carries of the tool; of nothing where there is none.
pub(super) fn digest_of(tool: Option<&Tool>) -> String {
    let weighed = tool.map(|tool| {
        let hashes = [&tool.definition_hash, &tool.offered_hash, &tool.mapping].map(Option::as_deref);
        weighed(hashes, tool.review, tool.risk, tool.sensitivity)
    });
    digest(&weighed.unwrap_or_default())
}

/// Of the risk with which a request was filed, and the tool's label now. What was filed without any has none by a label
/// either: it counts as high, and no label makes it less.
pub(super) fn graver(filed: Option<Risk>, now: Option<Risk>) -> Option<Risk> {
    filed.map(|filed| now.map_or(filed, |now| filed.max(now)))
}

impl Approvals {
    /// The graver of the risk with which a request was filed, and the label that its tool has now. None: it was filed
    /// without a risk.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn gravest_risk(&self, approval: &Approval) -> Result<Option<Risk>, StoreError> {
        let (Some(server), Some(name)) = (&approval.server, &approval.tool) else { return Ok(approval.risk) };
        let tool = self.store.get_tool(server, name).await?;
        Ok(graver(approval.risk, tool.map(|tool| tool.risk)))
    }

    /// What became of the tool that a request names since this was seen. None: it is as it was, or the
    /// request names none.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn tool_moved(
        &self,
        approval: &Approval,
        seen: &Seen,
    ) -> Result<Option<ToolMoved>, StoreError> {
        let (Some(server), Some(name)) = (&approval.server, &approval.tool) else { return Ok(None) };
        let tool = self.store.get_tool(server, name).await?;
        if digest_of(tool.as_ref()) == seen.definition {
            return Ok(None);
        }
        let Some(tool) = tool else { return Ok(Some(ToolMoved::Removed)) };
        let was = self.former(&tool, &seen.definition).await?;
        let is = Box::new(ToolForm::from(tool));
        Ok(Some(match was {
            Some(was) => ToolMoved::Changed { was: Box::new(was), is },
            None => ToolMoved::Untold(is),
        }))
    }

    /// How this tool was when its digest was this one.
    async fn former(&self, tool: &Tool, seen: &str) -> Result<Option<ToolForm>, StoreError> {
        let filter =
            ChangeFilter { kind: Some("tool"), object: Some(tool.id.as_str()), ..ChangeFilter::default() };
        let mut last: Option<String> = None;
        for _ in 0..READS {
            let position = last.as_deref().map_or(ChangePosition::Newest, ChangePosition::OlderThan);
            let changes = self.store.list_changes(&filter, position, AT_ONCE).await?;
            let mut forms =
                changes.iter().filter_map(|change| ToolForm::deserialize(change.before.as_ref()?).ok());
            if let Some(found) = forms.find(|form| form.digest() == seen) {
                return Ok(Some(found));
            }
            let Some(oldest) = changes.last() else { break };
            last = Some(oldest.id.clone());
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::ServerSlug;

    fn tool() -> Tool {
        Tool {
            review: ReviewState::Changed,
            risk: Risk::High,
            mapping: Some("0a".to_owned()),
            definition: Some(json!({"name": "pay", "description": "Pays"})),
            definition_hash: Some("0a".to_owned()),
            offered: Some(json!({"name": "pay", "description": "Pays anybody"})),
            offered_hash: Some("0b".to_owned()),
            ..Tool::new(ServerSlug::from("bank"), "pay")
        }
    }

    #[test]
    fn what_was_seen_is_found_in_what_a_change_keeps() {
        let kept = serde_json::to_value(tool()).expect("writes");
        let form = ToolForm::deserialize(&kept).expect("reads");
        assert_eq!(form, ToolForm::from(tool()));
        assert_eq!(form.digest(), digest_of(Some(&tool())));
        assert_ne!(digest_of(None), digest_of(Some(&tool())));
    }

    #[test]
    fn each_part_that_is_weighed_makes_another_digest() {
        let others = [
            Tool { review: ReviewState::Reviewed, ..tool() },
            Tool { risk: Risk::Low, ..tool() },
            Tool { sensitivity: Sensitivity::Regulated, ..tool() },
            Tool { mapping: None, ..tool() },
            Tool { definition_hash: Some("0c".to_owned()), ..tool() },
            Tool { offered_hash: None, ..tool() },
        ];
        for other in others {
            assert_ne!(digest_of(Some(&other)), digest_of(Some(&tool())), "{other:?}");
        }
        let same = Tool { redact: vec!["/iban".to_owned()], ..tool() };
        assert_eq!(digest_of(Some(&same)), digest_of(Some(&tool())));
    }

    #[test]
    fn of_two_risks_the_graver_counts_and_none_stays_none() {
        let (low, critical) = (Some(Risk::Low), Some(Risk::Critical));
        assert_eq!([graver(low, critical), graver(critical, low)], [critical, critical]);
        assert_eq!([graver(low, None), graver(None, low), graver(None, None)], [low, None, None]);
    }

    #[test]
    fn a_change_from_before_mappings_is_read() {
        let mut kept = serde_json::to_value(Tool { mapping: None, ..tool() }).expect("writes");
        kept.as_object_mut().expect("an object").remove("mapping");
        assert_eq!(ToolForm::deserialize(&kept).expect("reads").mapping, None);
        assert!(ToolForm::deserialize(&json!({"review": "asleep"})).is_err());
    }
}
