//! The providers by which people may sign in to the console, and which of their groups stand for which role. The
//! client's secret is in the vault.

use super::writer::About;
use super::{GroupRole, SecretPlace, WriteError, Writer, name, slug};
use crate::Store;
use crate::accounts::{
    AccountIdentities, AccountRole, delete_sessions_by, forget_persons_by, lapse_roles_by, leads_to_an_owner,
    outdate_sign_ins_by,
};
use crate::db::{Source, StoreError, Tx, flag, json, to_json};
use policy::Reach;
use policy::issuer::check_fetched_url;
use policy::text::shown;
use sea_query::{Expr, ExprTrait, Iden, LockType, Order, Query, SelectStatement};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Iden)]
enum SignInProviders {
    Table,
    Id,
    Name,
    Issuer,
    ClientId,
    Active,
    Settings,
}

/// The most groups that stand for roles, and scopes that are asked for.
pub const MOST_GROUPS: usize = 200;
pub const MOST_SCOPES: usize = 20;

/// What may change of a provider without anybody being somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSettings {
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim of the ID token that lists groups: a name, or a JSON pointer (`/realm_access/roles`).
    pub groups_claim: String,
    pub groups: Vec<GroupRole>,
    /// Whether users whom the policy knows by this issuer may sign in as approvers.
    pub admit_subjects: bool,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            scopes: vec!["profile".to_owned()],
            groups_claim: "groups".to_owned(),
            groups: Vec::new(),
            admit_subjects: false,
        }
    }
}

/// A provider of sign-ins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignInProvider {
    /// A slug; in addresses.
    pub id: String,
    /// On the button of the sign-in page.
    pub name: String,
    /// As the provider writes itself in `iss`, to the character.
    pub issuer: String,
    pub client_id: String,
    pub active: bool,
    pub settings: ProviderSettings,
}

impl SignInProvider {
    /// Where the vault keeps the client's secret. It goes with the issuer: another one never gets it.
    pub fn secret_place(&self) -> SecretPlace {
        SecretPlace {
            kind: "sign_in_provider".to_owned(),
            owner: self.issuer.clone(),
            name: "client_secret".to_owned(),
        }
    }

    fn check(&self) -> Result<(), WriteError> {
        slug("provider", &self.id)?;
        name("provider", &self.name)?;
        check_fetched_url(&self.issuer).map_err(|reason| WriteError::Invalid { field: "issuer", reason })?;
        if self.issuer.len() > MAX_PART || self.issuer.contains(['?', '#']) {
            let reason = "must be an issuer: no query, no fragment, and at most 1000 bytes";
            return Err(WriteError::Invalid { field: "issuer", reason });
        }
        name("client", &self.client_id)?;
        let settings = &self.settings;
        let scope = |text: &String| {
            !text.is_empty()
                && text.len() <= 200
                && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        if settings.scopes.len() > MOST_SCOPES || !settings.scopes.iter().all(scope) {
            let reason = "must be at most 20 words as RFC 6749 spells scopes";
            return Err(WriteError::Invalid { field: "scopes", reason });
        }
        name("claim", &settings.groups_claim)?;
        if settings.groups.len() > MOST_GROUPS {
            return Err(WriteError::Invalid { field: "groups", reason: "must not be more than 200" });
        }
        for entry in &settings.groups {
            name("group", &entry.group)?;
        }
        Ok(())
    }

    /// Whether both give the same people the same roles.
    fn tells_as(&self, other: &Self) -> bool {
        let (one, two) = (&self.settings, &other.settings);
        self.client_id == other.client_id
            && (&one.groups_claim, &one.groups, one.admit_subjects)
                == (&two.groups_claim, &two.groups, two.admit_subjects)
    }

    /// Of these groups' roles the one that comes first of owner, policy author, approver and auditor, and where it counts:
    /// wherever one of the groups tells it. The others are not told, not even elsewhere.
    pub fn role_of<'a>(&self, groups: impl IntoIterator<Item = &'a str>) -> Option<(AccountRole, Reach)> {
        let held: Vec<&str> = groups.into_iter().collect();
        let told: Vec<&GroupRole> =
            self.settings.groups.iter().filter(|entry| held.contains(&entry.group.as_str())).collect();
        let role = *AccountRole::ALL.iter().find(|role| told.iter().any(|entry| entry.role == **role))?;
        let reach = told
            .iter()
            .filter(|entry| entry.role == role)
            .map(|entry| Reach::from(entry.tenant.as_ref()))
            .reduce(|some, other| some.or(&other))?;
        Some((role, reach))
    }
}

/// The longest issuer or `sub`, in bytes.
pub(crate) const MAX_PART: usize = 1_000;

#[derive(sqlx::FromRow)]
struct ProviderRow {
    id: String,
    name: String,
    issuer: String,
    client_id: String,
    active: i64,
    settings: String,
}

impl TryFrom<ProviderRow> for SignInProvider {
    type Error = StoreError;

    fn try_from(row: ProviderRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            active: flag(row.active, "a provider's `active`")?,
            settings: json(&row.settings, "sign_in_providers.settings")?,
        })
    }
}

const COLUMNS: [SignInProviders; 6] = [
    SignInProviders::Id,
    SignInProviders::Name,
    SignInProviders::Issuer,
    SignInProviders::ClientId,
    SignInProviders::Active,
    SignInProviders::Settings,
];

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(SignInProviders::Table).take()
}

async fn find<S: Source>(source: &mut S, id: &str) -> Result<Option<SignInProvider>, StoreError> {
    // Postgres refuses U+0000 even in a comparison; no provider has it.
    if id.contains('\0') {
        return Ok(None);
    }
    let mut query = select();
    query.and_where(Expr::col(SignInProviders::Id).eq(id));
    source.optional::<ProviderRow, _>(&query).await?.map(SignInProvider::try_from).transpose()
}

/// The issuers of the providers that are on.
pub(super) async fn list_offered<S: Source>(source: &mut S) -> Result<Vec<String>, StoreError> {
    let query = select().and_where(Expr::col(SignInProviders::Active).eq(1_i64)).take();
    let rows = source.all::<ProviderRow, _>(&query).await?;
    Ok(rows.into_iter().map(|row| row.issuer).collect())
}

/// Whether people may sign in by this issuer. It stays so until this transaction is over: whoever switches the provider
/// off waits, and then ends what came of it.
pub(crate) async fn is_active_provider(tx: &mut Tx, issuer: &str) -> Result<bool, StoreError> {
    let query = select()
        .and_where(Expr::col(SignInProviders::Issuer).eq(issuer))
        .and_where(Expr::col(SignInProviders::Active).eq(1_i64))
        .lock(LockType::Share)
        .take();
    Ok(tx.fetch_optional::<ProviderRow>(&query).await?.is_some())
}

impl Store {
    /// All providers, by name.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_sign_in_providers(&self) -> Result<Vec<SignInProvider>, StoreError> {
        let mut query = select();
        query.order_by(SignInProviders::Name, Order::Asc).order_by(SignInProviders::Id, Order::Asc);
        self.db.fetch_all::<ProviderRow>(&query).await?.into_iter().map(SignInProvider::try_from).collect()
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_sign_in_provider(&self, id: &str) -> Result<Option<SignInProvider>, StoreError> {
        find(&mut &self.db, id).await
    }
}

impl Writer {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_sign_in_provider(&mut self, id: &str) -> Result<Option<SignInProvider>, StoreError> {
        find(&mut self.tx, id).await
    }

    /// Whether an identity of this provider leads to an owner, switched off or not; it stays so until this unit of work is over.
    /// To be asked after the provider was written.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn leads_to_an_owner(&mut self, provider: &SignInProvider) -> Result<bool, StoreError> {
        leads_to_an_owner(&mut self.tx, &provider.issuer).await
    }

    /// Adds a provider, or changes the one of this id. What it is known by, its issuer, never changes. Where it is
    /// switched off, whoever has an identity of it is signed out; where other groups stand for roles than before, whoever
    /// has a role by its word.
    ///
    /// # Errors
    /// When a part of it cannot be taken, or another provider has this issuer.
    pub async fn put_sign_in_provider(&mut self, provider: &SignInProvider) -> Result<(), WriteError> {
        provider.check()?;
        let before = find(&mut self.tx, &provider.id).await?;
        if before.as_ref() == Some(provider) {
            return Ok(());
        }
        if before.as_ref().is_some_and(|known| known.issuer != provider.issuer) {
            let reason = "cannot be changed: accounts are known by it; add another provider";
            return Err(WriteError::Invalid { field: "issuer", reason });
        }
        self.refuse_second(provider).await?;
        let values: [Expr; 6] = [
            provider.id.as_str().into(),
            provider.name.as_str().into(),
            provider.issuer.as_str().into(),
            provider.client_id.as_str().into(),
            i64::from(provider.active).into(),
            to_json(&provider.settings)?.into(),
        ];
        if before.is_some() {
            let update = Query::update()
                .table(SignInProviders::Table)
                .values(COLUMNS.into_iter().zip(values))
                .and_where(Expr::col(SignInProviders::Id).eq(provider.id.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let insert = Query::insert()
                .into_table(SignInProviders::Table)
                .columns(COLUMNS)
                .values_panic(values)
                .take();
            self.tx.execute(&insert).await?;
        }
        // What was told of groups that stood for something else was told of nothing.
        if !provider.active || before.as_ref().is_some_and(|known| !known.tells_as(provider)) {
            self.tx.execute(&lapse_roles_by(&provider.issuer)).await?;
        }
        if !provider.active {
            self.tx.execute(&outdate_sign_ins_by(&provider.issuer)).await?;
            self.tx.execute(&delete_sessions_by(&provider.issuer)).await?;
        }
        self.record(about(provider), before.as_ref(), Some(provider)).await?;
        Ok(())
    }

    async fn refuse_second(&mut self, provider: &SignInProvider) -> Result<(), WriteError> {
        let mut query = select();
        query
            .and_where(Expr::col(SignInProviders::Issuer).eq(provider.issuer.as_str()))
            .and_where(Expr::col(SignInProviders::Id).ne(provider.id.as_str()));
        match self.tx.fetch_optional::<ProviderRow>(&query).await? {
            Some(other) => Err(WriteError::Taken {
                what: format!("the issuer `{}`", shown(&provider.issuer, 200)),
                owner: format!("provider `{}`", other.id),
            }),
            None => Ok(()),
        }
    }

    /// Removes a provider, its secret, and whom it speaks of; who has no other way in has none from then on. False
    /// where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_sign_in_provider(&mut self, id: &str) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, id).await? else { return Ok(false) };
        self.tx.execute(&forget_persons_by(&before.issuer)).await?;
        self.tx.execute(&lapse_roles_by(&before.issuer)).await?;
        self.tx.execute(&outdate_sign_ins_by(&before.issuer)).await?;
        self.tx.execute(&delete_sessions_by(&before.issuer)).await?;
        let identities = Query::delete()
            .from_table(AccountIdentities::Table)
            .and_where(Expr::col(AccountIdentities::Issuer).eq(before.issuer.as_str()))
            .take();
        self.tx.execute(&identities).await?;
        self.delete_secret(&before.secret_place()).await?;
        let delete = Query::delete()
            .from_table(SignInProviders::Table)
            .and_where(Expr::col(SignInProviders::Id).eq(id))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(provider: &SignInProvider) -> About<'_> {
    About { kind: "sign_in_provider", object: provider.id.as_str(), tenant: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::TenantSlug;

    fn provider() -> SignInProvider {
        let group = |group: &str, told: &str| GroupRole::read(group, told).expect("a role");
        SignInProvider {
            id: "work".to_owned(),
            name: "The company".to_owned(),
            issuer: "https://idp.example/realms/a".to_owned(),
            client_id: "countersign".to_owned(),
            active: true,
            settings: ProviderSettings {
                groups: vec![
                    group("staff", "auditor"),
                    group("admins", "owner"),
                    group("finance", "approver"),
                    group("acme-admins", "owner@acme"),
                    group("globex-admins", "owner@globex"),
                ],
                ..ProviderSettings::default()
            },
        }
    }

    #[test]
    fn the_first_of_the_roles_counts_and_unknown_groups_stand_for_none() {
        let provider = provider();
        let of = |slugs: &[&str]| Reach::of(slugs.iter().map(|slug| TenantSlug::from(*slug)));
        for (groups, role) in [
            (&["staff", "admins"][..], Some((AccountRole::Owner, Reach::Everything))),
            (&["staff", "finance"], Some((AccountRole::Approver, Reach::Everything))),
            (&["staff"], Some((AccountRole::Auditor, Reach::Everything))),
            (&["staff", "acme-admins"], Some((AccountRole::Owner, of(&["acme"])))),
            (&["globex-admins", "acme-admins"], Some((AccountRole::Owner, of(&["acme", "globex"])))),
            (&["acme-admins", "admins"], Some((AccountRole::Owner, Reach::Everything))),
            (&["Staff", "admin", ""], None),
            (&[], None),
        ] {
            assert_eq!(provider.role_of(groups.iter().copied()), role, "{groups:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_provider_is_refused() {
        assert!(provider().check().is_ok());
        let bad = |change: fn(&mut SignInProvider)| {
            let mut provider = provider();
            change(&mut provider);
            provider.check().is_err()
        };
        assert!(bad(|p| p.id = "Work".to_owned()));
        assert!(bad(|p| p.name = String::new()));
        assert!(bad(|p| p.issuer = "http://idp.example".to_owned()));
        assert!(bad(|p| p.issuer = "https://idp.example?x=1".to_owned()));
        assert!(bad(|p| p.client_id = "a\nb".to_owned()));
        assert!(bad(|p| p.settings.scopes = vec!["a b".to_owned()]));
        assert!(bad(|p| p.settings.scopes = vec!["a".to_owned(); MOST_SCOPES + 1]));
        assert!(bad(|p| p.settings.groups_claim = String::new()));
        assert!(bad(|p| p.settings.groups[0].group = String::new()));
    }
}
