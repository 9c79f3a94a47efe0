//! Which decisions are meant, as the condition of a statement.

use crate::recorder::tables::{DecisionResources, Decisions};
use policy::{Outcome, Reason, ResourceRef, Timestamp};
use sea_query::{Expr, ExprTrait, SelectStatement};

/// How far (in microseconds) the clock that made an id may be off the one that made its `at`.
const SKEW: i64 = 3_600_000_000;

/// Which decisions are meant; what is `None` does not narrow. Shared by list and count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Any of these tenants; an empty list means none at all. Decisions without a tenant (the caller was not
    /// recognised, say) are found only without this.
    pub tenants: Option<Vec<String>>,
    pub subject: Option<String>,
    pub credential: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub task: Option<String>,
    pub outcome: Option<Outcome>,
    pub reason: Option<Reason>,
    /// Whether the call waits for a person ([`Reason::waits`]). With `outcome: Deny` and `false` here, the
    /// list is what the console calls "Denied".
    pub waiting: Option<bool>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Who acted for the subject.
    pub actor: Option<String>,
    /// Only calls for which nobody acted: the subject's own.
    pub without_actor: bool,
    /// Only calls that named this resource, in what they are about, in their arguments or by their tool's mapping. What is
    /// redacted is not found, nor what was recorded before `0028_touched`.
    pub resource: Option<ResourceRef>,
}

/// The beginning of every UUIDv7 of that millisecond: less than each of them, greater than all earlier ones.
fn id_at(micros: i64) -> String {
    let millis = u64::try_from(micros.div_euclid(1_000)).unwrap_or_default() & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

pub(super) fn waiting_codes() -> Vec<&'static str> {
    Reason::ALL.iter().filter(|reason| reason.waits()).map(|reason| reason.code()).collect()
}

/// Written out, not bound: only so may SQLite use the indexes of denials alone.
pub(super) fn denied() -> Expr {
    Expr::cust("\"outcome\" = 'deny'")
}

pub(super) fn is_of(tenant: Expr, tenants: &[String]) -> Expr {
    match tenants {
        [one] => tenant.eq(one.as_str()),
        several => tenant.is_in(several.iter().map(String::as_str)),
    }
}

impl DecisionFilter {
    /// The id by which pages go: that of the table whose index is read.
    pub(super) fn key(&self) -> Expr {
        match self.resource {
            Some(_) => Expr::col(DecisionResources::Decision),
            None => Expr::col(Decisions::Id),
        }
    }

    pub(super) fn narrow(&self, query: &mut SelectStatement) {
        let mut tenant = Expr::col(Decisions::Tenant);
        if let Some(resource) = &self.resource {
            query
                .inner_join(
                    DecisionResources::Table,
                    Expr::col(DecisionResources::Decision).equals(Decisions::Id),
                )
                .and_where(Expr::col(DecisionResources::ResourceType).eq(resource.kind.as_str()))
                .and_where(Expr::col(DecisionResources::ResourceId).eq(resource.id.as_str()));
            // The same, where the index has it: calls of others that named it are not read.
            tenant = Expr::col(DecisionResources::OfTenant);
        }
        if let Some(tenants) = &self.tenants {
            query.and_where(is_of(tenant, tenants));
        }
        let texts = [
            (Decisions::Subject, &self.subject),
            (Decisions::Credential, &self.credential),
            (Decisions::Server, &self.server),
            (Decisions::Tool, &self.tool),
            (Decisions::Actor, &self.actor),
            (Decisions::Task, &self.task),
        ];
        for (column, text) in texts {
            if let Some(text) = text {
                query.and_where(Expr::col(column).eq(text.as_str()));
            }
        }
        if self.without_actor {
            query.and_where(Expr::col(Decisions::Actor).is_null());
        }
        match self.outcome {
            Some(Outcome::Allow) => {
                query.and_where(Expr::cust("\"outcome\" = 'allow'"));
            }
            Some(Outcome::Deny) => {
                query.and_where(denied());
            }
            None => {}
        }
        if let Some(reason) = self.reason {
            if reason != Reason::Allowed {
                query.and_where(denied());
            }
            query.and_where(Expr::col(Decisions::Reason).eq(reason.code()));
        }
        match self.waiting {
            Some(true) => {
                query.and_where(denied());
                query.and_where(Expr::col(Decisions::Reason).is_in(waiting_codes()));
            }
            Some(false) => {
                query.and_where(Expr::col(Decisions::Reason).is_not_in(waiting_codes()));
            }
            None => {}
        }
        // The moment decides; the id only spares the reading of what is surely outside.
        if let Some(from) = self.from {
            let from = from.micros();
            query.and_where(Expr::col(Decisions::At).gte(from));
            query.and_where(self.key().gte(id_at(from.saturating_sub(SKEW))));
        }
        if let Some(to) = self.to {
            let to = to.micros();
            query.and_where(Expr::col(Decisions::At).lt(to));
            query.and_where(self.key().lt(id_at(to.saturating_add(SKEW))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, Query, SqliteQueryBuilder};

    #[test]
    fn ids_of_a_moment_lie_between_its_bounds() {
        // RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F is 2022-02-22T19:22:22Z.
        let moment = Timestamp::parse("2022-02-22T19:22:22Z").expect("reads").micros();
        let id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        assert_eq!(id_at(moment), "017f22e2-79b0");
        assert!(id_at(moment).as_str() < id);
        assert!(id_at(moment + 1_000).as_str() > id);
        assert_eq!(id_at(-5), "00000000-0000");
    }

    #[test]
    fn a_filter_is_the_same_in_both_dialects() {
        let filter = DecisionFilter {
            tenants: Some(vec!["acme".to_owned()]),
            outcome: Some(Outcome::Deny),
            waiting: Some(false),
            without_actor: true,
            ..DecisionFilter::default()
        };
        let mut query = Query::select();
        query.column(Decisions::Id).from(Decisions::Table);
        filter.narrow(&mut query);
        let expected = "SELECT \"id\" FROM \"decisions\" WHERE \"tenant\" = 'acme' AND \"actor\" IS NULL \
                        AND \"outcome\" = 'deny' AND \"reason\" NOT IN ('approval_required', 'approval_pending')";
        let sqlite: String = query.to_string(SqliteQueryBuilder);
        let postgres: String = query.to_string(PostgresQueryBuilder);
        // Whether a written-out part stands in parentheses is sea-query's affair.
        let plain = |text: String| text.replace(['(', ')'], "");
        assert_eq!(plain(sqlite.clone()), plain(expected.to_owned()));
        assert_eq!(sqlite, postgres);
    }

    #[test]
    fn a_resource_is_looked_for_within_the_tenants_by_its_own_table() {
        let filter = DecisionFilter {
            tenants: Some(vec!["acme".to_owned()]),
            resource: Some(ResourceRef { kind: "customer".to_owned(), id: "c-42".to_owned() }),
            from: Some(Timestamp::from_micros(0)),
            ..DecisionFilter::default()
        };
        let mut query = Query::select();
        query.column(Decisions::Id).from(Decisions::Table);
        filter.narrow(&mut query);
        let text = query.to_string(PostgresQueryBuilder);
        for part in [
            "INNER JOIN \"decision_resources\" ON \"decision\" = \"id\"",
            "\"resource_type\" = 'customer'",
            "\"resource_id\" = 'c-42'",
            "\"of_tenant\" = 'acme'",
            "\"decision\" >= '",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("\"tenant\""), "{text}");
    }
}
