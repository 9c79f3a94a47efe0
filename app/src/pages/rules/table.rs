//! The list itself: a row is one rule as a sentence, and one link.

use super::query::status_label;
use super::read::{RuleLine, RuleList};
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::{Glyph, Icon};
use crate::components::list::Column::{Figure, Mid, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::pill::EffectPill;
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::pages::decision::banner::with_code;
use crate::permission::Permission;
use crate::routes::{RULE_NEW, RULES};
use crate::sentence::view::pieces;
use crate::session;
use crate::url::encode;
use leptos::prelude::*;
use policy::labels::RuleStatus;

#[component]
pub fn RuleTable(list: RuleList) -> impl IntoView {
    if list.lines.is_empty() {
        return nothing(&list);
    }
    let summary = counted(list.lines.len(), "rule", "rules");
    let first = list.query.after.is_some().then(|| list.query.from_the_first().href());
    let next = list.next.as_deref().map(|cursor| list.query.beyond(cursor).href());
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    let columns = [Text("Effect"), Text("Rule"), Mid("Tenant"), Figure("Changed")];
    view! {
        {framed("Rules by name", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: RuleLine) -> AnyView {
    let href = format!("{}/{}", RULES.path, encode(&line.id));
    let off = line.status == RuleStatus::Disabled;
    let pill = if off {
        view! { <span class="pill">{status_label(line.status)}</span> }.into_any()
    } else {
        view! { <EffectPill words=line.words/> }.into_any()
    };
    let flags: Vec<AnyView> = line
        .flags
        .into_iter()
        .map(|flag| {
            view! {
                <p class="flag">
                    <Icon glyph=Glyph::Warning/>
                    <span>{with_code(&flag)}</span>
                </p>
            }
            .into_any()
        })
        .collect();
    let tenant = match line.tenant {
        Some(tenant) => view! { <UntrustedLine text=tenant/> }.into_any(),
        None => view! { <span class="muted">"every tenant"</span> }.into_any(),
    };
    view! {
        <tr class=off.then_some("row-off")>
            <td class="cell-lead col-fit">{pill}</td>
            <td class="cell-title">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.name/>
                </a>
                <p class="sentence quiet">{pieces(&line.sentence)}</p>
                {flags}
            </td>
            <td class="col-mid" data-label="Tenant">
                <span>{tenant}</span>
            </td>
            <td class="num cell-corner col-fit" data-label="Changed">
                <Time moment=line.changed/>
            </td>
        </tr>
    }
    .into_any()
}

fn nothing(list: &RuleList) -> AnyView {
    if list.query.after.is_some() || list.next.is_some() {
        let first = list.query.from_the_first().href();
        let next = list.next.as_deref().map(|cursor| list.query.beyond(cursor).href());
        return view! {
            <div class="table-frame">
                <section class="empty empty-filtered">
                    <h2>"No more rules here"</h2>
                    <p>"Nothing on this page fits the filters."</p>
                    <div class="button-row">
                        {next.map(|href| view! { <a class="button" href=href>"Look further"</a> })}
                        <a class="button" href=first>
                            "Go to the first page"
                        </a>
                    </div>
                </section>
            </div>
        }
        .into_any();
    }
    if list.query.narrows() {
        return view! { <EmptyFiltered text="No rule fits all of the filters above." clear=RULES.path/> }
            .into_any();
    }
    let may_write = session::current().is_some_and(|signed_in| signed_in.may(Permission::WriteRules));
    let first = may_write.then(|| {
        view! {
            <a class="button" href=RULE_NEW.path>
                "Write the first rule"
            </a>
        }
    });
    view! {
        <Empty
            glyph=Glyph::Rules
            title="No rules yet"
            text="Nothing is allowed that no rule allows: every tool call is denied until a rule says who may call which tool, with which arguments."
        >
            {first}
        </Empty>
    }
    .into_any()
}
