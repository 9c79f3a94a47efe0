//! `countersign resource`: registered resources from the command line, single ones and whole files.

use super::{MOST, input, open, operator, output};
use crate::config::Config;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use pdp::resources::{ImportError, ImportOptions, Importer, Part, Resume};
use policy::TenantSlug;
use policy::text::shown;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::Store;
use store::administration::{FileFormat, Page, Resource, ResourceFilter, ResourceImport};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Comma-separated, with a line of names: type, id, tenant, sensitivity, attributes, attributes.NAME.
    Csv,
    /// One JSON object per line.
    Jsonl,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Register the resources of a file, a thousand lines at a time.
    Import {
        /// The file; `-` reads stdin, which is kept in the temporary folder meanwhile.
        file: PathBuf,
        /// How it is written.
        #[arg(long)]
        format: Format,
        /// Every resource is of this tenant; lines that say another are refused.
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// Go on where an earlier import of the very same file stopped, even if another one brought it in as a whole since.
        #[arg(long)]
        resume: bool,
        /// Take resources over that belong to another tenant until now.
        #[arg(long = "move")]
        may_move: bool,
        /// Write each refused line and why to this file (otherwise the first twenty go to stderr).
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// List resources, by type and id.
    List {
        /// Those of this tenant [default: of every tenant].
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// Those of this type [default: of every type].
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// How the id begins.
        #[arg(long)]
        prefix: Option<String>,
        /// The most that are listed.
        #[arg(
            long,
            value_name = "NUMBER",
            default_value_t = 1_000,
            value_parser = clap::value_parser!(u64).range(1..)
        )]
        limit: u64,
    },
    /// Remove a resource. Calls that name it are denied from then on.
    Delete {
        /// Its type, such as `customer`.
        #[arg(long = "type", value_name = "TYPE")]
        kind: String,
        /// Its id within the type.
        id: String,
    },
}

/// So many refused lines go to stderr.
const MOST_TOLD: usize = 20;

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    let code = match &options.command {
        Command::Import { file, format, tenant, resume, may_move, report } => {
            let options = ImportOptions {
                format: match format {
                    Format::Csv => FileFormat::Csv,
                    Format::Jsonl => FileFormat::Jsonl,
                },
                tenant: tenant.as_deref().map(TenantSlug::from),
                may_move: *may_move,
                resume: if *resume { Resume::Always } else { Resume::Never },
            };
            import(&store, file, options, report.as_deref()).await?
        }
        Command::List { tenant, kind, prefix, limit } => {
            let tenant = tenant.as_deref().map(TenantSlug::from);
            let filter = ResourceFilter {
                tenant: tenant.as_ref(),
                kind: kind.as_deref(),
                ..ResourceFilter::default()
            };
            let page = Page { search: prefix.as_deref(), after: None, limit: *limit };
            let resources = store.list_resources(filter, &page).await?;
            for resource in &resources {
                say!("{}", line(resource))?;
            }
            output::note_limit(resources.len(), *limit, "--limit lists more, --prefix fewer");
            ExitCode::SUCCESS
        }
        Command::Delete { kind, id } => {
            let mut writer = store.write(operator()).await?;
            if !writer.delete_resource(kind, id).await? {
                bail!(
                    "no resource `{}:{}`; `countersign resource list` lists them",
                    shown(kind, MOST),
                    shown(id, MOST)
                );
            }
            writer.commit().await?;
            say!("`{kind}:{}` removed; calls that name it are denied from the next one on", shown(id, MOST))?;
            ExitCode::SUCCESS
        }
    };
    store.close().await;
    Ok(code)
}

fn line(resource: &Resource) -> String {
    let attributes = serde_json::Value::Object(resource.attributes.clone()).to_string();
    format!(
        "{}\t{}\t{}\t{}\t{}",
        resource.kind,
        shown(&resource.id, MOST),
        resource.tenant,
        resource.sensitivity,
        shown(&attributes, MOST)
    )
}

async fn import(
    store: &Store,
    path: &Path,
    options: ImportOptions,
    report: Option<&Path>,
) -> Result<ExitCode> {
    if let Some(tenant) = &options.tenant
        && store.get_tenant(tenant).await?.is_none()
    {
        bail!("no tenant `{tenant}`; a policy file makes one (`countersign apply`)");
    }
    let file = input::file(path).await?;
    let resume = options.resume == Resume::Always;
    let importer = Importer::open(store, operator(), file, options).await?;
    // Not before: an import that is in hand elsewhere writes its report there.
    let mut report = match report {
        Some(path) => {
            let file = File::options().create(true).append(resume).write(true).truncate(!resume).open(path);
            let file = file.with_context(|| format!("{} could not be written", path.display()))?;
            Some(BufWriter::new(file))
        }
        None => None,
    };
    if resume {
        eprintln!("going on after line {}", importer.import().line);
    } else if let Some(stopped) = store.find_interrupted_import(importer.import()).await? {
        eprintln!(
            "an earlier import of this file stopped after line {}; `--resume` goes on there, this one begins anew",
            stopped.line
        );
    }
    let mut told = 0;
    let mut unwritten = None;
    let done = importer
        .run(|part: &Part<'_>| {
            for refused in part.refused {
                let text = format!("line {}: {}", refused.line, shown(&refused.why, MOST));
                match &mut report {
                    Some(report) => {
                        if let Err(error) = writeln!(report, "{text}") {
                            unwritten.get_or_insert(error);
                        }
                    }
                    None if told < MOST_TOLD => eprintln!("{text}"),
                    None => {}
                }
                told += 1;
            }
            eprintln!("{}", progress(part.import));
        })
        .await
        .map_err(|error| what_to_do(error, path))?;
    if let Some(mut report) = report {
        report.flush().context("the report could not be written")?;
    }
    if let Some(error) = unwritten {
        return Err(error).context("the report could not be written");
    }
    say!(
        "{} created, {} changed, {} unchanged, {} refused; takes effect on the next call",
        done.created,
        done.changed,
        done.unchanged,
        done.refused
    )?;
    Ok(if done.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Why a file is not in, with what is to be done about it. Where somebody else is at it, that is to look and wait.
fn what_to_do(error: ImportError, path: &Path) -> anyhow::Error {
    let path = input::name(path);
    let text = match &error {
        ImportError::InHand { id } | ImportError::TakenOver { id } => {
            format!(
                "{path} is brought in elsewhere; `/resources/imports/{id}` of the console says how far it is"
            )
        }
        _ => format!("{path} is not in as a whole; `--resume` goes on where it stopped"),
    };
    anyhow::Error::new(error).context(text)
}

fn progress(import: &ResourceImport) -> String {
    // 128 bits: a file may be large, and this must not overflow.
    let percent = match import.size {
        0 => 100,
        size => i128::from(import.position) * 100 / i128::from(size),
    };
    format!("{percent:>3} %  line {}, {} refused", import.line, import.refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_line() {
        let mut import = ResourceImport::new("0".repeat(64), 200, FileFormat::Csv, None);
        import.position = 50;
        import.line = 7;
        assert_eq!(progress(&import), " 25 %  line 7, 0 refused");
        let empty = ResourceImport::new("0".repeat(64), 0, FileFormat::Csv, None);
        assert!(progress(&empty).starts_with("100 %"));
    }

    #[test]
    fn whoever_was_overtaken_is_not_told_to_go_on() {
        let told = |error| format!("{:#}", what_to_do(error, Path::new("orders.csv")));
        for error in
            [ImportError::TakenOver { id: "i-1".to_owned() }, ImportError::InHand { id: "i-1".to_owned() }]
        {
            let text = told(error);
            assert!(text.contains("/resources/imports/i-1") && !text.contains("--resume"), "{text}");
        }
        assert!(told(ImportError::Reader).contains("`--resume` goes on"));
    }

    #[test]
    fn a_resource_is_one_line_whatever_its_id_is() {
        let resource = Resource::new("customer", "a\u{202e}b", "acme".into());
        assert_eq!(line(&resource), "customer\ta\u{fffd}b\tacme\tinternal\t{}");
    }
}
