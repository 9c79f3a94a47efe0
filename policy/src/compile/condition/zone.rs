//! Times of day in a zone: `now.getHours('Europe/Berlin') >= 8`. The library knows the zones; here one that is written
//! out is tried when the rule is saved, as a misspelt one would make the condition unknown at every call.

use super::{ConditionError, ENVIRONMENT};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};
use cel::{Context, Value};
use std::sync::{Arc, LazyLock};

/// The functions of a moment that take a zone.
const PARTS: [&str; 10] = [
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
];

/// Reads one part of some moment in the zone `tenant`, a variable that has to be called something.
static TRIAL: LazyLock<Option<IdedExpr>> = LazyLock::new(|| {
    let program = ENVIRONMENT.compile("timestamp('2026-01-01T00:00:00Z').getHours(tenant)").ok()?;
    Some(program.expression().clone())
});

pub(super) fn check(call: &CallExpr) -> Result<(), ConditionError> {
    if !PARTS.contains(&call.func_name.as_str()) {
        return Ok(());
    }
    let [argument] = call.args.as_slice() else { return Ok(()) };
    let Expr::Literal(LiteralValue::String(zone)) = &argument.expr else { return Ok(()) };
    if is_known(zone.inner()) {
        return Ok(());
    }
    Err(ConditionError::Zone(zone.inner().chars().take(60).collect()))
}

fn is_known(zone: &str) -> bool {
    let Some(trial) = TRIAL.as_ref() else { return false };
    let mut context = Context::with_env(ENVIRONMENT.clone());
    context.add_variable_from_value("tenant", Value::String(Arc::new(zone.to_owned())));
    Value::resolve(trial, &context).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_offsets() {
        for good in ["Europe/Berlin", "UTC", "America/New_York", "+02:00", "-05:30", "05:30"] {
            assert!(is_known(good), "{good}");
        }
        for bad in ["Europe/Berlim", "Mars/Base", "+24:00", "+01:60", "x:y", "europe/berlin "] {
            assert!(!is_known(bad), "{bad}");
        }
    }
}
