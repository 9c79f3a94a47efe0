//! How a subject is registered.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Without a name it is called by its id; with a tenant it is a member there at once, without a role.
#[server(endpoint = "subject-create", output = Json)]
pub async fn create_subject(
    #[server(default)] id: String,
    #[server(default)] kind: String,
    #[server(default)] name: String,
    #[server(default)] tenant: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    let values =
        [("id", id.as_str()), ("kind", kind.as_str()), ("name", name.as_str()), ("tenant", tenant.as_str())];
    server::create(&console, &signed_in, values).await
}

#[cfg(feature = "ssr")]
mod server {
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::{Ask, Place};
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond, saved, told_to};
    use crate::routes::SUBJECTS;
    use crate::session::SignedIn;
    use crate::url::encode;
    use policy::ids::{check_slug, check_subject_id};
    use policy::{SubjectId, SubjectKind, TenantSlug};
    use store::administration::{Membership, Subject};

    pub(super) async fn create(
        console: &Console,
        signed_in: &SignedIn,
        values: [(&str, &str); 4],
    ) -> Result<(), AppError> {
        let back = Place::new(SUBJECTS.path).asking(Ask::New);
        let [(_, id), (_, kind), (_, name), (_, tenant)] = values;
        let result = match parse(id, kind, name, tenant) {
            Ok(new) => register(console, signed_in, &new).await,
            Err(problems) => {
                let told = problems.into_iter().map(|problem| told_to(signed_in, problem));
                Err(told.collect::<Vec<_>>().into())
            }
        };
        respond(result, &back, Draft::new(Ask::New.as_str(), values))
    }

    async fn register(
        console: &Console,
        signed_in: &SignedIn,
        new: &NewSubject,
    ) -> Result<(Place, Saved), Refusal> {
        if !signed_in.reach().owns(new.tenant.as_ref().map(TenantSlug::as_str)) {
            return Err(Problem::new("tenant", Fault::NotYours).into());
        }
        let mut writer = console.store.write(actor(signed_in)).await?;
        if writer.get_subject(&new.subject.id).await?.is_some() {
            return Err(told_to(signed_in, Problem::new("id", Fault::Taken)).into());
        }
        let subject = writer.put_subject(&new.subject).await?;
        if let Some(tenant) = &new.tenant {
            let membership = Membership {
                subject: subject.id.clone(),
                tenant: tenant.clone(),
                roles: Vec::new(),
                until: None,
            };
            writer.put_membership(&membership).await?;
        }
        let place = Place::new(format!("{}/{}", SUBJECTS.path, encode(subject.id.as_str())));
        Ok((place, saved(Done::SubjectCreated, &writer.commit().await?)))
    }

    /// What the form asks for.
    #[derive(Debug, PartialEq)]
    pub(super) struct NewSubject {
        subject: Subject,
        tenant: Option<TenantSlug>,
    }

    pub(super) fn parse(id: &str, kind: &str, name: &str, tenant: &str) -> Result<NewSubject, Vec<Problem>> {
        let (id, name, tenant) = (id.trim(), name.trim(), tenant.trim());
        let mut problems = Vec::new();
        if let Err(error) = check_subject_id(id) {
            problems.push(Problem::new("id", Fault::from(&error)));
        }
        let kind = kind.parse::<SubjectKind>();
        if kind.is_err() {
            problems.push(Problem::new("kind", Fault::NoKind));
        }
        let name = if name.is_empty() { id } else { name };
        if let Err(error) = check_name(name) {
            problems.push(error);
        }
        if !tenant.is_empty() && check_slug(tenant).is_err() {
            problems.push(Problem::new("tenant", Fault::Unknown));
        }
        match kind {
            Ok(kind) if problems.is_empty() => {
                let subject = Subject { name: name.to_owned(), ..Subject::new(SubjectId::from(id), kind) };
                Ok(NewSubject { subject, tenant: (!tenant.is_empty()).then(|| TenantSlug::from(tenant)) })
            }
            _ => Err(problems),
        }
    }

    fn check_name(name: &str) -> Result<(), Problem> {
        if name.chars().count() > 200 {
            return Err(Problem::new("name", Fault::TooLong(200)));
        }
        if name.chars().any(char::is_control) {
            return Err(Problem::new("name", Fault::Control));
        }
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_subject_is_called_by_its_id_where_it_has_no_name() {
            let new = parse(" alice ", "user", "", "").expect("a subject");
            assert_eq!((new.subject.id.as_str(), new.subject.name.as_str()), ("alice", "alice"));
            assert_eq!(new.tenant, None);
            let new = parse("refund-bot", "agent", "Refund bot", "acme").expect("a subject");
            assert_eq!((new.subject.kind, new.subject.name.as_str()), (SubjectKind::Agent, "Refund bot"));
            assert_eq!(new.tenant, Some(TenantSlug::from("acme")));
        }

        #[test]
        fn every_field_is_told_what_is_wrong() {
            let problems = parse("new", "robot", "a\u{0}", "Ä").expect_err("refused");
            assert_eq!(
                problems,
                [
                    Problem::new("id", Fault::Reserved),
                    Problem::new("kind", Fault::NoKind),
                    Problem::new("name", Fault::Control),
                    Problem::new("tenant", Fault::Unknown),
                ]
            );
        }
    }
}
