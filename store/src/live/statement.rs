//! The text of the live read. It hangs on the shape of the question alone, so it is rendered once per shape.

use super::actor::Whose;
use super::stamp::stamp;
use super::{CallerBy, CredentialBy, LiveQuery, approval, bound, task};
use crate::db::{Dialect, now_micros};
use crate::kept::{Kept, Shelf, slot};
use crate::schema::{
    ApiKeys, CredentialKeys, Credentials, Identities, IssuerTenants, Issuers, MembershipRoles, Memberships,
    Revisions, Roles, Subjects, TokenRevocations,
};
use policy::binding::MAX_NAMED;
use sea_query::{Expr, ExprTrait, Func, Iden, IntoIden, JoinType, Query, SelectStatement, UnionType};
use sea_query_sqlx::SqlxValues;
use std::sync::Arc;

/// The most questions that one statement answers.
pub(super) const MOST: usize = 16;

/// The longest question that is remembered, in bytes: digests, slugs, and names as issuers give them.
const LONGEST_REMEMBERED: usize = 2_048;

/// The statement for several questions of one shape, and what is bound to it. Each row says in `nth` which question it
/// answers. At most [`MOST`] questions, and as many as a power of two: so there are few texts.
pub(super) fn of(shape: Shape, asked: &[Asked], dialect: Dialect) -> (Arc<Kept>, SqlxValues) {
    let count = asked.len();
    let kept =
        SHAPES.get(dialect, (shape, count), || Kept::render(&together(shape, count, dialect), dialect));
    let value = |number: u16| {
        let (nth, slot) = (usize::from(number) / SLOTS, usize::from(number) % SLOTS);
        asked.get(nth).and_then(|asked| asked.values[slot].clone()).into()
    };
    let values = kept.values(value);
    (kept, values)
}

fn together(shape: Shape, count: usize, dialect: Dialect) -> SelectStatement {
    let mut all = statement(shape, Nth(0), Whose::Caller, dialect);
    if shape.actor {
        all.union(UnionType::All, statement(shape, Nth(0), Whose::Actor, dialect));
    }
    for nth in (1..).take(count.saturating_sub(1)) {
        all.union(UnionType::All, statement(shape, Nth(nth), Whose::Caller, dialect));
        if shape.actor {
            all.union(UnionType::All, statement(shape, Nth(nth), Whose::Actor, dialect));
        }
    }
    all
}

fn pick(select: &mut SelectStatement, table: &'static str, column: impl Iden, alias: &'static str) {
    select.expr_as(Expr::col((table, column)), alias);
}

/// What the text of the statement depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    by: By,
    /// Whether registered resources are read along.
    bound: bool,
    /// Whether somebody acts for the caller.
    actor: bool,
    /// Whether a task is read along.
    task: bool,
    /// Whether approvals are read along.
    approvals: bool,
}

impl Shape {
    fn is_stamped(self) -> bool {
        !(self.bound || self.task || self.approvals)
    }
}

/// How the caller is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum By {
    Key,
    Identity,
    Subject,
}

static SHAPES: Shelf<(Shape, usize)> = Shelf::new();

/// What is bound for one question; what is none equals nothing that is stored.
#[derive(Debug, Clone, Copy)]
enum Slot {
    CredentialDigest,
    Tenant,
    KeyDigest,
    Issuer,
    Sub,
    Jti,
    Subject,
    Bound,
    /// In the place of `Sub` or `Subject` where a part is about who acts.
    Actor,
    Task,
    Call,
}

const SLOTS: usize = 11;

/// Which of the questions a part of the statement is about.
#[derive(Debug, Clone, Copy)]
struct Nth(u16);

impl Nth {
    fn slot(self, of: Slot) -> Expr {
        slot(self.0 * SLOTS as u16 + of as u16)
    }
}

/// A question as the statement takes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) shape: Shape,
    values: [Option<String>; SLOTS],
}

impl From<&LiveQuery<'_>> for Asked {
    fn from(query: &LiveQuery<'_>) -> Self {
        let mut values: [Option<&str>; SLOTS] = [None; SLOTS];
        let mut put = |slot: Slot, value| values[slot as usize] = value;
        if let CredentialBy::Digest(digest) = query.credential {
            put(Slot::CredentialDigest, Some(digest));
        }
        put(Slot::Tenant, query.tenant);
        let by = match query.caller {
            CallerBy::Identity { issuer, sub, jti } => {
                put(Slot::Issuer, Some(issuer));
                put(Slot::Sub, Some(sub));
                put(Slot::Jti, jti);
                By::Identity
            }
            CallerBy::Subject(id) => {
                put(Slot::Subject, Some(id));
                By::Subject
            }
            CallerBy::KeyDigest(digest) => {
                put(Slot::KeyDigest, Some(digest));
                By::Key
            }
            CallerBy::Nobody => By::Key,
        };
        let keys = bound::keys(query.bound.iter().take(MAX_NAMED));
        let bound = !query.bound.is_empty();
        put(Slot::Bound, bound.then_some(keys.as_str()));
        let actor = by != By::Key && query.actor.is_some();
        put(Slot::Actor, query.actor.filter(|_| actor));
        put(Slot::Task, query.task);
        put(Slot::Call, query.approvals);
        // Nothing that is stored holds U+0000, and Postgres takes no such text.
        let values = values.map(|value| value.filter(|text| !text.contains('\0')).map(str::to_owned));
        Self {
            shape: Shape {
                by,
                bound,
                actor,
                task: query.task.is_some(),
                approvals: query.approvals.is_some(),
            },
            values,
        }
    }
}

impl Asked {
    /// Whether all that is read is under the stamp. What changes with calls is not.
    pub(super) fn is_stamped(&self) -> bool {
        self.shape.is_stamped()
    }

    /// Whether thousands of such questions may be remembered: what is in them, strangers may have written.
    pub(super) fn is_short(&self) -> bool {
        self.values.iter().flatten().map(String::len).sum::<usize>() <= LONGEST_REMEMBERED
    }
}

/// The tenants in which an issuer's identities count, in one text. It does not hang on the other rows, so it is read
/// once, however many there are.
fn tenants_of_issuer(nth: Nth) -> SelectStatement {
    Query::select()
        .expr(Expr::cust("string_agg(it.tenant, ',')"))
        .from_as(IssuerTenants::Table, "it")
        .and_where(Expr::col(("it", IssuerTenants::Issuer)).eq(nth.slot(Slot::Issuer)))
        .take()
}

fn statement(shape: Shape, nth: Nth, whose: Whose, dialect: Dialect) -> SelectStatement {
    let mut select = Query::select();
    select.expr_as(Expr::cust(nth.0.to_string()), "nth");
    select.expr_as(now_micros(dialect), "now");
    pick(&mut select, "g", Revisions::Value, "global_revision");
    if dialect == Dialect::Sqlite && shape.is_stamped() {
        select.expr_as(stamp(), "stamp");
    }
    select.from_as(Revisions::Table, "g").and_where(Expr::col(("g", Revisions::Scope)).eq(""));
    read_credential(&mut select, nth);
    match shape.by {
        By::Key => read_key(&mut select, nth),
        By::Identity => read_identity(&mut select, nth, whose),
        By::Subject => {}
    }
    read_subject(&mut select, nth, shape.by, whose);
    read_memberships(&mut select, nth);
    match (shape.bound, whose) {
        (true, Whose::Caller) => bound::add(&mut select, nth.slot(Slot::Bound), dialect),
        // What is named is read once.
        (true, Whose::Actor) => {
            select.expr_as(Expr::cust("NULL"), "bound");
        }
        (false, _) => {}
    }
    match (shape.approvals, whose) {
        (true, Whose::Caller) => approval::add(&mut select, nth.slot(Slot::Call), dialect),
        (true, Whose::Actor) => {
            select.expr_as(Expr::cust("NULL"), "approvals");
        }
        (false, _) => {}
    }
    if shape.actor {
        select.expr_as(Expr::cust(whose.number().to_string()), "whose");
    }
    // Of whoever acts the same columns; nobody reads what is in them.
    if shape.task {
        task::add(&mut select, nth.slot(Slot::Task));
    }
    select
}

fn join(select: &mut SelectStatement, table: impl IntoIden, alias: &'static str, on: Expr) {
    select.join_as(JoinType::LeftJoin, table, alias, on);
}

fn read_credential(select: &mut SelectStatement, nth: Nth) {
    pick(select, "c", Credentials::Id, "credential_id");
    pick(select, "c", Credentials::Name, "credential_name");
    pick(select, "c", Credentials::Tenant, "credential_tenant");
    pick(select, "c", Credentials::Server, "credential_server");
    pick(select, "c", Credentials::Trust, "credential_trust");
    pick(select, "c", Credentials::Arguments, "credential_arguments");
    pick(select, "c", Credentials::Responses, "credential_responses");
    pick(select, "c", Credentials::Active, "credential_active");
    pick(select, "c", Credentials::Search, "credential_search");
    pick(select, "ck", CredentialKeys::Id, "credential_key");
    pick(select, "ck", CredentialKeys::ExpiresAt, "credential_key_expires_at");
    let digest = Expr::col(("ck", CredentialKeys::Digest));
    join(select, CredentialKeys::Table, "ck", digest.eq(nth.slot(Slot::CredentialDigest)));
    let id = Expr::col(("c", Credentials::Id));
    join(select, Credentials::Table, "c", id.equals(("ck", CredentialKeys::Credential)));
}

fn read_key(select: &mut SelectStatement, nth: Nth) {
    pick(select, "k", ApiKeys::Id, "key_id");
    pick(select, "k", ApiKeys::Name, "key_name");
    pick(select, "k", ApiKeys::ExpiresAt, "key_expires_at");
    join(select, ApiKeys::Table, "k", Expr::col(("k", ApiKeys::Digest)).eq(nth.slot(Slot::KeyDigest)));
}

fn read_identity(select: &mut SelectStatement, nth: Nth, whose: Whose) {
    pick(select, "i", Issuers::Url, "issuer_url");
    pick(select, "i", Issuers::Name, "issuer_name");
    pick(select, "i", Issuers::Active, "issuer_active");
    pick(select, "i", Issuers::Settings, "issuer_settings");
    pick(select, "i", Issuers::Version, "issuer_version");
    select.expr_as(tenants_of_issuer(nth), "issuer_tenants");
    pick(select, "t", TokenRevocations::Jti, "revoked_jti");
    join(select, Issuers::Table, "i", Expr::col(("i", Issuers::Url)).eq(nth.slot(Slot::Issuer)));
    let identity = Expr::col(("d", Identities::Issuer)).equals(("i", Issuers::Url));
    let sub = match whose {
        Whose::Caller => Slot::Sub,
        Whose::Actor => Slot::Actor,
    };
    let sub = Expr::col(("d", Identities::Sub)).eq(nth.slot(sub));
    join(select, Identities::Table, "d", identity.and(sub));
    let token = Expr::col(("t", TokenRevocations::Issuer)).eq(nth.slot(Slot::Issuer));
    let jti = Expr::col(("t", TokenRevocations::Jti)).eq(nth.slot(Slot::Jti));
    join(select, TokenRevocations::Table, "t", token.and(jti));
}

fn read_subject(select: &mut SelectStatement, nth: Nth, by: By, whose: Whose) {
    pick(select, "s", Subjects::Id, "subject_id");
    pick(select, "s", Subjects::Kind, "subject_kind");
    pick(select, "s", Subjects::Name, "subject_name");
    pick(select, "s", Subjects::Active, "subject_active");
    pick(select, "s", Subjects::Attributes, "subject_attributes");
    pick(select, "s", Subjects::TokensAfter, "subject_tokens_after");
    let id = Expr::col(("s", Subjects::Id));
    let id = match (by, whose) {
        (By::Key, _) => id.equals(("k", ApiKeys::Subject)),
        (By::Identity, _) => id.equals(("d", Identities::Subject)),
        (By::Subject, Whose::Caller) => id.eq(nth.slot(Slot::Subject)),
        (By::Subject, Whose::Actor) => id.eq(nth.slot(Slot::Actor)),
    };
    join(select, Subjects::Table, "s", id);
}

fn read_memberships(select: &mut SelectStatement, nth: Nth) {
    pick(select, "m", Memberships::Tenant, "member_tenant");
    pick(select, "m", Memberships::Until, "member_until");
    pick(select, "r", Revisions::Value, "tenant_revision");
    pick(select, "ro", Roles::Name, "role_name");
    pick(select, "ro", Roles::Tenant, "role_tenant");
    // The credential's tenant, else the chosen one, else any.
    let tenant = Func::coalesce([
        Expr::col(("c", Credentials::Tenant)),
        nth.slot(Slot::Tenant),
        Expr::col(("m", Memberships::Tenant)),
    ]);
    let subject = Expr::col(("m", Memberships::Subject)).equals(("s", Subjects::Id));
    let tenant = Expr::col(("m", Memberships::Tenant)).eq(tenant);
    join(select, Memberships::Table, "m", subject.and(tenant));
    let scope = Expr::col(("r", Revisions::Scope));
    join(select, Revisions::Table, "r", scope.equals(("m", Memberships::Tenant)));
    let subject = Expr::col(("mr", MembershipRoles::Subject)).equals(("m", Memberships::Subject));
    let tenant = Expr::col(("mr", MembershipRoles::Tenant)).equals(("m", Memberships::Tenant));
    join(select, MembershipRoles::Table, "mr", subject.and(tenant));
    let role = Expr::col(("ro", Roles::Id));
    join(select, Roles::Table, "ro", role.equals(("mr", MembershipRoles::Role)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(tenant: &str) -> Asked {
        Asked::from(&LiveQuery {
            credential: CredentialBy::None,
            caller: CallerBy::Subject("alice"),
            tenant: Some(tenant),
            bound: &[],
            actor: None,
            task: None,
            approvals: None,
        })
    }

    #[test]
    fn what_a_stranger_makes_long_is_not_remembered() {
        assert!(asked("acme").is_short());
        assert!(asked(&"a".repeat(LONGEST_REMEMBERED - "alice".len())).is_short());
        assert!(!asked(&"a".repeat(LONGEST_REMEMBERED)).is_short());
    }
}
