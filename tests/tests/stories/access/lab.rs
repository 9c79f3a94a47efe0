//! A tenant with something of each kind that the explorer tells of, a browser that looks at it, and an
//! enforcement point that asks about the very calls.

use crate::access::page::{self, Matrix, Row};
use crate::inbox::html::seen;
use crate::reach::house::{Answer, House, encode};
use crate::search::asking;
use policy::{Reach, Reason};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::accounts::AccountRole;
use tests::console::own;
use tests::world::TaskTerms;
use tests::{Backend, Pep};

const LAB: &str = "
tenants: [{ slug: lab, name: Laboratory }]
roles: [{ name: finance, tenant: lab }, { name: support, tenant: lab }, { name: trainee, tenant: lab }]
subjects:
  - { id: l-ann, kind: user, memberships: [{ tenant: lab, roles: [support] }] }
  - { id: l-ben, kind: user, memberships: [{ tenant: lab, roles: [finance] }] }
  - { id: l-bot, kind: agent, memberships: [{ tenant: lab, roles: [support] }] }
  - { id: l-eve, kind: user, active: false, memberships: [{ tenant: lab, roles: [support] }] }
  - { id: l-fay, kind: user, memberships: [{ tenant: lab, roles: [support], until: '2020-01-01T00:00:00Z' }] }
  - { id: l-gus, kind: user, memberships: [{ tenant: lab }] }
  - { id: l-kim, kind: user, memberships: [{ tenant: lab, roles: [support-agent] }] }
  - { id: l-tia, kind: user, memberships: [{ tenant: lab, roles: [trainee] }] }
  - id: l-two
    kind: user
    memberships: [{ tenant: lab, roles: [finance, trainee] }, { tenant: acme, roles: [finance] }]
servers:
  - slug: desk
    url: http://127.0.0.1:9020/mcp
    tenants: [lab]
    tools:
      - name: refund
        input_schema:
          type: object
          properties: { amount: { type: number }, note: { type: string } }
          required: [amount]
      - name: open
        input_schema: { type: object, properties: { account: { type: string } }, required: [account] }
        bindings: [{ pointer: /account, type: account }]
      - name: copy
        input_schema:
          type: object
          properties: { account: { type: string } }
          required: [account]
          x-authzen-mapping:
            evaluation: { action: { name: read }, resource: { type: account, id: $params.arguments.account } }
        mapping: accepted
      - { name: away, review: gone }
      - { name: erase }
      - { name: errand, task: required }
      - { name: fresh, review: new }
      - { name: moved, review: changed }
      - { name: named }
      - { name: nobody }
      - { name: past }
      - { name: pay }
      - { name: quiet }
      - { name: scoped, scopes: ['desk:write'] }
      - { name: show }
      - { name: web }
  - { slug: shut, url: 'http://127.0.0.1:9021/mcp', enabled: false, tenants: [lab], tools: [{ name: show }] }
resources:
  - { type: account, id: a-1, tenant: lab }
  - { type: account, id: a-2, tenant: acme }
rules:
  - { name: showing, tenant: lab, effect: allow, tools: [desk/show, shut/show] }
  - name: small refunds
    tenant: lab
    effect: allow
    roles: [support]
    tools: [desk/refund]
    parameters: { properties: { amount: { type: number, maximum: 100 } }, required: [amount] }
  - name: refunds by finance
    tenant: lab
    effect: allow
    roles: [finance]
    tools: [desk/refund]
    parameters: { properties: { amount: { type: number, maximum: 5000 } }, required: [amount] }
    approval: { approvers: [finance] }
  - name: no large ones by agents
    tenant: lab
    effect: deny
    kinds: [agent]
    tools: [desk/refund]
    when: args.amount > 50
  - name: a second look
    tenant: lab
    effect: require_approval
    tools: [desk/refund]
    when: args.amount > 80
    approval: { approver_subjects: [l-ben] }
  - { name: erasing, tenant: lab, effect: allow, roles: [support], tools: [desk/erase] }
  - { name: nothing is erased, tenant: lab, effect: deny, tools: [desk/erase] }
  - name: odds and ends
    tenant: lab
    effect: allow
    tools: [desk/away, desk/copy, desk/errand, desk/fresh, desk/moved, desk/open, desk/scoped]
  - name: reading accounts
    tenant: lab
    effect: allow
    roles: [support]
    actions: [read]
    resources: ['account:*']
  - { name: paying, tenant: lab, effect: allow, tools: [desk/pay], approval: { approver_subjects: [l-ben] } }
  - { name: from the web, tenant: lab, effect: allow, tools: [desk/web], when: context.channel == 'web' }
  - { name: hushed, tenant: lab, effect: allow, status: shadow, tools: [desk/quiet] }
  - name: long past
    tenant: lab
    effect: allow
    tools: [desk/past]
    valid: { until: '2020-01-01T00:00:00Z' }
  - { name: for gus, tenant: lab, effect: allow, subjects: [l-gus], kinds: [user], tools: [desk/named] }
credentials: [{ name: lab-vouch, tenant: lab, trust: assert_subject, secret_env: LAB_KEY }]
";

pub(crate) const MEMBERS: &[&str] =
    &["l-ann", "l-ben", "l-bot", "l-eve", "l-fay", "l-gus", "l-kim", "l-tia", "l-two"];

/// Who of them is let in nowhere: one is disabled, the membership of the other has ended.
pub(crate) const OUTSIDE: &[&str] = &["l-eve", "l-fay"];

pub(crate) const TOOLS: &[&str] = &[
    "desk/away",
    "desk/copy",
    "desk/erase",
    "desk/errand",
    "desk/fresh",
    "desk/moved",
    "desk/named",
    "desk/nobody",
    "desk/open",
    "desk/past",
    "desk/pay",
    "desk/quiet",
    "desk/refund",
    "desk/scoped",
    "desk/show",
    "desk/web",
    "shut/show",
];

/// What a vouching enforcement point cannot show, or the explorer tells as a condition whoever meets it.
const ASKS_FOR_MORE: &[&str] = &["desk/copy", "desk/scoped"];

pub(crate) struct Lab {
    pub(crate) house: House,
    /// Of an owner of everything.
    cookie: String,
    pep: Pep,
    /// By member, but for those outside.
    tasks: BTreeMap<&'static str, String>,
}

pub(crate) fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

/// A call by this subject.
pub(crate) fn call(subject: &str, tool: &str, arguments: &Value, context: &Value) -> Value {
    json!({
        "subject": {"type": "user", "id": subject},
        "action": {"name": "tools/call"},
        "resource": {"type": "tool", "id": tool, "properties": {"arguments": arguments}},
        "context": context,
    })
}

impl Lab {
    pub(crate) async fn open(backend: Backend) -> Self {
        let mut house = House::open(backend).await;
        house.world.set_secret("LAB_KEY", &format!("lab-{}", "x".repeat(40)));
        house.world.apply(LAB).await;
        let cookie = house.browser(AccountRole::Owner, Reach::Everything).await;
        let pep = house.pep("LAB_KEY");
        let tasks = open_tasks(&house).await;
        Self { house, cookie, pep, tasks }
    }

    pub(crate) async fn stop(self) {
        self.house.stop().await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let answer = self.house.get(&self.cookie, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer
    }

    /// What is seen of the own part of the page at this address.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        own(&answer.text).map(seen).unwrap_or_else(|| panic!("{path} is no page: {}", answer.text))
    }

    /// Who can call the tool.
    pub(crate) async fn who(&self, tool: &str) -> Vec<Row> {
        let page = self.page(&format!("/access?tenant=lab&tool={}", encode(tool))).await;
        page::list(&page, "Who can call the tool")
    }

    /// What the subject can call.
    pub(crate) async fn what(&self, subject: &str) -> Vec<Row> {
        let page = self.page(&format!("/access?tenant=lab&subject={}", encode(subject))).await;
        page::list(&page, "What the subject can call")
    }

    pub(crate) async fn matrix(&self) -> Matrix {
        page::matrix(&self.page("/access?tenant=lab").await)
    }

    /// The lines of the file, the first of which names the fields.
    pub(crate) async fn file(&self, query: &str) -> Vec<Vec<String>> {
        page::csv(&self.get(&format!("/access/export.csv?tenant=lab{query}")).await.text)
    }

    /// What the endpoint says to these calls: why they are denied, or `allowed`.
    pub(crate) async fn reasons(&self, calls: &[Value]) -> Vec<String> {
        asking::reasons(&self.pep, calls).await
    }

    /// Calls of the tool by this subject, of each kind that is decided otherwise.
    pub(crate) fn calls(&self, subject: &str, tool: &str) -> Vec<Value> {
        let plain = json!({});
        let with = |arguments: Value| call(subject, tool, &arguments, &plain);
        match tool {
            "desk/refund" => {
                [40, 60, 90, 101, 5_000, 5_001].map(|amount| with(json!({ "amount": amount }))).into()
            }
            "desk/open" | "desk/copy" => {
                ["a-1", "a-2", "a-9"].map(|account| with(json!({ "account": account }))).into()
            }
            "desk/web" => ["web", "app"]
                .map(|channel| call(subject, tool, &plain, &json!({ "channel": channel })))
                .into(),
            "desk/errand" => {
                let task = self.tasks.get(subject).map(|task| json!({ "task": task }));
                let under = task.map(|context| call(subject, tool, &plain, &context));
                under.into_iter().chain([with(json!({}))]).collect()
            }
            _ => vec![with(json!({}))],
        }
    }

    /// Whether each row is what the endpoint answers. `pair` makes the subject and the tool of a row.
    pub(crate) async fn hold<'a>(&self, rows: &'a [Row], pair: impl Fn(&'a Row) -> (&'a str, &'a str)) {
        let mut calls = Vec::new();
        let mut ends = Vec::new();
        for row in rows {
            let (subject, tool) = pair(row);
            calls.extend(self.calls(subject, tool));
            ends.push(calls.len());
        }
        let reasons = self.reasons(&calls).await;
        let mut start = 0;
        for (row, end) in rows.iter().zip(ends) {
            let (subject, tool) = pair(row);
            is_true(row, subject, tool, &reasons[start..end]);
            start = end;
        }
    }
}

/// Whether what is said of these calls is what the endpoint answered to each of them.
fn is_true(row: &Row, subject: &str, tool: &str, reasons: &[String]) {
    let told = || format!("{subject} on {tool}: {row:?}, and the endpoint says {reasons:?}");
    let could = reasons.iter().any(|reason| reason == "allowed" || reason == "approval_required");
    match row.access.as_str() {
        "conditions" => assert!(could || ASKS_FOR_MORE.contains(&tool), "{}", told()),
        "never" => {
            let [why] = row.why.as_slice() else { panic!("{}", told()) };
            for reason in reasons {
                let title = Reason::from_code(reason).expect("a code").title();
                assert!(!could && why.starts_with(&format!("{title}: ")), "{}", told());
            }
        }
        _ => panic!("{}", told()),
    }
}

/// A task of each member whom the tenant lets in.
async fn open_tasks(house: &House) -> BTreeMap<&'static str, String> {
    let terms = TaskTerms { tenant: "lab", tools: &["desk/*"], ..TaskTerms::default() };
    let mut tasks = BTreeMap::new();
    for member in MEMBERS.iter().filter(|member| !OUTSIDE.contains(member)) {
        tasks.insert(*member, house.world.open_task(member, terms).await);
    }
    tasks
}
