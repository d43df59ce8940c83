//! What somebody stays signed in with after a change of password or factor: that by which they asked for it.

use tradewind_store::identity::ending::Keep;

use super::caller::Via;

/// What goes on of somebody who asked by `via`. Whoever asked by a key keeps nothing but that: keys stay.
#[must_use]
pub fn keep(via: &Via) -> Keep<'_> {
    match via {
        Via::Session { id, .. } => Keep {
            session: Some(id),
            family: None,
        },
        Via::Token { family, .. } => Keep {
            session: None,
            family: Some(family),
        },
        Via::Key { .. } => Keep::default(),
    }
}
