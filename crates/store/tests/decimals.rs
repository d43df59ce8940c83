//! No statement of the program sums, sorts or compares decimals in SQL: they are text there.

use std::path::{Path, PathBuf};

use tradewind_store::projection::TABLES;

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "sql") {
            found.push(path);
        }
    }
}

/// SQL statements in a text: from a verb to the end of the string that holds it.
fn statements(text: &str) -> Vec<String> {
    let flat = text.replace("\\\n", " ");
    let literals = flat.split('"').skip(1).step_by(2);
    let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE "];
    let is_sql = |s: &&str| verbs.iter().any(|verb| s.contains(verb));
    literals
        .filter(is_sql)
        .map(|s| s.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|w| !w.is_empty())
        .collect()
}

/// What is wrong with a statement, given the decimal columns of the tables it names.
fn fault(statement: &str) -> Option<String> {
    let named = words(statement);
    let columns = TABLES
        .iter()
        .filter(|t| named.contains(&t.name))
        .flat_map(|t| t.decimals);
    for column in columns {
        for function in ["SUM", "TOTAL", "AVG", "MIN", "MAX", "CAST", "ABS"] {
            if statement.contains(&format!("{function}({column}")) {
                return Some(format!("{function}({column})"));
            }
        }
        if let Some((_, sorted)) = statement.split_once("ORDER BY ")
            && words(sorted.split(" LIMIT").next().unwrap_or_default()).contains(column)
        {
            return Some(format!("ORDER BY {column}"));
        }
        for sign in ["<", ">", "+", "-", "*", "BETWEEN"] {
            if statement.contains(&format!("{column} {sign}"))
                || statement.contains(&format!("{sign} {column}"))
            {
                return Some(format!("{column} {sign}"));
            }
        }
    }
    None
}

#[test]
fn no_statement_sums_sorts_or_compares_a_decimal_column() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for name in ["store", "server", "cli"] {
        sources(&crates.join(name).join("src"), &mut files);
    }
    let mut seen = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        for statement in statements(&text) {
            seen += usize::from(statement.contains(" p_"));
            if let Some(fault) = fault(&statement) {
                panic!("{}: {fault} in `{statement}`", file.display());
            }
        }
    }
    assert!(
        seen > 20,
        "only {seen} statements on projections were found: the scan is blind"
    );
}

#[test]
fn the_scan_sees_the_faults_it_looks_for() {
    for bad in [
        "SELECT SUM(balance) FROM p_balances",
        "SELECT * FROM p_fills ORDER BY price DESC LIMIT 5",
        "SELECT * FROM p_fills WHERE quantity > $1",
        "SELECT MAX(equity) FROM p_equity",
    ] {
        assert!(fault(bad).is_some(), "not seen: {bad}");
    }
    assert_eq!(
        fault("SELECT price FROM p_fills WHERE seq < $1 ORDER BY seq DESC LIMIT 5"),
        None
    );
}

#[test]
fn every_decimal_column_of_the_schema_is_listed_and_is_text() {
    let schema = concat!(
        include_str!("../migrations/0002_projections.up.sql"),
        include_str!("../migrations/0003_bookkeeping.up.sql"),
        include_str!("../migrations/0004_order_terms.up.sql"),
    );
    for table in TABLES {
        // A table that was made anew is what its last migration says.
        let (_, rest) = schema
            .rsplit_once(&format!("CREATE TABLE {}_next (", table.name))
            .or_else(|| schema.rsplit_once(&format!("CREATE TABLE {} (", table.name)))
            .expect("in the schema");
        let body = rest.split_once(");").expect("a whole statement").0;
        for column in table.decimals {
            let line = body
                .lines()
                .find(|l| l.trim().starts_with(&format!("{column} ")))
                .expect("a column");
            assert!(line.contains(" TEXT"), "{}.{column}: {line}", table.name);
        }
        for key in table.key {
            assert!(words(body).contains(key), "{}.{key}", table.name);
        }
    }
    assert!(!schema.contains("REAL") && !schema.contains("NUMERIC") && !schema.contains("DOUBLE"));
}
