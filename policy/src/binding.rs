//! Which argument of a tool names which registered resource, and what a call's arguments name by that. Pure and
//! bounded; whether what is named exists is not known here.

use crate::labels::OnUnknown;
use crate::redact::unescape;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most bindings of one tool.
pub const MAX_BINDINGS: usize = 20;
/// The most resources that the arguments of one call may name.
pub const MAX_NAMED: usize = 100;
/// The longest id of a resource, in bytes: an index has to hold it.
pub const MAX_ID: usize = 1_000;
/// The longest pointer, in bytes.
const MAX_POINTER: usize = 200;
/// Types that mean something else in a call.
pub(crate) const RESERVED_TYPES: [&str; 5] = ["tool", "prompt", "resource", "mcp_server", "task"];

/// One binding of a tool, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// A JSON Pointer (RFC 6901) into the arguments, in which `*` is each element of a list.
    pub pointer: String,
    /// The type of the resource that the argument names; the argument is its id.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the argument may be left out (or null).
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// What becomes of a call that names something unregistered.
    #[serde(default = "deny", skip_serializing_if = "is_deny")]
    pub unknown: OnUnknown,
}

fn deny() -> OnUnknown {
    OnUnknown::Deny
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_deny(unknown: &OnUnknown) -> bool {
    *unknown == OnUnknown::Deny
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Why a binding, a type or an id is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    #[error("`{0}` is not a JSON Pointer such as /customer_id or /orders/*/customer_id")]
    Pointer(String),
    #[error("type `{0}` {1}")]
    Type(String, &'static str),
    #[error("id `{0}` {1}")]
    Id(String, &'static str),
    #[error("`{0}` is bound twice")]
    Twice(String),
    #[error("more than {MAX_BINDINGS} bindings")]
    TooMany,
}

/// The types of resources: `[a-z][a-z0-9_-]*`, at most 63 characters, none that a call uses for itself.
///
/// # Errors
/// Says which of these the text breaks.
pub fn check_type(text: &str) -> Result<(), BindingError> {
    let refuse = |why| Err(BindingError::Type(text.chars().take(60).collect(), why));
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if text.is_empty() || text.len() > 63 {
        refuse("must have 1 to 63 characters")
    } else if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.bytes().all(allowed) {
        refuse("must be lower-case letters, digits, hyphens and underscores, starting with a letter")
    } else if RESERVED_TYPES.contains(&text) || text == "new" {
        refuse("is reserved")
    } else {
        Ok(())
    }
}

/// The ids of resources: 1 to [`MAX_ID`] bytes without control characters. Nothing else is ever registered.
///
/// # Errors
/// Says which of these the text breaks.
pub fn check_resource_id(text: &str) -> Result<(), BindingError> {
    let refuse = |why| Err(BindingError::Id(text.chars().take(60).collect(), why));
    if text.is_empty() {
        refuse("must not be empty")
    } else if text.len() > MAX_ID {
        refuse("must not be longer than 1000 bytes")
    } else if text.chars().any(char::is_control) {
        refuse("must not hold control characters")
    } else {
        Ok(())
    }
}

/// A binding whose pointer is taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledBinding {
    binding: Binding,
    path: Vec<String>,
}

impl CompiledBinding {
    /// # Errors
    /// When the pointer or the type cannot be taken.
    pub fn compile(binding: Binding) -> Result<Self, BindingError> {
        check_type(&binding.kind)?;
        let refuse = || BindingError::Pointer(binding.pointer.chars().take(60).collect());
        if binding.pointer.len() > MAX_POINTER || binding.pointer.chars().any(char::is_control) {
            return Err(refuse());
        }
        let rest = binding.pointer.strip_prefix('/').ok_or_else(refuse)?;
        let path: Option<Vec<String>> = rest.split('/').map(unescape).collect();
        let path = path.ok_or_else(refuse)?;
        // Arguments are an object, so the first part is always a name.
        if path.first().is_some_and(|first| first == "*") {
            return Err(refuse());
        }
        Ok(Self { binding, path })
    }

    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    /// Whether it may name several resources.
    pub fn is_list(&self) -> bool {
        self.path.iter().any(|part| part == "*")
    }
}

/// All bindings of one tool.
///
/// # Errors
/// At the first that cannot be taken, or where two have the same pointer.
pub fn compile(bindings: &[Binding]) -> Result<Vec<CompiledBinding>, BindingError> {
    if bindings.len() > MAX_BINDINGS {
        return Err(BindingError::TooMany);
    }
    let compiled: Vec<CompiledBinding> =
        bindings.iter().cloned().map(CompiledBinding::compile).collect::<Result<_, _>>()?;
    for (index, one) in compiled.iter().enumerate() {
        if compiled.iter().take(index).any(|other| other.path == one.path) {
            return Err(BindingError::Twice(one.binding.pointer.clone()));
        }
    }
    Ok(compiled)
}

/// One resource that the arguments name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    /// Which of the bindings, by its place among them.
    pub binding: usize,
    /// Where it stands: a JSON Pointer without `*`.
    pub at: String,
    pub kind: &'a str,
    pub id: &'a str,
}

/// Why what the arguments name cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamingProblem {
    /// A pointer whose argument is absent, null or an empty list, and may not be.
    Missing(String),
    /// A place that is of another shape than the binding says.
    NoText(String),
    TooMany,
}

/// What the arguments name by these bindings, in their order.
///
/// Whatever is not as the bindings say is a problem and never an absent argument: only a member that is not there, or
/// null, is absent.
///
/// # Errors
/// See [`NamingProblem`].
pub fn named<'a>(
    bindings: &'a [CompiledBinding],
    arguments: &'a Value,
) -> Result<Vec<Named<'a>>, NamingProblem> {
    let mut found = Vec::new();
    for (index, bound) in bindings.iter().enumerate() {
        let before = found.len();
        let mut walk = Walk { bound, index, found: &mut found };
        walk.step(&bound.path, arguments, String::new())?;
        if found.len() == before && !bound.binding.optional {
            return Err(NamingProblem::Missing(bound.binding.pointer.clone()));
        }
    }
    Ok(found)
}

struct Walk<'a, 'f> {
    bound: &'a CompiledBinding,
    index: usize,
    found: &'f mut Vec<Named<'a>>,
}

impl<'a> Walk<'a, '_> {
    fn step(&mut self, path: &'a [String], value: &'a Value, at: String) -> Result<(), NamingProblem> {
        if value.is_null() {
            return self.absent(at);
        }
        let Some((first, rest)) = path.split_first() else { return self.take(value, at) };
        match value {
            Value::Array(items) if first == "*" => {
                for (index, item) in items.iter().enumerate() {
                    self.step(rest, item, format!("{at}/{index}"))?;
                }
                Ok(())
            }
            Value::Array(items) => match place(first) {
                Some(index) => match items.get(index) {
                    Some(item) => self.step(rest, item, format!("{at}/{index}")),
                    None => self.absent(format!("{at}/{index}")),
                },
                None => Err(NamingProblem::NoText(at)),
            },
            Value::Object(_) if first == "*" => Err(NamingProblem::NoText(at)),
            Value::Object(members) => {
                let at = format!("{at}/{}", escape(first));
                match members.get(first) {
                    Some(member) => self.step(rest, member, at),
                    None => self.absent(at),
                }
            }
            _ => Err(NamingProblem::NoText(at)),
        }
    }

    fn absent(&self, at: String) -> Result<(), NamingProblem> {
        if self.bound.binding.optional { Ok(()) } else { Err(NamingProblem::Missing(at)) }
    }

    fn take(&mut self, value: &'a Value, at: String) -> Result<(), NamingProblem> {
        let Value::String(id) = value else { return Err(NamingProblem::NoText(at)) };
        if self.found.len() >= MAX_NAMED {
            return Err(NamingProblem::TooMany);
        }
        self.found.push(Named { binding: self.index, at, kind: &self.bound.binding.kind, id });
        Ok(())
    }
}

/// RFC 6901, section 4: a place in a list has no leading zeros.
fn place(part: &str) -> Option<usize> {
    let plain = part == "0" || !part.starts_with('0');
    (plain && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten()
}

/// RFC 6901, section 3.
fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
