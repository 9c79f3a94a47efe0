//! The forms of one issuer, one of which may be open.

use super::fields;
use super::save::{DeleteIssuer, RevokeToken};
use super::view::IssuerView;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Filled, Input};
use crate::pages::form::place::{Ask, Place};
use crate::routes::ISSUERS;
use crate::url::encode;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page of this issuer.
pub fn page_of(issuer: &IssuerView) -> Place {
    Place::new(format!("{}/{}", ISSUERS.path, encode(&issuer.query.id)))
}

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(issuer: &IssuerView, answer: &Answer) -> Option<AnyView> {
    let id = issuer.query.id.as_str();
    match issuer.query.ask? {
        Ask::Edit => {
            let form = issuer.form.as_ref()?;
            Some(fields::form(form, Some(id), answer, page_of(issuer).href()))
        }
        Ask::Delete => Some(delete(issuer, answer)),
        Ask::Revoke => Some(revoke(issuer, answer)),
        _ => None,
    }
}

fn delete(issuer: &IssuerView, answer: &Answer) -> AnyView {
    let loses = if issuer.identities.is_none() {
        "No subject has an identity of it.".to_owned()
    } else {
        let held = issuer
            .identities
            .of("identity of it belongs to a subject", "identities of it belong to subjects");
        format!(
            "{held}. From the next call on that counts nowhere. It stays so, and counts again as soon as an issuer with this URL is added."
        )
    };
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title: format!("Delete {}?", plain(&issuer.name)),
        url: DeleteIssuer::url(),
        values: vec![("id", issuer.query.id.clone())],
        lead: vec![
            loses,
            "Revoked tokens stay revoked and blocked identities blocked; unmapped callers of it are forgotten. To stop it for a while, disable it instead."
                .to_owned(),
        ],
        fields: Vec::new(),
        button: "Delete issuer",
        destructive: true,
        cancel: page_of(issuer).href(),
    }
    .draw()
}

fn revoke(issuer: &IssuerView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Revoke.as_str(), answer);
    let fields = vec![
        Input::text("jti", "Token id (jti)")
            .code()
            .help("The claim alone. A token belongs in no form, and is kept nowhere.")
            .draw(&filled, ""),
        Input::moment("until", "Until, in UTC")
            .required()
            .help(
                "When the token expires by itself, its exp; later does no harm. It is forgotten a day after.",
            )
            .draw(&filled, ""),
    ];
    FormCard {
        filled,
        title: "Revoke a token".to_owned(),
        url: RevokeToken::url(),
        values: vec![("id", issuer.query.id.clone())],
        lead: vec![
            "It is refused from the next call on. This cannot be taken back. To end all tokens of somebody, sign the subject out everywhere."
                .to_owned(),
        ],
        fields,
        button: "Revoke token",
        destructive: true,
        cancel: page_of(issuer).href(),
    }
    .draw()
}
