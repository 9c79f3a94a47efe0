//! What a tool's arguments touch: which of them name registered resources, and the form that says so.

use super::lines::Lines;
use super::read::ToolView;
use crate::components::untrusted::UntrustedLine;
use crate::error::AppError;
use crate::pages::form::answer::Answer;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The name of the form in addresses, and of its field.
const FORM: &str = "bindings";

/// `bindings` is one per line: a path, a type, and what is unusual of it.
#[server(endpoint = "tool-bindings", output = Json)]
pub async fn save_bindings(
    #[server(default)] id: String,
    #[server(default)] bindings: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    server::save(&console, &signed_in, &id, &bindings).await
}

pub fn card(tool: &ToolView, answer: &Answer, may_write: bool) -> AnyView {
    let lines: Vec<AnyView> = tool
        .bindings
        .iter()
        .map(|line| {
            view! {
                <li>
                    <UntrustedLine text=line.clone() mono=true/>
                </li>
            }
            .into_any()
        })
        .collect();
    let shown = if lines.is_empty() {
        view! { <p class="quiet">"No argument names a registered resource."</p> }.into_any()
    } else {
        view! { <ul>{lines}</ul> }.into_any()
    };
    Lines {
        name: FORM,
        title: "What it touches",
        lead: "A call that names a resource of another tenant, or one that is not registered, is denied.",
        shown,
        standing: tool.bindings.join("\n"),
        open: "Edit",
        label: "Arguments that name resources",
        rows: 4,
        help: "One on each line: /customer_id customer. In a path, * is each element of a list. Behind the type may stand optional, and unknown-allowed.",
        button: "Save",
        url: SaveBindings::url(),
    }
    .card(tool, answer, may_write)
}

#[cfg(feature = "ssr")]
pub(crate) use server::line;

#[cfg(feature = "ssr")]
mod server {
    use super::FORM;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft};
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::tool::lines;
    use crate::session::SignedIn;
    use policy::binding::Binding;
    use policy::labels::OnUnknown;
    use store::administration::Tool;

    const OPTIONAL: &str = "optional";
    const ALLOWED: &str = "unknown-allowed";

    /// A binding as a line of the form.
    pub(crate) fn line(binding: &Binding) -> String {
        let optional = binding.optional.then_some(OPTIONAL);
        let allowed = (binding.unknown == OnUnknown::Allow).then_some(ALLOWED);
        let words = [Some(binding.pointer.as_str()), Some(binding.kind.as_str()), optional, allowed];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn parse(text: &str) -> Option<Binding> {
        let mut words = text.split_whitespace();
        let (pointer, kind) = (words.next()?, words.next()?);
        let mut binding = Binding {
            pointer: pointer.to_owned(),
            kind: kind.to_owned(),
            optional: false,
            unknown: OnUnknown::Deny,
        };
        for word in words {
            match word {
                OPTIONAL => binding.optional = true,
                ALLOWED => binding.unknown = OnUnknown::Allow,
                _ => return None,
            }
        }
        Some(binding)
    }

    fn parse_all(text: &str) -> Result<Vec<Binding>, Problem> {
        let bindings: Option<Vec<Binding>> = lines::split(text).map(parse).collect();
        // What is refused is told in this field, whichever part it is.
        bindings
            .filter(|bindings| policy::binding::compile(bindings).is_ok())
            .ok_or_else(|| Problem::new("bindings", Fault::NotBindings))
    }

    pub(super) async fn save(
        console: &Console,
        signed_in: &SignedIn,
        id: &str,
        bindings: &str,
    ) -> Result<(), AppError> {
        let draft = Draft::new(FORM, [(FORM, bindings)]);
        let change = parse_all(bindings).map(|bindings| move |tool: Tool| Tool { bindings, ..tool });
        lines::save(console, signed_in, id, draft, change, Done::BindingsSaved).await
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_line_reads_back() {
            for text in [
                "/customer_id customer",
                "/ids/* customer optional",
                "/orders/*/id order unknown-allowed",
                "/a~1b x optional unknown-allowed",
            ] {
                assert_eq!(parse(text).as_ref().map(line).as_deref(), Some(text));
            }
            assert_eq!(parse_all(" /a x \r\n\n/b y").map(|all| all.len()), Ok(2));
            assert_eq!(parse_all(""), Ok(Vec::new()));
        }

        #[test]
        fn what_is_no_binding_is_refused() {
            for bad in ["/a", "a x", "/a X", "/a x maybe", "/* x", "/a x\n/a y", "/a tool"] {
                assert_eq!(parse_all(bad), Err(Problem::new("bindings", Fault::NotBindings)), "{bad}");
            }
        }
    }
}
