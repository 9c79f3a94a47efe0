//! Roles by tools: what somebody can call who holds one role and no other.

use crate::access::lab::{Lab, TOOLS};
use crate::access::page;
use std::collections::BTreeMap;
use tests::Backend;

/// A role, and a member who holds it alone. The last one is a role of every tenant.
const HOLDERS: &[(&str, &str)] =
    &[("finance", "l-ben"), ("support", "l-ann"), ("support-agent", "l-kim"), ("trainee", "l-tia")];

/// A rule about this tool names a person, who may hold any role.
const OF_A_PERSON: &str = "desk/named";

pub(crate) async fn a_role_is_shown_as_whoever_holds_it_alone(backend: Backend) {
    let lab = Lab::open(backend).await;
    let matrix = lab.matrix().await;
    let roles: Vec<&str> = HOLDERS.iter().map(|(role, _)| *role).collect();
    assert_eq!(matrix.roles, roles, "the tenant's own, and those of every tenant; acme's are another's");
    let tools: Vec<&str> = matrix.rows.iter().map(|(tool, ..)| tool.as_str()).collect();
    assert_eq!(tools, TOOLS);
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for (role, holder) in HOLDERS {
        let rows = lab.what(holder).await;
        lab.hold(&rows, |row| (*holder, row.name.as_str())).await;
        for row in &rows {
            let word = matrix.word(&row.name, role);
            *words.entry(word).or_default() += 1;
            let expected = if row.name == OF_A_PERSON { "conditions" } else { row.access.as_str() };
            assert_eq!(word, expected, "{role} on {}, and {holder}: {row:?}", row.name);
        }
    }
    assert!(words.len() == 2 && words.values().all(|count| *count > 10), "{words:?}");
    // Where a tool is asked about, its line stands above whoever can call it.
    for (tool, href, cells) in &matrix.rows {
        assert_eq!(*href, format!("/access?tenant=lab&tool={}", tool.replace('/', "%2F")));
        let one = page::matrix(&lab.page(href).await);
        assert_eq!((&one.roles, one.rows.len()), (&matrix.roles, 1), "{tool}");
        assert_eq!((&one.rows[0].0, &one.rows[0].2), (tool, cells));
    }
    lab.stop().await;
}
