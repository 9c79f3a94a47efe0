//! Registered resources that a call names, read in the live statement itself, so that they are of the same moment as
//! everything else. However many are named, they are one value: the statement's text does not depend on them.

use super::LiveRow;
use crate::db::{Dialect, StoreError, json, word};
use policy::binding::check_resource_id;
use policy::facts::ResourceFacts;
use policy::{ResourceRef, TenantSlug};
use sea_query::{Expr, SelectStatement};
use serde::Deserialize;

/// A registered resource.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveResource {
    pub resource: ResourceRef,
    pub facts: ResourceFacts,
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    tenant: String,
    sensitivity: String,
    /// A JSON object, as text.
    attributes: String,
}

/// Resources as one value of a statement: a JSON list of `[type, id]`. What cannot be registered is left out, as
/// nothing is found of it either way.
pub(crate) fn keys<'a>(resources: impl IntoIterator<Item = &'a ResourceRef>) -> String {
    let keys: Vec<serde_json::Value> = resources
        .into_iter()
        .filter(|resource| {
            check_resource_id(&resource.id).is_ok() && check_resource_id(&resource.kind).is_ok()
        })
        .map(|resource| serde_json::json!([resource.kind, resource.id]))
        .collect();
    serde_json::Value::Array(keys).to_string()
}

/// `(type, id)` is one of these [`keys`]; found by the primary key. `?` stands for them.
const NAMED_SQLITE: &str = "(r.type, r.id) IN (SELECT json_extract(w.value, '$[0]'), json_extract(w.value, '$[1]') FROM json_each(?) AS w)";
/// The same for Postgres; `$1` stands for them.
const NAMED_POSTGRES: &str = "(r.type, r.id) IN (SELECT w.value ->> 0, w.value ->> 1 FROM json_array_elements(CAST($1 AS json)) AS w(value))";

/// True for the rows of `resources`, as `r`, that are named.
pub(crate) fn is_named(dialect: Dialect, keys: Expr) -> Expr {
    let condition = match dialect {
        Dialect::Sqlite => NAMED_SQLITE,
        Dialect::Postgres => NAMED_POSTGRES,
    };
    Expr::cust_with_expr(condition, keys)
}

/// Adds the column `bound`: what is registered of these [`keys`], in the first row alone, however many rows there are.
pub(super) fn add(select: &mut SelectStatement, keys: Expr, dialect: Dialect) {
    let found = match dialect {
        Dialect::Sqlite => {
            "CASE WHEN row_number() OVER () = 1 THEN (SELECT json_group_array(json_object('type', r.type, 'id', r.id, 'tenant', r.tenant, 'sensitivity', r.sensitivity, 'attributes', r.attributes)) FROM resources AS r WHERE ?) END"
        }
        Dialect::Postgres => {
            "CASE WHEN row_number() OVER () = 1 THEN (SELECT CAST(json_agg(json_build_object('type', r.type, 'id', r.id, 'tenant', r.tenant, 'sensitivity', r.sensitivity, 'attributes', r.attributes)) AS text) FROM resources AS r WHERE $1) END"
        }
    };
    select.expr_as(Expr::cust_with_expr(found, is_named(dialect, keys)), "bound");
}

/// What was found, in no order.
pub(super) fn found(rows: &[LiveRow]) -> Result<Vec<LiveResource>, StoreError> {
    let Some(text) = rows.iter().find_map(|row| row.bound.as_deref()) else { return Ok(Vec::new()) };
    let found: Vec<Found> = json(text, "the resources of a call")?;
    found.into_iter().map(LiveResource::try_from).collect()
}

impl TryFrom<Found> for LiveResource {
    type Error = StoreError;

    fn try_from(found: Found) -> Result<Self, StoreError> {
        Ok(Self {
            resource: ResourceRef { kind: found.kind, id: found.id },
            facts: ResourceFacts {
                tenant: TenantSlug::new(found.tenant),
                sensitivity: word(&found.sensitivity, "resources.sensitivity")?,
                attributes: json(&found.attributes, "resources.attributes")?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, Query, SqliteQueryBuilder};

    fn resource(kind: &str, id: &str) -> ResourceRef {
        ResourceRef { kind: kind.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn what_is_named_is_one_value() {
        let named = keys(&[resource("customer", "c' OR ''='"), resource("order", "o-1")]);
        let mut select = Query::select();
        add(&mut select, Expr::val(named.as_str()), Dialect::Sqlite);
        let (text, values) = select.build(SqliteQueryBuilder);
        assert!(text.contains("json_each(?)"), "{text}");
        assert_eq!(values.0, [named.as_str().into()]);
        let mut select = Query::select();
        add(&mut select, Expr::val(named.as_str()), Dialect::Postgres);
        let (text, values) = select.build(PostgresQueryBuilder);
        assert!(text.contains("CAST($1 AS json)") && text.contains("w.value ->> 1"), "{text}");
        assert_eq!(values.0, [named.as_str().into()]);
    }

    #[test]
    fn what_cannot_be_registered_is_not_asked_for() {
        let long = "x".repeat(2_000);
        let named = [
            resource("customer", "a\"b"),
            resource("customer", ""),
            resource("customer", "a\0"),
            resource("customer", &long),
        ];
        assert_eq!(keys(&named), r#"[["customer","a\"b"]]"#);
    }
}
