//! The server's side of the forms of resources.

use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved, from_hex, to_hex};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, respond, saved, told_to};
use crate::pages::server::write::keep;
use crate::pages::subject::write::parse_attributes;
use crate::permission::ConsoleRole;
use crate::routes::RESOURCES;
use crate::session::SignedIn;
use policy::binding::{check_resource_id, check_type};
use policy::ids::check_slug;
use policy::{Reach, Sensitivity, TenantSlug};
use serde_json::{Map, Value};
use store::administration::Resource;
use store::{WriteError, Writer};

/// What stands for a resource in addresses and forms: ids may hold what routers undo or browsers trim.
pub fn key_of(kind: &str, id: &str) -> String {
    to_hex(&format!("{kind}\n{id}"))
}

/// Type and id. None: no resource has this key.
pub fn resource_of(key: &str) -> Option<(String, String)> {
    let text = from_hex(key)?;
    let (kind, id) = text.split_once('\n')?;
    (check_type(kind).is_ok() && check_resource_id(id).is_ok()).then(|| (kind.to_owned(), id.to_owned()))
}

fn page_of(key: &str) -> Place {
    Place::new(format!("{}/{key}", RESOURCES.path))
}

/// What both forms ask for.
pub(super) struct Given {
    pub(super) tenant: String,
    pub(super) sensitivity: String,
    pub(super) attributes: String,
}

/// The same, read.
struct Details {
    tenant: TenantSlug,
    sensitivity: Sensitivity,
    attributes: Map<String, Value>,
}

impl Given {
    fn values(&self) -> [(&'static str, &str); 3] {
        [
            ("tenant", self.tenant.as_str()),
            ("sensitivity", self.sensitivity.as_str()),
            ("attributes", self.attributes.as_str()),
        ]
    }

    fn read(&self, problems: &mut Vec<Problem>) -> Option<Details> {
        let tenant = match check_slug(&self.tenant) {
            Ok(()) => Ok(TenantSlug::from(self.tenant.as_str())),
            Err(_) => Err(Problem::new("tenant", Fault::Unknown)),
        };
        let tenant = keep(problems, tenant);
        let sensitivity = self.sensitivity.parse::<Sensitivity>();
        let sensitivity =
            keep(problems, sensitivity.map_err(|_| Problem::new("sensitivity", Fault::Unknown)));
        let attributes = parse_attributes(&self.attributes);
        let attributes = keep(problems, attributes.map_err(|fault| Problem::new("attributes", fault)));
        Some(Details { tenant: tenant?, sensitivity: sensitivity?, attributes: attributes? })
    }
}

pub(super) async fn create(
    console: &Console,
    signed_in: &SignedIn,
    kind: &str,
    id: &str,
    given: &Given,
) -> Result<(), AppError> {
    let back = Place::new(RESOURCES.path).asking(Ask::New);
    let values = [("kind", kind), ("id", id)].into_iter().chain(given.values());
    let draft = Draft::new(Ask::New.as_str(), values);
    respond(register(console, signed_in, kind.trim(), id, given).await, &back, draft)
}

async fn register(
    console: &Console,
    signed_in: &SignedIn,
    kind: &str,
    id: &str,
    given: &Given,
) -> Result<(Place, Saved), Refusal> {
    let mut problems = Vec::new();
    if check_type(kind).is_err() {
        problems.push(Problem::new("kind", Fault::NotAType));
    }
    if check_resource_id(id).is_err() {
        problems.push(Problem::new("id", if id.is_empty() { Fault::Missing } else { Fault::NotAnId }));
    }
    let details = given.read(&mut problems);
    let Some(details) = details.filter(|_| problems.is_empty()) else { return Err(problems.into()) };
    within(&signed_in.reach(), &details.tenant)?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    if writer.get_resource(kind, id).await?.is_some() {
        return Err(told_to(signed_in, Problem::new("id", Fault::Taken)).into());
    }
    let resource = Resource {
        sensitivity: details.sensitivity,
        attributes: details.attributes,
        ..Resource::new(kind, id, details.tenant)
    };
    writer.put_resource(&resource, false).await?;
    Ok((page_of(&key_of(kind, id)), saved(Done::ResourceSaved, &writer.commit().await?)))
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    key: &str,
    given: &Given,
) -> Result<(), AppError> {
    let result = change(console, signed_in, key, given).await;
    let page = page_of(key);
    let draft = Draft::new(Ask::Edit.as_str(), given.values());
    respond(result.map(|saved| (page.clone(), saved)), &page.asking(Ask::Edit), draft)
}

async fn change(console: &Console, signed_in: &SignedIn, key: &str, given: &Given) -> Result<Saved, Refusal> {
    let mut problems = Vec::new();
    let details = given.read(&mut problems);
    let Some(details) = details.filter(|_| problems.is_empty()) else { return Err(problems.into()) };
    let reach = signed_in.reach();
    let mut writer = console.store.write(actor(signed_in)).await?;
    let found = find(&mut writer, &reach, key).await?;
    within(&reach, &details.tenant)?;
    let resource = Resource {
        sensitivity: details.sensitivity,
        attributes: details.attributes,
        ..Resource::new(found.kind, found.id, details.tenant)
    };
    // Between tenants is more than policy.
    let may_move = signed_in.role == ConsoleRole::Owner;
    match writer.put_resource(&resource, may_move).await {
        Ok(()) => Ok(saved(Done::ResourceSaved, &writer.commit().await?)),
        Err(WriteError::Taken { .. }) => Err(Problem::new("tenant", Fault::NotMoved).into()),
        Err(error) => Err(error.into()),
    }
}

fn gone() -> Refusal {
    Problem::of_form(Fault::Gone).into()
}

/// A resource of the reader's tenants: others are not there.
async fn find(writer: &mut Writer, reach: &Reach, key: &str) -> Result<Resource, Refusal> {
    let (kind, id) = resource_of(key).ok_or_else(gone)?;
    let found = writer.get_resource(&kind, &id).await?;
    found.filter(|found| reach.holds(found.tenant.as_str())).ok_or_else(gone)
}

/// Nothing is put into a tenant of others: that is told as of one that there is not.
fn within(reach: &Reach, tenant: &TenantSlug) -> Result<(), Problem> {
    if reach.holds(tenant.as_str()) { Ok(()) } else { Err(Problem::new("tenant", Fault::Unknown)) }
}

pub(super) async fn delete(console: &Console, signed_in: &SignedIn, key: &str) -> Result<(), AppError> {
    let result = remove(console, signed_in, key).await.map(|saved| (Place::new(RESOURCES.path), saved));
    respond(result, &page_of(key).asking(Ask::Delete), Draft::new(Ask::Delete.as_str(), []))
}

async fn remove(console: &Console, signed_in: &SignedIn, key: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let found = find(&mut writer, &signed_in.reach(), key).await?;
    writer.delete_resource(&found.kind, &found.id).await?;
    Ok(saved(Done::ResourceDeleted, &writer.commit().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_for_type_and_id() {
        for id in ["c-42", "a/b?c#%41", "ü\u{202e}", " "] {
            assert_eq!(resource_of(&key_of("customer", id)), Some(("customer".to_owned(), id.to_owned())));
        }
        for bad in ["", "zz", &to_hex("customer"), &key_of("customer", "a\0"), &key_of("Customer", "a")] {
            assert_eq!(resource_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_field_is_told_what_is_wrong() {
        let given = Given { tenant: "A".into(), sensitivity: "secret".into(), attributes: "[]".into() };
        let mut problems = Vec::new();
        assert!(given.read(&mut problems).is_none());
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["tenant", "sensitivity", "attributes"]);
    }
}
