//! The patterns of `matches`, compiled once instead of at every use.

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue};
use regex::Regex;

/// Takes every pattern out of the expression; where it stood, a function of its own is called. Their names hold
/// a `#`, so that no source can call them.
pub(super) fn lift(expression: &mut IdedExpr) -> Vec<(String, Regex)> {
    let mut patterns = Vec::new();
    walk(expression, &mut patterns);
    patterns
}

fn walk(expression: &mut IdedExpr, patterns: &mut Vec<(String, Regex)>) {
    match &mut expression.expr {
        Expr::Call(call) => {
            if let Some(target) = &mut call.target {
                walk(target, patterns);
            }
            for argument in &mut call.args {
                walk(argument, patterns);
            }
            if call.func_name == "matches" {
                replace(call, patterns);
            }
        }
        Expr::Comprehension(made) => {
            let made = &mut **made;
            walk(&mut made.iter_range, patterns);
            walk(&mut made.accu_init, patterns);
            walk(&mut made.loop_cond, patterns);
            walk(&mut made.loop_step, patterns);
            walk(&mut made.result, patterns);
        }
        Expr::List(list) => list.elements.iter_mut().for_each(|element| walk(element, patterns)),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                match &mut entry.expr {
                    EntryExpr::MapEntry(entry) => {
                        walk(&mut entry.key, patterns);
                        walk(&mut entry.value, patterns);
                    }
                    EntryExpr::StructField(field) => walk(&mut field.value, patterns),
                }
            }
        }
        Expr::Select(select) => walk(&mut select.operand, patterns),
        Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

/// `text.matches('…')` and `matches(text, '…')` alike. Whatever else is called so stays as it is: the library
/// finds no such function, and the condition is unknown.
fn replace(call: &mut CallExpr, patterns: &mut Vec<(String, Regex)>) {
    let pattern = match (&call.target, call.args.as_slice()) {
        (Some(_), [pattern]) | (None, [_, pattern]) => &pattern.expr,
        _ => return,
    };
    let Expr::Literal(LiteralValue::String(source)) = pattern else { return };
    let Ok(pattern) = Regex::new(source.inner()) else { return };
    let name = format!("matches#{}", patterns.len());
    if call.target.is_none() {
        call.target = Some(Box::new(call.args.remove(0)));
    }
    call.args.clear();
    call.func_name.clone_from(&name);
    patterns.push((name, pattern));
}
