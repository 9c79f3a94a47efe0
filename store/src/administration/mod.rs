//! What people administer: tenants, roles, issuers, subjects, servers, tools, rules, credentials.
//!
//! Reading is on [`Store`](crate::Store), and on [`Writer`] for those who must see their own transaction.
//! Writing goes through [`Writer`] alone, so that nothing is changed without a record of it.

mod administrator_tokens;
mod api_keys;
mod break_glass;
mod credential_keys;
mod credentials;
mod deliveries;
mod emergency;
mod everything;
mod group_roles;
mod held_roles;
mod identities;
mod imports;
mod issuers;
mod mail;
mod memberships;
mod owned;
mod resources;
mod revocations;
mod roles;
mod rule_versions;
mod rules;
mod secrets;
mod servers;
mod shown_identities;
mod sign_in_providers;
mod signing_keys;
mod stops;
mod subjects;
mod tasks;
mod tenants;
mod tools;
mod webhooks;
mod writer;

pub use administrator_tokens::{Administrator, AdministratorToken, NewAdministratorToken};
pub use api_keys::{ApiKey, NewApiKey};
pub use break_glass::{BreakGlassGrant, MAX_MINUTES, NewBreakGlass};
pub use credential_keys::CredentialKey;
pub use credentials::Credential;
pub use emergency::{EmergencyError, MAX_REASON};
pub use everything::{Everything, MOST_RESOURCES};
pub use group_roles::GroupRole;
pub use held_roles::HeldRole;
pub use imports::{FileFormat, ImportState, ImportWordError, MOST_PROBLEMS, RefusedLine, ResourceImport};
pub use issuers::StoredIssuer;
pub use mail::{MailAddress, MailSettings, looks_like_an_address};
pub use memberships::Membership;
pub use resources::{Imported, MAX_ATTRIBUTES, Resource, ResourceFilter};
pub use revocations::RevokedToken;
pub use roles::Role;
pub use rule_versions::RuleVersion;
pub use rules::StoredRule;
pub use secrets::{SealedSecret, SecretPlace, StoredSecret};
pub use servers::Server;
pub use sign_in_providers::{MOST_GROUPS, MOST_SCOPES, ProviderSettings, SignInProvider};
pub use signing_keys::{SigningKey, SigningKeys};
pub use stops::{NewStop, StopSwitch};
pub use subjects::{Identity, Subject};
pub use tasks::{MAX_BUDGET, MAX_LIFE, NewTask, Task, TaskError, TaskFilter};
pub use tenants::Tenant;
pub use tools::Tool;
pub use webhooks::{MOST_WEBHOOKS, NewWebhook, Webhook, shown_address};
pub use writer::{Actor, Committed, Via, ViaError, WriteError, Writer};

pub(crate) use break_glass::list_in_force as list_break_glass_in_force;
pub(crate) use issuers::IssuerRow;
pub(crate) use roles::list as list_roles;
pub(crate) use rules::list_in_force;
pub(crate) use servers::list_of_tenant as list_servers_of_tenant;
pub(crate) use sign_in_providers::{MAX_PART, is_active_provider};
pub(crate) use stops::list_in_force as list_stops_in_force;
pub(crate) use tenants::find as find_tenant;
pub(crate) use tools::list_of_servers as list_tools_of_servers;
pub(crate) use webhooks::list as list_webhooks;
pub(crate) use writer::{About, lock};

use policy::ids::{check_id, check_slug};
use sea_query::{Condition, Expr, ExprTrait, Func, IntoColumnRef, LikeExpr};

/// Which part of a list: what holds the search text, after the last one seen, so many at most.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Compared without regard to the case of ASCII letters.
    pub search: Option<&'a str>,
    /// The `cursor()` of the last one seen.
    pub after: Option<&'a str>,
    pub limit: u64,
}

impl Page<'_> {
    /// Everything there is.
    pub const ALL: Page<'static> = Page { search: None, after: None, limit: i64::MAX as u64 };
}

/// How many values one statement carries at the most.
pub(crate) const CHUNK: usize = 500;

/// True where one of the columns holds the text.
pub(crate) fn holds<C: IntoColumnRef>(text: &str, columns: impl IntoIterator<Item = C>) -> Condition {
    let mut pattern = String::from("%");
    for character in text.to_ascii_lowercase().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    columns.into_iter().fold(Condition::any(), |any, column| {
        any.add(Func::lower(Expr::col(column)).like(LikeExpr::new(pattern.as_str()).escape('!')))
    })
}

/// `(first, second) > (cursor's two lines)`: where a list goes on that is sorted by two columns.
fn beyond(first: impl IntoColumnRef, second: impl IntoColumnRef, cursor: &str) -> Expr {
    let (one, two) = cursor.split_once('\n').unwrap_or((cursor, ""));
    Expr::tuple([Expr::col(first), Expr::col(second)]).gt(Expr::tuple([Expr::val(one), Expr::val(two)]))
}

fn slug(kind: &'static str, given: &str) -> Result<(), WriteError> {
    check_slug(given).map_err(|why| WriteError::Name { kind, given: given.to_owned(), why })
}

fn name(kind: &'static str, given: &str) -> Result<(), WriteError> {
    check_id(given).map_err(|why| WriteError::Name { kind, given: given.to_owned(), why })
}

/// Free text: at most 10,000 characters, without U+0000 (which Postgres cannot store).
fn text(field: &'static str, given: &str) -> Result<(), WriteError> {
    if given.contains('\0') {
        return Err(WriteError::Invalid { field, reason: "must not hold U+0000" });
    }
    if given.chars().count() > 10_000 {
        return Err(WriteError::Invalid { field, reason: "must not be longer than 10000 characters" });
    }
    Ok(())
}

/// The digest of a secret: SHA-256 in lower-case hexadecimal.
fn digest(given: &str) -> Result<(), WriteError> {
    let hexadecimal = given.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if given.len() == 64 && hexadecimal {
        Ok(())
    } else {
        Err(WriteError::Invalid { field: "digest", reason: "must be a SHA-256 in lower-case hexadecimal" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Tenants;
    use sea_query::{PostgresQueryBuilder, Query, SqliteQueryBuilder};

    #[test]
    fn a_search_text_is_never_a_pattern() {
        let query = Query::select()
            .column(Tenants::Slug)
            .from(Tenants::Table)
            .cond_where(holds("5%_A!", [Tenants::Slug, Tenants::Name]))
            .take();
        for sql in [query.to_string(SqliteQueryBuilder), query.to_string(PostgresQueryBuilder)] {
            assert!(sql.contains(r#"LOWER("slug") LIKE '%5!%!_a!!%' ESCAPE '!'"#), "{sql}");
        }
    }

    #[test]
    fn a_digest_is_hexadecimal() {
        assert!(digest(&"0a".repeat(32)).is_ok());
        for bad in ["", "0a", &"0A".repeat(32), &"0g".repeat(32)] {
            assert!(digest(bad).is_err(), "{bad}");
        }
    }
}
