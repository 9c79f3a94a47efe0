//! The server's side of the forms of accounts.

use super::panel::{EVERYTHING, TENANTS};
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::proof;
use crate::pages::form::respond::{Refusal, actor, respond};
use crate::routes::ACCOUNTS;
use crate::session::SignedIn;
use policy::ids::{check_id, check_slug, check_subject_id};
use policy::{Reach, SubjectId, TenantSlug};
use store::accounts::{AccountChange, AccountError, AccountRole, normal_login};

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
        AccountError::NoSuchTenant => Problem::new("tenants", Fault::Unknown),
        AccountError::NoTenant => Problem::new("tenants", Fault::Missing),
        AccountError::SetupClosed
        | AccountError::LinkNotValid
        | AccountError::NoPassword
        | AccountError::OwnersOnly
        | AccountError::PersonsOnly
        | AccountError::PasskeyStays
        | AccountError::Passkey(_) => Problem::of_form(Fault::Refused),
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

/// Where a role counts, as the forms send it. What names tenants and asks for all of them is no answer.
fn parse_reach(reach: &str, tenants: &str) -> Result<Reach, Problem> {
    let is_between = |character: char| character == ',' || character.is_whitespace();
    let slugs: Vec<&str> = tenants.split(is_between).filter(|slug| !slug.is_empty()).collect();
    match (reach, slugs.is_empty()) {
        (EVERYTHING, true) => Ok(Reach::Everything),
        (EVERYTHING, false) => Err(Problem::new("tenants", Fault::NotBoth)),
        (TENANTS, true) => Err(Problem::new("tenants", Fault::Missing)),
        (TENANTS, false) if slugs.iter().all(|slug| check_slug(slug).is_ok()) => {
            Ok(Reach::of(slugs.into_iter().map(TenantSlug::from)))
        }
        (TENANTS, false) => Err(Problem::new("tenants", Fault::Unknown)),
        _ => Err(Problem::new("reach", Fault::NoKind)),
    }
}

/// What the form of an invitation sends. The link is made by the caller.
#[derive(Debug, Clone, Copy)]
pub struct InviteForm<'a> {
    pub login: &'a str,
    pub name: &'a str,
    pub role: &'a str,
    pub reach: &'a str,
    pub tenants: &'a str,
}

impl InviteForm<'_> {
    /// The role, and where it counts.
    ///
    /// # Errors
    /// When the role or its reach is none, or the login cannot be one.
    pub fn grant(&self) -> Result<(AccountRole, Reach), Vec<Problem>> {
        let mut problems = Vec::new();
        if let Err(error) = check_id(&normal_login(self.login)) {
            problems.push(Problem::new("login", Fault::from(&error)));
        }
        let (role, reach) = (parse_role(self.role), parse_reach(self.reach, self.tenants));
        match (role, reach) {
            (Ok(role), Ok(reach)) if problems.is_empty() => Ok((role, reach)),
            (role, reach) => {
                problems.extend(role.err());
                problems.extend(reach.err());
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
        let who = [("login", self.login), ("name", self.name)];
        let what = [("role", self.role), ("reach", self.reach), ("tenants", self.tenants)];
        let values = who.into_iter().chain(what);
        (page().asking(Ask::New), Draft::new(Ask::New.as_str(), values))
    }
}

/// What the form for a new password sends. The link is made by the caller.
#[derive(Debug, Clone, Copy)]
pub struct ResetForm<'a> {
    pub id: &'a str,
    /// `true`: using the link leaves the account its passkeys. Anything else: it removes them.
    pub keep: &'a str,
}

impl ResetForm<'_> {
    /// # Errors
    /// When it can be no account's id.
    pub fn check(&self) -> Result<(), Problem> {
        need_id(self.id)
    }

    pub fn forgets_passkeys(&self) -> bool {
        self.keep != "true"
    }

    pub fn back(&self) -> (Place, Draft) {
        (form_of(Ask::Rotate, self.id), Draft::new(Ask::Rotate.as_str(), [("keep", self.keep)]))
    }
}

/// The role that the form of an account sends, and where it counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct GrantForm<'a> {
    /// Empty: as a provider tells.
    pub(super) role: &'a str,
    pub(super) reach: &'a str,
    pub(super) tenants: &'a str,
}

impl<'a> GrantForm<'a> {
    fn read(&self) -> Result<Option<(AccountRole, Reach)>, Problem> {
        if self.role.is_empty() {
            return Ok(None);
        }
        Ok(Some((parse_role(self.role)?, parse_reach(self.reach, self.tenants)?)))
    }

    fn values(&self) -> [(&'static str, &'a str); 3] {
        [("role", self.role), ("reach", self.reach), ("tenants", self.tenants)]
    }
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    grant: &GrantForm<'_>,
    subject: &str,
) -> Result<(), AppError> {
    let result = keep(console, signed_in, id, grant, subject.trim()).await;
    let [role, reach, tenants] = grant.values();
    answer(result, Ask::Edit, id, &[role, reach, tenants, ("subject", subject)])
}

/// An empty role leaves the one that a provider tells of.
async fn keep(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    grant: &GrantForm<'_>,
    subject: &str,
) -> Result<Done, Refusal> {
    need_id(id)?;
    proof::need(console.now())?;
    let grant = grant.read()?;
    if !subject.is_empty() && check_subject_id(subject).is_err() {
        return Err(Problem::new("subject", Fault::NotAPerson).into());
    }
    let person = (!subject.is_empty()).then(|| SubjectId::from(subject));
    let (store, by, now) = (&console.store, actor(signed_in), console.now());
    let grant = grant.as_ref().map(|(role, reach)| (*role, reach));
    let change = AccountChange { grant, subject: person.as_ref() };
    let withdrawn = store.change_account(id, &change, &by, now).await.map_err(refusal)?;
    Ok(if withdrawn { Done::AccountWithdrawn } else { Done::AccountSaved })
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
    fn an_invitation_needs_a_login_a_role_and_where_it_counts() {
        let form = InviteForm {
            login: " Ann@Example.org ",
            name: " ",
            role: "auditor",
            reach: "everything",
            tenants: " ",
        };
        assert_eq!(form.grant(), Ok((AccountRole::Auditor, Reach::Everything)));
        assert_eq!(form.name(), "Ann@Example.org");
        let nothing = InviteForm { login: "", name: "x", role: "root", reach: "", tenants: "" };
        let problems = [
            Problem::new("login", Fault::Missing),
            Problem::new("role", Fault::NoKind),
            Problem::new("reach", Fault::NoKind),
        ];
        assert_eq!(nothing.grant(), Err(problems.to_vec()));
    }

    #[test]
    fn nobody_reaches_everything_by_leaving_something_out() {
        let of = |slugs: &[&str]| Reach::of(slugs.iter().map(|slug| TenantSlug::from(*slug)));
        assert_eq!(parse_reach("tenants", " globex,acme\r\nacme "), Ok(of(&["acme", "globex"])));
        for (reach, tenants, problem) in [
            ("tenants", " , ", Problem::new("tenants", Fault::Missing)),
            ("tenants", "acme Globex", Problem::new("tenants", Fault::Unknown)),
            ("everything", "acme", Problem::new("tenants", Fault::NotBoth)),
            ("", "", Problem::new("reach", Fault::NoKind)),
            ("", "acme", Problem::new("reach", Fault::NoKind)),
        ] {
            assert_eq!(parse_reach(reach, tenants), Err(problem), "{reach} {tenants}");
        }
    }
}
