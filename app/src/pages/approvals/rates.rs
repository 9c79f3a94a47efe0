//! How often each rule's requests are approved: a bar for each rule, and what the rates suggest.
//!
//! Drawn here, so that the browser's part need not know how. The names of rules are text of whoever wrote them: they are
//! made plain and escaped.

use super::read::{Advice, Rates};
use super::words;
use crate::components::untrusted::plain;
use crate::routes::RULE;
use crate::url::encode;
use policy::{RuleId, Timestamp};
use std::fmt::Write;
use store::approvals::{ApprovalRate, ApprovalRates, MOST_RATED};

/// Rates are of the last 90 days.
const DAYS_90: i64 = 90 * 24 * 60 * 60 * 1_000_000;

/// Rules of the chart: those with most requests.
const MOST: usize = 12;

/// Fewer answers say nothing yet.
const ENOUGH: i64 = 10;

/// How wide a whole bar is, in tenths.
const WIDTH: i64 = 2_400;

/// The narrowest part that can still be seen.
const NARROWEST: i64 = 20;

const HATCH: &str = r#"<defs><pattern id="rates-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="5" height="5"/><rect class="hatch-line" width="2.5" height="5"/></pattern></defs>"#;

const LEGEND: &str = concat!(
    r#"<ul class="legend"><li><svg class="legend-key" viewBox="0 0 10 10" aria-hidden="true"><rect class="bar-allow" width="10" height="10"/></svg> Approved</li>"#,
    r#"<li><svg class="legend-key" viewBox="0 0 10 10" aria-hidden="true"><rect class="bar-approval" fill="url(#rates-hatch)" width="10" height="10"/></svg> Not decided</li>"#,
    r#"<li><svg class="legend-key" viewBox="0 0 10 10" aria-hidden="true"><rect class="bar-deny" width="10" height="10"/></svg> Denied</li></ul>"#,
);

const TABLE_HEAD: &str = concat!(
    r#"<details class="as-table"><summary>as table</summary><table><caption class="visually-hidden">Answers by rule</caption>"#,
    r#"<thead><tr><th scope="col">Rule</th><th scope="col">Approved</th><th scope="col">Not decided</th>"#,
    r#"<th scope="col">Denied</th><th scope="col">Time to decision</th></tr></thead><tbody>"#,
);

fn total(rate: &ApprovalRate) -> i64 {
    rate.approved.saturating_add(rate.denied).saturating_add(rate.other)
}

/// From when on requests are looked at.
pub(crate) fn since(now: Timestamp) -> Timestamp {
    now.saturating_add_micros(-DAYS_90)
}

/// The rates as they are shown; none where nothing was asked. `leads_to`: the address of what there is of a rule.
pub(crate) fn drawn(rates: &ApprovalRates, leads_to: impl Fn(&RuleId) -> String) -> Option<Rates> {
    let chart = chart(&rates.rules, leads_to)?;
    Some(Rates { chart, of: of(rates.cut), advice: advice(&rates.rules, rates.cut) })
}

/// The inside of the figure; none where nothing was asked.
fn chart(rates: &[ApprovalRate], leads_to: impl Fn(&RuleId) -> String) -> Option<String> {
    let mut asked: Vec<&ApprovalRate> = rates.iter().filter(|rate| total(rate) > 0).collect();
    if asked.is_empty() {
        return None;
    }
    asked.sort_by(|a, b| total(b).cmp(&total(a)).then_with(|| a.name.cmp(&b.name)));
    let (mut bars, mut rows) = (String::new(), String::new());
    for (at, rate) in asked.iter().take(MOST).enumerate() {
        let href = escape(&leads_to(&rate.rule));
        bar(&mut bars, at == 0, rate, &href);
        row(&mut rows, rate, &href);
    }
    Some(format!(
        r#"<ul class="rates" aria-label="Answers by rule">{bars}</ul><figcaption>{LEGEND}{TABLE_HEAD}{rows}</tbody></table></details></figcaption>"#
    ))
}

fn share(count: i64, total: i64) -> i64 {
    if count == 0 { 0 } else { (count.saturating_mul(WIDTH) / total.max(1)).max(NARROWEST) }
}

fn bar(bars: &mut String, first: bool, rate: &ApprovalRate, href: &str) {
    let total = total(rate);
    let parts = [
        ("bar-allow", "", rate.approved),
        ("bar-approval", r#" fill="url(#rates-hatch)""#, rate.other),
        ("bar-deny", "", rate.denied),
    ];
    let mut widths = parts.map(|(_, _, count)| share(count, total));
    // What rounding, and parts that are wider than they would be, took or left is the widest one's.
    let over = widths.iter().sum::<i64>() - WIDTH;
    if let Some(widest) = widths.iter_mut().max() {
        *widest -= over;
    }
    let mut drawn = String::new();
    let mut left = 0;
    for ((class, fill, _), width) in parts.into_iter().zip(widths) {
        if width > 0 {
            let (x, wide) = (tenths(left), tenths(width));
            // Writing to a `String` cannot fail.
            let _ = write!(drawn, r#"<rect class="{class}"{fill} x="{x}" width="{wide}" height="14"/>"#);
            left += width;
        }
    }
    let name = escape(&plain(&rate.name));
    let words = format!("{} of {total} approved", rate.approved);
    let hatch = if first { HATCH } else { "" };
    let whole = WIDTH / 10;
    let _ = write!(
        bars,
        r#"<li><a href="{href}">{name}</a><svg class="rate-bar" viewBox="0 0 {whole} 14" preserveAspectRatio="none" aria-hidden="true">{hatch}{drawn}</svg><span>{words}</span></li>"#
    );
}

fn row(rows: &mut String, rate: &ApprovalRate, href: &str) {
    let name = escape(&plain(&rate.name));
    let took = rate.mean_seconds.map_or_else(|| "–".to_owned(), words::seconds);
    let (approved, other, denied) = (rate.approved, rate.other, rate.denied);
    let _ = write!(
        rows,
        r#"<tr><th scope="row"><a href="{href}">{name}</a></th><td>{approved}</td><td>{other}</td><td>{denied}</td><td>{took}</td></tr>"#
    );
}

/// Of which requests the rates are. `cut`: there were more than are looked at, so they reach back less far.
fn of(cut: bool) -> String {
    if cut { format!("The last {} requests that are over", most()) } else { "The last 90 days".to_owned() }
}

/// "10,000"
fn most() -> String {
    format!("{},{:03}", MOST_RATED / 1_000, MOST_RATED % 1_000)
}

/// Rules whose answer is always the same need no person for it. `cut` as in [`of`].
fn advice(rates: &[ApprovalRate], cut: bool) -> Vec<Advice> {
    let among =
        if cut { format!(" among the last {} requests that are over", most()) } else { String::new() };
    let told = |rate: &ApprovalRate| {
        let (approved, denied) = (rate.approved, rate.denied);
        let rest = if approved >= ENOUGH && denied == 0 {
            format!(
                "was approved all {approved} times that somebody answered{among}: it is a candidate to allow"
            )
        } else if denied >= ENOUGH && approved == 0 {
            format!("was denied all {denied} times that somebody answered{among}: it is a candidate to deny")
        } else {
            return None;
        };
        Some(Advice { rule: rate.name.clone(), rest, href: Some(page_of(&rate.rule)) })
    };
    rates.iter().filter_map(told).collect()
}

/// The page of a rule.
pub(crate) fn page_of(rule: &RuleId) -> String {
    RULE.path.replace("{id}", &encode(rule.as_str()))
}

fn tenths(number: i64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(name: &str, approved: i64, denied: i64, other: i64) -> ApprovalRate {
        ApprovalRate {
            rule: RuleId::from("r1"),
            name: name.to_owned(),
            approved,
            denied,
            other,
            mean_seconds: Some(240),
        }
    }

    fn here(rule: &RuleId) -> String {
        format!("/approvals?view=history&rule={rule}")
    }

    #[test]
    fn a_bar_is_as_long_as_its_parts_and_the_smallest_is_seen() {
        let html = chart(&[rate("refunds", 999, 1, 0)], here).expect("a chart");
        assert!(html.contains(r#"<rect class="bar-allow" x="0.0" width="238.0" height="14"/>"#), "{html}");
        assert!(html.contains(r#"<rect class="bar-deny" x="238.0" width="2.0" height="14"/>"#), "{html}");
        assert!(html.contains("999 of 1000 approved"), "{html}");
        assert!(html.contains("<td>999</td><td>0</td><td>1</td><td>4 min</td>"), "{html}");
        assert!(html.contains("/approvals?view=history&amp;rule=r1"), "{html}");
        assert_eq!(chart(&[rate("never asked", 0, 0, 0)], here), None);
    }

    #[test]
    fn a_rules_name_cannot_act() {
        let html = chart(&[rate("<script>\u{202E}x", 1, 0, 0)], here).expect("a chart");
        assert!(!html.contains("<script") && !html.contains('\u{202E}'), "{html}");
        assert!(html.contains("&lt;script&gt;\u{FFFD}x"), "{html}");
    }

    #[test]
    fn only_what_is_always_answered_alike_often_enough_is_a_candidate() {
        let rates = [
            rate("always", 24, 0, 3),
            rate("never", 0, 10, 0),
            rate("mixed", 24, 1, 0),
            rate("seldom", 9, 0, 0),
            rate("nobody answers", 0, 0, 50),
        ];
        let told: Vec<String> = advice(&rates, false)
            .into_iter()
            .map(|advice| format!("{} {}", advice.rule, advice.rest))
            .collect();
        assert_eq!(
            told,
            [
                "always was approved all 24 times that somebody answered: it is a candidate to allow",
                "never was denied all 10 times that somebody answered: it is a candidate to deny",
            ]
        );
    }

    #[test]
    fn what_is_of_the_newest_alone_says_so() {
        assert_eq!(of(false), "The last 90 days");
        assert_eq!(of(true), "The last 10,000 requests that are over");
        let told = advice(&[rate("always", 24, 0, 0)], true).remove(0);
        assert_eq!(
            told.rest,
            "was approved all 24 times that somebody answered among the last 10,000 requests that are over: \
             it is a candidate to allow"
        );
        let told = advice(&[rate("never", 0, 24, 0)], true).remove(0);
        assert!(
            told.rest.contains("answered among the last 10,000 requests that are over: "),
            "{}",
            told.rest
        );
    }
}
