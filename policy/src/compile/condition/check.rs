//! What a parsed condition may hold: known names and functions, and macros that stand alone.

use super::{ConditionError, FUNCTIONS, Grammar, TYPES, network, zone};
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::BTreeSet;

/// Levels of the parsed expression: evaluation recurses once per level.
const MAX_LEVELS: usize = 96;

/// What walking the parsed expression finds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Which of the grammar's variables it reads.
    pub(super) reads: BTreeSet<&'static str>,
    pub(super) has_macro: bool,
    /// Names of arguments.
    pub(super) arguments: BTreeSet<String>,
    /// It calls `ip_in`.
    pub(super) asks_ip_in: bool,
    pub(super) context: Members,
    pub(super) token: Members,
}

/// What is read of a variable that comes with the call.
#[derive(Debug, Default)]
pub(super) struct Members {
    named: BTreeSet<String>,
    /// How often the variable is read, and how often only a member of it that is named.
    reads: usize,
    by_name: usize,
}

impl Members {
    /// The members that are named; None where the variable is read in other ways as well.
    pub(super) fn read(self) -> Option<BTreeSet<String>> {
        (self.reads <= self.by_name).then_some(self.named)
    }
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    grammar: Grammar,
    level: usize,
    in_macro: bool,
    /// The macro whose names are known here.
    bound: Option<&'a ComprehensionExpr>,
}

impl At<'_> {
    fn below(self) -> Self {
        Self { level: self.level + 1, ..self }
    }

    fn binds(&self, name: &str) -> bool {
        self.bound.is_some_and(|made| {
            made.iter_var == name || made.accu_var == name || made.iter_var2.as_deref() == Some(name)
        })
    }
}

pub(super) fn check(expression: &IdedExpr, grammar: Grammar) -> Result<Found, ConditionError> {
    let mut found = Found::default();
    found.expression(expression, At { grammar, level: 0, in_macro: false, bound: None })?;
    Ok(found)
}

/// A name from the source, as an error repeats it.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

impl Found {
    fn expression(&mut self, expression: &IdedExpr, at: At<'_>) -> Result<(), ConditionError> {
        if at.level > MAX_LEVELS {
            return Err(ConditionError::TooDeep);
        }
        match &expression.expr {
            Expr::Call(call) => {
                for inner in call.target.iter().map(Box::as_ref).chain(&call.args) {
                    self.expression(inner, at.below())?;
                }
                function(&call.func_name, call.args.last(), at.grammar)?;
                if call.func_name == network::NAME {
                    network::check(call)?;
                    self.asks_ip_in = true;
                }
                zone::check(call)?;
                self.indexed(&call.func_name, &call.args);
            }
            Expr::Comprehension(made) => self.comprehension(made, at)?,
            Expr::List(list) => {
                for element in &list.elements {
                    self.expression(element, at.below())?;
                }
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    match &entry.expr {
                        EntryExpr::MapEntry(entry) => {
                            self.expression(&entry.key, at.below())?;
                            self.expression(&entry.value, at.below())?;
                        }
                        EntryExpr::StructField(field) => self.expression(&field.value, at.below())?,
                    }
                }
            }
            Expr::Select(select) => {
                self.expression(&select.operand, at.below())?;
                self.member(&select.operand, &select.field);
            }
            Expr::Struct(made) => return Err(ConditionError::UnknownFunction(shown(&made.type_name))),
            Expr::Ident(name) => self.name(name, at)?,
            Expr::Literal(_) | Expr::Unspecified => {}
        }
        Ok(())
    }

    fn name(&mut self, name: &str, at: At<'_>) -> Result<(), ConditionError> {
        if at.binds(name) || TYPES.contains(&name) {
            return Ok(());
        }
        match at.grammar.variables.iter().find(|known| **known == name) {
            Some(known) => {
                if let Some(members) = self.members(known) {
                    members.reads += 1;
                }
                self.reads.insert(*known);
                Ok(())
            }
            None => Err(ConditionError::UnknownVariable(shown(name))),
        }
    }

    /// `args['x']` and `args.?x` name an argument too.
    fn indexed(&mut self, function: &str, operands: &[IdedExpr]) {
        if [operators::INDEX, operators::OPT_INDEX, operators::OPT_SELECT].contains(&function)
            && let [of, index] = operands
            && let Expr::Literal(LiteralValue::String(name)) = &index.expr
        {
            self.member(of, name.inner());
        }
    }

    fn member(&mut self, of: &IdedExpr, name: &str) {
        if are_arguments(of) {
            self.arguments.insert(name.to_owned());
        } else if let Expr::Ident(variable) = &of.expr
            && let Some(members) = self.members(variable)
        {
            members.by_name += 1;
            members.named.insert(name.to_owned());
        }
    }

    /// What is read of this variable, where that matters.
    fn members(&mut self, variable: &str) -> Option<&mut Members> {
        match variable {
            "context" => Some(&mut self.context),
            "token" => Some(&mut self.token),
            _ => None,
        }
    }

    fn comprehension(&mut self, made: &ComprehensionExpr, at: At<'_>) -> Result<(), ConditionError> {
        if at.in_macro {
            return Err(ConditionError::NestedMacro);
        }
        self.has_macro = true;
        for name in [Some(&made.iter_var), made.iter_var2.as_ref()].into_iter().flatten() {
            if at.grammar.variables.contains(&name.as_str()) {
                return Err(ConditionError::TakenName(shown(name)));
            }
        }
        if collects_something_else(made) {
            return Err(ConditionError::MapMacro);
        }
        let outside = At { in_macro: true, ..at.below() };
        for part in [&made.iter_range, &made.accu_init] {
            self.expression(part, outside)?;
        }
        let inside = At { grammar: at.grammar, level: outside.level, in_macro: true, bound: Some(made) };
        for part in [&made.loop_cond, &made.loop_step, &made.result] {
            self.expression(part, inside)?;
        }
        Ok(())
    }
}

/// `args` of a rule, `params.arguments` of a mapping.
fn are_arguments(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(name) => name == "args",
        Expr::Select(select) => {
            select.field == "arguments"
                && matches!(&select.operand.expr, Expr::Ident(name) if name == "params")
        }
        _ => false,
    }
}

fn function(name: &str, last: Option<&IdedExpr>, grammar: Grammar) -> Result<(), ConditionError> {
    if name == "matches" {
        let pattern = match last.map(|argument| &argument.expr) {
            Some(Expr::Literal(LiteralValue::String(pattern))) => pattern.inner(),
            _ => return Err(ConditionError::Pattern),
        };
        return regex::Regex::new(pattern).map(|_| ()).map_err(|_| ConditionError::Pattern);
    }
    // Operators are named with characters that no identifier can hold.
    let is_operator = !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_operator || FUNCTIONS.contains(&name) || grammar.functions.contains(&name) {
        return Ok(());
    }
    Err(ConditionError::UnknownFunction(shown(name)))
}

/// `filter` collects the elements as they are; `map` something made of them.
fn collects_something_else(made: &ComprehensionExpr) -> bool {
    if !matches!(made.accu_init.expr, Expr::List(_)) {
        return false;
    }
    let step = match &made.loop_step.expr {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => call.args.get(1),
        _ => Some(&made.loop_step),
    };
    let appended = step.and_then(|step| match &step.expr {
        Expr::Call(call) => call.args.last(),
        _ => None,
    });
    match appended.map(|appended| &appended.expr) {
        Some(Expr::List(list)) => !list
            .elements
            .iter()
            .all(|element| matches!(&element.expr, Expr::Ident(name) if *name == made.iter_var)),
        _ => true,
    }
}
