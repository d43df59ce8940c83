//! What looks like a secret and is none.

use crate::scan::Finding;

/// Rules with fingerprints.
pub(crate) struct AllowList(Vec<(String, String)>);

impl AllowList {
    /// Lines of `RULE FINGERPRINT REASON`; `#` begins a comment.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for line in text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
        {
            let mut words = line.splitn(3, ' ');
            let (Some(rule), Some(print), Some(reason)) = (words.next(), words.next(), words.next()) else {
                return Err(format!("`{line}`: RULE FINGERPRINT REASON is expected"));
            };
            if print.len() != 16 || reason.trim().len() < 10 {
                return Err(format!("`{line}`: 16 hex digits and a reason are expected"));
            }
            entries.push((rule.to_owned(), print.to_owned()));
        }
        Ok(Self(entries))
    }

    pub(crate) fn has(&self, finding: &Finding) -> bool {
        let same = |(rule, print): &(String, String)| rule == finding.rule && *print == finding.fingerprint;
        self.0.iter().any(same)
    }

    /// Entries that allow nothing that was found.
    pub(crate) fn unused(&self, findings: &[Finding]) -> Vec<String> {
        let used =
            |rule: &str, print: &str| findings.iter().any(|f| f.rule == rule && f.fingerprint == print);
        let unused = self.0.iter().filter(|(rule, print)| !used(rule, print));
        unused.map(|(rule, print)| format!("{rule} {print}")).collect()
    }
}
