//! One box of the bulk review: which tool, in which form, with which labels the person saw.

use pdp::catalog::declares_mapping;
use policy::{ReviewState, Risk, Sensitivity, ToolId};
use std::fmt;
use store::administration::Tool;

/// Written as `id.hash.risk.sensitivity.read`; none of the parts holds a dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub id: ToolId,
    pub hash: String,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub read_only: bool,
}

impl Mark {
    /// Of a tool that is new and offered, and declares no mapping; the others are reviewed one by one.
    pub fn of(tool: &Tool) -> Option<Self> {
        if tool.offered.as_ref().is_some_and(declares_mapping) {
            return None;
        }
        let hash = tool.offered_hash.clone().filter(|_| tool.review == ReviewState::New)?;
        Some(Self {
            id: tool.id.clone(),
            hash,
            risk: tool.risk,
            sensitivity: tool.sensitivity,
            read_only: tool.read_only,
        })
    }

    pub fn read(text: &str) -> Option<Self> {
        if text.contains('\0') {
            return None;
        }
        let mut parts = text.split('.');
        let mark = Self {
            id: ToolId::from(parts.next()?),
            hash: parts.next()?.to_owned(),
            risk: parts.next()?.parse().ok()?,
            sensitivity: parts.next()?.parse().ok()?,
            read_only: match parts.next()? {
                "reads" => true,
                "writes" => false,
                _ => return None,
            },
        };
        parts.next().is_none().then_some(mark)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = if self.read_only { "reads" } else { "writes" };
        write!(f, "{}.{}.{}.{}.{effect}", self.id, self.hash, self.risk, self.sensitivity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::ServerSlug;

    #[test]
    fn a_mark_reads_back() {
        let tool = Tool {
            id: ToolId::from("0190-a"),
            offered_hash: Some("00ff".to_owned()),
            risk: Risk::High,
            ..Tool::new(ServerSlug::from("crm"), "refund")
        };
        let mark = Mark::of(&tool).expect("new and offered");
        assert_eq!(mark.to_string(), "0190-a.00ff.high.internal.writes");
        assert_eq!(Mark::read(&mark.to_string()), Some(mark));
        for bad in
            ["", "a", "a.b.high.internal.maybe", "a.b.high.internal.reads.x", "a.b.worst.internal.reads"]
        {
            assert_eq!(Mark::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_new_tools_that_are_offered_have_one() {
        let tool = Tool::new(ServerSlug::from("crm"), "refund");
        assert_eq!(Mark::of(&tool), None);
        let schema = serde_json::json!({"inputSchema": {"x-authzen-mapping": {}}});
        let mapped = Tool { offered: Some(schema), offered_hash: Some("0".to_owned()), ..tool.clone() };
        assert_eq!(Mark::of(&mapped), None, "a mapping is looked at by itself");
        let changed = Tool { review: ReviewState::Changed, offered_hash: Some("0".to_owned()), ..tool };
        assert_eq!(Mark::of(&changed), None);
    }
}
