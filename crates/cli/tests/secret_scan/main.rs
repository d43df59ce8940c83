//! The repository and its history hold no secrets.
//!
//! [`rules`] says what a secret looks like, [`scan`] reads the files and what every commit added. What only looks like
//! one is listed in `tools/secret-scan-allow.txt`, each with its reason.

mod allow;
mod rules;
mod scan;

use std::path::{Path, PathBuf};

use allow::AllowList;
use rules::Rules;
use scan::{Finding, Repository};

const ALLOWED: &str = "tools/secret-scan-allow.txt";

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .expect("crates/cli is in the repository")
        .to_owned()
}

fn shown(findings: &[&Finding]) -> String {
    findings.iter().map(|f| format!("\n  {f}")).collect()
}

#[test]
fn the_repository_and_its_history_hold_no_secrets() {
    let Some(repository) = Repository::open(&root()) else {
        println!("skipped: this is no git repository, or there is no git");
        return;
    };
    let text = std::fs::read_to_string(root().join(ALLOWED)).expect("the allow-list");
    let allowed = AllowList::parse(&text).expect("a well-formed allow-list");
    let rules = Rules::new();
    let mut findings = repository.files(&rules);
    findings.extend(repository.history(&rules));
    let secrets: Vec<&Finding> = findings.iter().filter(|f| !allowed.has(f)).collect();
    assert!(
        secrets.is_empty(),
        "these look like secrets. A true one is void from now on: revoke it. One that only looks like it goes into \
         {ALLOWED} with its rule, fingerprint and reason:{}",
        shown(&secrets)
    );
    if !repository.is_shallow() {
        let unused = allowed.unused(&findings);
        assert!(unused.is_empty(), "{ALLOWED} lists what is not there: {unused:?}");
    }
}

/// Secrets of every kind, put together here so that this file holds none.
fn planted() -> Vec<(&'static str, String)> {
    let long = "q8Zr3vT1xK7mB5nL9pW2sD4fG6hJ0cYq8Zr3vT1xK7mB5nL9pW2sD4fG6hJ0cY";
    let cut = |n: usize| &long[..n];
    vec![
        (
            "private-key",
            format!("-----BEGIN {} KEY-----", "OPENSSH PRIVATE"),
        ),
        ("private-key", format!("-----BEGIN {} KEY-----", "PRIVATE")),
        (
            "aws-access-key",
            format!("id = {}{}", "AKIA", "Q3EXAMPLE7ZXCVBN".replace("7", "5")),
        ),
        (
            "aws-secret-key",
            format!("AWS_SECRET_ACCESS_KEY={}{}", cut(30), "Q8Zr3vT1xK"),
        ),
        ("google-api-key", format!("key: {}{}", "AIza", cut(35))),
        (
            "google-service-account",
            format!("\"type\": \"{}_account\"", "service"),
        ),
        ("github-token", format!("{}_{}", "ghp", cut(36))),
        ("github-token", format!("{}_pat_{}", "github", cut(40))),
        ("gitlab-token", format!("{}-{}", "glpat", cut(20))),
        ("slack-token", format!("{}-{}", "xoxb", cut(24))),
        ("stripe-key", format!("{}_live_{}", "sk", cut(24))),
        (
            "json-web-token",
            format!("{}J{}.{}J{}.{}", "ey", cut(20), "ey", cut(30), cut(43)),
        ),
        ("registry-token", format!("{}_{}", "npm", cut(36))),
        ("registry-token", format!("{}-{}", "pypi", cut(60))),
        ("model-key", format!("{}-ant-{}", "sk", cut(40))),
        ("azure-key", format!("{}={}==", "AccountKey", cut(60))),
        ("tradewind-key", format!("{}_0a1b2c3d_{}", "twk", cut(43))),
        (
            "tradewind-root-key",
            format!("{}={}", "TRADEWIND_SECRET_KEYS", cut(43)),
        ),
        (
            "url-with-password",
            format!("postgres://trader:{}@db.internal/desk", cut(12)),
        ),
        ("assigned-secret", format!("let api_secret = \"{}\";", cut(32))),
        (
            "assigned-secret",
            format!("  \"webhook_token\": \"{}\",", cut(28)),
        ),
    ]
}

#[test]
fn a_planted_secret_of_every_kind_is_found_in_the_files_and_in_the_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(repository) = Repository::create(folder.path()) else {
        println!("skipped: there is no git");
        return;
    };
    let rules = Rules::new();
    let kinds: Vec<&str> = planted().into_iter().map(|(kind, _)| kind).collect();
    assert!(
        rules.names().all(|name| kinds.contains(&name)),
        "a rule without a planted secret"
    );
    repository.commit("notes.txt", b"nothing to see\n", "Begin");
    assert!(repository.files(&rules).is_empty() && repository.history(&rules).is_empty());

    for (number, (kind, line)) in planted().into_iter().enumerate() {
        let name = format!("planted-{number}.txt");
        let found = |findings: Vec<Finding>| {
            findings
                .iter()
                .any(|f| f.rule == kind && f.place.ends_with(&format!("{name}:2")))
        };
        std::fs::write(folder.path().join(&name), format!("first\n{line}\n")).expect("written");
        assert!(
            found(repository.files(&rules)),
            "{kind}: not found before it was committed"
        );
        repository.commit(&name, format!("first\n{line}\n").as_bytes(), "Add a file");
        assert!(found(repository.files(&rules)), "{kind}: not found in the files");
        repository.remove(&name, "Take it back");
        assert!(
            !found(repository.files(&rules)),
            "{kind}: found where it no longer is"
        );
    }
    let history = repository.history(&rules);
    for (number, (kind, _)) in planted().into_iter().enumerate() {
        let name = format!("planted-{number}.txt");
        let there = history.iter().any(|f| f.rule == kind && f.place.contains(&name));
        assert!(
            there,
            "{kind}: not found in the history: {}",
            shown(&history.iter().collect::<Vec<_>>())
        );
    }

    let (_, token) = &planted()[6];
    repository.commit("more.txt", b"more\n", &format!("Mention {token}"));
    let message = repository
        .history(&rules)
        .into_iter()
        .find(|f| f.place.contains("message"));
    assert_eq!(message.expect("found in a commit's message").rule, "github-token");
    let mut binary = vec![0_u8, 159, 146, 150, b'\n'];
    binary.extend_from_slice(token.as_bytes());
    repository.commit("data.bin", &binary, "Add data");
    assert!(
        repository
            .files(&rules)
            .iter()
            .any(|f| f.place.contains("data.bin")),
        "not found in a binary file"
    );
}

#[test]
fn what_is_found_is_not_shown_and_allowed_by_its_fingerprint_alone() {
    let rules = Rules::new();
    let (_, token) = &planted()[6];
    let findings = rules.scan(token.as_bytes(), "a", || "a:1".to_owned());
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}")
    };
    assert!(!finding.to_string().contains(&token[6..]), "{finding}");
    let line = format!(
        "github-token {} not a secret: made up for a test\n",
        finding.fingerprint
    );
    let allowed = AllowList::parse(&format!("# comment\n\n{line}")).expect("well-formed");
    assert!(allowed.has(finding) && allowed.unused(&findings).is_empty());
    let other = rules.scan(token.replace("q8", "q9").as_bytes(), "a", || "a:1".to_owned());
    assert!(
        !allowed.has(&other[0]),
        "another secret passes by the fingerprint of this one"
    );
    let (_, header) = &planted()[0];
    let of = |path: &str| {
        rules.scan(header.as_bytes(), path, || path.to_owned())[0]
            .fingerprint
            .clone()
    };
    assert_ne!(
        of("a"),
        of("b"),
        "all private keys pass by the fingerprint of one"
    );
    assert!(
        AllowList::parse("github-token 0123456789abcdef").is_err(),
        "an entry without a reason"
    );
}

#[test]
fn ordinary_text_is_no_secret() {
    let rules = Rules::new();
    for line in [
        "let token = Secret::generate()?;",
        "password: \"three boats under the bridge\"",
        "const SESSION_COOKIE: &str = \"tw_session\";",
        "    \"integrity\": \"sha512-kPxk8mWvVmxcN0nZ1m2nV8Yc3bYI7h0oS3o1Qq5g8m4kq1v9j2w==\",",
        "checksum = \"4a1cf2e5b8a7d3c9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7\"",
        "postgres://user:password@host:port/database",
        "postgres://{user}:{password}@{host}/desk",
        "token_hash = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
        "https://example.org/a:b@c",
    ] {
        let found = rules.scan(line.as_bytes(), "a", || "a:1".to_owned());
        assert!(found.is_empty(), "{line}: {found:?}");
    }
}
