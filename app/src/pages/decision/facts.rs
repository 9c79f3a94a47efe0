//! The aside of one decision: who called, what was called, and where the decision stands in the record.

use super::banner::with_code;
use super::view::{
    ActorWords, DecisionView, MembershipWords, RecordFacts, SubjectWords, TokenWords, ToolFacts, TouchedLine,
    Who,
};
use crate::components::copyable::Copyable;
use crate::components::definition::{Definition, Nothing};
use crate::components::risk::RiskBars;
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::UntrustedLine;
use crate::moment::Moment;
use crate::pages::approvals::table::page_of;
use crate::pages::decisions::query::DecisionQuery;
use crate::pages::form::may;
use crate::routes::{APPROVAL, TASKS};
use crate::url::encode;
use leptos::prelude::*;

#[component]
pub fn FactsAside(decision: DecisionView) -> impl IntoView {
    view! {
        <aside class="stack" aria-label="Facts">
            {who(decision.who, decision.tenant)}
            {what(decision.server, decision.tool, decision.action, decision.tool_facts, decision.touched)}
            {record(decision.record, decision.at)}
        </aside>
    }
}

fn card(title: &'static str, entries: AnyView) -> AnyView {
    view! {
        <section class="card">
            <header class="card-head">
                <h2>{title}</h2>
            </header>
            <dl class="definition-list">{entries}</dl>
        </section>
    }
    .into_any()
}

fn who(who: Option<Who>, tenant: Option<String>) -> AnyView {
    let (person, how, token, memberships, acting) = match who {
        Some(who) => (who.subject, Some(who.how), who.token, who.memberships, who.actor),
        None => (None, None, None, Vec::new(), None),
    };
    let roles: Vec<AnyView> = memberships.into_iter().map(membership).collect();
    let entries = view! {
        <Definition term="Subject">{subject(person)}</Definition>
        {how
            .map(|how| {
                view! {
                    <Definition term="Recognised">
                        <span>{with_code(&how)}</span>
                    </Definition>
                }
            })}
        {token.map(shown_token)}
        <Definition term="Tenant">{tenant_link(tenant)}</Definition>
        {roles}
        {acting.map(actor)}
    };
    card("Who", entries.into_any())
}

fn subject(subject: Option<SubjectWords>) -> AnyView {
    let Some(subject) = subject else {
        return view! { <Nothing word="not recognised"/> }.into_any();
    };
    let query = DecisionQuery { subject: Some(subject.id.clone()), ..DecisionQuery::default() };
    let state = if subject.active { "" } else { ", disabled" };
    view! {
        <a href=query.href()>
            <UntrustedLine text=subject.name/>
        </a>
        <small>
            <UntrustedLine text=subject.id/>
            {format!(" · {}{state}", subject.kind)}
        </small>
    }
    .into_any()
}

/// Who acted for the subject: evaluated as well, and the stricter result stood.
fn actor(actor: ActorWords) -> AnyView {
    let line = |label: &'static str, text: String| {
        view! {
            <small>
                {label}
                <UntrustedLine text=text/>
            </small>
        }
        .into_any()
    };
    view! {
        <Definition term="Acting">
            {subject(actor.subject)} <small>{with_code(&actor.how)}</small>
            {actor.roles.map(|roles| line("roles ", roles))}
            {actor.chain.map(|chain| line("before it acted ", chain))}
        </Definition>
    }
    .into_any()
}

/// What the token said; all of it is the issuer's or the caller's text.
fn shown_token(token: TokenWords) -> AnyView {
    let line = |label: &'static str, text: String| {
        view! {
            <small>
                {label}
                <UntrustedLine text=text/>
            </small>
        }
        .into_any()
    };
    view! {
        <Definition term="Token of issuer">
            <UntrustedLine text=token.issuer/>
            {line("sub ", token.sub)}
            <small>{format!("expires {}", token.expires)}</small>
            {token.jti.map(|jti| line("jti ", jti))}
            {token.scopes.map(|scopes| line("scopes ", scopes))}
            {token.weaker.map(|weaker| view! { <small>"weaker: " {with_code(&weaker)}</small> })}
        </Definition>
    }
    .into_any()
}

fn tenant_link(tenant: Option<String>) -> AnyView {
    match tenant {
        Some(tenant) => {
            let query = DecisionQuery { tenant: Some(tenant.clone()), ..DecisionQuery::default() };
            view! {
                <a href=query.href()>
                    <UntrustedLine text=tenant/>
                </a>
            }
            .into_any()
        }
        None => view! { <Nothing/> }.into_any(),
    }
}

/// The roles of one membership and where they come from.
fn membership(held: MembershipWords) -> AnyView {
    let roles = if held.roles.is_empty() { "no role".to_owned() } else { held.roles.join(", ") };
    let until = held.until.map(|until| {
        view! {
            ", until "
            <Time moment=until/>
        }
    });
    view! {
        <Definition term="Roles">
            <UntrustedLine text=roles/>
            <small>
                "by membership in "
                <UntrustedLine text=held.tenant/>
                {format!(", {}", held.state)}
                {until}
            </small>
        </Definition>
    }
    .into_any()
}

fn what(
    server: Option<String>,
    tool: Option<String>,
    action: String,
    facts: Option<ToolFacts>,
    touched: Vec<TouchedLine>,
) -> AnyView {
    let touched = (!touched.is_empty()).then(|| {
        let lines: Vec<AnyView> = touched.into_iter().map(touches).collect();
        view! { <Definition term="Touches">{lines}</Definition> }
    });
    let facts = facts.map(|facts| {
        let read_only = facts.read_only.map(|read_only| if read_only { "only reads" } else { "may write" });
        view! {
            {facts
                .risk
                .map(|risk| {
                    view! {
                        <Definition term="Risk">
                            <RiskBars risk=risk/>
                        </Definition>
                    }
                })}
            {facts
                .sensitivity
                .map(|word| {
                    view! {
                        <Definition term="Sensitivity">
                            <span>{word}</span>
                        </Definition>
                    }
                })}
            {read_only
                .map(|word| {
                    view! {
                        <Definition term="Effect">
                            <span>{word}</span>
                        </Definition>
                    }
                })}
            {facts
                .definition_hash
                .map(|hash| {
                    view! {
                        <Definition term="Definition">
                            <Copyable value=hash what="definition hash"/>
                        </Definition>
                    }
                })}
        }
    });
    let method = action.clone();
    let entries = view! {
        <Definition term="Tool">
            <ToolName server=server tool=tool action=action/>
        </Definition>
        <Definition term="Action">
            <code>
                <UntrustedLine text=method/>
            </code>
        </Definition>
        {facts}
        {touched}
    };
    card("What", entries.into_any())
}

/// A resource, which leads to the decisions that name it.
fn touches(line: TouchedLine) -> AnyView {
    let TouchedLine { text, name } = line;
    let text = view! { <UntrustedLine text=text/> };
    let text = match name {
        Some(name) => {
            let query = DecisionQuery { resource: Some(name), ..DecisionQuery::default() };
            view! { <a href=query.href()>{text}</a> }.into_any()
        }
        None => text.into_any(),
    };
    view! { <small>{text}</small> }.into_any()
}

/// The request for approval; a link for those who may open it.
fn approval(id: String, part: String) -> AnyView {
    let request = if may(APPROVAL.permission) {
        let href = page_of(&id);
        view! { <a href=href>"Approval request"</a> }.into_any()
    } else {
        view! { <code>{id}</code> }.into_any()
    };
    view! {
        <Definition term="Approval">
            {request}
            <small>{part}</small>
        </Definition>
    }
    .into_any()
}

fn record(record: RecordFacts, at: Moment) -> AnyView {
    let trust = record.trust;
    let credential = record.credential.map(|name| {
        view! {
            <UntrustedLine text=name/>
            {trust.map(|trust| view! { <small>{trust}</small> })}
        }
    });
    let entries = view! {
        <Definition term="Enforcement key">{credential}</Definition>
        <Definition term="Time">
            <span>{at.iso}</span>
        </Definition>
        {record
            .task
            .map(|id| {
                let href = format!("{}/{}", TASKS.path, encode(&id));
                view! {
                    <Definition term="Task">
                        <a href=href>
                            <code>{id}</code>
                        </a>
                    </Definition>
                }
            })}
        {record.approval.map(|(id, part)| approval(id, part))}
        {record
            .took
            .map(|took| {
                view! {
                    <Definition term="Took">
                        <span>{took}</span>
                    </Definition>
                }
            })}
        {record
            .request_id
            .map(|id| {
                view! {
                    <Definition term="Request">
                        <code>
                            <UntrustedLine text=id/>
                        </code>
                    </Definition>
                }
            })}
        {record
            .place
            .map(|place| {
                view! {
                    <Definition term="Chain">
                        <Copyable value=place.chain what="chain id"/>
                        <small>{format!("position {}", place.seq)}</small>
                    </Definition>
                    <Definition term="Hash">
                        <Copyable value=place.hash what="record hash"/>
                    </Definition>
                }
            })}
    };
    card("Record", entries.into_any())
}
