//! The forms of the page of sign-in providers, one of which may be open.

use super::read::{ProviderLine, ProviderList};
use super::save::{DeleteProvider, DisableProvider, EnableProvider, SaveProvider};
use crate::components::notice::WarningNotice;
use crate::components::untrusted::plain;
use crate::pages::form::answer::{Answer, Draft};
use crate::pages::form::boxes::switch;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Filled, Input, area};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::proof;
use crate::routes::PROVIDERS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(list: &ProviderList, answer: &Answer) -> Option<AnyView> {
    let before = |place: Place| Some(proof::before(&place, answer, PROVIDERS.path.to_owned()));
    let page = Place::new(PROVIDERS.path);
    match (list.query.ask?, &list.asked) {
        (Ask::New, _) if list.asks_password => before(page.asking(Ask::New)),
        (ask @ (Ask::Edit | Ask::Suspend), Some(provider))
            if list.asks_password && (ask == Ask::Edit || !provider.active) =>
        {
            before(page.asking(ask).of(provider.id.as_str()))
        }
        (Ask::New, _) => Some(form(list, None, answer)),
        (Ask::Edit, Some(provider)) => Some(form(list, Some(provider), answer)),
        (Ask::Suspend, Some(provider)) => Some(turn(provider, answer)),
        (Ask::Delete, Some(provider)) => Some(delete(provider, answer)),
        (Ask::Edit | Ask::Suspend | Ask::Delete, None) => Some(
            view! {
                <WarningNotice title="There is no such provider">
                    <p>"It was removed, or the address is misspelt."</p>
                </WarningNotice>
            }
            .into_any(),
        ),
        _ => None,
    }
}

/// What stands now, as a form holds it.
fn standing(provider: Option<&ProviderLine>) -> Draft {
    let Some(provider) = provider else {
        return Draft::new(Ask::New.as_str(), [("scopes", "profile"), ("groups_claim", "groups")]);
    };
    let values = [
        ("name", provider.name.as_str()),
        ("client_id", &provider.client_id),
        ("scopes", &provider.scopes),
        ("groups_claim", &provider.groups_claim),
        ("groups", &provider.groups),
    ];
    let admit = provider.admit_subjects.then_some(("admit_subjects", "true"));
    Draft::new(Ask::Edit.as_str(), values.into_iter().chain(admit))
}

fn form(list: &ProviderList, provider: Option<&ProviderLine>, answer: &Answer) -> AnyView {
    let ask = if provider.is_some() { Ask::Edit } else { Ask::New };
    let filled = Filled::over(ask.as_str(), answer, &standing(provider));
    let mut fields = Vec::new();
    if provider.is_none() {
        fields.push(Input::text("id", "Id").code().help("In addresses: work, partners.").draw(&filled, ""));
    }
    fields.push(Input::text("name", "Name").help("On the button of the sign-in page.").draw(&filled, ""));
    if provider.is_none() {
        fields.push(
            Input::text("issuer", "Issuer")
                .code()
                .help("As the provider writes itself in iss, to the character. It cannot be changed later.")
                .draw(&filled, ""),
        );
    }
    let kept = provider.is_some_and(|provider| provider.has_secret);
    let secret =
        if kept { "Leave it empty to keep the one that is kept." } else { "Empty for a public client." };
    fields.extend([
        Input::text("client_id", "Client id").code().draw(&filled, ""),
        Input::secret("client_secret", "Client secret").help(secret).draw(&filled, ""),
        Input::text("scopes", "Scopes").optional().code().help("Asked for beside openid.").draw(&filled, ""),
        Input::text("groups_claim", "Claim with groups")
            .code()
            .help("Of the ID token: groups, roles, or a path such as /realm_access/roles.")
            .draw(&filled, ""),
        area(
            &filled,
            "groups",
            "Groups that stand for roles",
            5,
            "One per line: finance -> approver. The roles are owner, policy_author, approver and auditor. They count for an hour, in every tenant.",
        ),
        switch(
            &filled,
            "admit_subjects",
            "Users of the policy may approve",
            "Whoever a subject's identity of this issuer leads to may sign in as an approver, without any group.",
            false,
        ),
    ]);
    let title = match provider {
        Some(provider) => format!("Change {}", plain(&provider.name)),
        None => "Add a provider".to_owned(),
    };
    let lead = match provider {
        Some(provider) => format!("Register this redirect URI there: {}{}", list.callback, provider.id),
        None => format!("Register this redirect URI there, with the id at its end: {}ID", list.callback),
    };
    let values = match provider {
        Some(provider) => vec![("id", provider.id.clone())],
        None => vec![("new", "true".to_owned())],
    };
    FormCard {
        filled,
        title,
        url: SaveProvider::url(),
        values,
        lead: vec![lead],
        fields,
        button: "Save provider",
        destructive: false,
        cancel: PROVIDERS.path.to_owned(),
    }
    .draw()
}

fn card(provider: &ProviderLine, ask: Ask, answer: &Answer, title: String, url: &'static str) -> FormCard {
    FormCard {
        filled: Filled::new(ask.as_str(), answer),
        title,
        url,
        values: vec![("id", provider.id.clone())],
        lead: Vec::new(),
        fields: Vec::new(),
        button: "Enable provider",
        destructive: false,
        cancel: PROVIDERS.path.to_owned(),
    }
}

fn turn(provider: &ProviderLine, answer: &Answer) -> AnyView {
    let name = plain(&provider.name);
    if !provider.active {
        let lead = "People may sign in by it again.".to_owned();
        let card = card(provider, Ask::Suspend, answer, format!("Enable {name}?"), EnableProvider::url());
        return FormCard { lead: vec![lead], ..card }.draw();
    }
    let lead =
        "Nobody signs in by it any longer, and everybody whom it speaks of is signed out at once.".to_owned();
    let card = card(provider, Ask::Suspend, answer, format!("Disable {name}?"), DisableProvider::url());
    FormCard { lead: vec![lead], button: "Disable provider", destructive: true, ..card }.draw()
}

fn delete(provider: &ProviderLine, answer: &Answer) -> AnyView {
    let title = format!("Remove {}?", plain(&provider.name));
    let lead = "Its secret is deleted, everybody whom it speaks of is signed out, and who has no password here cannot \
                come in any more. Accounts stay."
        .to_owned();
    let card = card(provider, Ask::Delete, answer, title, DeleteProvider::url());
    FormCard { lead: vec![lead], button: "Remove provider", destructive: true, ..card }.draw()
}
