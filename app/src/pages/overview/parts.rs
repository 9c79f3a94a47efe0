//! The parts of Overview: what needs attention, the last 24 hours, the foot.

use super::read::{Attention, Day, Fact, Rank};
use crate::components::icon::{Glyph, Icon};
use crate::components::tool_name::ToolName;
use leptos::prelude::*;

/// Nothing where nothing needs it.
pub fn attention(items: Vec<Attention>) -> Option<AnyView> {
    if items.is_empty() {
        return None;
    }
    let items: Vec<AnyView> = items
        .into_iter()
        .map(|item| {
            view! {
                <li>
                    <a href=item.href>
                        <Icon glyph=Glyph::Warning/>
                        <span>
                            <b>{item.count}</b>
                            " "
                            {item.rest}
                        </span>
                        <Icon glyph=Glyph::ChevronRight/>
                    </a>
                </li>
            }
            .into_any()
        })
        .collect();
    Some(
        view! {
            <section class="attention" aria-labelledby="attention">
                <h2 id="attention">"Needs attention"</h2>
                <ul>{items}</ul>
            </section>
        }
        .into_any(),
    )
}

pub fn day(day: Day) -> AnyView {
    let hours = if day.chart.is_empty() {
        view! {
            <section class="empty">
                <Icon glyph=Glyph::Decisions/>
                <h3>"No calls in the last 24 hours"</h3>
                <p>"Nobody asked whether a tool may be called."</p>
            </section>
        }
        .into_any()
    } else {
        view! {
            <dl class="figures">
                <div class="figure-main">
                    <dt>"Decisions"</dt>
                    <dd>{day.decisions}</dd>
                </div>
                {figure("figure-allow", Glyph::Check, "Allowed", day.allowed)}
                {figure("figure-approval", Glyph::Clock, "Waiting for approval", day.waiting)}
                {figure("figure-deny", Glyph::Cross, "Denied", day.denied)}
            </dl>
            <figure class="chart" inner_html=day.chart></figure>
        }
        .into_any()
    };
    view! {
        <div class="two-thirds">
            <section class="card" aria-labelledby="hours">
                <header class="card-head">
                    <h2 id="hours">"Last 24 hours"</h2>
                    <a href=day.href>"All decisions"</a>
                </header>
                {hours}
            </section>
            <aside class="stack" aria-label="Most denials">
                {ranks("Reasons with most denials", day.reasons)}
                {ranks("Tools with most denials", day.tools)}
            </aside>
        </div>
    }
    .into_any()
}

fn figure(class: &'static str, glyph: Glyph, term: &'static str, number: String) -> AnyView {
    view! {
        <div class=class>
            <dt>
                <Icon glyph=glyph/>
                {term}
            </dt>
            <dd>{number}</dd>
        </div>
    }
    .into_any()
}

fn ranks(title: &'static str, ranks: Vec<Rank>) -> AnyView {
    let body = if ranks.is_empty() {
        view! { <p class="rank-none">"Nothing was denied."</p> }.into_any()
    } else {
        let ranks: Vec<AnyView> = ranks.into_iter().map(rank).collect();
        view! { <ol class="rank">{ranks}</ol> }.into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>{title}</h2>
            </header>
            {body}
        </section>
    }
    .into_any()
}

fn rank(rank: Rank) -> AnyView {
    // Reasons are words of ours.
    let name = if rank.server.is_some() {
        view! { <ToolName server=rank.server tool=Some(rank.name) action=""/> }.into_any()
    } else {
        rank.name.into_any()
    };
    view! {
        <li>
            <a href=rank.href>
                <span class="rank-name">{name}</span>
                <svg
                    class="rank-bar rank-bar-deny"
                    viewBox="0 0 100 4"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                    inner_html=rank.bar
                ></svg>
                <span class="num">{rank.count}</span>
            </a>
        </li>
    }
    .into_any()
}

pub fn foot(facts: Vec<Fact>) -> AnyView {
    let facts: Vec<AnyView> = facts
        .into_iter()
        .map(|fact| {
            let words = match fact.href {
                Some(href) => view! { <a href=href>{fact.words}</a> }.into_any(),
                None => fact.words.into_any(),
            };
            view! { <li>{words}</li> }.into_any()
        })
        .collect();
    view! {
        <footer class="page-foot">
            <ul class="facts">{facts}</ul>
        </footer>
    }
    .into_any()
}
