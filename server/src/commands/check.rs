//! `countersign check`: one call decided by the live policy, not recorded, with the reasons.

use super::open_existing;
use crate::authzen::parse_evaluation;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use clap::Args;
use pdp::{Preview, Previewer};
use policy::arguments::parse_exact;
use policy::call::TOOLS_CALL;
use policy::text::shown;
use policy::{Decision, ServerSlug, SubjectId};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// The longest line of a report, in characters.
const MOST: usize = 2_000;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The server's slug, for a call of one of its tools.
    #[arg(long, value_name = "SLUG")]
    server: Option<String>,
    /// The tool's name, as the server lists it.
    #[arg(long)]
    tool: Option<String>,
    /// The action's name, instead of a server and a tool.
    #[arg(long)]
    action: Option<String>,
    /// What the action is on: its type and id, split at the first `:`.
    #[arg(long, value_name = "TYPE:ID")]
    resource: Option<String>,
    /// Who would call: a subject's id.
    #[arg(long)]
    subject: String,
    /// The arguments, as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    args: String,
    /// Who would act for the subject: a subject's id.
    #[arg(long)]
    agent: Option<String>,
    /// The task that the call would name, by its id.
    #[arg(long)]
    task: Option<String>,
    /// What else would be known of the call, such as its `ip`, as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    context: String,
    /// The tenant, where the subject belongs to several.
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Print the decision as JSON.
    #[arg(long)]
    json: bool,
}

/// Exit code 0: allowed; 2: denied or waiting; 1: the question failed.
pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let preview = preview(options)?;
    let store = open_existing(config).await?;
    let decision = Previewer::new(store.clone()).preview(&preview).await?;
    store.close().await;
    if options.json {
        say!("{}", serde_json::to_string_pretty(&decision)?)?;
    } else {
        for line in lines(&decision) {
            say!("{}", shown(&line, MOST))?;
        }
    }
    Ok(if decision.is_allow() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// The call as an enforcement point that vouches for the subject asks about it, read as the endpoint does.
fn preview(options: &Options) -> Result<Preview> {
    let Options { server, tool, action, resource, .. } = options;
    let (server, action, kind, id) = match (server, tool, action, resource) {
        (Some(server), Some(tool), None, None) => {
            (Some(ServerSlug::new(server)), TOOLS_CALL, "tool", tool.as_str())
        }
        (None, None, Some(action), Some(resource)) => {
            let Some((kind, id)) = resource.split_once(':') else {
                bail!("--resource must be a type and an id, such as `record:r-1`");
            };
            (None, action.as_str(), kind, id)
        }
        _ => bail!("say --server and --tool, or --action and --resource"),
    };
    let arguments = object("--args", &options.args)?;
    let mut context = object("--context", &options.context)?;
    for (name, said) in [("agent", &options.agent), ("task", &options.task), ("tenant", &options.tenant)] {
        let Some(said) = said else { continue };
        if context.insert(name.to_owned(), json!(said)).is_some() {
            bail!("`{name}` is said by --{name} and in --context");
        }
    }
    let body = Map::from_iter([
        ("subject".to_owned(), json!({"type": "user", "id": options.subject})),
        ("action".to_owned(), json!({"name": action})),
        ("resource".to_owned(), json!({"type": kind, "id": id, "properties": {"arguments": arguments}})),
        ("context".to_owned(), Value::Object(context)),
    ]);
    let question = parse_evaluation(body, "")?;
    if question.access_token.is_some() || question.proof.is_some() || question.approval.is_some() {
        bail!("--context takes no `access_token`, `dpop` or `approval`: nobody shows anything here");
    }
    Ok(Preview {
        subject: SubjectId::new(question.subject.id),
        server,
        call: question.call,
        properties: question.properties,
    })
}

fn object(option: &'static str, text: &str) -> Result<Map<String, Value>> {
    match parse_exact(text.as_bytes()).context(option)? {
        Value::Object(object) => Ok(object),
        _ => bail!("{option} must be a JSON object"),
    }
}

/// Names of rules, roles and resources are other people's words: each line is [shown] as one.
fn lines(decision: &Decision) -> Vec<String> {
    let outcome = match (decision.is_allow(), decision.reason.waits()) {
        (true, _) => "Allowed",
        (false, true) => "Waiting for approval",
        (false, false) => "Denied",
    };
    let mut lines =
        vec![format!("{outcome}: {}", decision.reason), format!("  why: {}", decision.reviewer_text)];
    lines.extend(decision.rules.iter().map(|rule| format!("  rule: `{}` ({})", rule.name, rule.effect)));
    lines.extend(decision.nearest.iter().map(|miss| format!("  nearest: {}", miss.text)));
    lines.extend(
        decision
            .shadow
            .iter()
            .map(|shadow| format!("  shadow: `{}` ({}) would have applied", shadow.name, shadow.effect)),
    );
    lines.extend(decision.remarks().iter().map(|note| format!("  note: {note}")));
    lines.push(format!("  revision: {}", decision.revision));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use policy::{Reason, TenantSlug};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    /// What is asked, or why nothing is.
    fn asked(words: &[&str]) -> Result<Preview, String> {
        let line = Line::try_parse_from([&["check", "--subject", "alice"][..], words].concat());
        preview(&line.expect("known words").options).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_call_of_a_tool_is_asked_about_by_its_server_and_others_by_none() {
        let tool = asked(&["--server", "crm", "--tool", "a/b", "--args", r#"{"amount": 80}"#]);
        let tool = tool.expect("a question");
        assert_eq!(tool.server.as_ref().map(ServerSlug::as_str), Some("crm"));
        assert_eq!((tool.call.action.as_str(), tool.call.resource.kind.as_str()), ("tools/call", "tool"));
        assert_eq!((tool.call.resource.id.as_str(), tool.subject.as_str()), ("a/b", "alice"));
        assert_eq!(tool.call.arguments.known(), Some(&json!({"amount": 80})));
        let other = asked(&["--action", "read", "--resource", "record:r:1"]).expect("a question");
        assert_eq!((other.server, other.call.action.as_str()), (None, "read"));
        let resource = &other.call.resource;
        assert_eq!((resource.kind.as_str(), resource.id.as_str()), ("record", "r:1"));
    }

    #[test]
    fn what_is_said_by_itself_stands_in_the_context() {
        let words = ["--action", "read", "--resource", "record:r-1", "--agent", "bot", "--task", "t-1"];
        let more = ["--tenant", "acme", "--context", r#"{"ip": "192.0.2.1"}"#];
        let call = asked(&[&words[..], &more].concat()).expect("a question").call;
        assert_eq!(
            Value::Object(call.context),
            json!({"agent": "bot", "ip": "192.0.2.1", "task": "t-1", "tenant": "acme"})
        );
        assert_eq!(call.tenant.as_ref().map(TenantSlug::as_str), Some("acme"));
    }

    #[test]
    fn what_is_no_question_is_refused() {
        let tool = ["--server", "crm", "--tool", "refund"];
        let context = |text| asked(&[&tool[..], &["--context", text]].concat());
        for (told, why) in [
            (asked(&[]), "say --server and --tool, or --action and --resource"),
            (asked(&["--server", "crm"]), "say --server and --tool"),
            (asked(&["--action", "read"]), "say --server and --tool"),
            (asked(&[&tool[..], &["--action", "read"]].concat()), "say --server and --tool"),
            (asked(&["--action", "read", "--resource", "record"]), "--resource must be a type and an id"),
            (asked(&["--action", "read", "--resource", "record:"]), "`resource.id` must not be empty"),
            (asked(&[&tool[..], &["--args", "[]"]].concat()), "--args must be a JSON object"),
            (context("[]"), "--context must be a JSON object"),
            (context("{"), "--context: not valid JSON"),
            (context(r#"{"tenant": 7}"#), "`context.tenant` must be a string"),
            (context(r#"{"access_token": "secret"}"#), "--context takes no `access_token`"),
            (
                asked(&[&tool[..], &["--agent", "bot", "--context", r#"{"agent": "bot"}"#]].concat()),
                "`agent` is said by --agent and in --context",
            ),
        ] {
            let told = told.expect_err(why);
            assert!(told.starts_with(why), "{why}: {told}");
        }
    }

    #[test]
    fn what_others_wrote_stays_on_its_line() {
        let mut decision =
            Decision::deny(Reason::NoMatchingRule, "`a\u{202e}b` would allow\n  rule: `forged` (allow)");
        decision.notes = vec!["not\u{1b}[2Ke".to_owned()];
        let shown: Vec<_> = lines(&decision).iter().map(|line| shown(line, MOST)).collect();
        assert_eq!(
            shown,
            [
                "Denied: no_matching_rule",
                "  why: `a\u{fffd}b` would allow\u{fffd}  rule: `forged` (allow)",
                "  note: not\u{fffd}[2Ke",
                "  revision: 0.0",
            ]
        );
    }
}
