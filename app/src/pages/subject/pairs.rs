//! Two subjects, one of whom acts for the other, as a subject's page shows them.

use crate::pages::access::read::Access;
use serde::{Deserialize, Serialize};

/// Why two subjects are told of together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tie {
    /// The person answers for the agent.
    Owner,
    /// One of the last calls was made so.
    Lately,
}

/// The other one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairLine {
    pub id: String,
    pub tie: Tie,
    /// The tenants that both are members of, in order. In any other every call of the two is denied.
    pub tenants: Vec<String>,
}

/// For whom an agent may act, as far as it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForWhom {
    /// Its owner, and then for whom it acted lately.
    pub people: Vec<PairLine>,
    /// The one that is looked at: who was chosen, else the first.
    pub pair: Option<Pair>,
}

/// What the agent may do for one of them, in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pair {
    pub subject: String,
    /// The tenants that both are members of, in order.
    pub tenants: Vec<String>,
    /// The one of them that is looked at. None: there is none.
    pub tenant: Option<String>,
    /// What it may call without asking anybody, if only under conditions.
    pub freely: Tools,
    /// What a person must approve each time.
    pub approved: Tools,
    /// How many tools were looked at.
    pub looked_at: usize,
    /// The tenant has more tools than those.
    pub more: bool,
    /// Why nothing may be called, where that is the same for every tool.
    pub why_not: Vec<String>,
}

impl Pair {
    /// Whether nothing at all may be called.
    pub fn is_empty(&self) -> bool {
        self.freely.count == 0 && self.approved.count == 0
    }
}

/// How many tools, and the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tools {
    pub count: usize,
    pub first: Vec<Access>,
}
