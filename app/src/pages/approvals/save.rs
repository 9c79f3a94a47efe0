//! How a substitute is named, and how that ends. Requests are answered by a plain form of their own page, since it may
//! ask for the password.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// `until` as a field for a date and time sends it, in UTC.
#[server(endpoint = "substitute-put", output = Json)]
pub async fn put_substitute(
    #[server(default)] substitute: String,
    #[server(default)] until: String,
) -> Result<(), AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::Approve)?;
    let console = crate::console::Console::current()?;
    server::put(&console, (&signed_in, &reach), substitute.trim(), &until).await
}

#[server(endpoint = "substitute-end", output = Json)]
pub async fn end_substitute(#[server(default)] id: String) -> Result<(), AppError> {
    // One's own substitutes alone.
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::Approve)?;
    let console = crate::console::Console::current()?;
    server::end(&console, &signed_in, &id).await
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::gather::{may_stand_in, person};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::{Ask, Place};
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, parse_moment, respond, saved};
    use crate::routes::APPROVALS;
    use crate::session::SignedIn;
    use policy::{Reach, SubjectId};
    use store::WriteError;
    use store::approvals::NewSubstitute;

    pub(super) async fn put(
        console: &Console,
        (signed_in, reach): (&SignedIn, &Reach),
        substitute: &str,
        until: &str,
    ) -> Result<(), AppError> {
        let page = Place::new(APPROVALS.path);
        let draft = Draft::new(Ask::New.as_str(), [("substitute", substitute), ("until", until)]);
        let result = keep(console, (signed_in, reach), substitute, until).await;
        respond(result.map(|saved| (page.clone(), saved)), &page.clone().asking(Ask::New), draft)
    }

    async fn keep(
        console: &Console,
        (signed_in, reach): (&SignedIn, &Reach),
        substitute: &str,
        until: &str,
    ) -> Result<Saved, Refusal> {
        let now = console.now();
        let mut problems = Vec::new();
        if substitute.is_empty() || substitute.contains('\0') {
            problems.push(Problem::new("substitute", Fault::NothingChosen));
        }
        let until = match parse_moment("until", until, now) {
            Ok(until) => until.or_else(|| {
                problems.push(Problem::new("until", Fault::Missing));
                None
            }),
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let (Some(ends_at), true) = (until, problems.is_empty()) else { return Err(problems.into()) };
        let Some(person) = person(&console.store, &signed_in.account_id).await? else {
            return Err(Problem::of_form(Fault::NoPerson).into());
        };
        let substitute = SubjectId::from(substitute);
        if !may_stand_in(&console.store, &person, &substitute, reach, now).await? {
            return Err(Problem::new("substitute", Fault::NotASubstitute).into());
        }
        let new = NewSubstitute { person: &person, substitute: &substitute, starts_at: now, ends_at };
        let mut writer = console.store.write(actor(signed_in)).await?;
        writer.put_substitute(&new).await.map_err(refused)?;
        Ok(saved(Done::SubstituteNamed, &writer.commit().await?))
    }

    /// Whom somebody cannot have as substitute, and until when not.
    fn refused(error: WriteError) -> Refusal {
        match error {
            WriteError::Invalid { field: "ends_at", .. } => {
                Problem::new("until", Fault::NotASubstitute).into()
            }
            WriteError::Invalid { .. } | WriteError::Unknown { .. } => {
                Problem::new("substitute", Fault::NotASubstitute).into()
            }
            error => error.into(),
        }
    }

    pub(super) async fn end(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
        let page = Place::new(APPROVALS.path);
        let result = stop(console, signed_in, id).await;
        respond(result.map(|saved| (page.clone(), saved)), &page, Draft::default())
    }

    /// One's own alone.
    async fn stop(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
        let Some(person) = person(&console.store, &signed_in.account_id).await? else {
            return Err(Problem::of_form(Fault::NoPerson).into());
        };
        let own = console.store.list_substitutes(Some(&person)).await?;
        if !own.iter().any(|duty| duty.id == id && duty.person == person) {
            return Err(Problem::of_form(Fault::Gone).into());
        }
        let mut writer = console.store.write(actor(signed_in)).await?;
        writer.end_substitute(id).await?;
        Ok(saved(Done::SubstituteEnded, &writer.commit().await?))
    }
}
