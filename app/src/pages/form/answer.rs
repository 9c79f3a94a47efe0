//! What came of a form, as the address of the next page says it.

use super::problem::{Fault, Problem};
use crate::error::AppError;
use crate::url::{Parameters, parameter};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

macro_rules! done {
    ($($variant:ident = $word:literal, $sentence:literal;)+) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Done {
            $($variant),+
        }

        impl Done {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in addresses.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence),+ }
            }
        }
    };
}

done! {
    Unchanged = "unchanged", "Nothing was changed: it was so already.";
    Stopped = "stopped", "It is stopped, and stays so until somebody lifts it.";
    StopLifted = "stop-lifted", "The stop was lifted.";
    BreakGlassAsked = "break-glass-asked", "Break-glass was asked for. It allows nothing before it is confirmed.";
    BreakGlassConfirmed = "break-glass-confirmed", "Break-glass was confirmed. It ends by itself.";
    BreakGlassEnded = "break-glass-ended", "Break-glass was ended.";
    RequestApproved = "request-approved", "Approved. The identical call passes when it is repeated; everything else asks anew.";
    ApprovalCounted = "approval-counted", "Your approval counts. The request waits for others as well.";
    RequestDenied = "request-denied", "Denied. The identical call stays denied until the request would have ended.";
    RequestCancelled = "request-cancelled", "The request was cancelled. Nobody is asked any more.";
    UseGivenBack = "use-given-back", "The use was given back: the identical call may pass once more.";
    SubstituteNamed = "substitute-named", "The substitute was named, and is asked from now on.";
    SubstituteEnded = "substitute-ended", "The substitute is asked in your place no more.";
    TaskPaused = "task-paused", "The task was paused. Calls that name it are denied.";
    TaskResumed = "task-resumed", "The task was resumed.";
    TaskCompleted = "task-completed", "The task was completed. Calls that name it are denied, for good.";
    TaskRevoked = "task-revoked", "The task was revoked. Calls that name it are denied, for good.";
    TenantCreated = "tenant-created", "The tenant was created.";
    TenantRenamed = "tenant-renamed", "The tenant was renamed.";
    TenantSuspended = "tenant-suspended", "The tenant was suspended.";
    TenantResumed = "tenant-resumed", "The tenant was resumed.";
    TenantDeleted = "tenant-deleted", "The tenant was deleted.";
    RoleCreated = "role-created", "The role was created.";
    RoleSaved = "role-saved", "The description was saved.";
    RoleDeleted = "role-deleted", "The role was deleted.";
    SubjectCreated = "subject-created", "The subject was created.";
    SubjectSaved = "subject-saved", "The subject was saved.";
    SubjectDisabled = "subject-disabled", "The subject was disabled.";
    SubjectEnabled = "subject-enabled", "The subject was enabled.";
    SubjectDeleted = "subject-deleted", "The subject was deleted.";
    MembershipSaved = "membership-saved", "The membership was saved.";
    MembershipRemoved = "membership-removed", "The membership was removed.";
    SubjectSignedOut = "subject-signed-out", "The subject was signed out everywhere. Tokens issued until now count no longer.";
    IdentityMapped = "identity-mapped", "The identity was mapped. Its tokens stand for this subject.";
    IdentityRemoved = "identity-removed", "The identity was removed. Its tokens stand for nobody.";
    IdentityBlocked = "identity-blocked", "The identity was blocked. It can be unblocked under Blocked.";
    IdentityUnblocked = "identity-unblocked", "The identity was unblocked. It is listed again when it is seen again.";
    IssuerAdded = "issuer-added", "The issuer was added.";
    IssuerSaved = "issuer-saved", "The issuer was saved.";
    IssuerDisabled = "issuer-disabled", "The issuer was disabled. Every token of it is refused.";
    IssuerEnabled = "issuer-enabled", "The issuer was enabled.";
    IssuerDeleted = "issuer-deleted", "The issuer was deleted.";
    KeysFetched = "keys-fetched", "The keys were fetched.";
    TokenRevoked = "token-revoked", "The token was revoked.";
    ApiKeyCreated = "api-key-created", "The API key was created.";
    ApiKeyRevoked = "api-key-revoked", "The API key was revoked.";
    KeyCreated = "key-created", "The enforcement key was created.";
    KeyRotated = "key-rotated", "A second secret was added. The older one works until you finish the rotation.";
    RotationFinished = "rotation-finished", "The older secret was removed.";
    KeyOff = "key-off", "The enforcement key was switched off.";
    KeyOn = "key-on", "The enforcement key was switched on.";
    KeyDeleted = "key-deleted", "The enforcement key was deleted.";
    WebhookCreated = "webhook-created", "The webhook was created.";
    WebhookSaved = "webhook-saved", "The webhook was saved.";
    WebhookRotated = "webhook-rotated", "A second secret signs now. The older one signs as well until you finish the rotation.";
    WebhookFinished = "webhook-finished", "The older secret signs no longer.";
    WebhookDeleted = "webhook-deleted", "The webhook was deleted, and what waited for it.";
    TestSent = "test-sent", "A test is on its way. Look at this page again in a moment.";
    DeliveredAgain = "delivered-again", "The message is sent again.";
    MailSaved = "mail-saved", "The mail server was saved.";
    MailRemoved = "mail-removed", "No mail is sent any more. The password was deleted.";
    AddressSaved = "address-saved", "The address was saved.";
    AdministratorTokenCreated = "administrator-token-created", "The administrator token was created.";
    AccountInvited = "account-invited", "The account was made. It waits for its holder to choose a password.";
    AccountReset = "account-reset", "The link was made. The old password works until it is used.";
    AccountSaved = "account-saved", "The account was saved.";
    AccountWithdrawn = "account-withdrawn", "The account was saved. What a token had handed out opens it no longer: make a link for its holder.";
    AccountDisabled = "account-disabled", "The account was disabled. Its sessions have ended.";
    AccountEnabled = "account-enabled", "The account was enabled.";
    AccountLinked = "account-linked", "The identity was linked. Whoever signs in with it is this account.";
    AccountUnlinked = "account-unlinked", "The identity was unlinked, and all sessions of the account ended.";
    PasskeyAdded = "passkey-added", "The passkey was added.";
    PasskeyRemoved = "passkey-removed", "The passkey was removed, and every other session ended.";
    PasskeyDemanded = "passkey-demanded", "From now on your password alone opens nothing. Every other session ended.";
    PasskeyNotDemanded = "passkey-not-demanded", "Your password alone opens a session again.";
    ProviderSaved = "provider-saved", "The provider was saved.";
    ProviderDisabled = "provider-disabled", "The provider was disabled. Everybody whom it speaks of was signed out.";
    ProviderEnabled = "provider-enabled", "The provider was enabled.";
    ProviderDeleted = "provider-deleted", "The provider was removed.";
    ServerRegistered = "server-registered", "The server was registered.";
    ServerSaved = "server-saved", "The settings were saved.";
    ServerEnabled = "server-enabled", "The server was enabled.";
    ServerDisabled = "server-disabled", "The server was disabled. Every call of its tools is denied.";
    ServerDeleted = "server-deleted", "The server was deleted.";
    ToolReviewed = "tool-reviewed", "The tool was marked as reviewed.";
    ToolsReviewed = "tools-reviewed", "The tools were marked as reviewed.";
    BindingsSaved = "bindings-saved", "What the arguments touch was saved.";
    ScopesSaved = "scopes-saved", "The scopes were saved.";
    ResourceSaved = "resource-saved", "The resource was saved.";
    ResourceDeleted = "resource-deleted", "The resource was deleted. Calls that name it are denied.";
    SomeToolsReviewed = "some-tools-reviewed", "Some of the tools were marked as reviewed. Those that the server changed meanwhile still stand below.";
}

/// What was saved, the revision that is live since, and the record of the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub done: Done,
    pub revision: Option<i64>,
    pub change: Option<String>,
}

impl Saved {
    fn read(map: &Parameters) -> Option<Self> {
        let word = parameter(map, "done")?;
        let done = Done::ALL.iter().copied().find(|done| done.as_str() == word)?;
        Some(Self {
            done,
            revision: parameter(map, "revision").and_then(|text| text.parse().ok()),
            change: parameter(map, "change").filter(|id| is_token(id)),
        })
    }
}

/// What was typed into a form that was refused, and why it was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Draft {
    pub form: String,
    /// A name may come more than once.
    pub values: Vec<(String, String)>,
    pub problems: Vec<Problem>,
}

/// The most characters of a draft in an address.
const LARGEST: usize = 40_000;

impl Draft {
    pub fn new<'a>(form: &str, values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { form: form.to_owned(), values, problems: Vec::new() }
    }

    #[must_use]
    pub fn with(self, problems: Vec<Problem>) -> Self {
        Self { problems, ..self }
    }

    /// The first value of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// As an address carries it. What is too long for one is left out, and said.
    pub fn write(&self) -> String {
        let mut draft = self.clone();
        loop {
            let text = to_hex(&serde_json::to_string(&draft).unwrap_or_default());
            let longest = (0..draft.values.len())
                .max_by_key(|index| draft.values.get(*index).map(|(_, value)| value.len()));
            match longest {
                Some(longest) if text.len() > LARGEST => {
                    let (name, _) = draft.values.remove(longest);
                    draft.problems.push(Problem::new(name, Fault::TooLong(10_000)));
                }
                _ => return text,
            }
        }
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(&from_hex(text)?).ok()
    }
}

/// What came of the last form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answer {
    pub saved: Option<Saved>,
    pub draft: Option<Draft>,
    pub failed: Option<AppError>,
}

impl Answer {
    pub fn read(map: &Parameters) -> Self {
        Self {
            saved: Saved::read(map),
            draft: parameter(map, "draft").and_then(|text| Draft::read(&text)),
            failed: parameter(map, "failed").and_then(|text| read_failure(&text)),
        }
    }
}

/// A failure as an address carries it.
pub fn write_failure(error: &AppError) -> String {
    to_hex(&serde_json::to_string(error).unwrap_or_default())
}

fn read_failure(text: &str) -> Option<AppError> {
    let error: AppError = serde_json::from_str(&from_hex(text)?).ok()?;
    (error.correlation.is_empty() || is_token(&error.correlation)).then_some(error)
}

/// Ids of ours; an address may say anything.
fn is_token(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Hexadecimal needs no escaping, which routers undo once too often.
pub fn to_hex(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 2), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// None: it is not the hexadecimal of a text.
pub fn from_hex(hex: &str) -> Option<String> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(byte).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &str)]) -> Parameters {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn a_draft_reads_back() {
        let draft = Draft::new("new", [("slug", "A 100% \"ü\"\n"), ("roles", "a"), ("roles", "b")])
            .with(vec![Problem::new("slug", Fault::NotASlug)]);
        let text = draft.write();
        let read = Answer::read(&map(&[("draft", text.as_str())]));
        assert_eq!(read.draft, Some(draft));
        assert_eq!(Answer::read(&map(&[("draft", "zz"), ("done", "all")])), Answer::default());
    }

    #[test]
    fn what_is_too_long_for_an_address_is_left_out_and_said() {
        let long = "x".repeat(50_000);
        let text = Draft::new("edit", [("name", "Alice"), ("attributes", long.as_str())]).write();
        assert!(text.len() <= LARGEST);
        let read = Draft::read(&text).expect("a draft");
        assert_eq!(read.value("name"), Some("Alice"));
        assert_eq!(read.value("attributes"), None);
        assert_eq!(read.problems, [Problem::new("attributes", Fault::TooLong(10_000))]);
    }

    #[test]
    fn words_are_unique() {
        let words: std::collections::BTreeSet<_> = Done::ALL.iter().map(|done| done.as_str()).collect();
        assert_eq!(words.len(), Done::ALL.len());
    }
}
