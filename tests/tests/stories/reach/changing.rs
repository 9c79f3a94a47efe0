//! What an owner of one tenant changes there, and that the same changes nothing elsewhere.

use crate::reach::house::{House, key_of, of};
use policy::{SubjectId, TenantSlug};
use store::accounts::AccountRole;
use tests::Backend;

const INTERNAL: (&str, &str) = ("sensitivity", "internal");
const WHY: (&str, &str) = ("reason", "mine");

pub(crate) async fn nothing_of_another_tenant_is_changed(backend: Backend) {
    let house = House::open(backend).await;
    let (rule, role) = (house.theirs.rule.clone(), house.theirs.role.clone());
    let task = house.theirs.task.clone();
    let (stop, grant) = (house.theirs.stop.clone(), house.theirs.grant.clone());
    let (resource, ours) = (house.theirs.resource.clone(), key_of("customer", "ours-1"));
    let theirs = "name: mine\ntenant: nimbus\neffect: allow\ntools: [crm/refund]\n";
    let everybodys = "name: mine\neffect: allow\ntools: [crm/refund]\n";
    let own = "name: mine\ntenant: acme\neffect: allow\ntools: [crm/refund]\n";
    let forms: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("membership-save", vec![("subject", "zed"), ("tenant", "nimbus")]),
        ("membership-save", vec![("subject", "both"), ("tenant", "nimbus")]),
        // Nobody draws somebody else's subject into their own tenant.
        ("membership-save", vec![("subject", "zed"), ("tenant", "acme")]),
        ("membership-save", vec![("subject", "alice"), ("tenant", "nimbus")]),
        ("membership-remove", vec![("subject", "both"), ("tenant", "nimbus")]),
        ("membership-remove", vec![("subject", "zed"), ("tenant", "nimbus")]),
        // `both` is acme's as well, and not acme's alone.
        ("subject-disable", vec![("id", "zed")]),
        ("subject-disable", vec![("id", "both")]),
        ("subject-delete", vec![("id", "both")]),
        ("subject-save", vec![("id", "both"), ("name", "Mine")]),
        ("subject-sign-out", vec![("id", "both")]),
        ("api-key-revoke", vec![("subject", "zed"), ("name", "laptop")]),
        ("subject-create", vec![("id", "eve"), ("kind", "user"), ("tenant", "nimbus")]),
        ("subject-create", vec![("id", "eve"), ("kind", "user"), ("tenant", "")]),
        ("role-create", vec![("name", "mine"), ("tenant", "nimbus")]),
        ("role-create", vec![("name", "mine"), ("tenant", "")]),
        ("role-describe", vec![("id", role.as_str()), ("description", "mine")]),
        ("role-delete", vec![("id", role.as_str())]),
        ("rule-status", vec![("id", rule.as_str()), ("seen", "1"), ("status", "disabled")]),
        ("rule-delete", vec![("id", rule.as_str()), ("seen", "1")]),
        ("rule-save-yaml", vec![("text", theirs), ("status", "enforced")]),
        ("rule-save-yaml", vec![("text", everybodys), ("status", "enforced")]),
        // Theirs is not made one's own either.
        ("rule-save-yaml", vec![("id", rule.as_str()), ("seen", "1"), ("text", own), ("status", "enforced")]),
        ("task-set", vec![("id", task.as_str()), ("state", "completed")]),
        ("task-set", vec![("id", task.as_str()), ("state", "revoked")]),
        ("tenant-create", vec![("slug", "mine"), ("name", "Mine")]),
        ("resource-create", vec![("kind", "customer"), ("id", "new-1"), ("tenant", "nimbus"), INTERNAL]),
        ("resource-create", vec![("kind", "customer"), ("id", "new-1"), ("tenant", ""), INTERNAL]),
        ("resource-create", vec![("kind", "customer"), ("id", "theirs-1"), ("tenant", "acme"), INTERNAL]),
        ("resource-save", vec![("key", resource.as_str()), ("tenant", "acme"), INTERNAL]),
        ("resource-save", vec![("key", resource.as_str()), ("tenant", "nimbus"), INTERNAL]),
        ("resource-save", vec![("key", ours.as_str()), ("tenant", "nimbus"), INTERNAL]),
        ("resource-delete", vec![("key", resource.as_str())]),
        ("emergency-stop", vec![("scope", "everything"), ("typed", "everything"), WHY]),
        ("emergency-stop", vec![("scope", "tenant"), ("tenant", "nimbus"), WHY]),
        ("emergency-stop", vec![("scope", "tenant"), ("tenant", ""), WHY]),
        ("emergency-stop", vec![("scope", "subject"), ("target", "zed"), ("tenant", "nimbus"), WHY]),
        ("emergency-stop", vec![("scope", "subject"), ("target", "zed"), ("tenant", "acme"), WHY]),
        ("emergency-stop", vec![("scope", "subject"), ("target", "both"), ("tenant", "nimbus"), WHY]),
        // Of their own as well: in every tenant, a subject is more than theirs, and so are servers and tools.
        ("emergency-stop", vec![("scope", "subject"), ("target", "alice"), WHY]),
        ("emergency-stop", vec![("scope", "agent"), ("target", "refund-bot"), ("tenant", "nimbus"), WHY]),
        ("emergency-stop", vec![("scope", "server"), ("target", "crm"), ("tenant", "acme"), WHY]),
        ("emergency-stop", vec![("scope", "tool"), ("target", "crm/refund"), WHY]),
        ("emergency-stop", vec![("scope", "tool"), ("target", "nest/look"), ("tenant", "acme"), WHY]),
        ("emergency-lift", vec![("id", stop.as_str())]),
        ("break-glass-end", vec![("id", grant.as_str())]),
        (
            "break-glass-ask",
            vec![("tenant", "acme"), ("subject", "alice"), ("tools", "crm/refund"), ("minutes", "5"), WHY],
        ),
    ];
    for by in [AccountRole::Owner, AccountRole::PolicyAuthor] {
        let (account, cookie) = house.account(by, of(&["acme"])).await;
        let before = house.last_change().await;
        for (name, fields) in &forms {
            let answer = house.post(&cookie, &format!("/_fn/{name}"), fields).await;
            assert!(!answer.location.contains("done="), "{by}: {name} {fields:?} {answer:?}");
            assert_eq!(house.last_change().await, before, "{by}: {name} {fields:?} changed something");
        }
        for subject in ["zed", "both"] {
            let key = [("subject", subject), ("name", "mine"), ("expires", "")];
            assert_ne!(house.post(&cookie, "/keys/api", &key).await.status, 200, "{subject}");
        }
        // Nor does anybody raise themselves.
        let raise = [("id", account.as_str()), ("role", "owner"), ("reach", "everything"), ("tenants", "")];
        assert_eq!(house.call(&cookie, "/_fn/account-save", &raise).await.status, 403);
        assert_eq!(house.last_change().await, before, "{by}");
    }
    house.stop().await;
}

pub(crate) async fn an_owner_of_a_tenant_works_in_it(backend: Backend) {
    let house = House::open(backend).await;
    let cookie = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let rule = "name: mine\ntenant: acme\neffect: allow\nroles: [mine]\ntools: [crm/refund]\n";
    let new = key_of("customer", "new-1");
    let forms: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("role-create", vec![("name", "mine"), ("tenant", "acme")]),
        ("subject-create", vec![("id", "eve"), ("kind", "user"), ("tenant", "acme")]),
        ("membership-save", vec![("subject", "eve"), ("tenant", "acme"), ("roles[]", "mine")]),
        ("subject-save", vec![("id", "eve"), ("name", "Eve")]),
        ("rule-save-yaml", vec![("text", rule), ("status", "enforced")]),
        ("membership-remove", vec![("subject", "both"), ("tenant", "acme")]),
        ("resource-create", vec![("kind", "customer"), ("id", "new-1"), ("tenant", "acme"), INTERNAL]),
        ("resource-save", vec![("key", new.as_str()), ("tenant", "acme"), ("sensitivity", "public")]),
        ("resource-delete", vec![("key", new.as_str())]),
    ];
    for (name, fields) in forms {
        let before = house.last_change().await;
        let answer = house.post(&cookie, &format!("/_fn/{name}"), &fields).await;
        assert!(matches!(answer.status, 302 | 303), "{name} {answer:?}");
        assert_ne!(house.last_change().await, before, "{name} {answer:?}");
    }
    let (eve, acme) = (SubjectId::from("eve"), TenantSlug::from("acme"));
    let held = house.world.store.get_membership(&eve, &acme).await.expect("reads").expect("a member");
    assert_eq!(held.roles, ["mine"]);
    let page = house.get(&cookie, "/subjects/eve").await;
    assert!(page.status == 200 && page.text.contains("Eve"), "{}", page.status);
    // Of nobody who is a member elsewhere alone is anything left to see.
    assert_eq!(house.get(&cookie, "/subjects/both").await.status, 404);
    let other = house.browser(AccountRole::Owner, of(&["nimbus"])).await;
    assert_eq!(house.get(&other, "/subjects/both").await.status, 200);
    assert_eq!(house.get(&other, "/subjects/eve").await.status, 404);
    house.stop().await;
}
