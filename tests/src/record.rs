//! The record of a world: the key that signs it, and whether it holds.

use crate::world::World;
use store::audit;
use store::chain::AuditKey;

/// The key with which this world's servers sign and digest; there is one once a server has started.
pub fn audit_key(world: &World) -> AuditKey {
    let text = std::fs::read_to_string(world.database.file("audit.key")).expect("the key file");
    let mut secret = [0u8; 32];
    hex::decode_to_slice(text.trim(), &mut secret).expect("hex");
    AuditKey::from_secret(&secret)
}

/// There is a record, and nothing is wrong with it.
pub async fn is_sound(world: &World) {
    let report = audit::verify(&world.store, &audit_key(world), &[]).await.expect("verifies");
    assert!(report.is_sound() && report.records > 0, "{:?}", report.findings);
}
