//! Where an account's role counts: everywhere, or in the tenants that stand beside it. An account that is bound to tenants
//! stays so when the last of them is gone, and then reaches nothing.

use super::AccountError;
use crate::db::{StoreError, Tx};
use crate::schema::Tenants;
use policy::ids::check_slug;
use policy::{Reach, TenantSlug};
use sea_query::{Expr, ExprTrait, Iden, Query};

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum AccountTenants {
    Table,
    Account,
    Tenant,
}

/// The stored word of those who reach everything.
pub(crate) const EVERYTHING: &str = "everything";

const TENANTS: &str = "tenants";

pub(super) fn word_of(reach: &Reach) -> &'static str {
    match reach {
        Reach::Everything => EVERYTHING,
        Reach::Tenants(_) => TENANTS,
    }
}

/// The reach of one row, which names one tenant at the most.
pub(super) fn read(word: &str, tenant: Option<String>) -> Result<Reach, StoreError> {
    match word {
        EVERYTHING => Ok(Reach::Everything),
        TENANTS => Ok(Reach::of(tenant.map(TenantSlug::new))),
        _ => Err(StoreError::corrupt("an account's reach is an unknown word".to_owned())),
    }
}

/// Writes down the tenants of an account that has none yet.
pub(super) async fn add(tx: &mut Tx, account: &str, reach: &Reach) -> Result<(), AccountError> {
    let Some(tenants) = reach.tenants() else { return Ok(()) };
    if tenants.is_empty() {
        return Err(AccountError::NoTenant);
    }
    for tenant in tenants {
        if check_slug(tenant.as_str()).is_err() {
            return Err(AccountError::NoSuchTenant);
        }
        let insert = Query::insert()
            .into_table(AccountTenants::Table)
            .columns([AccountTenants::Account, AccountTenants::Tenant])
            .values_panic([account.into(), tenant.as_str().into()])
            .take();
        match tx.execute(&insert).await {
            Ok(_) => {}
            Err(StoreError::Constraint { .. }) => return Err(AccountError::NoSuchTenant),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes down the tenants of an account in the place of those it had.
pub(super) async fn replace(tx: &mut Tx, account: &str, reach: &Reach) -> Result<(), AccountError> {
    let delete = Query::delete()
        .from_table(AccountTenants::Table)
        .and_where(Expr::col(AccountTenants::Account).eq(account))
        .take();
    tx.execute(&delete).await?;
    add(tx, account, reach).await
}

#[derive(sqlx::FromRow)]
struct SlugRow {
    slug: String,
}

/// As much of it as is registered.
pub(super) async fn registered(tx: &mut Tx, reach: &Reach) -> Result<Reach, StoreError> {
    let Some(tenants) = reach.tenants() else { return Ok(Reach::Everything) };
    let slugs = tenants.iter().map(TenantSlug::as_str).filter(|slug| check_slug(slug).is_ok());
    let query = Query::select()
        .column(Tenants::Slug)
        .from(Tenants::Table)
        .and_where(Expr::col(Tenants::Slug).is_in(slugs))
        .take();
    let rows = tx.fetch_all::<SlugRow>(&query).await?;
    Ok(Reach::of(rows.into_iter().map(|row| TenantSlug::new(row.slug))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_reaches_nothing() {
        let acme = Reach::of([TenantSlug::from("acme")]);
        assert_eq!(read("everything", None).ok(), Some(Reach::Everything));
        assert_eq!(read("tenants", Some("acme".to_owned())).ok(), Some(acme.clone()));
        assert_eq!(read("tenants", None).ok(), Some(Reach::of([])));
        assert!(read("", None).is_err() && read("Everything", None).is_err());
        for reach in [Reach::Everything, Reach::of([])] {
            assert_eq!(read(word_of(&reach), None).ok(), Some(reach));
        }
        assert_eq!(word_of(&acme), TENANTS);
    }
}
