//! The server's side of the forms of one subject.

use super::own::{find, find_own, hidden, person};
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, parse_moment, respond, saved};
use crate::pages::unmapped::write::identity_of;
use crate::routes::SUBJECTS;
use crate::session::SignedIn;
use crate::url::encode;
use policy::arguments::parse_exact;
use policy::ids::{check_id, check_slug};
use policy::{Reach, SubjectKind, TenantSlug, Timestamp};
use serde_json::{Map, Value};
use store::administration::{Identity, Membership, NewApiKey, Subject};
use store::{Actor, Store};

/// The page of this subject.
pub fn page_of(id: &str) -> Place {
    Place::new(format!("{}/{}", SUBJECTS.path, encode(id)))
}

/// Answers a form of the page.
fn answer(result: Result<Saved, Refusal>, id: &str, back: &Place, draft: Draft) -> Result<(), AppError> {
    respond(result.map(|saved| (page_of(id), saved)), back, draft)
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    name: &str,
    attributes: &str,
    owner: &str,
) -> Result<(), AppError> {
    let result = match parse_details(name, attributes) {
        Ok((name, attributes)) => save_details(console, signed_in, id, name, attributes, owner.trim()).await,
        Err(problems) => Err(problems.into()),
    };
    let draft =
        Draft::new(Ask::Edit.as_str(), [("name", name), ("attributes", attributes), ("owner", owner)]);
    answer(result, id, &page_of(id).asking(Ask::Edit), draft)
}

async fn save_details(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    name: String,
    attributes: Map<String, Value>,
    owner: &str,
) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let subject = find_own(&mut writer, &signed_in.reach(), id).await?;
    let name = if name.is_empty() { subject.id.to_string() } else { name };
    let owner = match subject.kind {
        // Nobody answers for a person; its form does not ask.
        SubjectKind::User => None,
        _ if owner.is_empty() => hidden(&mut writer, &signed_in.reach(), subject.owner.as_ref()).await?,
        _ => Some(person(&mut writer, &signed_in.reach(), owner).await?),
    };
    writer.put_subject(&Subject { name, attributes, owner, ..subject }).await?;
    Ok(saved(Done::SubjectSaved, &writer.commit().await?))
}

pub(super) async fn set_active(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    active: bool,
) -> Result<(), AppError> {
    let result = turn(console, signed_in, id, active).await;
    answer(result, id, &page_of(id), Draft::default())
}

async fn turn(console: &Console, signed_in: &SignedIn, id: &str, active: bool) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let subject = find_own(&mut writer, &signed_in.reach(), id).await?;
    writer.put_subject(&Subject { active, ..subject }).await?;
    let done = if active { Done::SubjectEnabled } else { Done::SubjectDisabled };
    Ok(saved(done, &writer.commit().await?))
}

pub(super) async fn delete(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let result = remove(console, signed_in, id).await.map(|saved| (Place::new(SUBJECTS.path), saved));
    respond(result, &page_of(id).asking(Ask::Delete), Draft::new(Ask::Delete.as_str(), []))
}

async fn remove(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let subject = find_own(&mut writer, &signed_in.reach(), id).await?;
    writer.delete_subject(&subject.id).await?;
    Ok(saved(Done::SubjectDeleted, &writer.commit().await?))
}

pub(super) async fn save_membership(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    tenant: &str,
    roles: Vec<String>,
    until: &str,
) -> Result<(), AppError> {
    let values = roles.iter().map(|role| ("roles", role.as_str())).chain([("until", until)]);
    let draft = Draft::new(Ask::Member.as_str(), values);
    let result = join(console, signed_in, subject, tenant, roles, until).await;
    answer(result, subject, &page_of(subject).asking(Ask::Member).of(tenant), draft)
}

async fn join(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    tenant: &str,
    roles: Vec<String>,
    until: &str,
) -> Result<Saved, Refusal> {
    let (tenant, until) = parse_membership(tenant, &roles, until, console.now())?;
    let reach = signed_in.reach();
    if !reach.holds(tenant.as_str()) {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    let mut writer = console.store.write(actor(signed_in)).await?;
    // Nobody draws somebody else's subject into their own tenant.
    let (subject, _) = find(&mut writer, &reach, subject).await?;
    writer.put_membership(&Membership { subject: subject.id, tenant, roles, until }).await?;
    Ok(saved(Done::MembershipSaved, &writer.commit().await?))
}

pub(super) async fn remove_membership(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    tenant: &str,
) -> Result<(), AppError> {
    let result = leave(console, signed_in, subject, tenant).await;
    let back = page_of(subject).asking(Ask::Leave).of(tenant);
    answer(result, subject, &back, Draft::new(Ask::Leave.as_str(), []))
}

async fn leave(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    tenant: &str,
) -> Result<Saved, Refusal> {
    let reach = signed_in.reach();
    if check_slug(tenant).is_err() || !reach.holds(tenant) {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    let mut writer = console.store.write(actor(signed_in)).await?;
    let (subject, _) = find(&mut writer, &reach, subject).await?;
    writer.delete_membership(&subject.id, &TenantSlug::from(tenant)).await?;
    Ok(saved(Done::MembershipRemoved, &writer.commit().await?))
}

pub(super) async fn revoke_api_key(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    name: &str,
) -> Result<(), AppError> {
    let result = revoke(console, signed_in, subject, name).await;
    let back = page_of(subject).asking(Ask::Revoke).of(name);
    answer(result, subject, &back, Draft::new(Ask::Revoke.as_str(), []))
}

async fn revoke(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    name: &str,
) -> Result<Saved, Refusal> {
    if check_id(name).is_err() {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    let mut writer = console.store.write(actor(signed_in)).await?;
    let subject = find_own(&mut writer, &signed_in.reach(), subject).await?;
    writer.delete_api_key(&subject.id, name).await?;
    Ok(saved(Done::ApiKeyRevoked, &writer.commit().await?))
}

pub(super) async fn sign_out(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let result = end_tokens(console, signed_in, id).await;
    answer(result, id, &page_of(id).asking(Ask::SignOut), Draft::new(Ask::SignOut.as_str(), []))
}

async fn end_tokens(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let subject = find_own(&mut writer, &signed_in.reach(), id).await?;
    writer.sign_out_everywhere(&subject.id).await?;
    Ok(saved(Done::SubjectSignedOut, &writer.commit().await?))
}

pub(super) async fn remove_identity(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    identity: &str,
) -> Result<(), AppError> {
    let result = unmap(console, signed_in, subject, identity).await;
    let back = page_of(subject).asking(Ask::Unmap).of(identity);
    answer(result, subject, &back, Draft::new(Ask::Unmap.as_str(), []))
}

async fn unmap(
    console: &Console,
    signed_in: &SignedIn,
    subject: &str,
    identity: &str,
) -> Result<Saved, Refusal> {
    let (issuer, sub) = identity_of(identity).ok_or_else(|| Problem::of_form(Fault::Gone))?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    let reach = signed_in.reach();
    let subject = find_own(&mut writer, &reach, subject).await?;
    // What is not there, or not for the reader to see, is gone already.
    writer.remove_identity(subject, &Identity { issuer, sub }, &reach).await?;
    Ok(saved(Done::IdentityRemoved, &writer.commit().await?))
}

/// What the form for a new API key sends. The secret is made by the caller; here is its digest alone.
#[derive(Debug, Clone, Copy)]
pub struct ApiKeyForm<'a> {
    pub subject: &'a str,
    pub name: &'a str,
    pub expires: &'a str,
}

impl ApiKeyForm<'_> {
    /// Where the form stands, and what was typed.
    pub fn back(&self) -> (Place, Draft) {
        let draft = Draft::new(Ask::New.as_str(), [("name", self.name), ("expires", self.expires)]);
        (page_of(self.subject).asking(Ask::New), draft)
    }

    /// Stores the key by the digest of its secret. A key of this name must not exist: its secret would end.
    ///
    /// # Errors
    /// When a field is wrong, the subject is gone or not the reader's to change, or the database fails.
    pub async fn create(
        &self,
        store: &Store,
        actor: Actor,
        reach: &Reach,
        now: Timestamp,
        digest: &str,
    ) -> Result<Saved, Refusal> {
        let (name, expires_at) = parse_api_key(self.name, self.expires, now)?;
        let mut writer = store.write(actor).await?;
        let subject = find_own(&mut writer, reach, self.subject).await?;
        if writer.list_api_keys(&subject.id).await?.iter().any(|key| key.name == name) {
            return Err(Problem::new("name", Fault::Taken).into());
        }
        writer.put_api_key(&NewApiKey { subject: &subject.id, name, digest, expires_at }).await?;
        Ok(saved(Done::ApiKeyCreated, &writer.commit().await?))
    }
}

fn parse_api_key<'a>(
    name: &'a str,
    expires: &str,
    now: Timestamp,
) -> Result<(&'a str, Option<Timestamp>), Vec<Problem>> {
    let name = name.trim();
    let named = check_id(name).map_err(|error| Problem::new("name", Fault::from(&error)));
    match (named, parse_moment("expires", expires, now)) {
        (Ok(()), Ok(expires)) => Ok((name, expires)),
        (named, expires) => Err(named.err().into_iter().chain(expires.err()).collect()),
    }
}

/// An empty name stands for the id.
fn parse_details(name: &str, attributes: &str) -> Result<(String, Map<String, Value>), Vec<Problem>> {
    let name = name.trim();
    let mut problems = Vec::new();
    if name.chars().count() > 200 {
        problems.push(Problem::new("name", Fault::TooLong(200)));
    }
    if name.chars().any(char::is_control) {
        problems.push(Problem::new("name", Fault::Control));
    }
    match parse_attributes(attributes) {
        Ok(attributes) if problems.is_empty() => return Ok((name.to_owned(), attributes)),
        Ok(_) => {}
        Err(fault) => problems.push(Problem::new("attributes", fault)),
    }
    Err(problems)
}

pub(crate) fn parse_attributes(text: &str) -> Result<Map<String, Value>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Map::new());
    }
    if text.chars().count() > 10_000 {
        return Err(Fault::TooLong(10_000));
    }
    match parse_exact(text.as_bytes()) {
        Ok(Value::Object(attributes)) => Ok(attributes),
        Ok(_) => Err(Fault::NotAnObject),
        Err(_) => Err(Fault::NotJson),
    }
}

fn parse_membership(
    tenant: &str,
    roles: &[String],
    until: &str,
    now: Timestamp,
) -> Result<(TenantSlug, Option<Timestamp>), Vec<Problem>> {
    let mut problems = Vec::new();
    if check_slug(tenant).is_err() {
        problems.push(Problem::of_form(Fault::Gone));
    }
    if roles.iter().any(|role| check_id(role).is_err()) {
        problems.push(Problem::new("roles", Fault::Unknown));
    }
    match parse_moment("until", until, now) {
        Ok(until) if problems.is_empty() => return Ok((TenantSlug::from(tenant), until)),
        Ok(_) => {}
        Err(problem) => problems.push(problem),
    }
    Err(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-23T10:00:00Z").expect("a moment")
    }

    #[test]
    fn attributes_are_an_object_read_exactly() {
        assert_eq!(parse_attributes(" "), Ok(Map::new()));
        assert_eq!(parse_attributes(r#"{"team":"a"}"#).map(|map| map.len()), Ok(1));
        assert_eq!(parse_attributes("[1]"), Err(Fault::NotAnObject));
        for bad in ["{", r#"{"a":1,"a":2}"#, "team: a"] {
            assert_eq!(parse_attributes(bad), Err(Fault::NotJson), "{bad}");
        }
        assert_eq!(parse_attributes(&"x".repeat(10_001)), Err(Fault::TooLong(10_000)));
    }

    #[test]
    fn details_are_told_what_is_wrong_field_by_field() {
        let problems = parse_details("a\u{1}", "1").expect_err("refused");
        assert_eq!(
            problems,
            [Problem::new("name", Fault::Control), Problem::new("attributes", Fault::NotAnObject)]
        );
        assert_eq!(parse_details(" Alice ", "").map(|(name, _)| name), Ok("Alice".to_owned()));
    }

    #[test]
    fn a_membership_may_end() {
        let roles = ["agent".to_owned()];
        let (tenant, until) = parse_membership("acme", &roles, "2026-12-31T17:00", now()).expect("read");
        assert_eq!(
            (tenant.as_str(), until.map(Timestamp::rfc3339).as_deref()),
            ("acme", Some("2026-12-31T17:00:00Z"))
        );
        let problems =
            parse_membership("acme", &["\0".to_owned()], "2020-01-01T00:00", now()).expect_err("refused");
        assert_eq!(problems, [Problem::new("roles", Fault::Unknown), Problem::new("until", Fault::Past)]);
    }

    #[test]
    fn an_api_key_needs_a_name() {
        assert_eq!(parse_api_key(" laptop ", "", now()), Ok(("laptop", None)));
        let problems = parse_api_key("", "soon", now()).expect_err("refused");
        assert_eq!(
            problems,
            [Problem::new("name", Fault::Missing), Problem::new("expires", Fault::NotAMoment)]
        );
    }
}
