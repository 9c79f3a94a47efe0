//! Servers that decided, and the host's side of their record.

use serde_json::{Value, json};
use std::process::Command;
use tests::World;
use tests::process::binary;
pub(crate) use tests::record::audit_key;

pub(crate) fn refund(amount: Value) -> Value {
    json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"})
}

/// `countersign audit …` on the host of the servers: its exit code, and what it printed.
pub(crate) fn audit_command(world: &World, words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(binary())
        .arg("audit")
        .args(words)
        .args(["--database", &world.database.url, "--audit-key"])
        .arg(world.database.file("audit.key"))
        .env_remove("COUNTERSIGN_CONFIG")
        .output()
        .expect("the binary runs");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A server that decided so many calls, and stopped.
pub(crate) async fn decided(world: &World, calls: usize) {
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    for _ in 0..calls {
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
    }
    replica.stop().await;
}
