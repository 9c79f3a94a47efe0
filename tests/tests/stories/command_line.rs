//! The command line as its operator meets it: links that lead to the server, exit codes, standard input and output, and what is
//! asked before it is done for good.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use tests::process::binary;
use tests::{World, on_both_databases};

on_both_databases!(
    a_link_leads_where_the_server_listens,
    nothing_is_pruned_that_was_not_confirmed,
    files_come_by_standard_input_as_well,
);

/// Names and values.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// `countersign …` on the host of the servers, with these variables.
fn command(world: &World, variables: Variables<'_>, words: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(words)
        .args(["--database", &world.database.url, "--audit-key"])
        .arg(world.database.file("audit.key"))
        .env("USER", "keeper");
    for name in ["COUNTERSIGN_CONFIG", "COUNTERSIGN_LISTEN", "COUNTERSIGN_PUBLIC_URL"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

/// Its exit code, and what it printed on stdout and stderr.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn run(world: &World, words: &[&str]) -> (Option<i32>, String, String) {
    told(&command(world, &[], words).output().expect("the binary runs"))
}

/// With this on its standard input.
fn fed(world: &World, words: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = command(world, &[], words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("it reads");
    told(&child.wait_with_output().expect("it ends"))
}

/// By itself, with nothing of the environment.
fn alone(words: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(words).env_clear();
    command
}

#[test]
fn an_exit_code_of_two_is_an_answer_and_never_a_mistake() {
    let cases: [(&[&str], i32); 10] = [
        (&["--help"], 0),
        (&["--version"], 0),
        (&["check", "--help"], 0),
        (&[], 1),
        (&["chekc"], 1),
        (&["check", "--subject", "alice", "--severity", "high"], 1),
        (&["audit", "verify", "--anchr", "anchors.jsonl"], 1),
        (&["audit", "prune", "--before", "yesterday"], 1),
        (&["credential", "create", "crm", "--expires-at", "2099-01-01"], 1),
        (&["setup-link", "--log", "pdp=loud"], 1),
    ];
    for (words, code) in cases {
        let (got, stdout, stderr) = told(&alone(words).output().expect("the binary runs"));
        assert_eq!(got, Some(code), "{words:?}: {stderr}");
        assert_eq!(stdout.is_empty(), code != 0, "{words:?}: {stdout}");
        assert_eq!(stderr.is_empty(), code == 0, "{words:?}: {stderr}");
    }
    let (_, _, stderr) = told(&alone(&["audit", "prune", "--before", "yesterday"]).output().expect("runs"));
    assert!(stderr.contains("--before <MOMENT>") && stderr.contains("2026-11-01T00:00:00Z"), "{stderr}");
    let (_, _, stderr) = told(&alone(&["setup-link", "--log", "pdp=loud"]).output().expect("runs"));
    assert!(stderr.starts_with("error: --log: `pdp=loud` is not like `info`"), "{stderr}");
}

#[test]
fn whoever_stops_reading_is_no_fault_and_a_full_disk_is_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let migrate = || {
        let mut command = alone(&["migrate"]);
        command.current_dir(folder.path()).stderr(Stdio::piped());
        command
    };
    let mut child = migrate().stdout(Stdio::piped()).spawn().expect("the binary starts");
    drop(child.stdout.take());
    let (code, _, stderr) = told(&child.wait_with_output().expect("it ends"));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));

    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = migrate().stdout(full).output().expect("the binary runs");
    let (code, _, stderr) = told(&output);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.starts_with("error: stdout could not be written: "), "{stderr}");
}

mod stories {
    use super::{Variables, command, fed, run, told};
    use crate::records::helpers::decided;
    use store::decisions::{DecisionFilter, Page};
    use tests::process::Process;
    use tests::{Backend, World};

    pub(super) async fn a_link_leads_where_the_server_listens(backend: Backend) {
        let world = World::empty(backend).await;
        let server = Process::serve(&world.database, &world.database.url);
        let address = server.address().to_string();
        let (listen, elsewhere) = (address.as_str(), "127.0.0.1:9");
        let settings = |name: &str, text: String| {
            let file = world.database.file(name);
            std::fs::write(&file, text).expect("written");
            file.to_str().expect("Unicode").to_owned()
        };
        let here = settings("here.yaml", format!("listen: {listen}\n"));
        let there = settings("there.yaml", format!("listen: {elsewhere}\n"));
        let public = settings("public.yaml", format!("listen: {listen}\npublic_url: https://c.example\n"));
        let here_too = format!("http://{listen}");
        let cases: [(&[&str], Variables<'_>, &str); 7] = [
            (&["--listen", listen], &[], &here_too),
            (&[], &[("COUNTERSIGN_LISTEN", listen)], &here_too),
            (&["--config", &here], &[], &here_too),
            // The variable wins over the file, and the flag over both.
            (&["--config", &there], &[("COUNTERSIGN_LISTEN", listen)], &here_too),
            (&["--config", &there, "--listen", listen], &[("COUNTERSIGN_LISTEN", elsewhere)], &here_too),
            // A public URL is what people reach it by.
            (&["--config", &public, "--listen", listen], &[], "https://c.example"),
            (&["--listen", listen], &[("COUNTERSIGN_PUBLIC_URL", "https://v.example")], "https://v.example"),
        ];
        let led = |words: &[&str], case: &(&[&str], Variables<'_>, &str), path: &str| {
            let (more, variables, origin) = *case;
            let words = [words, more].concat();
            let output = command(&world, variables, &words).output().expect("the binary runs");
            let (code, link, stderr) = told(&output);
            assert_eq!(code, Some(0), "{words:?}: {stderr}");
            assert!(link.starts_with(&format!("{origin}{path}#")), "{words:?} {variables:?}");
        };
        for case in &cases {
            led(&["setup-link"], case, "/setup");
        }
        for (nth, case) in cases.iter().enumerate() {
            let login = format!("ada-{nth}");
            led(&["account", "invite", &login, "--role", "approver"], case, "/recover");
            led(&["account", "recover", &login], case, "/recover");
        }

        // As the server itself does not start there: no link is made, and no account.
        let wide = ["account", "invite", "eve", "--role", "approver", "--listen", "0.0.0.0:8787"];
        let (code, stdout, stderr) = run(&world, &wide);
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
        assert!(stderr.starts_with("error: --public-url: "), "{stderr}");
        assert!(world.store.account_by_login("eve").await.expect("reads").is_none());
        server.kill();
    }

    async fn records(world: &World) -> usize {
        let page = Page { limit: 100, ..Page::default() };
        world.store.list_decisions(&DecisionFilter::default(), &page).await.expect("lists").rows.len()
    }

    pub(super) async fn nothing_is_pruned_that_was_not_confirmed(backend: Backend) {
        let world = World::demo(backend).await;
        decided(&world, 3).await;
        let before = records(&world).await;
        let moment = ["--before", "2099-01-01T00:00:00Z"];
        for words in [["audit", "prune"], ["audit", "prune-approvals"], ["vault", "rotate"]] {
            let more: &[&str] = if words[0] == "vault" { &["--discard"] } else { &moment };
            let (code, stdout, stderr) = run(&world, &[&words[..], more].concat());
            assert_eq!((code, stdout.as_str()), (Some(1), ""), "{words:?}");
            assert!(stderr.contains("cannot be undone; give --yes if that is meant"), "{words:?}: {stderr}");
        }
        assert_eq!(records(&world).await, before);
        let (code, told, stderr) = run(&world, &["audit", "prune", moment[0], moment[1], "--yes"]);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(told.ends_with("records removed from 1 chains\n"), "{told}");
        assert!(records(&world).await < before);
    }

    pub(super) async fn files_come_by_standard_input_as_well(backend: Backend) {
        let world = World::demo(backend).await;
        decided(&world, 2).await;
        let line = r#"{"type": "parcel", "id": "p-1", "tenant": "acme"}"#;
        let import = ["resource", "import", "-", "--format", "jsonl"];
        let (code, stdout, stderr) = fed(&world, &import, &format!("{line}\n"));
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stdout.starts_with("1 created, 0 changed"), "{stdout}");
        let (code, stdout, stderr) = run(&world, &["resource", "list", "--type", "parcel", "--limit", "1"]);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(stdout, "parcel\tp-1\tacme\tinternal\t{}\n");
        assert!(stderr.contains("no more than 1 are listed"), "{stderr}");

        let (code, anchors, stderr) = run(&world, &["audit", "checkpoints"]);
        assert_eq!(code, Some(0), "{stderr}");
        let (code, stdout, stderr) = fed(&world, &["audit", "verify", "--anchor", "-"], &anchors);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stdout.contains("held against 1 checkpoints of standard input"), "{stdout}");
    }
}
