//! The accounts that a request may concern. Generous: whether one of them may really decide is judged again when its
//! message is sent, by the very code that judges its click.

use crate::accounts::{AccountRole, Accounts, RoleSource};
use crate::approvals::tables::{ApprovalAsks, Substitutes};
use crate::db::{Source, StoreError, now_micros};
use crate::schema::{MembershipRoles, Roles};
use policy::Timestamp;
use sea_query::{Cond, Expr, ExprTrait, JoinType, Query};
use std::collections::BTreeMap;

/// Accounts that may approve by the person they belong to, and who stands in for whom now.
#[derive(Debug, Default)]
pub(super) struct People {
    accounts: BTreeMap<String, Vec<String>>,
    substitutes: BTreeMap<String, Vec<String>>,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: String,
    subject: String,
}

#[derive(sqlx::FromRow)]
struct SubstituteRow {
    person: String,
    substitute: String,
}

#[derive(sqlx::FromRow)]
struct AskRow {
    kind: String,
    name: String,
    since: i64,
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    subject: String,
    name: String,
}

impl People {
    pub(super) async fn read<S: Source>(source: &mut S, dialect: crate::Dialect) -> Result<Self, StoreError> {
        let accounts = Query::select()
            .columns([Accounts::Id, Accounts::Subject])
            .from(Accounts::Table)
            .and_where(Expr::col(Accounts::Active).eq(1_i64))
            .and_where(Expr::col(Accounts::Role).is_in(AccountRole::approving()))
            .and_where(Expr::col(Accounts::RoleSource).ne(RoleSource::Lapsed.as_str()))
            .and_where(Expr::col(Accounts::Subject).is_not_null())
            .take();
        let now = || now_micros(dialect);
        let substitutes = Query::select()
            .columns([Substitutes::Person, Substitutes::Substitute])
            .from(Substitutes::Table)
            .and_where(Expr::col(Substitutes::EndedAt).is_null())
            .and_where(Expr::col(Substitutes::StartsAt).lte(now()))
            .and_where(Expr::col(Substitutes::EndsAt).gt(now()))
            .take();
        let mut people = Self::default();
        for row in source.all::<AccountRow, _>(&accounts).await? {
            people.accounts.entry(row.subject).or_default().push(row.id);
        }
        for row in source.all::<SubstituteRow, _>(&substitutes).await? {
            people.substitutes.entry(row.person).or_default().push(row.substitute);
        }
        Ok(people)
    }

    /// The accounts that a request may concern, and from when on it does.
    pub(super) async fn asked<S: Source>(
        &self,
        source: &mut S,
        approval: &str,
        tenant: &str,
    ) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let asks = Query::select()
            .columns([ApprovalAsks::Kind, ApprovalAsks::Name, ApprovalAsks::Since])
            .from(ApprovalAsks::Table)
            .and_where(Expr::col(ApprovalAsks::Approval).eq(approval))
            .take();
        let asks: Vec<AskRow> = source.all(&asks).await?;
        let roles: Vec<&str> =
            asks.iter().filter(|ask| ask.kind == "role").map(|ask| ask.name.as_str()).collect();
        let holders = if roles.is_empty() { Vec::new() } else { holders(source, tenant, &roles).await? };
        let mut asked = BTreeMap::new();
        for ask in &asks {
            if ask.kind == "role" {
                for holder in holders.iter().filter(|holder| holder.name == ask.name) {
                    self.put(&holder.subject, ask.since, &mut asked);
                }
            } else {
                self.put(&ask.name, ask.since, &mut asked);
            }
        }
        Ok(asked)
    }

    /// The person's own accounts, and those of whoever stands in.
    fn put(&self, person: &str, since: i64, asked: &mut BTreeMap<String, Timestamp>) {
        let others = self.substitutes.get(person).into_iter().flatten().map(String::as_str);
        for one in std::iter::once(person).chain(others) {
            for account in self.accounts.get(one).into_iter().flatten() {
                let since = Timestamp::from_micros(since);
                asked
                    .entry(account.clone())
                    .and_modify(|known: &mut Timestamp| *known = (*known).min(since))
                    .or_insert(since);
            }
        }
    }
}

/// Who holds roles of these names in the tenant.
async fn holders<S: Source>(
    source: &mut S,
    tenant: &str,
    roles: &[&str],
) -> Result<Vec<HolderRow>, StoreError> {
    let query = Query::select()
        .expr_as(Expr::col(("mr", MembershipRoles::Subject)), "subject")
        .expr_as(Expr::col(("r", Roles::Name)), "name")
        .from_as(MembershipRoles::Table, "mr")
        .join_as(
            JoinType::InnerJoin,
            Roles::Table,
            "r",
            Expr::col(("r", Roles::Id)).equals(("mr", MembershipRoles::Role)),
        )
        .and_where(Expr::col(("mr", MembershipRoles::Tenant)).eq(tenant))
        .and_where(Expr::col(("r", Roles::Name)).is_in(roles.iter().copied()))
        .cond_where(
            Cond::any()
                .add(Expr::col(("r", Roles::Tenant)).is_null())
                .add(Expr::col(("r", Roles::Tenant)).eq(tenant)),
        )
        .take();
    source.all(&query).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_at_every_account_and_whoever_stands_in_too() {
        let list = |of: &[&str]| of.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let people = People {
            accounts: [("ann".to_owned(), list(&["a1", "a2"])), ("ben".to_owned(), list(&["b1"]))].into(),
            substitutes: [("ann".to_owned(), list(&["ben", "nobody"]))].into(),
        };
        let mut asked = BTreeMap::new();
        people.put("ann", 20, &mut asked);
        people.put("ben", 10, &mut asked);
        people.put("eve", 5, &mut asked);
        let asked: Vec<(&str, i64)> = asked.iter().map(|(id, at)| (id.as_str(), at.micros())).collect();
        assert_eq!(asked, [("a1", 20), ("a2", 20), ("b1", 10)]);
    }
}
