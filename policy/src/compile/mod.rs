//! From rules and catalogs as written to what [`evaluate`](crate::evaluate::evaluate) reads.
//!
//! Compiling checks everything that can be checked before a call comes, so that evaluation is total.

mod condition;
mod emergency;
mod flags;
mod index;
mod mapping;
mod parameters;
mod rule;
mod sample;
mod schema_walk;
mod set;
mod tool_schema;
mod trial;
mod unapproved;

pub use condition::{Condition, ConditionError, FUNCTIONS, TYPES, VARIABLES};
pub use emergency::{BreakGlass, Emergency, StopSwitch};
pub use flags::{CatalogTool, Flag, Surroundings, flags, try_condition};
pub use mapping::{
    DeclaredMapping, MAPPING_MEMBER, MappedCall, MappedRequest, MappingError, MappingInputs, MappingProblem,
};
pub use parameters::{ParameterError, ParameterScope};
pub(crate) use parameters::{escape, is_large};
pub use rule::{CheckedRule, CompiledRule, RuleError, RuleSource, check_rule};
pub(crate) use set::{ArgumentCheck, ToolMapping};
pub use set::{CompiledServer, CompiledTool, Naming, PolicySet, ServerSource, TenantState, ToolSource};
pub use tool_schema::{ToolSchema, ToolSchemaError};
pub use trial::Trial;
pub use unapproved::{Unapproved, unapproved};
