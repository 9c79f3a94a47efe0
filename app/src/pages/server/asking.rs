//! Asking a server for its tools from a page: a form that works without script, and what is shown while the browser
//! waits for the answer.

use super::discover::{DiscoverTools, read_discovery};
use super::discovery::DiscoveryState;
use crate::components::icon::{Glyph, Icon};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(700);

/// Whether this page waits for a server. Made once, at the top of a page.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    busy: RwSignal<bool>,
    /// The server that is asked; none while it is not registered yet.
    slug: RwSignal<Option<String>>,
    words: RwSignal<String>,
}

impl Asking {
    /// Follows a discovery from the moment its form is sent until the next page is there.
    pub fn start() -> Self {
        let asking = Self {
            busy: RwSignal::new(false),
            slug: RwSignal::new(None),
            words: RwSignal::new("Connecting".to_owned()),
        };
        Effect::new(move |_| {
            let Some(slug) = asking.slug.get() else { return };
            let tick = move || asking.look(slug.clone());
            if let Ok(handle) = set_interval_with_handle(tick, INTERVAL) {
                on_cleanup(move || handle.clear());
            }
        });
        asking
    }

    fn look(self, slug: String) {
        spawn_local(async move {
            // What cannot be told now is told by the page that follows.
            if let Ok(Some(discovery)) = read_discovery(slug).await
                && let DiscoveryState::Running(words) = discovery.state
            {
                self.words.try_set(words);
            }
        });
    }

    /// The form was sent.
    pub fn begin(self, slug: Option<String>) {
        self.busy.set(true);
        self.slug.set(slug);
    }

    pub fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// What is shown meanwhile; nothing before.
    pub fn view(self) -> impl IntoView {
        move || {
            self.busy.get().then(|| {
                view! {
                    <div class="notice" role="status">
                        <Icon glyph=Glyph::Clock/>
                        <div>
                            <p>
                                <b>"Asking the server for its tools. "</b>
                                "This takes 30 seconds at the most."
                            </p>
                            <progress aria-label="Asking the server"></progress>
                            <p class="muted">
                                <bdi>{move || self.words.get()}</bdi>
                            </p>
                        </div>
                    </div>
                }
            })
        }
    }
}

/// One button that asks the server for its tools.
#[component]
pub fn DiscoverForm(
    slug: String,
    label: &'static str,
    asking: Asking,
    /// Its class.
    #[prop(default = "button")]
    look: &'static str,
) -> impl IntoView {
    let sent = slug.clone();
    view! {
        <form
            method="post"
            action=DiscoverTools::url()
            on:submit=move |_| asking.begin(Some(sent.clone()))
        >
            <input type="hidden" name="slug" value=slug/>
            <button class=look aria-busy=move || asking.is_busy().then_some("true")>
                <Icon glyph=Glyph::Search/>
                {label}
            </button>
        </form>
    }
}
