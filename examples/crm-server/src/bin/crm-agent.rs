//! A scripted agent: connects to an MCP server, lists its tools, makes one call and prints one line of
//! JSON that says what became of it.

use std::{io::Write as _, time::Duration};

use anyhow::Context as _;
use clap::Parser;
use rmcp::{
    ClientLifecycleMode, ClientServiceExt,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ContentBlock,
        Implementation, JsonObject, ProtocolVersion, RequestMetaObject,
    },
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Makes one MCP tool call and prints what was decided about it as one line of JSON.
///
/// Exits with 0 whenever there was a decision, whichever it was.
#[derive(Parser)]
#[command(name = "crm-agent", version)]
struct Arguments {
    /// URL of the MCP server
    #[arg(long, default_value = "http://127.0.0.1:9000/mcp")]
    server: String,
    /// Name of the tool
    #[arg(long)]
    tool: String,
    /// Arguments of the call, a JSON object
    #[arg(long, default_value = "{}")]
    arguments: String,
    /// The task that the call belongs to, by its id
    #[arg(long)]
    task: Option<String>,
    /// API key of the caller; give it in the environment, not on the command line
    #[arg(long, env = "COUNTERSIGN_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
}

/// What the server says about the decision under `_meta.countersign`.
#[derive(Deserialize)]
struct Decision {
    decision: bool,
    reason: String,
    decision_id: Option<String>,
    approval: Option<Waiting>,
    micros: u64,
}

/// Of a call that waits for a person.
#[derive(Deserialize)]
struct Waiting {
    status_url: String,
}

/// The line that is printed.
#[derive(Serialize)]
struct Line {
    outcome: &'static str,
    reason: String,
    text: String,
    decision_id: Option<String>,
    /// Where a call that waits for a person stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_url: Option<String>,
    micros: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Fails only where a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    let call = Box::pin(call(arguments));
    let result = tokio::time::timeout(TIMEOUT, call).await.context("the server did not answer in time")??;
    let line = serde_json::to_string(&line(&result)?)?;
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

async fn call(arguments: Arguments) -> anyhow::Result<CallToolResult> {
    let tool_arguments: JsonObject =
        serde_json::from_str(&arguments.arguments).context("the arguments are not a JSON object")?;

    let mut config = StreamableHttpClientTransportConfig::with_uri(arguments.server);
    if let Some(key) = arguments.api_key.filter(|key| !key.is_empty()) {
        config = config.auth_header(key);
    }
    // No proxy and no redirects: the key goes to this address and to no other.
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()?;
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let agent = ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("crm-agent", env!("CARGO_PKG_VERSION")),
    );
    let handshake = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    let connecting = Box::pin(agent.serve_with_lifecycle(transport, handshake));
    let client = connecting.await.context("cannot connect to the server")?;

    let listed = client.list_tools(None).await.context("cannot list the tools")?;
    if !listed.tools.iter().any(|tool| tool.name == arguments.tool) {
        eprintln!("crm-agent: the server does not list `{}`; calling it all the same", arguments.tool);
    }
    let mut params = CallToolRequestParams::new(arguments.tool).with_arguments(tool_arguments);
    if let Some(task) = arguments.task {
        let named: JsonObject = JsonObject::from_iter([("countersign/task".to_owned(), Value::from(task))]);
        params.meta = Some(RequestMetaObject::from(named));
    }
    let result = client.call_tool(params).await.context("the call failed")?;
    // The answer is here; how the connection ends changes nothing.
    let _ = client.cancel().await;
    Ok(result)
}

fn line(result: &CallToolResult) -> anyhow::Result<Line> {
    let told = result.meta.as_ref().and_then(|meta| meta.0.get("countersign"));
    let told = told.context("the server did not say what was decided")?;
    let Decision { decision, reason, decision_id, approval, micros } = Decision::deserialize(told)?;
    let outcome = match decision {
        true => "allowed",
        false if matches!(reason.as_str(), "approval_required" | "approval_pending") => "waiting",
        false => "denied",
    };
    let texts: Vec<&str> = result
        .content
        .iter()
        .filter_map(ContentBlock::as_text)
        .map(|content| content.text.as_str())
        .collect();
    let status_url = approval.map(|waiting| waiting.status_url);
    Ok(Line { outcome, reason, text: texts.join("\n"), decision_id, status_url, micros })
}
