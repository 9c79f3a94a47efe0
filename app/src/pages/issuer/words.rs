//! The settings of an issuer in words, each with the way in which it is weaker than it could be.

use super::view::{KeysView, Setting};
use crate::moment::Moment;
use crate::pages::form::count::Count;
use pdp::tokens::{KeysState, KnownKey};
use policy::issuer::{ActorNeed, Issuer, KeySource, UnknownSubjects};
use policy::{TenantSlug, Timestamp};

/// Longer ones are marked as weaker: the usual values.
const SKEW: u32 = 30;
const KEYS_AGE: u32 = 86_400;

pub(crate) fn settings(issuer: &Issuer) -> Vec<Setting> {
    let tenants: Vec<&str> = issuer.tenants.iter().map(TenantSlug::as_str).collect();
    let algorithms: Vec<&str> = issuer.algorithms.iter().map(|name| name.as_str()).collect();
    let given = matches!(issuer.keys, KeySource::Jwks(_));
    let unknown = match issuer.unknown_subjects {
        UnknownSubjects::Deny => "denied, and listed under Unmapped callers",
        UnknownSubjects::Provision => "registered as subjects, without any role",
    };
    let (typ, jti) = (issuer.require_typ, issuer.require_jti);
    let mut settings = vec![
        plain("Counts in", listed(&tenants, "no tenant: its tokens count nowhere")),
        weaker(
            "Keys come from",
            source(&issuer.keys),
            given.then_some("A key that the issuer withdraws counts until it is taken out here."),
        ),
        plain("Signed with", listed(&algorithms, "nothing")),
        weaker(
            "Type of token",
            if typ { "must be at+jwt (RFC 9068)" } else { "is not required" },
            (!typ).then_some("Only the claims tell an access token from an ID token."),
        ),
        weaker(
            "Token id (jti)",
            if jti { "is required" } else { "is not required" },
            (!jti).then_some("A token without it cannot be revoked by itself."),
        ),
        weaker(
            "Clock skew",
            span(issuer.clock_skew),
            (issuer.clock_skew > SKEW).then_some("A token counts for that much longer after it has expired."),
        ),
        plain("Audiences", listed(&issuer.audiences, "those of the called server")),
        plain("Subject", format!("the claim {}", issuer.subject_claim)),
        plain("Unknown subjects", unknown),
        plain("Asked about tokens", asked(issuer)),
        plain("Who acts", acts(issuer)),
        plain("Roles from claims", mapped(issuer)),
    ];
    if !given {
        settings.push(weaker(
            "Issuer unreachable",
            format!("its last keys are used for {}", span(issuer.keys_max_age)),
            (issuer.keys_max_age > KEYS_AGE)
                .then_some("A key that it withdraws meanwhile counts for that long."),
        ));
    }
    settings
}

/// How its tokens name who acts for the subject.
fn acts(issuer: &Issuer) -> String {
    match issuer.actor_claim {
        None => "the claim act, where a token has it".to_owned(),
        Some(claim) if issuer.actor == ActorNeed::Optional => {
            format!("the claim {}; without it the subject calls by itself", claim.as_str())
        }
        Some(claim) => format!("the claim {}, which each token must have", claim.as_str()),
    }
}

fn mapped(issuer: &Issuer) -> String {
    let lines: Vec<String> = issuer.role_mappings.iter().map(super::mappings::line).collect();
    listed(&lines, "none")
}

/// Whether the issuer is asked, and where.
fn asked(issuer: &Issuer) -> String {
    match &issuer.introspection {
        None => "no: they are verified by its keys".to_owned(),
        Some(how) => {
            let at = how.endpoint.as_deref().unwrap_or("the address that its metadata names");
            format!("on each call, as {}, at {at}", how.client_id)
        }
    }
}

fn plain(term: &str, words: impl Into<String>) -> Setting {
    weaker(term, words, None)
}

fn weaker(term: &str, words: impl Into<String>, why: Option<&str>) -> Setting {
    Setting { term: term.to_owned(), words: words.into(), weaker: why.map(ToOwned::to_owned) }
}

fn listed<T: AsRef<str>>(items: &[T], none: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    if items.is_empty() { none.to_owned() } else { items.join(", ") }
}

/// Where keys come from.
pub(crate) fn source(keys: &KeySource) -> String {
    match keys {
        KeySource::Discovery => "discovery".to_owned(),
        KeySource::JwksUrl(url) => url.clone(),
        KeySource::Jwks(_) => "the key set written down here".to_owned(),
    }
}

/// "30 s", "24 h", "2 days".
fn span(seconds: u32) -> String {
    const MINUTE: u32 = 60;
    const HOUR: u32 = 60 * MINUTE;
    const DAY: u32 = 24 * HOUR;
    match seconds {
        0 => "0 s".to_owned(),
        _ if seconds > DAY && seconds.is_multiple_of(DAY) => format!("{} days", seconds / DAY),
        _ if seconds.is_multiple_of(HOUR) => format!("{} h", seconds / HOUR),
        _ if seconds.is_multiple_of(MINUTE) => format!("{} min", seconds / MINUTE),
        _ => format!("{seconds} s"),
    }
}

/// The keys as this instance knows them.
pub(crate) fn keys(issuer: &Issuer, known: KeysState, now: Timestamp) -> KeysView {
    let fetchable = !matches!(issuer.keys, KeySource::Jwks(_));
    let words = if fetchable && known.fetched.is_none() {
        "This instance has no keys of it yet. The first token has them fetched.".to_owned()
    } else {
        let usable = Count::new(known.keys.len()).of("key", "keys");
        let more = match known.unusable {
            0 => String::new(),
            1 => "; 1 more is for something else or cannot be used".to_owned(),
            more => format!("; {more} more are for something else or cannot be used"),
        };
        format!("Tokens are verified with {usable}{more}.")
    };
    KeysView {
        words,
        fetched: known.fetched.map(|ago| {
            let ago = i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
            Moment::new(now.saturating_add_micros(-ago), now)
        }),
        failure: known.failure,
        fetchable,
        lines: known.keys.into_iter().map(line).collect(),
    }
}

fn line(key: KnownKey) -> (Option<String>, String) {
    let algorithms: Vec<&str> = key.algorithms.iter().map(|name| name.as_str()).collect();
    (key.kid, algorithms.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::issuer::Algorithm;
    use std::time::Duration;

    fn weak(issuer: &Issuer) -> Vec<String> {
        let settings = settings(issuer).into_iter();
        settings.filter(|setting| setting.weaker.is_some()).map(|setting| setting.term).collect()
    }

    #[test]
    fn every_weaker_setting_says_so() {
        let usual = Issuer::new("https://idp.example");
        assert!(weak(&usual).is_empty());
        for (issuer, term) in [
            (Issuer { require_typ: false, ..usual.clone() }, "Type of token"),
            (Issuer { require_jti: false, ..usual.clone() }, "Token id (jti)"),
            (Issuer { clock_skew: 31, ..usual.clone() }, "Clock skew"),
            (Issuer { keys_max_age: 86_401, ..usual.clone() }, "Issuer unreachable"),
            (Issuer { keys: KeySource::Jwks(serde_json::Map::new()), ..usual.clone() }, "Keys come from"),
        ] {
            assert_eq!(weak(&issuer), [term]);
        }
        // What the vocabulary calls weaker is weaker here.
        let bare = Issuer { require_typ: false, require_jti: false, ..usual };
        assert_eq!(weak(&bare).len(), bare.weaker().len());
    }

    #[test]
    fn spans_read_as_words() {
        for (seconds, words) in
            [(0, "0 s"), (30, "30 s"), (60, "1 min"), (90, "90 s"), (86_400, "24 h"), (172_800, "2 days")]
        {
            assert_eq!(span(seconds), words);
        }
    }

    #[test]
    fn keys_say_whether_they_were_fetched() {
        let (issuer, now) = (Issuer::new("https://idp.example"), Timestamp::from_micros(60_000_000));
        let none = keys(&issuer, KeysState::default(), now);
        assert!(none.words.starts_with("This instance has no keys") && none.fetchable);
        let key = KnownKey { kid: Some("a".to_owned()), algorithms: vec![Algorithm::Es256] };
        let known = KeysState {
            keys: vec![key],
            unusable: 1,
            fetched: Some(Duration::from_secs(12)),
            failure: Some("no".to_owned()),
        };
        let view = keys(&issuer, known, now);
        assert_eq!(
            view.words,
            "Tokens are verified with 1 key; 1 more is for something else or cannot be used."
        );
        assert_eq!(view.fetched.map(|at| at.words).as_deref(), Some("12 s ago"));
        assert_eq!(view.lines, [(Some("a".to_owned()), "ES256".to_owned())]);
    }
}
