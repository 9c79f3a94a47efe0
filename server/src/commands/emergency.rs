//! `countersign emergency`: stop switches and break-glass from the host, beside a running server. The next call on every
//! replica reads what was done here.

use super::{MOST, open_existing, operator, output};
use crate::config::Config;
use anyhow::Result;
use clap::{Args, Subcommand};
use policy::labels::StopScope;
use policy::text::shown;
use policy::{SubjectId, TenantSlug};
use std::process::ExitCode;
use store::Store;
use store::administration::{BreakGlassGrant, NewBreakGlass, NewStop, StopSwitch};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Stop calls from the next one on.
    Stop {
        /// everything, tenant, subject, agent, server or tool.
        scope: StopScope,
        /// The subject's id, the server's slug, `server/tool`, or the tenant's slug; none for everything.
        #[arg(default_value = "")]
        name: String,
        /// Stop it in this tenant alone [default: in every tenant].
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// Why; shown on every page of the console while it lasts.
        #[arg(long)]
        reason: String,
    },
    /// Lift a stop by its id; from the next call on it stops nothing.
    Lift {
        /// The stop's id, as `emergency list` prints it.
        id: String,
    },
    /// List stops, and break-glass that is open.
    List {
        /// Those that were lifted or are over as well.
        #[arg(long)]
        all: bool,
    },
    /// Allow one subject some tools for some minutes, against the rules.
    BreakGlass {
        #[command(subcommand)]
        command: BreakGlass,
    },
}

#[derive(Debug, Subcommand)]
enum BreakGlass {
    /// Ask for it; it allows nothing before it is confirmed.
    Ask {
        /// The tenant's slug; it holds there alone.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// The id of the one subject that it is for.
        #[arg(long)]
        subject: String,
        /// `server/tool`, or `server/*`.
        #[arg(long)]
        tools: String,
        /// Why; shown on every page of the console, and in the record of each decision that it allows.
        #[arg(long)]
        reason: String,
        /// How long it holds once it is confirmed, 15 at the most.
        #[arg(long, default_value_t = 15)]
        minutes: i64,
    },
    /// Confirm it from here, where there are no two active owners; else another owner does so in the console.
    Confirm {
        /// Its id, as `emergency list` prints it.
        id: String,
    },
    /// End it before its time, or take it back.
    End {
        /// Its id, as `emergency list` prints it.
        id: String,
    },
}

/// The most that is listed of each.
const LISTED: u64 = 1_000;

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    match &options.command {
        Command::Stop { scope, name, tenant, reason } => {
            stop(&store, *scope, name, tenant.as_deref(), reason).await?;
        }
        Command::Lift { id } => {
            let mut writer = store.write(operator()).await?;
            let switch = writer.lift_stop(id).await?;
            let changed = !writer.commit().await?.changes.is_empty();
            let what = shown(&switch.what(), MOST);
            if changed {
                say!("stop of {what} lifted; takes effect on the next call")?;
            } else {
                say!("stop of {what} was lifted already")?;
            }
        }
        Command::List { all } => list(&store, *all).await?,
        Command::BreakGlass { command } => break_glass(&store, command).await?,
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn stop(store: &Store, scope: StopScope, name: &str, tenant: Option<&str>, reason: &str) -> Result<()> {
    // A tenant is named as what is stopped, and kept as the tenant that the stop is of.
    let (target, tenant) = match (scope, tenant) {
        (StopScope::Tenant, None) => ("", Some(TenantSlug::new(name))),
        (_, tenant) => (name, tenant.map(TenantSlug::from)),
    };
    let mut writer = store.write(operator()).await?;
    let switch = writer.stop(&NewStop { scope, target, tenant: tenant.as_ref(), reason }).await?;
    let changed = !writer.commit().await?.changes.is_empty();
    let what = shown(&switch.what(), MOST);
    if changed {
        say!(
            "{what} stopped; takes effect on the next call\nlift it with `countersign emergency lift {}`",
            switch.id
        )?;
    } else {
        say!("{what} is stopped already, by {}", switch.id)?;
    }
    Ok(())
}

async fn list(store: &Store, all: bool) -> Result<()> {
    let (stops, grants) = if all {
        (store.list_stops(None, LISTED).await?, store.list_break_glass(None, LISTED).await?)
    } else {
        (store.list_active_stops(LISTED).await?, store.list_open_break_glass(LISTED).await?)
    };
    for switch in &stops {
        say!("{}", stop_line(switch))?;
    }
    for grant in &grants {
        say!("{}", grant_line(grant))?;
    }
    output::note_limit(stops.len().max(grants.len()), LISTED, "there may be more");
    if stops.is_empty() && grants.is_empty() {
        say!("nothing is stopped, and no break-glass is open")?;
    }
    Ok(())
}

fn stop_line(switch: &StopSwitch) -> String {
    let end = match (switch.lifted_at, &switch.lifted_by) {
        (Some(at), Some(by)) => format!("lifted {at} by {by}"),
        _ => "active".to_owned(),
    };
    let what = shown(&switch.what(), MOST);
    let reason = shown(&switch.reason, MOST);
    format!("{}\tstop {what}\tsince {} by {}\t{end}\t{reason}", switch.id, switch.at, switch.by)
}

fn grant_line(grant: &BreakGlassGrant) -> String {
    let state = match (grant.ended_at, grant.until, &grant.confirmed_by) {
        (Some(at), ..) => format!("ended {at}"),
        (None, Some(until), Some(by)) => format!("until {until}, confirmed by {by}"),
        _ => format!("{} minutes, not confirmed", grant.minutes),
    };
    format!(
        "{}\tbreak-glass {} on {} in {}\tasked {} by {}\t{state}\t{}",
        grant.id,
        shown(grant.subject.as_str(), MOST),
        shown(&grant.tools, MOST),
        grant.tenant,
        grant.asked_at,
        grant.asked_by,
        shown(&grant.reason, MOST)
    )
}

async fn break_glass(store: &Store, command: &BreakGlass) -> Result<()> {
    let mut writer = store.write(operator()).await?;
    match command {
        BreakGlass::Ask { tenant, subject, tools, reason, minutes } => {
            let (tenant, subject) = (TenantSlug::new(tenant), SubjectId::new(subject));
            let new = NewBreakGlass { tenant: &tenant, subject: &subject, tools, reason, minutes: *minutes };
            let grant = writer.ask_break_glass(&new, None).await?;
            writer.commit().await?;
            say!("break-glass {} asked for; it allows nothing before it is confirmed", grant.id)?;
            if grant.needs_second {
                say!("an owner confirms it in the console, on the page Emergency, within 15 minutes")?;
            } else {
                say!("confirm it with `countersign emergency break-glass confirm {}`", grant.id)?;
            }
        }
        BreakGlass::Confirm { id } => {
            let grant = writer.confirm_break_glass(id, None).await?;
            writer.commit().await?;
            let until = grant.until.map(|until| until.to_string()).unwrap_or_default();
            say!(
                "`{}` may call {} in {} until {until}; takes effect on the next call",
                shown(grant.subject.as_str(), MOST),
                shown(&grant.tools, MOST),
                grant.tenant
            )?;
        }
        BreakGlass::End { id } => {
            let grant = writer.end_break_glass(id).await?;
            let changed = !writer.commit().await?.changes.is_empty();
            let then = if changed { "ended; takes effect on the next call" } else { "is over already" };
            say!("break-glass {} {then}", grant.id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Timestamp;

    #[test]
    fn a_stop_is_one_line() {
        let switch = StopSwitch {
            id: "s1".to_owned(),
            scope: StopScope::Tool,
            target: "crm/refund".to_owned(),
            tenant: None,
            reason: "it runs wild".to_owned(),
            at: Timestamp::from_micros(0),
            by: "ada".to_owned(),
            lifted_at: None,
            lifted_by: None,
        };
        assert_eq!(
            stop_line(&switch),
            "s1\tstop tool crm/refund\tsince 1970-01-01T00:00:00Z by ada\tactive\tit runs wild"
        );
        let lifted = StopSwitch {
            lifted_at: Some(Timestamp::from_micros(1_000_000)),
            lifted_by: Some("ben".to_owned()),
            ..switch
        };
        assert!(stop_line(&lifted).contains("\tlifted 1970-01-01T00:00:01Z by ben\t"));
    }
}
