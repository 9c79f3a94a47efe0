//! The hash chain by itself: every field counts, and every signature names its kind.

use super::*;

fn key() -> AuditKey {
    AuditKey::from_secret(&[7; 32])
}

fn fields(chain: &str, seq: i64) -> Fields<'_> {
    Fields {
        id: "018f0000-0000-7000-8000-000000000001",
        chain,
        seq,
        at: 1_700_000_000_000_000,
        tenant: Some("acme"),
        subject: Some("alice"),
        credential: Some("crm-pep"),
        server: Some("crm"),
        tool: Some("refund"),
        action: "tools/call",
        outcome: "deny",
        reason: "parameters_out_of_scope",
        body: "{\"decision\":{}}",
        actor: None,
        task: None,
    }
}

#[test]
fn every_field_changes_the_hash() {
    let key = key();
    let previous = genesis_hash("{}");
    let arguments = key.arguments_digest("{\"amount\":700}");
    let whole = fields("c", 1);
    let original = key.record_hash(&whole, Some(&arguments), &previous);
    assert_eq!(original, key.record_hash(&whole, Some(&arguments), &previous));

    let altered = [
        Fields { id: "018f0000-0000-7000-8000-000000000002", ..whole },
        Fields { chain: "d", ..whole },
        Fields { seq: 2, ..whole },
        Fields { at: whole.at + 1, ..whole },
        Fields { tenant: None, ..whole },
        Fields { tenant: Some(""), ..whole },
        Fields { subject: Some("alicf"), ..whole },
        Fields { credential: None, ..whole },
        Fields { server: Some("cr"), tool: Some("mrefund"), ..whole },
        Fields { server: None, tool: Some("crmrefund"), ..whole },
        Fields { tool: Some("Refund"), ..whole },
        Fields { action: "tools/list", ..whole },
        Fields { outcome: "allow", ..whole },
        Fields { reason: "allowed", ..whole },
        Fields { body: "{\"decision\":{} }", ..whole },
        Fields { actor: Some(""), ..whole },
        Fields { actor: Some("bot"), ..whole },
        Fields { task: Some(""), ..whole },
        Fields { task: Some("t-1"), ..whole },
        Fields { actor: Some("t-1"), ..whole },
        Fields { actor: Some("bot"), task: Some("t-1"), ..whole },
        Fields { actor: Some("t-1"), task: Some("bot"), ..whole },
        Fields { body: "{\"decision\":{}}t-1", ..whole },
        Fields { reason: "", body: "parameters_out_of_scope{\"decision\":{}}", ..whole },
    ];
    let mut seen = std::collections::BTreeSet::from([original]);
    for one in &altered {
        assert!(seen.insert(key.record_hash(one, Some(&arguments), &previous)), "{one:?}");
    }
    assert!(seen.insert(key.record_hash(&whole, None, &previous)));
    assert!(seen.insert(key.record_hash(&whole, Some(&key.arguments_digest("{\"amount\":70}")), &previous)));
    assert!(seen.insert(key.record_hash(&whole, Some(&arguments), &original)));
    assert!(seen.insert(AuditKey::from_secret(&[8; 32]).record_hash(&whole, Some(&arguments), &previous)));
}

#[test]
fn a_change_anywhere_breaks_every_later_hash() {
    let key = key();
    let walk = |changed: Option<i64>| {
        let mut head = genesis_hash("{}");
        let mut hashes = Vec::new();
        for seq in 1..=40 {
            let mut one = fields("c", seq);
            if changed == Some(seq) {
                one.outcome = "allow";
            }
            head = key.record_hash(&one, None, &head);
            hashes.push(head);
        }
        hashes
    };
    let sound = walk(None);
    for changed in 1..=40_i64 {
        for (position, (a, b)) in sound.iter().zip(walk(Some(changed))).enumerate() {
            let before = (position as i64) + 1 < changed;
            assert_eq!(*a == b, before, "record {} after a change of {changed}", position + 1);
        }
    }
}

#[test]
fn a_signature_holds_for_one_text_of_one_kind() {
    let key = key();
    let stub = Stub {
        chain: "c".to_owned(),
        up_to: 12,
        hash: genesis_hash("{}"),
        at: Timestamp::from_micros(1_700_000_000_000_000),
        by: "operator".to_owned(),
    };
    let signed = key.sign(&stub).expect("signs");
    let public = key.public_key();
    assert_eq!(read_signed::<Stub>(&public, &signed.text, &signed.signature), Some(stub));
    assert!(read_signed::<Checkpoint>(&public, &signed.text, &signed.signature).is_none());
    let other = signed.text.replace("12", "13");
    assert!(read_signed::<Stub>(&public, &other, &signed.signature).is_none());
    let stranger = AuditKey::from_secret(&[8; 32]).public_key();
    assert!(read_signed::<Stub>(&stranger, &signed.text, &signed.signature).is_none());
    assert!(read_signed::<Stub>(&public, &signed.text, &[]).is_none());
}

#[test]
fn redacted_values_compare_equal_and_tell_nothing() {
    let key = key();
    assert_eq!(key.keyed_digest(b"4111"), key.keyed_digest(b"4111"));
    assert_ne!(key.keyed_digest(b"4111"), key.keyed_digest(b"4112"));
    assert_ne!(key.keyed_digest(b"4111"), AuditKey::from_secret(&[8; 32]).keyed_digest(b"4111"));
    assert_eq!(key.keyed_digest(b"").len(), "hmac:".len() + 32);
    assert!(!format!("{key:?}").contains("07070707"));
}

#[test]
fn filling_the_block_with_zeros_is_plain_hmac() {
    let expected = {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[3; 32]).expect("any length");
        mac.update(b"abc");
        finish(mac)
    };
    assert_eq!(finish(keyed(&[3; 32]).chain_update(b"abc")), expected);
}
