//! The forms of the page of tenants, one of which may be open.

use super::read::{TenantFacts, TenantList};
use super::save::{CreateTenant, DeleteTenant, RenameTenant, SuspendTenant};
use crate::components::notice::WarningNotice;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Filled, Input};
use crate::pages::form::place::Ask;
use crate::routes::TENANTS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(list: &TenantList, answer: &Answer) -> Option<AnyView> {
    let ask = list.query.ask?;
    if ask == Ask::New {
        return Some(create(answer));
    }
    let Some(tenant) = list.asked.clone() else {
        return Some(gone());
    };
    match ask {
        Ask::Edit => Some(rename(tenant, answer)),
        Ask::Suspend => Some(suspend(tenant, answer)),
        Ask::Delete => Some(delete(tenant, answer)),
        _ => None,
    }
}

/// What a form about something that is gone says.
fn gone() -> AnyView {
    view! {
        <WarningNotice title="There is no such tenant">
            <p>"It was deleted, or the address is misspelt."</p>
        </WarningNotice>
    }
    .into_any()
}

/// The form that creates a tenant.
pub fn create(answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let fields = vec![
        Input::text("slug", "Slug")
            .code()
            .help("Lower-case letters, digits and hyphens. Rules, keys and calls name the tenant by it, so it stays.")
            .draw(&filled, ""),
        Input::text("name", "Name")
            .optional()
            .help("What people read. Left empty, it is the slug.")
            .draw(&filled, ""),
    ];
    FormCard {
        filled,
        title: "New tenant".to_owned(),
        url: CreateTenant::url(),
        values: Vec::new(),
        lead: vec![
            "A tenant is the boundary nothing crosses: its members, roles and rules are its own.".to_owned(),
        ],
        fields,
        button: "Create tenant",
        destructive: false,
        cancel: TENANTS.path.to_owned(),
    }
    .draw()
}

fn rename(tenant: TenantFacts, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Edit.as_str(), answer);
    let fields = vec![Input::text("name", "Name").optional().draw(&filled, &tenant.name)];
    FormCard {
        filled,
        title: format!("Rename {}", plain(&tenant.name)),
        url: RenameTenant::url(),
        values: vec![("slug", tenant.slug)],
        lead: vec!["The slug stays, so no rule, key or call changes.".to_owned()],
        fields,
        button: "Save name",
        destructive: false,
        cancel: TENANTS.path.to_owned(),
    }
    .draw()
}

fn suspend(tenant: TenantFacts, answer: &Answer) -> AnyView {
    let members = tenant.members.of("member", "members");
    FormCard {
        filled: Filled::new(Ask::Suspend.as_str(), answer),
        title: format!("Suspend {}?", plain(&tenant.name)),
        url: SuspendTenant::url(),
        values: vec![("slug", tenant.slug)],
        lead: vec![
            format!("It has {members}. From the next call on, every call in this tenant is denied."),
            "Nothing is deleted. Resume it at any time; that takes effect on the next call as well."
                .to_owned(),
        ],
        fields: Vec::new(),
        button: "Suspend",
        destructive: true,
        cancel: TENANTS.path.to_owned(),
    }
    .draw()
}

fn delete(tenant: TenantFacts, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Delete.as_str(), answer);
    let title = format!("Delete {}?", plain(&tenant.name));
    if !tenant.keys.is_none() {
        let keys = tenant.keys.of("enforcement key is", "enforcement keys are");
        return view! {
            <WarningNotice title="This tenant cannot be deleted yet">
                <p>
                    {format!("{keys} bound to {}. A key must never come to mean every tenant, so delete it first.", tenant.slug)}
                </p>
                <a class="button button-small" href=crate::routes::KEYS.path>
                    "Go to Enforcement keys"
                </a>
            </WarningNotice>
        }
        .into_any();
    }
    let gone = format!(
        "{}, {} and {} go with it, at once and for good. Recorded decisions and changes stay.",
        tenant.members.of("membership", "memberships"),
        tenant.roles.of("role", "roles"),
        tenant.rules.of("rule", "rules"),
    );
    let fields = vec![
        Input::text("typed", "Type the slug to delete it")
            .code()
            .help("The slug stands in the list below, under the tenant's name.")
            .draw(&filled, ""),
    ];
    FormCard {
        filled,
        title,
        url: DeleteTenant::url(),
        lead: vec![capital(&gone), format!("The slug is {}.", tenant.slug)],
        values: vec![("slug", tenant.slug)],
        fields,
        button: "Delete tenant",
        destructive: true,
        cancel: TENANTS.path.to_owned(),
    }
    .draw()
}

/// A sentence begins with a capital letter.
fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::capital;

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!(capital("no members"), "No members");
        assert_eq!(capital(""), "");
    }
}
