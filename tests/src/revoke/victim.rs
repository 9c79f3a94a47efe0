//! What can be taken away from a caller, and how.

use crate::pep::{call_body, refund};
use crate::signer::ISSUER;
use reqwest::Method;
use serde_json::{Value, json};

/// When tokens that are taken back have expired by themselves.
const LONG_AFTER: &str = "2100-01-01T00:00:00Z";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Role,
    Subject,
    Key,
    /// All that the subject has by now.
    Tokens,
    /// One of them, by its `jti`.
    Token,
    /// With all its tokens; each victim of this kind has an issuer of its own.
    Issuer,
    /// What its identity stands for.
    Identity,
    Rule,
    Stop,
    Membership,
    TaskPaused,
    TaskRevoked,
    TaskCompleted,
}

impl Kind {
    pub(super) const ALL: [Self; 13] = [
        Self::Role,
        Self::Subject,
        Self::Key,
        Self::Tokens,
        Self::Token,
        Self::Issuer,
        Self::Identity,
        Self::Rule,
        Self::Stop,
        Self::Membership,
        Self::TaskPaused,
        Self::TaskRevoked,
        Self::TaskCompleted,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Role => "role removed",
            Self::Subject => "subject disabled",
            Self::Key => "key revoked",
            Self::Tokens => "signed out everywhere",
            Self::Token => "one token revoked",
            Self::Issuer => "issuer switched off",
            Self::Identity => "identity taken away",
            Self::Rule => "deny rule added",
            Self::Stop => "stop switch",
            Self::Membership => "membership ended",
            Self::TaskPaused => "task paused",
            Self::TaskRevoked => "task revoked",
            Self::TaskCompleted => "task completed",
        }
    }

    /// The reason of the next call.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Role => "no_matching_rule",
            Self::Subject => "subject_disabled",
            Self::Key | Self::Issuer => "token_invalid",
            Self::Tokens | Self::Token => "token_revoked",
            Self::Identity => "unknown_subject",
            Self::Rule => "denied_by_rule",
            Self::Stop => "kill_switch",
            Self::Membership => "no_membership",
            Self::TaskPaused | Self::TaskRevoked | Self::TaskCompleted => "task_inactive",
        }
    }

    /// Whether its victim calls under a task.
    pub(super) fn has_task(self) -> bool {
        matches!(self, Self::TaskPaused | Self::TaskRevoked | Self::TaskCompleted)
    }

    /// Whose tokens its victim shows. None: it has an API key.
    pub(super) fn issuer(self, victim: &str) -> Option<String> {
        match self {
            Self::Tokens | Self::Token | Self::Identity => Some(ISSUER.to_owned()),
            Self::Issuer => Some(format!("https://{victim}.example")),
            _ => None,
        }
    }
}

/// A caller with something to lose.
#[derive(Debug, Clone)]
pub(super) struct Victim {
    pub(super) id: String,
    pub(super) kind: Kind,
    /// Its API key, or its access token, whose `jti` is its id.
    pub(super) token: String,
    pub(super) task: Option<String>,
}

impl Victim {
    /// What it may do until something is taken away.
    pub(super) fn call(&self) -> Value {
        let mut body = call_body(&self.token, "refund", refund());
        if let Some(task) = &self.task {
            body["context"]["task"] = json!(task);
        }
        body
    }

    /// The call to the administration API that takes it away.
    pub(super) fn request(&self) -> (Method, String, Option<Value>) {
        let who = &self.id;
        let subject = format!("/api/v1/subjects/{who}");
        let membership = format!("{subject}/memberships/acme");
        let of_task = |what: &str| {
            let task = self.task.as_deref().unwrap_or_default();
            (Method::POST, format!("/api/v1/tasks/{task}/{what}"), Some(json!({})))
        };
        match self.kind {
            Kind::Role => (Method::PUT, membership, Some(json!({"roles": []}))),
            Kind::Subject => (Method::PATCH, subject, Some(json!({"active": false}))),
            Kind::Key => {
                let key = json!({"subject": who, "name": "k"});
                (Method::POST, "/api/v1/revocations/keys".to_owned(), Some(key))
            }
            Kind::Tokens => {
                let whom = json!({ "subject": who });
                (Method::POST, "/api/v1/revocations/subjects".to_owned(), Some(whom))
            }
            Kind::Token => {
                let token = json!({"issuer": ISSUER, "jti": who, "until": LONG_AFTER});
                (Method::POST, "/api/v1/revocations/tokens".to_owned(), Some(token))
            }
            Kind::Issuer => {
                let issuer = format!("/api/v1/issuers/https%3A%2F%2F{who}.example");
                (Method::PATCH, issuer, Some(json!({"active": false})))
            }
            Kind::Identity => {
                let identity = format!("{subject}/identities?issuer=https%3A%2F%2Fidp.example&sub={who}");
                (Method::DELETE, identity, None)
            }
            Kind::Rule => {
                let rule = json!({"name": format!("stop {who}"), "tenant": "acme", "effect": "deny",
                    "subjects": [who], "tools": ["crm/*"]});
                (Method::POST, "/api/v1/rules".to_owned(), Some(rule))
            }
            Kind::Stop => {
                let stop = json!({"scope": "subject", "target": who, "reason": "it runs wild"});
                (Method::POST, "/api/v1/emergency/stops".to_owned(), Some(stop))
            }
            Kind::Membership => (Method::DELETE, membership, None),
            Kind::TaskPaused => of_task("pause"),
            Kind::TaskRevoked => of_task("revoke"),
            Kind::TaskCompleted => of_task("complete"),
        }
    }
}
