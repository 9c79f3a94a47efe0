//! The identities by which issuers' tokens stand for a subject, and the end of all its tokens.

use super::panel::page_of;
use super::save::{RemoveIdentity, SignOut};
use super::tables::{card, quiet};
use super::view::{IdentityLine, SubjectView};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::Filled;
use crate::pages::form::place::Ask;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub fn identities(subject: &SubjectView, may_write: bool) -> AnyView {
    let end = may_write.then(|| {
        view! {
            <a class="button button-small" href=page_of(subject).asking(Ask::SignOut).href() rel="external">
                "Sign out everywhere"
            </a>
        }
    });
    let signed_out = subject.signed_out.clone().map(|at| {
        view! {
            <p class="card-foot">
                <span>
                    "Signed out everywhere "
                    <Time moment=at/>
                    ": tokens issued until then count no longer."
                </span>
            </p>
        }
    });
    let body = if subject.identities.is_empty() {
        quiet("No issuer's token stands for it.")
    } else {
        let rows: Vec<AnyView> =
            subject.identities.iter().cloned().map(|line| row(subject, line, may_write)).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Identities by issuer"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Known as"</th>
                        <th scope="col">"By"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    let body = view! {
        {body}
        {signed_out}
    };
    card("Identities", end.into_any(), body.into_any())
}

fn row(subject: &SubjectView, line: IdentityLine, may_write: bool) -> AnyView {
    let remove = may_write.then(|| {
        let href = page_of(subject).asking(Ask::Unmap).of(line.id).href();
        let label = format!("Remove {}", plain(&line.sub));
        view! {
            <a class="button button-small button-danger" href=href rel="external" aria-label=label>
                "Remove"
            </a>
        }
    });
    view! {
        <tr>
            <td class="cell-title" data-label="Known as">
                <b>
                    <UntrustedLine text=line.sub/>
                </b>
            </td>
            <td data-label="By">
                <UntrustedLine text=line.issuer/>
            </td>
            <td class="cell-actions">{remove}</td>
        </tr>
    }
    .into_any()
}

/// Says what ends and what does not, and when it was done last.
pub fn sign_out(subject: &SubjectView, answer: &Answer) -> AnyView {
    let keys = match subject.keys.len() {
        0 => "It has no API key.".to_owned(),
        1 => "Its API key stays; revoke it by itself.".to_owned(),
        more => format!("Its {more} API keys stay; revoke them one by one."),
    };
    let last = match &subject.signed_out {
        Some(at) => format!("It was last done {} ({}).", at.words, at.exact),
        None => "It was never done before.".to_owned(),
    };
    FormCard {
        filled: Filled::new(Ask::SignOut.as_str(), answer),
        title: format!("Sign {} out everywhere?", plain(&subject.name)),
        url: SignOut::url(),
        values: vec![("id", subject.id.clone())],
        lead: vec![
            "Every token that was issued to it until now, by any issuer, is refused from the next call on. This cannot be taken back.".to_owned(),
            format!("A new token counts once it was issued later than now by more than the issuer's clock skew. {keys} {last}"),
        ],
        fields: Vec::new(),
        button: "Sign out everywhere",
        destructive: true,
        cancel: page_of(subject).href(),
    }
    .draw()
}

/// None: there is no such identity.
pub fn unmap(subject: &SubjectView, answer: &Answer) -> Option<AnyView> {
    let id = subject.query.of.as_deref()?;
    let line = subject.identities.iter().find(|line| line.id == id)?;
    let form = FormCard {
        filled: Filled::new(Ask::Unmap.as_str(), answer),
        title: format!("Remove the identity {}?", plain(&line.sub)),
        url: RemoveIdentity::url(),
        lead: vec![format!(
            "{} calls it so. Such tokens stand for nobody from the next call on, and who comes with one is listed under Unmapped callers.",
            plain(&line.issuer)
        )],
        values: vec![("subject", subject.id.clone()), ("identity", line.id.clone())],
        fields: Vec::new(),
        button: "Remove identity",
        destructive: true,
        cancel: page_of(subject).href(),
    };
    Some(form.draw())
}
