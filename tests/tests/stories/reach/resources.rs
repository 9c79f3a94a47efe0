//! Resources of some tenants: listed, found and changed there, and nowhere else.

use crate::reach::house::{House, key_of, of};
use policy::{Reach, TenantSlug};
use std::collections::BTreeSet;
use store::accounts::AccountRole;
use store::administration::{FileFormat, Page, Resource, ResourceFilter, ResourceImport};
use tests::Backend;
use tests::world::operator;

const INTERNAL: (&str, &str) = ("sensitivity", "internal");

pub(crate) async fn resources_are_those_of_the_own_tenants(backend: Backend) {
    let house = House::open(backend).await;
    let acme = house.browser(AccountRole::PolicyAuthor, of(&["acme"])).await;
    for (query, ours) in [
        ("", true),
        ("?q=ours", true),
        ("?tenant=acme", true),
        ("?type=customer", true),
        ("?q=theirs", false),
        ("?tenant=nimbus", false),
        ("?type=falcon", false),
    ] {
        let page = house.get(&acme, &format!("/resources{query}")).await;
        assert_eq!((page.status, page.text.contains(">ours-1<")), (200, ours), "{query}: {}", page.text);
        // Nor are they among the types that can be chosen.
        let told = page.text.contains(">theirs-") || page.text.contains("<option value=\"falcon\"");
        assert!(!told, "{query}: {}", page.text);
    }
    let page = house.get(&acme, &format!("/resources/{}?ask=edit", key_of("customer", "ours-1"))).await;
    assert!(page.status == 200 && !page.text.contains("value=\"nimbus\""), "{}", page.text);
    // Files are for those who reach everything.
    for (query, offered) in [("", "ask=import"), ("?ask=import", "import-file")] {
        let page = house.get(&acme, &format!("/resources{query}")).await;
        assert!(!page.text.contains(offered), "{query}: {}", page.text);
        assert!(page.text.contains("whose role counts everywhere"), "{query}: {}", page.text);
    }
    house.stop().await;
}

pub(crate) async fn what_is_beside_resources_is_told_as_far_as_the_reach_goes(backend: Backend) {
    let house = House::open(backend).await;
    let mut writer = house.world.store.write(operator()).await.expect("a unit of work");
    let import = ResourceImport::new("0".repeat(64), 1, FileFormat::Csv, None);
    writer.put_import(&import, 1).await.expect("is written");
    writer.commit().await.expect("commits");
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let nimbus = house.browser(AccountRole::Owner, of(&["nimbus"])).await;
    let everywhere = house.browser(AccountRole::Owner, Reach::Everything).await;
    let (ours, theirs) = (key_of("customer", "ours-1"), house.theirs.resource.clone());
    // The tools that name it are those of servers that the reader's tenants may use; a file may hold anybody's.
    for (cookie, path, text, told) in [
        (&acme, format!("/resources/{ours}"), "nest/look", false),
        (&nimbus, format!("/resources/{theirs}"), "nest/look", true),
        (&everywhere, format!("/resources/{ours}"), "nest/look", true),
        (&acme, "/resources".to_owned(), import.id.as_str(), false),
        (&nimbus, "/resources".to_owned(), import.id.as_str(), false),
        (&everywhere, "/resources".to_owned(), import.id.as_str(), true),
    ] {
        let page = house.get(cookie, &path).await;
        assert_eq!((page.status, page.text.contains(text)), (200, told), "{path}: {}", page.text);
    }
    house.stop().await;
}

pub(crate) async fn resources_are_found_in_any_of_some_tenants(backend: Backend) {
    let house = House::open(backend).await;
    let store = &house.world.store;
    for (slugs, objects, types) in [
        (&["acme"][..], &["customer:ours-1"][..], &["customer"][..]),
        (&["nimbus"], &["customer:theirs-1", "falcon:theirs-2"], &["customer", "falcon"]),
        (
            &["acme", "nimbus"],
            &["customer:ours-1", "customer:theirs-1", "falcon:theirs-2"],
            &["customer", "falcon"],
        ),
        (&["globex"], &[], &[]),
        // Of none of them there is nothing.
        (&[], &[], &[]),
    ] {
        let some: BTreeSet<TenantSlug> = slugs.iter().map(|slug| TenantSlug::from(*slug)).collect();
        let filter = ResourceFilter { tenants: Some(&some), ..ResourceFilter::default() };
        let listed = |found: Vec<Resource>| found.iter().map(Resource::object).collect::<Vec<_>>();
        let found = store.list_resources(filter, &Page::ALL).await.expect("lists");
        assert_eq!(listed(found), objects, "{slugs:?}");
        let search = Page { search: Some("theirs"), ..Page::ALL };
        let found = store.list_resources(filter, &search).await.expect("lists");
        let expected: Vec<&str> =
            objects.iter().copied().filter(|object| object.contains("theirs")).collect();
        assert_eq!(listed(found), expected, "{slugs:?}");
        assert_eq!(store.list_resource_types(filter).await.expect("lists"), types, "{slugs:?}");
        let counted = store.count_resources(filter, 100).await.expect("counts");
        assert_eq!(usize::try_from(counted).expect("a count"), objects.len(), "{slugs:?}");
    }
    house.stop().await;
}

pub(crate) async fn an_id_that_is_taken_tells_not_by_whom(backend: Backend) {
    let house = House::open(backend).await;
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let everywhere = house.browser(AccountRole::Owner, Reach::Everything).await;
    let resource = |id: &'static str| vec![("kind", "customer"), ("id", id), ("tenant", "acme"), INTERNAL];
    let subject = |id: &'static str| vec![("id", id), ("kind", "user"), ("tenant", "acme")];
    for (path, fields, usual) in [
        ("/_fn/resource-create", resource("theirs-1"), "This is taken."),
        ("/_fn/resource-create", resource("ours-1"), "This is taken."),
        ("/_fn/subject-create", subject("zed"), "This is taken."),
        ("/_fn/subject-create", subject("alice"), "This is taken."),
        ("/_fn/subject-create", subject("new"), "This word is reserved."),
    ] {
        for (cookie, words) in [(&acme, "This cannot be used."), (&everywhere, usual)] {
            let before = house.last_change().await;
            let answer = house.post(cookie, path, &fields).await;
            assert!(answer.location.contains("draft="), "{path} {fields:?} {answer:?}");
            let page = house.get(cookie, &answer.location).await;
            assert!(page.text.contains(words), "{path} {fields:?} {}", page.text);
            assert_eq!(house.last_change().await, before);
        }
    }
    house.stop().await;
}

pub(crate) async fn an_owner_of_both_tenants_moves_a_resource(backend: Backend) {
    let house = House::open(backend).await;
    let key = key_of("customer", "ours-1");
    let tenant = async || {
        let found = house.world.store.get_resource("customer", "ours-1").await.expect("reads");
        found.expect("is there").tenant.to_string()
    };
    let fields = [("key", key.as_str()), ("tenant", "nimbus"), INTERNAL];
    for (role, reach, moved_to) in [
        (AccountRole::Owner, of(&["acme"]), "acme"),
        (AccountRole::Owner, of(&["nimbus"]), "acme"),
        (AccountRole::PolicyAuthor, of(&["acme", "nimbus"]), "acme"),
        (AccountRole::Owner, of(&["acme", "nimbus"]), "nimbus"),
    ] {
        let cookie = house.browser(role, reach.clone()).await;
        let answer = house.post(&cookie, "/_fn/resource-save", &fields).await;
        assert_eq!(tenant().await, moved_to, "{role} of {reach} {answer:?}");
    }
    house.stop().await;
}
