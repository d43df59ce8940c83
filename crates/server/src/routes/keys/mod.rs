//! API keys of programs.

pub mod delete;
pub mod list;
pub mod post;

use tradewind_store::identity::keys::KeyRow;
use tradewind_wire as wire;

use crate::identity::parse_scope;

/// A key as its owner sees it.
fn describe(row: KeyRow) -> wire::ApiKey {
    wire::ApiKey {
        id: row.id,
        name: row.name,
        prefix: format!("twk_{}", row.prefix),
        scopes: row.scopes.iter().filter_map(|text| parse_scope(text)).collect(),
        accounts: row
            .accounts
            .map(|list| list.iter().map(ToString::to_string).collect()),
        networks: row.networks,
        requests_per_minute: row.requests_per_minute,
        orders_per_minute: row.orders_per_minute,
        created_at: wire::Time(row.created_at),
        expires_at: row.expires_at.map(wire::Time),
        last_used_at: row.last_used_at.map(wire::Time),
    }
}
