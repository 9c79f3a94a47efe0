//! What the Access explorer reads from the server.

use super::query::AccessQuery;
use crate::drawn;
use crate::error::AppError;
use serde::{Deserialize, Serialize};

/// One answer. Names and reasons are hostile text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The subject, or the tool as `server/name`.
    pub name: String,
    /// `always`, `conditions`, `approval` or `never`.
    pub access: String,
    /// Rule by rule.
    pub why: Vec<String>,
}

/// A tool of the matrix, with one word for each role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixRow {
    pub tool: String,
    pub cells: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    /// The tenant is filled in where none was chosen; None then: there is none.
    pub query: AccessQuery,
    pub tenants: Vec<String>,
    /// The columns of the matrix.
    pub roles: Vec<String>,
    /// Where the columns go on.
    pub more_roles: Option<String>,
    /// Tools by roles; the one that is asked for, or all of them page by page.
    pub matrix: Vec<MatrixRow>,
    /// Members and one tool, or one subject and all tools.
    pub list: Vec<Access>,
    /// Where the rows go on.
    pub next: Option<String>,
    /// What was asked for is not there.
    pub unknown: bool,
}

#[cfg(feature = "ssr")]
pub async fn read_access(query: AccessQuery) -> Result<AccessView, AppError> {
    crate::session::require(crate::permission::Permission::ReadRules)?;
    let console = crate::console::Console::current()?;
    super::gather::page(&console.store, console.now(), query).await
}

drawn::unread!(read_access(AccessQuery) -> Result<AccessView, AppError>);
