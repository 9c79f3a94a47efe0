//! The forms of mail: the server, its end, and where mail to somebody goes.

use super::read::{AddressLine, NotificationsView};
use super::save::{RemoveMail, SaveMail, SaveMailAddress};
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Filled, Input, Radio, radios};
use crate::pages::form::place::Ask;
use crate::routes::NOTIFICATIONS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

const SECURITY: &[Radio] = &[
    Radio { value: "tls", title: "TLS", help: "From the first byte; usually port 465." },
    Radio { value: "starttls", title: "STARTTLS", help: "Without it nothing is sent; usually port 587." },
    Radio { value: "none", title: "None", help: "For a relay on this host, without a password." },
];

/// The form of the mail server.
pub fn settings(view: &NotificationsView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Mail.as_str(), answer);
    let line = view.mail.as_ref();
    let host = line.map(|line| line.host.as_str()).unwrap_or_default();
    let sender = line.map(|line| line.sender.as_str()).unwrap_or_default();
    let login = line.and_then(|line| line.login.as_deref()).unwrap_or_default();
    let port = line.map_or_else(|| "587".to_owned(), |line| line.port.to_string());
    let security = line.map_or("starttls", |line| line.security.as_str());
    let fields = vec![
        Input::text("host", "Server").code().help("mail.example.org").draw(&filled, host),
        Input::number("port", "Port").draw(&filled, &port),
        radios(&filled, "security", "Connection", "radios radios-row", SECURITY, security),
        Input::text("login", "Login")
            .optional()
            .help("Left empty, nobody signs in.")
            .draw(&filled, login),
        Input::secret("password", "Password")
            .help("Kept in the vault and never shown again. Left empty, the one that is kept stays; another server or login needs it anew.")
            .draw(&filled, ""),
        Input::text("sender", "From").help("A bare address.").draw(&filled, sender),
    ];
    FormCard {
        filled,
        title: "Mail server".to_owned(),
        url: SaveMail::url(),
        values: Vec::new(),
        lead: vec![
            "Whoever may decide a request gets one message about it, with a link. Nothing is approved by mail.".to_owned(),
        ],
        fields,
        button: "Save mail server",
        destructive: false,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}

/// The form that ends it.
pub fn remove(answer: &Answer) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::MailOff.as_str(), answer),
        title: "Send no more mail?".to_owned(),
        url: RemoveMail::url(),
        values: vec![("confirmed", "true".to_owned())],
        lead: vec!["Approvers learn of requests in the console alone. The password is deleted.".to_owned()],
        fields: Vec::new(),
        button: "Remove mail server",
        destructive: true,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}

/// The form of one address.
pub fn address(line: &AddressLine, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Address.as_str(), answer);
    let given = line.address.as_deref().filter(|_| line.given).unwrap_or_default();
    let field = Input::text("address", "Address")
        .optional()
        .help("Left empty, mail goes to the login, where that is an address.")
        .draw(&filled, given);
    FormCard {
        filled,
        title: format!("Mail to {}", plain(&line.login)),
        url: SaveMailAddress::url(),
        values: vec![("id", line.account.clone())],
        lead: Vec::new(),
        fields: vec![field],
        button: "Save address",
        destructive: false,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}
