//! The last 24 hours as HTML: a bar for each hour, what its parts mean, and the same as a table.
//!
//! Drawn here, so that the browser's part need not know how. It holds hours, numbers and addresses of ours, never a
//! text from outside.

use crate::pages::decisions::query::DecisionQuery;
use policy::Timestamp;
use std::fmt::Write;
use store::decisions::HourCount;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// 24 hours touch 25: the first and the last are parts.
const BARS: i64 = 25;

/// How wide a bar's place is, and the bar in it.
const PLACE: i64 = 28;
const WIDTH: i64 = 20;

/// How high the highest bar may be, in tenths; and how low a part may be that can still be seen.
const HEIGHT: i64 = 1_280;
const LOWEST: i64 = 30;

const HATCH: &str = r#"<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="5" height="5"/><rect class="hatch-line" width="2.5" height="5"/></pattern></defs>"#;

const LEGEND: &str = concat!(
    r#"<ul class="legend"><li><svg class="legend-key" viewBox="0 0 10 10" aria-hidden="true"><rect class="bar-allow" width="10" height="10"/></svg> Allowed</li>"#,
    r#"<li><svg class="legend-key" viewBox="0 0 10 10" aria-hidden="true"><rect class="bar-approval" fill="url(#hatch)" width="10" height="10"/></svg> Waiting for approval</li>"#,
    r#"<li><svg class="legend-key" viewBox="0 0 10 10" aria-hidden="true"><rect class="bar-deny" width="10" height="10"/></svg> Denied</li></ul>"#,
);

const TABLE_HEAD: &str = concat!(
    r#"<details class="as-table"><summary>as table</summary><table><caption class="visually-hidden">Decisions by hour</caption>"#,
    r#"<thead><tr><th scope="col">Hour (UTC)</th><th scope="col">Allowed</th><th scope="col">Waiting</th>"#,
    r#"<th scope="col">Denied</th></tr></thead><tbody>"#,
);

/// The parts of a bar from the ground up, with what fills them where the style sheet cannot say.
const PARTS: [(&str, &str); 3] =
    [("bar-allow", ""), ("bar-approval", r#" fill="url(#hatch)""#), ("bar-deny", "")];

/// The inside of the figure. `hours` are those with decisions, of the 24 hours before `now`.
pub(super) fn chart(hours: &[HourCount], tenant: Option<&str>, now: Timestamp) -> String {
    let hours = all(hours, now);
    let top = scale(hours.iter().map(total).max().unwrap_or(0));
    let (mut bars, mut ticks, mut rows) = (String::new(), String::new(), String::new());
    for (at, hour) in (0..).zip(&hours) {
        let name = name(hour.hour, now);
        let href = (total(hour) > 0).then(|| escape(&href(hour, tenant, now)));
        if let Some(href) = &href {
            bar(&mut bars, at, hour, &name, href, top);
        }
        let tick = if hour.hour.micros() % (6 * HOUR) == 0 { clock(hour.hour) } else { String::new() };
        // Writing to a `String` cannot fail.
        let _ = write!(ticks, "<span>{tick}</span>");
        row(&mut rows, hour, &name, href.as_deref());
    }
    let (scale, width, height) = (grouped(top), BARS * PLACE, HEIGHT / 10);
    let middle = height / 2;
    let mut html = format!(
        r#"<div class="plot"><span class="plot-scale" aria-hidden="true">{scale}</span><svg class="bars" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="group" aria-label="Decisions by hour">"#
    );
    html.push_str(HATCH);
    let _ = write!(
        html,
        r#"<path class="bar-grid" d="M0 0H{width}M0 {middle}H{width}M0 {height}H{width}"/>{bars}</svg></div><div class="plot-hours" aria-hidden="true">{ticks}</div><figcaption>"#
    );
    html.push_str(LEGEND);
    html.push_str(TABLE_HEAD);
    let _ = write!(html, "{rows}</tbody></table></details></figcaption>");
    html
}

fn total(hour: &HourCount) -> i64 {
    hour.allowed + hour.waiting + hour.denied
}

/// Every hour of the last 24, the oldest first.
fn all(hours: &[HourCount], now: Timestamp) -> Vec<HourCount> {
    let first = (now.micros() - DAY).div_euclid(HOUR);
    (first..first + BARS)
        .map(|at| {
            let hour = Timestamp::from_micros(at * HOUR);
            let empty = HourCount { hour, ..HourCount::default() };
            hours.iter().find(|known| known.hour == hour).copied().unwrap_or(empty)
        })
        .collect()
}

/// The list of just the decisions that the bar counts: of the first hour, only a part.
fn href(hour: &HourCount, tenant: Option<&str>, now: Timestamp) -> String {
    let from = hour.hour.max(now.saturating_add_micros(-DAY));
    DecisionQuery {
        tenant: tenant.map(str::to_owned),
        from: Some(from.rfc3339()),
        to: Some(hour.hour.saturating_add_micros(HOUR).rfc3339()),
        ..DecisionQuery::default()
    }
    .href()
}

/// "14:00", and "yesterday 14:00".
fn name(hour: Timestamp, now: Timestamp) -> String {
    let today = hour.micros().div_euclid(DAY) == now.micros().div_euclid(DAY);
    format!("{}{}", if today { "" } else { "yesterday " }, clock(hour))
}

fn clock(hour: Timestamp) -> String {
    hour.rfc3339().get(11..16).unwrap_or_default().to_owned()
}

fn bar(bars: &mut String, at: i64, hour: &HourCount, name: &str, href: &str, top: i64) {
    let words = format!(
        "{name} UTC: {} allowed, {} waiting for approval, {} denied",
        grouped(hour.allowed),
        grouped(hour.waiting),
        grouped(hour.denied),
    );
    let left = at * PLACE;
    let _ = write!(
        bars,
        r#"<a href="{href}" aria-label="{words}"><title>{words}</title><rect class="bar-hit" x="{left}" width="{PLACE}" height="{}"/>"#,
        HEIGHT / 10,
    );
    let left = left + (PLACE - WIDTH) / 2;
    let mut ground = HEIGHT;
    for ((class, fill), count) in PARTS.into_iter().zip([hour.allowed, hour.waiting, hour.denied]) {
        if count == 0 {
            continue;
        }
        let height = (count.saturating_mul(HEIGHT) / top).max(LOWEST);
        ground = (ground - height).max(0);
        let (y, height) = (tenths(ground), tenths(height));
        let _ = write!(
            bars,
            r#"<rect class="{class}"{fill} x="{left}" y="{y}" width="{WIDTH}" height="{height}"/>"#
        );
    }
    bars.push_str("</a>");
}

fn row(rows: &mut String, hour: &HourCount, name: &str, href: Option<&str>) {
    let name = href.map_or_else(|| name.to_owned(), |href| format!(r#"<a href="{href}">{name}</a>"#));
    let (allowed, waiting, denied) = (grouped(hour.allowed), grouped(hour.waiting), grouped(hour.denied));
    let _ = write!(
        rows,
        r#"<tr><th scope="row">{name}</th><td>{allowed}</td><td>{waiting}</td><td>{denied}</td></tr>"#
    );
}

fn tenths(number: i64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// The round number that the highest bar is held against.
fn scale(most: i64) -> i64 {
    const ROUND: [i64; 10] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];
    if most <= 10 {
        return most.max(1);
    }
    let mut unit = 1_i64;
    loop {
        if let Some(top) = ROUND.iter().map(|round| unit.saturating_mul(*round)).find(|top| *top >= most) {
            return top;
        }
        unit = unit.saturating_mul(10);
    }
}

/// "12,408".
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn escape(address: &str) -> String {
    address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a moment")
    }

    fn hour(text: &str, allowed: i64, waiting: i64, denied: i64) -> HourCount {
        HourCount { hour: at(text), allowed, denied, waiting }
    }

    #[test]
    fn an_hour_is_one_link_whose_title_says_its_numbers() {
        let now = at("2026-11-23T14:20:00Z");
        let hours = [hour("2026-11-22T14:00:00Z", 3, 0, 1), hour("2026-11-23T14:00:00Z", 1_204, 8, 23)];
        let html = chart(&hours, Some("acme"), now);
        let (svg, table) = html.split_once("</svg></div>").expect("bars, then the rest");
        let links: Vec<&str> = svg.split("<a href=\"").skip(1).collect();
        let [first, last] = links.as_slice() else { panic!("two links: {svg}") };
        // Of the first hour what lies within the last 24.
        let address =
            "/decisions?tenant=acme&amp;from=2026-11-22T14%3A20%3A00Z&amp;to=2026-11-22T15%3A00%3A00Z\"";
        assert!(first.starts_with(address), "{first}");
        assert!(
            first.contains("<title>yesterday 14:00 UTC: 3 allowed, 0 waiting for approval, 1 denied</title>")
        );
        let address =
            "/decisions?tenant=acme&amp;from=2026-11-23T14%3A00%3A00Z&amp;to=2026-11-23T15%3A00%3A00Z\"";
        assert!(last.starts_with(address), "{last}");
        assert!(last.contains("aria-label=\"14:00 UTC: 1,204 allowed, 8 waiting for approval, 23 denied\""));
        assert!(last.contains(r#"<rect class="bar-approval" fill="url(#hatch)" x="676""#), "{last}");
        assert!(!first.contains("bar-approval"), "{first}");
        assert_eq!(table.matches("<th scope=\"row\">").count(), 25);
        assert!(table.contains("yesterday 14:00</a></th><td>3</td><td>0</td><td>1</td>"), "{table}");
        assert!(table.contains("<th scope=\"row\">00:00</th><td>0</td>"), "{table}");
    }

    #[test]
    fn parts_stand_on_each_other_and_the_smallest_is_seen() {
        let mut bars = String::new();
        bar(&mut bars, 0, &hour("2026-11-23T14:00:00Z", 900, 0, 1), "14:00", "/", 1_000);
        assert!(
            bars.contains(r#"<rect class="bar-allow" x="4" y="12.8" width="20" height="115.2"/>"#),
            "{bars}"
        );
        assert!(bars.contains(r#"<rect class="bar-deny" x="4" y="9.8" width="20" height="3.0"/>"#), "{bars}");
        // Three parts at their lowest do not leave the drawing.
        let mut bars = String::new();
        bar(&mut bars, 0, &hour("2026-11-23T14:00:00Z", 10_000, 1, 1), "14:00", "/", 10_002);
        assert!(!bars.contains("y=\"-"), "{bars}");
    }

    #[test]
    fn every_hour_of_the_last_24_has_its_place() {
        for (now, first, last) in [
            ("2026-11-23T14:20:00Z", "2026-11-22T14:00:00Z", "2026-11-23T14:00:00Z"),
            ("2026-11-23T14:00:00Z", "2026-11-22T14:00:00Z", "2026-11-23T14:00:00Z"),
        ] {
            let hours = all(&[], at(now));
            assert_eq!(hours.len(), 25);
            assert_eq!(hours.first().map(|hour| hour.hour), Some(at(first)), "{now}");
            assert_eq!(hours.last().map(|hour| hour.hour), Some(at(last)), "{now}");
        }
    }

    #[test]
    fn the_scale_is_a_round_number_not_far_above() {
        for (most, top) in
            [(0, 1), (1, 1), (7, 7), (10, 10), (11, 12), (13, 15), (81, 100), (487, 500), (1_030, 1_200)]
        {
            assert_eq!(scale(most), top, "{most}");
        }
        assert_eq!(scale(i64::MAX), i64::MAX);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_408, "12,408"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn an_address_cannot_end_its_attribute() {
        assert_eq!(escape("/x?a=1&b=\"<>"), "/x?a=1&amp;b=&quot;&lt;&gt;");
    }
}
