//! Tokens for the administration API. What is stored is a digest; nothing here gives the token out again.
//!
//! A token never does more than the account that made it: it is dead while that account is switched off or no owner.

use super::writer::About;
use super::{Page, WriteError, Writer, digest, holds, name};
use crate::Store;
use crate::accounts::{AccountRole, Accounts, EVERYTHING, RoleSource, normal_login};
use crate::db::{Source, StoreError, flag, json, new_id, now_micros, to_json, word};
use crate::schema::AdministratorTokens;
use policy::scope::AdminScope;
use policy::{TenantSlug, Timestamp};
use sea_query::{Cond, Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use serde::Serialize;

/// The longest that a token may be valid, in microseconds: a year.
const LONGEST: i64 = 366 * 86_400 * 1_000_000;

/// The last use is written at most so often, in microseconds.
const NOTED_EVERY: i64 = 60 * 1_000_000;

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdministratorToken {
    pub id: String,
    /// One of a kind.
    pub name: String,
    /// The login of the account that it acts for.
    pub account: String,
    /// None: every tenant.
    pub tenant: Option<TenantSlug>,
    /// In order.
    pub scopes: Vec<AdminScope>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(skip)]
    pub last_used_at: Option<Timestamp>,
    /// False: its account is switched off, or no owner any more.
    #[serde(skip)]
    pub alive: bool,
}

impl AdministratorToken {
    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        self.name.clone()
    }

    pub fn may(&self, scope: AdminScope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A token to be stored.
#[derive(Clone, Copy)]
pub struct NewAdministratorToken<'a> {
    pub name: &'a str,
    /// The login of an active owner.
    pub account: &'a str,
    /// SHA-256 of the token, in lower-case hexadecimal.
    pub digest: &'a str,
    pub tenant: Option<&'a TenantSlug>,
    pub scopes: &'a [AdminScope],
    pub expires_at: Timestamp,
}

/// Whoever shows a token that counts right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    pub token: AdministratorToken,
    /// The database's clock at the look-up.
    pub now: Timestamp,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: String,
    name: String,
    login: String,
    role: String,
    role_source: String,
    reach: String,
    active: i64,
    tenant: Option<String>,
    scopes: String,
    created_at: i64,
    expires_at: i64,
    last_used_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct ShownRow {
    #[sqlx(flatten)]
    token: TokenRow,
    now: i64,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: String,
    login: String,
    role: String,
    role_source: String,
    reach: String,
    active: i64,
}

impl TryFrom<TokenRow> for AdministratorToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        Ok(Self {
            alive: is_active_owner(&row.role, &row.role_source, &row.reach, row.active)?,
            id: row.id,
            name: row.name,
            account: row.login,
            tenant: row.tenant.map(TenantSlug::new),
            scopes: json(&row.scopes, "administrator_tokens.scopes")?,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
        })
    }
}

/// A role that a provider told of counts within a sign-in, so no token outlives it. The owner of some tenants has none:
/// a token of one tenant still reads what is of no tenant, such as servers.
fn is_active_owner(role: &str, source: &str, reach: &str, active: i64) -> Result<bool, StoreError> {
    let role: AccountRole = word(role, "an account's role")?;
    let source: RoleSource = word(source, "the source of an account's role")?;
    let owner = role == AccountRole::Owner && source == RoleSource::Given && reach == EVERYTHING;
    Ok(flag(active, "an account's `active`")? && owner)
}

fn select() -> SelectStatement {
    Query::select()
        .expr_as(Expr::col(("t", AdministratorTokens::Id)), "id")
        .expr_as(Expr::col(("t", AdministratorTokens::Name)), "name")
        .expr_as(Expr::col(("a", Accounts::Login)), "login")
        .expr_as(Expr::col(("a", Accounts::Role)), "role")
        .expr_as(Expr::col(("a", Accounts::RoleSource)), "role_source")
        .expr_as(Expr::col(("a", Accounts::Reach)), "reach")
        .expr_as(Expr::col(("a", Accounts::Active)), "active")
        .expr_as(Expr::col(("t", AdministratorTokens::Tenant)), "tenant")
        .expr_as(Expr::col(("t", AdministratorTokens::Scopes)), "scopes")
        .expr_as(Expr::col(("t", AdministratorTokens::CreatedAt)), "created_at")
        .expr_as(Expr::col(("t", AdministratorTokens::ExpiresAt)), "expires_at")
        .expr_as(Expr::col(("t", AdministratorTokens::LastUsedAt)), "last_used_at")
        .from_as(AdministratorTokens::Table, "t")
        .join_as(
            JoinType::InnerJoin,
            Accounts::Table,
            "a",
            Expr::col(("a", Accounts::Id)).equals(("t", AdministratorTokens::Account)),
        )
        .take()
}

async fn find<S: Source>(source: &mut S, id: &str) -> Result<Option<AdministratorToken>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(("t", AdministratorTokens::Id)).eq(id));
    source.optional::<TokenRow, _>(&query).await?.map(AdministratorToken::try_from).transpose()
}

async fn find_by_name<S: Source>(
    source: &mut S,
    name: &str,
) -> Result<Option<AdministratorToken>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(("t", AdministratorTokens::Name)).eq(name));
    source.optional::<TokenRow, _>(&query).await?.map(AdministratorToken::try_from).transpose()
}

impl Store {
    /// Tokens by name; expired ones too.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_administrator_tokens(
        &self,
        page: &Page<'_>,
    ) -> Result<Vec<AdministratorToken>, StoreError> {
        let mut query = select();
        if let Some(text) = page.search {
            query.cond_where(holds(text, [("t", AdministratorTokens::Name)]));
        }
        query
            .and_where_option(page.after.map(|after| Expr::col(("t", AdministratorTokens::Name)).gt(after)))
            .order_by(("t", AdministratorTokens::Name), Order::Asc)
            .limit(page.limit);
        let rows: Vec<TokenRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(AdministratorToken::try_from).collect()
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_administrator_token(&self, id: &str) -> Result<Option<AdministratorToken>, StoreError> {
        find(&mut &self.db, id).await
    }

    /// Whoever shows the token of this digest. None: there is no such token, it has expired by the database's
    /// clock, or its account is switched off or no owner.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not; then nobody is let in.
    pub async fn administrator(&self, digest: &str) -> Result<Option<Administrator>, StoreError> {
        let mut query = select();
        query
            .expr_as(now_micros(self.dialect()), "now")
            .and_where(Expr::col(("t", AdministratorTokens::Digest)).eq(digest));
        let Some(row) = self.db.fetch_optional::<ShownRow>(&query).await? else { return Ok(None) };
        let now = Timestamp::from_micros(row.now);
        let token = AdministratorToken::try_from(row.token)?;
        let counts = token.alive && now < token.expires_at;
        Ok(counts.then_some(Administrator { token, now }))
    }

    /// Writes down that the token was used, at most once a minute.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_administrator(&self, administrator: &Administrator) -> Result<(), StoreError> {
        let earlier = administrator.now.micros().saturating_sub(NOTED_EVERY);
        if administrator.token.last_used_at.is_some_and(|last| last.micros() > earlier) {
            return Ok(());
        }
        let update = Query::update()
            .table(AdministratorTokens::Table)
            .value(AdministratorTokens::LastUsedAt, administrator.now.micros())
            .and_where(Expr::col(AdministratorTokens::Id).eq(administrator.token.id.as_str()))
            .cond_where(
                Cond::any()
                    .add(Expr::col(AdministratorTokens::LastUsedAt).is_null())
                    .add(Expr::col(AdministratorTokens::LastUsedAt).lte(earlier)),
            )
            .take();
        self.db.execute(&update).await?;
        Ok(())
    }
}

impl Writer {
    /// As [`Store::get_administrator_token`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_administrator_token(
        &mut self,
        id: &str,
    ) -> Result<Option<AdministratorToken>, StoreError> {
        find(&mut self.tx, id).await
    }

    /// One token by its name, within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_administrator_token_by_name(
        &mut self,
        name: &str,
    ) -> Result<Option<AdministratorToken>, StoreError> {
        find_by_name(&mut self.tx, name).await
    }

    /// Adds a token by the digest of its secret.
    ///
    /// # Errors
    /// When the name is taken or none, the account is no active owner, the tenant is unknown, no scope is named, or
    /// it would be valid for longer than a year.
    pub async fn add_administrator_token(
        &mut self,
        new: &NewAdministratorToken<'_>,
    ) -> Result<AdministratorToken, WriteError> {
        name("administrator token", new.name)?;
        digest(new.digest)?;
        let invalid = |field, reason| Err(WriteError::Invalid { field, reason });
        if new.scopes.is_empty() {
            return invalid("scopes", "must name at least one");
        }
        if new.expires_at <= self.now {
            return invalid("expires_at", "must be in the future");
        }
        if new.expires_at > self.now.saturating_add_micros(LONGEST) {
            return invalid("expires_at", "must be within a year");
        }
        if let Some(tenant) = new.tenant {
            self.need_tenant(tenant).await?;
        }
        if find_by_name(&mut self.tx, new.name).await?.is_some() {
            return Err(WriteError::Taken {
                what: format!("the name `{}`", new.name),
                owner: "another administrator token".to_owned(),
            });
        }
        let owner = self.need_owner(new.account).await?;
        let mut scopes = new.scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        let token = AdministratorToken {
            id: new_id(),
            name: new.name.to_owned(),
            account: owner.login,
            tenant: new.tenant.cloned(),
            scopes,
            created_at: self.now,
            expires_at: new.expires_at,
            last_used_at: None,
            alive: true,
        };
        let insert = Query::insert()
            .into_table(AdministratorTokens::Table)
            .columns([
                AdministratorTokens::Id,
                AdministratorTokens::Name,
                AdministratorTokens::Digest,
                AdministratorTokens::Account,
                AdministratorTokens::Tenant,
                AdministratorTokens::Scopes,
                AdministratorTokens::CreatedAt,
                AdministratorTokens::ExpiresAt,
            ])
            .values_panic([
                token.id.as_str().into(),
                token.name.as_str().into(),
                new.digest.into(),
                owner.id.into(),
                token.tenant.as_ref().map(TenantSlug::as_str).into(),
                to_json(&token.scopes)?.into(),
                token.created_at.micros().into(),
                token.expires_at.micros().into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        self.record(about(&token), None, Some(&token)).await?;
        Ok(token)
    }

    async fn need_owner(&mut self, login: &str) -> Result<AccountRow, WriteError> {
        // Postgres refuses U+0000 even in a comparison; no account has it.
        let login = normal_login(login).replace('\0', "?");
        let query = Query::select()
            .columns([Accounts::Id, Accounts::Login, Accounts::Role, Accounts::RoleSource])
            .columns([Accounts::Reach, Accounts::Active])
            .from(Accounts::Table)
            .and_where(Expr::col(Accounts::Login).eq(login.as_str()))
            .take();
        let Some(account) = self.tx.fetch_optional::<AccountRow>(&query).await? else {
            return Err(WriteError::Unknown { kind: "account", name: login });
        };
        if !is_active_owner(&account.role, &account.role_source, &account.reach, account.active)? {
            return Err(WriteError::Invalid {
                field: "account",
                reason: "must be that of an active owner of every tenant",
            });
        }
        Ok(account)
    }

    /// Revokes a token; false where there is none. Whoever shows it is refused from the next request on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_administrator_token(&mut self, id: &str) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, id).await? else { return Ok(false) };
        let delete = Query::delete()
            .from_table(AdministratorTokens::Table)
            .and_where(Expr::col(AdministratorTokens::Id).eq(id))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(token: &AdministratorToken) -> About<'_> {
    About { kind: "administrator_token", object: token.id.as_str(), tenant: token.tenant.as_ref() }
}
