//! Which scopes a tool asks of its callers' tokens, and the form that says so.

use super::lines::Lines;
use super::read::ToolView;
use crate::components::untrusted::UntrustedLine;
use crate::error::AppError;
use crate::pages::form::answer::Answer;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The name of the form in addresses, and of its field.
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
    let shown = if tool.scopes.is_empty() {
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
    Lines {
        name: FORM,
        title: "Required scopes",
        lead: "A token needs each of them, beside a rule that allows. API keys have none.",
        shown,
        standing: tool.scopes.join("\n"),
        open: "Change scopes",
        label: "Scopes",
        rows: 3,
        help: "One on each line, as tokens hold them: crm:refund.",
        button: "Set scopes",
        url: SaveScopes::url(),
    }
    .card(tool, answer, may_write)
}

#[cfg(feature = "ssr")]
mod server {
    use super::FORM;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft};
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::tool::lines;
    use crate::session::SignedIn;
    use policy::token_scope::check_scopes;
    use store::administration::Tool;

    fn parse(text: &str) -> Result<Vec<String>, Problem> {
        let scopes: Vec<String> = lines::split(text).map(ToOwned::to_owned).collect();
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
        let draft = Draft::new(FORM, [(FORM, scopes)]);
        let change = parse(scopes).map(|scopes| move |tool: Tool| Tool { scopes, ..tool });
        lines::save(console, signed_in, id, draft, change, Done::ScopesSaved).await
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
