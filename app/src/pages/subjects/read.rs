//! What the list of subjects reads from the server.

use super::query::SubjectsQuery;
use crate::drawn;
use crate::error::AppError;
use policy::SubjectKind;
use serde::{Deserialize, Serialize};

/// A subject as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectLine {
    pub id: String,
    pub name: String,
    pub kind: SubjectKind,
    pub active: bool,
    /// Tenants, each with the roles held there; at most [`MOST_MEMBERSHIPS`].
    pub memberships: Vec<(String, Vec<String>)>,
    pub more_memberships: usize,
}

/// Further ones are counted in a row.
pub const MOST_MEMBERSHIPS: usize = 3;

/// One page by id, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectList {
    pub query: SubjectsQuery,
    pub lines: Vec<SubjectLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Slug and name, for the form.
    pub tenants: Vec<(String, String)>,
}

#[cfg(feature = "ssr")]
pub async fn read_subjects(query: SubjectsQuery) -> Result<SubjectList, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadSubjects)?;
    let console = crate::console::Console::current()?;
    server::list(&console, &reach, query).await
}

drawn::unread!(read_subjects(SubjectsQuery) -> Result<SubjectList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{MOST_MEMBERSHIPS, SubjectLine, SubjectList, SubjectsQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::read::{ROWS, refuse_zero};
    use policy::{Reach, TenantSlug};
    use store::administration::{Page, Subject};

    /// Subjects read at once.
    const AT_ONCE: u64 = 200;
    /// So often at the most: a kind that is rare must not read the whole list for one page.
    const ROUNDS: usize = 25;

    /// Of the members of the reader's tenants, what they are there.
    pub(super) async fn list(
        console: &Console,
        reach: &Reach,
        query: SubjectsQuery,
    ) -> Result<SubjectList, AppError> {
        refuse_zero([&query.tenant, &query.search, &query.after])?;
        let (found, next) = page(console, reach, &query).await?;
        let mut lines = Vec::with_capacity(found.len());
        for subject in found {
            lines.push(line(console, reach, subject).await?);
        }
        let tenants = if query.ask.is_some() {
            let tenants = console.store.list_tenants(&Page::ALL).await?;
            let tenants = tenants.into_iter().filter(|tenant| reach.holds(tenant.slug.as_str()));
            tenants.map(|tenant| (tenant.slug.to_string(), tenant.name)).collect()
        } else {
            Vec::new()
        };
        Ok(SubjectList { query, lines, next, tenants })
    }

    /// The subjects of one page, and where the next one goes on.
    async fn page(
        console: &Console,
        reach: &Reach,
        query: &SubjectsQuery,
    ) -> Result<(Vec<Subject>, Option<String>), AppError> {
        let tenant = query.tenant.as_deref().map(TenantSlug::from);
        let mut after = query.after.clone();
        let mut found: Vec<Subject> = Vec::new();
        for _ in 0..ROUNDS {
            let page = Page { search: query.search.as_deref(), after: after.as_deref(), limit: AT_ONCE };
            let read = match (&tenant, reach.tenants()) {
                (Some(tenant), _) if !reach.holds(tenant.as_str()) => Vec::new(),
                (None, Some(own)) => console.store.list_subjects_of(own, &page).await?,
                _ => console.store.list_subjects(tenant.as_ref(), &page).await?,
            };
            let last = read.last().map(Subject::cursor);
            let ends = (read.len() as u64) < AT_ONCE;
            for subject in read {
                if query.kind.is_some_and(|kind| kind != subject.kind) {
                    continue;
                }
                if found.len() == ROWS {
                    let next = found.last().map(Subject::cursor);
                    return Ok((found, next));
                }
                found.push(subject);
            }
            if ends {
                return Ok((found, None));
            }
            after = last;
        }
        // Not all were looked at: the next page goes on behind the last one that was.
        Ok((found, after))
    }

    async fn line(console: &Console, reach: &Reach, subject: Subject) -> Result<SubjectLine, AppError> {
        let mut memberships = console.store.list_memberships(&subject.id).await?;
        memberships.retain(|held| reach.holds(held.tenant.as_str()));
        let more_memberships = memberships.len().saturating_sub(MOST_MEMBERSHIPS);
        memberships.truncate(MOST_MEMBERSHIPS);
        Ok(SubjectLine {
            id: subject.id.to_string(),
            name: subject.name,
            kind: subject.kind,
            active: subject.active,
            memberships: memberships
                .into_iter()
                .map(|membership| (membership.tenant.to_string(), membership.roles))
                .collect(),
            more_memberships,
        })
    }
}
