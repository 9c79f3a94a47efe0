//! Who is signed in, as far as pages may know: vocabulary, never a secret.

use crate::permission::{ConsoleRole, Permission};
use crate::routes::Page;
use leptos::context::use_context;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How the console looks, kept in the cookie `theme` so that the server draws it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// A word that names no theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of system, light, dark")]
pub struct ThemeError;

impl Theme {
    pub const ALL: &'static [Self] = &[Self::System, Self::Light, Self::Dark];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The value of `data-theme`; none where the system decides.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.as_str()),
        }
    }
}

impl FromStr for Theme {
    type Err = ThemeError;

    fn from_str(text: &str) -> Result<Self, ThemeError> {
        Self::ALL.iter().copied().find(|theme| theme.as_str() == text).ok_or(ThemeError)
    }
}

/// The account behind a request. The server puts it into the context; the browser gets it with the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub account_id: String,
    pub login: String,
    pub name: String,
    pub role: ConsoleRole,
    /// The slugs of the tenants in which the role counts. None: it reaches everything. Plain texts, since the browser reads
    /// them too; on the server it is the [reach](Self::reach) that counts.
    pub tenants: Option<Vec<String>>,
    /// The session's opaque public id, as the list of sessions shows it; never the cookie's secret.
    pub session: String,
    pub theme: Theme,
}

impl SignedIn {
    /// Whether the role counts in some tenants alone.
    pub fn is_bound(&self) -> bool {
        self.tenants.is_some()
    }

    /// Whether the role allows it: everywhere, or within the tenants that it is bound to.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission) && (!self.is_bound() || permission.is_of_tenants())
    }

    /// Whether the page shows this account anything.
    pub fn sees(&self, page: &Page) -> bool {
        self.may(page.permission) && (!self.is_bound() || page.is_narrowed())
    }

    /// "owner", "owner of acme, globex".
    pub fn title(&self) -> String {
        self.in_words(self.role.title())
    }

    /// The same, on its own.
    pub fn label(&self) -> String {
        self.in_words(self.role.label())
    }

    fn in_words(&self, role: &str) -> String {
        match self.tenants.as_deref() {
            None => role.to_owned(),
            Some([]) => format!("{role} of no tenant"),
            Some(tenants) => format!("{role} of {}", tenants.join(", ")),
        }
    }

    /// How far the role reaches.
    #[cfg(feature = "ssr")]
    pub fn reach(&self) -> policy::Reach {
        match &self.tenants {
            None => policy::Reach::Everything,
            Some(tenants) => policy::Reach::of(tenants.iter().map(policy::TenantSlug::new)),
        }
    }
}

/// What a page needs to know of the reader's passkeys; the server puts it into the context where it draws a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PasskeyHolder {
    /// One of them could answer, here.
    pub has_any: bool,
    /// One of them answered so lately that no password is asked for.
    pub proved: bool,
}

impl PasskeyHolder {
    /// Of the page at hand.
    pub fn current() -> Self {
        use_context::<Self>().unwrap_or_default()
    }
}

/// When whoever sits at the browser last proved to be the account's owner: by signing in, or by the password once more.
/// The server puts it into the context. None: it is not known, which counts as long ago.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Presence(pub Option<policy::Timestamp>);

#[cfg(feature = "ssr")]
impl Presence {
    /// For so long, in microseconds, a proof is good enough for what is of high risk.
    const GOOD_FOR: i64 = 5 * 60 * 1_000_000;

    /// By how much the clock of a provider may be ahead of ours, in microseconds. A proof from further on is none: it would
    /// be fresh for as long as it likes.
    const AHEAD: i64 = 60 * 1_000_000;

    /// That of the request at hand.
    pub fn current() -> Self {
        use_context::<Self>().unwrap_or_default()
    }

    /// Whether a call of this risk is not to be answered before it is proved once more. What has no risk of its own
    /// counts as high.
    pub fn is_too_old_for(self, risk: Option<policy::Risk>, now: policy::Timestamp) -> bool {
        let high = risk.is_none_or(|risk| risk >= policy::Risk::High);
        let good = -Self::AHEAD..=Self::GOOD_FOR;
        let fresh = self.0.is_some_and(|at| good.contains(&now.micros().saturating_sub(at.micros())));
        high && !fresh
    }
}

/// Who is signed in, if anyone.
pub fn current() -> Option<SignedIn> {
    use_context::<SignedIn>()
}

/// The first line of a server function: who calls, and that they may, everywhere. Whose role counts in some tenants alone
/// is refused: a function that narrows what it does to them says so by [`require_within`].
///
/// # Errors
/// When nobody is signed in, or the role does not do, or not everywhere.
#[cfg(feature = "ssr")]
pub fn require(permission: Permission) -> Result<SignedIn, crate::error::AppError> {
    let (signed_in, reach) = require_within(permission)?;
    if reach.is_everything() { Ok(signed_in) } else { Err(crate::error::AppError::tenant_bound()) }
}

/// The same for what is narrowed to the tenants in which the role counts: who calls, and how far they reach.
///
/// # Errors
/// When nobody is signed in, or the role does not do, or it is nothing that can be held in some tenants alone.
#[cfg(feature = "ssr")]
pub fn require_within(permission: Permission) -> Result<(SignedIn, policy::Reach), crate::error::AppError> {
    use crate::error::AppError;
    let signed_in = current().ok_or_else(AppError::sign_in_required)?;
    if !signed_in.role.may(permission) {
        return Err(AppError::forbidden());
    }
    if !signed_in.may(permission) {
        return Err(AppError::tenant_bound());
    }
    let reach = signed_in.reach();
    Ok((signed_in, reach))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::{Presence, SignedIn, Theme};
    use crate::permission::{ConsoleRole, Permission};
    use crate::routes::{DECISIONS, KEYS, PAGES};
    use policy::{Reach, Risk, TenantSlug, Timestamp};

    fn owner(tenants: Option<&[&str]>) -> SignedIn {
        SignedIn {
            account_id: "a".to_owned(),
            login: "ada".to_owned(),
            name: "Ada".to_owned(),
            role: ConsoleRole::Owner,
            tenants: tenants.map(|tenants| tenants.iter().map(|slug| (*slug).to_owned()).collect()),
            session: "s".to_owned(),
            theme: Theme::System,
        }
    }

    #[test]
    fn an_owner_of_a_tenant_is_none_of_everything() {
        let (everywhere, acme, nowhere) = (owner(None), owner(Some(&["acme"])), owner(Some(&[])));
        assert_eq!(everywhere.reach(), Reach::Everything);
        assert_eq!(acme.reach(), Reach::of([TenantSlug::from("acme")]));
        assert_eq!(
            (acme.title().as_str(), nowhere.label().as_str()),
            ("owner of acme", "Owner of no tenant")
        );
        for page in PAGES {
            assert!(everywhere.sees(page), "{}", page.path);
        }
        for signed_in in [&acme, &nowhere] {
            assert!(signed_in.may(Permission::ReadDecisions) && signed_in.sees(&DECISIONS));
            assert!(!signed_in.may(Permission::WriteSettings) && !signed_in.sees(&KEYS));
        }
    }

    #[test]
    fn what_is_of_high_risk_wants_a_fresh_proof() {
        let at = Timestamp::from_micros(1_000_000);
        let later = |seconds: i64| at.saturating_add_micros(seconds * 1_000_000);
        for (risk, seconds, asked) in [
            (Some(Risk::Low), 100_000, false),
            (Some(Risk::Medium), 100_000, false),
            (Some(Risk::High), 300, false),
            (Some(Risk::High), 301, true),
            (Some(Risk::Critical), 301, true),
            (None, 301, true),
            (Some(Risk::High), -60, false),
            (Some(Risk::High), -61, true),
        ] {
            assert_eq!(Presence(Some(at)).is_too_old_for(risk, later(seconds)), asked, "{risk:?} {seconds}");
        }
        assert!(Presence(None).is_too_old_for(Some(Risk::High), at));
        assert!(!Presence(None).is_too_old_for(Some(Risk::Low), at));
    }
}
