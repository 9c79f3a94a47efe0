//! Who holds a role, and the rules that name it.

use super::read::{HolderLine, RoleView, RuleLine};
use crate::components::definition::Nothing;
use crate::components::list::counted;
use crate::components::pill::EffectPill;
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::pages::roles::table::place;
use crate::routes::SUBJECTS;
use crate::url::{encode, href};
use leptos::prelude::*;

#[component]
pub fn Holders(role: RoleView) -> impl IntoView {
    let lead = role.holder_count.of("subject", "subjects");
    let all = href(SUBJECTS.path, [("tenant", role.tenant.as_deref())]);
    let body = if role.holders.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">
                    "Nobody holds this role. Open a subject and tick it in one of the memberships there."
                </p>
            </div>
        }
        .into_any()
    } else {
        holder_table(role.holders)
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Holders"</h2>
                <p class="muted">{lead}</p>
                <a href=all>"All subjects"</a>
            </header>
            {body}
        </section>
    }
}

fn holder_table(holders: Vec<HolderLine>) -> AnyView {
    let rows: Vec<AnyView> = holders.into_iter().map(holder).collect();
    view! {
        <table class="table">
            <caption class="visually-hidden">"Holders by tenant and subject"</caption>
            <thead>
                <tr>
                    <th scope="col">"Subject"</th>
                    <th scope="col">"Tenant"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="num">
                        "Until"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn holder(line: HolderLine) -> AnyView {
    let href = format!("{}/{}", SUBJECTS.path, encode(&line.subject));
    let state = match (line.active, line.ended) {
        (false, _) => "disabled",
        (true, true) => "membership ended",
        (true, false) => "active",
    };
    let until = match line.until {
        Some(until) => view! { <Time moment=until/> }.into_any(),
        None => view! { <Nothing word="no end"/> }.into_any(),
    };
    let off = (!line.active || line.ended).then_some("row-off");
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Subject">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.name/>
                </a>
            </td>
            <td data-label="Tenant">
                <span>
                    <UntrustedLine text=line.tenant/>
                </span>
            </td>
            <td data-label="State">
                <span>{state}</span>
            </td>
            <td class="num" data-label="Until">
                {until}
            </td>
        </tr>
    }
    .into_any()
}

#[component]
pub fn Rules(role: RoleView) -> impl IntoView {
    let lead = counted(role.rules.len(), "rule", "rules");
    let body = if role.rules.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">"No rule names this role, so it allows and denies nothing."</p>
            </div>
        }
        .into_any()
    } else {
        rule_table(role.rules)
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Rules that name it"</h2>
                <p class="muted">{lead}</p>
            </header>
            {body}
        </section>
    }
}

fn rule_table(rules: Vec<RuleLine>) -> AnyView {
    let rows: Vec<AnyView> = rules.into_iter().map(rule).collect();
    view! {
        <table class="table">
            <caption class="visually-hidden">"Rules by name"</caption>
            <thead>
                <tr>
                    <th scope="col">"Effect"</th>
                    <th scope="col">"Rule"</th>
                    <th scope="col">"Its holders"</th>
                    <th scope="col">"Where"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn rule(line: RuleLine) -> AnyView {
    let href = format!("/rules/{}", encode(&line.id));
    let part = if line.approves { "approve" } else { "are who it is about" };
    let effect = if line.disabled {
        view! { <span class="pill">"Disabled"</span> }.into_any()
    } else {
        view! { <EffectPill words=line.words/> }.into_any()
    };
    view! {
        <tr class=line.disabled.then_some("row-off")>
            <td class="cell-lead col-fit">{effect}</td>
            <td class="cell-title" data-label="Rule">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.name/>
                </a>
            </td>
            <td data-label="Its holders">
                <span>{part}</span>
            </td>
            <td data-label="Where">
                <span>{place(line.tenant)}</span>
            </td>
        </tr>
    }
    .into_any()
}
