//! That a session is what its row says, and that what lists show of it opens none.

use super::keeping::record;
use super::*;
use tower_sessions::session::Id;

fn row() -> ConsoleSession {
    let at = Timestamp::from_micros(1_000_000);
    ConsoleSession {
        id_digest: digest(Id(7)),
        account: Some("a".to_owned()),
        data: r#"{"account": "somebody else", "other": 1}"#.to_owned(),
        created_at: at,
        expires_at: Timestamp::from_micros(2_000_000),
        absolute_expires_at: Timestamp::from_micros(3_000_000),
        last_seen_at: at,
        user_agent: None,
        address: Some("192.0.2.1".to_owned()),
    }
}

#[test]
fn the_account_is_the_columns() {
    let kept = record(Id(7), &row()).unwrap();
    assert_eq!(kept.data.get(ACCOUNT), Some(&Value::String("a".to_owned())));
    assert_eq!(kept.data.get("other"), Some(&Value::from(1)));
    assert_eq!(kept.data.get(USER_AGENT), None);
    assert_eq!(kept.expiry_date.unix_timestamp(), 2);
    let nobody = ConsoleSession { account: None, ..row() };
    assert_eq!(record(Id(7), &nobody).unwrap().data.get(ACCOUNT), None);
}

#[test]
fn when_somebody_proved_themselves_is_read_from_the_row() {
    assert_eq!(proven_at(&row()), None);
    let proven = ConsoleSession { data: r#"{"proven_at": 7}"#.to_owned(), ..row() };
    assert_eq!(proven_at(&proven), Some(Timestamp::from_micros(7)));
}

#[test]
fn a_told_role_counts_until_its_time() {
    let at = Timestamp::from_micros;
    let told = ConsoleSession { data: r#"{"told_role": "approver", "told_until": 9}"#.to_owned(), ..row() };
    assert_eq!(told_role_in(&told, at(8)), Some(AccountRole::Approver));
    assert_eq!(told_role_in(&told, at(9)), None);
    for data in ["{}", "", r#"{"told_role": "approver"}"#, r#"{"told_role": "root", "told_until": 9}"#] {
        let row = ConsoleSession { data: data.to_owned(), ..row() };
        assert_eq!(told_role_in(&row, at(8)), None, "{data}");
    }
}

#[test]
fn a_public_id_is_not_the_id() {
    let id = Id(7);
    assert_eq!(public_id(id).len(), 64);
    assert_eq!(digest_of(&public_id(id)), Some(digest(id)));
    assert_eq!((digest_of(""), digest_of("00"), digest_of(&"x".repeat(64))), (None, None, None));
    assert!(!public_id(id).contains(&id.to_string()));
    assert_ne!(digest(Id(7)), digest(Id(8)));
}
