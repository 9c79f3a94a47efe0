//! The console as browsers meet it: sessions that are started past its sign-in, forms, and what a page shows.

use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::Timestamp;
use serde_json::json;
use std::fmt::Write;
use store::accounts::Account;
use store::sessions::{ConsoleSession, Started, session_digest};

/// In microseconds.
const HOUR: i64 = 60 * 60 * 1_000_000;

/// A session of this account that begins now: for an hour where it is not used, for twelve at the most. Nothing is proven
/// in it.
pub fn row(id_digest: [u8; 32], account: &Account, now: Timestamp) -> ConsoleSession {
    ConsoleSession {
        id_digest,
        account: Some(account.id.clone()),
        data: "{}".to_owned(),
        created_at: now,
        expires_at: now.saturating_add_micros(HOUR),
        absolute_expires_at: now.saturating_add_micros(12 * HOUR),
        last_seen_at: now,
        user_agent: None,
        address: None,
    }
}

/// Starts a session of this account, as the console does once a password was checked; what its browser sends from then
/// on, in the header `Cookie`. `since`: when the person proved last that it is there. `id`: no other session's.
pub async fn session(world: &World, account: &Account, id: u128, since: Timestamp) -> String {
    let id = id.to_le_bytes();
    let until = server::clock::system()().saturating_add_micros(HOUR);
    let session = ConsoleSession {
        data: json!({ "proven_at": since.micros() }).to_string(),
        expires_at: until,
        absolute_expires_at: until,
        ..row(session_digest(&id), account, since)
    };
    let started = world.store.start_session(&session, account.password_version).await.expect("answers");
    assert_eq!(started, Started::Yes);
    format!("countersign={}", URL_SAFE_NO_PAD.encode(id))
}

/// The body of a form, as browsers send it.
pub fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

/// A value as it stands in an address or a form.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            all.push(char::from(byte));
        } else {
            write!(all, "%{byte:02X}").expect("writes");
        }
        all
    })
}

/// How the body of [`upload`] is to be read.
pub const UPLOAD: &str = "multipart/form-data; boundary=x";

/// The body of the form by which browsers send a file of resources, of CSV and for no one tenant.
pub fn upload(csv: &str) -> String {
    let part = |head: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name={head}\r\n\r\n{value}\r\n")
    };
    let file = r#""file"; filename="orders.csv""#;
    let parts = [part(r#""format""#, "csv"), part(r#""tenant""#, ""), part(file, csv)].concat();
    format!("{parts}--x--\r\n")
}

/// The page's own part, without the frame around it; none of what is no page.
pub fn own(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<main")?;
    Some(rest.split_once("</main>")?.0)
}
