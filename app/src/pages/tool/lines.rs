//! What of a tool is written as lines: a card that shows them, and the form that changes them.

use super::read::ToolView;
use crate::components::icon::{Glyph, Icon};
use crate::pages::form::answer::{Answer, Draft};
use crate::pages::form::input::{Filled, area, hidden};
use leptos::prelude::*;

/// Such a part of a tool. `name` is that of the form in addresses, and of its only field.
pub struct Lines {
    pub name: &'static str,
    pub title: &'static str,
    /// What follows from it.
    pub lead: &'static str,
    /// What stands, as it is read.
    pub shown: AnyView,
    /// What stands, as it is written: one on each line.
    pub standing: String,
    /// Opens the form.
    pub open: &'static str,
    pub label: &'static str,
    pub rows: u32,
    pub help: &'static str,
    pub button: &'static str,
    /// Where the form is sent.
    pub url: &'static str,
}

impl Lines {
    pub fn card(self, tool: &ToolView, answer: &Answer, may_write: bool) -> AnyView {
        let form = may_write.then(|| {
            let standing = Draft::new(self.name, [(self.name, self.standing.as_str())]);
            let refused = answer.draft.as_ref().is_some_and(|draft| draft.form == self.name);
            let filled = Filled::over(self.name, answer, &standing);
            view! {
                <details class="disclosure" open=refused>
                    <summary>
                        <Icon glyph=Glyph::ChevronRight/>
                        {self.open}
                    </summary>
                    <form class="form" method="post" action=self.url>
                        {filled.summary()}
                        {hidden("id", tool.id.clone())}
                        {area(&filled, self.name, self.label, self.rows, self.help)}
                        <div class="form-actions">
                            <button class="button button-primary">{self.button}</button>
                        </div>
                    </form>
                </details>
            }
        });
        view! {
            <section class="card">
                <header class="card-head">
                    <h2>{self.title}</h2>
                    <p>{self.lead}</p>
                </header>
                <div class="card-body stack">{self.shown} {form}</div>
            </section>
        }
        .into_any()
    }
}

#[cfg(feature = "ssr")]
pub(crate) use server::{save, split};

#[cfg(feature = "ssr")]
mod server {
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
    use store::administration::Tool;

    /// The lines of a text area that hold something.
    pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
        text.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// Changes the tool as `change` says, which is what was read from the form, and answers with its page.
    pub(crate) async fn save(
        console: &Console,
        signed_in: &SignedIn,
        id: &str,
        draft: Draft,
        change: Result<impl FnOnce(Tool) -> Tool, Problem>,
        done: Done,
    ) -> Result<(), AppError> {
        let page = Place::new(TOOL.path.replace("{id}", &encode(id)));
        let result = write(console, signed_in, id, change, done).await;
        respond(result.map(|saved| (page.clone(), saved)), &page, draft)
    }

    async fn write(
        console: &Console,
        signed_in: &SignedIn,
        id: &str,
        change: Result<impl FnOnce(Tool) -> Tool, Problem>,
        done: Done,
    ) -> Result<Saved, Refusal> {
        let change = change?;
        let gone = || Refusal::from(Problem::of_form(Fault::Gone));
        // Postgres refuses U+0000 even in a comparison.
        if id.contains('\0') {
            return Err(gone());
        }
        let tool = console.store.get_tool_by_id(&ToolId::from(id)).await?.ok_or_else(gone)?;
        let mut writer = console.store.write(actor(signed_in)).await?;
        let tool = writer.get_tool(&tool.server, &tool.name).await?.ok_or_else(gone)?;
        writer.put_tool(&change(tool)).await?;
        Ok(saved(done, &writer.commit().await?))
    }
}
