//! Every server function, page and form, by accounts of every role that count in one tenant.

use crate::reach::house::{House, of};
use policy::Reach;
use reqwest::Method;
use server::console::{functions, pages};
use store::accounts::AccountRole;
use tests::Backend;

/// The functions that are narrowed to the caller's tenants. Every other one refuses whoever is of some.
pub(crate) const NARROWED: &[&str] = &[
    "account",
    "approval",
    "approvals",
    "approvals-changed",
    "api-key-revoke",
    "break-glass-end",
    "decisions",
    "decisions-newer",
    "emergency-lift",
    "emergency-stop",
    "end-other-sessions",
    "end-session",
    "frame",
    "identity-remove",
    "membership-remove",
    "membership-save",
    "overview",
    "request-cancel",
    "resource-create",
    "resource-delete",
    "resource-save",
    "role-create",
    "role-delete",
    "role-describe",
    "rule",
    "rule-check",
    "rule-compare",
    "rule-delete",
    "rule-save",
    "rule-save-yaml",
    "rule-status",
    "rule-tool",
    "rule-try",
    "search",
    "subject-create",
    "subject-delete",
    "subject-disable",
    "subject-enable",
    "subject-save",
    "subject-sign-out",
    "substitute-end",
    "task-set",
    "substitute-put",
];

/// The same of pages.
pub(crate) const NARROWED_PAGES: &[&str] = &[
    "/",
    "/access",
    "/account",
    "/approvals",
    "/approvals/{id}",
    "/changes",
    "/changes/{id}",
    "/decisions",
    "/decisions/{id}",
    "/emergency",
    "/requests/{id}",
    "/resources",
    "/resources/{id}",
    "/roles",
    "/roles/{id}",
    "/rules",
    "/rules/new",
    "/rules/rates",
    "/rules/{id}",
    "/rules/{id}/history",
    "/search",
    "/subjects",
    "/subjects/{id}",
    "/tasks",
    "/tasks/{id}",
    "/try",
];

/// Forms and files that have an address of their own, of what is of no tenant.
const PLAIN: &[(&str, &str)] = &[
    ("POST", "/accounts/invite"),
    ("POST", "/accounts/reset"),
    ("POST", "/keys/enforcement"),
    ("POST", "/keys/enforcement/rotate"),
    ("POST", "/keys/administrator"),
    ("POST", "/emergency/confirm"),
    ("POST", "/webhooks/create"),
    ("POST", "/webhooks/rotate"),
    ("POST", "/resources/upload"),
    ("GET", "/evidence/checkpoints.jsonl"),
];

/// A value for every parameter that some function cannot do without.
pub(crate) const PARAMETERS: &str = "id=nothing&than=nothing&slug=crm&server=crm&tool=refund&subject=alice\
    &tenant=acme&seen=1&status=disabled&name=x&query[id]=nothing&query[slug]=crm&issuer=x&kind=user";

pub(crate) fn endpoint(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

pub(crate) fn concrete(path: &str, id: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}

pub(crate) async fn what_is_not_narrowed_refuses_whoever_is_of_some_tenants(backend: Backend) {
    let house = House::open(backend).await;
    let all = functions();
    for name in NARROWED {
        assert!(all.iter().any(|(path, _)| endpoint(path) == *name), "there is no function `{name}`");
    }
    for role in AccountRole::ALL {
        let cookie = house.browser(*role, of(&["acme"])).await;
        let before = house.last_change().await;
        let (mut refused, mut unread) = (0_usize, Vec::new());
        for (path, method) in all.iter().filter(|(path, _)| !NARROWED.contains(&endpoint(path))) {
            let answer = if *method == Method::GET {
                house.get(&cookie, &format!("{path}?{PARAMETERS}")).await
            } else {
                let fields: Vec<(&str, &str)> =
                    PARAMETERS.split('&').filter_map(|pair| pair.split_once('=')).collect();
                house.call(&cookie, path, &fields).await
            };
            match answer.status {
                403 => refused += 1,
                // It was not understood, so nobody was asked who it is.
                400 => unread.push(*path),
                _ => panic!("{role}: {path} answers {answer:?}"),
            }
        }
        assert!(refused > unread.len(), "{role}: hardly any was asked: {unread:?}");
        for (method, path) in PLAIN {
            let answer = match *method {
                "GET" => house.get(&cookie, path).await,
                _ => house.call(&cookie, path, &[("id", "x")]).await,
            };
            assert_eq!(answer.status, 403, "{role}: {path} {}", answer.text);
        }
        for path in pages() {
            let answer = house.get(&cookie, &concrete(path, "nothing")).await;
            if NARROWED_PAGES.contains(&path) {
                // An approver's start page leads on.
                assert!(matches!(answer.status, 200 | 302 | 403 | 404), "{role}: {path} {}", answer.status);
            } else {
                assert_eq!(answer.status, 403, "{role}: {path}");
            }
        }
        assert_eq!(house.last_change().await, before, "{role}: nothing was changed");
    }
    // They are refused for their reach, and not for anything else.
    let owner = house.browser(AccountRole::Owner, Reach::Everything).await;
    for path in ["/settings/accounts", "/_fn/servers", "/settings/tenants", "/servers", "/evidence"] {
        assert_eq!(house.get(&owner, path).await.status, 200, "{path}");
    }
    house.stop().await;
}
