//! What the page of accounts reads from the server.

use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::settings::query::ListQuery;
use crate::permission::ConsoleRole;
use serde::{Deserialize, Serialize};

/// A page of accounts by login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountList {
    pub query: ListQuery,
    pub lines: Vec<AccountLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The account that the open form is about.
    pub asked: Option<AccountLine>,
    /// Issuer and name of each provider, for the form.
    pub providers: Vec<(String, String)>,
    /// The reader's last proof is too old for most of the forms.
    pub asks_password: bool,
}

/// An account of the console, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    pub id: String,
    pub login: String,
    pub name: String,
    pub role: ConsoleRole,
    /// The tenants in which it counts. None: all of them.
    pub tenants: Option<Vec<String>>,
    /// A provider tells of the role, by each sign-in anew.
    pub told: bool,
    /// It told of one once, and does no longer: the account has none.
    pub lapsed: bool,
    pub active: bool,
    pub has_password: bool,
    pub passkeys: usize,
    /// The id of the person it is, in the policy.
    pub subject: Option<String>,
    /// The token that made the link by which it is entered.
    pub handed_out_by: Option<String>,
    /// Issuer and `sub`.
    pub identities: Vec<(String, String)>,
    pub last_sign_in: Option<Moment>,
}

#[cfg(feature = "ssr")]
pub async fn read_accounts(query: ListQuery) -> Result<AccountList, AppError> {
    crate::session::require(crate::permission::Permission::ReadSettings)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

drawn::unread!(read_accounts(ListQuery) -> Result<AccountList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{AccountLine, AccountList, ListQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use crate::permission::ConsoleRole;
    use crate::session::Presence;
    use policy::Timestamp;
    use store::accounts::{Account, AccountIdentity, AccountRole, RoleSource};

    pub(super) async fn list(console: &Console, query: ListQuery) -> Result<AccountList, AppError> {
        refuse_zero([&query.search, &query.after, &query.of])?;
        let (store, now) = (&console.store, console.now());
        let asks_password = Presence::current().is_too_old_for(None, now);
        let all = store.accounts().await?;
        let identities = store.list_account_identities().await?;
        let providers = store.list_sign_in_providers().await?;
        let holders = store.passkey_holders().await?;
        let asked = query.of.as_ref().and_then(|id| all.iter().find(|account| account.id == *id));
        let asked = asked.map(|account| line(account, &identities, &holders, now));
        let after = query.after.clone().unwrap_or_default();
        let text = query.search.as_deref().unwrap_or_default().to_lowercase();
        let fits = |account: &&Account| {
            account.login > after
                && (account.login.contains(&text) || account.name.to_lowercase().contains(&text))
        };
        let most = usize::try_from(ROWS_AND_ONE).unwrap_or(usize::MAX);
        let mut found: Vec<Account> = all.iter().filter(fits).take(most).cloned().collect();
        let next = cut(&mut found, |account: &Account| account.login.clone());
        Ok(AccountList {
            query,
            lines: found.iter().map(|account| line(account, &identities, &holders, now)).collect(),
            next,
            asked,
            providers: providers.into_iter().map(|provider| (provider.issuer, provider.name)).collect(),
            asks_password,
        })
    }

    fn line(
        account: &Account,
        identities: &[AccountIdentity],
        passkey_holders: &[String],
        now: Timestamp,
    ) -> AccountLine {
        let own = identities.iter().filter(|identity| identity.account == account.id);
        AccountLine {
            id: account.id.clone(),
            login: account.login.clone(),
            name: account.name.clone(),
            role: role(account.role),
            tenants: account.reach.tenants().map(|tenants| tenants.iter().map(ToString::to_string).collect()),
            told: account.role_source != RoleSource::Given,
            lapsed: account.role_source == RoleSource::Lapsed,
            active: account.active,
            has_password: account.password_hash.is_some(),
            passkeys: passkey_holders.iter().filter(|holder| **holder == account.id).count(),
            subject: account.subject.as_ref().map(|subject| subject.as_str().to_owned()),
            handed_out_by: account.handed_out_by.clone(),
            identities: own.map(|identity| (identity.issuer.clone(), identity.sub.clone())).collect(),
            last_sign_in: account.last_sign_in_at.map(|at| Moment::new(at, now)),
        }
    }

    fn role(stored: AccountRole) -> ConsoleRole {
        match stored {
            AccountRole::Owner => ConsoleRole::Owner,
            AccountRole::PolicyAuthor => ConsoleRole::PolicyAuthor,
            AccountRole::Approver => ConsoleRole::Approver,
            AccountRole::Auditor => ConsoleRole::Auditor,
        }
    }
}
