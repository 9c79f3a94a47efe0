//! `/account`: who one is, the theme, the password, the passkeys, and the own sessions. Works without script, but for what
//! only a script can ask a passkey.

pub mod browser;
pub mod forms;
pub mod passkeys;
pub mod read;
pub mod sessions;

use super::form::answer::Answer;
use super::form::notice::Answered;
use super::form::place::{Ask, read_of};
use crate::components::definition::{Definition, Nothing};
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::notice::ErrorNotice;
use crate::components::page_head::PageHead;
use crate::components::time::Time;
use crate::drawn::server_drawn;
use crate::moment::Moment;
use crate::routes;
use crate::session::{self, SignedIn};
use crate::url::use_parameters;
use crate::wire::resource;
use forms::{NoPassword, PasswordForm, ThemeForm};
use leptos::prelude::*;
use read::{AccountView, EndOtherSessions, EndSession, read_account};
use sessions::SessionTable;

#[component]
pub fn AccountPage() -> impl IntoView {
    server_drawn(routes::ACCOUNT, page)
}

fn page() -> impl IntoView {
    let end = ServerAction::<EndSession>::new();
    let end_others = ServerAction::<EndOtherSessions>::new();
    let account = resource(move || (end.version().get(), end_others.version().get()), |_| read_account());
    let map = use_parameters();
    // The server alone draws the page, for the address that it was asked under.
    let asked = map.with_untracked(|map| (Ask::read(map), read_of(map), Answer::read(map)));
    let signed_in = session::current();
    let failed = move || {
        let one = end.value().get().and_then(Result::err);
        let others = end_others.value().get().and_then(Result::err);
        one.or(others).map(|error| view! { <ErrorNotice error=error/> })
    };
    let theme = signed_in.as_ref().map(|signed_in| signed_in.theme).unwrap_or_default();
    view! {
        <PageHead title="Account">
            {signed_in.map(|signed_in| pill(&signed_in))}
            <div class="page-actions page-actions-compact">
                <form method="post" action="/sign-out">
                    <button class="button">
                        <Icon glyph=Glyph::SignOut/>
                        "Sign out"
                    </button>
                </form>
            </div>
        </PageHead>
        {failed}
        <div class="stack page-form">
            {loaded(account, move |account| draw(account, &asked, end, end_others))}
            <ThemeForm theme=theme/>
        </div>
    }
}

fn pill(signed_in: &SignedIn) -> AnyView {
    view! { <span class="pill">{signed_in.label()}</span> }.into_any()
}

fn draw(
    account: AccountView,
    (ask, of, answer): &(Option<Ask>, Option<String>, Answer),
    end: ServerAction<EndSession>,
    end_others: ServerAction<EndOtherSessions>,
) -> AnyView {
    let panel = passkeys::panel(*ask, of.as_deref(), &account.passkeys, answer);
    let password = if account.has_password {
        view! { <PasswordForm login=account.login.clone()/> }.into_any()
    } else {
        view! { <NoPassword/> }.into_any()
    };
    view! {
        <Answered answer=answer.clone()/>
        {panel}
        <section class="card">
            <header class="card-head">
                <h2>"You"</h2>
            </header>
            <dl class="definition-list definition-list-wide">
                <Definition term="Name">
                    <span>{account.name}</span>
                </Definition>
                <Definition term="Login">
                    <span>{account.login}</span>
                </Definition>
                <Definition term="Role">
                    <span>{account.role}</span>
                </Definition>
                <Definition term="Last sign-in">{last_sign_in(account.last_sign_in)}</Definition>
            </dl>
        </section>
        <SessionTable sessions=account.sessions end=end end_others=end_others/>
        {password}
        {passkeys::card(account.passkeys)}
    }
    .into_any()
}

fn last_sign_in(at: Option<Moment>) -> AnyView {
    match at {
        Some(at) => view! { <Time moment=at/> }.into_any(),
        None => view! { <Nothing word="unknown"/> }.into_any(),
    }
}
