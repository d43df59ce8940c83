//! What PostgreSQL wants said differently in a migration.
//!
//! | written | in PostgreSQL | why |
//! |---|---|---|
//! | `TEXT` | `TEXT COLLATE "C"` | text sorts by its bytes as in SQLite, whatever the database's locale is |
//! | `BLOB` | `BYTEA` | its name there |
//!
//! Only whole words outside of comments, quoted names and strings are replaced; `AS TEXT` of a cast stays.

/// The text of a migration for PostgreSQL.
#[must_use]
pub fn postgres(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    let mut before = String::new();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            // A doubled quote inside begins another quoted piece right behind, which comes to the same.
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (piece, behind) = rest.split_at(taken);
        if is_word(first) {
            let word = piece.to_ascii_uppercase();
            out.push_str(match word.as_str() {
                "TEXT" if before != "AS" => "TEXT COLLATE \"C\"",
                "BLOB" => "BYTEA",
                _ => piece,
            });
            before = word;
        } else {
            out.push_str(piece);
        }
        rest = behind;
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::postgres;

    #[test]
    fn text_is_collated_by_bytes_and_blobs_have_their_name() {
        assert_eq!(
            postgres("CREATE TABLE a (b TEXT NOT NULL, c BLOB, d text);"),
            "CREATE TABLE a (b TEXT COLLATE \"C\" NOT NULL, c BYTEA, d TEXT COLLATE \"C\");"
        );
    }

    #[test]
    fn comments_strings_names_and_casts_stay_as_they_are() {
        for text in [
            "-- as decimal TEXT, don't sum\nSELECT 1;",
            "INSERT INTO a VALUES ('TEXT', 'it''s TEXT');",
            "SELECT \"TEXT\" FROM a;",
            "SELECT CAST(b AS TEXT) FROM a;",
            "SELECT context, TEXT_a, é FROM a",
        ] {
            assert_eq!(postgres(text), text);
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_runs_to_the_end() {
        assert_eq!(postgres("SELECT 'TEXT"), "SELECT 'TEXT");
    }
}
