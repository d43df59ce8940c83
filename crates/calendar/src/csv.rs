//! Small CSV tables: a header that names columns in any order and case, quoted fields, line numbers for refusals.

use std::borrow::Cow;

/// Why a file as a whole cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CsvError {
    /// There is nothing in it.
    #[error("the file is empty; its first line has to name the columns")]
    Empty,
    /// A column is missing.
    #[error("column `{column}` is missing; the header has {found}")]
    MissingColumn {
        /// Which.
        column: &'static str,
        /// What the header names.
        found: String,
    },
    /// It is too long.
    #[error("the file has more than {max} lines")]
    TooManyLines {
        /// The most.
        max: usize,
    },
}

/// A table with named columns.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    columns: Vec<String>,
    lines: Vec<(usize, &'a str)>,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row<'t, 'a> {
    /// Which line of the file, the header = 1.
    pub(crate) line: usize,
    columns: &'t [String],
    fields: Vec<Cow<'a, str>>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(text: &'a str, wanted: &[&'static str], lines_max: usize) -> Result<Self, CsvError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(i, line)| (i + 1, line))
            .filter(|(_, line)| !line.trim().is_empty());
        let (_, header) = lines.next().ok_or(CsvError::Empty)?;
        let columns: Vec<String> = split(header)
            .iter()
            .map(|c| c.trim().to_ascii_lowercase())
            .collect();
        for column in wanted {
            if !columns.iter().any(|c| c == column) {
                let found = columns.join(",").chars().take(200).collect();
                return Err(CsvError::MissingColumn { column, found });
            }
        }
        let lines: Vec<_> = lines.take(lines_max + 1).collect();
        if lines.len() > lines_max {
            return Err(CsvError::TooManyLines { max: lines_max });
        }
        Ok(Self { columns, lines })
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_, 'a>> {
        self.lines.iter().map(|(line, text)| Row {
            line: *line,
            columns: &self.columns,
            fields: split(text),
        })
    }
}

impl Row<'_, '_> {
    /// The field of a column, trimmed; empty when the row or the table has it not.
    pub(crate) fn get(&self, column: &str) -> &str {
        let at = self.columns.iter().position(|c| c == column);
        at.and_then(|at| self.fields.get(at))
            .map_or("", |field| field.trim())
    }
}

/// The fields of a line; within double quotes commas count as text, and a doubled quote as one.
fn split(line: &str) -> Vec<Cow<'_, str>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start();
        let (field, after) = match trimmed.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => match rest.split_once(',') {
                Some((field, after)) => (Cow::Borrowed(field), Some(after)),
                None => (Cow::Borrowed(rest), None),
            },
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return fields,
        }
    }
}

/// The text up to the closing quote, and what follows the next comma.
fn unquote(quoted: &str) -> (Cow<'_, str>, Option<&str>) {
    let mut text = String::new();
    let mut rest = quoted;
    loop {
        let Some((before, after)) = rest.split_once('"') else {
            text.push_str(rest);
            return (Cow::Owned(text), None);
        };
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => return (Cow::Owned(text), after.split_once(',').map(|(_, after)| after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_empty_fields_are_kept_apart() {
        assert_eq!(split(r#"a,,"b, ""c""",d"#), ["a", "", r#"b, "c""#, "d"]);
        assert_eq!(split(r#""open end"#), ["open end"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("a,"), ["a", ""]);
    }

    #[test]
    fn columns_are_found_by_name_and_lines_keep_their_numbers() {
        let table = Table::new("Name,DATE\n\nx,1\n", &["date"], 10).expect("a table");
        let row = table.rows().next().expect("a row");
        assert_eq!(
            (row.line, row.get("date"), row.get("name"), row.get("none")),
            (3, "1", "x", "")
        );
        assert_eq!(Table::new("", &[], 1).expect_err("refused"), CsvError::Empty);
        assert!(matches!(
            Table::new("a\n1\n2", &[], 1),
            Err(CsvError::TooManyLines { max: 1 })
        ));
        assert!(matches!(
            Table::new("a", &["b"], 1),
            Err(CsvError::MissingColumn { column: "b", .. })
        ));
    }
}
