//! The own sessions, each with a way to end it.

use super::read::{EndOtherSessions, EndSession, SessionLine};
use crate::components::definition::Nothing;
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use leptos::prelude::*;

#[component]
pub fn SessionTable(
    sessions: Vec<SessionLine>,
    end: ServerAction<EndSession>,
    end_others: ServerAction<EndOtherSessions>,
) -> impl IntoView {
    let others = sessions.iter().any(|session| !session.current).then(|| {
        view! {
            <ActionForm action=end_others>
                <button class="button button-small button-danger">"End all others"</button>
            </ActionForm>
        }
    });
    let rows: Vec<AnyView> = sessions.into_iter().map(|session| row(session, end)).collect();
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Sessions"</h2>
                {others}
            </header>
            <table class="table">
                <caption class="visually-hidden">"Your sessions, the one used last first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Browser"</th>
                        <th scope="col">"Address"</th>
                        <th scope="col">"Started"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn row(session: SessionLine, end: ServerAction<EndSession>) -> AnyView {
    let label = format!("End the session of {} last used {}", session.browser, session.last_seen.words);
    let id = session.id;
    let action = (!session.current).then(|| {
        view! {
            <ActionForm action=end>
                <input type="hidden" name="id" value=id/>
                <button class="button button-small" aria-label=label>
                    "End"
                </button>
            </ActionForm>
        }
    });
    let this_one = session.current.then(|| view! { <span class="pill">"this one"</span> });
    let address = match session.address {
        Some(address) => view! {
            <code>
                <UntrustedLine text=address/>
            </code>
        }
        .into_any(),
        None => view! { <Nothing word="unknown"/> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-title" data-label="Browser">
                {session.browser}
                " "
                {this_one}
            </td>
            <td data-label="Address">{address}</td>
            <td data-label="Started">
                <Time moment=session.started/>
            </td>
            <td data-label="Last used">
                <Time moment=session.last_seen/>
            </td>
            <td class="cell-actions">{action}</td>
        </tr>
    }
    .into_any()
}
