//! What entries are made of: keys in their order, and lists. What is not given is left out.

use crate::bundle::yaml::Node;
use policy::TenantSlug;

/// Keys in the order in which they are written.
#[derive(Default)]
pub(super) struct Keys(Vec<(String, Node)>);

impl Keys {
    pub(super) fn with(mut self, key: &str, value: impl Into<Node>) -> Self {
        self.0.push((key.to_owned(), value.into()));
        self
    }

    /// Leaves out what is not given.
    pub(super) fn with_any(self, key: &str, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    pub(super) fn node(self) -> Node {
        Node::Map(self.0)
    }

    pub(super) fn entries(self) -> Vec<(String, Node)> {
        self.0
    }
}

pub(super) fn list<T>(things: Option<&[T]>, node: fn(&T) -> Node) -> Option<Vec<Node>> {
    things.map(|things| things.iter().map(node).collect())
}

pub(super) fn texts<T: AsRef<str>>(texts: Option<&[T]>) -> Option<Vec<Node>> {
    texts.map(|texts| texts.iter().map(|text| Node::from(text.as_ref())).collect())
}

pub(super) fn slugs(slugs: Option<&[TenantSlug]>) -> Option<Vec<Node>> {
    slugs.map(|slugs| slugs.iter().map(|slug| Node::from(slug.as_str())).collect())
}
