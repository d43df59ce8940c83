//! What secrets look like.

use regex::bytes::{Regex, RegexSet};
use sha2::{Digest, Sha256};

use crate::scan::Finding;

/// Bits a character that a random text of base64 or letters has and words have not.
const ENTROPY_BITS: f64 = 3.7;

/// Name and pattern; the first group, where there is one, is the secret, otherwise the whole match.
const PATTERNS: &[(&str, &str)] = &[
    (
        "private-key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    ),
    ("aws-access-key", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b"),
    (
        "aws-secret-key",
        r#"(?i)aws_?secret_?(?:access_?)?key["']?\s*[:=]\s*["']?([A-Za-z0-9/+]{40})\b"#,
    ),
    ("google-api-key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("google-service-account", r#""type"\s*:\s*"service_account""#),
    (
        "github-token",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
    ),
    ("gitlab-token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("slack-token", r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
    ("stripe-key", r"\b[sr]k_live_[A-Za-z0-9]{16,}"),
    (
        "json-web-token",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    ),
    (
        "registry-token",
        r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,})",
    ),
    ("model-key", r"\bsk-(?:ant-|proj-)[A-Za-z0-9_-]{32,}"),
    ("azure-key", r"\bAccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    ("tradewind-key", r"\btwk_[0-9a-z]{6,}_[A-Za-z0-9_-]{40,}"),
    (
        "tradewind-root-key",
        r#"TRADEWIND_SECRET_KEYS["']?\s*[:=]\s*["']?([A-Za-z0-9_-]{43})"#,
    ),
    (
        "url-with-password",
        r#"\b[a-z][a-z0-9+.-]{2,}://[^\s:/@"'<>{}$`\\?#]+:([^\s:/@"'<>{}$`\\]{6,})@[A-Za-z0-9\[]"#,
    ),
    (
        "assigned-secret",
        r#"(?i)(?:secret|token|passw(?:or)?d|api_?key|access_?key|credential|mnemonic)[a-z0-9_]*["']?\s*(?::=|=>|=|:)\s*(?:b|r)?["'`]([A-Za-z0-9+/_=.-]{20,})["'`]"#,
    ),
];

/// Passwords of URLs in documents.
const PLACEHOLDERS: &[&[u8]] = &[b"password", b"PASSWORD", b"secret", b"SECRET", b"changeme"];

pub(crate) struct Rules {
    any: RegexSet,
    each: Vec<(&'static str, Regex)>,
}

impl Rules {
    pub(crate) fn new() -> Self {
        let each = PATTERNS
            .iter()
            .map(|(name, text)| (*name, Regex::new(text).expect("a pattern")));
        Self {
            any: RegexSet::new(PATTERNS.iter().map(|(_, text)| text)).expect("patterns"),
            each: each.collect(),
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.each.iter().map(|(name, _)| *name)
    }

    /// Looks over one line of a file.
    pub(crate) fn scan(&self, line: &[u8], path: &str, place: impl Fn() -> String) -> Vec<Finding> {
        let mut found = Vec::new();
        for matched in &self.any.matches(line) {
            let (rule, pattern) = &self.each[matched];
            for groups in pattern.captures_iter(line) {
                let whole = groups.get(0).map(|m| m.as_bytes()).unwrap_or_default();
                let secret = groups.get(1).map_or(whole, |m| m.as_bytes());
                if is_secret(rule, secret) {
                    found.push(Finding {
                        rule,
                        place: place(),
                        fingerprint: fingerprint(rule, path, secret),
                        beginning: String::from_utf8_lossy(&secret[..secret.len().min(4)]).into_owned(),
                    });
                }
            }
        }
        found
    }
}

fn is_secret(rule: &str, text: &[u8]) -> bool {
    match rule {
        "assigned-secret" => {
            let digits = text.iter().any(u8::is_ascii_digit);
            let letters = text.iter().any(u8::is_ascii_alphabetic);
            digits && letters && entropy(text) >= ENTROPY_BITS
        }
        "url-with-password" => !PLACEHOLDERS.contains(&text),
        _ => true,
    }
}

/// Shannon's entropy of the text's own bytes, in bits a byte.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let length = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    counts
        .iter()
        .filter(|c| **c > 0)
        .map(share)
        .map(|p| -p * p.log2())
        .sum()
}

/// Names a secret without telling it. A line that only says that a secret follows is named with its file.
fn fingerprint(rule: &str, path: &str, text: &[u8]) -> String {
    let mut hash = Sha256::new();
    if matches!(rule, "private-key" | "google-service-account") {
        hash.update(path.as_bytes());
        hash.update([0]);
    }
    hash.update(text);
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
