//! Looking for secrets in bytes and files.

use std::path::{Path, PathBuf};

/// Secrets, each in the forms in which it could have been written.
pub(crate) struct Canaries(Vec<(String, Vec<Vec<u8>>)>);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The characters of base64 that do not depend on what stands before (`skipped` bytes of a group) and behind.
fn base64(text: &[u8], skipped: usize) -> Vec<u8> {
    let whole = text.get((3 - skipped) % 3..).unwrap_or_default();
    let groups = whole.chunks_exact(3).flat_map(|g| {
        let bits = u32::from(g[0]) << 16 | u32::from(g[1]) << 8 | u32::from(g[2]);
        [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize])
    });
    groups.collect()
}

fn forms(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let mut all = vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for skipped in 0..3 {
        let standard = base64(bytes, skipped);
        let url = standard.iter().map(|c| match c {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
        all.push(url.collect());
        all.push(standard);
    }
    all
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let (Some(first), true) = (part.first(), bytes.len() >= part.len()) else {
        return false;
    };
    let starts = bytes[..=bytes.len() - part.len()]
        .iter()
        .enumerate()
        .filter(|(_, b)| *b == first);
    starts
        .map(|(at, _)| &bytes[at..at + part.len()])
        .any(|found| found == part)
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

/// In how many files below a folder a text is.
pub(crate) fn hits(folder: &Path, text: &str) -> usize {
    let has = |path: &PathBuf| contains(&std::fs::read(path).expect("a file"), text.as_bytes());
    files(folder).iter().filter(|path| has(path)).count()
}

impl Canaries {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, name: &str, secret: &str) {
        assert!(secret.len() >= 16, "{name} is too short to be looked for");
        self.0.push((name.to_owned(), forms(secret)));
    }

    /// None of the secrets so far is in these bytes.
    pub(crate) fn absent(&self, place: &str, bytes: &[u8]) {
        for (name, forms) in &self.0 {
            let there = forms.iter().any(|form| contains(bytes, form));
            assert!(!there, "the {name} is in {place}");
        }
    }

    /// None is in a file below a folder; the files.
    pub(crate) fn absent_below(&self, folder: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for path in files(folder) {
            let name = path
                .strip_prefix(folder)
                .expect("below it")
                .to_string_lossy()
                .into_owned();
            self.absent(&name, &std::fs::read(&path).expect("a file"));
            names.push(name);
        }
        names
    }
}

#[test]
fn a_secret_is_found_in_every_form_and_at_every_place_of_a_group() {
    let mut canaries = Canaries::new();
    canaries.add("secret", "a secret of 25 characters");
    let found = |bytes: &[u8]| {
        let there = std::panic::catch_unwind(|| canaries.absent("a file", bytes));
        there.is_err()
    };
    for known in [
        "xx a secret of 25 characters",
        "6120736563726574206f662032352063686172616374657273",
        // Base64 of the secret behind nothing, one and two bytes.
        "YSBzZWNyZXQgb2YgMjUgY2hhcmFjdGVycw==",
        "eGEgc2VjcmV0IG9mIDI1IGNoYXJhY3RlcnM=",
        "eHhhIHNlY3JldCBvZiAyNSBjaGFyYWN0ZXJz",
    ] {
        assert!(found(known.as_bytes()), "{known}");
    }
    assert!(!found(b"another secret of 25 characters".split_at(8).0));
}
