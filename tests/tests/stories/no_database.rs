//! A database that is not there: what only asks, or takes something away, makes none.

use std::path::Path;
use std::process::{Command, Output};
use tests::process::binary;

fn countersign(folder: &Path, words: &[&str]) -> Output {
    std::fs::write(folder.join("audit.key"), "07".repeat(32)).expect("written");
    Command::new(binary())
        .args(words)
        .args(["--database", "sqlite://made/up.db", "--audit-key", "audit.key"])
        .current_dir(folder)
        .env_remove("COUNTERSIGN_CONFIG")
        .output()
        .expect("the binary runs")
}

#[test]
fn nothing_is_asked_of_a_database_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    for words in [
        &["audit", "verify"][..],
        &["audit", "checkpoints"],
        &["check", "--server", "crm", "--tool", "refund", "--subject", "alice"],
        &["export"],
        &["migrate", "--status"],
        &["emergency", "list"],
        &["emergency", "stop", "everything", "--reason", "wrong amounts"],
        &["issuer", "list"],
        &["revoke", "key", "alice", "laptop"],
        &["subject", "disable", "alice"],
        &["task", "list"],
        &["token", "list"],
        &["unmapped", "list"],
    ] {
        let output = countersign(folder.path(), words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {told}");
        assert!(told.contains("there is no database at made/up.db"), "{words:?}: {told}");
        assert!(output.stdout.is_empty(), "{words:?}");
        assert!(!folder.path().join("made").exists(), "{words:?}");
    }
    let made = countersign(folder.path(), &["migrate"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let sound = countersign(folder.path(), &["audit", "verify"]);
    assert!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stderr));
}
