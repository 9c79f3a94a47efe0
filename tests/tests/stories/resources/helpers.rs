//! Tools that bind their arguments, and resources for them to name.

use crate::api::client::now;
use policy::{Reach, TenantSlug};
use reqwest::redirect;
use serde_json::{Value, json};
use std::net::SocketAddr;
use store::accounts::{AccountRole, NewAccount, PasswordHash};
use store::administration::Resource;
use tests::world::operator;
use tests::{Backend, World, console};

const BOUND: &str = "
servers:
  - slug: crm
    tools:
      - name: refund
        bindings: [{ pointer: /customer_id, type: customer }]
      - name: merge
        input_schema:
          type: object
          properties: { ids: { type: array, items: { type: string } } }
          required: [ids]
        bindings: [{ pointer: '/ids/*', type: customer }]
resources:
  - { type: customer, id: c-42, tenant: acme, sensitivity: confidential, attributes: { region: eu } }
  - { type: customer, id: c-43, tenant: acme, attributes: { region: us } }
  - { type: customer, id: g-1, tenant: globex, attributes: { region: secret-region } }
rules:
  - name: merging
    tenant: acme
    effect: allow
    roles: [support-agent]
    tools: [crm/merge]
    when: \"bound['/ids/*'].all(c, c.region == 'eu')\"
";

pub(crate) async fn world(backend: Backend) -> World {
    let world = World::demo(backend).await;
    world.apply(BOUND).await;
    world
}

/// Signs somebody in who brings in files; what their browser sends from then on, in the header `Cookie`.
pub(crate) async fn author(world: &World) -> String {
    let new = NewAccount {
        login: "author".to_owned(),
        name: "Author".to_owned(),
        password_hash: Some(PasswordHash::new("$argon2id$never")),
        role: AccountRole::Owner,
        reach: Reach::Everything,
    };
    let account = world.store.create_account(&new, &operator(), now()).await.expect("made");
    console::session(world, &account, 1, now()).await
}

/// What the console answers to a file, as its form sends it.
pub(crate) async fn upload(address: SocketAddr, cookie: &str, csv: &str) -> (u16, String) {
    let origin = format!("http://{address}");
    let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build();
    let request = http.expect("a client").post(format!("{origin}/resources/upload"));
    let request = request.header("origin", &origin).header("cookie", cookie);
    let request = request.header("content-type", console::UPLOAD).body(console::upload(csv));
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.text().await.expect("a whole answer"))
}

pub(crate) fn refund(customer: Value) -> Value {
    json!({"customer_id": customer, "amount": 80, "currency": "EUR"})
}

pub(crate) fn resource(kind: &str, id: &str, tenant: &str) -> Resource {
    Resource::new(kind, id, TenantSlug::from(tenant))
}

pub(crate) async fn put(world: &World, resources: &[Resource]) {
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    for resource in resources {
        writer.put_resource(resource, true).await.expect("is taken");
    }
    writer.commit().await.expect("commits");
}
