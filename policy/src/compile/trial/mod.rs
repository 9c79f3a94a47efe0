//! A condition tried on sample arguments before it is saved. One that mixes what does not go together
//! (`args.amount * 1.2` of a whole number) parses, and then fails on every call.
//!
//! No false alarms: a failure counts only where the kinds of the values alone are to blame. What is not there in a
//! sample, what only a value can decide, and whatever this version knows nothing about (`task`, `token`, `actor`,
//! `bound`, `context`) is not judged.

mod words;

use super::condition::Condition;
use super::flags::CatalogTool;
use super::{sample, tool_schema};
use crate::evaluate::values::{map, moment, text, to_cel};
use crate::timestamp::Timestamp;
use cel::Value as Cel;
use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use words::mistake;

/// How a condition comes out on sample arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// It can be evaluated, as far as can be told.
    Fine,
    /// With some kinds of arguments it cannot be evaluated, and why.
    Sometimes(String),
    /// It can never come out true, and why.
    Never(String),
}

/// At most so many tools are tried: a rule may name thousands.
const MOST_TOOLS: usize = 8;

/// Tries the condition on each of these tools. It never comes out true only if it does for none of them.
pub(super) fn on_tools(condition: &Condition, tools: &[&CatalogTool], now: Timestamp) -> Trial {
    let mut never: Option<String> = None;
    let mut sometimes: Option<String> = None;
    let mut fine = tools.len() > MOST_TOOLS || tools.is_empty();
    for tool in tools.iter().take(MOST_TOOLS) {
        let at = |why: String| match tools {
            [_] => why,
            _ => format!("{why} (`{}/{}`)", tool.server, tool.name),
        };
        match on_tool(condition, tool, now) {
            Trial::Fine => fine = true,
            Trial::Sometimes(why) => {
                fine = true;
                sometimes.get_or_insert_with(|| at(why));
            }
            Trial::Never(why) => {
                never.get_or_insert_with(|| at(why));
            }
        }
    }
    match (never, sometimes) {
        (Some(why), _) if !fine => Trial::Never(why),
        (Some(why), _) | (None, Some(why)) => Trial::Sometimes(why),
        (None, None) => Trial::Fine,
    }
}

fn on_tool(condition: &Condition, tool: &CatalogTool, now: Timestamp) -> Trial {
    let schema = tool.input_schema.as_ref();
    if schema.is_some_and(|schema| !tool_schema::is_bounded(schema)) {
        return Trial::Fine;
    }
    let bench = Bench { condition, tool, now };
    // The library is not ours; a panic in it is no word on the condition.
    catch_unwind(AssertUnwindSafe(|| {
        let whole = condition.expression();
        match bench.judge(whole) {
            Verdict { never_true: true, why: Some(why), .. } => Trial::Never(why),
            // A part may be guarded by another (`args.x != null && …`), so what fails at times is the whole.
            _ => bench.try_out(whole).and_then(|tried| tried.why).map_or(Trial::Fine, Trial::Sometimes),
        }
    }))
    .unwrap_or(Trial::Fine)
}

/// What is known of a part of the condition.
#[derive(Debug, Default)]
struct Verdict {
    never_true: bool,
    never_false: bool,
    /// Why neither, where it cannot be evaluated at all.
    why: Option<String>,
}

/// How a part came out on its samples.
struct Tried {
    /// It failed on each, and no value could change that.
    always: bool,
    why: Option<String>,
}

struct Bench<'a> {
    condition: &'a Condition,
    tool: &'a CatalogTool,
    now: Timestamp,
}

impl Bench<'_> {
    /// Judges a part that must come out true or false. An error on one side of `&&` or `||` may be overruled by
    /// the other side, so each side is judged for itself.
    fn judge(&self, part: &IdedExpr) -> Verdict {
        let Expr::Call(call) = &part.expr else { return self.atom(part) };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [left, right]) => {
                let (left, right) = (self.judge(left), self.judge(right));
                Verdict {
                    never_true: left.never_true || right.never_true,
                    never_false: left.never_false && right.never_false,
                    why: left.why.or(right.why),
                }
            }
            (operators::LOGICAL_OR, [left, right]) => {
                let (left, right) = (self.judge(left), self.judge(right));
                Verdict {
                    never_true: left.never_true && right.never_true,
                    never_false: left.never_false || right.never_false,
                    why: left.why.or(right.why),
                }
            }
            (operators::LOGICAL_NOT, [inner]) => {
                let Verdict { never_true, never_false, why } = self.judge(inner);
                Verdict { never_true: never_false, never_false: never_true, why }
            }
            (operators::CONDITIONAL, [choice, yes, no]) => {
                let (choice, yes, no) = (self.judge(choice), self.judge(yes), self.judge(no));
                Verdict {
                    never_true: (choice.never_true || yes.never_true)
                        && (choice.never_false || no.never_true),
                    never_false: (choice.never_true || yes.never_false)
                        && (choice.never_false || no.never_false),
                    why: choice.why.or(yes.why).or(no.why),
                }
            }
            _ => self.atom(part),
        }
    }

    fn atom(&self, part: &IdedExpr) -> Verdict {
        match self.try_out(part) {
            Some(Tried { always: true, why }) => Verdict { never_true: true, never_false: true, why },
            _ => Verdict::default(),
        }
    }

    /// None where it cannot be told.
    fn try_out(&self, part: &IdedExpr) -> Option<Tried> {
        let mut seen = Seen::default();
        seen.look(part);
        if seen.undetermined {
            return None;
        }
        let samples = sample::arguments(self.tool.input_schema.as_ref(), &seen.names)?;
        let mut mistakes = 0;
        let mut why = None;
        for arguments in &samples {
            let arguments = to_cel(arguments);
            let result = self.condition.resolve(part, |name| self.variable(name, &arguments));
            if let Some(mistake) = mistake(&result) {
                mistakes += 1;
                why.get_or_insert(mistake);
            }
        }
        let why = why.map(|why| match seen.arguments.first() {
            Some(name) => format!("{why}, where it reads `args.{}`", crate::text::shown(name, 60)),
            None => why,
        });
        Some(Tried { always: mistakes == samples.len() && !seen.branches, why })
    }

    /// Stand-ins of the right kinds. What a subject, an action or a resource has beyond these is not known here.
    fn variable(&self, name: &str, arguments: &Cel) -> Cel {
        match name {
            "args" => arguments.clone(),
            "subject" => map([
                ("id", text("subject")),
                ("kind", text("user")),
                ("roles", Cel::List(Arc::new(vec![text("role")]))),
            ]),
            "action" => map([("name", text(crate::call::TOOLS_CALL))]),
            "resource" => map([
                ("type", text("tool")),
                ("id", text(&self.tool.name)),
                ("server", text(&self.tool.server)),
                ("risk", text(self.tool.risk.as_str())),
                ("sensitivity", text(self.tool.sensitivity.as_str())),
                ("read_only", Cel::Bool(true)),
                ("tenant", text("tenant")),
            ]),
            "tenant" => map([("slug", text("tenant")), ("name", text("Tenant"))]),
            "now" => moment(self.now.micros()),
            _ => Cel::Null,
        }
    }
}

/// What stands in a part of a condition.
#[derive(Debug, Default)]
struct Seen {
    /// Every name that is selected or looked up.
    names: BTreeSet<String>,
    arguments: BTreeSet<String>,
    /// It reads what only a call can tell.
    undetermined: bool,
    /// Which of its operations are reached depends on values.
    branches: bool,
}

impl Seen {
    fn look(&mut self, part: &IdedExpr) {
        match &part.expr {
            Expr::Ident(name) => {
                self.undetermined |= ["actor", "task", "token", "bound", "context"].contains(&name.as_str());
            }
            Expr::Select(select) => {
                self.name(&select.operand, &select.field);
                self.look(&select.operand);
            }
            Expr::Call(call) => {
                let function = call.func_name.as_str();
                self.branches |= [operators::CONDITIONAL, operators::LOGICAL_AND, operators::LOGICAL_OR]
                    .contains(&function);
                if function == operators::INDEX
                    && let [of, index] = call.args.as_slice()
                {
                    match &index.expr {
                        Expr::Literal(LiteralValue::String(name)) => self.name(of, name.inner()),
                        Expr::Literal(_) => {}
                        // Which member that is, only a value tells.
                        _ => self.undetermined = true,
                    }
                }
                call.target.iter().for_each(|target| self.look(target));
                call.args.iter().for_each(|argument| self.look(argument));
            }
            Expr::Comprehension(made) => {
                self.branches = true;
                for part in
                    [&made.iter_range, &made.accu_init, &made.loop_cond, &made.loop_step, &made.result]
                {
                    self.look(part);
                }
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.look(element)),
            Expr::Map(entries) => {
                for entry in &entries.entries {
                    match &entry.expr {
                        EntryExpr::MapEntry(entry) => {
                            self.look(&entry.key);
                            self.look(&entry.value);
                        }
                        EntryExpr::StructField(field) => self.look(&field.value),
                    }
                }
            }
            Expr::Struct(_) | Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn name(&mut self, of: &IdedExpr, name: &str) {
        self.names.insert(name.to_owned());
        if matches!(&of.expr, Expr::Ident(of) if of == "args") {
            self.arguments.insert(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
