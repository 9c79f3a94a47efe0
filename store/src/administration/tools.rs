//! The tools of servers: what a person found of each, and what its server says now.

use super::writer::About;
use super::{Page, WriteError, Writer, beyond, holds, text};
use crate::Store;
use crate::db::{Source, StoreError, flag, json, new_id, to_json, word};
use crate::schema::Tools;
use policy::binding::{self, Binding};
use policy::labels::TaskNeed;
use policy::token_scope::check_scopes;
use policy::{ReviewState, Risk, Sensitivity, ServerSlug, Timestamp, ToolId};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use serde_json::Value;

/// A tool of a server's catalog.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tool {
    /// Given by the store; writing ignores it.
    pub id: ToolId,
    pub server: ServerSlug,
    pub name: String,
    pub review: ReviewState,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub read_only: bool,
    /// False: a person switched checking of its arguments off, because its schema is not usable.
    pub check_schema: bool,
    /// JSON Pointers into the arguments that are kept only as a keyed digest.
    pub redact: Vec<String>,
    /// Which arguments name registered resources.
    pub bindings: Vec<Binding>,
    /// Scopes that a caller's token must hold, all of them.
    pub scopes: Vec<String>,
    /// Whether it is called under a task alone.
    pub task: TaskNeed,
    /// The definition hash with which a person accepted the mapping that the tool declares.
    pub mapping: Option<String>,
    /// The tool object as it was when a person reviewed it.
    pub definition: Option<Value>,
    /// SHA-256 of it, in hexadecimal.
    pub definition_hash: Option<String>,
    /// The tool object as the server lists it now.
    pub offered: Option<Value>,
    pub offered_hash: Option<String>,
    pub reviewed_at: Option<Timestamp>,
    pub reviewed_by: Option<String>,
    /// When the server last listed it; a later moment alone is no change. None keeps the stored one.
    #[serde(skip)]
    pub seen_at: Option<Timestamp>,
}

impl Tool {
    /// A tool nobody has reviewed yet: low risk, internal, not known to be read-only.
    pub fn new(server: ServerSlug, name: impl Into<String>) -> Self {
        Self {
            id: ToolId::new(""),
            server,
            name: name.into(),
            review: ReviewState::New,
            risk: Risk::Low,
            sensitivity: Sensitivity::Internal,
            read_only: false,
            check_schema: true,
            redact: Vec::new(),
            bindings: Vec::new(),
            scopes: Vec::new(),
            task: TaskNeed::Optional,
            mapping: None,
            definition: None,
            definition_hash: None,
            offered: None,
            offered_hash: None,
            reviewed_at: None,
            reviewed_by: None,
            seen_at: None,
        }
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        format!("{}\n{}", self.server, self.name)
    }
}

#[derive(sqlx::FromRow)]
struct ToolRow {
    id: String,
    server: String,
    name: String,
    review: String,
    risk: String,
    sensitivity: String,
    read_only: i64,
    check_schema: i64,
    redact: String,
    bindings: String,
    scopes: String,
    task: String,
    mapping: Option<String>,
    definition: Option<String>,
    definition_hash: Option<String>,
    offered: Option<String>,
    offered_hash: Option<String>,
    reviewed_at: Option<i64>,
    reviewed_by: Option<String>,
    seen_at: Option<i64>,
}

impl TryFrom<ToolRow> for Tool {
    type Error = StoreError;

    fn try_from(row: ToolRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ToolId::new(row.id),
            server: ServerSlug::new(row.server),
            name: row.name,
            review: word(&row.review, "tools.review")?,
            risk: word(&row.risk, "tools.risk")?,
            sensitivity: word(&row.sensitivity, "tools.sensitivity")?,
            read_only: flag(row.read_only, "tools.read_only")?,
            check_schema: flag(row.check_schema, "tools.check_schema")?,
            redact: json(&row.redact, "tools.redact")?,
            bindings: json(&row.bindings, "tools.bindings")?,
            scopes: json(&row.scopes, "tools.scopes")?,
            task: word(&row.task, "tools.task")?,
            mapping: row.mapping,
            definition: row.definition.map(|text| json(&text, "tools.definition")).transpose()?,
            definition_hash: row.definition_hash,
            offered: row.offered.map(|text| json(&text, "tools.offered")).transpose()?,
            offered_hash: row.offered_hash,
            reviewed_at: row.reviewed_at.map(Timestamp::from_micros),
            reviewed_by: row.reviewed_by,
            seen_at: row.seen_at.map(Timestamp::from_micros),
        })
    }
}

const COLUMNS: [Tools; 20] = [
    Tools::Id,
    Tools::Server,
    Tools::Name,
    Tools::Review,
    Tools::Risk,
    Tools::Sensitivity,
    Tools::ReadOnly,
    Tools::CheckSchema,
    Tools::Redact,
    Tools::Bindings,
    Tools::Scopes,
    Tools::Task,
    Tools::Mapping,
    Tools::Definition,
    Tools::DefinitionHash,
    Tools::Offered,
    Tools::OfferedHash,
    Tools::ReviewedAt,
    Tools::ReviewedBy,
    Tools::SeenAt,
];

/// The values of [`COLUMNS`], in their order.
fn values(tool: &Tool) -> Result<[Expr; 20], StoreError> {
    Ok([
        tool.id.as_str().into(),
        tool.server.as_str().into(),
        tool.name.as_str().into(),
        tool.review.as_str().into(),
        tool.risk.as_str().into(),
        tool.sensitivity.as_str().into(),
        i64::from(tool.read_only).into(),
        i64::from(tool.check_schema).into(),
        to_json(&tool.redact)?.into(),
        to_json(&tool.bindings)?.into(),
        to_json(&tool.scopes)?.into(),
        tool.task.as_str().into(),
        tool.mapping.clone().into(),
        tool.definition.as_ref().map(to_json).transpose()?.into(),
        tool.definition_hash.clone().into(),
        tool.offered.as_ref().map(to_json).transpose()?.into(),
        tool.offered_hash.clone().into(),
        tool.reviewed_at.map(Timestamp::micros).into(),
        tool.reviewed_by.clone().into(),
        tool.seen_at.map(Timestamp::micros).into(),
    ])
}

fn select() -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from(Tools::Table)
        .order_by(Tools::Server, Order::Asc)
        .order_by(Tools::Name, Order::Asc)
        .take()
}

async fn find<S: Source>(
    source: &mut S,
    server: &ServerSlug,
    name: &str,
) -> Result<Option<Tool>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Tools::Server).eq(server.as_str())).and_where(Expr::col(Tools::Name).eq(name));
    source.optional::<ToolRow, _>(&query).await?.map(Tool::try_from).transpose()
}

async fn find_by_id<S: Source>(source: &mut S, id: &ToolId) -> Result<Option<Tool>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Tools::Id).eq(id.as_str()));
    source.optional::<ToolRow, _>(&query).await?.map(Tool::try_from).transpose()
}

pub(super) async fn list<S: Source>(
    source: &mut S,
    server: Option<&ServerSlug>,
    page: &Page<'_>,
) -> Result<Vec<Tool>, StoreError> {
    let mut query = select();
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Tools::Name]));
    }
    query
        .and_where_option(server.map(|server| Expr::col(Tools::Server).eq(server.as_str())))
        .and_where_option(page.after.map(|after| beyond(Tools::Server, Tools::Name, after)))
        .limit(page.limit);
    source.all::<ToolRow, _>(&query).await?.into_iter().map(Tool::try_from).collect()
}

/// Every tool of these servers, by server and name.
pub(crate) async fn list_of_servers<S: Source>(
    source: &mut S,
    servers: &[&str],
) -> Result<Vec<Tool>, StoreError> {
    let mut tools = Vec::new();
    for servers in servers.chunks(super::CHUNK) {
        let mut query = select();
        query.and_where(Expr::col(Tools::Server).is_in(servers.iter().copied()));
        for row in source.all::<ToolRow, _>(&query).await? {
            tools.push(Tool::try_from(row)?);
        }
    }
    Ok(tools)
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_tool(&self, server: &ServerSlug, name: &str) -> Result<Option<Tool>, StoreError> {
        find(&mut &self.db, server, name).await
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_tool_by_id(&self, id: &ToolId) -> Result<Option<Tool>, StoreError> {
        find_by_id(&mut &self.db, id).await
    }

    /// Tools by server and name: those of one server, or all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tools(
        &self,
        server: Option<&ServerSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<Tool>, StoreError> {
        list(&mut &self.db, server, page).await
    }
}

impl Writer {
    /// As [`Store::get_tool`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_tool(&mut self, server: &ServerSlug, name: &str) -> Result<Option<Tool>, StoreError> {
        find(&mut self.tx, server, name).await
    }

    /// As [`Store::list_tools`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tools(
        &mut self,
        server: Option<&ServerSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<Tool>, StoreError> {
        list(&mut self.tx, server, page).await
    }

    /// Makes the server's tool of this name be so.
    ///
    /// # Errors
    /// When the server is unknown or the name cannot be taken.
    pub async fn put_tool(&mut self, tool: &Tool) -> Result<Tool, WriteError> {
        if tool.redact.iter().any(|path| policy::redact::RedactPath::parse(path).is_err()) {
            return Err(WriteError::Invalid {
                field: "redact",
                reason: "must be JSON Pointers such as /card/number or /cards/*/number",
            });
        }
        binding::compile(&tool.bindings)?;
        check_scopes(&tool.scopes).map_err(|reason| WriteError::Invalid { field: "scopes", reason })?;
        check_name(&tool.name)?;
        if tool.mapping.is_some() && tool.mapping != tool.definition_hash {
            return Err(WriteError::Invalid {
                field: "mapping",
                reason: "was accepted with another definition; accept it again, or say that it is not used",
            });
        }
        for pointer in &tool.redact {
            text("redact", pointer)?;
        }
        self.need_server(&tool.server).await?;
        let before = find(&mut self.tx, &tool.server, &tool.name).await?;
        let after = match &before {
            Some(old) => Tool { id: old.id.clone(), seen_at: tool.seen_at.or(old.seen_at), ..tool.clone() },
            None => Tool { id: ToolId::new(new_id()), ..tool.clone() },
        };
        if let Some(old) = &before {
            if *old == after {
                return Ok(after);
            }
            let update = Query::update()
                .table(Tools::Table)
                .values(COLUMNS.into_iter().zip(values(&after)?))
                .and_where(Expr::col(Tools::Id).eq(after.id.as_str()))
                .take();
            self.tx.execute(&update).await?;
            if (Tool { seen_at: after.seen_at, ..old.clone() }) == after {
                return Ok(after);
            }
        } else {
            let insert = Query::insert()
                .into_table(Tools::Table)
                .columns(COLUMNS)
                .values_panic(values(&after)?)
                .take();
            self.tx.execute(&insert).await?;
        }
        self.record(about(&after), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    /// Deletes the server's tool of this name; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_tool(&mut self, server: &ServerSlug, name: &str) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, server, name).await? else {
            return Ok(false);
        };
        let delete = Query::delete()
            .from_table(Tools::Table)
            .and_where(Expr::col(Tools::Id).eq(before.id.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

/// A tool's name is its server's choice: anything a pattern of a rule could name.
fn check_name(given: &str) -> Result<(), WriteError> {
    let reason = if given.is_empty() {
        "must not be empty"
    } else if given.len() > 400 {
        "must not be longer than 400 bytes"
    } else if given.chars().any(char::is_control) {
        "must not hold control characters"
    } else {
        return Ok(());
    };
    Err(WriteError::Invalid { field: "the tool's name", reason })
}

fn about(tool: &Tool) -> About<'_> {
    About { kind: "tool", object: tool.id.as_str(), tenant: None }
}
