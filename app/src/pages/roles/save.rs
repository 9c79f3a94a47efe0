//! How roles are created, described and deleted.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Without a tenant it is a role of every tenant.
#[server(endpoint = "role-create", output = Json)]
pub async fn create_role(
    #[server(default)] name: String,
    #[server(default)] tenant: String,
    #[server(default)] description: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    let result = server::create(&console, &signed_in, &name, &tenant, &description).await;
    let values =
        [("name", name.as_str()), ("tenant", tenant.as_str()), ("description", description.as_str())];
    server::answer_new(result, values)
}

#[server(endpoint = "role-describe", output = Json)]
pub async fn describe_role(
    #[server(default)] id: String,
    #[server(default)] description: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    let result = server::describe(&console, &signed_in, &id, &description).await;
    server::answer_describe(result, &id, &description)
}

/// Refused while somebody holds the role or a rule names it.
#[server(endpoint = "role-delete", output = Json)]
pub async fn delete_role(#[server(default)] id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    let result = server::delete(&console, &signed_in, &id).await;
    server::answer_delete(result, &id)
}

#[cfg(feature = "ssr")]
mod server {
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::count::Count;
    use crate::pages::form::place::{Ask, Place};
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::read::{holds, memberships, sees};
    use crate::pages::form::respond::{Refusal, actor, respond, saved};
    use crate::routes::ROLES;
    use crate::session::SignedIn;
    use crate::url::encode;
    use pdp::roles::{self, RoleError, RoleUse};
    use policy::ids::{check_id, check_slug};
    use policy::{Reach, TenantSlug};
    use store::administration::Role;
    use store::{StoreError, WriteError, Writer};

    /// The page of a role.
    fn page_of(id: &str) -> Place {
        Place::new(format!("{}/{}", ROLES.path, encode(id)))
    }

    pub(super) async fn create(
        console: &Console,
        signed_in: &SignedIn,
        name: &str,
        tenant: &str,
        description: &str,
    ) -> Result<(Place, Saved), Refusal> {
        let role = parse(name, tenant, description)?;
        if !signed_in.reach().owns(role.tenant.as_ref().map(TenantSlug::as_str)) {
            return Err(Problem::new("tenant", Fault::NotYours).into());
        }
        let mut writer = console.store.write(actor(signed_in)).await?;
        if writer.get_role(role.tenant.as_ref(), &role.name).await?.is_some() {
            return Err(Problem::new("name", Fault::RoleTaken).into());
        }
        let role = writer.put_role(&role).await.map_err(|error| match error {
            WriteError::Taken { .. } => Problem::new("name", Fault::RoleTaken).into(),
            error => Refusal::from(error),
        })?;
        Ok((page_of(&role.id), saved(Done::RoleCreated, &writer.commit().await?)))
    }

    pub(super) async fn describe(
        console: &Console,
        signed_in: &SignedIn,
        id: &str,
        description: &str,
    ) -> Result<Saved, Refusal> {
        let description = parse_description(description)?;
        let mut writer = console.store.write(actor(signed_in)).await?;
        let role = find(&mut writer, &signed_in.reach(), id).await?;
        writer.put_role(&Role { description, ..role }).await?;
        Ok(saved(Done::RoleSaved, &writer.commit().await?))
    }

    pub(super) async fn delete(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
        let mut writer = console.store.write(actor(signed_in)).await?;
        let role = find(&mut writer, &signed_in.reach(), id).await?;
        match roles::delete(&mut writer, &role).await {
            Ok(()) => Ok(saved(Done::RoleDeleted, &writer.commit().await?)),
            Err(RoleError::InUse(used)) => Err(in_use(console, &role, used).await?),
            Err(RoleError::Store(error)) => Err(error.into()),
            Err(RoleError::Write(error)) => Err(error.into()),
        }
    }

    async fn in_use(console: &Console, role: &Role, used: RoleUse) -> Result<Refusal, StoreError> {
        let (members, _) = memberships(&console.store, role.tenant.as_ref(), &Reach::Everything).await?;
        let holders = Count::new(members.iter().filter(|member| holds(member, role)).count());
        let holders = holders.number.max(u64::from(used.held));
        let (rules, issuers) = (Count::new(used.rules).number, Count::new(used.issuers).number);
        Ok(Problem::of_form(Fault::RoleInUse { holders, rules, issuers }).into())
    }

    /// A role that is the reader's to change: one of its tenants.
    async fn find(writer: &mut Writer, reach: &Reach, id: &str) -> Result<Role, Refusal> {
        let found = writer.list_roles(None).await?.into_iter().find(|role| role.id == id);
        let found = found.filter(|role| sees(reach, role.tenant.as_ref()));
        let role = found.ok_or_else(|| Problem::of_form(Fault::Gone))?;
        if reach.owns(role.tenant.as_ref().map(TenantSlug::as_str)) {
            Ok(role)
        } else {
            Err(Problem::of_form(Fault::NotYours).into())
        }
    }

    fn parse_description(text: &str) -> Result<String, Problem> {
        let text = text.trim();
        if text.chars().count() > 1_000 {
            return Err(Problem::new("description", Fault::TooLong(1_000)));
        }
        if text.contains('\0') {
            return Err(Problem::new("description", Fault::Control));
        }
        Ok(text.to_owned())
    }

    pub(super) fn parse(name: &str, tenant: &str, description: &str) -> Result<Role, Vec<Problem>> {
        let (name, tenant) = (name.trim(), tenant.trim());
        let mut problems = Vec::new();
        if let Err(error) = check_id(name) {
            problems.push(Problem::new("name", Fault::from(&error)));
        }
        if !tenant.is_empty() && check_slug(tenant).is_err() {
            problems.push(Problem::new("tenant", Fault::Unknown));
        }
        match parse_description(description) {
            Ok(description) if problems.is_empty() => {
                let tenant = (!tenant.is_empty()).then(|| TenantSlug::from(tenant));
                return Ok(Role { description, ..Role::new(tenant, name) });
            }
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
        Err(problems)
    }

    pub(super) fn answer_new(
        result: Result<(Place, Saved), Refusal>,
        values: [(&str, &str); 3],
    ) -> Result<(), AppError> {
        let back = Place::new(ROLES.path).asking(Ask::New);
        respond(result, &back, Draft::new(Ask::New.as_str(), values))
    }

    pub(super) fn answer_describe(
        result: Result<Saved, Refusal>,
        id: &str,
        description: &str,
    ) -> Result<(), AppError> {
        let page = page_of(id);
        let draft = Draft::new(Ask::Edit.as_str(), [("description", description)]);
        respond(result.map(|saved| (page.clone(), saved)), &page.clone().asking(Ask::Edit), draft)
    }

    pub(super) fn answer_delete(result: Result<Saved, Refusal>, id: &str) -> Result<(), AppError> {
        let back = page_of(id).asking(Ask::Delete);
        let draft = Draft::new(Ask::Delete.as_str(), []);
        respond(result.map(|saved| (Place::new(ROLES.path), saved)), &back, draft)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_role_without_a_tenant_is_one_of_every_tenant() {
            let role = parse(" agent ", "", " May refund. ").expect("a role");
            assert_eq!(
                (role.name.as_str(), role.tenant, role.description.as_str()),
                ("agent", None, "May refund.")
            );
            let role = parse("agent", "acme", "").expect("a role");
            assert_eq!(role.tenant, Some(TenantSlug::from("acme")));
        }

        #[test]
        fn every_field_is_told_what_is_wrong() {
            let problems = parse("", "Acme!", &"x".repeat(1_001)).expect_err("refused");
            assert_eq!(
                problems,
                [
                    Problem::new("name", Fault::Missing),
                    Problem::new("tenant", Fault::Unknown),
                    Problem::new("description", Fault::TooLong(1_000)),
                ]
            );
        }
    }
}
