//! What an agent may do for whom: the Access explorer asked about the two, its file, calls that are tried, and the pages
//! of agents and of whom they act for. What is said there is held against the calls themselves.

mod explorer;
mod pages;
pub(crate) mod trying;

use crate::access::page::csv;
use crate::reach::house::{Answer, House};
use policy::Reach;
use serde_json::{Value, json};
use store::accounts::AccountRole;
use tests::{Backend, Pep, console, on_both_databases};

on_both_databases!(
    a_pair_is_answered_as_its_calls_are,
    it_is_said_whose_side_denies,
    conditions_of_both_stand,
    who_is_suspended_does_nothing_for_anybody,
    an_agent_of_other_tenants_alone_reads_like_nobodys,
    an_agents_page_tells_what_it_may_do_for_whom,
    who_acts_for_somebody_stands_on_their_page,
    a_trial_through_an_agent_is_answered_as_its_call_is,
    a_trial_sees_who_acts_as_it_is_now,
    a_draft_is_tried_through_an_agent,
    a_trial_tells_of_whom_the_reader_sees_alone,
);

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::for_whom::explorer::*;
    pub(super) use crate::for_whom::pages::*;
    pub(super) use crate::for_whom::trying::*;
}

/// Beside what the house has. The tools of `shop` are what stories ask about.
const PAIRS: &str = "
roles: [{ name: seller, tenant: acme }, { name: helper, tenant: acme }]
subjects:
  - { id: ada, kind: user, memberships: [{ tenant: acme, roles: [seller] }] }
  - { id: bea, kind: user, memberships: [{ tenant: acme }] }
  - { id: bot, kind: agent, owner: ada, memberships: [{ tenant: acme, roles: [helper] }] }
  - { id: mute, kind: agent, memberships: [{ tenant: acme }] }
  - { id: cron, kind: service, memberships: [{ tenant: acme }] }
  - { id: zfarz, kind: agent, memberships: [{ tenant: nimbus }] }
  - { id: zoutz, kind: agent, owner: ada, memberships: [{ tenant: nimbus }] }
  - id: duo
    kind: agent
    owner: both
    memberships: [{ tenant: acme, roles: [helper] }, { tenant: nimbus, roles: [Kestrel role] }]
servers:
  - slug: shop
    url: 'http://127.0.0.1:9010/mcp'
    tenants: [acme]
    tools: [{ name: close }, { name: pay }, { name: refund }, { name: show }, { name: tidy }]
rules:
  - { name: everybody sees, tenant: acme, effect: allow, tools: [shop/show] }
  - { name: sellers close, tenant: acme, effect: allow, roles: [seller], tools: [shop/close] }
  - { name: helpers tidy, tenant: acme, effect: allow, roles: [helper], tools: [shop/tidy] }
  - { name: sellers pay, tenant: acme, effect: allow, roles: [seller], tools: [shop/pay] }
  - name: helpers pay
    tenant: acme
    effect: allow
    roles: [helper]
    tools: [shop/pay]
    approval: { approvers: [seller] }
  - name: sellers refund
    tenant: acme
    effect: allow
    roles: [seller]
    tools: [shop/refund]
    parameters: { properties: { amount: { type: number, maximum: 100 } }, required: [amount] }
  - name: helpers refund
    tenant: acme
    effect: allow
    roles: [helper]
    tools: [shop/refund]
    parameters: { properties: { amount: { type: number, maximum: 50 } }, required: [amount] }
credentials: [{ name: shop-pep, server: shop, tenant: acme, trust: assert_subject, secret_env: SHOP_KEY }]
";

/// The file's first line, where an agent is asked about.
pub(crate) const HEAD: &str = "\"subject\",\"agent\",\"tool\",\"access\",\"why\"";

/// The house with the pairs in it, the enforcement point of the shop, and a browser that sees every tenant.
pub(crate) async fn open(backend: Backend) -> (House, Pep, String) {
    let mut house = House::open(backend).await;
    house.world.set_secret("SHOP_KEY", &format!("shop-{}", "x".repeat(40)));
    house.world.apply(PAIRS).await;
    let pep = house.pep("SHOP_KEY");
    let cookie = house.browser(AccountRole::Auditor, Reach::Everything).await;
    (house, pep, cookie)
}

pub(crate) fn call(subject: &str, agent: &str, tool: &str, amount: i64) -> Value {
    json!({
        "subject": {"type": "user", "id": subject},
        "action": {"name": "tools/call"},
        "resource": {"type": "tool", "id": tool, "properties": {"arguments": {"amount": amount}}},
        "context": {"agent": agent},
    })
}

/// What is told of one of the shop's tools.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) tool: String,
    pub(crate) access: String,
    pub(crate) why: String,
}

/// What the file tells of the shop's tools.
pub(crate) async fn told(house: &House, cookie: &str, subject: &str, agent: &str) -> Vec<Told> {
    let path = format!("/access/export.csv?tenant=acme&subject={subject}&agent={agent}");
    let answer = house.get(cookie, &path).await;
    assert_eq!(answer.status, 200, "{path}");
    assert_eq!(answer.text.lines().next(), Some(HEAD), "{path}");
    let of_shop = |line: Vec<String>| {
        let fields = <[String; 5]>::try_from(line);
        let [who, through, tool, access, why] = fields.unwrap_or_else(|line| panic!("{line:?}"));
        assert_eq!((who.as_str(), through.as_str()), (subject, agent));
        let tool = tool.strip_prefix("shop/")?.to_owned();
        Some(Told { tool, access, why })
    };
    csv(&answer.text).into_iter().skip(1).filter_map(of_shop).collect()
}

pub(crate) async fn one(house: &House, cookie: &str, (subject, agent): (&str, &str), tool: &str) -> Told {
    let all = told(house, cookie, subject, agent).await;
    all.into_iter().find(|told| told.tool == tool).expect("a tool of the shop")
}

/// The page's own part; of what is no page, all of it.
pub(crate) fn own(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    console::own(&answer.text).unwrap_or(&answer.text).to_owned()
}
