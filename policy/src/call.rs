//! What somebody wants to do: one call, parsed once.

use crate::arguments::Arguments;
use crate::general::is_reserved;
use crate::ids::{ServerSlug, TenantSlug};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The resource of a call as the PEP named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRef {
    /// `tool`, `mcp_server`, `prompt`, `resource`, `task`, or a business type.
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
}

/// One call, without the credentials that came with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `tools/call` and its siblings.
    pub action: String,
    pub resource: ResourceRef,
    pub arguments: Arguments,
    /// What the PEP sent beside it; never the caller's token.
    pub context: Map<String, Value>,
    /// `context.tenant`: chooses among the caller's live memberships, nothing more.
    pub tenant: Option<TenantSlug>,
}

/// The action of a tool call.
pub const TOOLS_CALL: &str = "tools/call";

/// Methods about a server as a whole: open to an active member of a tenant that may use the server.
pub const SERVER_METHODS: &[&str] = &[
    "initialize",
    "server/discover",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "prompts/list",
    "tasks/list",
    "subscriptions/listen",
    "logging/setLevel",
    "completion/complete",
];

/// What a call is aimed at, once the credential has said how ids are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Tool {
        server: ServerSlug,
        name: String,
    },
    /// By slug or by audience.
    Server {
        id: String,
    },
    /// Anything that is no part of an MCP server, as the call names it; decided by rules of the general form.
    Resource,
    /// An action this version does not know, or one that does not go with the resource's type.
    UnknownMethod,
    /// A tool id without a server, from a credential that is bound to none.
    Unnamed,
}

impl Call {
    /// The task it names, where that is a text.
    pub fn task(&self) -> Option<&str> {
        self.context.get("task").and_then(Value::as_str)
    }

    /// Reads the target. `bound_to` is the credential's server: with it a tool's id is its whole name and is
    /// never split, and nothing but what is part of that server is asked about; without it the id is `<slug>/<tool>`,
    /// split at the first `/`.
    pub fn target(&self, bound_to: Option<&ServerSlug>) -> Target {
        match self.resource.kind.as_str() {
            "tool" if self.action == TOOLS_CALL => match bound_to {
                Some(server) => Target::Tool { server: server.clone(), name: self.resource.id.clone() },
                None => match self.resource.id.split_once('/') {
                    Some((server, name)) if !server.is_empty() && !name.is_empty() => {
                        Target::Tool { server: ServerSlug::from(server), name: name.to_owned() }
                    }
                    _ => Target::Unnamed,
                },
            },
            "mcp_server" if SERVER_METHODS.contains(&self.action.as_str()) => {
                Target::Server { id: self.resource.id.clone() }
            }
            kind if bound_to.is_none() && !is_reserved(kind) => Target::Resource,
            _ => Target::UnknownMethod,
        }
    }
}
