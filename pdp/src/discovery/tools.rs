//! The tools as a server lists them, page by page, within the limits. Everything here is hostile until checked.

use super::error::{DiscoveryError, shown};
use super::{DiscoveredTool, Limits};
use crate::catalog::definition_hash;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The longest name of a tool, in characters and in bytes (what the catalog takes).
const MAX_NAME: usize = 256;
const MAX_NAME_BYTES: usize = 400;

/// The longest cursor that is sent back.
const MAX_CURSOR: usize = 4_096;

/// What was listed so far.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    limits: &'a Limits,
    pages: usize,
    cursors: HashSet<String>,
    names: HashSet<String>,
    tools: Vec<DiscoveredTool>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, pages: 0, cursors: HashSet::new(), names: HashSet::new(), tools: Vec::new() }
    }

    pub(super) fn pages(&self) -> usize {
        self.pages
    }

    pub(super) fn len(&self) -> usize {
        self.tools.len()
    }

    pub(super) fn into_tools(self) -> Vec<DiscoveredTool> {
        self.tools
    }

    /// Takes the result of one `tools/list`. Answers with the cursor of the next page, if there is one.
    ///
    /// # Errors
    /// At the first thing that is not as it must be, or beyond the limits.
    pub(super) fn take(&mut self, url: &str, page: Value) -> Result<Option<String>, DiscoveryError> {
        let not_a_list = || DiscoveryError::not_mcp(url, "its answer to `tools/list` is not a list of tools");
        let Value::Object(mut page) = page else { return Err(not_a_list()) };
        let Some(Value::Array(tools)) = page.remove("tools") else { return Err(not_a_list()) };
        self.pages += 1;
        if self.tools.len() + tools.len() > self.limits.tools {
            return Err(DiscoveryError::TooManyTools { limit: self.limits.tools });
        }
        for tool in tools {
            self.take_tool(tool)?;
        }
        let cursor = match page.remove("nextCursor") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(cursor)) if cursor.is_empty() => return Ok(None),
            Some(Value::String(cursor)) if cursor.len() <= MAX_CURSOR => cursor,
            Some(_) => {
                return Err(DiscoveryError::not_mcp(url, "its cursor is no text, or longer than 4096 bytes"));
            }
        };
        if !self.cursors.insert(cursor.clone()) {
            return Err(DiscoveryError::CursorRepeats { page: self.pages });
        }
        if self.pages >= self.limits.pages {
            return Err(DiscoveryError::TooManyPages { limit: self.limits.pages });
        }
        Ok(Some(cursor))
    }

    fn take_tool(&mut self, tool: Value) -> Result<(), DiscoveryError> {
        let position = self.tools.len() + 1;
        let not_a_tool = |reason: &str| DiscoveryError::NotATool { position, reason: reason.to_owned() };
        let Value::Object(mut tool) = tool else { return Err(not_a_tool("is not an object")) };
        let name = name(&tool).map_err(not_a_tool)?.to_owned();
        if !tool.get("inputSchema").is_some_and(Value::is_object) {
            return Err(not_a_tool("has no `inputSchema` that is an object"));
        }
        if !self.names.insert(name.clone()) {
            return Err(DiscoveryError::ToolTwice { name: shown(&name) });
        }
        // What `_meta` says is not for those who review, and would make each listing a new one.
        tool.remove("_meta");
        let definition = Value::Object(tool);
        if definition.to_string().len() > self.limits.definition_bytes {
            let limit = self.limits.definition_bytes;
            return Err(DiscoveryError::DefinitionTooLarge { name: shown(&name), limit });
        }
        let hash = definition_hash(&definition);
        self.tools.push(DiscoveredTool { name, definition, hash });
        Ok(())
    }
}

fn name(tool: &Map<String, Value>) -> Result<&str, &'static str> {
    let name = tool.get("name").and_then(Value::as_str).ok_or("has no name")?;
    if name.is_empty() {
        return Err("has an empty name");
    }
    if name.chars().count() > MAX_NAME || name.len() > MAX_NAME_BYTES {
        return Err("has a name longer than 256 characters or 400 bytes");
    }
    if name.chars().any(char::is_control) {
        return Err("has control characters in its name");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const URL: &str = "http://server.example/mcp";

    fn tool(name: &str) -> Value {
        json!({"name": name, "inputSchema": {"type": "object"}, "execution": {"taskSupport": "forbidden"}})
    }

    #[test]
    fn tools_are_kept_as_they_were_listed_but_for_meta() {
        let limits = Limits::default();
        let mut listing = Listing::new(&limits);
        let mut echo = tool("echo");
        echo["_meta"] = json!({"any": "thing"});
        assert_eq!(listing.take(URL, json!({"tools": [echo], "nextCursor": "2"})), Ok(Some("2".to_owned())));
        assert_eq!(listing.take(URL, json!({"tools": [tool("other")], "nextCursor": null})), Ok(None));
        assert_eq!((listing.pages(), listing.len()), (2, 2));
        let tools = listing.into_tools();
        assert_eq!(tools[0].definition, tool("echo"));
        assert_eq!(tools[0].hash, definition_hash(&tool("echo")));
    }

    #[test]
    fn what_is_no_list_of_tools() {
        let limits = Limits::default();
        for (page, said) in [
            (json!([]), "is not a list of tools"),
            (json!({}), "is not a list of tools"),
            (json!({"tools": {}}), "is not a list of tools"),
            (json!({"tools": [], "nextCursor": 7}), "cursor"),
            (json!({"tools": [], "nextCursor": "x".repeat(5000)}), "cursor"),
            (json!({"tools": ["x"]}), "tool 1 of the server's list is not an object"),
            (json!({"tools": [tool("a"), {"inputSchema": {}}]}), "tool 2 of the server's list has no name"),
            (json!({"tools": [{"name": "a"}]}), "inputSchema"),
            (json!({"tools": [{"name": "a", "inputSchema": []}]}), "inputSchema"),
            (json!({"tools": [tool("")]}), "empty name"),
            (json!({"tools": [tool("a\u{7}b")]}), "control characters"),
            (json!({"tools": [tool(&"x".repeat(257))]}), "longer than 256"),
            (json!({"tools": [tool(&"語".repeat(200))]}), "400 bytes"),
            (json!({"tools": [tool("a"), tool("a")]}), "lists tool `a` twice"),
        ] {
            let error = Listing::new(&limits).take(URL, page).expect_err(said);
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    #[test]
    fn the_limits_hold() {
        let limits = Limits { pages: 2, tools: 3, definition_bytes: 200, ..Limits::default() };
        let mut listing = Listing::new(&limits);
        assert!(listing.take(URL, json!({"tools": [tool("a")], "nextCursor": "2"})).is_ok());
        let more = listing.take(URL, json!({"tools": [tool("b")], "nextCursor": "3"}));
        assert_eq!(more, Err(DiscoveryError::TooManyPages { limit: 2 }));

        let four = json!({"tools": [tool("a"), tool("b"), tool("c"), tool("d")]});
        let too_many = Listing::new(&limits).take(URL, four);
        assert_eq!(too_many, Err(DiscoveryError::TooManyTools { limit: 3 }));

        let mut large = tool("a");
        large["description"] = json!("x".repeat(200));
        let too_large = Listing::new(&limits).take(URL, json!({"tools": [large]}));
        assert_eq!(too_large, Err(DiscoveryError::DefinitionTooLarge { name: "a".to_owned(), limit: 200 }));

        let limits = Limits::default();
        let mut listing = Listing::new(&limits);
        assert!(listing.take(URL, json!({"tools": [], "nextCursor": "a"})).is_ok());
        assert!(listing.take(URL, json!({"tools": [], "nextCursor": "b"})).is_ok());
        let circle = listing.take(URL, json!({"tools": [], "nextCursor": "a"}));
        assert_eq!(circle, Err(DiscoveryError::CursorRepeats { page: 3 }));
    }
}
