//! The bar at the foot: Deny with a reason, and Approve, equal in size, nothing preselected. A plain form: the server
//! alone compares passwords.

use super::view::{AnswerForm, Answering, RequestView};
use super::waits;
use crate::components::icon::{Glyph, Icon};
use crate::components::notice::Notice;
use crate::components::untrusted::UntrustedLine;
use crate::pages::approvals::keys::{APPROVE, REASON};
use crate::pages::approvals::table::page_of;
use crate::pages::form::answer::Answer;
use crate::pages::form::input::{Filled, Input};
use crate::pages::form::proof::PROVE_BY_PASSKEY;
use leptos::prelude::*;

/// What the form is called in drafts.
pub const FORM: &str = "answer";

/// The id of the link to the next request.
pub const NEXT: &str = "next-request";

/// Where an answer is sent, below the page of the request.
pub const ANSWER: &str = "/approvals/{id}/answer";

/// What the button sends that proves by a passkey who answers: nothing is answered yet.
pub const BY_PASSKEY: &str = "passkey";

/// In the place of the password; what was typed is kept.
fn by_passkey(asked: bool) -> Option<AnyView> {
    asked.then(|| {
        view! {
            <button class="button" name="answer" value=BY_PASSKEY formnovalidate=true>
                "Use a passkey"
            </button>
        }
        .into_any()
    })
}

/// A form of its own, before one that is not a choice of answers; leads back to it.
fn by_passkey_first(back: String) -> AnyView {
    view! {
        <form class="form card-body" method="post" action=PROVE_BY_PASSKEY>
            <input type="hidden" name="back" value=back/>
            <div class="form-actions">
                <button class="button">"Use a passkey instead"</button>
            </div>
        </form>
    }
    .into_any()
}

/// Nothing where it does not wait; a sentence for those who may not answer.
pub fn draw(request: &RequestView, answer: &Answer) -> Option<AnyView> {
    match &request.answering {
        Answering::May(form) => Some(form_of(request, form, answer)),
        Answering::MayNot(why) => {
            let why = why.clone();
            Some(view! { <Notice><p>{why}</p></Notice> }.into_any())
        }
        Answering::Over => None,
    }
}

fn form_of(request: &RequestView, form: &AnswerForm, answer: &Answer) -> AnyView {
    let filled = Filled::new(FORM, answer);
    let asks = request.asks_password || filled.complaint("password").is_some();
    let password = asks
        .then(|| Input::password("password", "Your password, since this is a high risk").draw(&filled, ""));
    let complaint = filled.complaint("reason").map(|text| {
        view! {
            <p class="field-error" id="answer-reason-error">
                <Icon glyph=Glyph::Warning/>
                {text}
            </p>
        }
    });
    let described = complaint.is_some().then_some("answer-reason-error");
    view! {
        <form class="answer-bar" id=FORM method="post" action=format!("{}/answer", page_of(&request.id))>
            <input type="hidden" name="seen" value=form.seen.clone()/>
            <div class="field">
                <label for=REASON>"Reason, which a denial needs"</label>
                <input
                    id=REASON
                    name="reason"
                    type="text"
                    maxlength="1000"
                    autocomplete="off"
                    required=true
                    value=filled.value("reason", "")
                    aria-describedby=described
                    aria-invalid=described.map(|_| "true")
                />
                {complaint}
            </div>
            {password}
            // The first button is what Enter in a field sends: it must be the one that allows nothing.
            <button class="button button-deny" name="answer" value="deny">
                <Icon glyph=Glyph::Cross/>
                "Deny"
            </button>
            <button class="button button-allow" id=APPROVE name="answer" value="approve" formnovalidate=true>
                <Icon glyph=Glyph::Check/>
                "Approve"
            </button>
            {by_passkey(asks && request.has_passkeys)}
        </form>
    }
    .into_any()
}

/// Gives a use back whose answer may never have arrived. Only where nothing waits: there is no other form on the page then.
pub fn reissue(request: &RequestView, decision: &str, answer: &Answer) -> AnyView {
    let filled = Filled::new(FORM, answer);
    let asks = request.asks_password || filled.complaint("password").is_some();
    let page = page_of(&request.id);
    let prove = (asks && request.has_passkeys).then(|| by_passkey_first(page.clone()));
    let password = asks
        .then(|| Input::password("password", "Your password, since this is a high risk").draw(&filled, ""));
    view! {
        <form class="form card-body" method="post" action=format!("{page}/answer")>
            <input type="hidden" name="answer" value="reissue"/>
            <input type="hidden" name="decision" value=decision.to_owned()/>
            <p class="quiet">
                "It is not known whether the answer to this call arrived. If the call did not take place, its use can be given back."
            </p>
            {password}
            <div class="form-actions">
                <button class="button">"Give the use back"</button>
            </div>
        </form>
        {prove}
    }
    .into_any()
}

/// In place of the form that gives a use back.
pub fn not_given_back(why: String) -> AnyView {
    view! {
        <div class="card-body">
            <p class="quiet">{why}</p>
        </div>
    }
    .into_any()
}

/// What describes a field of the form, whether what was typed is wrong, and what is wrong with it.
fn tied(filled: &Filled, name: &'static str) -> (String, Option<&'static str>, Option<AnyView>) {
    let help = format!("{FORM}-{name}-help");
    let Some(text) = filled.complaint(name) else { return (help, None, None) };
    let id = format!("{FORM}-{name}-error");
    let described = format!("{help} {id}");
    let complaint = view! {
        <p class="field-error" id=id>
            <Icon glyph=Glyph::Warning/>
            {text}
        </p>
    };
    (described, Some("true"), Some(complaint.into_any()))
}

/// What an approval can be narrowed to; its controls belong to the form at the foot.
pub fn narrowing(request: &RequestView, answer: &Answer) -> Option<AnyView> {
    let Answering::May(form) = &request.answering else { return None };
    let filled = Filled::new(FORM, answer);
    let open = filled.complaint("until").is_some() || filled.complaint("uses").is_some();
    let uses = (form.most_uses > 1).then(|| {
        let most = form.most_uses.to_string();
        let (described, invalid, complaint) = tied(&filled, "uses");
        view! {
            <div class="field">
                <label for="answer-uses">"For how many calls"</label>
                <input
                    id="answer-uses"
                    name="uses"
                    type="number"
                    min="1"
                    max=most.clone()
                    form=FORM
                    placeholder=most
                    value=filled.value("uses", "")
                    aria-describedby=described
                    aria-invalid=invalid
                />
                <p class="field-help" id="answer-uses-help">"This very call, so often at the most. Empty: as the rule says."</p>
                {complaint}
            </div>
        }
    });
    let (described, invalid, complaint) = tied(&filled, "until");
    let view = view! {
        <details class="disclosure" open=open>
            <summary>
                <Icon glyph=Glyph::ChevronRight/>
                "Approve for less than the rule allows"
            </summary>
            <div class="form card-body">
                <div class="field">
                    <label for="answer-until">"Until, in UTC"</label>
                    <input
                        id="answer-until"
                        name="until"
                        type="datetime-local"
                        max=form.latest.clone()
                        form=FORM
                        value=filled.value("until", "")
                        aria-describedby=described
                        aria-invalid=invalid
                    />
                    <p class="field-help" id="answer-until-help">{format!("Not beyond {}. Empty: as the rule says.", form.latest.replace('T', " "))}</p>
                    {complaint}
                </div>
                {uses}
            </div>
        </details>
    };
    Some(view.into_any())
}

/// In whose place the reader answers, and the way to the next request.
pub fn beside(request: &RequestView) -> AnyView {
    let place = match &request.answering {
        Answering::May(AnswerForm { in_place_of: Some(name), .. }) => {
            let name = name.clone();
            Some(view! {
                <p class="quiet">
                    "You answer in the place of "
                    <b>
                        <UntrustedLine text=name/>
                    </b>
                    ", who is away."
                </p>
            })
        }
        _ => None,
    };
    let words = if waits(&request.answering) { "Skip to the next request" } else { "Next request" };
    let next = request.next.as_deref().map(|id| {
        view! {
            <p>
                <a id=NEXT rel="next" href=page_of(id)>
                    {words}
                </a>
            </p>
        }
    });
    view! {
        {place}
        {next}
    }
    .into_any()
}
