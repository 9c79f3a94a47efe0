//! The server's side of the forms of accounts.

use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::proof;
use crate::pages::form::respond::{Refusal, actor, respond};
use crate::routes::ACCOUNTS;
use crate::session::SignedIn;
use policy::SubjectId;
use policy::ids::{check_id, check_subject_id};
use store::accounts::{AccountError, AccountRole, normal_login};

/// What the account is told that asked for it.
pub fn refusal(error: AccountError) -> Refusal {
    let problem = match error {
        AccountError::Store(error) => return error.into(),
        AccountError::LoginTaken(_) => Problem::new("login", Fault::Taken),
        AccountError::Login { source, .. } => Problem::new("login", Fault::from(&source)),
        AccountError::Name { source, .. } => Problem::new("name", Fault::from(&source)),
        AccountError::Unknown => Problem::of_form(Fault::Gone),
        AccountError::Stale => Problem::of_form(Fault::Stale),
        AccountError::LastOwner => Problem::of_form(Fault::LastOwner),
        AccountError::ToldElsewhere => Problem::of_form(Fault::ToldElsewhere),
        AccountError::Identity(_) => Problem::new("sub", Fault::Refused),
        AccountError::IdentityTaken(_) => Problem::new("sub", Fault::Taken),
        AccountError::NoSuchPerson => Problem::new("subject", Fault::NotAPerson),
        AccountError::SetupClosed | AccountError::LinkNotValid | AccountError::Passkey(_) => {
            Problem::of_form(Fault::Refused)
        }
    };
    problem.into()
}

fn saved(done: Done) -> Saved {
    Saved { done, revision: None, change: None }
}

fn page() -> Place {
    Place::new(ACCOUNTS.path)
}

fn form_of(ask: Ask, id: &str) -> Place {
    page().asking(ask).of(id)
}

fn answer(
    result: Result<Done, Refusal>,
    ask: Ask,
    id: &str,
    values: &[(&str, &str)],
) -> Result<(), AppError> {
    let draft = Draft::new(ask.as_str(), values.iter().copied());
    respond(result.map(|done| (page(), saved(done))), &form_of(ask, id), draft)
}

/// What can be no id is not asked for: Postgres refuses U+0000 even in a comparison.
fn need_id(id: &str) -> Result<(), Problem> {
    check_id(id).map_err(|_| Problem::of_form(Fault::Gone))
}

fn parse_role(role: &str) -> Result<AccountRole, Problem> {
    role.parse().map_err(|_| Problem::new("role", Fault::NoKind))
}

/// What the form of an invitation sends. The link is made by the caller.
#[derive(Debug, Clone, Copy)]
pub struct InviteForm<'a> {
    pub login: &'a str,
    pub name: &'a str,
    pub role: &'a str,
}

impl InviteForm<'_> {
    /// # Errors
    /// When the role is none, or the login cannot be one.
    pub fn role(&self) -> Result<AccountRole, Vec<Problem>> {
        let mut problems = Vec::new();
        if let Err(error) = check_id(&normal_login(self.login)) {
            problems.push(Problem::new("login", Fault::from(&error)));
        }
        match parse_role(self.role) {
            Ok(role) if problems.is_empty() => Ok(role),
            Ok(_) => Err(problems),
            Err(problem) => {
                problems.push(problem);
                Err(problems)
            }
        }
    }

    /// Without a name it is called by its login.
    pub fn name(&self) -> &str {
        let name = self.name.trim();
        if name.is_empty() { self.login.trim() } else { name }
    }

    /// Where the form stands, and what was typed.
    pub fn back(&self) -> (Place, Draft) {
        let values = [("login", self.login), ("name", self.name), ("role", self.role)];
        (page().asking(Ask::New), Draft::new(Ask::New.as_str(), values))
    }
}

/// What the form for a new password sends. The link is made by the caller.
#[derive(Debug, Clone, Copy)]
pub struct ResetForm<'a> {
    pub id: &'a str,
    /// `true`: using the link removes the account's passkeys as well.
    pub passkeys: &'a str,
}

impl ResetForm<'_> {
    /// # Errors
    /// When it can be no account's id.
    pub fn check(&self) -> Result<(), Problem> {
        need_id(self.id)
    }

    pub fn back(&self) -> (Place, Draft) {
        (form_of(Ask::Rotate, self.id), Draft::new(Ask::Rotate.as_str(), [("passkeys", self.passkeys)]))
    }
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    role: &str,
    subject: &str,
) -> Result<(), AppError> {
    let result = keep(console, signed_in, id, role, subject.trim()).await;
    answer(result, Ask::Edit, id, &[("role", role), ("subject", subject)])
}

/// An empty role leaves the one that a provider tells of.
async fn keep(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    role: &str,
    subject: &str,
) -> Result<Done, Refusal> {
    need_id(id)?;
    proof::need(console.now())?;
    let role = if role.is_empty() { None } else { Some(parse_role(role)?) };
    if !subject.is_empty() && check_subject_id(subject).is_err() {
        return Err(Problem::new("subject", Fault::NotAPerson).into());
    }
    let person = (!subject.is_empty()).then(|| SubjectId::from(subject));
    let (store, by, now) = (&console.store, actor(signed_in), console.now());
    // The person first: where it is none, nothing is changed.
    store.set_account_subject(id, person.as_ref(), &by, now).await.map_err(refusal)?;
    if let Some(role) = role {
        store.set_account_role(id, role, &by, now).await.map_err(refusal)?;
    }
    Ok(Done::AccountSaved)
}

pub(super) async fn set_active(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    active: bool,
) -> Result<(), AppError> {
    let result = turn(console, signed_in, id, active).await;
    answer(result, Ask::Suspend, id, &[])
}

async fn turn(console: &Console, signed_in: &SignedIn, id: &str, active: bool) -> Result<Done, Refusal> {
    need_id(id)?;
    let done = if active { Done::AccountEnabled } else { Done::AccountDisabled };
    let changed = console.store.set_account_active(id, active, &actor(signed_in), console.now()).await;
    changed.map(|()| done).map_err(refusal)
}

pub(super) async fn link(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    issuer: &str,
    sub: &str,
) -> Result<(), AppError> {
    let result = give(console, signed_in, id, issuer, sub).await;
    answer(result, Ask::Map, id, &[("issuer", issuer), ("sub", sub)])
}

async fn give(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    issuer: &str,
    sub: &str,
) -> Result<Done, Refusal> {
    need_id(id)?;
    proof::need(console.now())?;
    if !console.store.list_sign_in_providers().await?.iter().any(|provider| provider.issuer == issuer) {
        return Err(Problem::new("issuer", Fault::Unknown).into());
    }
    if sub.is_empty() {
        return Err(Problem::new("sub", Fault::Missing).into());
    }
    let linked =
        console.store.link_account_identity(id, (issuer, sub), &actor(signed_in), console.now()).await;
    linked.map(|()| Done::AccountLinked).map_err(refusal)
}

pub(super) async fn unlink(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    issuer: &str,
    sub: &str,
) -> Result<(), AppError> {
    let gone = console.store.unlink_account_identity((issuer, sub), &actor(signed_in), console.now()).await;
    let result = match gone {
        Ok(true) => Ok(Done::AccountUnlinked),
        Ok(false) => Err(Problem::of_form(Fault::Gone).into()),
        Err(error) => Err(refusal(error)),
    };
    answer(result, Ask::Map, id, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_needs_a_login_and_a_role() {
        let form = InviteForm { login: " Ann@Example.org ", name: " ", role: "auditor" };
        assert_eq!(form.role(), Ok(AccountRole::Auditor));
        assert_eq!(form.name(), "Ann@Example.org");
        let nothing = InviteForm { login: "", name: "x", role: "root" };
        let problems = [Problem::new("login", Fault::Missing), Problem::new("role", Fault::NoKind)];
        assert_eq!(nothing.role(), Err(problems.to_vec()));
    }
}
