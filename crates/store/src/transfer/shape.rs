//! What tables a database has, asked of itself.

use std::collections::BTreeSet;

use crate::StoreError;
use crate::sql::{Tx, query};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// BIGINT.
    Integer,
    /// DOUBLE PRECISION.
    Real,
    /// BOOLEAN.
    Bool,
    /// TEXT.
    Text,
    /// BLOB, BYTEA.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<Column>,
    /// Its primary key, in order.
    pub key: Vec<String>,
    /// Other tables that its rows refer to.
    pub references: BTreeSet<String>,
}

/// A name as both databases take it, whatever words they reserve.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl TableShape {
    pub(crate) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|c| quoted(&c.name)).collect();
        names.join(", ")
    }

    pub(crate) fn key_list(&self) -> String {
        let names: Vec<String> = self.key.iter().map(|name| quoted(name)).collect();
        names.join(", ")
    }
}

/// The table of migrations, which belongs to the database and is not copied.
pub(crate) const MIGRATIONS: &str = "schema_migrations";

/// All tables but that of the migrations, those that others refer to first.
///
/// # Errors
/// Those of the database; [`StoreError::Schema`] for a table without a key, or of a type that no migration makes.
pub async fn tables(tx: &mut Tx) -> Result<Vec<TableShape>, StoreError> {
    let names = if tx.is_postgres() {
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
         WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let mut found = Vec::new();
    for row in query(names).fetch_all(&mut *tx).await? {
        let name: String = row.at(0)?;
        if name != MIGRATIONS {
            found.push(table(tx, name).await?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    in_order(found)
}

async fn table(tx: &mut Tx, name: String) -> Result<TableShape, StoreError> {
    let (columns, key, references) = if tx.is_postgres() {
        (
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1",
            "SELECT CAST(a.attname AS TEXT) FROM pg_constraint c
             CROSS JOIN unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
             WHERE c.contype = 'p' AND c.conrelid = to_regclass($1) ORDER BY k.place",
            "SELECT CAST(r.relname AS TEXT) FROM pg_constraint c JOIN pg_class r ON r.oid = c.confrelid
             WHERE c.contype = 'f' AND c.conrelid = to_regclass($1)",
        )
    } else {
        (
            "SELECT name, type FROM pragma_table_info($1)",
            "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk",
            "SELECT \"table\" FROM pragma_foreign_key_list($1)",
        )
    };
    let mut shape = TableShape {
        columns: Vec::new(),
        key: Vec::new(),
        references: BTreeSet::new(),
        name,
    };
    for row in query(columns).bind(&shape.name).fetch_all(&mut *tx).await? {
        let (name, declared): (String, String) = (row.at(0)?, row.at(1)?);
        let kind = kind(&declared).ok_or_else(|| {
            StoreError::Schema(format!("column {}.{name} has the type {declared}", shape.name))
        })?;
        shape.columns.push(Column { name, kind });
    }
    shape.columns.sort_by(|a, b| a.name.cmp(&b.name));
    for row in query(key).bind(&shape.name).fetch_all(&mut *tx).await? {
        shape.key.push(row.at(0)?);
    }
    for row in query(references).bind(&shape.name).fetch_all(tx).await? {
        let other: String = row.at(0)?;
        if other != shape.name {
            shape.references.insert(other);
        }
    }
    if shape.key.is_empty() {
        return Err(StoreError::Schema(format!(
            "table {} has no primary key",
            shape.name
        )));
    }
    Ok(shape)
}

fn kind(declared: &str) -> Option<Kind> {
    Some(match declared.to_ascii_uppercase().as_str() {
        "BIGINT" => Kind::Integer,
        "DOUBLE PRECISION" => Kind::Real,
        "BOOLEAN" => Kind::Bool,
        "TEXT" => Kind::Text,
        "BLOB" | "BYTEA" => Kind::Bytes,
        _ => return None,
    })
}

/// Every table behind those that it refers to.
fn in_order(mut tables: Vec<TableShape>) -> Result<Vec<TableShape>, StoreError> {
    let mut done: Vec<TableShape> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let there = |name: &String| done.iter().any(|table| table.name == *name);
        let Some(next) = tables.iter().position(|table| table.references.iter().all(there)) else {
            let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
            return Err(StoreError::Schema(format!(
                "tables refer to each other in a circle: {}",
                names.join(", ")
            )));
        };
        done.push(tables.remove(next));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, references: &[&str]) -> TableShape {
        TableShape {
            name: name.to_owned(),
            columns: Vec::new(),
            key: Vec::new(),
            references: references.iter().map(|r| (*r).to_owned()).collect(),
        }
    }

    #[test]
    fn tables_come_behind_those_they_refer_to() {
        let tables = vec![table("a", &["c"]), table("b", &[]), table("c", &["b"])];
        let order: Vec<String> = in_order(tables)
            .expect("ordered")
            .into_iter()
            .map(|t| t.name)
            .collect();
        assert_eq!(order, ["b", "c", "a"]);
        assert!(
            in_order(vec![table("a", &["b"]), table("b", &["a"])]).is_err(),
            "a circle has no order"
        );
    }
}
