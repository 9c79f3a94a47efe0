//! What the documentation shows is what happens. Each page is one bash session in a fresh folder, with the binary on
//! the path and the repository's `examples` beside it; its blocks run in their order:
//!
//! - `console`: `$ ` starts a command and `> ` continues it, the rest is what it prints, line by line. `…` within
//!   a line stands for any text, a line that is only `…` for any number of lines.
//! - `yaml` and `json` whose first line is `# file: NAME` are written to that file.
//! - `sh` is shown and not run; a comment `<!-- not run: … -->` right before it says why.

mod excerpts;
mod links;
mod markdown;
mod matching;
mod page;
mod python;
mod session;

use page::Page;

/// Pages that tell how something is done, so that there is an example of it.
const RUN_SOMETHING: [&str; 17] = [
    "README.md",
    "docs/api.md",
    "docs/approvals.md",
    "docs/bundle.md",
    "docs/delegation.md",
    "docs/emergency.md",
    "docs/endpoint.md",
    "docs/identity.md",
    "docs/mappings.md",
    "docs/notifications.md",
    "docs/operations.md",
    "docs/records.md",
    "docs/resources.md",
    "docs/revocation.md",
    "docs/rules.md",
    "docs/search.md",
    "docs/tasks.md",
];

#[test]
fn every_command_prints_what_its_page_shows() {
    let pages = Page::that_are_run();
    let findings: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = pages.iter().map(|page| scope.spawn(|| page.run())).collect();
        running.into_iter().flat_map(|page| page.join().expect("the session runs")).collect()
    });
    assert!(findings.is_empty(), "{}", report(&findings));
}

#[test]
fn every_block_is_run_or_says_why_not() {
    let pages = Page::that_are_run();
    for name in RUN_SOMETHING {
        let page = pages.iter().find(|page| page.name == name).expect("listed");
        assert!(page.commands() > 0, "{name} runs nothing");
    }
    let findings: Vec<String> = pages.iter().flat_map(Page::unmarked).collect();
    assert!(findings.is_empty(), "{}", report(&findings));
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let findings: Vec<String> = Page::all().iter().flat_map(links::broken).collect();
    assert!(findings.is_empty(), "{}", report(&findings));
}

fn report(findings: &[String]) -> String {
    format!("{} found\n\n{}\n", findings.len(), findings.join("\n\n"))
}
