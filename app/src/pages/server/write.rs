//! The server's side of the forms of one server.

use super::bulk::FORM as BULK;
use super::discoveries::Discoveries;
use super::head::href_of;
use super::mark::Mark;
use super::place;
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, respond, saved};
use crate::routes::{SERVER_SETTINGS, SERVERS};
use crate::session::SignedIn;
use pdp::address_guard::{AddressError, AddressGuard};
use pdp::discovery::{self, Labels, ReviewError};
use policy::ids::check_slug;
use policy::{ServerSlug, TenantSlug, ToolId};
use store::administration::Server;
use store::changes::{ChangeFilter, ChangePosition};
use store::{Actor, Store, StoreError, Writer};

/// The most tools that are marked at once.
const MOST_MARKS: usize = 200;
/// The most audiences of a server.
const MOST_AUDIENCES: usize = 20;

/// What the form of the settings sends.
#[derive(Debug, Clone)]
pub(super) struct SettingsForm {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) tenants: Vec<String>,
    pub(super) enabled: bool,
    pub(super) check_arguments: bool,
    pub(super) audiences: String,
}

impl SettingsForm {
    fn draft(&self) -> Draft {
        let switch = |name: &'static str, on: bool| on.then_some((name, "true"));
        let values = [
            ("name", self.name.as_str()),
            ("url", self.url.as_str()),
            ("audiences", self.audiences.as_str()),
        ];
        let switches = [switch("enabled", self.enabled), switch("check_arguments", self.check_arguments)];
        let tenants = self.tenants.iter().map(|tenant| ("tenants", tenant.as_str()));
        Draft::new(
            Ask::Edit.as_str(),
            values.into_iter().chain(switches.into_iter().flatten()).chain(tenants),
        )
    }
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    form: SettingsForm,
) -> Result<(), AppError> {
    let back = settings_of(&form.slug);
    let draft = form.draft();
    let result = write(console, signed_in, &form).await;
    respond(result.map(|saved| (back.clone(), saved)), &back, draft)
}

fn settings_of(slug: &str) -> Place {
    Place::new(href_of(&SERVER_SETTINGS, slug))
}

async fn write(console: &Console, signed_in: &SignedIn, form: &SettingsForm) -> Result<Saved, Refusal> {
    let mut problems = Vec::new();
    let name = keep(&mut problems, parse_name(&form.name));
    let url = keep(&mut problems, parse_url(&form.url));
    let audiences = keep(&mut problems, parse_audiences(&form.audiences));
    let tenants = keep(&mut problems, parse_tenants(&form.tenants));
    let (Some(name), Some(url), Some(audiences), Some(tenants)) = (name, url, audiences, tenants) else {
        return Err(problems.into());
    };
    let mut writer = console.store.write(actor(signed_in)).await?;
    let server = find(&mut writer, &form.slug).await?;
    need_tenants(&mut writer, &tenants).await?;
    let name = if name.is_empty() { server.slug.to_string() } else { name };
    let (slug, moved) = (server.slug.clone(), server.url != url);
    let (enabled, check_arguments) = (form.enabled, form.check_arguments);
    writer.put_server(&Server { name, url, tenants, enabled, check_arguments, audiences, ..server }).await?;
    let saved = saved(Done::ServerSaved, &writer.commit().await?);
    if moved {
        // What was found at the old address says nothing of the new one.
        console.discoveries.forget(&slug);
    }
    Ok(saved)
}

/// What is wrong is collected, so that every field is told at once.
pub(crate) fn keep<T>(problems: &mut Vec<Problem>, parsed: Result<T, Problem>) -> Option<T> {
    parsed.map_err(|problem| problems.push(problem)).ok()
}

pub(super) async fn set_enabled(
    console: &Console,
    signed_in: &SignedIn,
    slug: &str,
    enabled: bool,
) -> Result<(), AppError> {
    let result = turn(console, signed_in, slug, enabled).await;
    let page = place(slug);
    respond(result.map(|saved| (page.clone(), saved)), &page, Draft::default())
}

async fn turn(console: &Console, signed_in: &SignedIn, slug: &str, enabled: bool) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let server = find(&mut writer, slug).await?;
    writer.put_server(&Server { enabled, ..server }).await?;
    let done = if enabled { Done::ServerEnabled } else { Done::ServerDisabled };
    Ok(saved(done, &writer.commit().await?))
}

pub(super) async fn delete(console: &Console, signed_in: &SignedIn, slug: &str) -> Result<(), AppError> {
    let result = remove(&console.store, &console.discoveries, actor(signed_in), slug).await;
    let result = result.map(|saved| (Place::new(SERVERS.path), saved));
    let back = settings_of(slug).asking(Ask::Delete);
    respond(result, &back, Draft::new(Ask::Delete.as_str(), []))
}

async fn remove(
    store: &Store,
    discoveries: &Discoveries,
    actor: Actor,
    slug: &str,
) -> Result<Saved, Refusal> {
    let mut writer = store.write(actor).await?;
    let server = find(&mut writer, slug).await?;
    writer.delete_server(&server.slug).await?;
    let saved = saved(Done::ServerDeleted, &writer.commit().await?);
    discoveries.forget(&server.slug);
    Ok(saved)
}

pub(super) async fn review(
    console: &Console,
    signed_in: &SignedIn,
    slug: &str,
    marks: &[String],
) -> Result<(), AppError> {
    let page = place(slug);
    let result = mark_all(console, &actor(signed_in), slug, marks).await;
    respond(result.map(|saved| (page.clone(), saved)), &page, Draft::new(BULK, []))
}

async fn mark_all(console: &Console, actor: &Actor, slug: &str, marks: &[String]) -> Result<Saved, Refusal> {
    if marks.is_empty() {
        return Err(Problem::of_form(Fault::NothingChosen).into());
    }
    if marks.len() > MOST_MARKS {
        return Err(Problem::of_form(Fault::TooMany(MOST_MARKS)).into());
    }
    let mut last = None;
    let mut left = 0;
    for mark in marks {
        match mark_one(&console.store, actor, slug, mark).await {
            Ok(id) => last = Some(id),
            Err(ReviewError::Store(error)) => return Err(error.into()),
            Err(ReviewError::Write(error)) => return Err(error.into()),
            Err(_) => left += 1,
        }
    }
    match last {
        None => Err(Problem::of_form(Fault::OfferChanged).into()),
        Some(id) => {
            let done = if left == 0 { Done::ToolsReviewed } else { Done::SomeToolsReviewed };
            Ok(recorded(&console.store, actor, done, &id).await)
        }
    }
}

/// What the person saw is what is marked: a form that the server changed since is refused.
async fn mark_one(store: &Store, actor: &Actor, slug: &str, mark: &str) -> Result<ToolId, ReviewError> {
    let mark = Mark::read(mark).ok_or(ReviewError::UnknownTool)?;
    let known = store.get_tool_by_id(&mark.id).await?;
    let known = known.filter(|tool| tool.server.as_str() == slug).ok_or(ReviewError::UnknownTool)?;
    let labels = Labels {
        risk: mark.risk,
        sensitivity: mark.sensitivity,
        read_only: mark.read_only,
        redact: known.redact,
        check_schema: true,
        // A mapping is looked at by itself: a tool that declares one is left for its own review.
        mapping: None,
    };
    let review = discovery::review(store, actor.clone(), &mark.id, Some(&mark.hash), labels);
    Ok(Box::pin(review).await?.id)
}

/// What the next page says of a tool that was just reviewed. What cannot be read for it is left out: it is done.
pub(crate) async fn recorded(store: &Store, actor: &Actor, done: Done, tool: &ToolId) -> Saved {
    let about = ChangeFilter { kind: Some("tool"), object: Some(tool.as_str()), ..ChangeFilter::default() };
    let change = store.list_changes(&about, ChangePosition::Newest, 1).await.ok();
    let change = change.and_then(|changes| changes.into_iter().next()).map(|change| change.id);
    Saved { done, revision: live_revision(store, actor.clone()).await.ok(), change }
}

/// The revision that is live now: an empty unit of work tells it.
async fn live_revision(store: &Store, actor: Actor) -> Result<i64, StoreError> {
    Ok(store.write(actor).await?.commit().await?.global_revision)
}

pub(crate) async fn find(writer: &mut Writer, slug: &str) -> Result<Server, Refusal> {
    // What is no slug is not asked for: Postgres refuses U+0000 even in a comparison.
    if check_slug(slug).is_err() {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    let found = writer.get_server(&ServerSlug::from(slug)).await?;
    found.ok_or_else(|| Problem::of_form(Fault::Gone).into())
}

pub(crate) async fn need_tenants(writer: &mut Writer, tenants: &[TenantSlug]) -> Result<(), Refusal> {
    for tenant in tenants {
        if writer.get_tenant(tenant).await?.is_none() {
            return Err(Problem::new("tenants", Fault::Unknown).into());
        }
    }
    Ok(())
}

pub(crate) fn parse_name(given: &str) -> Result<String, Problem> {
    let name = given.trim();
    if name.chars().count() > 200 {
        return Err(Problem::new("name", Fault::TooLong(200)));
    }
    if name.chars().any(char::is_control) {
        return Err(Problem::new("name", Fault::Control));
    }
    Ok(name.to_owned())
}

/// Whether the address may be asked is told when it is: a server that only its own gateway reaches has tools as well.
pub(crate) fn parse_url(given: &str) -> Result<String, Problem> {
    let url = given.trim();
    let fault = match AddressGuard::default().check_url(url) {
        _ if url.is_empty() => Fault::Missing,
        _ if url.chars().any(char::is_control) => Fault::Control,
        Ok(_) | Err(AddressError::Refused { .. }) => return Ok(url.to_owned()),
        Err(AddressError::TooLong) => Fault::TooLong(2_048),
        Err(AddressError::Scheme { .. }) => Fault::NotHttp,
        Err(AddressError::Userinfo) => Fault::SecretInUrl,
        Err(_) => Fault::NotAUrl,
    };
    Err(Problem::new("url", fault))
}

pub(crate) fn parse_tenants(given: &[String]) -> Result<Vec<TenantSlug>, Problem> {
    if given.iter().any(|slug| check_slug(slug).is_err()) {
        return Err(Problem::new("tenants", Fault::Unknown));
    }
    Ok(given.iter().map(|slug| TenantSlug::from(slug.as_str())).collect())
}

fn parse_audiences(given: &str) -> Result<Vec<String>, Problem> {
    let lines: Vec<String> =
        given.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect();
    let fault = if lines.len() > MOST_AUDIENCES {
        Fault::TooMany(MOST_AUDIENCES)
    } else if lines.iter().any(|line| line.chars().count() > 500) {
        Fault::TooLong(500)
    } else if lines.iter().any(|line| line.chars().any(char::is_control)) {
        Fault::Control
    } else {
        return Ok(lines);
    };
    Err(Problem::new("audiences", fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_what_is_wrong_and_private_ones_are_taken() {
        for good in ["https://mcp.example/mcp", " http://127.0.0.1:9000/mcp ", "http://10.0.0.1/"] {
            assert_eq!(parse_url(good), Ok(good.trim().to_owned()), "{good}");
        }
        for (bad, fault) in [
            ("", Fault::Missing),
            ("mcp", Fault::NotAUrl),
            ("ftp://mcp.example", Fault::NotHttp),
            ("https://a:b@mcp.example", Fault::SecretInUrl),
            ("https://mcp\n.example", Fault::Control),
        ] {
            assert_eq!(parse_url(bad), Err(Problem::new("url", fault)), "{bad}");
        }
    }

    #[test]
    fn audiences_are_lines() {
        assert_eq!(parse_audiences(" a \r\n\r\nb\n"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(parse_audiences(&"a\n".repeat(21)), Err(Problem::new("audiences", Fault::TooMany(20))));
    }

    #[test]
    fn what_was_typed_is_kept() {
        let form = SettingsForm {
            slug: "crm".to_owned(),
            name: "CRM".to_owned(),
            url: String::new(),
            tenants: vec!["acme".to_owned()],
            enabled: false,
            check_arguments: true,
            audiences: String::new(),
        };
        let draft = form.draft();
        assert_eq!((draft.value("tenants"), draft.value("enabled")), (Some("acme"), None));
        assert_eq!(draft.value("check_arguments"), Some("true"));
    }
}
