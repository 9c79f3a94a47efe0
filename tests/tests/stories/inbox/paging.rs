//! The inbox a page at a time, and what was answered.

use crate::inbox::helpers::{cookie, demo_with_frank, refund};
use pdp::approvals::{Approvals, Decider, Vote};
use policy::labels::Verdict;
use policy::{RuleId, SubjectId, TenantSlug};
use serde_json::json;
use server::vault_key::{self, VaultKeys};
use store::accounts::AccountRole;
use store::approvals::{AnswerFilter, Approval, ApprovalFilter};
use tests::Backend;
use tests::world::operator;

const LOOKING: &str = "rules:
  - name: look twice
    tenant: acme
    effect: require_approval
    status: enforced
    tools: [crm/get_customer]
    approval: { approvers: [finance] }
";

pub(crate) async fn an_inbox_is_paged_by_risk_and_age(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(LOOKING).await;
    let replica = world.replica().await;
    let (crm, carol) = (world.crm(&replica), world.secret("CAROL_KEY"));
    let looked = crm.call(carol, "get_customer", json!({ "customer_id": "c-1" })).await;
    assert_eq!(looked.reason(), "approval_required");
    for customer in ["c-2", "c-3"] {
        assert_eq!(crm.call(carol, "refund", refund(customer)).await.reason(), "approval_required");
    }
    let (store, person) = (&world.store, SubjectId::from("frank"));
    let _ = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let account = store.account_by_login("account-1").await.expect("reads").expect("is there").id;
    let keys = VaultKeys::File(world.database.file("vault.key"));
    let vault = vault_key::open_or_create(&keys, store).await.expect("a vault");
    let approvals = Approvals::new(store.clone(), vault);

    let page =
        async |after: Option<&str>| approvals.inbox_page(&account, None, after, 2).await.expect("reads");
    let of = |found: &[Approval]| -> Vec<String> {
        found.iter().map(|approval| approval.arguments.clone()).collect()
    };
    let first = page(None).await;
    let [older, newer] = first.as_slice() else { panic!("two: {first:?}") };
    assert!(older.arguments.contains("c-2") && newer.arguments.contains("c-3"), "{first:?}");
    let rest = of(&page(Some(newer.id.as_str())).await);
    assert!(matches!(rest.as_slice(), [only] if only.contains("c-1")), "{rest:?}");

    // What was answered is no more in the inbox, and the pages go on from its place all the same.
    let shown = approvals.show(&newer.id).await.expect("reads").expect("is there");
    let vote = Vote {
        verdict: Verdict::Deny,
        reason: Some("not twice".to_owned()),
        seen: shown.seen,
        valid_until: None,
        uses: None,
    };
    let by = Decider { account: &account, actor: operator() };
    approvals.vote(&by, &newer.id, &vote).await.expect("counts");
    assert_eq!(of(&page(Some(newer.id.as_str())).await), rest);
    assert_eq!(approvals.inbox_count(&account).await.expect("counts"), 2);
    assert!(page(Some("nothing")).await.is_empty());
    for (tenant, count) in [("acme", 2), ("globex", 0)] {
        let tenant = TenantSlug::from(tenant);
        let found = approvals.inbox_page(&account, Some(&tenant), None, 10).await.expect("reads");
        assert_eq!(found.len(), count, "{tenant}");
    }

    let requests = ApprovalFilter::default();
    let of = AnswerFilter { person: &person, requests, rule: None };
    let answered = store.list_answers(&of, None, 10).await.expect("reads");
    assert!(matches!(answered.as_slice(), [only] if only.id == newer.id), "{answered:?}");
    let rule = newer.requirements.first().expect("asks").rule.clone();
    let filter = requests;
    let of_rule = store.list_approvals_of_rule(&rule, &filter, None, 10).await.expect("reads");
    let ids: Vec<_> = of_rule.iter().map(|approval| &approval.id).collect();
    assert_eq!(ids, [&newer.id, &older.id]);
    // Nothing of an address means anything but itself.
    for odd in ["%", "_", "!", "\"", "\\"] {
        let found = store.list_approvals_of_rule(&RuleId::from(odd), &filter, None, 10).await;
        assert!(found.expect("reads").is_empty(), "{odd}");
    }
    replica.stop().await;
}
