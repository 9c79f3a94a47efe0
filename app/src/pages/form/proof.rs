//! A proof before a form. Who changes whose an account is, or makes what stands for one, could become somebody else: nobody
//! does so at a browser that its owner left open.

use super::answer::{Answer, Draft};
use super::confirm::FormCard;
use super::input::{Filled, Input, hidden};
use super::place::Place;
use crate::components::notice::WarningNotice;
use crate::session::PasskeyHolder;
use leptos::prelude::*;

/// Where the proof is sent: a plain handler of the server, which alone compares passwords.
pub const PROVE: &str = "/account/prove";

/// Where a proof by a passkey begins, with `back`: a plain handler of the server.
pub const PROVE_BY_PASSKEY: &str = "/account/prove/passkey";

/// Stands in the place of a form until its reader proved who they are, and leads to it with what was typed.
pub fn before(place: &Place, answer: &Answer, cancel: String) -> AnyView {
    let back = back_to(place, answer);
    let filled = Filled::new("prove", answer);
    let password = Input::password("password", "Your own password").draw(&filled, "");
    let lead = "It is longer than 5 minutes ago that you proved who you are, and this takes a fresh proof. Without a \
                password here, sign out and in again by your provider.";
    let by_passkey = PasskeyHolder::current().has_any.then(|| by_passkey(back.clone()));
    let card = FormCard {
        filled,
        title: "Your password first".to_owned(),
        url: PROVE,
        values: vec![("back", back)],
        lead: vec![lead.to_owned()],
        fields: vec![password],
        button: "Go on",
        destructive: false,
        cancel,
    }
    .draw();
    view! {
        {card}
        {by_passkey}
    }
    .into_any()
}

/// The same where the password proves too little: of an account that demands a passkey, a passkey alone.
pub fn by_passkey_before(place: &Place, answer: &Answer, cancel: String) -> AnyView {
    if !PasskeyHolder::current().has_any {
        return view! {
            <WarningNotice title="Your passkeys cannot answer here">
                <p>"Your account demands a passkey, so changing that takes one. An owner makes a link that removes them."</p>
            </WarningNotice>
        }
        .into_any();
    }
    let lead = "Your account demands a passkey beside the password, so changing that takes an answer of one that is at most 5 \
                minutes old.";
    FormCard {
        filled: Filled::new("prove", answer),
        title: "Your passkey first".to_owned(),
        url: PROVE_BY_PASSKEY,
        values: vec![("back", back_to(place, answer))],
        lead: vec![lead.to_owned()],
        fields: Vec::new(),
        button: "Use a passkey",
        destructive: false,
        cancel,
    }
    .draw()
}

/// The form, with what was typed.
fn back_to(place: &Place, answer: &Answer) -> String {
    match &answer.draft {
        Some(draft) => place.refused(&Draft { problems: Vec::new(), ..draft.clone() }),
        None => place.href(),
    }
}

/// A way to prove it without a password: a form of its own, which leads back to `back`.
pub fn by_passkey(back: String) -> AnyView {
    view! {
        <section class="card">
            <form class="form card-body" method="post" action=PROVE_BY_PASSKEY>
                {hidden("back", back)}
                <div class="form-actions">
                    <button class="button">"Use a passkey instead"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

/// What a form needs that takes a fresh proof.
///
/// # Errors
/// When the last proof of the request at hand is too old.
#[cfg(feature = "ssr")]
pub fn need(now: policy::Timestamp) -> Result<(), super::problem::Problem> {
    use super::problem::{Fault, Problem};
    let too_old = crate::session::Presence::current().is_too_old_for(None, now);
    if too_old { Err(Problem::of_form(Fault::Unproven)) } else { Ok(()) }
}
