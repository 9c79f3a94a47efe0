//! The pages, and what becomes of each when it is run.

use crate::docs::markdown::{self, Block};
use crate::docs::matching::matches;
use crate::docs::session::Session;
use std::fmt::Write;
use std::path::Path;

/// The address that the pages speak of; the session listens elsewhere.
const ADDRESS: &str = "127.0.0.1:8787";

/// One page of the documentation.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path in the repository.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What a page does, in its order.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Write { file: &'a str, text: String },
    Run { line: usize, command: String, shown: Vec<&'a str> },
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the workspace")
}

impl Page {
    /// README.md and the pages of `docs`.
    pub(crate) fn that_are_run() -> Vec<Self> {
        let mut names = vec!["README.md".to_owned()];
        names.extend(pages_in("docs"));
        names.into_iter().map(Self::read).collect()
    }

    /// These, and all others that link to something.
    pub(crate) fn all() -> Vec<Self> {
        let mut pages = Self::that_are_run();
        let others = ["docs/adr", "examples", "examples/fastmcp", "examples/typescript"]
            .into_iter()
            .flat_map(pages_in);
        pages.extend(others.chain(["CHANGELOG.md".to_owned()]).map(Self::read));
        pages
    }

    fn read(name: String) -> Self {
        let text = std::fs::read_to_string(repository().join(&name)).expect("a page");
        Self { name, text }
    }

    /// How many commands it runs.
    pub(crate) fn commands(&self) -> usize {
        steps(&self.text).iter().filter(|step| matches!(step, Step::Run { .. })).count()
    }

    /// Runs the page; gives every command that printed something else than is shown.
    pub(crate) fn run(&self) -> Vec<String> {
        let steps = steps(&self.text);
        let mut findings = Vec::new();
        if steps.is_empty() {
            return findings;
        }
        let mut session = Session::start();
        let here = session.address();
        for step in steps {
            match step {
                Step::Write { file, text } => session.write(file, &text.replace(ADDRESS, &here)),
                Step::Run { line, command, shown } => {
                    let place = format!("{}:{line}: $ {command}", self.name);
                    let shown: Vec<String> = shown.iter().map(|line| line.replace(ADDRESS, &here)).collect();
                    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
                    match session.run(&command.replace(ADDRESS, &here)) {
                        Ok(got) if matches(&shown, &got) => {}
                        Ok(got) => findings.push(difference(&place, &shown, &got)),
                        Err(error) => {
                            findings.push(format!("{place}\n  {error}; the rest of the page was not run"));
                            return findings;
                        }
                    }
                }
            }
        }
        findings
    }

    /// Blocks that look like commands, are not run, and do not say why.
    pub(crate) fn unmarked(&self) -> Vec<String> {
        let (blocks, _) = markdown::read(&self.text);
        let findings = blocks.iter().filter_map(|block| {
            let problem = problem(block)?;
            Some(format!("{}:{}: {problem}", self.name, block.line))
        });
        findings.collect()
    }
}

fn pages_in(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(repository().join(folder)).expect("a folder");
    let names =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"));
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("{folder}/{name}")).collect();
    names.sort();
    names
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let (blocks, _) = markdown::read(text);
    let mut steps = Vec::new();
    for block in &blocks {
        match block.language {
            "console" => commands(block, &mut steps),
            "yaml" | "json" => {
                if let Some(file) = block.body.first().and_then(|line| line.strip_prefix("# file: ")) {
                    steps.push(Step::Write { file: file.trim(), text: block.body.join("\n") + "\n" });
                }
            }
            _ => {}
        }
    }
    steps
}

fn commands<'a>(block: &Block<'a>, steps: &mut Vec<Step<'a>>) {
    let start = steps.len();
    for (line, content) in (block.line + 1..).zip(block.body.iter().copied()) {
        if let Some(command) = content.strip_prefix("$ ") {
            steps.push(Step::Run { line, command: command.to_owned(), shown: Vec::new() });
            continue;
        }
        // What stands before the first command is a finding of `problem`.
        let Some(Step::Run { command, shown, .. }) = steps[start..].last_mut() else { continue };
        let more = if content == ">" { Some("") } else { content.strip_prefix("> ") };
        match more {
            Some(more) if shown.is_empty() => {
                command.push('\n');
                command.push_str(more);
            }
            _ => shown.push(content),
        }
    }
}

fn problem(block: &Block<'_>) -> Option<&'static str> {
    let marked = block.before.starts_with("<!-- not run: ") && block.before.ends_with(" -->");
    let commands = block.body.iter().any(|line| line.starts_with("$ "));
    match block.language {
        "" => Some("a block needs a language; `text` where it is none"),
        "console" => {
            let first = block.body.first().is_some_and(|line| line.starts_with("$ "));
            (!first).then_some("a `console` block starts with a command")
        }
        "sh" | "bash" | "zsh" | "shell" | "shell-session" | "powershell" => {
            (!marked).then_some("not run and no `<!-- not run: … -->` right before it; write it as `console`")
        }
        _ => commands.then_some("commands are run in `console` blocks only"),
    }
}

fn difference(place: &str, shown: &[&str], got: &[String]) -> String {
    let mut text = format!("{place}\n  expected:");
    for line in shown {
        let _ = write!(text, "\n    | {line}");
    }
    text.push_str("\n  got:");
    for line in got {
        let _ = write!(text, "\n    | {line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "A page.\n\n```yaml\n# file: a.yaml\nb: 1\n```\n```yaml\nc: 1\n```\n\n```console\n$ one \\\n>   --two\n>\n> three\nout\n> put\n$ four\n```\n";

    #[test]
    fn a_page_is_files_and_commands() {
        let one = "one \\\n  --two\n\nthree".to_owned();
        let wanted = [
            Step::Write { file: "a.yaml", text: "# file: a.yaml\nb: 1\n".to_owned() },
            Step::Run { line: 12, command: one, shown: vec!["out", "> put"] },
            Step::Run { line: 18, command: "four".to_owned(), shown: vec![] },
        ];
        assert_eq!(steps(TEXT), wanted);
    }

    #[test]
    fn what_is_not_run_says_why() {
        let found = |text: &str| Page { name: "p.md".to_owned(), text: text.to_owned() }.unmarked().len();
        assert_eq!(found(TEXT), 0);
        assert_eq!(found("<!-- not run: slow -->\n```sh\nls\n```\n"), 0);
        assert_eq!(found("<!-- not run: slow -->\n\n```sh\nls\n```\n\n```sh\nls\n```\n"), 1);
        for text in [
            "```sh\nls\n```",
            "```bash\nls\n```",
            "```\nls\n```",
            "```text\n$ ls\n```",
            "```console\nls\n```",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
    }
}
