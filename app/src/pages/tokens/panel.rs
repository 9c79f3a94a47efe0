//! The forms of the page of administrator tokens, one of which may be open.

use super::read::{TokenLine, TokenList};
use super::save::RevokeAdministratorToken;
use crate::components::notice::WarningNotice;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::boxes::boxes;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, select};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::proof;
use crate::pages::roles::form::tenant_choices;
use crate::routes::TOKENS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use policy::scope::AdminScope;

/// Answers with the secret, once: a plain handler of the server.
pub const CREATE_TOKEN: &str = "/keys/administrator";

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(list: &TokenList, answer: &Answer) -> Option<AnyView> {
    match (list.query.ask?, &list.asked) {
        (Ask::New, _) => Some(create(list, answer)),
        (Ask::Revoke, Some(token)) => Some(revoke(token, answer)),
        (Ask::Revoke, None) => Some(gone()),
        _ => None,
    }
}

fn gone() -> AnyView {
    view! {
        <WarningNotice title="There is no such administrator token">
            <p>"It was revoked, or the address is misspelt."</p>
        </WarningNotice>
    }
    .into_any()
}

/// The form that makes an administrator token.
pub fn create(list: &TokenList, answer: &Answer) -> AnyView {
    if list.asks_password {
        let place = Place::new(TOKENS.path).asking(Ask::New);
        return proof::before(&place, answer, TOKENS.path.to_owned());
    }
    let filled = Filled::new(Ask::New.as_str(), answer);
    let scopes: Vec<Choice> =
        AdminScope::ALL.iter().map(|scope| Choice::new(scope.as_str(), scope.label())).collect();
    let fields = vec![
        Input::text("name", "Name").help("What uses it: ci, nightly-export.").draw(&filled, ""),
        boxes(
            &filled,
            "scopes",
            "What it may do",
            "None of them holds another.",
            "field boxes-pairs",
            &scopes,
            &[],
        ),
        select(
            &filled,
            "tenant",
            "Tenant",
            Some("It sees this tenant alone, and changes what is this tenant's alone."),
            &tenant_choices("Every tenant", &list.tenants),
            "",
        ),
        Input::number("days", "Works for how many days").help("1 to 365.").draw(&filled, "90"),
    ];
    FormCard {
        filled,
        title: "New administrator token".to_owned(),
        url: CREATE_TOKEN,
        values: Vec::new(),
        lead: vec![
            "A program shows it to the API, and acts for you: it is dead while your account is off or no owner. It is shown once.".to_owned(),
        ],
        fields,
        button: "Create token",
        destructive: false,
        cancel: TOKENS.path.to_owned(),
    }
    .draw()
}

fn revoke(token: &TokenLine, answer: &Answer) -> AnyView {
    let used = match &token.secret.last_used {
        Some(moment) => format!("It was last used {}.", moment.words),
        None => "It was never used.".to_owned(),
    };
    FormCard {
        filled: Filled::new(Ask::Revoke.as_str(), answer),
        title: format!("Revoke {}?", plain(&token.name)),
        url: RevokeAdministratorToken::url(),
        values: vec![("id", token.id.clone())],
        lead: vec![
            format!("{used} It may: {}.", token.scopes),
            "Whoever shows it is refused from the next request on, for good. What it changed stays."
                .to_owned(),
        ],
        fields: Vec::new(),
        button: "Revoke token",
        destructive: true,
        cancel: TOKENS.path.to_owned(),
    }
    .draw()
}
