//! Who is shown what of it: accounts of some tenants their own, accounts without the permission nothing.

use crate::access::lab::Lab;
use crate::reach::house::{MARKER, of};
use policy::Reach;
use store::accounts::AccountRole;
use tests::Backend;

const PAGES: &[&str] = &[
    "/access",
    "/access?tenant=lab",
    "/access?tenant=lab&tool=desk%2Fshow",
    "/access?tenant=lab&subject=l-two",
    "/access/export.csv",
    "/access/export.csv?tenant=lab",
    "/access/export.csv?tenant=lab&tool=desk%2Fshow",
    "/access/export.csv?tenant=lab&subject=l-two",
];

const READERS: [AccountRole; 3] = [AccountRole::Owner, AccountRole::PolicyAuthor, AccountRole::Auditor];

pub(crate) async fn whoever_is_of_a_tenant_is_shown_its_own(backend: Backend) {
    let lab = Lab::open(backend).await;
    for role in READERS {
        let everywhere = lab.house.browser(role, Reach::Everything).await;
        let within = lab.house.browser(role, of(&["lab"])).await;
        let elsewhere = lab.house.browser(role, of(&["acme"])).await;
        let nowhere = lab.house.browser(role, of(&["globex"])).await;
        for path in PAGES {
            let answer = lab.house.get(&within, path).await;
            assert_eq!(answer.status, 200, "{role} {path}");
            assert!(answer.text.contains("desk/show"), "{role} {path}: {}", answer.text);
            for foreign in ["crm/", "nest/look", "acme", MARKER] {
                assert!(!answer.text.contains(foreign), "{role} {path} tells of {foreign}: {}", answer.text);
            }
            // Whoever asks for another tenant is answered from their own.
            let answer = lab.house.get(&elsewhere, path).await;
            assert_eq!(answer.status, 200, "{role} {path}");
            for foreign in ["desk/refund", "shut/show", "l-ann", "Laboratory", MARKER] {
                assert!(!answer.text.contains(foreign), "{role} {path} tells of {foreign}");
            }
            let answer = lab.house.get(&nowhere, path).await;
            assert_eq!(answer.status, 200, "{role} {path}");
            assert!(!answer.text.contains("l-ann"), "{role} {path}");
            if path.contains("tenant=lab") {
                let seen = lab.house.get(&everywhere, path).await;
                assert_eq!(seen.status, 200, "{role} {path}");
                if path.contains("export") {
                    assert_eq!(lab.house.get(&within, path).await.text, seen.text, "{role} {path}");
                }
            }
        }
        // Who is a member of both tenants is told of in each by what that tenant lets her do.
        let of_acme = lab.house.get(&elsewhere, "/access/export.csv?tenant=acme&subject=l-two").await.text;
        assert!(of_acme.contains("\"l-two\",\"crm/refund\",\"conditions\""), "{of_acme}");
        let of_lab = lab.house.get(&within, "/access/export.csv?tenant=lab&subject=l-two").await.text;
        assert!(of_lab.contains("\"l-two\",\"desk/refund\",\"conditions\""), "{of_lab}");
    }
    lab.stop().await;
}

pub(crate) async fn whoever_may_not_is_shown_nothing(backend: Backend) {
    let lab = Lab::open(backend).await;
    for reach in [Reach::Everything, of(&["lab"])] {
        let approver = lab.house.browser(AccountRole::Approver, reach.clone()).await;
        for path in PAGES {
            let answer = lab.house.get(&approver, path).await;
            assert_eq!(answer.status, 403, "{reach} {path}");
            assert!(answer.text.contains("policy author or auditor"), "{reach} {path}: {}", answer.text);
            assert!(!answer.text.contains("desk/") && !answer.text.contains("l-ann"), "{reach} {path}");
        }
    }
    for path in PAGES {
        let answer = lab.house.get("", path).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text);
        assert!(answer.location.starts_with("/sign-in"), "{path}: {}", answer.location);
    }
    lab.stop().await;
}
