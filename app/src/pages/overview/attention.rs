//! What needs attention, in words: each a count, a sentence and the place to go, what stops calls first.

use super::chart::grouped;
use super::read::Attention;
use crate::components::untrusted::plain;
use crate::frame::waiting::at_most;
use crate::pages::approvals::query::ApprovalsQuery;
use crate::pages::decisions::query::DecisionQuery;
use crate::pages::server::head::href_of;
use crate::permission::{ConsoleRole, Permission};
use crate::routes::{
    APPROVALS, CHANGES, EMERGENCY, EVIDENCE, KEYS, RULE, RULES, SERVER, SERVERS, SUBJECT, SUBJECTS, UNMAPPED,
};
use crate::url::{encode, href};
use crate::verdict::Verdict;
use store::overview::{EndingApiKeys, ReviewCount};

/// What was found. Nothing of it: nothing to say.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Chains that stopped without a last checkpoint, the last seen first: instance, and when.
    pub(super) stopped: Vec<(String, String)>,
    pub(super) changed: Option<ReviewCount>,
    pub(super) new: Option<ReviewCount>,
    /// Requests that wait for a person, counted no further than the inbox counts.
    pub(super) waiting: i64,
    pub(super) credentials: i64,
    pub(super) api_keys: Option<EndingApiKeys>,
    /// Ids of rules that can never match.
    pub(super) never: Vec<String>,
    /// Only so many rules were looked at; None: all of them.
    pub(super) looked_at: Option<usize>,
    /// The day of the oldest decision, where it is long ago.
    pub(super) oldest: Option<String>,
    /// Break-glass grants of the last 24 hours, and the calls that they alone allowed.
    pub(super) glass: (i64, i64),
    /// Messages about approvals that were given up.
    pub(super) given_up: i64,
    /// Identities with good tokens that belong to nobody, and are not blocked.
    pub(super) unmapped: i64,
}

/// Who reads, and which tenant they chose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) role: ConsoleRole,
    pub(super) tenant: Option<&'a str>,
}

impl Reader<'_> {
    /// A list, of the chosen tenant.
    fn list(self, path: &str) -> String {
        href(path, [("tenant", self.tenant)])
    }
}

/// In words, for somebody who may go there.
pub(super) fn attention(found: &Found, reader: Reader<'_>) -> Vec<Attention> {
    let evidence = reader.role.may(EVIDENCE.permission);
    let keys = reader.role.may(KEYS.permission);
    [
        glass(found.glass, reader),
        stopped(&found.stopped).filter(|_| evidence),
        found.changed.as_ref().map(|tools| review(tools, "changed since review", reader)),
        waiting(found.waiting, reader),
        found.new.as_ref().map(|tools| new(tools, reader)),
        credentials(found.credentials).filter(|_| keys),
        found.api_keys.as_ref().and_then(|ending| api_keys(ending, reader)),
        unmapped(found.unmapped, reader),
        never(found, reader),
        given_up(found.given_up).filter(|_| keys),
        found.oldest.as_deref().filter(|_| evidence).map(oldest),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// "1 tool", "12 tools".
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// One of two words.
fn by<'a>(count: i64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

fn glass((grants, uses): (i64, i64), reader: Reader<'_>) -> Option<Attention> {
    let (href, action) = if reader.role.may(EMERGENCY.permission) {
        (EMERGENCY.path.to_owned(), "See Emergency")
    } else {
        (href(CHANGES.path, [("kind", Some("break_glass"))]), "See the changes")
    };
    (grants > 0).then(|| Attention {
        count: counted(grants, "break-glass grant", "break-glass grants"),
        rest: format!("in the last 24 hours, used for {}", counted(uses, "call", "calls")),
        href,
        action: action.to_owned(),
    })
}

fn stopped(stopped: &[(String, String)]) -> Option<Attention> {
    let (instance, seen) = stopped.first()?;
    let count = i64::try_from(stopped.len()).unwrap_or(i64::MAX);
    let last = if count == 1 { "last seen" } else { "the last one seen" };
    Some(Attention {
        count: counted(count, "instance", "instances"),
        rest: format!(
            "stopped without a last checkpoint ({}, {last} {seen}); verify the record",
            plain(instance)
        ),
        href: EVIDENCE.path.to_owned(),
        action: "Look at the evidence".to_owned(),
    })
}

/// Tools of one server lead to it, those of several to the list.
fn review(tools: &ReviewCount, what: &str, reader: Reader<'_>) -> Attention {
    let (of, href) = if tools.servers == 1 {
        (tools.first.to_string(), href_of(&SERVER, tools.first.as_str()))
    } else {
        (counted(tools.servers, "server", "servers"), reader.list(SERVERS.path))
    };
    let count = counted(tools.tools, "tool", "tools");
    let verb = if reader.role.may(Permission::WriteServers) { "Review" } else { "See" };
    Attention {
        rest: format!("of {of} {what}; calls to {} are denied", by(tools.tools, "it", "them")),
        href,
        action: format!("{verb} {count}"),
        count,
    }
}

fn new(tools: &ReviewCount, reader: Reader<'_>) -> Attention {
    let what = by(tools.tools, "is new and waits for review", "are new and wait for review");
    review(tools, what, reader)
}

fn waiting(count: i64, reader: Reader<'_>) -> Option<Attention> {
    let tenant = reader.tenant.map(str::to_owned);
    // Who may not see requests sees the calls that filed them.
    let href = if reader.role.may(APPROVALS.permission) {
        ApprovalsQuery { tenant, state: Some("pending".to_owned()), ..ApprovalsQuery::history() }.href()
    } else {
        DecisionQuery { tenant, outcome: Some(Verdict::Waiting), ..DecisionQuery::default() }.href()
    };
    (count > 0).then(|| Attention {
        count: format!("{} {}", at_most(count.unsigned_abs()), by(count, "call", "calls")),
        rest: format!("{} for approval", by(count, "waits", "wait")),
        href,
        action: "See waiting calls".to_owned(),
    })
}

fn credentials(count: i64) -> Option<Attention> {
    (count > 0).then(|| Attention {
        count: counted(count, "enforcement key", "enforcement keys"),
        rest: format!(
            "{} within 14 days; whoever asks with {} is refused from then on",
            by(count, "expires", "expire"),
            by(count, "it", "them")
        ),
        href: KEYS.path.to_owned(),
        action: "See enforcement keys".to_owned(),
    })
}

fn api_keys(ending: &EndingApiKeys, reader: Reader<'_>) -> Option<Attention> {
    let first = ending.first.as_ref()?;
    let (of, href) = if ending.subjects == 1 {
        ("one subject".to_owned(), SUBJECT.path.replace("{id}", &encode(first.as_str())))
    } else {
        (counted(ending.subjects, "subject", "subjects"), reader.list(SUBJECTS.path))
    };
    Some(Attention {
        count: counted(ending.keys, "API key", "API keys"),
        rest: format!(
            "of {of} {} within 14 days; calls with {} are denied from then on",
            by(ending.keys, "expires", "expire"),
            by(ending.keys, "it", "them")
        ),
        href,
        action: by(ending.subjects, "See the subject", "See subjects").to_owned(),
    })
}

fn unmapped(count: i64, reader: Reader<'_>) -> Option<Attention> {
    let verb = if reader.role.may(Permission::WriteIssuers) { "Map or block" } else { "See" };
    (count > 0 && reader.role.may(UNMAPPED.permission)).then(|| Attention {
        count: counted(count, "caller", "callers"),
        rest: format!(
            "with a good token {} nobody who is registered; {} calls are denied",
            by(count, "is", "are"),
            by(count, "its", "their")
        ),
        href: UNMAPPED.path.to_owned(),
        action: format!("{verb} {}", by(count, "it", "them")),
    })
}

fn never(found: &Found, reader: Reader<'_>) -> Option<Attention> {
    let count = i64::try_from(found.never.len()).unwrap_or(i64::MAX);
    let (href, action) = match found.never.as_slice() {
        [] => return None,
        [only] => (RULE.path.replace("{id}", &encode(only)), "See the rule"),
        [..] => (reader.list(RULES.path), "See the rules"),
    };
    let of = found.looked_at.map(|most| format!("of the first {most} ")).unwrap_or_default();
    Some(Attention {
        count: counted(count, "rule", "rules"),
        rest: format!("{of}can never match"),
        href,
        action: action.to_owned(),
    })
}

fn given_up(count: i64) -> Option<Attention> {
    (count > 0).then(|| Attention {
        count: counted(count, "message", "messages"),
        rest: "about approvals could not be delivered".to_owned(),
        href: crate::routes::NOTIFICATIONS.path.to_owned(),
        action: by(count, "See the message", "See the messages").to_owned(),
    })
}

fn oldest(day: &str) -> Attention {
    Attention {
        count: "Every decision".to_owned(),
        rest: format!("since {day} is kept, and nothing is removed by itself; decide how long to keep them"),
        href: EVIDENCE.path.to_owned(),
        action: "Look at retention".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{ReviewState, ServerSlug, SubjectId};
    use store::approvals::MOST_COUNTED;

    fn tools(review: ReviewState, tools: i64, servers: i64) -> Option<ReviewCount> {
        Some(ReviewCount { review, tools, servers, first: ServerSlug::from("crm") })
    }

    fn all() -> Found {
        Found {
            stopped: vec![("host/12".to_owned(), "3 h ago".to_owned())],
            changed: tools(ReviewState::Changed, 1, 1),
            new: tools(ReviewState::New, 12, 3),
            waiting: 4,
            credentials: 1,
            api_keys: Some(EndingApiKeys { keys: 2, subjects: 1, first: Some(SubjectId::from("a/b")) }),
            never: vec!["0190".to_owned()],
            looked_at: None,
            oldest: Some("3 Mar".to_owned()),
            glass: (0, 0),
            given_up: 2,
            unmapped: 3,
        }
    }

    fn told(found: &Found, role: ConsoleRole, tenant: Option<&str>) -> Vec<(String, String)> {
        attention(found, Reader { role, tenant })
            .into_iter()
            .map(|item| (format!("{} {}", item.count, item.rest), item.href))
            .collect()
    }

    #[test]
    fn nothing_found_is_nothing_said() {
        assert_eq!(told(&Found::default(), ConsoleRole::Owner, None), []);
    }

    #[test]
    fn each_is_a_sentence_and_a_place() {
        let told = told(&all(), ConsoleRole::Owner, None);
        let told: Vec<(&str, &str)> =
            told.iter().map(|(words, href)| (words.as_str(), href.as_str())).collect();
        assert_eq!(
            told,
            [
                (
                    "1 instance stopped without a last checkpoint (host/12, last seen 3 h ago); verify the record",
                    "/evidence"
                ),
                ("1 tool of crm changed since review; calls to it are denied", "/servers/crm"),
                ("4 calls wait for approval", "/approvals?view=history&state=pending"),
                ("12 tools of 3 servers are new and wait for review; calls to them are denied", "/servers"),
                (
                    "1 enforcement key expires within 14 days; whoever asks with it is refused from then on",
                    "/settings/keys"
                ),
                (
                    "2 API keys of one subject expire within 14 days; calls with them are denied from then on",
                    "/subjects/a%2Fb"
                ),
                (
                    "3 callers with a good token are nobody who is registered; their calls are denied",
                    "/unmapped"
                ),
                ("1 rule can never match", "/rules/0190"),
                ("2 messages about approvals could not be delivered", "/settings/notifications"),
                (
                    "Every decision since 3 Mar is kept, and nothing is removed by itself; decide how long to keep them",
                    "/evidence"
                ),
            ]
        );
    }

    #[test]
    fn what_waits_is_told_as_far_as_it_is_counted() {
        for (waiting, words) in [
            (1, "1 call waits for approval"),
            (99, "99 calls wait for approval"),
            (MOST_COUNTED, "99+ calls wait for approval"),
        ] {
            let found = Found { waiting, ..Found::default() };
            let told = told(&found, ConsoleRole::Owner, None);
            assert_eq!(told.iter().map(|(words, _)| words.as_str()).collect::<Vec<_>>(), [words]);
        }
    }

    #[test]
    fn lists_keep_the_tenant_and_say_how_far_was_looked() {
        let found = Found {
            api_keys: Some(EndingApiKeys { keys: 2, subjects: 2, first: Some(SubjectId::from("a")) }),
            never: vec!["1".to_owned(), "2".to_owned()],
            looked_at: Some(200),
            ..all()
        };
        let told = told(&found, ConsoleRole::Owner, Some("acme"));
        let places: Vec<&str> = told.iter().map(|(_, href)| href.as_str()).collect();
        assert_eq!(places[2], "/approvals?view=history&tenant=acme&state=pending");
        assert_eq!(places[3], "/servers?tenant=acme");
        assert_eq!(places[5], "/subjects?tenant=acme");
        assert_eq!(
            told[7],
            ("2 rules of the first 200 can never match".to_owned(), "/rules?tenant=acme".to_owned())
        );
    }

    #[test]
    fn break_glass_comes_first_and_leads_where_one_may_go() {
        let found = Found { glass: (1, 2), ..all() };
        let first = |role| told(&found, role, None)[0].clone();
        let words = "1 break-glass grant in the last 24 hours, used for 2 calls".to_owned();
        assert_eq!(first(ConsoleRole::Owner), (words.clone(), "/emergency".to_owned()));
        assert_eq!(first(ConsoleRole::Auditor), (words, "/changes?kind=break_glass".to_owned()));
    }

    #[test]
    fn nobody_is_sent_where_they_may_not_go() {
        for role in [ConsoleRole::PolicyAuthor, ConsoleRole::Auditor] {
            for (words, href) in told(&all(), role, None) {
                let forbidden = href.starts_with("/approvals")
                    || (href == "/evidence" && !role.may(EVIDENCE.permission))
                    || (href.starts_with("/settings/") && !role.may(KEYS.permission))
                    || (href == UNMAPPED.path && !role.may(UNMAPPED.permission));
                assert!(!forbidden, "{role}: {words}");
            }
        }
        let actions = |role| -> Vec<String> {
            attention(&all(), Reader { role, tenant: None }).into_iter().map(|item| item.action).collect()
        };
        assert_eq!(actions(ConsoleRole::PolicyAuthor)[0], "Review 1 tool");
        assert_eq!(actions(ConsoleRole::Auditor)[1], "See 1 tool");
    }
}
