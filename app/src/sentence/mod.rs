//! A rule as one sentence. The same words on the server, in the browser while a rule is written, and in lists.
//!
//! A sentence is made of pieces, so that names stand out and nothing of them can rearrange the rest.

mod arguments;
pub mod bounds;
pub mod view;

use policy::Rule;
use policy::labels::{Effect, RuleStatus, SubjectKind};
use policy::rule::{ApprovalTerms, Validity, duration_seconds};
use serde::{Deserialize, Serialize};

/// Names of one list that are shown before "and n more".
const SHOWN: usize = 4;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Our own words.
    Text(String),
    /// A name or value that matters.
    Strong(String),
    /// A path, a tool, a condition.
    Code(String),
    /// What the rule does.
    Effect { tone: Tone, word: String },
}

/// The colour class of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Allow,
    Approval,
    Deny,
    Shadow,
}

/// One rule in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sentence(pub Vec<Piece>);

impl Sentence {
    /// The words alone.
    pub fn text(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Strong(text) | Piece::Code(text) => text.as_str(),
                Piece::Effect { word, .. } => word.as_str(),
            })
            .collect()
    }

    fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.0.push(Piece::Text(text.to_owned())),
        }
    }

    fn strong(&mut self, text: impl Into<String>) {
        self.0.push(Piece::Strong(text.into()));
    }

    fn code(&mut self, text: impl Into<String>) {
        self.0.push(Piece::Code(text.into()));
    }

    /// "a, b or c".
    fn either<T>(&mut self, items: &[T], mut draw: impl FnMut(&mut Self, &T)) {
        let shown = items.len().min(SHOWN);
        let more = items.len() - shown;
        for (index, item) in items.iter().take(shown).enumerate() {
            let last = index + 1 == shown && more == 0;
            self.say(match (index, last) {
                (0, _) => "",
                (_, true) => " or ",
                (_, false) => ", ",
            });
            draw(self, item);
        }
        if more > 0 {
            self.say(&format!(" or one of {more} more"));
        }
    }

    fn append(&mut self, clause: Self) {
        for piece in clause.0 {
            match piece {
                Piece::Text(text) => self.say(&text),
                other => self.0.push(other),
            }
        }
    }
}

/// The rule in one sentence.
pub fn sentence(rule: &Rule) -> Sentence {
    let mut line = Sentence::default();
    let shadow = rule.status == RuleStatus::Shadow;
    effect(&mut line, rule, shadow);
    match rule.effect {
        Effect::Allow => {
            who(&mut line, rule);
            line.say(if rule.is_general() { " to " } else { " to call " });
        }
        Effect::RequireApproval => {
            approvers(&mut line, rule.approval.as_ref());
            if further(&mut line, rule.approval.as_ref(), "") {
                line.say(",");
            }
            line.say(" before ");
            who(&mut line, rule);
            let one = is_anyone(rule) || rule.roles.len() + rule.subjects.len() == 1;
            line.say(match (rule.is_general(), one) {
                (true, _) => " may ",
                (false, true) => " calls ",
                (false, false) => " call ",
            });
        }
        Effect::Deny => {
            who(&mut line, rule);
            line.say(if rule.is_general() { " to " } else { " every call of " });
        }
    }
    if rule.is_general() {
        resources(&mut line, rule);
    } else {
        tools(&mut line, rule);
    }
    conditions(&mut line, rule);
    validity(&mut line, rule.valid.as_ref());
    if let (Effect::Allow, Some(terms)) = (rule.effect, &rule.approval) {
        line.say(", once ");
        approvers(&mut line, Some(terms));
        line.say(" approved");
        further(&mut line, Some(terms), "by ");
    }
    line.say(".");
    line
}

fn effect(line: &mut Sentence, rule: &Rule, shadow: bool) {
    let (tone, word) = match (rule.effect, rule.approval.is_some()) {
        (Effect::Allow, false) => (Tone::Allow, if shadow { "Would allow" } else { "Allow" }),
        (Effect::Allow, true) => (Tone::Approval, if shadow { "Would allow" } else { "Allow" }),
        (Effect::RequireApproval, _) => (Tone::Approval, if shadow { "Would ask" } else { "Always ask" }),
        (Effect::Deny, _) => (Tone::Deny, if shadow { "Would deny" } else { "Deny" }),
    };
    let tone = if shadow { Tone::Shadow } else { tone };
    line.0.push(Piece::Effect { tone, word: word.to_owned() });
    line.say(" ");
}

fn is_anyone(rule: &Rule) -> bool {
    rule.roles.is_empty() && rule.subjects.is_empty()
}

fn who(line: &mut Sentence, rule: &Rule) {
    let kind = |kind: SubjectKind| match kind {
        SubjectKind::User => "person",
        SubjectKind::Agent => "agent",
        SubjectKind::Service => "service",
    };
    if is_anyone(rule) {
        if rule.kinds.is_empty() {
            line.strong("anyone");
        } else {
            line.say("any ");
            line.either(&rule.kinds, |line, one| line.strong(kind(*one)));
        }
    } else {
        let roles = rule.roles.iter().map(String::as_str);
        let names: Vec<&str> = roles.chain(rule.subjects.iter().map(policy::SubjectId::as_str)).collect();
        line.either(&names, |line, name| line.strong(*name));
        if !rule.kinds.is_empty() {
            line.say(" (if ");
            let article = if rule.kinds.first() == Some(&SubjectKind::Agent) { "an " } else { "a " };
            line.say(article);
            line.either(&rule.kinds, |line, one| line.say(kind(*one)));
            line.say(")");
        }
    }
    match &rule.tenant {
        Some(tenant) => {
            line.say(" in ");
            line.strong(tenant.as_str());
        }
        None => line.say(" in every tenant"),
    }
}

fn approvers(line: &mut Sentence, terms: Option<&ApprovalTerms>) {
    let named = terms.map(|terms| (terms, terms.all_approvers().collect::<Vec<_>>()));
    let Some((terms, names)) = named.filter(|(_, names)| !names.is_empty()) else {
        line.say("nobody yet");
        return;
    };
    if terms.quorum > 1 {
        line.strong(terms.quorum.to_string());
        line.say(" of ");
    }
    line.either(&names, |line, name| line.strong(*name));
}

/// Who is asked later, and who may not approve. Whether there is anything to say.
fn further(line: &mut Sentence, terms: Option<&ApprovalTerms>, by: &str) -> bool {
    let Some(terms) = terms else { return false };
    let later = terms.escalate_to.as_ref().zip(terms.escalate_after.as_deref());
    if let Some((role, after)) = later {
        line.say(", ");
        line.say(by);
        line.strong(role.as_str());
        line.say(" as well after ");
        line.strong(span(after));
    }
    let roles = terms.exclude_roles.iter().map(String::as_str);
    let excluded: Vec<&str> =
        roles.chain(terms.exclude_subjects.iter().map(policy::SubjectId::as_str)).collect();
    if !excluded.is_empty() {
        line.say(", not ");
        line.say(by);
        line.either(&excluded, |line, name| line.strong(*name));
    }
    later.is_some() || !excluded.is_empty()
}

/// "30 min" for `30m`; what is no time, as it is.
fn span(text: &str) -> String {
    const UNITS: [(char, &str); 4] = [('s', "s"), ('m', "min"), ('h', "h"), ('d', "d")];
    let known = duration_seconds(text).and_then(|_| {
        UNITS.iter().find_map(|(unit, word)| Some(format!("{} {word}", text.strip_suffix(*unit)?)))
    });
    known.unwrap_or_else(|| text.to_owned())
}

fn tools(line: &mut Sentence, rule: &Rule) {
    if rule.tools.is_empty() {
        line.say("no tool yet");
    }
    let patterns: Vec<String> = rule.tools.iter().map(ToString::to_string).collect();
    line.either(&patterns, |line, pattern| match pattern.split_once('/') {
        Some(("*", "*")) => line.strong("any tool"),
        Some((server, "*")) => {
            line.say("any tool of ");
            line.code(server);
        }
        Some((server, name)) => line.code(format!("{server} / {name}")),
        None => line.code(pattern.as_str()),
    });
    if let Some(risk) = rule.risk_at_least {
        line.say(" of ");
        line.strong(risk.as_str());
        line.say(" risk or more");
    }
    sensitivity(line, rule);
}

/// "read or write record:*".
fn resources(line: &mut Sentence, rule: &Rule) {
    if rule.actions.iter().any(|action| action.to_string() == "*") {
        line.strong("do anything");
        line.say(" with ");
    } else {
        line.either(&rule.actions, |line, action| line.code(action.to_string()));
        line.say(" ");
    }
    line.either(&rule.resources, |line, resource| line.code(resource.to_string()));
    sensitivity(line, rule);
}

fn sensitivity(line: &mut Sentence, rule: &Rule) {
    if !rule.sensitivity.is_empty() {
        line.say(" on ");
        line.either(&rule.sensitivity, |line, label| line.strong(label.as_str()));
        line.say(" data");
    }
}

fn conditions(line: &mut Sentence, rule: &Rule) {
    let mut clauses = rule.parameters.as_ref().map(arguments::clauses).unwrap_or_default();
    if let Some(when) = rule.when.as_deref().map(str::trim).filter(|when| !when.is_empty()) {
        let mut clause = Sentence::default();
        clause.code(when);
        clause.say(" holds");
        clauses.push(clause);
    }
    let count = clauses.len();
    for (index, clause) in clauses.into_iter().enumerate() {
        line.say(match index {
            0 => " if ",
            _ if index + 1 == count => " and ",
            _ => ", ",
        });
        line.append(clause);
    }
}

fn validity(line: &mut Sentence, valid: Option<&Validity>) {
    let Some(valid) = valid else { return };
    if let Some(from) = valid.from {
        line.say(", from ");
        line.strong(day(&from.rfc3339()));
    }
    if let Some(until) = valid.until {
        line.say(", until ");
        line.strong(day(&until.rfc3339()));
    }
}

/// "1 Jan 2027", with the time of day where it is not midnight.
fn day(iso: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let number = |range: std::ops::Range<usize>| iso.get(range).and_then(|text| text.parse::<usize>().ok());
    let month = number(5..7).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let (Some(year), Some(month), Some(day)) = (iso.get(..4), month, number(8..10)) else {
        return iso.to_owned();
    };
    match iso.get(11..16) {
        Some("00:00") | None => format!("{day} {month} {year}"),
        Some(time) => format!("{day} {month} {year}, {time} UTC"),
    }
}

#[cfg(test)]
mod tests;
