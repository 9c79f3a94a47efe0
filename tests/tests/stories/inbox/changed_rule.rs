//! A click that comes too late: a rule that asks is another one than the page was drawn for, and the page says how.

use crate::inbox::clicking::{Frank, of_rules};
use crate::inbox::helpers::{cookie, demo_with_frank, filed, page, state};
use policy::labels::{ApprovalState, RuleStatus};
use policy::rule::Validity;
use policy::{ApprovalId, Rule, RuleId, TenantSlug, Timestamp};
use store::accounts::AccountRole;
use store::administration::StoredRule;
use tests::world::operator;
use tests::{Backend, Replica, World};

/// The rule of the demo by which refunds wait.
pub(crate) const NAME: &str = "refunds by finance";

/// One more that asks, of every member of acme.
const AGAIN: &str = "rules:
  - name: refunds are looked at
    tenant: acme
    effect: require_approval
    tools: [crm/refund]
    approval: { approvers: [finance], expires_in: 2h }
";

/// Behind what says that a rule asks no more.
pub(crate) const STILL: &str = "What it asked for when the call was made still counts for this request.";

pub(crate) async fn stored(world: &World, name: &str) -> StoredRule {
    let acme = TenantSlug::from("acme");
    world.store.get_rule_by_name(Some(&acme), name).await.expect("reads").expect("is there")
}

/// Makes the rule of this tenant and name be so.
pub(crate) async fn put(world: &World, rule: &Rule) {
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_rule(rule).await.expect("is put");
    writer.commit().await.expect("commits");
}

pub(crate) async fn delete(world: &World, id: &RuleId) {
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    assert!(writer.delete_rule(id).await.expect("is deleted"));
    writer.commit().await.expect("commits");
}

/// Frank, who reads rules as well, and what waits for him.
struct Owner {
    world: World,
    replica: Replica,
    cookie: String,
    request: ApprovalId,
}

impl Owner {
    async fn asked(world: World) -> Self {
        let replica = world.replica().await;
        let cookie = cookie(&world, 1, AccountRole::Owner, Some("frank")).await;
        let request = filed(&world, &replica).await;
        Self { world, replica, cookie, request }
    }

    fn frank(&self) -> Frank<'_> {
        Frank { world: &self.world, replica: &self.replica, cookie: &self.cookie, request: &self.request }
    }

    async fn seen(&self) -> String {
        self.frank().seen().await
    }

    /// What is told of each rule where a click that is bound to this is refused.
    async fn told_each(&self, seen: &str) -> Vec<String> {
        let page = self.frank().is_refused(seen).await;
        assert!(page.contains("A rule that asks was changed"), "{page}");
        assert!(!page.contains("The tool changed: see"), "{page}");
        of_rules(&page)
    }

    /// The same of the one that changed.
    async fn told(&self, seen: &str) -> String {
        let told = self.told_each(seen).await;
        let [one] = told.as_slice() else { panic!("{told:?}") };
        one.clone()
    }

    /// The same after the rule became so.
    async fn after(&self, rule: &Rule) -> String {
        let seen = self.seen().await;
        put(&self.world, rule).await;
        self.told(&seen).await
    }
}

fn has(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part}: {told}");
    }
}

fn lacks(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(!told.contains(part), "{part}: {told}");
    }
}

pub(crate) async fn a_rule_that_changed_is_shown_beside_what_it_was(backend: Backend) {
    let owner = Owner::asked(demo_with_frank(backend).await).await;
    let before = page(&owner.replica, &owner.cookie, &owner.request).await;
    assert_eq!(of_rules(&before), Vec::<String>::new());
    let first = owner.seen().await;
    let original = stored(&owner.world, NAME).await.rule;

    let until = Timestamp::parse("2090-01-01T00:00:00Z").expect("a moment");
    let narrowed = Rule {
        roles: vec!["finance".to_owned(), "support-agent".to_owned()],
        when: Some("context.office == \"berlin\"".to_owned()),
        valid: Some(Validity { from: None, until: Some(until) }),
        ..original.clone()
    };
    let told = owner.after(&narrowed).await;
    assert!(told.starts_with(NAME), "{told}");
    has(&told, &["When you looked Allow finance in acme", "Now Allow finance or support-agent in acme"]);
    has(&told, &["When not set context.office == \"berlin\"", "Roles finance finance", "Valid not set"]);
    lacks(&told, &["Effect", "Status", "Approval not set"]);

    // What it asks for.
    let mut terms = original.approval.clone().expect("asks");
    terms.quorum = 2;
    terms.exclude_roles = vec!["trainee".to_owned()];
    let more = Rule { approval: Some(terms), ..narrowed.clone() };
    let told = owner.after(&more).await;
    has(&told, &["once 2 of finance approved", "Field Before After Approval", "trainee"]);
    lacks(&told, &["When not set", "Roles"]);

    // Held against an older page, all of it.
    let told = owner.told(&first).await;
    has(&told, &["When not set context.office == \"berlin\"", "Roles finance finance", "trainee"]);

    // Changed and changed back, it is another version all the same.
    let seen = owner.seen().await;
    put(&owner.world, &original).await;
    put(&owner.world, &more).await;
    let told = owner.told(&seen).await;
    has(&told, &["It was changed, and changed back.", "once 2 of finance approved"]);
    lacks(&told, &["When you looked", "Field"]);

    // A version that nobody wrote down is not made up.
    let by_hand = "UPDATE rules SET version = version + 50 WHERE name = 'refunds by finance'";
    owner.world.database.by_hand(by_hand).await;
    let seen = owner.seen().await;
    put(&owner.world, &original).await;
    let told = owner.told(&seen).await;
    assert!(told.starts_with("How it was when you looked is not to be found any more."), "{told}");
    lacks(&told, &["Allow", "Field"]);

    // Looked at anew, it is answered.
    let now = owner.seen().await;
    assert_eq!(owner.frank().clicks(&now).await, "/approvals?done=request-approved");
    owner.replica.stop().await;
}

pub(crate) async fn a_rule_that_asks_no_more_is_said_to_and_asks_again(backend: Backend) {
    let owner = Owner::asked(demo_with_frank(backend).await).await;
    let StoredRule { id, rule: original, .. } = stored(&owner.world, NAME).await;
    let with = |status: RuleStatus| Rule { status, ..original.clone() };

    let told = owner.after(&with(RuleStatus::Disabled)).await;
    has(&told, &["It is disabled.", STILL, "Status enforced disabled", "once finance approved"]);
    let told = owner.after(&original).await;
    has(&told, &["It asked for nothing when you looked.", "Status disabled enforced"]);

    let told = owner.after(&with(RuleStatus::Shadow)).await;
    has(&told, &["It is a shadow", STILL, "When you looked Allow", "Now Would allow"]);
    // What asks for nothing looks alike, whatever it is: which of it was looked at is not made up.
    let seen = owner.seen().await;
    let free = Rule { approval: None, ..original.clone() };
    put(&owner.world, &free).await;
    assert_eq!(owner.seen().await, seen);
    put(&owner.world, &original).await;
    let told = owner.told(&seen).await;
    has(&told, &["It asked for nothing when you looked.", "Now Allow finance in acme"]);
    lacks(&told, &["When you looked", "Field"]);

    let told = owner.after(&free).await;
    has(&told, &["It asks for no approval any more.", STILL, "Field Before After Approval"]);
    put(&owner.world, &original).await;

    let seen = owner.seen().await;
    delete(&owner.world, &id).await;
    let told = owner.told(&seen).await;
    has(&told, &["It was deleted.", STILL, "When you looked Allow finance in acme"]);
    lacks(&told, &["Now Allow", "Field"]);

    // What it asked for counts still, and is met by one.
    let now = owner.seen().await;
    assert_eq!(owner.frank().clicks(&now).await, "/approvals?done=request-approved");
    assert_eq!(state(&owner.world, &owner.request).await, ApprovalState::Approved);
    owner.replica.stop().await;
}

pub(crate) async fn what_several_rules_were_is_found_many_changes_back(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(AGAIN).await;
    let owner = Owner::asked(world).await;
    let first = owner.seen().await;
    let again = "refunds are looked at";
    let (grants, restricts) = (stored(&owner.world, NAME).await.rule, stored(&owner.world, again).await.rule);
    let round =
        |rule: &Rule, round: usize| Rule { when: Some(format!("context.round == {round}")), ..rule.clone() };
    for number in 0..20 {
        put(&owner.world, &round(&grants, number)).await;
    }
    for number in 0..5 {
        put(&owner.world, &round(&restricts, number)).await;
    }
    let told = owner.told_each(&first).await;
    let of =
        |name: &str| told.iter().find(|told| told.starts_with(name)).unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(told.len(), 2, "{told:?}");
    has(of(NAME), &["When not set context.round == 19"]);
    has(of(again), &["When not set context.round == 4", "When you looked Always ask finance"]);

    // One that is as it was is not told of.
    let told = owner.after(&round(&restricts, 7)).await;
    assert!(told.starts_with(again), "{told}");
    owner.replica.stop().await;
}
