//! What is wrong with a form, as words of our own: an address may carry it, so it holds no free text.

use policy::ids::NameError;
use serde::{Deserialize, Serialize};

/// What is wrong, and with which field; an empty field stands for the form as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub field: String,
    pub fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Missing,
    TooLong(usize),
    NotASlug,
    Reserved,
    Control,
    Taken,
    /// An id that is taken or reserved, to whom neither is told.
    NotUsable,
    /// A role's name stands for one role in a tenant.
    RoleTaken,
    Unknown,
    /// A role that is both the tenant's own and one of every tenant.
    Ambiguous,
    NotJson,
    NotAnObject,
    NotAMoment,
    Past,
    NoKind,
    /// What was typed is not the name asked for.
    NotTheName,
    /// What was typed is not the word asked for.
    NotTheWord,
    /// A role that is held or named, or that claims stand for.
    RoleInUse {
        holders: u64,
        rules: u64,
        issuers: u64,
    },
    /// Enforcement keys are bound to it.
    KeysBound,
    /// A third secret.
    TwoSecrets,
    /// The only secret.
    OneSecret,
    Stale,
    /// It is not there any more.
    Gone,
    NotAUrl,
    NotHttp,
    /// A user name or a password in an address.
    SecretInUrl,
    /// More of something than there may be.
    TooMany(usize),
    /// Another test may be sent in so many seconds.
    TooSoon(i64),
    NothingChosen,
    /// Tenants are named where all of them are chosen.
    NotBoth,
    /// The server offers a tool in another form than the one that was seen.
    OfferChanged,
    /// The server lists a tool no longer.
    NotListed,
    /// No form of a tool is known.
    NothingKnown,
    /// Paths into arguments.
    NotPaths,
    SchemaNotUsable,
    /// A tool declares a mapping, and nobody said what becomes of it.
    MappingUndecided,
    /// A mapping that cannot be accepted.
    MappingNotUsable,
    /// An address that no issuer can have.
    NotAnIssuer,
    /// An address that keys cannot be fetched from.
    NotFetchable,
    NotAKeySet,
    /// A key set that holds more than public keys.
    SecretKey,
    /// A whole token where a part of it was asked for.
    NotTheToken,
    /// A claim that cannot name a subject.
    OtherClaim,
    NotBetween(u32, u32),
    /// A list that names something twice.
    Twice,
    /// An identity that is not to become anybody's.
    Blocked,
    /// The type of a resource.
    NotAType,
    /// The id of a resource.
    NotAnId,
    /// It belongs to another tenant.
    NotMoved,
    /// It is not of the tenants alone in which the reader's role counts.
    NotYours,
    /// Which arguments name resources.
    NotBindings,
    /// Scopes that a tool asks for.
    NotScopes,
    /// Claims that stand for roles.
    NotMappings,
    /// Somebody who cannot answer for an agent.
    NotAPerson,
    /// The vault has no key that keeps a secret.
    NotKept,
    /// A person where an agent or a service is meant.
    NotAnAgent,
    /// No `server/tool` and no `server/*`.
    NotTools,
    NotAnOwner,
    /// The only owner who is left, or who has a way in.
    LastOwner,
    /// A role that a provider tells of.
    ToldElsewhere,
    /// Groups that stand for roles.
    NotGroups,
    /// Another owner is needed.
    SecondPerson,
    /// A break-glass request that can be confirmed no more.
    Over,
    /// A task that is completed, revoked or has expired.
    TaskOver,
    /// The account is nobody's who could answer.
    NoPerson,
    /// The rule does not ask this person, or excludes it.
    NotAsked,
    /// The password is asked for once more.
    Unproven,
    /// A passkey is asked for once more, and nothing else does.
    UnprovenByPasskey,
    WrongPassword,
    /// The passkey without which nobody comes in.
    LastWay,
    /// The only passkey of an account that demands one.
    PasskeyDemanded,
    /// No passkey, or no password, to be demanded.
    NothingToDemand,
    /// A request that does not wait any more.
    NotWaiting,
    /// This person has answered.
    Voted,
    /// More than the rule allows.
    Wider,
    /// A substitute that somebody cannot have.
    NotASubstitute,
    /// A password and no TLS.
    InTheClear,
    /// The name of a mail server.
    NotAHost,
    /// The address of a mailbox.
    NotAMailbox,
    Refused,
}

impl Problem {
    pub fn new(field: impl Into<String>, fault: Fault) -> Self {
        Self { field: field.into(), fault }
    }

    /// About no single field.
    pub fn of_form(fault: Fault) -> Self {
        Self::new("", fault)
    }

    /// A sentence that says what to do.
    pub fn sentence(&self) -> String {
        match self.fault {
            Fault::Missing => "Fill this in.".to_owned(),
            Fault::TooLong(limit) => format!("This is too long: {limit} characters at the most."),
            Fault::NotASlug => {
                "Use lower-case letters, digits and hyphens, and begin with a letter or a digit.".to_owned()
            }
            Fault::Reserved => "This word is reserved. Choose another.".to_owned(),
            Fault::Control => "This holds control characters. Type it anew.".to_owned(),
            Fault::Taken => "This is taken. Choose another.".to_owned(),
            Fault::NotUsable => "This cannot be used. Choose another.".to_owned(),
            Fault::RoleTaken => {
                "A role of this name exists in this tenant or for every tenant. Choose another name."
                    .to_owned()
            }
            Fault::Unknown => "This is unknown, or gone by now. Choose from the list.".to_owned(),
            Fault::Ambiguous => {
                "A role of this name exists both for every tenant and in this one. Rename one of them."
                    .to_owned()
            }
            Fault::NotJson => "This is not valid JSON, or holds a name twice.".to_owned(),
            Fault::NotAnObject => {
                "This must be a JSON object, such as {\"department\": \"sales\"}.".to_owned()
            }
            Fault::NotAMoment => "This is no date and time, such as 2026-12-31 17:00.".to_owned(),
            Fault::Past => "This moment has passed. Choose a later one, or leave it empty.".to_owned(),
            Fault::NoKind => "Choose one of these.".to_owned(),
            Fault::NotTheName => "This is not the name. Nothing was deleted.".to_owned(),
            Fault::NotTheWord => "This is not the word. Nothing was stopped.".to_owned(),
            Fault::RoleInUse { holders, rules, issuers } => role_in_use(holders, rules, issuers),
            Fault::KeysBound => {
                "Enforcement keys are bound to it. Delete them in Settings, Enforcement keys first."
                    .to_owned()
            }
            Fault::TwoSecrets => {
                "Two secrets work already. Finish the rotation before the next one begins.".to_owned()
            }
            Fault::OneSecret => "Only one secret is left; there is nothing to finish.".to_owned(),
            Fault::Stale => {
                "Somebody else changed this meanwhile. Look at it again, then repeat your change.".to_owned()
            }
            Fault::Gone => "This does not exist any more.".to_owned(),
            Fault::NotAUrl => "This is not an address such as https://crm.example/mcp.".to_owned(),
            Fault::NotHttp => "Only http and https addresses can be asked.".to_owned(),
            Fault::SecretInUrl => "Leave user name and password out of the address.".to_owned(),
            Fault::TooMany(limit) => format!("These are too many: {limit} at the most."),
            Fault::TooSoon(seconds) => format!("Too many tests were sent there. Try again in {seconds} seconds."),
            Fault::NothingChosen => "Tick at least one.".to_owned(),
            Fault::NotBoth => "Choose that it counts in these alone, or leave them out.".to_owned(),
            Fault::OfferChanged => {
                "The server offers something else by now. Nothing was marked; look at the difference again.".to_owned()
            }
            Fault::NotListed => "The server lists this tool no longer; there is nothing to review.".to_owned(),
            Fault::NothingKnown => {
                "Nothing is known of this tool yet. Discover the tools of its server first.".to_owned()
            }
            Fault::NotPaths => {
                "Write one path on each line, such as /customer/iban or /cards/*/number.".to_owned()
            }
            Fault::MappingUndecided => "Say whether the mapping is accepted.".to_owned(),
            Fault::MappingNotUsable => {
                "This mapping cannot be accepted, for the reason above. Ignore it, or leave the tool unreviewed.".to_owned()
            }
            Fault::SchemaNotUsable => {
                "Arguments cannot be checked against this schema. Switch the check off, or leave the tool unreviewed."
                    .to_owned()
            }
            Fault::NotAnIssuer => {
                "Write it as the tokens do in iss: https://, a host, perhaps a port and a path, and nothing else. http:// is for this machine alone.".to_owned()
            }
            Fault::NotFetchable => {
                "Write an address such as https://idp.example/keys. http:// is for this machine alone.".to_owned()
            }
            Fault::NotAKeySet => {
                "This is no JWK set: an object with a list keys of 1 to 100 public keys.".to_owned()
            }
            Fault::SecretKey => {
                "This holds a secret key, which was not kept. Paste public keys alone, and replace the secret one at the issuer.".to_owned()
            }
            Fault::NotTheToken => {
                "This is a token, which was not kept. Give its jti claim alone.".to_owned()
            }
            Fault::OtherClaim => "This claim means something else. Name the one that says who it is.".to_owned(),
            Fault::NotBetween(least, most) => format!("Write a whole number from {least} to {most}."),
            Fault::Twice => "Something stands here twice.".to_owned(),
            Fault::Blocked => "This identity is blocked. Unblock it first.".to_owned(),
            Fault::NotAType => {
                "Use lower-case letters, digits, hyphens and underscores, and begin with a letter.".to_owned()
            }
            Fault::NotAnId => {
                "This is longer than 1000 bytes or holds control characters. Calls could not name it.".to_owned()
            }
            Fault::NotYours => {
                "It concerns more than your tenants, so that takes a role in all of them.".to_owned()
            }
            Fault::NotMoved => "Only an owner moves a resource to another tenant.".to_owned(),
            Fault::NotBindings => {
                "Write one on each line: the argument's path, then the type, such as /customer_id customer. Behind them may stand: optional, unknown-allowed.".to_owned()
            }
            Fault::NotScopes => {
                "Write one scope on each line, without spaces, each once, and 20 at the most.".to_owned()
            }
            Fault::NotMappings => {
                "Write one on each line, such as groups = staff -> support-agent @ acme, with one of the tenants above. A ~ instead of = takes a pattern.".to_owned()
            }
            Fault::LastOwner => "This is the only owner who is left, or who has a way in. Make another one first.".to_owned(),
            Fault::ToldElsewhere => {
                "A provider tells of its role, and it signs in there. Give it a role of its own first.".to_owned()
            }
            Fault::NotGroups => {
                "Write one group and its role on each line, such as finance -> approver.".to_owned()
            }
            Fault::NotAPerson => "Give the id of a registered user, or leave it empty.".to_owned(),
            Fault::NotKept => {
                "This could not be kept: the vault's key is not at hand. Ask whoever runs the server.".to_owned()
            }
            Fault::NotAnAgent => "This is a person. Choose “Subject”.".to_owned(),
            Fault::NotTools => "Write crm/refund, or crm/* for all tools of a server.".to_owned(),
            Fault::NotAnOwner => "Only an active owner may do this.".to_owned(),
            Fault::SecondPerson => {
                "There are two owners, so another one than who asked must confirm this.".to_owned()
            }
            Fault::Over => "This was asked for too long ago, is confirmed, or was taken back.".to_owned(),
            Fault::TaskOver => "The task is over: it was completed or revoked, or has expired.".to_owned(),
            Fault::NoPerson => {
                "This account is not linked to a person. An owner links it to one.".to_owned()
            }
            Fault::NotAsked => "Nothing was decided: this request does not ask you.".to_owned(),
            Fault::Unproven => {
                "Nothing was done. Give your password, or use a passkey: the last proof that it is you is older than 5 minutes. Without either, sign out and in again by your provider."
                    .to_owned()
            }
            Fault::UnprovenByPasskey => {
                "Nothing was done. Your account demands a passkey, so changing that takes one: use it first.".to_owned()
            }
            Fault::WrongPassword => "Nothing was done: the password is not right.".to_owned(),
            Fault::LastWay => {
                "Nothing was removed: this is the last way to sign in to your account. Add another passkey first.".to_owned()
            }
            Fault::PasskeyDemanded => {
                "Nothing was removed: your account demands a passkey beside the password. Add another one, or demand none, first."
                    .to_owned()
            }
            Fault::NothingToDemand => {
                "Nothing was changed: this takes a password, and a passkey that can answer here.".to_owned()
            }
            Fault::NotWaiting => "Nothing was decided: the request does not wait any more.".to_owned(),
            Fault::Voted => "You have answered this request already.".to_owned(),
            Fault::Wider => "This is more than the rule allows. Choose less, or leave it empty.".to_owned(),
            Fault::NotASubstitute => {
                "Choose an active person other than yourself, and an end within 90 days.".to_owned()
            }
            Fault::InTheClear => {
                "A password is never sent in the clear. Choose TLS or STARTTLS, or leave the login empty.".to_owned()
            }
            Fault::NotAHost => "Write the name or the address of a server, such as mail.example.org.".to_owned(),
            Fault::NotAMailbox => "Write a bare address, such as countersign@example.org.".to_owned(),
            Fault::Refused => "The database refused these values. Nothing was changed.".to_owned(),
        }
    }
}

fn role_in_use(holders: u64, rules: u64, issuers: u64) -> String {
    let counted = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        more => Some(format!("{more} {many}")),
    };
    let uses = [
        counted(holders, "subject holds it", "subjects hold it"),
        counted(rules, "rule names it", "rules name it"),
        counted(issuers, "issuer has claims that stand for it", "issuers have claims that stand for it"),
    ];
    let why = uses.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let why = if why.is_empty() { "It is in use" } else { why.as_str() };
    format!("This role cannot be deleted: {why}. Take it away there first.")
}

impl From<&NameError> for Fault {
    fn from(error: &NameError) -> Self {
        match error {
            NameError::Empty => Self::Missing,
            NameError::TooLong(limit) => Self::TooLong(*limit),
            NameError::Slug => Self::NotASlug,
            NameError::Reserved | NameError::ReservedWhoever => Self::Reserved,
            NameError::Control => Self::Control,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_in_use_says_by_whom() {
        let sentence = |holders, rules, issuers| {
            Problem::of_form(Fault::RoleInUse { holders, rules, issuers }).sentence()
        };
        assert_eq!(
            sentence(3, 1, 0),
            "This role cannot be deleted: 3 subjects hold it and 1 rule names it. Take it away there first."
        );
        assert!(sentence(0, 2, 0).contains("2 rules name it."));
        assert!(sentence(1, 0, 0).contains("1 subject holds it."));
        assert!(sentence(0, 0, 1).contains("1 issuer has claims that stand for it."));
    }

    #[test]
    fn names_are_refused_for_a_reason() {
        let fault = |text| policy::ids::check_slug(text).err().as_ref().map(Fault::from);
        assert_eq!(fault("Acme"), Some(Fault::NotASlug));
        assert_eq!(fault(""), Some(Fault::Missing));
        assert_eq!(fault("new"), Some(Fault::Reserved));
        assert_eq!(fault("acme"), None);
    }
}
