//! How tenants are created, renamed, suspended, resumed and deleted.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Without a name it is called by its slug.
#[server(endpoint = "tenant-create", output = Json)]
pub async fn create_tenant(
    #[server(default)] slug: String,
    #[server(default)] name: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let result = server::create(&console, &signed_in, &slug, &name).await;
    server::answer_new(result, &slug, &name)
}

#[server(endpoint = "tenant-rename", output = Json)]
pub async fn rename_tenant(
    #[server(default)] slug: String,
    #[server(default)] name: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let result = server::rename(&console, &signed_in, &slug, &name).await;
    server::answer(result, crate::pages::form::place::Ask::Edit, &slug, &[("name", &name)])
}

#[server(endpoint = "tenant-suspend", output = Json)]
pub async fn suspend_tenant(#[server(default)] slug: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let result = server::set_active(&console, &signed_in, &slug, false).await;
    server::answer(result, crate::pages::form::place::Ask::Suspend, &slug, &[])
}

#[server(endpoint = "tenant-resume", output = Json)]
pub async fn resume_tenant(#[server(default)] slug: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let result = server::set_active(&console, &signed_in, &slug, true).await;
    server::answer(result, crate::pages::form::place::Ask::Suspend, &slug, &[])
}

/// `typed` is the slug once more, by hand.
#[server(endpoint = "tenant-delete", output = Json)]
pub async fn delete_tenant(
    #[server(default)] slug: String,
    #[server(default)] typed: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let result = server::delete(&console, &signed_in, &slug, &typed).await;
    server::answer(result, crate::pages::form::place::Ask::Delete, &slug, &[("typed", &typed)])
}

#[cfg(feature = "ssr")]
mod server {
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::{Ask, Place};
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond, saved};
    use crate::routes::TENANTS;
    use crate::session::SignedIn;
    use policy::TenantSlug;
    use policy::ids::check_slug;
    use store::Writer;
    use store::administration::Tenant;

    pub(super) async fn create(
        console: &Console,
        signed_in: &SignedIn,
        slug: &str,
        name: &str,
    ) -> Result<Saved, Refusal> {
        let tenant = parse(slug, name)?;
        let mut writer = console.store.write(actor(signed_in)).await?;
        if writer.get_tenant(&tenant.slug).await?.is_some() {
            return Err(Problem::new("slug", Fault::Taken).into());
        }
        writer.put_tenant(&tenant).await?;
        Ok(saved(Done::TenantCreated, &writer.commit().await?))
    }

    pub(super) async fn rename(
        console: &Console,
        signed_in: &SignedIn,
        slug: &str,
        name: &str,
    ) -> Result<Saved, Refusal> {
        let wanted = parse(slug, name)?;
        let mut writer = console.store.write(actor(signed_in)).await?;
        let tenant = find(&mut writer, slug).await?;
        writer.put_tenant(&Tenant { name: wanted.name, ..tenant }).await?;
        Ok(saved(Done::TenantRenamed, &writer.commit().await?))
    }

    pub(super) async fn set_active(
        console: &Console,
        signed_in: &SignedIn,
        slug: &str,
        active: bool,
    ) -> Result<Saved, Refusal> {
        let mut writer = console.store.write(actor(signed_in)).await?;
        let tenant = find(&mut writer, slug).await?;
        writer.put_tenant(&Tenant { active, ..tenant }).await?;
        let done = if active { Done::TenantResumed } else { Done::TenantSuspended };
        Ok(saved(done, &writer.commit().await?))
    }

    pub(super) async fn delete(
        console: &Console,
        signed_in: &SignedIn,
        slug: &str,
        typed: &str,
    ) -> Result<Saved, Refusal> {
        if typed.trim() != slug {
            return Err(Problem::new("typed", Fault::NotTheName).into());
        }
        let mut writer = console.store.write(actor(signed_in)).await?;
        let tenant = find(&mut writer, slug).await?;
        writer.delete_tenant(&tenant.slug).await?;
        Ok(saved(Done::TenantDeleted, &writer.commit().await?))
    }

    async fn find(writer: &mut Writer, slug: &str) -> Result<Tenant, Refusal> {
        // What is no slug is not asked for: Postgres refuses U+0000 even in a comparison.
        if check_slug(slug).is_err() {
            return Err(Problem::of_form(Fault::Gone).into());
        }
        let found = writer.get_tenant(&TenantSlug::from(slug)).await?;
        found.ok_or_else(|| Problem::of_form(Fault::Gone).into())
    }

    pub(super) fn parse(slug: &str, name: &str) -> Result<Tenant, Vec<Problem>> {
        let (slug, name) = (slug.trim(), name.trim());
        let mut problems = Vec::new();
        if let Err(error) = check_slug(slug) {
            problems.push(Problem::new("slug", Fault::from(&error)));
        }
        let name = if name.is_empty() { slug } else { name };
        if name.chars().count() > 200 {
            problems.push(Problem::new("name", Fault::TooLong(200)));
        }
        if name.chars().any(char::is_control) {
            problems.push(Problem::new("name", Fault::Control));
        }
        if problems.is_empty() { Ok(Tenant::new(TenantSlug::from(slug), name)) } else { Err(problems) }
    }

    pub(super) fn answer_new(result: Result<Saved, Refusal>, slug: &str, name: &str) -> Result<(), AppError> {
        let page = Place::new(TENANTS.path);
        let draft = Draft::new(Ask::New.as_str(), [("slug", slug), ("name", name)]);
        respond(result.map(|saved| (page.clone(), saved)), &page.clone().asking(Ask::New), draft)
    }

    pub(super) fn answer(
        result: Result<Saved, Refusal>,
        ask: Ask,
        slug: &str,
        values: &[(&str, &String)],
    ) -> Result<(), AppError> {
        let page = Place::new(TENANTS.path);
        let draft = Draft::new(ask.as_str(), values.iter().map(|(name, value)| (*name, value.as_str())));
        respond(result.map(|saved| (page.clone(), saved)), &page.clone().asking(ask).of(slug), draft)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_tenant_is_called_by_its_slug_where_it_has_no_name() {
            assert_eq!(parse(" acme ", " ").map(|tenant| tenant.name), Ok("acme".to_owned()));
            assert_eq!(parse("acme", "Acme Inc").map(|tenant| tenant.name), Ok("Acme Inc".to_owned()));
        }

        #[test]
        fn every_field_is_told_what_is_wrong() {
            assert_eq!(
                parse("Acme!", "a\u{7}"),
                Err(vec![Problem::new("slug", Fault::NotASlug), Problem::new("name", Fault::Control)])
            );
            assert_eq!(parse("", ""), Err(vec![Problem::new("slug", Fault::Missing)]));
        }
    }
}
