//! The forms of webhooks, one of which may be open.

use super::mail_panel;
use super::read::{NotificationsView, WebhookLine};
use super::save::{DeleteWebhook, FinishWebhook, SaveWebhook};
use crate::components::notice::WarningNotice;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::boxes::{boxes, switch};
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, select};
use crate::pages::form::place::Ask;
use crate::pages::roles::form::tenant_choices;
use crate::routes::NOTIFICATIONS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use policy::labels::NoticeKind;

/// These answer with the secret, once: plain handlers of the server.
pub const CREATE_WEBHOOK: &str = "/webhooks/create";
pub const ROTATE_WEBHOOK: &str = "/webhooks/rotate";

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(view: &NotificationsView, answer: &Answer) -> Option<AnyView> {
    let of = view.query.of.as_deref().unwrap_or_default();
    let asked = view.webhooks.iter().find(|line| line.id == of);
    let about = |draw: fn(&WebhookLine, &NotificationsView, &Answer) -> AnyView| {
        Some(asked.map_or_else(gone, |line| draw(line, view, answer)))
    };
    match view.query.ask? {
        Ask::New => Some(create(view, answer)),
        Ask::Edit => about(edit),
        Ask::Rotate => about(rotate),
        Ask::Finish => about(finish),
        Ask::Delete => about(delete),
        Ask::Mail => Some(mail_panel::settings(view, answer)),
        Ask::MailOff => Some(mail_panel::remove(answer)),
        Ask::Address => Some(match view.addresses.iter().find(|line| line.account == of) {
            Some(line) => mail_panel::address(line, answer),
            None => gone(),
        }),
        _ => None,
    }
}

fn gone() -> AnyView {
    view! {
        <WarningNotice title="There is no such webhook or account">
            <p>"It was deleted or switched off, or the address is misspelt."</p>
        </WarningNotice>
    }
    .into_any()
}

fn fields(filled: &Filled, view: &NotificationsView, line: Option<&WebhookLine>) -> Vec<AnyView> {
    let name = line.map(|line| line.name.as_str()).unwrap_or_default();
    // It is as good as a password, so it is never sent to a browser.
    let url = Input::text("url", "Address").code();
    let url = if line.is_some() {
        url.optional()
            .help("The whole of it, where it is another one from now on. Empty: the one that is kept stays.")
    } else {
        url.help("Where each message is posted to. It is kept as a secret. Redirects are not followed.")
    };
    let events: Vec<Choice> =
        NoticeKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), label(*kind))).collect();
    let held: Vec<String> = match line {
        Some(line) => line.events.clone(),
        None => NoticeKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect(),
    };
    vec![
        Input::text("name", "Name").help("What is told: slack, pager.").draw(filled, name),
        url.draw(filled, ""),
        boxes(
            filled,
            "events",
            "It is told when a request for approval is",
            "No message holds arguments.",
            "field boxes-pairs",
            &events,
            &held,
        ),
        select(
            filled,
            "tenant",
            "Tenant",
            Some("It is told of this tenant's requests alone."),
            &tenant_choices("Every tenant", &view.tenants),
            line.and_then(|line| line.tenant.as_deref()).unwrap_or_default(),
        ),
    ]
}

fn label(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Requested => "Filed",
        NoticeKind::Decided => "Approved, denied or cancelled",
        NoticeKind::Expired => "Expired",
    }
}

/// The form that makes a webhook.
pub fn create(view: &NotificationsView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let fields = fields(&filled, view, None);
    FormCard {
        filled,
        title: "New webhook".to_owned(),
        url: CREATE_WEBHOOK,
        values: Vec::new(),
        lead: vec![
            "Each message is signed as Standard Webhooks says. The secret to check it with is shown once."
                .to_owned(),
        ],
        fields,
        button: "Create webhook",
        destructive: false,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}

fn edit(line: &WebhookLine, view: &NotificationsView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Edit.as_str(), answer);
    let mut fields = fields(&filled, view, Some(line));
    fields.push(switch(
        &filled,
        "active",
        "On",
        "While it is off, it is told nothing, and what waits for it is given up.",
        line.active,
    ));
    FormCard {
        filled,
        title: format!("Edit {}", plain(&line.name)),
        url: SaveWebhook::url(),
        values: vec![("id", line.id.clone())],
        lead: vec![format!("Messages go to {}.", plain(&line.url))],
        fields,
        button: "Save webhook",
        destructive: false,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}

fn rotate(line: &WebhookLine, _: &NotificationsView, answer: &Answer) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::Rotate.as_str(), answer),
        title: format!("Rotate the secret of {}?", plain(&line.name)),
        url: ROTATE_WEBHOOK,
        values: vec![("id", line.id.clone())],
        lead: vec![
            "From the next message on, each has two signatures: one under the new secret, one under the older.".to_owned(),
            "Put the new one into the receiver, then finish the rotation.".to_owned(),
        ],
        fields: Vec::new(),
        button: "Add a second secret",
        destructive: false,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}

fn finish(line: &WebhookLine, _: &NotificationsView, answer: &Answer) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::Finish.as_str(), answer),
        title: format!("Finish the rotation of {}?", plain(&line.name)),
        url: FinishWebhook::url(),
        values: vec![("id", line.id.clone())],
        lead: vec![
            "The older secret signs no longer. A receiver that knows it alone refuses every message from then on."
                .to_owned(),
        ],
        fields: Vec::new(),
        button: "Remove the older secret",
        destructive: true,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}

fn delete(line: &WebhookLine, _: &NotificationsView, answer: &Answer) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title: format!("Delete {}?", plain(&line.name)),
        url: DeleteWebhook::url(),
        values: vec![("id", line.id.clone())],
        lead: vec![
            "It is told nothing any more. What waits for it and its dead letters are deleted with it, and its secret."
                .to_owned(),
        ],
        fields: Vec::new(),
        button: "Delete webhook",
        destructive: true,
        cancel: NOTIFICATIONS.path.to_owned(),
    }
    .draw()
}
