//! Statements of the decision path: rendered once per dialect and shape, then kept as text. What is bound to them comes
//! with each use. This file knows no table.

use crate::db::Dialect;
use sea_query::{Expr, PostgresQueryBuilder, SqliteQueryBuilder, Value, Values};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// A place in a statement whose value comes with each use. Nothing is stored as a `u16`, so that no constant is taken
/// for a place.
pub(crate) fn slot(number: u16) -> Expr {
    Expr::val(Value::SmallUnsigned(Some(number)))
}

/// A rendered statement with the order of its values.
#[derive(Debug)]
pub(crate) struct Kept {
    text: Arc<str>,
    places: Vec<Place>,
}

#[derive(Debug)]
enum Place {
    Slot(u16),
    Constant(Value),
}

impl Kept {
    pub(crate) fn render(statement: &impl SqlxBinder, dialect: Dialect) -> Self {
        let (text, SqlxValues(Values(values))) = match dialect {
            Dialect::Sqlite => statement.build_sqlx(SqliteQueryBuilder),
            Dialect::Postgres => statement.build_sqlx(PostgresQueryBuilder),
        };
        let places = values.into_iter().map(|value| match value {
            Value::SmallUnsigned(Some(number)) => Place::Slot(number),
            constant => Place::Constant(constant),
        });
        Self { text: text.into(), places: places.collect() }
    }

    /// The text, without being copied.
    pub(crate) fn sql(&self) -> SqlStr {
        AssertSqlSafe(Arc::clone(&self.text)).into_sql_str()
    }

    /// The values in the order of the text; `value` says what a slot holds this time.
    pub(crate) fn values(&self, value: impl Fn(u16) -> Value) -> SqlxValues {
        let values = self.places.iter().map(|place| match place {
            Place::Slot(number) => value(*number),
            Place::Constant(constant) => constant.clone(),
        });
        SqlxValues(Values(values.collect()))
    }
}

/// Statements by their shape. There are few shapes, and each is rendered once in the life of the process.
#[derive(Debug)]
pub(crate) struct Shelf<Shape: 'static>(LazyLock<RwLock<Places<Shape>>>);

type Places<Shape> = HashMap<(Dialect, Shape), Arc<Kept>>;

impl<Shape: Hash + Eq + Copy> Shelf<Shape> {
    pub(crate) const fn new() -> Self {
        Self(LazyLock::new(RwLock::default))
    }

    pub(crate) fn get(&self, dialect: Dialect, shape: Shape, render: impl FnOnce() -> Kept) -> Arc<Kept> {
        if let Some(kept) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&(dialect, shape)) {
            return Arc::clone(kept);
        }
        let mut shelf = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shelf.entry((dialect, shape)).or_insert_with(|| Arc::new(render())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{Alias, ExprTrait, Query};

    #[test]
    fn values_come_in_the_order_of_the_text() {
        for (dialect, text) in [
            (Dialect::Sqlite, r#"SELECT "a" FROM "t" WHERE "b" = ? AND "c" = ? AND "d" = ?"#),
            (Dialect::Postgres, r#"SELECT "a" FROM "t" WHERE "b" = $1 AND "c" = $2 AND "d" = $3"#),
        ] {
            let statement = Query::select()
                .column(Alias::new("a"))
                .from(Alias::new("t"))
                .and_where(Expr::col(Alias::new("b")).eq(slot(1)))
                .and_where(Expr::col(Alias::new("c")).eq("x"))
                .and_where(Expr::col(Alias::new("d")).eq(slot(0)))
                .to_owned();
            let kept = Kept::render(&statement, dialect);
            assert_eq!(kept.sql().as_str(), text);
            let values = kept.values(|number| Value::from(i64::from(number)));
            assert_eq!(values.0.0, [Value::from(1_i64), Value::from("x"), Value::from(0_i64)]);
        }
    }

    #[test]
    fn each_shape_is_rendered_once() {
        let shelf = Shelf::new();
        let render = || Kept::render(&Query::select().expr(slot(0)).to_owned(), Dialect::Sqlite);
        let first = shelf.get(Dialect::Sqlite, 1, render);
        let again = shelf.get(Dialect::Sqlite, 1, || unreachable!("it is kept"));
        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &shelf.get(Dialect::Postgres, 1, render)));
        assert!(!Arc::ptr_eq(&first, &shelf.get(Dialect::Sqlite, 2, render)));
    }
}
