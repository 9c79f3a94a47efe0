//! A rule's `when`: a CEL condition, bounded before it is parsed, because the library has no cost limit.

use crate::decision::Truth;
use crate::evaluate::Inputs;
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue};
use cel::{Context, Env, ExecutionError, Program, Value};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// The longest source, in bytes.
const MAX_SOURCE: usize = 2 * 1024;
/// Brackets that may be open at once, and the same operator in a row.
const MAX_NESTING: usize = 24;
/// Levels of the parsed expression: evaluation recurses once per level.
const MAX_LEVELS: usize = 96;

/// One environment for all: making one costs more than most conditions.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// What a condition may speak about.
pub const VARIABLES: &[&str] =
    &["subject", "actor", "action", "resource", "args", "bound", "tenant", "task", "token", "context", "now"];

/// What a condition may call, beside operators and the macros `has`, `all`, `exists`, `exists_one`, `filter`.
pub const FUNCTIONS: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "timestamp",
    "duration",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "type",
    "dyn",
];

/// Why a condition is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error("is longer than {MAX_SOURCE} bytes")]
    TooLong,
    #[error("is nested too deeply")]
    TooDeep,
    #[error("does not parse: {0}")]
    Parse(String),
    #[error(
        "speaks about `{0}`, which is none of subject, actor, action, resource, args, bound, tenant, task, token, context, now"
    )]
    UnknownVariable(String),
    #[error("calls `{0}`, which is not a function of conditions")]
    UnknownFunction(String),
    #[error("uses the macro `map`; only has, all, exists, exists_one and filter are allowed")]
    MapMacro,
    #[error("uses a macro inside or over another one")]
    NestedMacro,
    #[error(
        "matches against a pattern that is not written out, or that is no regular expression of linear time"
    )]
    Pattern,
}

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    program: Program,
    /// Which of [`VARIABLES`] it reads.
    reads: Vec<&'static str>,
    has_macro: bool,
    arguments: BTreeSet<String>,
}

impl Condition {
    /// # Errors
    /// See [`ConditionError`].
    pub fn compile(source: &str) -> Result<Self, ConditionError> {
        if source.len() > MAX_SOURCE {
            return Err(ConditionError::TooLong);
        }
        if nesting(source) > MAX_NESTING {
            return Err(ConditionError::TooDeep);
        }
        let program = ENVIRONMENT.compile(source).map_err(|errors| {
            let text: String = errors.to_string().chars().take(300).collect();
            ConditionError::Parse(text)
        })?;
        let mut check = Check::default();
        check.expression(program.expression(), 0, false)?;
        let mut reads = Vec::new();
        for name in program.references().variables() {
            match VARIABLES.iter().find(|known| **known == name) {
                Some(known) => reads.push(*known),
                None if check.bound.contains(name) => {}
                None => return Err(ConditionError::UnknownVariable(name.chars().take(60).collect())),
            }
        }
        reads.sort_unstable();
        reads.dedup();
        let Check { has_macro, arguments, .. } = check;
        Ok(Self { program, reads, has_macro, arguments })
    }

    /// The arguments it names as `args.x`.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(String::as_str)
    }

    /// Whether it holds. Whatever is not a clear yes or no is unknown, with a few words on why; they never
    /// repeat a value.
    pub(crate) fn truth(&self, inputs: &Inputs<'_>) -> (Truth, Option<&'static str>) {
        if self.reads.contains(&"args") && !inputs.has_arguments() {
            return (Truth::Unknown, Some("the arguments were not sent"));
        }
        if self.has_macro && inputs.is_too_long_for_macros() {
            return (Truth::Unknown, Some("a list is longer than 1,000 elements"));
        }
        let mut context = Context::with_env(ENVIRONMENT.clone());
        for name in &self.reads {
            context.add_variable_from_value(*name, inputs.variable(name));
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(value)) => (Truth::from(value), None),
            Ok(_) => (Truth::Unknown, Some("the condition is neither true nor false")),
            Err(ExecutionError::NoSuchKey(_)) => {
                (Truth::Unknown, Some("the condition reads something that is not there"))
            }
            Err(_) => (Truth::Unknown, Some("the condition could not be evaluated")),
        }
    }
}

/// How deep a source can make the parser go, judged without parsing: brackets that are open at once, plus
/// the operators that nest to the right (`?:`, `!`, `-`). Brackets in string literals count too; that is
/// stricter than needed and never wrong.
fn nesting(source: &str) -> usize {
    let (mut open, mut deepest, mut prefixes, mut ternaries) = (0usize, 0usize, 0usize, 0usize);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'?' => ternaries += 1,
            _ => {}
        }
        match byte {
            b'!' | b'-' => {
                prefixes += 1;
                deepest = deepest.max(prefixes);
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => prefixes = 0,
        }
    }
    deepest.max(ternaries)
}

/// What walking the parsed expression finds.
#[derive(Debug, Default)]
struct Check {
    /// Names that macros bind.
    bound: BTreeSet<String>,
    has_macro: bool,
    arguments: BTreeSet<String>,
}

impl Check {
    fn expression(
        &mut self,
        expression: &IdedExpr,
        level: usize,
        in_macro: bool,
    ) -> Result<(), ConditionError> {
        if level > MAX_LEVELS {
            return Err(ConditionError::TooDeep);
        }
        let mut below = |inner: &IdedExpr| self.expression(inner, level + 1, in_macro);
        match &expression.expr {
            Expr::Call(call) => {
                for inner in call.target.iter().map(Box::as_ref).chain(&call.args) {
                    below(inner)?;
                }
                self.function(&call.func_name, call.args.last())?;
                self.indexed(&call.func_name, &call.args);
            }
            Expr::Comprehension(macro_call) => self.comprehension(macro_call, level, in_macro)?,
            Expr::List(list) => list.elements.iter().try_for_each(below)?,
            Expr::Map(map) => {
                for entry in &map.entries {
                    match &entry.expr {
                        EntryExpr::MapEntry(entry) => {
                            below(&entry.key)?;
                            below(&entry.value)?;
                        }
                        EntryExpr::StructField(field) => below(&field.value)?,
                    }
                }
            }
            Expr::Select(select) => {
                below(&select.operand)?;
                if matches!(&select.operand.expr, Expr::Ident(name) if name == "args") {
                    self.arguments.insert(select.field.clone());
                }
            }
            Expr::Struct(made) => {
                return Err(ConditionError::UnknownFunction(made.type_name.chars().take(60).collect()));
            }
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
        }
        Ok(())
    }

    /// `args['x']` names an argument too.
    fn indexed(&mut self, function: &str, operands: &[IdedExpr]) {
        if function == cel::common::ast::operators::INDEX
            && let [of, index] = operands
            && matches!(&of.expr, Expr::Ident(name) if name == "args")
            && let Expr::Literal(LiteralValue::String(name)) = &index.expr
        {
            self.arguments.insert(name.inner().to_owned());
        }
    }

    fn function(&self, name: &str, last: Option<&IdedExpr>) -> Result<(), ConditionError> {
        if name == "matches" {
            let pattern = match last.map(|argument| &argument.expr) {
                Some(Expr::Literal(LiteralValue::String(pattern))) => pattern.inner(),
                _ => return Err(ConditionError::Pattern),
            };
            return regex::Regex::new(pattern).map(|_| ()).map_err(|_| ConditionError::Pattern);
        }
        // Operators are named with characters that no identifier can hold.
        let is_operator = name.starts_with(['_', '!', '-', '@']);
        if is_operator || FUNCTIONS.contains(&name) {
            return Ok(());
        }
        Err(ConditionError::UnknownFunction(name.chars().take(60).collect()))
    }

    fn comprehension(
        &mut self,
        made: &ComprehensionExpr,
        level: usize,
        in_macro: bool,
    ) -> Result<(), ConditionError> {
        if in_macro {
            return Err(ConditionError::NestedMacro);
        }
        self.has_macro = true;
        self.bound.extend([made.iter_var.clone(), made.accu_var.clone()]);
        self.bound.extend(made.iter_var2.clone());
        if collects_something_else(made) {
            return Err(ConditionError::MapMacro);
        }
        for part in [&made.iter_range, &made.accu_init, &made.loop_cond, &made.loop_step, &made.result] {
            self.expression(part, level + 1, true)?;
        }
        Ok(())
    }
}

/// `filter` collects the elements as they are; `map` something made of them.
fn collects_something_else(made: &ComprehensionExpr) -> bool {
    if !matches!(made.accu_init.expr, Expr::List(_)) {
        return false;
    }
    let step = match &made.loop_step.expr {
        Expr::Call(call) if call.func_name == cel::common::ast::operators::CONDITIONAL => call.args.get(1),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> ConditionError {
        match Condition::compile(source) {
            Ok(_) => panic!("accepted: {source}"),
            Err(error) => error,
        }
    }

    #[test]
    fn what_is_accepted_and_what_it_reads() {
        for source in [
            "args.amount < 100",
            "args.tenant_id == tenant.slug && task == null",
            "has(args.note) && args.note.matches('^[a-z]+$')",
            "args.items.all(i, i.price < 5.0)",
            "args.items.filter(i, i.price > 5.0).size() < 3",
            "'finance' in subject.roles && now < timestamp('2027-01-01T00:00:00Z')",
            "now.getHours() >= 8 ? true : subject.kind == 'agent'",
            "bound['/customer_id'].region == 'eu'",
        ] {
            Condition::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        }
        let condition = Condition::compile(
            "args.amount < 100 && args['currency'] == 'EUR' && args.items.exists(x, x == 1)",
        )
        .expect("compiles");
        assert_eq!(condition.arguments().collect::<Vec<_>>(), ["amount", "currency", "items"]);
    }

    #[test]
    fn what_is_refused() {
        let long = format!("true{}", " && true".repeat(300));
        for (source, expected) in [
            (long.as_str(), ConditionError::TooLong),
            ("arg.amount < 1", ConditionError::UnknownVariable("arg".into())),
            ("args.items.map(i, i * 2).size() > 1", ConditionError::MapMacro),
            ("args.a.all(x, args.b.all(y, x == y))", ConditionError::NestedMacro),
            ("args.a.filter(x, x > 1).all(y, y > 2)", ConditionError::NestedMacro),
            ("subject.name.matches(args.pattern)", ConditionError::Pattern),
            ("subject.name.matches('(?=x)')", ConditionError::Pattern),
            ("launch(args.x)", ConditionError::UnknownFunction("launch".into())),
        ] {
            assert_eq!(refused(source), expected, "{source}");
        }
        assert!(matches!(refused("args.amount <"), ConditionError::Parse(_)));
        assert!(matches!(refused(""), ConditionError::Parse(_)));
    }

    #[test]
    fn hostile_sources_end_on_a_small_stack() {
        let sources = vec![
            "(".repeat(2_000),
            format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000)),
            format!("{}true", "!".repeat(2_000)),
            format!("{}1", "-".repeat(2_000)),
            format!("{}1", "- ".repeat(1_000)),
            format!("1{}", "+1".repeat(1_000)),
            format!("true{}", "||true".repeat(330)),
            format!("a{}", ".a".repeat(1_000)),
            format!("a{}", "[0]".repeat(600)),
            "[".repeat(2_000),
            "{".repeat(2_000),
            "a?".repeat(1_000),
            "true?true:".repeat(200),
            format!("{}{}", "a.all(x,".repeat(200), "true"),
            "'".repeat(2_000),
            "\"\\".repeat(1_000),
            "\u{0}".repeat(2_000),
            "1e999999999".to_owned(),
        ];
        let run = move || {
            for source in sources {
                let _ = Condition::compile(&source);
            }
        };
        // As large as the stacks of the runtime's threads.
        std::thread::Builder::new()
            .stack_size(2 * 1024 * 1024)
            .spawn(run)
            .expect("a thread")
            .join()
            .expect("no overflow");
    }
}
