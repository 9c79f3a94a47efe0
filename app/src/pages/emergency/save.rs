//! How something is stopped, a stop lifted, and break-glass asked for and ended. It is confirmed by a plain form that
//! asks for the password once more.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// `typed` is the word `everything`, by hand, where everything is stopped.
#[server(endpoint = "emergency-stop", output = Json)]
pub async fn throw_stop(
    #[server(default)] scope: String,
    #[server(default)] target: String,
    #[server(default)] tenant: String,
    #[server(default)] typed: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::Emergency)?;
    let console = crate::console::Console::current()?;
    let form = server::StopForm { scope, target, tenant, typed, reason };
    let result = form.stop(&console, &signed_in).await;
    form.answer(result)
}

#[server(endpoint = "emergency-lift", output = Json)]
pub async fn lift_stop(#[server(default)] id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::Emergency)?;
    let console = crate::console::Console::current()?;
    let result = server::lift(&console, &signed_in, &id).await;
    server::answer(result, crate::pages::form::place::Ask::Lift, &id)
}

#[server(endpoint = "break-glass-ask", output = Json)]
pub async fn ask_break_glass(
    #[server(default)] tenant: String,
    #[server(default)] subject: String,
    #[server(default)] tools: String,
    #[server(default)] minutes: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::Emergency)?;
    let console = crate::console::Console::current()?;
    let form = server::GlassForm { tenant, subject, tools, minutes, reason };
    let result = form.ask(&console, &signed_in).await;
    form.answer(result)
}

#[server(endpoint = "break-glass-end", output = Json)]
pub async fn end_break_glass(#[server(default)] id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::Emergency)?;
    let console = crate::console::Console::current()?;
    let result = server::end(&console, &signed_in, &id).await;
    server::answer(result, crate::pages::form::place::Ask::End, &id)
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::gather::is_own;
    use super::super::query::what;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::{Ask, Place};
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond, saved};
    use crate::routes::EMERGENCY;
    use crate::session::SignedIn;
    use policy::ids::check_id;
    use policy::labels::StopScope;
    use policy::{Reach, SubjectId, TenantSlug};
    use store::Writer;
    use store::administration::{NewBreakGlass, NewStop};

    pub(super) struct StopForm {
        pub(super) scope: String,
        pub(super) target: String,
        pub(super) tenant: String,
        pub(super) typed: String,
        pub(super) reason: String,
    }

    impl StopForm {
        pub(super) async fn stop(&self, console: &Console, signed_in: &SignedIn) -> Result<Saved, Refusal> {
            let scope = self.scope.parse::<StopScope>().map_err(|_| Problem::of_form(Fault::Gone))?;
            let mut problems = Vec::new();
            if scope == StopScope::Everything && self.typed.trim() != scope.as_str() {
                problems.push(Problem::new("typed", Fault::NotTheWord));
            }
            if self.reason.trim().is_empty() {
                problems.push(Problem::new("reason", Fault::Missing));
            }
            if !problems.is_empty() {
                return Err(problems.into());
            }
            let tenant = self.tenant.trim();
            let tenant = (!tenant.is_empty()).then(|| TenantSlug::from(tenant));
            let new = NewStop { scope, target: &self.target, tenant: tenant.as_ref(), reason: &self.reason };
            let mut writer = console.store.write(actor(signed_in)).await?;
            within(&mut writer, &signed_in.reach(), &new).await?;
            writer.stop(&new).await?;
            Ok(saved(Done::Stopped, &writer.commit().await?))
        }

        pub(super) fn answer(&self, result: Result<Saved, Refusal>) -> Result<(), AppError> {
            let page = Place::new(EMERGENCY.path);
            let draft = Draft::new(
                Ask::Throw.as_str(),
                [("typed", self.typed.as_str()), ("reason", self.reason.as_str())],
            );
            let back = page.clone().asking(Ask::Throw).of(what(&self.scope, &self.target, &self.tenant));
            respond(result.map(|saved| (page, saved)), &back, draft)
        }
    }

    /// Whoever is of some tenants stops one of these, and within one of these its members: what of others there is, nobody
    /// finds out by stopping it.
    async fn within(writer: &mut Writer, reach: &Reach, new: &NewStop<'_>) -> Result<(), Refusal> {
        if reach.is_everything() {
            return Ok(());
        }
        let not_theirs = || Problem::of_form(Fault::NotYours);
        let tenant = new.tenant.ok_or_else(not_theirs)?;
        if !reach.holds(tenant.as_str()) {
            return Err(Problem::new("tenant", Fault::Unknown).into());
        }
        match new.scope {
            StopScope::Tenant => Ok(()),
            StopScope::Subject | StopScope::Agent => {
                // What can be no id is not asked for: Postgres refuses U+0000 even in a comparison.
                check_id(new.target).map_err(|_| gone())?;
                let held = writer.get_membership(&SubjectId::from(new.target), tenant).await?;
                held.map(|_| ()).ok_or_else(gone)
            }
            StopScope::Everything | StopScope::Server | StopScope::Tool => Err(not_theirs().into()),
        }
    }

    pub(super) struct GlassForm {
        pub(super) tenant: String,
        pub(super) subject: String,
        pub(super) tools: String,
        pub(super) minutes: String,
        pub(super) reason: String,
    }

    impl GlassForm {
        pub(super) async fn ask(&self, console: &Console, signed_in: &SignedIn) -> Result<Saved, Refusal> {
            let not_between = |_| Problem::new("minutes", Fault::NotBetween(1, 15));
            let minutes = self.minutes.trim().parse::<i64>().map_err(not_between)?;
            let (tenant, subject) =
                (TenantSlug::from(self.tenant.trim()), SubjectId::from(self.subject.trim()));
            let new = NewBreakGlass {
                tenant: &tenant,
                subject: &subject,
                tools: self.tools.trim(),
                reason: &self.reason,
                minutes,
            };
            let mut writer = console.store.write(actor(signed_in)).await?;
            if writer.get_subject(&subject).await?.is_none() {
                return Err(Problem::new("subject", Fault::Unknown).into());
            }
            let asked = writer.ask_break_glass(&new, Some(&signed_in.account_id)).await;
            asked.map_err(|error| at_tools(Refusal::from(error)))?;
            Ok(saved(Done::BreakGlassAsked, &writer.commit().await?))
        }

        pub(super) fn answer(&self, result: Result<Saved, Refusal>) -> Result<(), AppError> {
            let page = Place::new(EMERGENCY.path);
            let draft = Draft::new(
                Ask::Glass.as_str(),
                [
                    ("tenant", self.tenant.as_str()),
                    ("subject", self.subject.as_str()),
                    ("tools", self.tools.as_str()),
                    ("minutes", self.minutes.as_str()),
                    ("reason", self.reason.as_str()),
                ],
            );
            respond(result.map(|saved| (page.clone(), saved)), &page.clone().asking(Ask::Glass), draft)
        }
    }

    /// The server is named within the tools.
    fn at_tools(refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Problems(mut problems) => {
                for problem in problems.iter_mut().filter(|problem| problem.field == "server") {
                    "tools".clone_into(&mut problem.field);
                }
                Refusal::Problems(problems)
            }
            refusal @ Refusal::Store(_) => refusal,
        }
    }

    /// What is another's, is not there.
    fn gone() -> Refusal {
        Problem::of_form(Fault::Gone).into()
    }

    pub(super) async fn lift(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
        // Whose it is never changes.
        let found = if id.contains('\0') { None } else { console.store.get_stop(id).await? };
        let found = found.ok_or_else(gone)?;
        if !is_own(&signed_in.reach(), &found) {
            // The stop of everything is all that others see of it.
            let seen = found.scope == StopScope::Everything;
            return Err(if seen { Problem::of_form(Fault::NotYours).into() } else { gone() });
        }
        let mut writer = console.store.write(actor(signed_in)).await?;
        writer.lift_stop(id).await?;
        Ok(saved(Done::StopLifted, &writer.commit().await?))
    }

    pub(super) async fn end(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
        let found = if id.contains('\0') { None } else { console.store.get_break_glass(id).await? };
        if !found.is_some_and(|grant| signed_in.reach().holds(grant.tenant.as_str())) {
            return Err(gone());
        }
        let mut writer = console.store.write(actor(signed_in)).await?;
        writer.end_break_glass(id).await?;
        Ok(saved(Done::BreakGlassEnded, &writer.commit().await?))
    }

    pub(super) fn answer(result: Result<Saved, Refusal>, ask: Ask, id: &str) -> Result<(), AppError> {
        let page = Place::new(EMERGENCY.path);
        let draft = Draft::new(ask.as_str(), [("id", id)]);
        respond(result.map(|saved| (page.clone(), saved)), &page.clone().asking(ask).of(id), draft)
    }
}
