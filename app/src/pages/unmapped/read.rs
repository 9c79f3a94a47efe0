//! What the list of unmapped callers reads from the server.

use super::query::UnmappedQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// An identity as a row. All but the id is hostile text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmappedLine {
    /// Stands for issuer and `sub` in addresses and forms.
    pub id: String,
    pub issuer: String,
    pub sub: String,
    /// "3 attempts", "never seen".
    pub attempts: String,
    pub first: Moment,
    pub last: Moment,
    pub tenant: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub blocked: bool,
}

/// A page of them, the last seen first, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmappedList {
    pub query: UnmappedQuery,
    pub lines: Vec<UnmappedLine>,
    pub next: Option<String>,
    /// The one that the form is about.
    pub asked: Option<UnmappedLine>,
    /// Subjects to choose from, id and name; at most [`MOST_SUBJECTS`].
    pub subjects: Vec<(String, String)>,
}

/// Suggestions of the form; further subjects are typed.
pub const MOST_SUBJECTS: u64 = 500;

#[cfg(feature = "ssr")]
pub async fn read_unmapped(query: UnmappedQuery) -> Result<UnmappedList, AppError> {
    crate::session::require(crate::permission::Permission::ReadIssuers)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

drawn::unread!(read_unmapped(UnmappedQuery) -> Result<UnmappedList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::super::write::{id_of, identity_of};
    use super::{MOST_SUBJECTS, UnmappedLine, UnmappedList, UnmappedQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::answer::{from_hex, to_hex};
    use crate::pages::form::place::Ask;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use policy::Timestamp;
    use store::administration::Page;
    use store::{UnmappedCaller, UnmappedState};

    pub(super) async fn list(console: &Console, query: UnmappedQuery) -> Result<UnmappedList, AppError> {
        let after = query.after.as_deref().and_then(from_hex);
        refuse_zero([&query.search, &after])?;
        let (store, now) = (&console.store, console.now());
        let state = if query.blocked { UnmappedState::Blocked } else { UnmappedState::Seen };
        let page = Page { search: query.search.as_deref(), after: after.as_deref(), limit: ROWS_AND_ONE };
        let mut found = store.list_unmapped(Some(state), &page).await?;
        let next = cut(&mut found, |caller: &UnmappedCaller| to_hex(&caller.cursor()));
        let asked = match (query.ask, query.of.as_deref().and_then(identity_of)) {
            (Some(Ask::Map), Some((issuer, sub))) => store.get_unmapped(&issuer, &sub).await?,
            _ => None,
        };
        let mut subjects = Vec::new();
        if asked.is_some() {
            let page = Page { limit: MOST_SUBJECTS, ..Page::ALL };
            let known = store.list_subjects(None, &page).await?;
            subjects = known.into_iter().map(|subject| (subject.id.to_string(), subject.name)).collect();
        }
        Ok(UnmappedList {
            query,
            lines: found.into_iter().map(|caller| line(caller, now)).collect(),
            next,
            asked: asked.map(|caller| line(caller, now)),
            subjects,
        })
    }

    fn line(caller: UnmappedCaller, now: Timestamp) -> UnmappedLine {
        UnmappedLine {
            id: id_of(&caller.issuer, &caller.sub),
            attempts: match caller.attempts {
                0 => "never seen".to_owned(),
                1 => "1 attempt".to_owned(),
                more => format!("{more} attempts"),
            },
            first: Moment::new(caller.first_seen, now),
            last: Moment::new(caller.last_seen, now),
            blocked: caller.state == UnmappedState::Blocked,
            issuer: caller.issuer,
            sub: caller.sub,
            tenant: caller.tenant,
            server: caller.server,
            tool: caller.tool,
        }
    }
}
