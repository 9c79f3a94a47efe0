//! What the page of one request shows, in the order in which a person decides: who asks to call what, with which
//! arguments; then why, and what else this caller did.

use super::arguments;
use super::bar;
use super::view::{Answering, RequestView, RuleWords, TaskWords, UseLine, VoteLine};
use crate::components::definition::Definition;
use crate::components::pill::VerdictPill;
use crate::components::risk::RiskBars;
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::{Untrusted, UntrustedLine};
use crate::pages::approvals::read::Asking;
use crate::pages::approvals::table::pill;
use crate::pages::decisions::read::DecisionLine;
use crate::pages::form::answer::Answer;
use crate::pages::form::may;
use crate::permission::Permission;
use crate::routes::{APPROVALS, DECISIONS};
use crate::url::encode;
use leptos::prelude::*;

/// The page without notices and without the bar.
pub struct Body {
    pub head: AnyView,
    pub rest: AnyView,
}

pub fn body(request: RequestView, answer: &Answer) -> Body {
    let head = head(&request);
    let narrowing = bar::narrowing(&request, answer);
    let beside = bar::beside(&request);
    let over = matches!(request.answering, Answering::Over);
    let open = request.uses.iter().find(|used| over && used.open).map(|used| used.id.clone());
    let refused = request.not_given_back.clone().filter(|_| over).map(bar::not_given_back);
    let reissue = open.map(|decision| bar::reissue(&request, &decision, answer)).or(refused);
    let ending = request.ending.map(|text| ending(text, request.reason));
    let arguments = arguments::card(request.arguments);
    let also = arguments::also(request.bound);
    let task = request.task.map(task);
    let rules = rules(request.rules, request.votes, narrowing);
    let today = today(request.today, request.more_today);
    let history = history(request.filed_by, request.uses, reissue);
    let rest = view! {
        {ending}
        {arguments}
        {also}
        {task}
        {rules}
        {today}
        {history}
        {beside}
    };
    Body { head, rest: rest.into_any() }
}

fn head(request: &RequestView) -> AnyView {
    let Asking { tenant, server, tool, action, .. } = request.asking.clone();
    let subject = request.subject_name.clone();
    let who = match request.actor_name.clone() {
        Some(actor) => view! {
            <b>
                <UntrustedLine text=actor/>
            </b>
            " for "
            <b>
                <UntrustedLine text=subject/>
            </b>
        }
        .into_any(),
        None => view! {
            <b>
                <UntrustedLine text=subject/>
            </b>
        }
        .into_any(),
    };
    let filed = request.filed_risk.map(|risk| format!(" (was {risk} when filed)"));
    let risk = request.risk.map(|risk| {
        view! {
            <li>
                <RiskBars risk=risk/>
                " risk"
                {filed}
            </li>
        }
    });
    let sensitivity = request.sensitivity.clone().map(|word| view! { <li>{word}</li> });
    let left = view! {
        <li>
            "ends "
            <Time moment=request.expires.clone()/>
        </li>
    };
    let waits = request.ending.is_none();
    let attempts = request.attempts.clone().map(|text| view! { <li>{text}</li> });
    view! {
        <header class="page-head">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href=APPROVALS.path>"Approvals"</a>
            </nav>
            <h1 class="ask">
                {who}
                " ("
                <UntrustedLine text=tenant/>
                ") asks to call "
                <span class="mono">
                    <ToolName server=server tool=tool action=action/>
                </span>
            </h1>
        </header>
        <ul class="facts page-lead">
            <li>{pill(request.standing)}</li>
            {risk}
            {sensitivity}
            <li>
                "asked "
                <Time moment=request.filed.clone()/>
            </li>
            {attempts}
            {waits.then_some(left)}
        </ul>
    }
    .into_any()
}

fn ending(text: String, reason: Option<String>) -> AnyView {
    let reason = reason.map(|reason| view! { <Untrusted text=reason/> });
    view! {
        <section class="card">
            <div class="card-body">
                <p>
                    <UntrustedLine text=text/>
                </p>
                {reason}
            </div>
        </section>
    }
    .into_any()
}

fn task(task: TaskWords) -> AnyView {
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Task"</h2>
                <p>{format!("Opened by {}; {}.", task.opened_by, task.used)}</p>
            </header>
            <div class="card-body">
                <Untrusted text=task.purpose/>
            </div>
        </section>
    }
    .into_any()
}

fn rules(rules: Vec<RuleWords>, votes: Vec<VoteLine>, narrowing: Option<AnyView>) -> AnyView {
    let any = rules.iter().filter(|rule| rule.any).count() > 1;
    let any = any.then(|| view! { <p>"It is enough to meet one of those that grant the call."</p> });
    let rules: Vec<AnyView> = rules.into_iter().map(rule).collect();
    let votes: Vec<AnyView> = votes.into_iter().map(vote).collect();
    let votes = (!votes.is_empty()).then(|| view! { <ul class="card-body votes">{votes}</ul> });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Who asks for approval"</h2>
                {any}
            </header>
            <dl class="definition-list definition-list-wide">{rules}</dl>
            {votes}
            {narrowing}
        </section>
    }
    .into_any()
}

fn rule(rule: RuleWords) -> AnyView {
    let name = view! { <UntrustedLine text=rule.name/> };
    let name = match rule.href {
        Some(href) => view! { <a href=href>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    let so_far = if rule.met { "Met: ".to_owned() + &rule.so_far } else { rule.so_far };
    view! {
        <div>
            <dt>{name}</dt>
            <dd>
                <UntrustedLine text=rule.asks/>
                <small>{so_far} {rule.any.then_some("; grants the call once approved")}</small>
                {rule
                    .now
                    .map(|now| {
                        view! {
                            <small class="changed">
                                "Changed since: "
                                <UntrustedLine text=now/>
                            </small>
                        }
                    })}
            </dd>
        </div>
    }
    .into_any()
}

fn vote(vote: VoteLine) -> AnyView {
    let verb = if vote.approves { " approved " } else { " denied " };
    let place = vote.in_place_of.map(|name| {
        view! {
            " in the place of "
            <UntrustedLine text=name/>
            " "
        }
    });
    let narrowed = vote.narrowed.map(|text| view! { <small>{text}</small> });
    let reason = vote.reason.map(|reason| view! { <Untrusted text=reason/> });
    view! {
        <li>
            <b>
                <UntrustedLine text=vote.by/>
            </b>
            {verb}
            {place}
            <Time moment=vote.at/>
            {narrowed}
            {reason}
        </li>
    }
    .into_any()
}

fn today(lines: Vec<DecisionLine>, more: bool) -> AnyView {
    let linked = may(Permission::ReadDecisions);
    let body = if lines.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">"Nothing else in the last 24 hours."</p>
            </div>
        }
        .into_any()
    } else {
        let items: Vec<AnyView> = lines.into_iter().map(|line| did(line, linked)).collect();
        view! { <ul class="card-body today">{items}</ul> }.into_any()
    };
    let more = more.then(|| view! { <p class="card-foot">"There were more."</p> });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"What this caller did today"</h2>
            </header>
            {body}
            {more}
        </section>
    }
    .into_any()
}

fn did(line: DecisionLine, linked: bool) -> AnyView {
    let href = format!("{}/{}", DECISIONS.path, encode(&line.id));
    let name = view! { <ToolName server=line.server tool=line.tool action=line.action/> };
    let name = if linked { view! { <a href=href>{name}</a> }.into_any() } else { name.into_any() };
    view! {
        <li>
            <VerdictPill verdict=line.verdict/>
            <span>{name}</span>
            <Time moment=line.at/>
        </li>
    }
    .into_any()
}

/// The decisions of a request: what filed it, and what it let pass.
fn history(filed_by: Option<String>, uses: Vec<UseLine>, reissue: Option<AnyView>) -> Option<AnyView> {
    if filed_by.is_none() && uses.is_empty() {
        return None;
    }
    let linked = may(Permission::ReadDecisions);
    let decision = move |id: &str, words: &'static str| {
        let href = format!("{}/{}", DECISIONS.path, encode(id));
        if linked { view! { <a href=href>{words}</a> }.into_any() } else { words.into_any() }
    };
    let filed = filed_by.map(|id| {
        let call = decision(&id, "the denied call");
        view! { <Definition term="Filed by">{call}</Definition> }
    });
    let uses: Vec<AnyView> = uses
        .into_iter()
        .map(|used| {
            let call = decision(&used.id, "an allowed call");
            view! {
                <Definition term="Used by">
                    {call}
                    <small>
                        <Time moment=used.at/>
                        ", "
                        {used.state}
                    </small>
                </Definition>
            }
            .into_any()
        })
        .collect();
    let view = view! {
        <section class="card">
            <header class="card-head">
                <h2>"Decisions"</h2>
            </header>
            <dl class="definition-list definition-list-wide">{filed} {uses}</dl>
            {reissue}
        </section>
    };
    Some(view.into_any())
}
