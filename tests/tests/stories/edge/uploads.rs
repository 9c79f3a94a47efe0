//! Files that come slowly, from programs and from browsers: they are waited for as long as they flow.

use crate::edge::connections::{SHORT, open, read_until, rest_of, send};
use crate::edge::house::House;
use policy::scope::AdminScope;
use server::connections::Limits;
use std::num::NonZeroU32;
use std::time::Duration;
use tests::Backend;
use tests::administrator::token;
use tests::console::{UPLOAD, upload};
use tokio::net::TcpStream;

/// What is no file has to be there within this, also on a busy machine.
const WITHIN: Duration = Duration::from_secs(3);

/// One file on its way to one of its two doors.
struct Upload {
    /// Without the empty line that ends it.
    head: String,
    body: String,
    /// What is answered once it is whole.
    taken: &'static str,
    /// What is said of one that is not waited for.
    late: &'static str,
    /// What is answered where its sender may not any more.
    refused: &'static str,
}

impl Upload {
    fn new(path: &str, headers: &str, body: String) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\nConnection: close\r\n",
            body.len()
        );
        Self { head, body, taken: "202", late: "too_slow", refused: "401" }
    }

    fn halves(&self) -> (&str, &str) {
        self.body.split_at(self.body.len() / 2)
    }
}

async fn house(backend: Backend, limits: Limits) -> House {
    House::with(backend, |config| config.limits = limits).await
}

/// Two files, so that none is the other one's.
async fn uploads(house: &House) -> [Upload; 2] {
    let (session, origin) = (house.settle().await, house.origin());
    let token = token(&house.world, "ci", AdminScope::ALL, None).await;
    let csv = |kind: &str| {
        let rows: String = (0..100).map(|nth| format!("{kind},{kind}-{nth},acme\n")).collect();
        format!("type,id,tenant\n{rows}")
    };
    let program = format!("Authorization: Bearer {token}\r\nContent-Type: text/csv\r\n");
    let browser = format!("Origin: {origin}\r\nCookie: {session}\r\nContent-Type: {UPLOAD}\r\n");
    [
        Upload::new("/api/v1/resource-imports", &program, csv("invoice")),
        Upload {
            taken: "303",
            late: "This file came too slowly",
            refused: "403",
            ..Upload::new("/resources/upload", &browser, upload(&csv("order")))
        },
    ]
}

/// Half of each is sent.
async fn begin<'a>(house: &House, uploads: &'a [Upload]) -> Vec<(&'a Upload, TcpStream)> {
    let mut under_way = Vec::new();
    for upload in uploads {
        let mut stream = open(house.address()).await;
        send(&mut stream, &format!("{}\r\n{}", upload.head, upload.halves().0)).await;
        under_way.push((upload, stream));
    }
    under_way
}

/// Waits until a body that is no file is not waited for any longer.
async fn any_other_body_is_late(house: &House) {
    let mut other = open(house.address()).await;
    let key = house.world.secret("CRM_PEP_KEY");
    let head = format!(
        "POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{"
    );
    send(&mut other, &head).await;
    let answer = rest_of(&mut other).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

async fn nothing_is_brought_in(house: &House) {
    let imports = house.store().list_imports(10).await.expect("lists");
    assert!(imports.is_empty(), "{imports:?}");
}

pub(crate) async fn a_file_is_waited_for_as_long_as_it_flows(backend: Backend) {
    let limits = Limits { body: WITHIN, pace: NonZeroU32::MIN, ..Limits::default() };
    let house = house(backend, limits).await;
    let uploads = uploads(&house).await;
    let under_way = begin(&house, &uploads).await;
    any_other_body_is_late(&house).await;
    for (upload, mut stream) in under_way {
        send(&mut stream, upload.halves().1).await;
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {} ", upload.taken)), "{answer}");
    }
    assert_eq!(house.store().list_imports(10).await.expect("lists").len(), 2);
    house.stop().await;
}

pub(crate) async fn a_file_that_stands_still_is_not_waited_for(backend: Backend) {
    is_not_waited_for(backend, Limits { still: SHORT, ..Limits::default() }).await;
}

/// It does not stand still for long enough, and comes at less than its pace.
pub(crate) async fn a_file_that_drips_is_not_waited_for(backend: Backend) {
    is_not_waited_for(backend, Limits { body: WITHIN, ..Limits::default() }).await;
}

async fn is_not_waited_for(backend: Backend, limits: Limits) {
    let house = house(backend, limits).await;
    let uploads = uploads(&house).await;
    for (upload, mut stream) in begin(&house, &uploads).await {
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains(upload.late), "{answer}");
    }
    nothing_is_brought_in(&house).await;
    house.stop().await;
}

pub(crate) async fn whoever_was_switched_off_while_a_file_came_brings_nothing_in(backend: Backend) {
    let house = house(backend, Limits::default()).await;
    let uploads = uploads(&house).await;
    let mut under_way = Vec::new();
    for upload in &uploads {
        let mut stream = open(house.address()).await;
        send(&mut stream, &format!("{}Expect: 100-continue\r\n\r\n", upload.head)).await;
        // From here on the file is waited for: its sender was let in.
        let goes_on = read_until(&mut stream, "\r\n\r\n").await;
        assert!(goes_on.starts_with("HTTP/1.1 100 "), "{goes_on}");
        under_way.push((upload, stream));
    }
    house.world.database.by_hand("UPDATE accounts SET active = 0").await;
    for (upload, mut stream) in under_way {
        send(&mut stream, &upload.body).await;
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {} ", upload.refused)), "{answer}");
    }
    nothing_is_brought_in(&house).await;
    house.stop().await;
}
