//! How a server is registered, and its tools discovered at once.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Without a name it is called by its slug. It is registered even where it does not answer; its page then says why.
#[server(endpoint = "server-register", output = Json)]
pub async fn register_server(
    #[server(default)] slug: String,
    #[server(default)] url: String,
    #[server(default)] name: String,
    #[server(default)] tenants: Vec<String>,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    let form = server::RegisterForm { slug, url, name, tenants };
    server::register(&console, &signed_in, form).await
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::form::FORM;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::Place;
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond, saved};
    use crate::pages::server::discover::discover_now;
    use crate::pages::server::place;
    use crate::pages::server::write::{keep, need_tenants, parse_name, parse_tenants, parse_url};
    use crate::routes::REGISTER;
    use crate::session::SignedIn;
    use policy::ServerSlug;
    use policy::ids::check_slug;
    use store::administration::Server;

    pub(super) struct RegisterForm {
        pub(super) slug: String,
        pub(super) url: String,
        pub(super) name: String,
        pub(super) tenants: Vec<String>,
    }

    impl RegisterForm {
        fn draft(&self) -> Draft {
            let values =
                [("slug", self.slug.as_str()), ("url", self.url.as_str()), ("name", self.name.as_str())];
            let tenants = self.tenants.iter().map(|tenant| ("tenants", tenant.as_str()));
            Draft::new(FORM, values.into_iter().chain(tenants))
        }

        /// The server as it would be, or what is wrong with every field.
        fn read(&self) -> Result<Server, Vec<Problem>> {
            let mut problems = Vec::new();
            let slug = keep(&mut problems, parse_slug(&self.slug));
            let url = keep(&mut problems, parse_url(&self.url));
            let name = keep(&mut problems, parse_name(&self.name));
            let tenants = keep(&mut problems, parse_tenants(&self.tenants));
            let (Some(slug), Some(url), Some(name), Some(tenants)) = (slug, url, name, tenants) else {
                return Err(problems);
            };
            let server = Server { tenants, ..Server::new(slug, url) };
            Ok(if name.is_empty() { server } else { Server { name, ..server } })
        }
    }

    fn parse_slug(given: &str) -> Result<ServerSlug, Problem> {
        let slug = given.trim();
        check_slug(slug).map_err(|error| Problem::new("slug", Fault::from(&error)))?;
        Ok(ServerSlug::from(slug))
    }

    pub(super) async fn register(
        console: &Console,
        signed_in: &SignedIn,
        form: RegisterForm,
    ) -> Result<(), AppError> {
        let back = Place::new(REGISTER.path);
        let draft = form.draft();
        let result = create(console, signed_in, &form).await;
        if let Ok((server, _)) = &result {
            discover_now(console, actor(signed_in), &server.slug, &server.url).await;
        }
        respond(result.map(|(server, saved)| (place(server.slug.as_str()), saved)), &back, draft)
    }

    async fn create(
        console: &Console,
        signed_in: &SignedIn,
        form: &RegisterForm,
    ) -> Result<(Server, Saved), Refusal> {
        let server = form.read()?;
        let mut writer = console.store.write(actor(signed_in)).await?;
        if writer.get_server(&server.slug).await?.is_some() {
            return Err(Problem::new("slug", Fault::Taken).into());
        }
        need_tenants(&mut writer, &server.tenants).await?;
        let server = writer.put_server(&server).await?;
        Ok((server, saved(Done::ServerRegistered, &writer.commit().await?)))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn form(slug: &str, url: &str, name: &str) -> RegisterForm {
            RegisterForm {
                slug: slug.to_owned(),
                url: url.to_owned(),
                name: name.to_owned(),
                tenants: vec!["acme".to_owned()],
            }
        }

        #[test]
        fn a_server_is_called_by_its_slug_where_it_has_no_name() {
            let read = |name| form(" crm ", "https://crm.example/mcp", name).read().map(|server| server.name);
            assert_eq!(read(" "), Ok("crm".to_owned()));
            assert_eq!(read("Customers"), Ok("Customers".to_owned()));
        }

        #[test]
        fn every_field_is_told_what_is_wrong_and_all_is_kept() {
            let bad = form("CRM", "crm", "a\u{7}");
            assert_eq!(
                bad.read(),
                Err(vec![
                    Problem::new("slug", Fault::NotASlug),
                    Problem::new("url", Fault::NotAUrl),
                    Problem::new("name", Fault::Control)
                ])
            );
            let draft = bad.draft();
            assert_eq!((draft.value("slug"), draft.value("tenants")), (Some("CRM"), Some("acme")));
        }
    }
}
