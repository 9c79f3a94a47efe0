//! The MCP door: lists the tools to anyone, and runs a tool only after Countersign has allowed it.

use std::sync::Arc;

use axum::{Router, http::request::Parts};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
        ListToolsResult, MetaObject, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, object,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::{Value, json};

use crate::{
    crm::{self, Crm},
    enforcement::{Enforcement, bearer_token},
};

/// Where a call's `_meta` names the task that it belongs to. Only a text is one.
const TASK: &str = "countersign/task";

#[derive(Clone)]
struct CrmServer {
    crm: Arc<Crm>,
    enforcement: Arc<Enforcement>,
}

/// The server at `/mcp`. It keeps no sessions, so every call stands on its own token, in both MCP
/// revisions. Only loopback names are taken in `Host`, and no web page's `Origin` at all.
pub(crate) fn router(crm: Arc<Crm>, enforcement: Arc<Enforcement>) -> Router {
    let server = CrmServer { crm, enforcement };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .enforce_origin_validation();
    let service: StreamableHttpService<CrmServer, LocalSessionManager> =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
    Router::new().nest_service("/mcp", service)
}

impl ServerHandler for CrmServer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("crm-server", env!("CARGO_PKG_VERSION")))
            .with_instructions("A small CRM. Every call is authorised by Countersign; a refusal says why.")
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(crm::tools()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        crm::tools().into_iter().find(|tool| tool.name == name)
    }

    /// The one way to any tool. What was decided on and what is run are the same value.
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let caller_token = context.extensions.get::<Parts>().and_then(|parts| bearer_token(&parts.headers));
        let task = context.meta.get(TASK).and_then(Value::as_str);
        let verdict = self.enforcement.check(&request.name, &arguments, caller_token, task).await;
        let result = if verdict.allowed {
            match self.crm.call(&request.name, arguments) {
                Ok(value) => CallToolResult::structured(value),
                Err(text) => CallToolResult::error(vec![ContentBlock::text(text)]),
            }
        } else {
            CallToolResult::error(vec![ContentBlock::text(verdict.text.as_str())])
        };
        let meta = MetaObject(object(json!({ "countersign": verdict })));
        Ok(result.with_meta(Some(meta)).into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::PoisonError;

    use reqwest::StatusCode;
    use rmcp::{
        ClientLifecycleMode, ClientServiceExt, RoleClient,
        model::{ClientCapabilities, ClientConfig, JsonObject, ProtocolVersion, RequestMetaObject},
        service::RunningService,
        transport::{
            StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
        },
    };

    use super::*;
    use crate::enforcement::tests::{Asked, endpoint, serve};

    const ALLOW: &str = r#"{"decision":true,"context":{"reason":"allowed"}}"#;
    const DENY: &str =
        r#"{"decision":false,"context":{"reason":"no_matching_rule","reason_user":{"en":"No."}}}"#;

    /// The real server in front of an endpoint that always answers `answer`.
    async fn start(answer: &'static str) -> anyhow::Result<(String, Arc<Crm>, Asked)> {
        let (enforcement, asked) = endpoint(200, answer).await?;
        let crm = Arc::new(Crm::sample());
        let address = serve(router(Arc::clone(&crm), Arc::new(enforcement))).await?;
        Ok((format!("http://{address}/mcp"), crm, asked))
    }

    async fn connect(
        url: &str,
        token: &str,
        mode: ClientLifecycleMode,
    ) -> anyhow::Result<RunningService<RoleClient, ClientConfig>> {
        let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
        let http = reqwest::Client::builder().no_proxy().build()?;
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let agent = ClientConfig::new(ClientCapabilities::default(), Implementation::new("test", "0"));
        Ok(Box::pin(agent.serve_with_lifecycle(transport, mode)).await?)
    }

    fn discover() -> ClientLifecycleMode {
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
    }

    /// Arguments with which each tool would do its work.
    fn arguments(tool: &str) -> JsonObject {
        object(match tool {
            "search_customers" => json!({ "query": "ada" }),
            "add_note" => json!({ "customer_id": "c-42", "text": "called" }),
            "refund" => json!({ "customer_id": "c-42", "amount": 80, "currency": "EUR" }),
            "export_customers" => json!({ "format": "csv" }),
            _ => json!({ "customer_id": "c-42" }),
        })
    }

    #[tokio::test]
    async fn a_denied_tool_does_nothing_whichever_it_is() -> anyhow::Result<()> {
        let (url, crm, _) = start(DENY).await?;
        let before = crm.snapshot();
        let client = connect(&url, "alice-key", discover()).await?;
        let tools = client.list_tools(None).await?.tools;
        assert_eq!(tools.len(), crm::tools().len());
        for tool in tools {
            let call = CallToolRequestParams::new(tool.name.clone()).with_arguments(arguments(&tool.name));
            let result = client.call_tool(call).await?;
            assert_eq!(result.is_error, Some(true), "{}", tool.name);
            let text =
                result.content.first().and_then(ContentBlock::as_text).map(|content| content.text.as_str());
            assert_eq!(text, Some("No."), "{}", tool.name);
            let told = result.meta.as_ref().and_then(|meta| meta.0.get("countersign"));
            assert_eq!(told.map(|told| &told["reason"]), Some(&Value::from("no_matching_rule")));
            assert_eq!(told.map(|told| &told["decision_id"]), Some(&Value::from("d-1")));
        }
        assert_eq!(crm.snapshot(), before);
        Ok(())
    }

    #[tokio::test]
    async fn an_allowed_tool_runs_and_the_callers_own_token_was_asked_about() -> anyhow::Result<()> {
        let handshakes = [discover(), ClientLifecycleMode::Initialize];
        for handshake in handshakes {
            let (url, crm, asked) = start(ALLOW).await?;
            let before = crm.snapshot();
            let client = connect(&url, "alice-key", handshake).await?;
            let call = CallToolRequestParams::new("refund").with_arguments(arguments("refund"));
            let result = client.call_tool(call).await?;
            assert_eq!(result.is_error, Some(false));
            assert_ne!(crm.snapshot(), before);
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            let tokens: Vec<&Value> =
                asked.iter().map(|(_, question)| &question["context"]["access_token"]).collect();
            assert_eq!(tokens, [&Value::from("alice-key")]);
        }
        Ok(())
    }

    #[tokio::test]
    async fn the_task_that_a_call_names_is_asked_about_where_it_is_a_text() -> anyhow::Result<()> {
        for handshake in [discover(), ClientLifecycleMode::Initialize] {
            let (url, _, asked) = start(DENY).await?;
            let client = connect(&url, "alice-key", handshake).await?;
            let named = [json!({ TASK: "t-17" }), json!({ TASK: 17 }), json!({ "task": "t-17" })];
            for meta in named {
                let mut call = CallToolRequestParams::new("refund").with_arguments(arguments("refund"));
                call.meta = Some(RequestMetaObject::from(object(meta)));
                client.call_tool(call).await?;
            }
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            let tasks: Vec<Option<&Value>> =
                asked.iter().map(|(_, question)| question["context"].get("task")).collect();
            assert_eq!(tasks, [Some(&Value::from("t-17")), None, None]);
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_web_page_of_another_origin_is_refused() -> anyhow::Result<()> {
        let (url, _, _) = start(ALLOW).await?;
        let response = reqwest::Client::builder()
            .no_proxy()
            .build()?
            .post(url)
            .header("accept", "application/json, text/event-stream")
            .header("origin", "https://elsewhere.example")
            .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }))
            .send()
            .await?;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        Ok(())
    }
}
