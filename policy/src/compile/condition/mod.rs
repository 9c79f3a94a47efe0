//! A rule's `when`: a CEL condition, bounded before it is parsed, because the library has no cost limit.

mod check;
mod network;
mod patterns;
mod zone;

use crate::decision::Truth;
use crate::evaluate::Inputs;
use crate::labels::Effect;
use cel::common::ast::IdedExpr;
use cel::extractors::This;
use cel::{Context, Env, ExecutionError, ResolveResult, Value};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// The longest source, in bytes.
const MAX_SOURCE: usize = 2 * 1024;
/// Brackets that may be open at once, and the same operator in a row.
const MAX_NESTING: usize = 24;

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
    "ip_in",
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

/// Names that `type(…)` may be held against.
pub const TYPES: &[&str] =
    &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// What an expression may speak about, and what it may call beside [`FUNCTIONS`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Grammar {
    pub(super) variables: &'static [&'static str],
    pub(super) functions: &'static [&'static str],
}

/// The grammar of rules.
const OF_RULES: Grammar = Grammar { variables: VARIABLES, functions: &[] };

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
    #[error("names an element `{0}`, which already means something else; give it another name")]
    TakenName(String),
    #[error(
        "matches against a pattern that is not written out, or that is no regular expression of linear time"
    )]
    Pattern,
    #[error("calls `ip_in` other than as `ip_in(context.ip, '10.0.0.0/8')`: {0}")]
    Network(String),
    #[error(
        "reads a time in `{0}`, which is neither a zone such as `Europe/Berlin` nor an offset such as `+02:00`"
    )]
    Zone(String),
}

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    expression: IdedExpr,
    /// Which of its grammar's variables it reads.
    reads: BTreeSet<&'static str>,
    has_macro: bool,
    arguments: BTreeSet<String>,
    /// Whether it asks for networks.
    asks_ip_in: bool,
    /// Members of `context` that it names; None where it may read any.
    context: Option<BTreeSet<String>>,
    /// Claims of the token that it names; None where it may read any.
    claims: Option<BTreeSet<String>>,
    /// The patterns of `matches`, each under the name by which `expression` calls it: the library would compile
    /// them anew for every element of every call.
    patterns: Vec<(String, Regex)>,
}

impl Condition {
    /// # Errors
    /// See [`ConditionError`].
    pub fn compile(source: &str) -> Result<Self, ConditionError> {
        Self::compile_as(source, OF_RULES)
    }

    /// The same for an expression that speaks about something else than rules do.
    pub(super) fn compile_as(source: &str, grammar: Grammar) -> Result<Self, ConditionError> {
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
        // First what bounds the depth: everything after it may recurse freely.
        let found = check::check(program.expression(), grammar)?;
        let check::Found { reads, has_macro, arguments, asks_ip_in, context, token } = found;
        let (context, claims) = (context.read(), token.read());
        let mut expression = program.expression().clone();
        let patterns = patterns::lift(&mut expression);
        Ok(Self { expression, reads, has_macro, arguments, asks_ip_in, context, claims, patterns })
    }

    /// The arguments it names as `args.x` (of a mapping: as `params.arguments.x`).
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(String::as_str)
    }

    /// The members of `context` that it names as `context.x`; None where it may read any of them.
    pub(crate) fn context(&self) -> Option<&BTreeSet<String>> {
        self.context.as_ref()
    }

    /// The claims that it names as `token.x`; None where it may read any of them.
    pub(crate) fn claims(&self) -> Option<&BTreeSet<String>> {
        self.claims.as_ref()
    }

    pub(crate) fn reads_arguments(&self) -> bool {
        self.reads.contains("args")
    }

    /// Whether it reads a variable that is left open.
    pub(crate) fn reads_open(&self, inputs: &Inputs<'_>) -> bool {
        self.reads.iter().any(|name| inputs.is_open(name))
    }

    /// Whether it reads this variable.
    pub(super) fn reads(&self, variable: &str) -> bool {
        self.reads.contains(variable)
    }

    pub(super) fn has_macro(&self) -> bool {
        self.has_macro
    }

    pub(super) fn expression(&self) -> &IdedExpr {
        &self.expression
    }

    /// Evaluates the condition, or a part of it.
    pub(super) fn resolve(&self, part: &IdedExpr, variable: impl Fn(&'static str) -> Value) -> ResolveResult {
        let mut context = Context::with_env(ENVIRONMENT.clone());
        for &name in &self.reads {
            context.add_variable_from_value(name, variable(name));
        }
        if self.asks_ip_in {
            network::provide(&mut context);
        }
        for (name, pattern) in &self.patterns {
            let pattern = pattern.clone();
            // Refused only for a name that the library knows, and it knows none like these.
            let _ = context
                .add_function(name, move |This(text): This<Arc<String>>| pattern.is_match(text.as_str()));
        }
        Value::resolve(part, &context)
    }

    /// Whether it holds for a rule of this effect. Whatever is not a clear yes or no is unknown, with a few words on why;
    /// they never repeat a value.
    pub(crate) fn truth(&self, inputs: &Inputs<'_>, effect: Effect) -> (Truth, Option<&'static str>) {
        if self.reads_open(inputs) {
            return (Truth::Unknown, Some("the condition speaks about what is left open"));
        }
        if self.reads_arguments() && !inputs.has_arguments() {
            return (Truth::Unknown, Some("the arguments were not sent"));
        }
        if self.has_macro && inputs.is_too_long_for_macros(self.reads_arguments()) {
            return (Truth::Unknown, Some("a list is longer than 1,000 elements"));
        }
        match self.resolve(&self.expression, |name| inputs.variable(name, effect)) {
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

#[cfg(test)]
mod tests;
