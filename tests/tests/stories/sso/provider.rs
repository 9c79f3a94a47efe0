//! `e2e/support/sign-in-provider.mjs`, running; and the house that people sign in to by it.

use crate::edge::house::House;
use pdp::Secret;
use pdp::address_guard::AllowedAddress;
use server::vault_key::{self, VaultKeys};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use store::accounts::AccountRole;
use store::administration::{GroupRole, ProviderSettings, SignInProvider};
use tests::Backend;
use tests::world::operator;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../e2e");

pub(crate) const SECRET: &str = "the-secret-of-the-console";

#[derive(Debug)]
pub(crate) struct Provider {
    process: Child,
    orders: ChildStdin,
    told: mpsc::Receiver<String>,
    pub(crate) url: String,
}

impl Provider {
    /// One that leads back to this address.
    pub(crate) fn start(redirect: &str) -> Self {
        let package = format!("{FOLDER}/node_modules/oidc-provider/package.json");
        assert!(
            std::path::Path::new(&package).is_file(),
            "{package} is missing; `cargo xtask test` installs the packages of e2e"
        );
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a port").port().to_string();
        let mut process = Command::new("node")
            .args([format!("{FOLDER}/support/sign-in-provider.mjs").as_str(), &port, redirect])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let lines = BufReader::new(process.stdout.take().expect("stdout"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                // Who waited may be gone; stdout is drained all the same.
                let _ = tell.send(line);
            }
        });
        let orders = process.stdin.take().expect("stdin");
        let url = format!("http://127.0.0.1:{port}");
        let provider = Self { process, orders, told, url };
        provider.wait_for(&format!("ready {}", provider.url));
        provider
    }

    /// Notices of its own may stand on other lines.
    fn wait_for(&self, line: &str) {
        loop {
            match self.told.recv_timeout(Duration::from_secs(60)) {
                Ok(told) if told == line => return,
                Ok(_) => {}
                Err(error) => panic!("the provider does not say `{line}`: {error}"),
            }
        }
    }

    /// From now on these are the groups of this person.
    pub(crate) fn set_groups(&mut self, name: &str, groups: &str) {
        let order = format!("groups {name} {groups}");
        writeln!(self.orders, "{order}").expect("the provider listens");
        self.wait_for(&order);
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // A story that failed leaves nothing running.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A house that people sign in to by a provider of the id `work`.
pub(crate) async fn house_with_provider(backend: Backend) -> (House, Provider) {
    let house = House::with(backend, |config| config.allow_addresses = vec![AllowedAddress::Loopback]).await;
    let provider = Provider::start(&format!("{}/sign-in/callback/work", house.origin()));
    register(&house, &work(&provider)).await;
    (house, provider)
}

pub(crate) fn work(provider: &Provider) -> SignInProvider {
    let group = |group: &str, role| GroupRole { group: group.to_owned(), role, tenant: None };
    SignInProvider {
        id: "work".to_owned(),
        name: "The company".to_owned(),
        issuer: provider.url.clone(),
        client_id: "console".to_owned(),
        active: true,
        settings: ProviderSettings {
            groups: vec![group("admins", AccountRole::Owner), group("finance", AccountRole::Approver)],
            ..ProviderSettings::default()
        },
    }
}

/// As `countersign provider put` does.
pub(crate) async fn register(house: &House, provider: &SignInProvider) {
    let keys = VaultKeys::File(house.world.database.file("vault.key"));
    let vault = vault_key::open_or_create(&keys, house.store()).await.expect("a vault");
    let mut writer = house.store().write(operator()).await.expect("a unit of work");
    writer.put_sign_in_provider(provider).await.expect("kept");
    vault.keep(&mut writer, provider.secret_place(), &Secret::new(SECRET)).await.expect("kept");
    writer.commit().await.expect("commits");
}
