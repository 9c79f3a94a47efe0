//! Resources are listed, moved, exported and applied.

use crate::resources::helpers::{put, resource, world};
use pdp::bundle::{ApplyOptions, Bundle, apply, export};
use policy::TenantSlug;
use store::WriteError;
use store::administration::{Page, Resource, ResourceFilter};
use tests::world::operator;
use tests::{Backend, World};

pub(crate) async fn resources_are_listed_by_type_and_beginning(backend: Backend) {
    let world = World::demo(backend).await;
    let ids = ["a-1", "a-2", "b", "b%", "b_x"];
    let mut resources: Vec<Resource> = ids.iter().map(|id| resource("customer", id, "acme")).collect();
    resources.push(resource("order", "a-1", "globex"));
    put(&world, &resources).await;
    let acme = TenantSlug::from("acme");
    let listed = async |tenant: Option<&TenantSlug>, kind: Option<&str>, page: Page<'_>| -> Vec<String> {
        let filter = ResourceFilter { tenant, kind, ..ResourceFilter::default() };
        let found = world.store.list_resources(filter, &page).await;
        found.expect("lists").iter().map(Resource::object).collect()
    };
    let search = |text: &'static str| Page { search: Some(text), ..Page::ALL };
    assert_eq!(listed(None, None, Page::ALL).await.len(), 6);
    assert_eq!(listed(Some(&acme), None, Page::ALL).await.len(), 5);
    assert_eq!(listed(None, Some("order"), Page::ALL).await, ["order:a-1"]);
    assert_eq!(listed(None, None, search("a-")).await, ["customer:a-1", "customer:a-2", "order:a-1"]);
    assert_eq!(listed(Some(&acme), None, search("a-1")).await, ["customer:a-1"]);
    assert_eq!(listed(None, None, search("b%")).await, ["customer:b%"]);
    assert_eq!(listed(None, None, search("A")).await, Vec::<String>::new());
    let page = Page { after: Some("customer\nb_x"), limit: 1, search: None };
    assert_eq!(listed(None, None, page).await, ["order:a-1"]);
    let all = ResourceFilter::default();
    let of_acme = ResourceFilter { tenant: Some(&acme), ..all };
    assert_eq!(world.store.list_resource_types(all).await.expect("lists"), ["customer", "order"]);
    assert_eq!(world.store.list_resource_types(of_acme).await.expect("lists"), ["customer"]);
    assert_eq!(world.store.count_resources(all, 4).await.expect("counts"), 4);
    assert_eq!(world.store.count_resources(all, 100).await.expect("counts"), 6);
}

pub(crate) async fn another_tenants_resource_is_moved_by_those_who_may(backend: Backend) {
    let world = world(backend).await;
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let moved = resource("customer", "g-1", "acme");
    let refused = writer.put_resource(&moved, false).await;
    assert!(matches!(&refused, Err(WriteError::Taken { .. })), "{refused:?}");
    assert!(!refused.expect_err("refused").to_string().contains("globex"));
    for bad in [
        resource("tool", "x", "acme"),
        resource("customer", "", "acme"),
        resource("customer", "x", "nowhere"),
    ] {
        assert!(writer.put_resource(&bad, true).await.is_err(), "{bad:?}");
    }
    writer.put_resource(&moved, true).await.expect("moves");
    writer.put_resource(&moved, false).await.expect("is so already");
    assert!(writer.delete_resource("customer", "g-1").await.expect("deletes"));
    assert!(!writer.delete_resource("customer", "g-1").await.expect("is gone"));
    let changes = writer.commit().await.expect("commits").changes;
    let told: Vec<_> =
        changes.iter().map(|change| (change.object.as_str(), change.action.as_str())).collect();
    assert_eq!(told, [("customer:g-1", "update"), ("customer:g-1", "delete")]);

    // A bundle of one tenant takes none away from others.
    put(&world, &[resource("customer", "g-1", "globex")]).await;
    let bundle = "only_tenant: acme\nresources: [{ type: customer, id: g-1 }]";
    let bundle = Bundle::parse(bundle).expect("a bundle");
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let applied = apply(&mut writer, &bundle, &|_| None, ApplyOptions::default()).await;
    assert!(applied.is_err());
    writer.rollback().await.expect("rolls back");
}

pub(crate) async fn exported_and_applied_again_nothing_changes(backend: Backend) {
    let world = world(backend).await;
    for only in [None, Some(TenantSlug::from("acme"))] {
        let text = export(&world.store, only.as_ref(), "VERSION").await.expect("is written");
        assert!(text.contains("pointer: /customer_id") && text.contains("id: c-42"), "{text}");
        assert_eq!(text.contains("g-1"), only.is_none());
        let bundle = Bundle::parse(&text).expect("reads");
        for prune in [false, true] {
            let mut writer = world.store.write(operator()).await.expect("a unit of work");
            let options = ApplyOptions { prune, ..ApplyOptions::default() };
            apply(&mut writer, &bundle, &|_| None, options).await.expect("applies");
            assert!(writer.changes().is_empty(), "{:?}", writer.changes());
            writer.rollback().await.expect("rolls back");
        }
    }
    // What a list does not name goes with it, and only then.
    let tenants = "tenants: [{slug: acme}, {slug: globex}]\n";
    for (list, left) in [("", 3), ("resources: [{type: customer, id: c-42}]", 1), ("resources: []", 0)] {
        let bundle = Bundle::parse(&format!("{tenants}{list}")).expect("reads");
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        let options = ApplyOptions { prune: true, ..ApplyOptions::default() };
        apply(&mut writer, &bundle, &|_| None, options).await.expect("applies");
        writer.commit().await.expect("commits");
        let found = world.store.count_resources(ResourceFilter::default(), 100).await.expect("counts");
        assert_eq!(found, left, "{list}");
    }
}
