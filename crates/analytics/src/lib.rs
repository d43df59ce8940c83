//! Figures over many instruments: price aggregation across venues, screening.
