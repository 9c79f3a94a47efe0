//! A mapping that a tool declares in its input schema (COAZ-MCP, draft 1 of 2026-02-13): which actions on which
//! resources a call of the tool comes down to. Its author is the server whose calls are decided on, so all of it is
//! hostile: read strictly, bounded, and used only once a person accepted it. This file reads its shape.

mod error;
mod inputs;
mod request;
mod template;
#[cfg(test)]
mod tests;

pub use error::{MappingError, MappingProblem};
pub use inputs::MappingInputs;
pub use request::{MappedCall, MappedRequest};

use super::tool_schema::ToolSchema;
use serde_json::{Map, Value};
use template::Template;

/// The member of an input schema that declares a mapping.
pub const MAPPING_MEMBER: &str = "x-authzen-mapping";
/// The most evaluations of one mapping.
const MAX_EVALUATIONS: usize = 20;
/// The most expressions of one mapping: each may bring all arguments along.
const MAX_EXPRESSIONS: usize = 100;
/// The largest mapping, in bytes of JSON.
const MAX_BYTES: usize = 16 * 1024;
/// How the subject of a call is named: whoever Countersign recognised, and nobody else.
const SUBJECT: &str = "$token.sub";

/// A mapping that can be used.
#[derive(Debug)]
pub struct DeclaredMapping {
    /// What it says of the subject beside who that is. Resolved, so that an error in it denies; nothing rests on it.
    subject: Vec<Template>,
    /// At least one, in the order of the mapping.
    requests: Vec<MappedRequest>,
}

impl DeclaredMapping {
    /// The mapping that an input schema declares; None where it declares none.
    ///
    /// # Errors
    /// Where it is malformed, or asks for something that is not supported: never less than all of it is used.
    pub fn of_schema(schema: &Value) -> Option<Result<Self, MappingError>> {
        Some(Self::compile(schema.get(MAPPING_MEMBER)?))
    }

    /// # Errors
    /// As [`Self::of_schema`].
    pub fn compile(mapping: &Value) -> Result<Self, MappingError> {
        if mapping.to_string().len() > MAX_BYTES {
            return Err(MappingError::TooLarge);
        }
        let envelope = object(mapping, "")?;
        let mut members = envelope.iter();
        let compiled = match (members.next(), members.next()) {
            (Some((key, one)), None) if key == "evaluation" => Self::single(object(one, "/evaluation")?)?,
            (Some((key, several)), None) if key == "evaluations" => {
                Self::several(object(several, "/evaluations")?)?
            }
            _ => return Err(MappingError::Envelope),
        };
        if compiled.expressions() > MAX_EXPRESSIONS {
            return Err(MappingError::TooManyExpressions);
        }
        Ok(compiled)
    }

    fn single(request: &Map<String, Value>) -> Result<Self, MappingError> {
        only(request, &["subject", "action", "resource", "context"], "/evaluation")?;
        let subject = subject(request.get("subject"), "/evaluation/subject")?;
        let request = MappedRequest::compile(request, &Map::new(), "/evaluation", "/evaluation")?;
        Ok(Self { subject, requests: vec![request] })
    }

    fn several(body: &Map<String, Value>) -> Result<Self, MappingError> {
        let at = "/evaluations";
        only(body, &["subject", "action", "resource", "context", "evaluations"], at)?;
        let Some(Value::Array(entries)) = body.get("evaluations") else {
            return Err(MappingError::Missing(format!("{at}/evaluations")));
        };
        if entries.is_empty() || entries.len() > MAX_EVALUATIONS {
            return Err(MappingError::Count);
        }
        let mut requests = Vec::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            let here = format!("{at}/evaluations/{place}");
            let entry = object(entry, &here)?;
            if entry.contains_key("subject") {
                return Err(MappingError::SubjectOfEntry(here));
            }
            only(entry, &["action", "resource", "context"], &here)?;
            requests.push(MappedRequest::compile(entry, body, &here, at)?);
        }
        Ok(Self { subject: subject(body.get("subject"), "/evaluations/subject")?, requests })
    }

    fn expressions(&self) -> usize {
        let subject: usize = self.subject.iter().map(Template::expressions).sum();
        subject + self.requests.iter().map(MappedRequest::expressions).sum::<usize>()
    }

    /// What it asks to be evaluated.
    pub fn requests(&self) -> &[MappedRequest] {
        &self.requests
    }

    /// An argument that it reads and that the tool does not take.
    ///
    /// # Errors
    /// Names the first one.
    pub fn check_against(&self, schema: &ToolSchema) -> Result<(), MappingError> {
        let subject = self.subject.iter().flat_map(Template::arguments);
        let mut all = subject.chain(self.requests.iter().flat_map(MappedRequest::arguments));
        match all.find(|name| !schema.may_hold(name)) {
            Some(name) => Err(MappingError::UnknownArgument(crate::text::shown(name, 60))),
            None => Ok(()),
        }
    }

    /// Everything that is to be evaluated for one call.
    ///
    /// # Errors
    /// At the first thing that does not resolve: then nothing of it is evaluated.
    pub fn resolve(&self, inputs: &MappingInputs<'_>) -> Result<Vec<MappedCall>, MappingProblem> {
        for said in &self.subject {
            said.resolve(inputs)?;
        }
        self.requests.iter().map(|request| request.resolve(inputs)).collect()
    }
}

/// What else a mapping says of the subject. Who it is must be left to the caller's token: a server that could name
/// somebody else would get decisions for people who never called.
fn subject(subject: Option<&Value>, at: &str) -> Result<Vec<Template>, MappingError> {
    let Some(subject) = subject else { return Ok(Vec::new()) };
    let subject = object(subject, at)?;
    only(subject, &["type", "id", "properties"], at)?;
    if subject.get("id").is_some_and(|id| id.as_str() != Some(SUBJECT)) {
        return Err(MappingError::Subject);
    }
    let mut said = Vec::new();
    if let Some(kind) = subject.get("type") {
        said.push(Template::text(kind, &format!("{at}/type"))?);
    }
    if let Some(properties) = subject.get("properties") {
        said.push(Template::members(properties, &format!("{at}/properties"), &[])?);
    }
    Ok(said)
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, MappingError> {
    value.as_object().ok_or_else(|| MappingError::NotAnObject(at.to_owned()))
}

/// Refuses what nobody would look at.
fn only(map: &Map<String, Value>, known: &[&str], at: &str) -> Result<(), MappingError> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(MappingError::Unknown(format!("{at}/{}", crate::text::shown(key, 60)))),
        None => Ok(()),
    }
}
