//! One request as its page shows it. Made on the server; names, arguments and reasons are text of others.

use crate::components::diff::DiffRow;
use crate::moment::Moment;
use crate::pages::approvals::read::{Asking, Standing};
use crate::pages::decision::view::ArgumentValue;
use crate::pages::decisions::read::DecisionLine;
use crate::pages::review::parts::{Setting, Sides};
use crate::sentence::Sentence;
use policy::Risk;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestView {
    pub id: String,
    pub asking: Asking,
    /// What the subject and the agent are called.
    pub subject_name: String,
    pub actor_name: Option<String>,
    pub standing: Standing,
    /// The tool's label now; as it was filed where there is no such tool.
    pub risk: Option<Risk>,
    /// With which risk it was filed, where that is another.
    pub filed_risk: Option<Risk>,
    pub sensitivity: Option<String>,
    pub filed: Moment,
    pub expires: Moment,
    /// "asked 3 times"; none for once.
    pub attempts: Option<String>,
    pub arguments: CheckedArguments,
    pub bound: AlsoBound,
    pub task: Option<TaskWords>,
    pub rules: Vec<RuleWords>,
    pub votes: Vec<VoteLine>,
    /// What this caller did today: a few calls, the newest first, and whether there were more.
    pub today: Vec<DecisionLine>,
    pub more_today: bool,
    /// What somebody who may answer needs for it; else why the reader may not.
    pub answering: Answering,
    /// The last proof that the reader sits there is too old for this risk.
    pub asks_password: bool,
    /// The reader has passkeys, one of which may be the proof.
    pub has_passkeys: bool,
    /// What was changed since the page was drawn on which the reader clicked.
    pub changed: Option<Changed>,
    /// How it ended, in one sentence; none while it waits.
    pub ending: Option<String>,
    /// The reason that was given for it.
    pub reason: Option<String>,
    /// The decision that filed it, for those who may read decisions.
    pub filed_by: Option<String>,
    pub uses: Vec<UseLine>,
    /// Why the reader cannot give a use back whose answer may be lost.
    pub not_given_back: Option<String>,
    /// The request that waits next for the reader.
    pub next: Option<String>,
}

/// The exact arguments, each beside what it was in the caller's last call that was allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckedArguments {
    pub rows: Vec<CheckedRow>,
    /// Values that have no row, because there are too many.
    pub more: usize,
    /// "3 values, 61 bytes".
    pub lead: String,
    pub raw: String,
    /// When the call was allowed that these are held against; none where there is none to be found.
    pub against: Option<Moment>,
    /// Some values are kept out of the page: the reader may not decide.
    pub hidden: bool,
}

/// What the approval is for beside the arguments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlsoBound {
    /// By JSON Pointers that begin with `/action`, `/context`, `/mapping` or `/resource`; held against nothing.
    pub rows: Vec<CheckedRow>,
    /// Values that have no row, because there are too many.
    pub more: usize,
    pub raw: String,
    /// The tool's declared mapping is among it.
    pub mapped: bool,
    /// A part of it cannot be told: the record of the denied call is gone, or cannot be read.
    pub missing: bool,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedRow {
    /// JSON Pointer; empty for the arguments as a whole.
    pub path: String,
    pub value: ArgumentValue,
    /// The JSON type.
    pub kind: String,
    pub was: Was,
}

/// What a value was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Was {
    /// The same, or nothing is known to hold it against.
    Same,
    /// It was not sent then.
    New,
    Other(String),
    /// It was kept as a digest alone, and cannot be held against this.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskWords {
    pub id: String,
    pub purpose: String,
    /// "an agent for itself".
    pub opened_by: String,
    /// "2 of 5 calls used".
    pub used: String,
}

/// A rule that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleWords {
    pub name: String,
    /// "2 approvals by finance or ann; good for 1 h and one call".
    pub asks: String,
    /// "1 of 2 so far".
    pub so_far: String,
    pub met: bool,
    /// One of those that say so is enough.
    pub any: bool,
    /// What stands in the rule today, where it was changed since the call was made.
    pub now: Option<String>,
    /// Its page, for those who may read rules.
    pub href: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteLine {
    pub by: String,
    /// In whose place.
    pub in_place_of: Option<String>,
    pub approves: bool,
    pub reason: Option<String>,
    pub at: Moment,
    /// "until 17:00, 1 call"; none where nothing was narrowed.
    pub narrowed: Option<String>,
}

/// Once that it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseLine {
    /// The decision.
    pub id: String,
    pub at: Moment,
    /// "delivered", "delivery unknown", "given back".
    pub state: String,
    /// The reader may give it back.
    pub open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answering {
    May(AnswerForm),
    /// A sentence for the reader.
    MayNot(String),
    /// It does not wait any more.
    Over,
}

/// What the form of the answer needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerForm {
    /// What the reader sees, as the click is bound to it.
    pub seen: String,
    /// In whose place the reader answers.
    pub in_place_of: Option<String>,
    /// So often may the call pass at the most.
    pub most_uses: u32,
    /// As a field for a date and time takes it.
    pub latest: String,
}

/// What is not any more as it was when the page was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub tool: Option<ToolChange>,
    pub arguments: bool,
    pub rules: Option<RulesChange>,
}

/// How the tool is another one than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChange {
    /// What differs. Both are empty where that is nothing that a person reads.
    Told { labels: Vec<LabelChange>, parts: Vec<PartChange> },
    /// How it was is not to be found; its definition now, as indented JSON.
    Untold(Option<String>),
    /// It is in the catalog no more.
    Removed,
}

/// What people say of a tool. Words of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelChange {
    pub name: String,
    pub was: String,
    pub is: String,
}

/// A part of the definition, as it was and as it is: text of the tool's server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartChange {
    /// "Input schema"
    pub title: String,
    pub setting: Setting,
    pub sides: Sides,
}

/// How rules that ask are others than they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesChange {
    /// Each that is another.
    Told(Vec<RuleChange>),
    /// How they were is not to be found.
    Untold,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// As the card of the rules has it.
    pub name: String,
    /// Sentences of ours, where the forms alone do not say it.
    pub became: Option<String>,
    pub forms: RuleForms,
}

/// A rule as it was and as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleForms {
    /// For those who may read it. A form that is none is not there, or cannot be told.
    Whole { was: Option<Sentence>, is: Option<Sentence>, rows: Vec<DiffRow> },
    /// For everybody else: what it asks for. None: for nothing.
    Terms { was: Option<String>, is: Option<String> },
}
