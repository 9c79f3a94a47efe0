//! Who is kept out by the brake on guessing, and who is not.

use crate::edge::house::{House, LOGIN, PASSWORD};
use pdp::address_guard::AllowedAddress;
use server::config::Config;
use store::accounts::{AccountRole, NewAccount, PasswordHash};
use tests::Backend;
use tests::world::operator;

const DEVICE: &str = "countersign-device";

fn behind_a_proxy(config: &mut Config) {
    config.trusted_proxies = vec![AllowedAddress::Loopback];
}

/// Guesses until the brake is on, and how often that took.
async fn guess(house: &House, headers: &[(&str, &str)]) -> usize {
    for tries in 1..30 {
        let answer = house.sign_in("not the password", headers).await;
        match answer.status {
            403 => {}
            429 => {
                assert!(answer.text.contains("Too many attempts"), "{}", answer.text);
                let wait: u32 = answer.header("retry-after").parse().expect("seconds");
                assert!((1..=60).contains(&wait));
                return tries;
            }
            status => panic!("{status}: {}", answer.text),
        }
    }
    panic!("nobody stopped it");
}

fn from(line: &str) -> [(&str, &str); 1] {
    [("x-forwarded-for", line)]
}

async fn addresses(house: &House) -> Vec<String> {
    let account = house.store().account_by_login(LOGIN).await.expect("reads").expect("is there");
    let sessions = house.store().list_sessions(&account.id, house.now()).await.expect("reads");
    sessions.into_iter().filter_map(|session| session.address).collect()
}

pub(crate) async fn behind_a_listed_proxy_everybody_has_a_bucket_of_their_own(backend: Backend) {
    let house = House::with(backend, behind_a_proxy).await;
    house.settle().await;
    assert_eq!(guess(&house, &from("203.0.113.1")).await, 6);
    assert_eq!(house.sign_in(PASSWORD, &from("203.0.113.1")).await.status, 429);
    assert_eq!(
        house.sign_in(PASSWORD, &from("198.51.100.9, 203.0.113.1")).await.status,
        429,
        "what the caller wrote is not believed"
    );
    assert_eq!(house.sign_in(PASSWORD, &from("203.0.113.2")).await.status, 303);
    assert_eq!(house.sign_in(PASSWORD, &from("[2001:db8::7]:443")).await.status, 303);
    // Of the connection: the one that set-up used, and these.
    let long = "9".repeat(20_000);
    for line in ["nonsense", long.as_str(), "203.0.113.3,"] {
        assert_eq!(house.sign_in(PASSWORD, &from(line)).await.status, 303, "{line:.20}");
    }
    let mut seen = addresses(&house).await;
    seen.sort();
    assert_eq!(seen, ["127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", "2001:db8::7", "203.0.113.2"]);
    house.stop().await;
}

pub(crate) async fn without_a_listed_proxy_the_header_is_not_looked_at(backend: Backend) {
    let house = House::open(backend).await;
    house.settle().await;
    let mut statuses = Vec::new();
    for n in 0..6 {
        let line = format!("203.0.113.{n}");
        statuses.push(house.sign_in("not the password", &from(&line)).await.status);
    }
    assert_eq!(statuses, [403, 403, 403, 403, 403, 429]);
    assert_eq!(addresses(&house).await, ["127.0.0.1"]);
    house.stop().await;
}

pub(crate) async fn a_browser_that_signed_in_before_is_not_kept_out(backend: Backend) {
    let house = House::open(backend).await;
    house.settle().await;
    let hash = Some(PasswordHash::new("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA"));
    let other = NewAccount {
        login: "bob".to_owned(),
        name: "Bob".to_owned(),
        password_hash: hash,
        role: AccountRole::Auditor,
        reach: policy::Reach::Everything,
    };
    house.store().create_account(&other, &operator(), house.now()).await.expect("made");
    let device = house.sign_in(PASSWORD, &[]).await.cookie(DEVICE).expect("a cookie");

    // A flood from the very same address, for this login and others: twenty in all, and the brake is on.
    while house.sign_in("not the password", &[]).await.status != 429 {}
    for n in 0..40 {
        let login = format!("nobody{n}");
        house.post("/sign-in", &[("login", login.as_str()), ("password", "x")], &[]).await;
    }
    let stranger = house.post("/sign-in", &[("login", "somebody"), ("password", "x")], &[]).await;
    assert_eq!(stranger.status, 429, "the address is full");
    assert_eq!(house.sign_in(PASSWORD, &[]).await.status, 429);

    let known = [("cookie", device.as_str())];
    let answer = house.sign_in(PASSWORD, &known).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.cookie(DEVICE).as_deref(), Some(device.as_str()), "it stays the same browser");

    // The cookie is for its own account, has to be whole, and does not replace the password.
    let bob = house.post("/sign-in", &[("login", "bob"), ("password", "x")], &known).await;
    assert_eq!(bob.status, 429);
    let made_up = format!("{DEVICE}={}", "A".repeat(43));
    for bad in [made_up.as_str(), &device[..device.len() - 1], DEVICE, "countersign-device=x"] {
        assert_eq!(house.sign_in(PASSWORD, &[("cookie", bad)]).await.status, 429, "{bad}");
    }
    assert_eq!(guess(&house, &known).await, 5, "one of five was the right password");
    assert_eq!(house.sign_in(PASSWORD, &known).await.status, 429, "its own bucket is full as well");
    house.stop().await;
}

pub(crate) async fn a_new_password_makes_known_browsers_strangers(backend: Backend) {
    let house = House::open(backend).await;
    let session = house.settle().await;
    let device = house.sign_in(PASSWORD, &[]).await.cookie(DEVICE).expect("a cookie");
    let new = "four copper whales hum";
    let fields = [("current", PASSWORD), ("password", new), ("password_again", new)];
    let changed = house.post("/account/password", &fields, &[("cookie", session.as_str())]).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    let own = changed.cookie(DEVICE).expect("the browser that changed it is known at once");
    assert_ne!(own, device);

    while house.sign_in("not the password", &[]).await.status != 429 {}
    assert_eq!(house.sign_in(new, &[("cookie", device.as_str())]).await.status, 429);
    assert_eq!(house.sign_in(PASSWORD, &[("cookie", own.as_str())]).await.status, 403);
    assert_eq!(house.sign_in(new, &[("cookie", own.as_str())]).await.status, 303);
    house.stop().await;
}
