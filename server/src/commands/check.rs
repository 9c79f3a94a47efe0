//! `countersign check`: one call decided by the live policy, not recorded, with the reasons.

use super::open_existing;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use clap::Args;
use pdp::{Preview, Previewer};
use policy::arguments::{Arguments, parse_exact};
use policy::text::shown;
use policy::{Call, Decision, ResourceRef, ServerSlug, SubjectId, TenantSlug};
use std::process::ExitCode;

/// The longest line of a report, in characters.
const MOST: usize = 2_000;

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
    let store = open_existing(config).await?;
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
        for line in lines(&decision) {
            println!("{}", shown(&line, MOST));
        }
    }
    Ok(if decision.is_allow() { ExitCode::SUCCESS } else { ExitCode::from(2) })
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
    use policy::Reason;

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
