//! The answers of the Access explorer: a page of them, or all as a file.

use super::query::AccessQuery;
use super::read::{Access, AccessView, MatrixRow};
use crate::error::AppError;
use crate::pages::form::read::{ROWS, ROWS_AND_ONE, cut, refuse_zero};
use pdp::Previewer;
use pdp::explore::{Explorer, ToolRef, access, why};
use pdp::search::{Could, Verdict};
use policy::{Reach, SubjectId, TenantSlug, Timestamp};
use store::administration::Page;
use store::search::Member;
use store::{Store, StoreError};

/// Columns of the matrix.
const COLUMNS: usize = 12;

/// So many lines are written at the most.
const MOST_LINES: usize = 50_000;

/// How many members are read at once for a file.
const AT_ONCE: u64 = 500;

/// What was asked for, read.
struct Asked {
    view: AccessView,
    explorer: Explorer,
    tenant: TenantSlug,
    /// Names, in order, each once.
    roles: Vec<String>,
    tools: Vec<ToolRef>,
    /// Who acts for the members that are asked about.
    agent: Option<Member>,
}

/// Err: there is nothing to ask.
async fn read(
    store: &Store,
    reach: &Reach,
    now: Timestamp,
    mut query: AccessQuery,
) -> Result<Result<Asked, AccessView>, AppError> {
    let texts = [&query.tenant, &query.tool, &query.subject, &query.agent, &query.after, &query.roles];
    refuse_zero(texts)?;
    // One tenant is asked about, and its policy holds nothing of others.
    let tenants = store.list_tenants(&Page::ALL).await?.into_iter().map(|tenant| tenant.slug.to_string());
    let tenants: Vec<String> = tenants.filter(|slug| reach.holds(slug)).collect();
    query.tenant = query.tenant.filter(|slug| tenants.contains(slug)).or_else(|| tenants.first().cloned());
    let tenant = query.tenant.as_deref().map(TenantSlug::from);
    let mut view = AccessView {
        query,
        tenants,
        roles: Vec::new(),
        more_roles: None,
        matrix: Vec::new(),
        list: Vec::new(),
        next: None,
        unknown: false,
    };
    let Some(tenant) = tenant else { return Ok(Err(view)) };
    let mut agent = None;
    if let Some(id) = view.query.agent.take() {
        let found = member(store, &tenant, &id).await?;
        // What was found is named as it is called, so that links lead to it.
        view.query.agent = Some(found.as_ref().map_or(id, |found| found.subject.id.to_string()));
        // One of other tenants alone is nobody here.
        if found.is_none() {
            return Ok(Err(AccessView { unknown: true, ..view }));
        }
        // Whoever it acts for is still to be said: no rule is asked.
        if view.query.is_of_an_agent_alone() {
            return Ok(Err(view));
        }
        agent = found;
    }
    let Some(explorer) = Previewer::new(store.clone()).explore(&tenant, now).await? else {
        return Ok(Err(AccessView { unknown: true, ..view }));
    };
    let mut roles: Vec<String> =
        store.list_roles(Some(&tenant)).await?.into_iter().map(|role| role.name).collect();
    roles.sort();
    roles.dedup();
    let tools = explorer.tools();
    Ok(Ok(Asked { view, explorer, tenant, roles, tools, agent }))
}

/// # Errors
/// When the state cannot be read.
pub async fn page(
    store: &Store,
    reach: &Reach,
    now: Timestamp,
    query: AccessQuery,
) -> Result<AccessView, AppError> {
    let mut asked = match read(store, reach, now, query).await? {
        Ok(asked) => asked,
        Err(nothing) => return Ok(nothing),
    };
    let query = asked.view.query.clone();
    let after = query.after.as_deref();
    if let Some(name) = &query.tool {
        let Some(tool) = asked.tool(name) else {
            asked.view.unknown = true;
            return Ok(asked.view);
        };
        asked.view.query.tool = Some(tool.to_string());
        let found = store.read_members(&asked.tenant, after, ROWS_AND_ONE).await?;
        let mut members = found.map(|found| found.members).unwrap_or_default();
        asked.view.next = cut(&mut members, |member: &Member| member.subject.id.to_string());
        asked.view.list = members.iter().map(|member| asked.who(member, &tool)).collect();
        // Roles tell nothing of calls through an agent.
        if asked.agent.is_none() {
            asked.matrix(std::slice::from_ref(&tool));
        }
        return Ok(asked.view);
    }
    let behind = |tool: &&ToolRef| after.is_none_or(|after| tool.to_string().as_str() > after);
    let mut tools: Vec<ToolRef> = asked.tools.iter().filter(behind).take(ROWS + 1).cloned().collect();
    asked.view.next = cut(&mut tools, ToString::to_string);
    match &query.subject {
        Some(id) => match member(store, &asked.tenant, id).await? {
            Some(member) => {
                asked.view.list = tools.iter().map(|tool| asked.what(&member, tool)).collect();
                asked.view.query.subject = Some(member.subject.id.to_string());
            }
            None => asked.view.unknown = true,
        },
        None => asked.matrix(&tools),
    }
    Ok(asked.view)
}

/// What may be meant by a text: itself, or it without the blanks around it, which people type.
pub fn meant(text: &str) -> impl Iterator<Item = &str> {
    let typed = text.trim();
    std::iter::once(text).chain((typed != text).then_some(typed))
}

/// The member that is asked about.
async fn member(store: &Store, tenant: &TenantSlug, id: &str) -> Result<Option<Member>, StoreError> {
    for id in meant(id) {
        let member = store.read_member(tenant, &SubjectId::new(id)).await?;
        if member.is_some() {
            return Ok(member);
        }
    }
    Ok(None)
}

impl Asked {
    /// The tool of the catalog that is asked about.
    fn tool(&self, name: &str) -> Option<ToolRef> {
        meant(name).filter_map(ToolRef::parse).find(|tool| self.tools.contains(tool))
    }

    fn who(&self, member: &Member, tool: &ToolRef) -> Access {
        told(member.subject.id.to_string(), &self.could(member, tool))
    }

    fn what(&self, member: &Member, tool: &ToolRef) -> Access {
        told(tool.to_string(), &self.could(member, tool))
    }

    fn could(&self, member: &Member, tool: &ToolRef) -> Could {
        match &self.agent {
            Some(agent) => self.explorer.through(member, agent, tool),
            None => self.explorer.member(member, tool),
        }
    }

    /// What one member can do with one tool, through the agent that is asked about, as a line of the file.
    fn row(&self, member: &Member, tool: &ToolRef) -> String {
        let (subject, tool, found) = (member.subject.id.as_str(), tool.to_string(), self.could(member, tool));
        let why = why(&found).join("; ");
        match &self.agent {
            Some(agent) => line(&[subject, agent.subject.id.as_str(), &tool, access(&found), &why]),
            None => line(&[subject, &tool, access(&found), &why]),
        }
    }

    /// These tools by a page of the roles.
    fn matrix(&mut self, tools: &[ToolRef]) {
        let after = self.view.query.roles.as_deref();
        let behind = |role: &&String| after.is_none_or(|after| role.as_str() > after);
        let mut roles: Vec<String> = self.roles.iter().filter(behind).take(COLUMNS + 1).cloned().collect();
        if roles.len() > COLUMNS {
            roles.truncate(COLUMNS);
            self.view.more_roles = roles.last().cloned();
        }
        let cell = |role: &String, tool: &ToolRef| access(&self.explorer.role(role, tool)).to_owned();
        self.view.matrix = tools
            .iter()
            .map(|tool| MatrixRow {
                tool: tool.to_string(),
                cells: roles.iter().map(|role| cell(role, tool)).collect(),
            })
            .collect();
        self.view.roles = roles;
    }
}

/// As a row of an answer.
pub fn told(name: String, found: &Could) -> Access {
    Access { name, access: access(found).to_owned(), why: why(found) }
}

/// All of the answer as CSV (RFC 4180), whatever page it was asked from.
///
/// # Errors
/// When the state cannot be read.
pub async fn csv(
    store: &Store,
    reach: &Reach,
    now: Timestamp,
    query: AccessQuery,
) -> Result<String, AppError> {
    let asked = match read(store, reach, now, query).await? {
        Ok(asked) => asked,
        Err(nothing) => return Ok(head(&nothing.query)),
    };
    let query = &asked.view.query;
    let mut text = head(query);
    if let Some(name) = &query.tool {
        let Some(tool) = asked.tool(name) else { return Ok(text) };
        let mut after: Option<String> = None;
        let mut lines = 0;
        while let Some(found) = store.read_members(&asked.tenant, after.as_deref(), AT_ONCE).await? {
            for member in &found.members {
                text.push_str(&asked.row(member, &tool));
            }
            after = found.members.last().map(|member| member.subject.id.to_string());
            lines += found.members.len();
            if lines >= MOST_LINES {
                text.push_str(&line(&["… and more, left out"]));
                break;
            }
        }
    } else if let Some(id) = &query.subject {
        if let Some(member) = member(store, &asked.tenant, id).await? {
            for tool in &asked.tools {
                text.push_str(&asked.row(&member, tool));
            }
        }
    } else {
        let pairs = asked.tools.iter().flat_map(|tool| asked.roles.iter().map(move |role| (tool, role)));
        for (count, (tool, role)) in pairs.enumerate() {
            if count >= MOST_LINES {
                text.push_str(&line(&["… and more, left out"]));
                break;
            }
            let found = asked.explorer.role(role, tool);
            // Why not, is about a member that nobody is.
            let why = if found.verdict == Verdict::Never { String::new() } else { why(&found).join("; ") };
            text.push_str(&line(&[&tool.to_string(), role, access(&found), &why]));
        }
    }
    Ok(text)
}

/// The names of the columns.
fn head(query: &AccessQuery) -> String {
    match (&query.agent, query.tool.is_some() || query.subject.is_some()) {
        (Some(_), _) => line(&["subject", "agent", "tool", "access", "why"]),
        (None, true) => line(&["subject", "tool", "access", "why"]),
        (None, false) => line(&["tool", "role", "access", "why"]),
    }
}

/// What begins a formula; some spreadsheets take the wide forms of `=`, `+`, `-` and `@` for the same.
const FORMULA: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// One line. What a spreadsheet would take for a formula begins with an apostrophe.
fn line(fields: &[&str]) -> String {
    let field = |text: &&str| {
        let is_formula = text.starts_with(FORMULA);
        let safe = if is_formula { format!("'{text}") } else { (*text).to_owned() };
        format!("\"{}\"", safe.replace('"', "\"\""))
    };
    let fields: Vec<String> = fields.iter().map(field).collect();
    format!("{}\r\n", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_or_leaves_its_place() {
        for (fields, expected) in [
            (&["a", "b c"][..], "\"a\",\"b c\"\r\n"),
            (
                &["=1+1", "+1", "-1", "@x", "\tx", "\rx"],
                "\"'=1+1\",\"'+1\",\"'-1\",\"'@x\",\"'\tx\",\"'\rx\"\r\n",
            ),
            (&["＝1", "＋1", "－1", "＠x", "\n=1"], "\"'＝1\",\"'＋1\",\"'－1\",\"'＠x\",\"'\n=1\"\r\n"),
            (&["a\"b", "c,d", "e\nf"], "\"a\"\"b\",\"c,d\",\"e\nf\"\r\n"),
        ] {
            assert_eq!(line(fields), expected);
        }
    }
}
