//! Subjects: people, agents and services, and the identities they are known by elsewhere.

use super::writer::About;
use super::{CHUNK, Page, WriteError, Writer, holds, text};
use crate::Store;
use crate::db::{Source, StoreError, flag, json, to_json, word};
use crate::schema::{Identities, Memberships, Subjects};
use policy::ids::check_subject_id;
use policy::{SubjectId, SubjectKind, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How an issuer names a subject. Both parts together belong to one subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Identity {
    pub issuer: String,
    pub sub: String,
}

/// A subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subject {
    pub id: SubjectId,
    pub kind: SubjectKind,
    pub name: String,
    pub active: bool,
    pub attributes: Map<String, Value>,
    /// In order. Writing replaces them all.
    pub identities: Vec<Identity>,
    /// Given by the store; writing ignores it.
    pub created_at: Timestamp,
    /// Tokens of issuers that were issued up to this moment count no longer; see
    /// [`Writer::sign_out_everywhere`]. Writing ignores it.
    pub tokens_after: Option<Timestamp>,
    /// The person who answers for this agent or service.
    pub owner: Option<SubjectId>,
}

impl Subject {
    /// An active subject, named like its id.
    pub fn new(id: SubjectId, kind: SubjectKind) -> Self {
        let name = id.as_str().to_owned();
        Self {
            id,
            kind,
            name,
            active: true,
            attributes: Map::new(),
            identities: Vec::new(),
            created_at: Timestamp::default(),
            tokens_after: None,
            owner: None,
        }
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        self.id.as_str().to_owned()
    }
}

#[derive(sqlx::FromRow)]
struct SubjectRow {
    id: String,
    kind: String,
    name: String,
    active: i64,
    attributes: String,
    created_at: i64,
    tokens_after: Option<i64>,
    owner: Option<String>,
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    issuer: String,
    sub: String,
    subject: String,
}

impl TryFrom<SubjectRow> for Subject {
    type Error = StoreError;

    fn try_from(row: SubjectRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: SubjectId::new(row.id),
            kind: word(&row.kind, "subjects.kind")?,
            name: row.name,
            active: flag(row.active, "subjects.active")?,
            attributes: json(&row.attributes, "subjects.attributes")?,
            identities: Vec::new(),
            created_at: Timestamp::from_micros(row.created_at),
            tokens_after: row.tokens_after.map(Timestamp::from_micros),
            owner: row.owner.map(SubjectId::new),
        })
    }
}

const COLUMNS: [Subjects; 8] = [
    Subjects::Id,
    Subjects::Kind,
    Subjects::Name,
    Subjects::Active,
    Subjects::Attributes,
    Subjects::CreatedAt,
    Subjects::TokensAfter,
    Subjects::Owner,
];

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Subjects::Table).take()
}

fn select_identities() -> SelectStatement {
    Query::select()
        .columns([Identities::Issuer, Identities::Sub, Identities::Subject])
        .from(Identities::Table)
        .order_by(Identities::Issuer, Order::Asc)
        .order_by(Identities::Sub, Order::Asc)
        .take()
}

async fn with_identities<S: Source>(
    source: &mut S,
    rows: Vec<SubjectRow>,
) -> Result<Vec<Subject>, StoreError> {
    let mut subjects = rows.into_iter().map(Subject::try_from).collect::<Result<Vec<_>, _>>()?;
    for part in subjects.chunks_mut(CHUNK) {
        let mut query = select_identities();
        query.and_where(Expr::col(Identities::Subject).is_in(part.iter().map(|subject| subject.id.as_str())));
        let mut found: BTreeMap<String, Vec<Identity>> = BTreeMap::new();
        for row in source.all::<IdentityRow, _>(&query).await? {
            found.entry(row.subject).or_default().push(Identity { issuer: row.issuer, sub: row.sub });
        }
        for subject in part {
            subject.identities = found.remove(subject.id.as_str()).unwrap_or_default();
        }
    }
    Ok(subjects)
}

async fn find<S: Source>(source: &mut S, id: &SubjectId) -> Result<Option<Subject>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Subjects::Id).eq(id.as_str()));
    let rows = source.all::<SubjectRow, _>(&query).await?;
    Ok(with_identities(source, rows).await?.pop())
}

/// Whom the identity belongs to.
pub(super) async fn owner<S: Source>(
    source: &mut S,
    identity: &Identity,
) -> Result<Option<SubjectId>, StoreError> {
    let mut query = select_identities();
    query
        .and_where(Expr::col(Identities::Issuer).eq(identity.issuer.as_str()))
        .and_where(Expr::col(Identities::Sub).eq(identity.sub.as_str()));
    let row: Option<IdentityRow> = source.optional(&query).await?;
    Ok(row.map(|row| SubjectId::new(row.subject)))
}

pub(super) async fn list<S: Source>(
    source: &mut S,
    tenant: Option<&TenantSlug>,
    page: &Page<'_>,
) -> Result<Vec<Subject>, StoreError> {
    let tenants: Option<Vec<&str>> = tenant.map(|tenant| vec![tenant.as_str()]);
    list_of(source, tenants.as_deref(), page).await
}

async fn list_of<S: Source>(
    source: &mut S,
    tenants: Option<&[&str]>,
    page: &Page<'_>,
) -> Result<Vec<Subject>, StoreError> {
    let mut query = select();
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Subjects::Id, Subjects::Name]));
    }
    if let Some(tenants) = tenants {
        let members = Query::select()
            .column(Memberships::Subject)
            .from(Memberships::Table)
            .and_where(Expr::col(Memberships::Tenant).is_in(tenants.iter().copied()))
            .take();
        query.and_where(Expr::col(Subjects::Id).in_subquery(members));
    }
    query
        .and_where_option(page.after.map(|after| Expr::col(Subjects::Id).gt(after)))
        .order_by(Subjects::Id, Order::Asc)
        .limit(page.limit);
    let rows = source.all::<SubjectRow, _>(&query).await?;
    with_identities(source, rows).await
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_subject(&self, id: &SubjectId) -> Result<Option<Subject>, StoreError> {
        find(&mut &self.db, id).await
    }

    /// Subjects by id: the members of one tenant, or all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_subjects(
        &self,
        tenant: Option<&TenantSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<Subject>, StoreError> {
        list(&mut &self.db, tenant, page).await
    }

    /// Subjects by id: the members of any of these tenants.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_subjects_of(
        &self,
        tenants: &BTreeSet<TenantSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<Subject>, StoreError> {
        let tenants: Vec<&str> = tenants.iter().map(TenantSlug::as_str).collect();
        list_of(&mut &self.db, Some(&tenants), page).await
    }
}

impl Writer {
    /// As [`Store::get_subject`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_subject(&mut self, id: &SubjectId) -> Result<Option<Subject>, StoreError> {
        find(&mut self.tx, id).await
    }

    /// As [`Store::list_subjects`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_subjects(
        &mut self,
        tenant: Option<&TenantSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<Subject>, StoreError> {
        list(&mut self.tx, tenant, page).await
    }

    /// A subject that must be there.
    pub(super) async fn need_subject(&mut self, id: &SubjectId) -> Result<Subject, WriteError> {
        let found = find(&mut self.tx, id).await?;
        found.ok_or_else(|| WriteError::Unknown { kind: "subject", name: id.to_string() })
    }

    /// Makes the subject with this id be so, identities included.
    ///
    /// # Errors
    /// When the id or name cannot be taken, or an identity belongs to another subject.
    pub async fn put_subject(&mut self, subject: &Subject) -> Result<Subject, WriteError> {
        check_subject_id(subject.id.as_str()).map_err(|why| WriteError::Name {
            kind: "subject",
            given: subject.id.to_string(),
            why,
        })?;
        text("name", &subject.name)?;
        for identity in &subject.identities {
            text("issuer", &identity.issuer)?;
            text("sub", &identity.sub)?;
        }
        let before = find(&mut self.tx, &subject.id).await?;
        let created_at = before.as_ref().map_or(self.now, |old| old.created_at);
        let tokens_after = before.as_ref().and_then(|old| old.tokens_after);
        let mut after = Subject { created_at, tokens_after, ..subject.clone() };
        after.identities.sort();
        after.identities.dedup();
        self.check_owner(before.as_ref(), &after).await?;
        if before.as_ref() == Some(&after) {
            return Ok(after);
        }
        let attributes = to_json(&after.attributes)?;
        if before.is_some() {
            let update = Query::update()
                .table(Subjects::Table)
                .value(Subjects::Kind, after.kind.as_str())
                .value(Subjects::Name, after.name.as_str())
                .value(Subjects::Active, i64::from(after.active))
                .value(Subjects::Attributes, attributes)
                .value(Subjects::Owner, after.owner.as_ref().map(SubjectId::as_str))
                .and_where(Expr::col(Subjects::Id).eq(after.id.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let insert = Query::insert()
                .into_table(Subjects::Table)
                .columns(COLUMNS)
                .values_panic([
                    after.id.as_str().into(),
                    after.kind.as_str().into(),
                    after.name.as_str().into(),
                    i64::from(after.active).into(),
                    attributes.into(),
                    after.created_at.micros().into(),
                    after.tokens_after.map(Timestamp::micros).into(),
                    after.owner.as_ref().map(SubjectId::as_str).into(),
                ])
                .take();
            self.tx.execute(&insert).await?;
        }
        let held: &[Identity] = match &before {
            Some(old) => &old.identities,
            None => &[],
        };
        self.replace_identities(held, &after).await?;
        self.ends_sign_ins_by(held, Some(&after)).await?;
        self.record(about(&after.id), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    /// A person answers for agents and services, and nobody for a person.
    async fn check_owner(&mut self, before: Option<&Subject>, after: &Subject) -> Result<(), WriteError> {
        let Some(owner) = &after.owner else { return Ok(()) };
        let invalid = |reason| Err(WriteError::Invalid { field: "owner", reason });
        if after.kind == SubjectKind::User {
            return invalid("must not be given for a user");
        }
        // Whoever was a person when it was given stays so until it is changed.
        if before.is_some_and(|old| old.owner.as_ref() == Some(owner)) {
            return Ok(());
        }
        if self.need_subject(owner).await?.kind == SubjectKind::User {
            Ok(())
        } else {
            invalid("must be a user")
        }
    }

    async fn replace_identities(&mut self, held: &[Identity], subject: &Subject) -> Result<(), WriteError> {
        for gone in held.iter().filter(|identity| !subject.identities.contains(identity)) {
            let delete = Query::delete()
                .from_table(Identities::Table)
                .and_where(Expr::col(Identities::Issuer).eq(gone.issuer.as_str()))
                .and_where(Expr::col(Identities::Sub).eq(gone.sub.as_str()))
                .take();
            self.tx.execute(&delete).await?;
        }
        for new in subject.identities.iter().filter(|identity| !held.contains(identity)) {
            self.refuse_anothers(new).await?;
            self.no_longer_unmapped(new).await?;
            let insert = Query::insert()
                .into_table(Identities::Table)
                .columns([Identities::Issuer, Identities::Sub, Identities::Subject])
                .values_panic([
                    new.issuer.as_str().into(),
                    new.sub.as_str().into(),
                    subject.id.as_str().into(),
                ])
                .take();
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }

    /// An identity belongs to one subject.
    pub(super) async fn refuse_anothers(&mut self, identity: &Identity) -> Result<(), WriteError> {
        match owner(&mut self.tx, identity).await? {
            Some(other) => Err(WriteError::Taken {
                what: format!("the identity `{}` of `{}`", identity.sub, identity.issuer),
                owner: format!("subject `{other}`"),
            }),
            None => Ok(()),
        }
    }

    /// Deletes the subject with its identities, memberships and keys; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_subject(&mut self, id: &SubjectId) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, id).await? else {
            return Ok(false);
        };
        self.ends_sign_ins_by(&before.identities, None).await?;
        let delete = Query::delete()
            .from_table(Subjects::Table)
            .and_where(Expr::col(Subjects::Id).eq(id.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(id), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(id: &SubjectId) -> About<'_> {
    About { kind: "subject", object: id.as_str(), tenant: None }
}
