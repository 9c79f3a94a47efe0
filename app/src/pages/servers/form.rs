//! The form that registers a server; where there is none yet, it is the page.

use super::save::RegisterServer;
use crate::components::icon::{Glyph, Icon};
use crate::pages::form::answer::Answer;
use crate::pages::form::input::{Filled, Input};
use crate::pages::server::asking::Asking;
use crate::pages::server::fields::{TenantChoice, tenants};
use crate::routes::SERVERS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The name of the form in addresses.
pub const FORM: &str = "new";

/// What stands where no server is registered.
pub fn first(choices: &[TenantChoice], answer: &Answer, asking: Asking) -> AnyView {
    view! {
        <div class="stack page-form">
            <section class="empty">
                <Icon glyph=Glyph::Servers/>
                <h2>"Register your first MCP server"</h2>
                <p>
                    "Countersign connects to it, lists its tools, and denies each of them until you have looked at it."
                </p>
            </section>
            {register(choices, answer, asking)}
        </div>
    }
    .into_any()
}

pub fn register(choices: &[TenantChoice], answer: &Answer, asking: Asking) -> AnyView {
    let filled = Filled::new(FORM, answer);
    view! {
        <section class="card" aria-label="Register a server">
            <form
                class="form card-body"
                method="post"
                action=RegisterServer::url()
                on:submit=move |_| asking.begin(None)
            >
                {filled.summary()}
                {Input::text("slug", "Slug")
                    .code()
                    .help("Lower-case letters, digits and hyphens. Rules and keys name the server by it, so it stays.")
                    .draw(&filled, "")}
                {Input::text("url", "MCP endpoint")
                    .code()
                    .help("The address of its streamable HTTP endpoint, such as https://crm.example/mcp.")
                    .draw(&filled, "")}
                {Input::text("name", "Name")
                    .optional()
                    .help("What people read. Left empty, it is the slug.")
                    .draw(&filled, "")}
                {tenants(&filled, choices, &[])}
                <div class="form-actions">
                    <button
                        class="button button-primary"
                        aria-busy=move || asking.is_busy().then_some("true")
                    >
                        "Register and discover tools"
                    </button>
                    <a class="button" href=SERVERS.path>
                        "Cancel"
                    </a>
                </div>
                {asking.view()}
            </form>
        </section>
    }
    .into_any()
}
