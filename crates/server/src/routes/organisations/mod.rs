//! Organisations: one's own, and for those who run the installation all.

pub mod get;
pub mod list;
pub mod members;
pub mod patch;

use tradewind_store::identity::organisations::OrganisationRow;
use tradewind_types::OrgId;
use tradewind_wire as wire;

/// An organisation as the API shows it.
fn describe(row: &OrganisationRow, house: &OrgId) -> wire::Organisation {
    wire::Organisation {
        id: row.id.to_string(),
        name: row.name.clone(),
        runs_the_installation: row.id == *house,
        created_at: wire::Time(row.created_at),
        version: row.version,
    }
}
