//! Double-entry ledger, positions, tax lots and profit and loss.
