//! The map of crates is a rule: which crate may depend on which is written here, and `cargo metadata` has to agree.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate → the crates of ours that it may depend on (`dev-dependencies` are free among pure crates and below).
const ALLOWED: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("codecs", &["types"]),
    ("calendar", &["types"]),
    ("indicators", &["types"]),
    ("ledger", &["types"]),
    ("matching", &["types"]),
    ("analytics", &["types"]),
    ("wire", &["types"]),
    ("strategy", &["types", "indicators"]),
    ("journal", &[]),
    (
        "engine",
        &[
            "types",
            "codecs",
            "ledger",
            "matching",
            "strategy",
            "indicators",
            "analytics",
            "journal",
        ],
    ),
    ("store", &["types", "codecs"]),
    ("venues", &["types", "codecs"]),
    ("simulator", &["types", "codecs", "matching", "engine", "journal"]),
    (
        "server",
        &[
            "types",
            "calendar",
            "wire",
            "engine",
            "ledger",
            "store",
            "venues",
            "analytics",
            "strategy",
            "indicators",
        ],
    ),
    (
        "cli",
        &[
            "types",
            "codecs",
            "calendar",
            "indicators",
            "ledger",
            "matching",
            "analytics",
            "strategy",
            "wire",
            "journal",
            "engine",
            "store",
            "venues",
            "simulator",
            "server",
        ],
    ),
];

/// Crates without I/O: none of these may reach the network, a database, an async runtime or an operating system.
const PURE: &[&str] = &[
    "types",
    "codecs",
    "calendar",
    "indicators",
    "ledger",
    "matching",
    "analytics",
    "strategy",
    "wire",
];
const IO_CRATES: &[&str] = &[
    "tokio",
    "sqlx",
    "hyper",
    "axum",
    "libc",
    "getrandom",
    "rustls",
    "tracing-subscriber",
];

fn short(name: &str) -> Option<&str> {
    if name == "tradewind" {
        Some("cli")
    } else {
        name.strip_prefix("tradewind-")
    }
}

fn edges() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata runs");
    let mut edges = BTreeMap::new();
    for package in metadata.workspace_packages() {
        let Some(name) = short(&package.name) else {
            continue;
        };
        let normal = package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal);
        let all: BTreeSet<String> = normal.map(|d| d.name.clone()).collect();
        let ours = all.iter().filter_map(|d| short(d)).map(str::to_owned).collect();
        edges.insert(name.to_owned(), (ours, all));
    }
    edges
}

#[test]
fn crates_depend_only_on_what_the_map_allows() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ALLOWED
        .iter()
        .map(|(name, to)| (*name, to.iter().copied().collect()))
        .collect();
    for (name, (ours, _)) in edges() {
        let may = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("crate {name} is not on the map"));
        for dependency in ours {
            assert!(
                may.contains(dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn pure_crates_reach_no_input_or_output() {
    let edges = edges();
    for name in PURE {
        let (_, all) = &edges[*name];
        for forbidden in IO_CRATES {
            assert!(
                !all.contains(*forbidden),
                "{name} is pure and must not depend on {forbidden}"
            );
        }
    }
}

#[test]
fn the_engine_knows_neither_models_nor_research() {
    let (ours, _) = &edges()["engine"];
    assert!(!ours.contains("ml") && !ours.contains("research"));
}
