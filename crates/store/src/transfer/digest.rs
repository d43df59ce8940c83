//! A checksum over rows that is the same for the same rows of either database.

use sha2::{Digest as _, Sha256};

use crate::sql::Cell;

/// Rows counted and hashed in their order.
#[derive(Debug, Clone, Default)]
pub struct Digest {
    rows: u64,
    hash: Sha256,
}

impl Digest {
    /// Adds a row.
    pub fn add(&mut self, row: &[Cell]) {
        self.rows += 1;
        self.hash.update((row.len() as u64).to_be_bytes());
        for cell in row {
            match cell {
                Cell::Null => self.hash.update([0]),
                Cell::Integer(value) => {
                    self.hash.update([1]);
                    self.hash.update(value.to_be_bytes());
                }
                Cell::Real(value) => {
                    self.hash.update([2]);
                    self.hash.update(value.to_bits().to_be_bytes());
                }
                Cell::Text(text) => self.sized(3, text.as_bytes()),
                Cell::Bytes(bytes) => self.sized(4, bytes),
            }
        }
    }

    fn sized(&mut self, tag: u8, bytes: &[u8]) {
        self.hash.update([tag]);
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// SHA-256 in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        let hash = self.hash.clone().finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_differ_in_anything_have_another_checksum() {
        let of = |rows: &[&[Cell]]| {
            let mut digest = Digest::default();
            rows.iter().for_each(|row| digest.add(row));
            digest.sha256()
        };
        let text = |t: &str| Cell::Text(t.to_owned());
        let all = [
            of(&[]),
            of(&[&[Cell::Null]]),
            of(&[&[Cell::Integer(0)]]),
            of(&[&[text("")]]),
            of(&[&[text("ab"), text("c")]]),
            of(&[&[text("a"), text("bc")]]),
            of(&[&[text("ab")], &[text("c")]]),
            of(&[&[Cell::Bytes(b"ab".to_vec())], &[text("c")]]),
            of(&[&[Cell::Real(0.0)]]),
            of(&[&[Cell::Real(-0.0)]]),
        ];
        let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
