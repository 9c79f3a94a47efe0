//! The form that creates a role.

use super::read::RoleList;
use super::save::CreateRole;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, select};
use crate::pages::form::place::Ask;
use crate::routes::ROLES;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub fn create(list: &RoleList, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let chosen = list.query.tenant.as_deref().unwrap_or_default();
    let fields = vec![
        Input::text("name", "Name")
            .help("Rules ask for the role by this name, so it stays.")
            .draw(&filled, ""),
        select(
            &filled,
            "tenant",
            "Where it can be held",
            Some("A role of every tenant takes its name in all of them."),
            &tenant_choices("Every tenant", &list.tenants),
            chosen,
        ),
        Input::text("description", "Description").optional().help("What its holders do.").draw(&filled, ""),
    ];
    FormCard {
        filled,
        title: "New role".to_owned(),
        url: CreateRole::url(),
        values: Vec::new(),
        lead: vec!["A role allows nothing by itself: rules say what its holders may call.".to_owned()],
        fields,
        button: "Create role",
        destructive: false,
        cancel: ROLES.path.to_owned(),
    }
    .draw()
}

/// Tenants to choose from; `none` stands for the empty value.
pub fn tenant_choices(none: &str, tenants: &[(String, String)]) -> Vec<Choice> {
    let rest = tenants.iter().map(|(slug, name)| {
        let label = if slug == name { name.clone() } else { format!("{name} ({slug})") };
        Choice::new(slug.as_str(), label)
    });
    std::iter::once(Choice::new("", none)).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_named_with_their_slug() {
        let tenants = [("acme".to_owned(), "Acme".to_owned()), ("x".to_owned(), "x".to_owned())];
        let labels: Vec<_> = tenant_choices("Every tenant", &tenants).into_iter().map(|c| c.label).collect();
        assert_eq!(labels, ["Every tenant", "Acme (acme)", "x"]);
    }
}
