//! `countersign task`: tasks from the host, beside a running server. The next call reads what was done here.

use super::{MOST, open_existing, operator, output};
use crate::config::Config;
use anyhow::Result;
use clap::{Args, Subcommand};
use policy::labels::TaskState;
use policy::text::shown;
use policy::{SubjectId, TaskId, TenantSlug};
use std::process::ExitCode;
use store::administration::{Task, TaskFilter};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List tasks, the newest first.
    List {
        /// Those of this tenant [default: of every tenant].
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// Those of this subject, by its id [default: of every subject].
        #[arg(long)]
        subject: Option<String>,
        /// active, paused, completed or revoked [default: those that are active or paused and have not expired].
        #[arg(long)]
        state: Option<TaskState>,
        /// In every state.
        #[arg(long, conflicts_with = "state")]
        all: bool,
    },
    /// Revoke a task for good: from the next call on it covers none.
    Revoke {
        /// The task's id, as `task list` prints it.
        id: String,
    },
}

/// The most that is listed.
const LISTED: u64 = 1_000;

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    match &options.command {
        Command::List { tenant, subject, state, all } => {
            let tenant = tenant.as_deref().map(TenantSlug::from);
            let subject = subject.as_deref().map(SubjectId::from);
            let filter = TaskFilter {
                tenant: tenant.as_ref(),
                subject: subject.as_ref(),
                state: *state,
                open: state.is_none() && !all,
                ..TaskFilter::default()
            };
            let tasks = store.list_tasks(&filter, None, LISTED).await?;
            for task in &tasks {
                say!("{}", line(task))?;
            }
            output::note_limit(tasks.len(), LISTED, "narrow it by --tenant, --subject or --state");
        }
        Command::Revoke { id } => {
            let mut writer = store.write(operator()).await?;
            let task = writer.set_task_state(&TaskId::new(id), TaskState::Revoked).await?;
            if writer.commit().await?.changes.is_empty() {
                say!("task {} is revoked already", task.id)?;
            } else {
                let subject = shown(task.subject.as_str(), MOST);
                say!("task {} of `{subject}` revoked; takes effect on the next call", task.id)?;
            }
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn line(task: &Task) -> String {
    format!(
        "{}\t{}\t{}\t{}\t{} of {} calls\tuntil {}\tby {}\t{}",
        task.id,
        task.state,
        task.tenant,
        shown(task.subject.as_str(), MOST),
        task.used,
        task.budget,
        task.expires_at,
        task.opened_by,
        shown(&task.purpose, MOST)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Timestamp;
    use policy::labels::OpenedBy;

    #[test]
    fn a_task_is_one_line_whatever_its_purpose() {
        let task = Task {
            id: TaskId::from("t-1"),
            tenant: TenantSlug::from("acme"),
            subject: SubjectId::from("refund-bot"),
            actor: None,
            purpose: "refund\u{202e}17\u{2028}x".to_owned(),
            tools: Vec::new(),
            budget: 5,
            used: 2,
            state: TaskState::Active,
            opened_by: OpenedBy::Agent,
            opened_at: Timestamp::from_micros(0),
            expires_at: Timestamp::from_micros(0),
        };
        assert_eq!(
            line(&task),
            "t-1\tactive\tacme\trefund-bot\t2 of 5 calls\tuntil 1970-01-01T00:00:00Z\tby agent\trefund\u{fffd}17\u{fffd}x"
        );
    }
}
