//! The forms of the page of emergencies, one of which may be open.

use super::read::{Asked, EmergencyView};
use super::save::{AskBreakGlass, EndBreakGlass, LiftStop, ThrowStop};
use crate::components::notice::WarningNotice;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, Radio, hidden, radios, select};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::{is_bound, proof};
use crate::routes::EMERGENCY;
use crate::session::PasskeyHolder;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Where break-glass is confirmed: a plain form, since the server alone compares passwords.
pub const CONFIRM: &str = "/emergency/confirm";

/// The word that is typed before everything is stopped.
const EVERYTHING: &str = "everything";

const AGENT: Radio =
    Radio { value: "agent", title: "An agent or service", help: "All its calls, by its id." };
const SUBJECT: Radio = Radio { value: "subject", title: "Any subject", help: "All its calls, by its id." };
const TENANT: Radio =
    Radio { value: "tenant", title: "A tenant", help: "All calls of its members. Choose it below." };

const SCOPES: &[Radio] = &[
    Radio { value: "tool", title: "A tool", help: "Named as server/tool. Lists still show it." },
    Radio { value: "server", title: "A server", help: "All its tools and its lists." },
    AGENT,
    SUBJECT,
    TENANT,
    Radio { value: EVERYTHING, title: "Everything", help: "All calls of everybody." },
];

/// What is stopped by those who are of some tenants alone.
const OWN_SCOPES: &[Radio] = &[AGENT, SUBJECT, TENANT];

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(view: &EmergencyView, answer: &Answer) -> Option<AnyView> {
    let ask = view.query.ask?;
    let of = view.query.of.clone().unwrap_or_default();
    let asked = || view.asked.clone();
    match ask {
        Ask::Stop => Some(choose(view, answer)),
        Ask::Glass if is_bound() => Some(not_theirs()),
        Ask::Glass => Some(glass(view, answer)),
        Ask::Throw => Some(asked().map_or_else(gone, |asked| throw(asked, answer))),
        Ask::Lift => Some(asked().map_or_else(gone, |asked| lift(asked, of, answer))),
        Ask::Confirm if is_bound() => Some(not_theirs()),
        Ask::Confirm => Some(asked().map_or_else(gone, |asked| confirm(asked, of, answer))),
        Ask::End => Some(asked().map_or_else(gone, |asked| end(asked, of, answer))),
        _ => None,
    }
}

/// What a form about something that is gone says.
fn gone() -> AnyView {
    view! {
        <WarningNotice title="There is no such thing">
            <p>"Nothing was stopped. It was deleted, or the name is misspelt."</p>
        </WarningNotice>
    }
    .into_any()
}

/// What stands in the place of a form that is not for the reader.
fn not_theirs() -> AnyView {
    view! {
        <WarningNotice title="This concerns more than your tenants">
            <p>"Break-glass is asked for and confirmed by owners whose role counts everywhere. You can end it in your tenants."</p>
        </WarningNotice>
    }
    .into_any()
}

/// Slugs to choose from, perhaps behind a first choice that is none.
fn tenants(view: &EmergencyView, none: Option<&str>) -> Vec<Choice> {
    let none = none.map(|label| Choice::new("", label));
    none.into_iter().chain(view.tenants.iter().map(|slug| Choice::new(slug, slug))).collect()
}

/// First what, then the consequences: this form only leads on.
fn choose(view: &EmergencyView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Stop.as_str(), answer);
    let (scopes, first, help, everywhere) = if is_bound() {
        (OWN_SCOPES, AGENT.value, "Such as refund-bot. Empty for a tenant.", None)
    } else {
        let help = "Such as crm/refund, crm or refund-bot. Empty for a tenant and for everything.";
        (SCOPES, "tool", help, Some("In every tenant"))
    };
    let scope = radios(&filled, "scope", "What", "radios radios-pairs", scopes, first);
    let target = Input::text("target", "Which one").code().optional().help(help).draw(&filled, "");
    let tenants = tenants(view, everywhere);
    let chosen = if everywhere.is_some() { "" } else { view.tenants.first().map_or("", String::as_str) };
    let within = select(&filled, "in", "Where", None, &tenants, chosen);
    view! {
        <section class="card" aria-labelledby="form-title">
            <form class="form card-body" method="get" action=EMERGENCY.path>
                {hidden("ask", Ask::Throw.as_str().to_owned())}
                <h2 id="form-title" tabindex="-1" autofocus=true>
                    "What is to be stopped?"
                </h2>
                <p class="quiet">"The next page says what it does, before anything is stopped."</p>
                {scope}
                {target}
                {within}
                <div class="form-actions">
                    <button class="button button-primary">"Next"</button>
                    <a class="button" href=EMERGENCY.path>
                        "Cancel"
                    </a>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn reason(filled: &Filled) -> AnyView {
    Input::text("reason", "Why")
        .help("It stands on every page while this lasts, and in the record for good.")
        .draw(filled, "")
}

fn throw(asked: Asked, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Throw.as_str(), answer);
    let mut fields = vec![reason(&filled)];
    if asked.scope == EVERYTHING {
        fields.push(
            Input::text("typed", "Type the word everything")
                .code()
                .help("So that nobody stops everything by a slip of the hand.")
                .draw(&filled, ""),
        );
    }
    FormCard {
        filled,
        title: format!("Stop {}?", plain(&asked.what)),
        url: ThrowStop::url(),
        values: vec![("scope", asked.scope), ("target", asked.target), ("tenant", asked.tenant)],
        lead: asked.lead,
        fields,
        button: "Stop",
        destructive: true,
        cancel: EMERGENCY.path.to_owned(),
    }
    .draw()
}

/// A form without fields, or with those given, about one measure.
fn about(ask: Ask, title: &str, asked: Asked, id: String, answer: &Answer) -> FormCard {
    FormCard {
        filled: Filled::new(ask.as_str(), answer),
        title: format!("{title} {}?", plain(&asked.what)),
        url: "",
        values: vec![("id", id)],
        lead: asked.lead,
        fields: Vec::new(),
        button: "",
        destructive: false,
        cancel: EMERGENCY.path.to_owned(),
    }
}

fn lift(asked: Asked, id: String, answer: &Answer) -> AnyView {
    let form = about(Ask::Lift, "Lift the stop of", asked, id, answer);
    FormCard { url: LiftStop::url(), button: "Lift", ..form }.draw()
}

fn end(asked: Asked, id: String, answer: &Answer) -> AnyView {
    let form = about(Ask::End, "End break-glass for", Asked { lead: Vec::new(), ..asked }, id, answer);
    FormCard { url: EndBreakGlass::url(), button: "End", ..form }.draw()
}

fn confirm(asked: Asked, id: String, answer: &Answer) -> AnyView {
    let form = about(Ask::Confirm, "Confirm break-glass for", asked, id.clone(), answer);
    let passkeys = PasskeyHolder::current();
    let password = (!passkeys.proved).then(|| {
        Input::password("password", "Your password")
            .help("Where there are two owners, another one than who asked confirms.")
            .draw(&form.filled, "")
    });
    let back = Place::new(EMERGENCY.path).asking(Ask::Confirm).of(id.as_str()).href();
    let by_passkey = (passkeys.has_any && !passkeys.proved).then(|| proof::by_passkey(back));
    let fields = password.into_iter().collect();
    let card = FormCard { url: CONFIRM, fields, button: "Confirm", destructive: true, ..form }.draw();
    view! {
        {card}
        {by_passkey}
    }
    .into_any()
}

fn glass(view: &EmergencyView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Glass.as_str(), answer);
    let first = view.tenants.first().cloned().unwrap_or_default();
    let fields = vec![
        Input::text("subject", "Who").code().help("The subject's id, such as alice.").draw(&filled, ""),
        select(&filled, "tenant", "In which tenant", None, &tenants(view, None), &first),
        Input::text("tools", "What")
            .code()
            .help("crm/refund for one tool, crm/* for all tools of a server.")
            .draw(&filled, ""),
        Input::number("minutes", "For how many minutes")
            .help("From 1 to 15, from the moment it is confirmed.")
            .draw(&filled, "15"),
        reason(&filled),
    ];
    FormCard {
        filled,
        title: "Break-glass".to_owned(),
        url: AskBreakGlass::url(),
        values: Vec::new(),
        lead: vec![
            "For some minutes one subject may call what no rule allows it, without approval. Deny rules, stops, \
             reviews and the check of arguments count all the same."
                .to_owned(),
            "It allows nothing before it is confirmed: by another owner where there are two.".to_owned(),
        ],
        fields,
        button: "Ask for it",
        destructive: true,
        cancel: EMERGENCY.path.to_owned(),
    }
    .draw()
}
