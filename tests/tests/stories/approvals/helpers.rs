//! What the stories of approvals have in common.

use pdp::approvals::{ApprovalError, Approvals, Decider, Vote};
use policy::labels::Verdict;
use policy::{ApprovalId, SubjectId};
use serde_json::{Value, json};
use server::vault_key::{self, VaultKeys};
use store::Store;
use store::accounts::{AccountRole, NewAccount};
use store::approvals::{Approval, ApprovalFilter};
use tests::pep::Told;
pub(crate) use tests::record::{audit_key, is_sound};
use tests::world::operator;
use tests::{Backend, Database, Pep, World};

/// Notes need somebody of finance; olga answers for refund-bot.
const POLICY: &str = "
roles: [{ name: head, tenant: acme }, { name: temp, tenant: acme }]
subjects:
  - { id: fay, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }
  - { id: finn, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }
  - { id: tess, kind: user, memberships: [{ tenant: acme, roles: [finance, temp] }] }
  - { id: hal, kind: user, memberships: [{ tenant: acme, roles: [head] }] }
  - { id: nat, kind: user, memberships: [{ tenant: acme, roles: [] }] }
  - { id: olga, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }
  - { id: refund-bot, kind: agent, owner: olga }
";

/// The demo, with this as the terms on which notes are approved.
pub(crate) async fn world(backend: Backend, terms: &str) -> World {
    world_on(Database::fresh(backend).await, terms).await
}

pub(crate) async fn world_on(database: Database, terms: &str) -> World {
    let world = World::demo_on(database).await;
    world.apply(POLICY).await;
    ask_for_notes(&world, terms).await;
    world
}

pub(crate) async fn ask_for_notes(world: &World, terms: &str) {
    let rule = format!(
        "rules: [{{ name: ask for notes, tenant: acme, effect: require_approval, tools: [crm/add_note], approval: {terms} }}]"
    );
    world.apply(&rule).await;
}

pub(crate) const BY_FINANCE: &str = "{ approvers: [finance] }";

pub(crate) fn note(text: &str) -> Value {
    json!({"customer_id": "c-42", "text": text})
}

pub(crate) async fn add_note(world: &World, crm: &Pep, text: &str) -> Told {
    crm.call(world.secret("REFUND_BOT_KEY"), "add_note", note(text)).await
}

pub(crate) fn approvals(world: &World) -> Approvals {
    world.approvals()
}

/// The same over another store on the database, as another process has it.
pub(crate) fn approvals_on(world: &World, store: &Store) -> Approvals {
    Approvals::new(store.clone(), vault_key::open(&VaultKeys::File(world.database.file("vault.key"))))
}

/// The account of this person; nobody's where none is given.
pub(crate) async fn account(world: &World, login: &str, person: Option<&str>) -> String {
    let new = NewAccount {
        login: login.to_owned(),
        name: login.to_owned(),
        password_hash: None,
        role: AccountRole::Approver,
        reach: policy::Reach::Everything,
    };
    let now = server::clock::system()();
    let made = world.store.create_account(&new, &operator(), now).await.expect("is made");
    let person = person.map(SubjectId::from);
    world.store.set_account_subject(&made.id, person.as_ref(), &operator(), now).await.expect("is linked");
    made.id
}

/// The one request that waits.
pub(crate) async fn waiting(world: &World) -> Approval {
    let mut all = pending(world).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

pub(crate) async fn pending(world: &World) -> Vec<Approval> {
    let filter = ApprovalFilter { pending: true, ..ApprovalFilter::default() };
    world.store.list_approvals(&filter, None, 100).await.expect("lists")
}

pub(crate) async fn read(world: &World, id: &ApprovalId) -> Approval {
    world.store.get_approval(id).await.expect("reads").expect("is there")
}

/// The vote of somebody who looks at the request first.
pub(crate) async fn decide(
    world: &World,
    account: &str,
    id: &ApprovalId,
    verdict: Verdict,
) -> Result<Approval, ApprovalError> {
    let vote = ballot(world, id, verdict).await;
    approvals(world).vote(&by(account), id, &vote).await
}

pub(crate) fn by(account: &str) -> Decider<'_> {
    Decider { account, actor: operator() }
}

pub(crate) async fn ballot(world: &World, id: &ApprovalId, verdict: Verdict) -> Vote {
    let shown = approvals(world).show(id).await.expect("shows").expect("is there");
    let reason = (verdict == Verdict::Deny).then(|| "not without a ticket".to_owned());
    Vote { verdict, reason, seen: shown.seen, valid_until: None, uses: None }
}

pub(crate) async fn approve(world: &World, account: &str, id: &ApprovalId) -> Approval {
    decide(world, account, id, Verdict::Approve).await.expect("is approved")
}
