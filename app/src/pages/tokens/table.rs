//! The list of administrator tokens: a table, cards on narrow screens.

use super::panel;
use super::read::{TokenLine, TokenList};
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::{Actions, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::answer::Answer;
use crate::pages::form::place::{Ask, Place};
use crate::pages::keys::table::{bound, secret};
use crate::routes::TOKENS;
use leptos::prelude::*;

pub fn table(list: TokenList, answer: &Answer, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list, answer, may_write);
    }
    let summary = counted(list.lines.len(), "administrator token", "administrator tokens");
    let first = list.query.after.is_some().then(|| list.query.beyond(TOKENS.path, None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(TOKENS.path, Some(cursor)));
    let rows: Vec<AnyView> = list.lines.into_iter().map(|line| row(line, may_write)).collect();
    let columns = [Text("Token"), Text("May"), Text("Tenant"), Text("Account"), Text("Use"), Actions];
    view! {
        {framed("Administrator tokens by name", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: TokenLine, may_write: bool) -> AnyView {
    let revoke = may_write.then(|| {
        let href = Place::new(TOKENS.path).asking(Ask::Revoke).of(line.id.as_str()).href();
        let label = format!("Revoke {}", plain(&line.name));
        view! {
            <a class="button button-small button-danger" href=href rel="external" aria-label=label>
                "Revoke"
            </a>
        }
    });
    let off = (!line.alive || line.secret.expired).then_some("row-off");
    let dead = (!line.alive).then(|| view! { <small>"off, or no owner"</small> });
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Token">
                <b>
                    <UntrustedLine text=line.name/>
                </b>
                <small>
                    "created "
                    <Time moment=line.secret.created.clone()/>
                </small>
            </td>
            <td class="mono" data-label="May">
                {line.scopes}
            </td>
            <td data-label="Tenant">{bound(line.tenant, "every tenant")}</td>
            <td data-label="Account">
                <UntrustedLine text=line.account/>
                {dead}
            </td>
            <td data-label="Use">{secret(line.secret)}</td>
            <td class="cell-actions">{revoke}</td>
        </tr>
    }
    .into_any()
}

fn nothing(list: &TokenList, answer: &Answer, may_write: bool) -> AnyView {
    if list.query.narrows() {
        return view! { <EmptyFiltered text="No administrator token's name holds this." clear=TOKENS.path/> }
            .into_any();
    }
    // The form itself, unless it is open above.
    let form = (may_write && list.query.ask.is_none()).then(|| panel::create(list, answer));
    view! {
        <div class="stack">
            <Empty
                glyph=Glyph::Key
                title="No administrator tokens yet"
                text="A program shows an administrator token to the API, which does what the console does."
            >
                <p>"Give each program one of its own, with no more than it needs."</p>
            </Empty>
            {form}
        </div>
    }
    .into_any()
}
