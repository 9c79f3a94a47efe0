//! One evaluation that a mapping asks for: an action on a resource, and what rules see beside it.

use super::error::{MappingError, MappingProblem};
use super::inputs::MappingInputs;
use super::template::Template;
use crate::binding::{check_resource_id, check_type};
use crate::call::ResourceRef;
use crate::facts::AssertedProperties;
use crate::text::shown;
use serde_json::{Map, Value};

/// The longest name of an action, in bytes.
const MAX_ACTION: usize = 512;
/// What Countersign knows of an action itself.
const OF_ACTION: &[&str] = &["name"];
/// What Countersign knows of a resource itself.
const OF_RESOURCE: &[&str] = &["type", "id", "tenant", "sensitivity", "risk", "server", "read_only"];
/// What the enforcing side alone says of a call.
const OF_CONTEXT: &[&str] = &["ip", "tenant", "task", "access_token", "dpop", "approval", "arguments"];

/// An evaluation as the mapping says it.
#[derive(Debug)]
pub struct MappedRequest {
    at: String,
    action: Template,
    /// Always written out, so that it is known before a call which kind of thing is meant.
    kind: String,
    id: Template,
    action_properties: Option<Template>,
    resource_properties: Option<Template>,
    context: Option<Template>,
}

/// An evaluation as it is made for one call.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedCall {
    pub action: String,
    /// Whether the action stands so in the mapping, and so shows nothing of the call.
    pub names_action: bool,
    pub resource: ResourceRef,
    /// What the server says of them: never more than what is registered.
    pub properties: AssertedProperties,
    pub context: Map<String, Value>,
}

impl MappedRequest {
    /// `request`: the evaluation, at the place `here`; `defaults`: what counts where it says nothing, at `above`.
    pub(super) fn compile(
        request: &Map<String, Value>,
        defaults: &Map<String, Value>,
        here: &str,
        above: &str,
    ) -> Result<Self, MappingError> {
        // Overridden as whole objects (AuthZEN, section 7).
        let member = |name: &str| match (request.get(name), defaults.get(name)) {
            (Some(given), _) => Some((given, format!("{here}/{name}"))),
            (None, Some(given)) => Some((given, format!("{above}/{name}"))),
            (None, None) => None,
        };
        let needed = |name: &str| member(name).ok_or_else(|| MappingError::Missing(format!("{here}/{name}")));
        let (action, action_at) = needed("action")?;
        let (resource, resource_at) = needed("resource")?;
        let action = super::object(action, &action_at)?;
        super::only(action, &["name", "properties"], &action_at)?;
        let resource = super::object(resource, &resource_at)?;
        super::only(resource, &["type", "id", "properties"], &resource_at)?;
        let name = text(action, "name", &action_at)?;
        if name.written_out().is_some_and(|name| !is_action(name)) {
            return Err(MappingError::Action(format!("{action_at}/name")));
        }
        let kind = text(resource, "type", &resource_at)?;
        let kind_at = format!("{resource_at}/type");
        let Some(kind) = kind.written_out() else { return Err(MappingError::NotWrittenOut(kind_at)) };
        check_type(kind).map_err(|why| MappingError::Resource { at: kind_at, why })?;
        let id = text(resource, "id", &resource_at)?;
        if let Some(written) = id.written_out() {
            let at = format!("{resource_at}/id");
            check_resource_id(written).map_err(|why| MappingError::Resource { at, why })?;
        }
        let properties = |map: &Map<String, Value>, at: &str, reserved: &[&str]| {
            let given = map.get("properties");
            given.map(|given| Template::members(given, &format!("{at}/properties"), reserved)).transpose()
        };
        let context = member("context");
        Ok(Self {
            at: here.to_owned(),
            action: name,
            kind: kind.to_owned(),
            id,
            action_properties: properties(action, &action_at, OF_ACTION)?,
            resource_properties: properties(resource, &resource_at, OF_RESOURCE)?,
            context: context.map(|(given, at)| Template::members(given, &at, OF_CONTEXT)).transpose()?,
        })
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        let more = [&self.action_properties, &self.resource_properties, &self.context];
        [&self.action, &self.id].into_iter().chain(more.into_iter().flatten())
    }

    pub(super) fn expressions(&self) -> usize {
        self.templates().map(Template::expressions).sum()
    }

    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.templates().flat_map(Template::arguments)
    }

    /// One sentence on what is asked, in words of the server, which are untrusted.
    pub fn words(&self) -> String {
        let id = match self.id.written_out() {
            Some(id) => format!("`{}`", shown(id, 80)),
            None => format!("that `{}` names", shown(&self.id.words(), 200)),
        };
        let action = shown(&self.action.words(), 200);
        let action = match self.action.written_out() {
            Some(_) => format!("`{action}`"),
            None => format!("do what `{action}` comes out as to"),
        };
        format!("the caller may {action} the `{}` {id}", self.kind)
    }

    /// What rules see beside it, each as a name and where it comes from, in words of the server.
    pub fn more(&self) -> Vec<String> {
        let parts = [
            ("action", &self.action_properties),
            ("resource", &self.resource_properties),
            ("context", &self.context),
        ];
        let mut more = Vec::new();
        for (of, template) in parts {
            if let Some(Template::Object(members)) = template {
                more.extend(members.iter().map(|(name, member)| {
                    format!("`{of}.{}` is `{}`", shown(name, 80), shown(&member.words(), 200))
                }));
            }
        }
        more
    }

    /// The resource alone, which has to be read before anything is decided.
    ///
    /// # Errors
    /// Where it does not resolve to the id of a resource.
    pub fn resource(&self, inputs: &MappingInputs<'_>) -> Result<ResourceRef, MappingProblem> {
        let id = self.text(&self.id, inputs, "the id of the resource is no text")?;
        if check_resource_id(&id).is_err() {
            return Err(self.problem("the id is none that a resource can have"));
        }
        Ok(ResourceRef { kind: self.kind.clone(), id })
    }

    pub(super) fn resolve(&self, inputs: &MappingInputs<'_>) -> Result<MappedCall, MappingProblem> {
        let action = self.text(&self.action, inputs, "the name of the action is no text")?;
        if !is_action(&action) {
            return Err(
                self.problem("the name of the action is empty, too long, or holds control characters")
            );
        }
        Ok(MappedCall {
            action,
            names_action: self.action.written_out().is_some(),
            resource: self.resource(inputs)?,
            properties: AssertedProperties {
                action: members(self.action_properties.as_ref(), inputs)?,
                resource: members(self.resource_properties.as_ref(), inputs)?,
            },
            context: members(self.context.as_ref(), inputs)?,
        })
    }

    fn text(
        &self,
        template: &Template,
        inputs: &MappingInputs<'_>,
        otherwise: &'static str,
    ) -> Result<String, MappingProblem> {
        match template.resolve(inputs)? {
            Some(Value::String(text)) => Ok(text),
            _ => Err(self.problem(otherwise)),
        }
    }

    fn problem(&self, why: &'static str) -> MappingProblem {
        MappingProblem::new(&self.at, why)
    }
}

fn text(map: &Map<String, Value>, name: &str, at: &str) -> Result<Template, MappingError> {
    let at = format!("{at}/{name}");
    match map.get(name) {
        Some(value) => Template::text(value, &at),
        None => Err(MappingError::Missing(at)),
    }
}

fn is_action(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_ACTION && !name.chars().any(char::is_control)
}

fn members(
    template: Option<&Template>,
    inputs: &MappingInputs<'_>,
) -> Result<Map<String, Value>, MappingProblem> {
    match template.map(|template| template.resolve(inputs)).transpose()?.flatten() {
        Some(Value::Object(members)) => Ok(members),
        _ => Ok(Map::new()),
    }
}
