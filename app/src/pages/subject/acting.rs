//! For whom a subject may act, what it may do for one of them, and who acts for it.

use super::pairs::{Pair, PairLine, Tie, Tools};
use super::panel::page_of;
use super::tables::{card, quiet};
use super::view::SubjectView;
use crate::components::list::Column::{Actions, Text};
use crate::components::list::{carded, counted};
use crate::components::untrusted::{UntrustedFlags, UntrustedLine, plain};
use crate::pages::access::query::AccessQuery;
use crate::pages::access::table::{row, try_one};
use crate::pages::decision::banner::with_code;
use crate::routes::SUBJECTS;
use crate::url::{encode, href};
use leptos::prelude::*;

/// How many tenants of two are linked in a row; the page of the two names the others.
const LINKED: usize = 3;

/// Nothing where it is nobody who acts for others.
pub fn for_whom(subject: &SubjectView) -> Option<AnyView> {
    let told = subject.for_whom.as_ref()?;
    let people = if told.people.is_empty() {
        quiet("No one that you may see: no owner, and nobody it acted for lately.")
    } else {
        let rows = told
            .people
            .iter()
            .map(|line| {
                let tie = match line.tie {
                    Tie::Owner => "its owner",
                    Tie::Lately => "it acted for them lately",
                };
                pair_row(line, tie, "Subject", Sides { subject: &line.id, agent: &subject.id })
            })
            .collect();
        let columns = [Text("Subject"), Text("Why"), Actions];
        carded("For whom it may act, the owner first", &columns, rows)
    };
    let body = view! {
        {people}
        {choice(subject)}
    };
    let view = view! {
        {card("May do for", ().into_any(), body.into_any())}
        {told.pair.as_ref().map(|pair| may_do(subject, pair))}
    };
    Some(view.into_any())
}

/// Nothing where nobody does.
pub fn agents(subject: &SubjectView) -> Option<AnyView> {
    if subject.agents.is_empty() {
        return None;
    }
    let rows = subject
        .agents
        .iter()
        .map(|line| {
            let tie = match line.tie {
                Tie::Owner => "owned by it",
                Tie::Lately => "acted for it lately",
            };
            pair_row(line, tie, "Agent", Sides { subject: &subject.id, agent: &line.id })
        })
        .collect();
    let columns = [Text("Agent"), Text("Why"), Actions];
    let table = carded("Agents that act for it, its own first", &columns, rows);
    Some(card("Agents that act for it", ().into_any(), table))
}

/// Who of two is who.
#[derive(Debug, Clone, Copy)]
struct Sides<'a> {
    subject: &'a str,
    agent: &'a str,
}

impl Sides<'_> {
    /// The page of the agent, with what it may do for the subject in one tenant.
    fn page(self, tenant: Option<&str>) -> String {
        let path = format!("{}/{}", SUBJECTS.path, encode(self.agent));
        href(&path, [("for", Some(self.subject)), ("tenant", tenant)])
    }

    /// The whole answer, of one tenant.
    fn access(self, tenant: &str) -> String {
        AccessQuery::through(tenant, self.agent).of_subject(self.subject)
    }
}

fn pair_row(line: &PairLine, tie: &'static str, head: &'static str, sides: Sides<'_>) -> AnyView {
    let links: Vec<AnyView> = line
        .tenants
        .iter()
        .take(LINKED)
        .map(|tenant| {
            let words = format!("Access in {}", plain(tenant));
            let label = format!("{words}: {} for {}", plain(sides.agent), plain(sides.subject));
            view! {
                <a class="button button-small" href=sides.access(tenant) aria-label=label>
                    {words}
                </a>
            }
            .into_any()
        })
        .collect();
    let more = line.tenants.len() - links.len();
    let more = (more > 0).then(|| view! { <span class="muted">{format!("and in {more} more")}</span> });
    let access = if links.is_empty() {
        view! { <span class="muted">"no tenant in common"</span> }.into_any()
    } else {
        view! { <div class="button-row">{links} {more}</div> }.into_any()
    };
    view! {
        <tr>
            <td class="cell-title" data-label=head>
                <a class="row-link" href=sides.page(None)>
                    <UntrustedLine text=line.id.clone()/>
                </a>
            </td>
            <td data-label="Why">
                <span>{tie}</span>
            </td>
            <td class="cell-actions">{access}</td>
        </tr>
    }
    .into_any()
}

/// Anybody else, by a form that only asks: it works without script.
fn choice(subject: &SubjectView) -> AnyView {
    let action = page_of(subject).href();
    let chosen = subject.query.for_whom.clone();
    // The tenant that was chosen stays chosen, where it is one of the two.
    let pair = subject.for_whom.as_ref().and_then(|told| told.pair.as_ref());
    let shown = pair.and_then(|pair| pair.tenant.clone());
    let kept = shown.filter(|shown| subject.query.tenant.as_ref() == Some(shown));
    let kept = kept.map(|slug| view! { <input type="hidden" name="tenant" value=slug/> });
    view! {
        <div class="card-body">
            <form class="form" method="get" action=action>
                {kept}
                <div class="field">
                    <label for="for-whom">"For somebody else"</label>
                    <div class="input-group">
                        <input
                            id="for-whom"
                            name="for"
                            type="text"
                            class="input-code"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            placeholder="subject id"
                            value=chosen
                        />
                        <button class="button">"Show"</button>
                    </div>
                </div>
            </form>
        </div>
    }
    .into_any()
}

/// What it may do for one subject, in one tenant.
fn may_do(subject: &SubjectView, pair: &Pair) -> AnyView {
    let sides = Sides { subject: &pair.subject, agent: &subject.id };
    let whole = pair.tenant.as_ref().map(|tenant| {
        view! { <a href=sides.access(tenant)>"All of it in the Access explorer"</a> }
    });
    let trial = pair.tenant.as_ref().and_then(|tenant| try_one(tenant, sides.agent, sides.subject));
    let body = match &pair.tenant {
        None => quiet("Nothing: no member of its tenants has this id."),
        Some(tenant) => {
            let asked = AccessQuery::through(tenant, &subject.id);
            let tables = if pair.is_empty() { nothing(pair) } else { tools(pair, &asked) };
            view! {
                {elsewhere(sides, pair, tenant)}
                {tables}
            }
            .into_any()
        }
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"May do for " <UntrustedLine text=pair.subject.clone()/></h2>
                {summary(pair).map(|text| view! { <p class="muted">{text}</p> })}
                {whole}
            </header>
            {body}
            {trial.map(|link| view! { <p class="card-foot">{link}</p> })}
        </section>
    }
    .into_any()
}

/// "2 tools without approval and 1 tool with approval, of 6 in acme".
fn summary(pair: &Pair) -> Option<String> {
    let tenant = plain(pair.tenant.as_ref()?);
    let tools = |tools: &Tools| counted(tools.count, "tool", "tools");
    let (freely, approved) = (tools(&pair.freely), tools(&pair.approved));
    let of = if pair.more { "the first " } else { "" };
    let all = pair.looked_at;
    Some(format!("{freely} without approval and {approved} with approval, of {of}{all} in {tenant}"))
}

/// The other tenants that both are members of.
fn elsewhere(sides: Sides<'_>, pair: &Pair, tenant: &str) -> Option<AnyView> {
    let links: Vec<AnyView> = pair
        .tenants
        .iter()
        .filter(|other| *other != tenant)
        .map(|other| {
            view! {
                <li>
                    <a href=sides.page(Some(other))>
                        <UntrustedLine text=other.clone()/>
                    </a>
                </li>
            }
            .into_any()
        })
        .collect();
    if links.is_empty() {
        return None;
    }
    let view = view! {
        <div class="card-body">
            <ul class="facts">
                <li>"Also members of"</li>
                {links}
            </ul>
        </div>
    };
    Some(view.into_any())
}

/// Why it is nothing.
fn nothing(pair: &Pair) -> AnyView {
    if pair.looked_at == 0 {
        return quiet("Nothing: this tenant may use no server with tools.");
    }
    if pair.why_not.is_empty() {
        return quiet("Nothing: every tool is denied. The Access explorer says why for each.");
    }
    let why: Vec<AnyView> = pair
        .why_not
        .iter()
        .map(|line| {
            view! {
                <p class="quiet">
                    {with_code(line)} " "
                    <UntrustedFlags text=line.clone()/>
                </p>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="card-body">
            <p>"Nothing: every tool is denied."</p>
            {why}
        </div>
    }
    .into_any()
}

fn tools(pair: &Pair, asked: &AccessQuery) -> AnyView {
    let table = |tools: &Tools, caption: &'static str| {
        let rows: Vec<AnyView> =
            tools.first.iter().map(|one| row(one, "Tool", asked.of_tool(&one.name))).collect();
        (!rows.is_empty()).then(|| {
            let more = tools.count - tools.first.len();
            let more = (more > 0).then(|| {
                let words = counted(more, "more tool", "more tools");
                view! { <p class="card-foot">{format!("{words} {}", caption.to_lowercase())}</p> }
            });
            view! {
                <h3 class="why-title">{caption}</h3>
                {carded(caption, &[Text("Tool"), Text("Access"), Text("Why")], rows)}
                {more}
            }
            .into_any()
        })
    };
    view! {
        {table(&pair.freely, "Without approval")}
        {table(&pair.approved, "With approval")}
    }
    .into_any()
}
