//! The chain: every row's hash covers the row and the hash of the one before.
//!
//! ```text
//! hash(n) = SHA-256( "tradewind audit v1" 0x00 ‖ hash(n−1) ‖ seq ‖ ts ‖ (length ‖ bytes) of each text )
//! ```
//! Numbers are 8 bytes, little-endian; the first row follows 32 zero bytes. Lengths keep two texts from being moved into
//! each other. Personal parts enter as the ciphertext that is stored, so that the chain holds when their keys are gone.

use sha2::{Digest, Sha256};

use super::AuditRow;
use crate::db::to_sql;

const DOMAIN: &[u8] = b"tradewind audit v1\0";

/// A hash of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// What the first row follows.
    pub const GENESIS: Self = Self([0; 32]);

    /// As it is stored: 64 hex digits.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads what [`Self::text`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 64 || !text.bytes().all(lower) {
            return None;
        }
        let mut bytes = [0; 32];
        for (i, out) in bytes.iter_mut().enumerate() {
            *out = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// The end of the chain, or a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Number of the row; 0 before the first.
    pub seq: i64,
    /// Its hash.
    pub hash: ChainHash,
}

impl Head {
    /// What comes of it with the next row.
    #[must_use]
    pub fn next(&self, row: &AuditRow) -> Self {
        let seq = self.seq.saturating_add(1);
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(self.hash.0);
        hash.update(seq.to_le_bytes());
        hash.update(to_sql(row.ts).to_le_bytes());
        let texts = [
            row.org.as_str(),
            &row.actor,
            &row.action,
            &row.subject,
            &row.outcome,
            &row.ip,
            &row.correlation_id,
            &row.detail,
            &row.person,
            &row.personal,
        ];
        for text in texts {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        Self {
            seq,
            hash: ChainHash(hash.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::UnixNanos;

    fn row() -> AuditRow {
        AuditRow {
            org: "desk".parse().expect("id"),
            ts: UnixNanos(1_795_338_000_000_000_000),
            actor: "u1".to_owned(),
            action: "user.change".to_owned(),
            subject: "u2".to_owned(),
            outcome: "OK".to_owned(),
            ip: String::new(),
            correlation_id: "c1".to_owned(),
            detail: "{}".to_owned(),
            person: String::new(),
            personal: String::new(),
        }
    }

    #[test]
    fn the_hash_of_the_first_row_is_what_another_program_computes() {
        // python3: sha256(b"tradewind audit v1\0" + bytes(32) + (1).to_bytes(8,"little") + ts.to_bytes(8,"little") +
        // b"".join(len(t).to_bytes(8,"little") + t for t in texts)).hexdigest()
        let first = Head::default().next(&row());
        assert_eq!(first.seq, 1);
        assert_eq!(
            first.hash.text(),
            "2e135c13a8fafa1872f06cf1167ab29d53688bc6acfad5583858b9a6fbfcbb7a"
        );
        let second = first.next(&row());
        assert_eq!(
            (second.seq, second.hash.text().as_str()),
            (
                2,
                "b02ca867ae070901423990024a6731b1ab60459d4724d4b063701dbec54a2cf8"
            )
        );
    }

    #[test]
    fn every_field_enters_and_texts_cannot_be_moved_into_each_other() {
        let whole = Head::default().next(&row());
        let fields: [fn(&mut AuditRow) -> &mut String; 9] = [
            |r| &mut r.actor,
            |r| &mut r.action,
            |r| &mut r.subject,
            |r| &mut r.outcome,
            |r| &mut r.ip,
            |r| &mut r.correlation_id,
            |r| &mut r.detail,
            |r| &mut r.person,
            |r| &mut r.personal,
        ];
        for field in fields {
            let mut changed = row();
            field(&mut changed).push('x');
            assert_ne!(Head::default().next(&changed), whole);
        }
        let mut changed = row();
        changed.ts = UnixNanos(1);
        assert_ne!(Head::default().next(&changed), whole);
        let mut moved = row();
        moved.actor = "u1u".to_owned();
        moved.action = "ser.change".to_owned();
        assert_ne!(Head::default().next(&moved), whole);
    }

    #[test]
    fn a_hash_is_read_as_it_is_written_and_nothing_else_is() {
        let hash = Head::default().next(&row()).hash;
        let text = hash.text();
        assert_eq!(ChainHash::parse(&text), Some(hash));
        for wrong in [
            "",
            &text[1..],
            &text.to_uppercase(),
            &format!("{text}0"),
            &"+".repeat(64),
        ] {
            assert_eq!(ChainHash::parse(wrong), None, "{wrong}");
        }
    }
}
