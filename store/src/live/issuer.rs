//! Issuers as the live read brings them. Their text comes with every call; it is taken apart only where it is not the
//! one that was seen before, so a change made by hand counts as well.

use super::{LiveRow, there};
use crate::administration::IssuerRow;
use crate::db::StoreError;
use policy::TenantSlug;
use policy::issuer::Issuer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A registered issuer, switched off or not.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveIssuer {
    pub issuer: Arc<Issuer>,
    /// One more with each change through [`Writer`](crate::Writer).
    pub version: i64,
}

/// Beyond so many issuers the memory starts anew; all it costs is taking them apart once more.
const MOST: usize = 1_000;

struct Known {
    row: IssuerRow,
    tenants: String,
    issuer: Arc<Issuer>,
}

/// Issuers by URL, as they were last read.
#[derive(Default)]
pub(crate) struct Memo(Mutex<HashMap<String, Known>>);

impl Memo {
    /// The issuer of a row, where it has one.
    pub(super) fn issuer(&self, row: &LiveRow) -> Result<Option<LiveIssuer>, StoreError> {
        let Some(url) = &row.issuer_url else {
            return Ok(None);
        };
        let issuer = IssuerRow {
            url: url.clone(),
            name: there(row.issuer_name.clone(), "issuers.name")?,
            active: there(row.issuer_active, "issuers.active")?,
            settings: there(row.issuer_settings.clone(), "issuers.settings")?,
            version: there(row.issuer_version, "issuers.version")?,
        };
        self.read(issuer, row.issuer_tenants.as_deref().unwrap_or_default()).map(Some)
    }

    pub(super) fn last_seen(&self, url: &str) -> Option<Arc<Issuer>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(url).map(|known| Arc::clone(&known.issuer))
    }

    /// `tenants`: slugs, separated by commas, in any order.
    fn read(&self, row: IssuerRow, tenants: &str) -> Result<LiveIssuer, StoreError> {
        let version = row.version;
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&row.url)
            && known.row == row
            && known.tenants == tenants
        {
            return Ok(LiveIssuer { issuer: known.issuer.clone(), version });
        }
        let issuer = Arc::new(taken_apart(row.clone(), tenants)?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        let url = row.url.clone();
        known.insert(url, Known { row, tenants: tenants.to_owned(), issuer: issuer.clone() });
        Ok(LiveIssuer { issuer, version })
    }
}

/// What could not have been written through the front door is not believed.
fn taken_apart(row: IssuerRow, tenants: &str) -> Result<Issuer, StoreError> {
    let mut tenants: Vec<TenantSlug> =
        tenants.split(',').filter(|slug| !slug.is_empty()).map(TenantSlug::from).collect();
    tenants.sort();
    let issuer = row.into_issuer(&tenants)?;
    match issuer.check() {
        Ok(()) => Ok(issuer),
        Err(why) => Err(StoreError::corrupt(format!("issuer `{}`: {why}", issuer.url))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> IssuerRow {
        IssuerRow {
            url: "https://idp.example".to_owned(),
            name: "The company".to_owned(),
            active: 1,
            settings: "{\"clock_skew\":10}".to_owned(),
            version: 3,
        }
    }

    #[test]
    fn what_did_not_change_is_taken_apart_once() {
        let memo = Memo::default();
        let one = memo.read(row(), "globex,acme").expect("reads");
        assert_eq!((one.version, one.issuer.clock_skew), (3, 10));
        assert_eq!(one.issuer.tenants, [TenantSlug::from("acme"), TenantSlug::from("globex")]);
        let again = memo.read(row(), "globex,acme").expect("reads");
        assert!(Arc::ptr_eq(&one.issuer, &again.issuer));
    }

    #[test]
    fn every_change_counts_with_the_same_version_too() {
        let memo = Memo::default();
        memo.read(row(), "acme").expect("reads");
        assert!(memo.read(row(), "").expect("reads").issuer.tenants.is_empty());
        assert!(!memo.read(IssuerRow { active: 0, ..row() }, "").expect("reads").issuer.active);
        let slow = IssuerRow { settings: "{\"clock_skew\":300}".to_owned(), ..row() };
        assert_eq!(memo.read(slow, "").expect("reads").issuer.clock_skew, 300);
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        let memo = Memo::default();
        for settings in [
            "",
            "[]",
            "{\"clock_skew\":\"10\"}",
            "{\"clock_skew\":1000}",
            "{\"clock_scew\":1}",
            "{\"active\":true}",
            "{\"tenants\":[\"acme\"]}",
        ] {
            let bad = IssuerRow { settings: settings.to_owned(), ..row() };
            assert!(memo.read(bad, "acme").is_err(), "{settings}");
        }
        assert!(memo.read(IssuerRow { active: 2, ..row() }, "acme").is_err());
    }
}
