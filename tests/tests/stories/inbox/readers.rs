//! Who may not read rules is told of one that changed what the page of a request says of it anyway, and nothing more. All
//! accounts here are one person's, whom the rule asks.

use crate::inbox::changed_rule::{NAME, STILL, delete, put, stored};
use crate::inbox::clicking::{Frank, of_rules};
use crate::inbox::helpers::{cookie, cookie_within, demo_with_frank, filed, get, look};
use crate::inbox::html;
use policy::labels::RuleStatus;
use policy::{ApprovalId, Rule, SubjectId, TenantSlug};
use store::accounts::AccountRole;
use store::administration::StoredRule;
use tests::world::operator;
use tests::{Backend, Replica, World};

/// What stands in a rule, and not in what it asks for as a page says it.
const SECRETS: [&str; 3] = ["treasury", "vaultroom", "mallory"];

const ONE: &str = "1 approval by finance; good for 1 h and one call";
const TWO: &str = "2 approvals by finance; good for 1 h and one call";
const AS_IT_DID: &str = "It was changed. What it asks for reads as it did.";

/// The same request in the browsers of several accounts.
struct Desk {
    world: World,
    replica: Replica,
    request: ApprovalId,
    /// Approvers of everything, and of acme.
    approvers: [String; 2],
    /// An owner of acme.
    bound: String,
    /// An owner of everything.
    owner: String,
}

impl Desk {
    async fn new(backend: Backend) -> Self {
        let world = demo_with_frank(backend).await;
        let replica = world.replica().await;
        let frank = Some("frank");
        let approvers = [
            cookie(&world, 1, AccountRole::Approver, frank).await,
            cookie_within(&world, 2, AccountRole::Approver, frank, "acme").await,
        ];
        let bound = cookie_within(&world, 3, AccountRole::Owner, frank, "acme").await;
        let owner = cookie(&world, 4, AccountRole::Owner, frank).await;
        let request = filed(&world, &replica).await;
        Self { world, replica, request, approvers, bound, owner }
    }

    fn at<'a>(&'a self, cookie: &'a str) -> Frank<'a> {
        Frank { world: &self.world, replica: &self.replica, cookie, request: &self.request }
    }

    /// What every page is bound to now: whoever looks.
    async fn seen(&self) -> String {
        let seen = self.at(&self.owner).seen().await;
        for cookie in self.approvers.iter().chain([&self.bound]) {
            assert_eq!(self.at(cookie).seen().await, seen);
        }
        seen
    }

    /// What this reader is told of the rule where a click that is bound to this is refused.
    async fn told(&self, cookie: &str, seen: &str) -> String {
        let told = of_rules(&self.at(cookie).is_refused(seen).await);
        let [one] = told.as_slice() else { panic!("{told:?}") };
        one.clone()
    }

    /// The same of one who must not learn of these; neither may what comes along with the page, unseen, tell them.
    async fn kept_from(&self, cookie: &str, seen: &str, secrets: &[&str]) -> String {
        let leads_to = self.at(cookie).clicks(seen).await;
        let whole = get(&self.replica, cookie, &leads_to).await.text().await.expect("text");
        for secret in secrets {
            assert!(!whole.contains(secret), "{secret}: {whole}");
        }
        let told = of_rules(&html::seen(&whole));
        let [one] = told.as_slice() else { panic!("{told:?}") };
        one.clone()
    }
}

/// The rule with secrets in it.
fn secret(rule: &Rule) -> Rule {
    let mut terms = rule.approval.clone().expect("asks");
    terms.exclude_subjects = vec![SubjectId::from("mallory")];
    Rule {
        roles: vec!["treasury".to_owned()],
        when: Some("context.vaultroom == 1".to_owned()),
        approval: Some(terms),
        ..rule.clone()
    }
}

pub(crate) async fn who_may_not_read_rules_learns_no_more_of_one_that_changed(backend: Backend) {
    let desk = Desk::new(backend).await;
    let first = desk.seen().await;
    let StoredRule { id, rule: original, .. } = stored(&desk.world, NAME).await;

    // Who, under which condition, and who is excluded.
    let hidden = secret(&original);
    put(&desk.world, &hidden).await;
    for cookie in &desk.approvers {
        let told = desk.kept_from(cookie, &first, &SECRETS).await;
        assert_eq!(told, format!("{NAME} {AS_IT_DID}"));
    }
    for cookie in [&desk.bound, &desk.owner] {
        let told = desk.told(cookie, &first).await;
        assert!(SECRETS.iter().all(|secret| told.contains(secret)), "{told}");
    }

    // What it asks for.
    let second = desk.seen().await;
    let mut terms = hidden.approval.clone().expect("asks");
    terms.quorum = 2;
    let two = Rule { approval: Some(terms), ..hidden.clone() };
    put(&desk.world, &two).await;
    for cookie in &desk.approvers {
        let told = desk.kept_from(cookie, &second, &SECRETS).await;
        assert_eq!(told, format!("{NAME} When you looked {ONE} Now {TWO}"));
    }

    // What was seen by no page is nothing, and tells nothing.
    for rules in ["", ".999", ".9223372036854775807"] {
        let (tool, arguments) = ("a".repeat(64), "b".repeat(64));
        let forged = format!("/approvals/{}?changed=v2.{tool}.{arguments}{rules}", desk.request);
        for cookie in &desk.approvers {
            let told = of_rules(&look(&desk.replica, cookie, &forged).await);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].starts_with("How it was when you looked is not to be found"), "{told:?}");
        }
    }
    // Whom nobody asks is told nothing, whatever comes with it.
    let other = cookie(&desk.world, 9, AccountRole::Approver, Some("bob")).await;
    let there = format!("/approvals/{}?changed={second}", desk.request);
    assert_eq!(get(&desk.replica, &other, &there).await.status(), 404);

    // Disabled or deleted is one to them, as it is elsewhere on the page.
    let third = desk.seen().await;
    put(&desk.world, &Rule { status: RuleStatus::Disabled, ..two.clone() }).await;
    let no_more = format!("{NAME} It is enforced no more. {STILL} When you looked {TWO}");
    for cookie in &desk.approvers {
        assert_eq!(desk.kept_from(cookie, &third, &SECRETS).await, no_more);
    }
    let told = desk.told(&desk.bound, &third).await;
    assert!(told.contains("It is disabled."), "{told}");
    let fourth = desk.seen().await;
    put(&desk.world, &two).await;
    for cookie in &desk.approvers {
        let told = desk.kept_from(cookie, &fourth, &SECRETS).await;
        let again = "It was not enforced when you looked, and is again.";
        assert_eq!(told, format!("{NAME} {again} Now {TWO}"));
    }
    let fifth = desk.seen().await;
    delete(&desk.world, &id).await;
    for cookie in &desk.approvers {
        assert_eq!(desk.kept_from(cookie, &fifth, &SECRETS).await, no_more);
    }
    for cookie in [&desk.bound, &desk.owner] {
        let told = desk.told(cookie, &fifth).await;
        assert!(told.contains("It was deleted.") && told.contains("vaultroom"), "{told}");
    }
    desk.replica.stop().await;
}

pub(crate) async fn a_rule_that_became_another_tenants_is_shown_to_neither(backend: Backend) {
    let desk = Desk::new(backend).await;
    let StoredRule { id, rule: original, .. } = stored(&desk.world, NAME).await;
    let move_to = async |tenant: Option<&str>, rule: &Rule| {
        let rule = Rule { tenant: tenant.map(TenantSlug::from), ..rule.clone() };
        let mut writer = desk.world.store.write(operator()).await.expect("a unit of work");
        writer.change_rule(&id, None, &rule).await.expect("is changed");
        writer.commit().await.expect("commits");
    };
    let first = desk.seen().await;
    move_to(Some("globex"), &secret(&original)).await;
    for cookie in desk.approvers.iter().chain([&desk.bound]) {
        let told = desk.kept_from(cookie, &first, &SECRETS).await;
        assert_eq!(told, format!("{NAME} It is enforced no more. {STILL} When you looked {ONE}"));
    }
    let told = desk.told(&desk.owner, &first).await;
    assert!(told.contains("Tenant acme globex") && told.contains("vaultroom"), "{told}");
    assert!(told.contains(&format!("It is another tenant's now. {STILL}")), "{told}");

    // A rule of every tenant is read by whoever reads rules.
    let second = desk.seen().await;
    move_to(None, &secret(&original)).await;
    for cookie in desk.approvers.iter().chain([&desk.bound]) {
        let told = desk.kept_from(cookie, &second, &SECRETS).await;
        let again = "It was not enforced when you looked, and is again.";
        assert_eq!(told, format!("{NAME} {again} Now {ONE}"), "it was globex's");
    }
    let third = desk.seen().await;
    move_to(None, &original).await;
    let told = desk.told(&desk.bound, &third).await;
    assert!(SECRETS.iter().all(|secret| told.contains(secret)), "{told}");
    desk.replica.stop().await;
}
