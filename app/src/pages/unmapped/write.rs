//! The server's side of the forms of unmapped callers.

use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved, from_hex, to_hex};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, respond, saved};
use crate::pages::subject::write::page_of;
use crate::routes::UNMAPPED;
use crate::session::SignedIn;
use policy::SubjectId;
use policy::ids::check_subject_id;
use store::WriteError;

/// What stands for an identity in addresses and forms: both parts may hold what routers undo or browsers trim.
pub(crate) fn id_of(issuer: &str, sub: &str) -> String {
    to_hex(&format!("{issuer}\n{sub}"))
}

/// Issuer and `sub`. None: no identity has this id.
pub(crate) fn identity_of(id: &str) -> Option<(String, String)> {
    let text = from_hex(id).filter(|text| !text.contains('\0'))?;
    text.split_once('\n').map(|(issuer, sub)| (issuer.to_owned(), sub.to_owned()))
}

fn gone() -> Refusal {
    Problem::of_form(Fault::Gone).into()
}

pub(super) async fn map(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    subject: &str,
) -> Result<(), AppError> {
    let back = Place::new(UNMAPPED.path).asking(Ask::Map).of(id);
    let draft = Draft::new(Ask::Map.as_str(), [("subject", subject)]);
    let subject = subject.trim();
    let result = give(console, signed_in, id, subject).await;
    respond(result.map(|saved| (page_of(subject), saved)), &back, draft)
}

async fn give(console: &Console, signed_in: &SignedIn, id: &str, subject: &str) -> Result<Saved, Refusal> {
    let (issuer, sub) = identity_of(id).ok_or_else(gone)?;
    if let Err(error) = check_subject_id(subject) {
        return Err(Problem::new("subject", Fault::from(&error)).into());
    }
    // Somebody may have given it away meanwhile.
    if console.store.get_unmapped(&issuer, &sub).await?.is_none() {
        return Err(gone());
    }
    let subject = SubjectId::new(subject);
    let mut writer = console.store.write(actor(signed_in)).await?;
    if writer.get_subject(&subject).await?.is_none() {
        return Err(Problem::new("subject", Fault::Unknown).into());
    }
    match writer.map_identity(&issuer, &sub, &subject).await {
        Ok(_) => Ok(saved(Done::IdentityMapped, &writer.commit().await?)),
        Err(WriteError::Taken { .. }) => Err(gone()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn block(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    block: bool,
) -> Result<(), AppError> {
    let page = Place::new(UNMAPPED.path);
    let result = turn(console, signed_in, id, block).await;
    respond(result.map(|saved| (page.clone(), saved)), &page, Draft::default())
}

async fn turn(console: &Console, signed_in: &SignedIn, id: &str, block: bool) -> Result<Saved, Refusal> {
    let (issuer, sub) = identity_of(id).ok_or_else(gone)?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    let done = if block {
        match writer.block_identity(&issuer, &sub).await {
            Err(WriteError::Taken { .. }) => return Err(gone()),
            blocked => blocked?,
        };
        Done::IdentityBlocked
    } else {
        writer.unblock_identity(&issuer, &sub).await?;
        Done::IdentityUnblocked
    };
    Ok(saved(done, &writer.commit().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stands_for_both_parts() {
        for sub in ["a-17", " a\n\u{202e}%41/ ", ""] {
            let (issuer, read) = identity_of(&id_of("https://idp.example", sub)).expect("an identity");
            assert_eq!((issuer.as_str(), read.as_str()), ("https://idp.example", sub));
        }
        for bad in ["", "zz", &to_hex("https://idp.example"), &id_of("https://idp.example", "a\0")] {
            assert_eq!(identity_of(bad), None, "{bad}");
        }
    }
}
