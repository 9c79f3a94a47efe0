//! A click that comes too late: the tool is another one than the page was drawn for, and the page says how.

use crate::inbox::clicking::{Frank, has_none, words};
use crate::inbox::helpers::{cookie, demo_with_frank, filed, look, page, refund};
use crate::inbox::html::{card, text};
use pdp::catalog::definition_hash;
use policy::{ReviewState, Risk, ServerSlug};
use serde_json::{Value, json};
use store::accounts::AccountRole;
use store::administration::Tool;
use tests::world::operator;
use tests::{Backend, World};

const HEADING: &str = "What changed in the tool";

/// What a server would have its reviewers, and whoever approves a call, not see.
const HOSTILE: &str = "Pay money back to <img src=x onerror=alert(1)>\u{202E} anybody.";

pub(crate) async fn tool(world: &World) -> Tool {
    let slug = ServerSlug::from("crm");
    world.store.get_tool(&slug, "refund").await.expect("reads").expect("is there")
}

/// Makes the tool be so, as a discovery, a review or a bundle does.
pub(crate) async fn put(world: &World, tool: &Tool) {
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_tool(tool).await.expect("is put");
    writer.commit().await.expect("commits");
}

async fn delete(world: &World) {
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let slug = ServerSlug::from("crm");
    assert!(writer.delete_tool(&slug, "refund").await.expect("is deleted"));
    writer.commit().await.expect("commits");
}

/// As its server offers it from now on.
fn offered(tool: &Tool) -> Tool {
    let mut offered = tool.definition.clone().expect("a definition");
    offered["description"] = json!(HOSTILE);
    offered["inputSchema"]["properties"]["account"] = json!({"type": "string", "description": "\u{200B}"});
    offered["annotations"] = json!({"destructiveHint": true});
    Tool {
        review: ReviewState::Changed,
        offered_hash: Some(definition_hash(&offered)),
        offered: Some(offered),
        ..tool.clone()
    }
}

/// As somebody reviewed it then.
fn reviewed(tool: &Tool) -> Tool {
    Tool {
        review: ReviewState::Reviewed,
        definition: tool.offered.clone(),
        definition_hash: tool.offered_hash.clone(),
        risk: Risk::Critical,
        ..tool.clone()
    }
}

/// The page by which a click is refused since the tool is another one, and no rule.
async fn is_refused(frank: &Frank<'_>, seen: &str) -> String {
    let page = frank.is_refused(seen).await;
    assert!(page.contains("The tool changed: see"), "{page}");
    assert!(!page.contains("A rule that asks was changed"), "{page}");
    page
}

/// What the server's own text did to the page: nothing, and it can be seen.
fn is_inert(page: &str) {
    assert!(!page.contains("<img") && !page.contains('\u{202E}') && !page.contains('\u{200B}'), "{page}");
    assert!(page.contains("&lt;img") && page.contains("U+202E"), "{page}");
}

pub(crate) async fn a_tool_that_changed_is_shown_beside_what_it_was(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let cookie = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let request = filed(&world, &replica).await;
    let frank = Frank { world: &world, replica: &replica, cookie: &cookie, request: &request };
    let before = page(&replica, &cookie, &request).await;
    has_none(&before, &[HEADING]);
    let first = frank.seen().await;
    let original = tool(&world).await;

    // Its server offers another form, which nobody reviewed yet.
    put(&world, &offered(&original)).await;
    let told = is_refused(&frank, &first).await;
    is_inert(&told);
    assert!(words(&told, HEADING).starts_with("Review changed was reviewed"), "{told}");
    let description = "Description, as its server offers it";
    let described = card(&told, description).expect("a card");
    assert!(described.contains("<del>") && described.contains("<ins>"), "{described}");
    let described = text(described);
    assert!(described.contains("When you looked Pay money back to a customer."), "{described}");
    assert!(described.contains("<img src=x onerror=alert(1)>"), "{described}");
    assert!(described.contains("1 hidden character"), "{described}");
    let schema = words(&told, "Input schema, as its server offers it");
    assert!(schema.contains("account") && schema.contains("U+200B"), "{schema}");
    let rest = words(&told, "Everything else in the definition, as its server offers it");
    assert!(rest.contains("destructiveHint"), "{rest}");
    has_none(&told, &["Description", "Description, as it was reviewed"]);

    // Somebody reviews it so, and gives it another risk.
    let second = frank.seen().await;
    put(&world, &reviewed(&tool(&world).await)).await;
    let told = is_refused(&frank, &second).await;
    is_inert(&told);
    let labels = words(&told, HEADING);
    assert!(labels.starts_with("Review reviewed was changed Risk critical was high"), "{labels}");
    assert!(words(&told, "Description, as it was reviewed").contains("<img src=x"), "{told}");
    has_none(&told, &["Description", description]);

    // Held against an older page, it is one definition that became another.
    let told = is_refused(&frank, &first).await;
    let labels = words(&told, HEADING);
    assert!(labels.starts_with("Risk critical was high"), "{labels}");
    assert!(words(&told, "Description").contains("Pay money back to a customer."), "{told}");
    has_none(&told, &[description, "Description, as it was reviewed"]);

    // A label alone.
    let third = frank.seen().await;
    let named = Tool { risk: Risk::Medium, ..tool(&world).await };
    put(&world, &named).await;
    let told = words(&is_refused(&frank, &third).await, HEADING);
    assert!(told.starts_with("Risk medium was critical"), "{told}");

    // What nobody wrote down is not made up.
    let fourth = frank.seen().await;
    world.database.by_hand("UPDATE tools SET risk = 'low' WHERE name = 'refund'").await;
    let told = is_refused(&frank, &fourth).await;
    is_inert(&told);
    assert!(
        words(&told, HEADING).starts_with("How it was when you looked is not to be found any more."),
        "{told}"
    );
    has_none(&told, &["Description", description, "Description, as it was reviewed"]);

    delete(&world).await;
    let told = words(&is_refused(&frank, &fourth).await, HEADING);
    assert!(told.starts_with("It is in the catalog no more"), "{told}");

    // Where it is again as it was seen, the page says that, and the click counts.
    let changed = format!("/approvals/{request}?changed={first}");
    put(&world, &original).await;
    let told = look(&replica, &cookie, &changed).await;
    assert!(told.contains("It is again as you saw it. Decide once more."), "{told}");
    has_none(&told, &[HEADING]);
    assert_eq!(frank.clicks(&first).await, "/approvals?done=request-approved");
    let called = world.crm(&replica).call(world.secret("CAROL_KEY"), "refund", refund("c-42")).await;
    assert!(called.allowed(), "{}", called.body);
    replica.stop().await;
}

/// A page that is open for long: the tool was changed again and again since.
pub(crate) async fn what_a_tool_was_is_found_many_changes_back(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let cookie = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let request = filed(&world, &replica).await;
    let frank = Frank { world: &world, replica: &replica, cookie: &cookie, request: &request };
    let first = frank.seen().await;
    let original = tool(&world).await;
    for round in 0..25 {
        let mut definition: Value = original.definition.clone().expect("a definition");
        definition["description"] = json!(format!("Pay back, form {round}."));
        let hash = definition_hash(&definition);
        put(&world, &Tool { definition: Some(definition), definition_hash: Some(hash), ..original.clone() })
            .await;
    }
    let told = words(&is_refused(&frank, &first).await, "Description");
    assert!(told.contains("Pay money back to a customer.") && told.contains("form 24"), "{told}");
    replica.stop().await;
}
