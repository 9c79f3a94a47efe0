//! The compiled policy of one tenant at one revision.

use super::emergency::Emergency;
use super::index::RuleIndex;
use super::mapping::{DeclaredMapping, MAPPING_MEMBER, MappingInputs};
use super::rule::{CompiledRule, RuleSource};
use super::tool_schema::{ToolSchema, ToolSchemaError};
use crate::binding::{self, Binding, BindingError, CompiledBinding};
use crate::call::ResourceRef;
use crate::facts::Revision;
use crate::ids::{ServerSlug, TenantSlug, ToolId};
use crate::labels::{ReviewState, Risk, Sensitivity, TaskNeed};
use crate::redact::{RedactPath, unescape};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The tenant itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantState {
    pub slug: TenantSlug,
    pub name: String,
    pub active: bool,
}

/// A tool of a catalog as the store keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSource {
    pub id: ToolId,
    pub name: String,
    pub review: ReviewState,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub read_only: bool,
    pub definition_hash: Option<String>,
    /// JSON Pointers of arguments kept only as a keyed digest.
    pub redact: Vec<String>,
    /// None: the server gave none.
    pub input_schema: Option<Value>,
    /// False: a person switched checking off for this tool.
    pub check_schema: bool,
    /// Which arguments name registered resources.
    pub bindings: Vec<Binding>,
    /// What a caller's token must hold, all of them.
    pub scopes: Vec<String>,
    pub task: TaskNeed,
    /// The definition hash with which a person accepted the mapping that the tool declares; None where nobody did.
    pub mapping: Option<String>,
}

/// A server as the store keeps it.
#[derive(Debug, Clone)]
pub struct ServerSource {
    pub slug: ServerSlug,
    pub enabled: bool,
    pub audiences: Vec<String>,
    /// False: arguments are not held against the tools' schemas.
    pub check_arguments: bool,
    pub tools: Vec<Arc<CompiledTool>>,
}

/// How a tool's arguments are held against its schema.
#[derive(Debug)]
pub(crate) enum ArgumentCheck {
    Schema(ToolSchema),
    /// No schema is known.
    Unknown,
    SwitchedOff,
    NotUsable(ToolSchemaError),
}

/// What becomes of a mapping that a tool declares.
#[derive(Debug)]
pub(crate) enum ToolMapping {
    /// It declares none.
    None,
    /// It declares one that nobody accepted, so the tool's own rules decide alone.
    Aside,
    Accepted(DeclaredMapping),
    /// It was accepted with another definition than the reviewed one, so nobody accepted what stands there now.
    Stale,
    /// What was accepted cannot be used; why.
    Broken(String),
}

impl ToolMapping {
    fn compile(source: &ToolSource) -> Self {
        let schema = source.input_schema.as_ref();
        let Some(accepted) = &source.mapping else {
            // What nobody accepted is not even read.
            let declares = schema.is_some_and(|schema| schema.get(MAPPING_MEMBER).is_some());
            return if declares { Self::Aside } else { Self::None };
        };
        if source.definition_hash.as_ref() != Some(accepted) {
            return Self::Stale;
        }
        match schema.and_then(DeclaredMapping::of_schema) {
            Some(Ok(mapping)) => Self::Accepted(mapping),
            Some(Err(error)) => Self::Broken(error.to_string()),
            None => Self::Broken("the tool declares none".to_owned()),
        }
    }
}

/// A tool ready to be decided on.
#[derive(Debug)]
pub struct CompiledTool {
    pub source: ToolSource,
    pub(crate) check: ArgumentCheck,
    /// None: a stored path does not parse, so everything is redacted.
    redact: Option<Vec<RedactPath>>,
    /// What cannot be taken forbids the call.
    bindings: Result<Arc<[CompiledBinding]>, BindingError>,
    mapping: Arc<ToolMapping>,
}

impl CompiledTool {
    pub fn compile(source: ToolSource) -> Self {
        let check = match (&source.input_schema, source.check_schema) {
            (_, false) => ArgumentCheck::SwitchedOff,
            (None, true) => ArgumentCheck::Unknown,
            (Some(schema), true) => match ToolSchema::compile(schema) {
                Ok(schema) => ArgumentCheck::Schema(schema),
                Err(error) => ArgumentCheck::NotUsable(error),
            },
        };
        let redact = source.redact.iter().map(|path| RedactPath::parse(path).ok()).collect();
        let bindings = binding::compile(&source.bindings).map(Arc::from);
        let mapping = Arc::new(ToolMapping::compile(&source));
        Self { source, check, redact, bindings, mapping }
    }

    /// A tool whose schema could not even be looked at.
    pub fn not_usable(source: ToolSource) -> Self {
        let check = ArgumentCheck::NotUsable(ToolSchemaError::Compile("compiling it panicked".to_owned()));
        let bindings = binding::compile(&source.bindings).map(Arc::from);
        let mapping = match source.mapping {
            Some(_) => ToolMapping::Broken("compiling it panicked".to_owned()),
            None => ToolMapping::None,
        };
        Self { source, check, redact: None, bindings, mapping: Arc::new(mapping) }
    }

    pub(crate) fn mapping(&self) -> &ToolMapping {
        &self.mapping
    }

    /// What the tool's arguments name by its bindings and its mapping, as far as that can be told before anything is
    /// known of the caller; None where they never name anything.
    pub fn naming(&self) -> Option<Naming> {
        let bindings = self.bindings.as_ref().ok().filter(|bindings| !bindings.is_empty());
        let mapping = matches!(*self.mapping, ToolMapping::Accepted(_)).then(|| Arc::clone(&self.mapping));
        if bindings.is_none() && mapping.is_none() {
            return None;
        }
        Some(Naming { tool: self.source.name.clone(), bindings: bindings.map(Arc::clone), mapping })
    }

    /// Which arguments name registered resources.
    ///
    /// # Errors
    /// When a stored binding is none.
    pub fn bindings(&self) -> Result<&Arc<[CompiledBinding]>, &BindingError> {
        self.bindings.as_ref()
    }

    /// Whether the value at this place of the arguments must not be repeated: it, something above it, or
    /// something below it is redacted, or hidden as nothing declares it.
    pub fn redacts(&self, pointer: &str) -> bool {
        match &self.redact {
            Some(paths) => paths.iter().any(|path| path.touches(pointer)) || self.hides_undeclared(pointer),
            None => true,
        }
    }

    fn hides_undeclared(&self, pointer: &str) -> bool {
        let ArgumentCheck::Schema(schema) = &self.check else { return false };
        let first = pointer.split('/').nth(1).map(unescape);
        self.redacts_anything() && first.is_some_and(|name| name.is_none_or(|name| !schema.may_hold(&name)))
    }

    /// Whether anything in a call's arguments could be redacted at all.
    pub fn redacts_anything(&self) -> bool {
        self.redact.as_ref().is_none_or(|paths| !paths.is_empty())
    }

    /// Calls `hide` on everything in the arguments that is redacted. Of a tool that redacts anything, what it
    /// does not declare is hidden as well: a misspelt name must not show what the right one hides.
    pub fn hide_redacted(&self, arguments: &mut Value, hide: &mut impl FnMut(&mut Value)) {
        let Some(paths) = self.redact.as_ref() else {
            return arguments
                .as_object_mut()
                .into_iter()
                .flat_map(serde_json::Map::values_mut)
                .for_each(hide);
        };
        if paths.is_empty() {
            return;
        }
        for path in paths {
            path.each(arguments, hide);
        }
        if let ArgumentCheck::Schema(schema) = &self.check {
            for (name, value) in arguments.as_object_mut().into_iter().flatten() {
                if !schema.may_hold(name) {
                    hide(value);
                }
            }
        }
    }
}

/// By what the arguments of one tool name resources.
#[derive(Debug, Clone)]
pub struct Naming {
    tool: String,
    bindings: Option<Arc<[CompiledBinding]>>,
    mapping: Option<Arc<ToolMapping>>,
}

impl Naming {
    /// What these arguments name, without what hangs on the caller's token.
    pub fn resources(&self, arguments: &Value) -> Vec<ResourceRef> {
        let bindings = self.bindings.as_deref().unwrap_or_default();
        let named = binding::named(bindings, arguments).unwrap_or_default();
        let mut resources: Vec<ResourceRef> = named
            .into_iter()
            .map(|named| ResourceRef { kind: named.kind.to_owned(), id: named.id.to_owned() })
            .collect();
        if let Some(ToolMapping::Accepted(mapping)) = self.mapping.as_deref() {
            let inputs = MappingInputs::new(&self.tool, arguments, None);
            if !inputs.is_too_large() {
                resources.extend(mapping.requests().iter().filter_map(|one| one.resource(&inputs).ok()));
            }
        }
        resources
    }
}

#[derive(Debug)]
pub struct CompiledServer {
    pub slug: ServerSlug,
    pub enabled: bool,
    /// What tokens for this server name.
    pub audiences: Vec<String>,
    pub check_arguments: bool,
    tools: HashMap<String, Arc<CompiledTool>>,
}

impl CompiledServer {
    pub fn tool(&self, name: &str) -> Option<&CompiledTool> {
        self.tools.get(name).map(Arc::as_ref)
    }

    /// In no order.
    pub fn tools(&self) -> impl Iterator<Item = &CompiledTool> {
        self.tools.values().map(Arc::as_ref)
    }
}

/// Everything of one tenant that decisions need and that changes only with the revision.
#[derive(Debug)]
pub struct PolicySet {
    pub revision: Revision,
    pub tenant: TenantState,
    servers: HashMap<String, CompiledServer>,
    /// Which server an audience names; None where several claim it.
    audiences: HashMap<String, Option<String>>,
    pub(crate) rules: RuleIndex,
    all: Vec<Arc<CompiledRule>>,
    /// The roles that can be held in the tenant, and whether each is one of every tenant.
    roles: HashMap<String, bool>,
    pub(crate) emergency: Emergency,
}

impl PolicySet {
    /// `rules`: the tenant's own and those of every tenant.
    pub fn new(
        revision: Revision,
        tenant: TenantState,
        servers: Vec<ServerSource>,
        rules: Vec<Arc<CompiledRule>>,
    ) -> Self {
        let mut audiences = HashMap::new();
        let mut compiled = HashMap::new();
        for server in servers {
            let slug = server.slug.as_str().to_owned();
            for audience in &server.audiences {
                let owner: &mut Option<String> =
                    audiences.entry(audience.clone()).or_insert(Some(slug.clone()));
                if owner.as_ref() != Some(&slug) {
                    *owner = None;
                }
            }
            let tools = server.tools.into_iter().map(|tool| (tool.source.name.clone(), tool)).collect();
            let server = CompiledServer {
                slug: server.slug,
                enabled: server.enabled,
                audiences: server.audiences,
                check_arguments: server.check_arguments,
                tools,
            };
            compiled.insert(slug, server);
        }
        Self {
            revision,
            tenant,
            servers: compiled,
            audiences,
            rules: RuleIndex::new(&rules),
            all: rules,
            roles: HashMap::new(),
            emergency: Emergency::default(),
        }
    }

    /// With the roles that can be held in the tenant, each with whether it is one of every tenant. Without, no claim of
    /// a token stands for any role.
    #[must_use]
    pub fn with_roles(self, roles: impl IntoIterator<Item = (String, bool)>) -> Self {
        Self { roles: roles.into_iter().collect(), ..self }
    }

    /// Whether a role is one of every tenant; None where there is none of that name in this one.
    pub fn is_global_role(&self, name: &str) -> Option<bool> {
        self.roles.get(name).copied()
    }

    /// With the stop switches and break-glass grants that are in force in the tenant.
    #[must_use]
    pub fn with_emergency(self, emergency: Emergency) -> Self {
        Self { emergency, ..self }
    }

    /// A server this tenant may use.
    pub fn server(&self, slug: &str) -> Option<&CompiledServer> {
        self.servers.get(slug)
    }

    /// Those that the tenant may use, in no order.
    pub fn servers(&self) -> impl Iterator<Item = &CompiledServer> {
        self.servers.values()
    }

    /// By slug, or by one of its audiences (as PEPs name a server in `mcp_server` calls).
    pub fn server_by_audience(&self, id: &str) -> Option<&CompiledServer> {
        self.servers.get(id).or_else(|| self.servers.get(self.audiences.get(id)?.as_ref()?))
    }

    pub fn rules(&self) -> impl Iterator<Item = &CompiledRule> {
        self.all.iter().map(Arc::as_ref)
    }

    /// Compiles rules, none of them lost: one that does not compile is kept as broken.
    pub fn compile_rules(sources: &[RuleSource]) -> Vec<Arc<CompiledRule>> {
        sources.iter().map(|source| Arc::new(CompiledRule::compile_or_break(source))).collect()
    }
}
