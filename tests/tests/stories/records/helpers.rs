//! Servers that decided, and the host's side of their record.

use serde_json::{Value, json};
use std::process::Command;
use store::chain::AuditKey;
use tests::World;
use tests::process::binary;

pub(crate) fn refund(amount: Value) -> Value {
    json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"})
}

pub(crate) fn audit_key(world: &World) -> AuditKey {
    let text = std::fs::read_to_string(world.database.file("audit.key")).expect("the key file");
    let mut secret = [0u8; 32];
    hex::decode_to_slice(text.trim(), &mut secret).expect("hex");
    AuditKey::from_secret(&secret)
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
