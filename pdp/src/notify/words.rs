//! What a message says: the JSON that a webhook gets, and the letter that a person gets. No arguments, no reasons and no
//! secrets; a link to where they can be seen by whoever may.

use policy::Timestamp;
use policy::labels::{ApprovalState, NoticeKind, Risk};
use policy::text::shown;
use serde::Serialize;
use store::approvals::MOST_COUNTED;
use store::notifications::{Message, Notice};

/// The longest name of others in a letter, in characters.
const MOST: usize = 120;

/// As Standard Webhooks recommends it: what happened, when, and its details.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Approval(Box<Approval<'a>>),
    Test { message: &'static str },
}

#[derive(Serialize)]
struct Approval<'a> {
    request: &'a str,
    link: String,
    tenant: &'a str,
    subject: &'a str,
    actor: Option<&'a str>,
    action: &'a str,
    server: Option<&'a str>,
    tool: Option<&'a str>,
    risk: Option<Risk>,
    state: ApprovalState,
    requested_at: Timestamp,
    expires_at: Timestamp,
    decided_at: Option<Timestamp>,
    decided_by: Option<&'a str>,
}

/// A letter to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
}

fn type_of(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Requested => "approval.requested",
        NoticeKind::Decided => "approval.decided",
        NoticeKind::Expired => "approval.expired",
    }
}

/// Where the request is seen, and decided. Opening it decides nothing.
fn link(public_url: &str, approval: &str) -> String {
    format!("{public_url}/approvals/{approval}")
}

/// The body of a webhook. The same message is written the same way each time.
///
/// # Errors
/// Never for what this house makes.
pub(super) fn body(message: &Message, at: Timestamp, public_url: &str) -> Result<String, serde_json::Error> {
    let body = match message {
        Message::Test => Body {
            r#type: "test",
            timestamp: at,
            data: Data::Test { message: "Countersign reaches this webhook." },
        },
        Message::Approval(notice) => {
            let decided = notice.kind == NoticeKind::Decided;
            let data = Approval {
                request: notice.approval.as_str(),
                link: link(public_url, notice.approval.as_str()),
                tenant: notice.tenant.as_str(),
                subject: notice.subject.as_str(),
                actor: notice.actor.as_ref().map(policy::SubjectId::as_str),
                action: &notice.action,
                server: notice.server.as_ref().map(policy::ServerSlug::as_str),
                tool: notice.tool.as_deref(),
                risk: notice.risk,
                state: notice.state,
                requested_at: notice.requested_at,
                expires_at: notice.expires_at,
                decided_at: decided.then_some(notice.at),
                decided_by: notice.by.as_ref().filter(|_| decided).map(policy::SubjectId::as_str),
            };
            Body { r#type: type_of(notice.kind), timestamp: notice.at, data: Data::Approval(Box::new(data)) }
        }
    };
    serde_json::to_string(&body)
}

/// The letter about a request, or one that only arrives.
pub(super) fn letter(message: &Message, public_url: &str) -> Letter {
    match message {
        Message::Test => Letter {
            subject: "Countersign: a test".to_owned(),
            text: format!(
                "Mail from Countersign at {public_url} reaches you.\n\n\
                 Somebody pressed \"Send a test\" in its settings. There is nothing to do.\n"
            ),
        },
        Message::Approval(notice) => about(notice, public_url),
    }
}

/// The same letter, which says that no other comes for a while. `waiting`: requests that ask this person, this one among them.
pub(super) fn last_for_a_while(letter: Letter, waiting: i64, public_url: &str) -> Letter {
    let more = match waiting.saturating_sub(1) {
        ..=0 => "No other request waits for you now.".to_owned(),
        1 => "1 more request waits for you.".to_owned(),
        more if waiting >= MOST_COUNTED => format!("At least {more} more requests wait for you."),
        more => format!("{more} more requests wait for you."),
    };
    let text = format!(
        "{}\n{more} Many came in a short time, so you are written to again only after a while.\n\
         All that waits for you: {public_url}/approvals\n",
        letter.text
    );
    Letter { text, ..letter }
}

fn about(notice: &Notice, public_url: &str) -> Letter {
    let what = what(notice);
    let tenant = shown(notice.tenant.as_str(), MOST);
    let subject = shown(notice.subject.as_str(), MOST);
    let who = match &notice.actor {
        Some(actor) => format!("{}, acting for {subject},", shown(actor.as_str(), MOST)),
        None => subject,
    };
    let risk = notice.risk.map_or_else(|| "not set".to_owned(), |risk| risk.to_string());
    Letter {
        subject: format!("Countersign: your approval is asked for {what} in {tenant}"),
        text: format!(
            "{who} asks to call {what} in {tenant}.\n\n\
             Risk: {risk}\n\
             Asked: {}\n\
             Ends: {}\n\n\
             Look at the call, and approve or deny it:\n\
             {}\n\n\
             Opening the page decides nothing. You get this message because you may decide.\n",
            notice.requested_at,
            notice.expires_at,
            link(public_url, notice.approval.as_str()),
        ),
    }
}

/// "crm/refund"; the action where it is no tool.
fn what(notice: &Notice) -> String {
    let what = match (&notice.server, &notice.tool) {
        (Some(server), Some(tool)) => format!("{server}/{tool}"),
        (None, Some(tool)) => tool.clone(),
        (Some(server), None) => format!("{} on {server}", notice.action),
        (None, None) => notice.action.clone(),
    };
    shown(&what, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{ApprovalId, ServerSlug, SubjectId, TenantSlug};
    use serde_json::{Value, json};

    const URL: &str = "https://countersign.example";

    fn notice() -> Notice {
        Notice {
            kind: NoticeKind::Requested,
            approval: ApprovalId::from("0190-a"),
            tenant: TenantSlug::from("acme"),
            subject: SubjectId::from("alice"),
            actor: Some(SubjectId::from("refund-bot")),
            server: Some(ServerSlug::from("crm")),
            tool: Some("refund".to_owned()),
            action: "tools/call".to_owned(),
            risk: Some(Risk::High),
            state: ApprovalState::Pending,
            at: Timestamp::from_micros(1_000_000),
            requested_at: Timestamp::from_micros(1_000_000),
            expires_at: Timestamp::from_micros(3_601_000_000),
            by: None,
        }
    }

    #[test]
    fn the_last_letter_for_a_while_says_how_many_wait() {
        for (waiting, says) in [
            (0, "No other request waits for you now."),
            (1, "No other request waits for you now."),
            (2, "\n1 more request waits for you."),
            (12, "\n11 more requests wait for you."),
            (100, "\nAt least 99 more requests wait for you."),
        ] {
            let plain = letter(&Message::Approval(Box::new(notice())), URL);
            let last = last_for_a_while(plain.clone(), waiting, URL);
            assert_eq!(last.subject, plain.subject);
            let added = last.text.strip_prefix(&plain.text).expect("the same letter");
            assert!(
                added.contains(says) && added.contains("https://countersign.example/approvals\n"),
                "{added}"
            );
        }
    }

    fn written(notice: Notice) -> Value {
        let at = notice.at;
        let text = body(&Message::Approval(Box::new(notice)), at, URL).expect("writes");
        serde_json::from_str(&text).expect("JSON")
    }

    #[test]
    fn a_webhook_is_told_ids_and_times() {
        let told = written(notice());
        assert_eq!(
            told,
            json!({
                "type": "approval.requested",
                "timestamp": "1970-01-01T00:00:01Z",
                "data": {
                    "request": "0190-a",
                    "link": "https://countersign.example/approvals/0190-a",
                    "tenant": "acme",
                    "subject": "alice",
                    "actor": "refund-bot",
                    "action": "tools/call",
                    "server": "crm",
                    "tool": "refund",
                    "risk": "high",
                    "state": "pending",
                    "requested_at": "1970-01-01T00:00:01Z",
                    "expires_at": "1970-01-01T01:00:01Z",
                    "decided_at": null,
                    "decided_by": null,
                },
            })
        );
        let denied = Notice {
            kind: NoticeKind::Decided,
            state: ApprovalState::Denied,
            at: Timestamp::from_micros(2_000_000),
            by: Some(SubjectId::from("ann")),
            ..notice()
        };
        let told = written(denied);
        assert_eq!(told["type"], "approval.decided");
        assert_eq!(told["data"]["decided_at"], "1970-01-01T00:00:02Z");
        assert_eq!(told["data"]["decided_by"], "ann");
        let test = body(&Message::Test, Timestamp::from_micros(0), URL).expect("writes");
        assert!(test.starts_with(r#"{"type":"test","timestamp":"1970-01-01T00:00:00Z""#), "{test}");
    }

    #[test]
    fn a_letter_says_who_asks_and_hides_nothing() {
        let letter = letter(&Message::Approval(Box::new(notice())), URL);
        assert_eq!(letter.subject, "Countersign: your approval is asked for crm/refund in acme");
        assert!(letter.text.starts_with("refund-bot, acting for alice, asks to call crm/refund in acme."));
        assert!(letter.text.contains("\nhttps://countersign.example/approvals/0190-a\n"), "{}", letter.text);
        assert!(letter.text.contains("Opening the page decides nothing."));
    }

    #[test]
    fn a_hostile_name_starts_no_line_of_its_own() {
        let hostile = Notice {
            tool: Some("refund\r\nBcc: eve@example.org\u{202e}".to_owned()),
            subject: SubjectId::from("alice\n\nApproved."),
            actor: None,
            ..notice()
        };
        let letter = letter(&Message::Approval(Box::new(hostile)), URL);
        assert!(!letter.subject.chars().any(char::is_control), "{}", letter.subject);
        assert!(!letter.text.contains("\nBcc") && !letter.text.contains("\nApproved"), "{}", letter.text);
        assert!(!letter.text.contains('\u{202e}'));
    }
}
