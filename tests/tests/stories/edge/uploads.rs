//! Files that come slowly, from programs and from browsers: they are waited for as long as they flow.

use crate::edge::connections::{SHORT, open, read_until, rest_of, send};
use crate::edge::house::House;
use crate::resources::helpers::author;
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
    /// What is said of one that finds no place.
    full: &'static str,
}

impl Upload {
    fn new(path: &str, headers: &str, body: String) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\nConnection: close\r\n",
            body.len()
        );
        Self { head, body, taken: "202", late: "too_slow", refused: "401", full: "too_many_files" }
    }

    fn halves(&self) -> (&str, &str) {
        self.body.split_at(self.body.len() / 2)
    }
}

async fn house(backend: Backend, limits: Limits) -> House {
    House::with(backend, |config| config.limits = limits).await
}

fn csv(kind: &str) -> String {
    let rows: String = (0..100).map(|nth| format!("{kind},{kind}-{nth},acme\n")).collect();
    format!("type,id,tenant\n{rows}")
}

/// As the form of the console sends it in this session.
fn by_browser(house: &House, session: &str, kind: &str) -> Upload {
    let origin = house.origin();
    let headers = format!("Origin: {origin}\r\nCookie: {session}\r\nContent-Type: {UPLOAD}\r\n");
    Upload {
        taken: "303",
        late: "This file came too slowly",
        refused: "403",
        full: "Too many files at once",
        ..Upload::new("/resources/upload", &headers, upload(&csv(kind)))
    }
}

/// Two files of one account, so that none is the other one's.
async fn uploads(house: &House) -> [Upload; 2] {
    let session = house.settle().await;
    let token = token(&house.world, "ci", AdminScope::ALL, None).await;
    let program = format!("Authorization: Bearer {token}\r\nContent-Type: text/csv\r\n");
    [Upload::new("/api/v1/resource-imports", &program, csv("invoice")), by_browser(house, &session, "order")]
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

/// Asks whether it may be sent; what is said to that, up to the end of its head.
async fn ask(house: &House, upload: &Upload) -> (String, TcpStream) {
    let mut stream = open(house.address()).await;
    send(&mut stream, &format!("{}Expect: 100-continue\r\n\r\n", upload.head)).await;
    let answer = read_until(&mut stream, "\r\n\r\n").await;
    (answer, stream)
}

/// From here on each is waited for, though nothing of it is sent: its sender was let in.
async fn let_in<'a>(house: &House, uploads: &'a [Upload]) -> Vec<(&'a Upload, TcpStream)> {
    let mut under_way = Vec::new();
    for upload in uploads {
        let (goes_on, stream) = ask(house, upload).await;
        assert!(goes_on.starts_with("HTTP/1.1 100 "), "{goes_on}");
        under_way.push((upload, stream));
    }
    under_way
}

/// The same once there is a place for it.
async fn once_let_in(house: &House, upload: &Upload) -> TcpStream {
    let asking = async {
        loop {
            let (answer, stream) = ask(house, upload).await;
            if answer.starts_with("HTTP/1.1 100 ") {
                return stream;
            }
            assert!(answer.starts_with("HTTP/1.1 429 ") || answer.starts_with("HTTP/1.1 503 "), "{answer}");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("there is a place in the end")
}

/// There is no place for it, whether it is asked for or sent all the same.
async fn finds_no_place(house: &House, upload: &Upload, status: &str) {
    for rest in ["Expect: 100-continue\r\n\r\n".to_owned(), format!("\r\n{}", upload.body)] {
        let mut stream = open(house.address()).await;
        send(&mut stream, &format!("{}{rest}", upload.head)).await;
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains(upload.full) && answer.contains("countersign resource import"), "{answer}");
        assert!(answer.contains("\r\nretry-after: 30\r\n"), "{answer}");
    }
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
    let under_way = let_in(&house, &uploads).await;
    house.world.database.by_hand("UPDATE accounts SET active = 0").await;
    for (upload, mut stream) in under_way {
        send(&mut stream, &upload.body).await;
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {} ", upload.refused)), "{answer}");
    }
    nothing_is_brought_in(&house).await;
    house.stop().await;
}

pub(crate) async fn a_few_files_come_at_once(backend: Backend) {
    let number = |number| NonZeroU32::new(number).expect("not none");
    let limits = Limits { files: number(3), files_of_account: number(2), ..Limits::default() };
    let house = house(backend, limits).await;
    let uploads = uploads(&house).await;
    let session = author(&house.world).await;
    let of_other = [by_browser(&house, &session, "parcel")];

    // All that one account may send at once, at either door; others find a place all the same, the last one.
    let mut under_way = let_in(&house, &uploads).await;
    for upload in &uploads {
        finds_no_place(&house, upload, "429").await;
    }
    under_way.extend(let_in(&house, &of_other).await);
    finds_no_place(&house, &of_other[0], "503").await;
    finds_no_place(&house, &uploads[0], "429").await;
    nothing_is_brought_in(&house).await;

    // Whoever hangs up gives the place back.
    drop(under_way.remove(0));
    under_way.push((&uploads[0], once_let_in(&house, &uploads[0]).await));

    // Those that found one are not troubled by those that did not, and leave it once they are in.
    for (upload, mut stream) in under_way {
        send(&mut stream, &upload.body).await;
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {} ", upload.taken)), "{answer}");
    }
    assert_eq!(house.store().list_imports(10).await.expect("lists").len(), 3);
    let mut again = Vec::new();
    for upload in uploads.iter().chain(&of_other) {
        again.push(once_let_in(&house, upload).await);
    }
    drop(again);
    house.stop().await;
}
