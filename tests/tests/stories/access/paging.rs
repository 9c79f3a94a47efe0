//! More than a page holds: tools, roles and members go on page by page, and the file has them all.

use crate::access::lab::Lab;
use crate::access::page::{self, Matrix, Row};
use serde_json::{Value, json};
use tests::Backend;

const MANY: usize = 60;
const ROLES: usize = 14;

/// So many names.
fn many(name: &str, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |number| format!("{name}-{number:02}"))
}

fn wide() -> Value {
    // Of each third member and each fourth tool something is allowed.
    let member = |(number, id): (usize, String)| {
        let roles = if number.is_multiple_of(3) { vec!["role-03"] } else { vec![] };
        json!({"id": id, "kind": "user", "memberships": [{"tenant": "wide", "roles": roles}]})
    };
    let named = |name: String| json!({ "name": name });
    let roles = many("role", ROLES).map(|name| json!({ "name": name, "tenant": "wide" }));
    let allowed: Vec<String> = many("tool", MANY).step_by(4).map(|name| format!("broad/{name}")).collect();
    json!({
        "tenants": [{"slug": "wide"}],
        "roles": roles.collect::<Vec<_>>(),
        "subjects": many("member", MANY).enumerate().map(member).collect::<Vec<_>>(),
        "servers": [{"slug": "broad", "url": "http://127.0.0.1:9023/mcp", "tenants": ["wide"],
            "tools": many("tool", MANY).map(named).collect::<Vec<_>>()}],
        "rules": [{"name": "some", "tenant": "wide", "effect": "allow", "roles": ["role-03", "role-13"],
            "tools": allowed}],
    })
}

/// All rows of a list, and how many pages they came on.
async fn walked(lab: &Lab, first: &str, caption: &str) -> (Vec<Row>, usize) {
    let (mut rows, mut pages) = (Vec::new(), 0);
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        let page = lab.page(&path).await;
        rows.extend(page::list(&page, caption));
        pages += 1;
        let back = page::link(&page, "Back to the first");
        assert_eq!(back.as_deref(), (pages > 1).then_some(first), "{path}");
        next = page::link(&page, "Next");
    }
    (rows, pages)
}

/// The parts of the matrix from this page on: down, and to the right.
async fn parts(lab: &Lab, first: &str) -> Vec<Vec<Matrix>> {
    let mut parts = Vec::new();
    let mut down = Some(first.to_owned());
    while let Some(path) = down {
        let mut beside = Vec::new();
        let mut right = Some(path);
        down = None;
        while let Some(path) = right {
            let page = lab.page(&path).await;
            beside.push(page::matrix(&page));
            right = page::link(&page, "More roles");
            if beside.len() == 1 {
                down = page::link(&page, "Next");
            } else {
                assert!(page::link(&page, "First roles").is_some(), "{path}");
            }
        }
        parts.push(beside);
    }
    parts
}

pub(crate) async fn pages_go_on_to_the_end_and_the_file_is_whole(backend: Backend) {
    let lab = Lab::open(backend).await;
    lab.house.world.apply(&wide().to_string()).await;
    let file = async |query: &str| {
        let path = format!("/access/export.csv?tenant=wide{query}");
        page::csv(&lab.get(&path).await.text)
    };

    let parts = parts(&lab, "/access?tenant=wide").await;
    let mut told = vec![["tool", "role", "access"].map(str::to_owned).to_vec()];
    for beside in &parts {
        let roles = beside.iter().flat_map(|part| &part.roles);
        assert_eq!(roles.clone().count(), ROLES + 1, "the tenant's own, and the demo's of every tenant");
        for (place, (tool, ..)) in beside[0].rows.iter().enumerate() {
            let words = beside.iter().flat_map(|part| &part.rows[place].2);
            told.extend(
                roles.clone().zip(words).map(|(role, word)| vec![tool.clone(), role.clone(), word.clone()]),
            );
        }
    }
    let shape: Vec<Vec<(usize, usize)>> = parts
        .iter()
        .map(|beside| beside.iter().map(|part| (part.rows.len(), part.roles.len())).collect())
        .collect();
    assert_eq!(shape, [[(50, 12), (50, 3)], [(10, 12), (10, 3)]]);
    let whole: Vec<Vec<String>> = file("").await.into_iter().map(|line| line[..3].to_vec()).collect();
    assert_eq!(told, whole);
    let allowed = whole.iter().filter(|line| line[2] == "conditions");
    assert_eq!(allowed.count(), MANY.div_ceil(4) * 2);

    for (query, caption, first) in [
        ("&tool=broad%2Ftool-04", "Who can call the tool", 0),
        ("&subject=member-03", "What the subject can call", 1),
    ] {
        let (rows, pages) = walked(&lab, &format!("/access?tenant=wide{query}"), caption).await;
        assert_eq!((rows.len(), pages), (MANY, 2), "{query}");
        let whole = file(query).await;
        let lines = whole.iter().skip(1).map(|line| (&line[first], &line[2]));
        assert!(lines.eq(rows.iter().map(|row| (&row.name, &row.access))), "{query}: {whole:?}");
        assert!(rows.iter().any(|row| row.access == "conditions"), "{query}");
        // Whatever page is shown.
        for page in ["&after=member-40", "&after=broad%2Ftool-40&roles=role-03", "&roles=role-11"] {
            assert_eq!(file(&format!("{query}{page}")).await, whole, "{query}{page}");
        }
    }
    lab.stop().await;
}
