//! Which scopes a tool asks of its callers' tokens, and the form that says so.

use super::read::ToolView;
use crate::components::untrusted::UntrustedLine;
use crate::error::AppError;
use crate::pages::form::answer::{Answer, Draft};
use crate::pages::form::input::{Filled, area, hidden};
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The name of the form in addresses.
const FORM: &str = "scopes";

/// `scopes` is one per line.
#[server(endpoint = "tool-scopes", output = Json)]
pub async fn save_scopes(
    #[server(default)] id: String,
    #[server(default)] scopes: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    server::save(&console, &signed_in, &id, &scopes).await
}

pub fn card(tool: &ToolView, answer: &Answer, may_write: bool) -> AnyView {
    let list = if tool.scopes.is_empty() {
        view! { <p class="quiet">"None: rules alone decide."</p> }.into_any()
    } else {
        let scopes = tool.scopes.join(", ");
        view! {
            <p>
                <UntrustedLine text=scopes mono=true/>
            </p>
        }
        .into_any()
    };
    let form = may_write.then(|| form(tool, answer));
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Required scopes"</h2>
                <p>"A token needs each of them, beside a rule that allows. API keys have none."</p>
            </header>
            <div class="card-body stack">{list} {form}</div>
        </section>
    }
    .into_any()
}

fn form(tool: &ToolView, answer: &Answer) -> AnyView {
    let standing = tool.scopes.join("\n");
    let standing = Draft::new(FORM, [("scopes", standing.as_str())]);
    let refused = answer.draft.as_ref().is_some_and(|draft| draft.form == FORM);
    let filled = Filled::over(FORM, answer, &standing);
    view! {
        <details open=refused>
            <summary>"Change scopes"</summary>
            <form class="form" method="post" action=SaveScopes::url()>
                {filled.summary()}
                {hidden("id", tool.id.clone())}
                {area(&filled, "scopes", "Scopes", 3, "One on each line, as tokens hold them: crm:refund.")}
                <div class="form-actions">
                    <button class="button button-primary">"Set scopes"</button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
mod server {
    use super::FORM;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::Place;
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond, saved};
    use crate::routes::TOOL;
    use crate::session::SignedIn;
    use crate::url::encode;
    use policy::ToolId;
    use policy::token_scope::check_scopes;
    use store::administration::Tool;

    fn parse(text: &str) -> Result<Vec<String>, Problem> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let scopes: Vec<String> = lines.map(ToOwned::to_owned).collect();
        match check_scopes(&scopes) {
            Ok(()) => Ok(scopes),
            Err(_) => Err(Problem::new("scopes", Fault::NotScopes)),
        }
    }

    pub(super) async fn save(
        console: &Console,
        signed_in: &SignedIn,
        id: &str,
        scopes: &str,
    ) -> Result<(), AppError> {
        let page = Place::new(TOOL.path.replace("{id}", &encode(id)));
        let result = require(console, signed_in, id, scopes).await;
        let draft = Draft::new(FORM, [("scopes", scopes)]);
        respond(result.map(|saved| (page.clone(), saved)), &page, draft)
    }

    async fn require(
        console: &Console,
        signed_in: &SignedIn,
        id: &str,
        scopes: &str,
    ) -> Result<Saved, Refusal> {
        let scopes = parse(scopes)?;
        let gone = || Refusal::from(Problem::of_form(Fault::Gone));
        // Postgres refuses U+0000 even in a comparison.
        if id.contains('\0') {
            return Err(gone());
        }
        let tool = console.store.get_tool_by_id(&ToolId::from(id)).await?.ok_or_else(gone)?;
        let mut writer = console.store.write(actor(signed_in)).await?;
        let tool = writer.get_tool(&tool.server, &tool.name).await?.ok_or_else(gone)?;
        writer.put_tool(&Tool { scopes, ..tool }).await?;
        Ok(saved(Done::ScopesSaved, &writer.commit().await?))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn scopes_are_lines() {
            assert_eq!(parse(" crm:read \r\n\ncrm:refund"), Ok(vec!["crm:read".into(), "crm:refund".into()]));
            assert_eq!(parse(""), Ok(Vec::new()));
            for bad in ["a b", "a\na", "ü", "a\\b"] {
                assert_eq!(parse(bad), Err(Problem::new("scopes", Fault::NotScopes)), "{bad}");
            }
        }
    }
}
