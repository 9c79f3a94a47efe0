//! `countersign check`: one call decided by the live policy, not recorded, with the reasons.

use super::open;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use clap::Args;
use pdp::{Preview, Previewer};
use policy::arguments::{Arguments, parse_exact};
use policy::{Call, Decision, ResourceRef, ServerSlug, SubjectId, TenantSlug};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The server's slug.
    #[arg(long)]
    server: String,
    /// The tool's name, as the server lists it.
    #[arg(long)]
    tool: String,
    /// Who would call: a subject's id.
    #[arg(long)]
    subject: String,
    /// The arguments, as a JSON object.
    #[arg(long, default_value = "{}")]
    args: String,
    /// The tenant, where the subject belongs to several.
    #[arg(long)]
    tenant: Option<String>,
    /// Print the decision as JSON.
    #[arg(long)]
    json: bool,
}

/// Exit code 0: allowed; 2: denied or waiting; 1: the question failed.
pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let arguments = parse_exact(options.args.as_bytes()).context("--args")?;
    if !arguments.is_object() {
        bail!("--args must be a JSON object");
    }
    let store = open(config).await?;
    let preview = Preview {
        subject: SubjectId::new(&options.subject),
        server: ServerSlug::new(&options.server),
        call: Call {
            action: policy::call::TOOLS_CALL.to_owned(),
            resource: ResourceRef { kind: "tool".to_owned(), id: options.tool.clone() },
            arguments: Arguments::from_value(arguments),
            context: serde_json::Map::new(),
            tenant: options.tenant.as_deref().map(TenantSlug::from),
        },
    };
    let decision = Previewer::new(store.clone()).preview(&preview).await?;
    store.close().await;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&decision)?);
    } else {
        print(&decision);
    }
    Ok(if decision.is_allow() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn print(decision: &Decision) {
    let outcome = match (decision.is_allow(), decision.reason.waits()) {
        (true, _) => "Allowed",
        (false, true) => "Waiting for approval",
        (false, false) => "Denied",
    };
    println!("{outcome}: {}", decision.reason);
    println!("  why: {}", decision.reviewer_text);
    for rule in &decision.rules {
        println!("  rule: `{}` ({})", rule.name, rule.effect);
    }
    for miss in &decision.nearest {
        println!("  nearest: {}", miss.text);
    }
    for shadow in &decision.shadow {
        println!("  shadow: `{}` ({}) would have applied", shadow.name, shadow.effect);
    }
    for note in decision.remarks() {
        println!("  note: {note}");
    }
    println!("  revision: {}", decision.revision);
}
