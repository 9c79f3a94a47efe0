//! A tool as `server / name`. Both parts come from outside.

use super::untrusted::{UntrustedLine, plain};
use leptos::prelude::*;

/// Falls back to the action where the call names no tool.
#[component]
pub fn ToolName(server: Option<String>, tool: Option<String>, #[prop(into)] action: String) -> impl IntoView {
    let name = tool.unwrap_or(action);
    view! {
        <span class="tool-name">
            {server.map(|server| view! { <span><UntrustedLine text=server/></span> })}
            <UntrustedLine text=name/>
        </span>
    }
}

/// The same as plain text, for titles and labels.
pub fn tool_text(server: Option<&str>, tool: Option<&str>, action: &str) -> String {
    let name = plain(tool.unwrap_or(action));
    match server {
        Some(server) => format!("{} / {name}", plain(server)),
        None => name,
    }
}
