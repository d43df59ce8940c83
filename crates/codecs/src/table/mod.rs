//! Tables of market data as files hold them: time stamps, figures, lines and cells of delimited text, and cells of
//! Parquet. One reading of each for everything that reads data files; nothing here opens a file.

pub mod lines;
pub mod number;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod stamp;

pub use number::ExtraDecimals;
pub use stamp::{Ambiguous, BarStamp, StampReader, Zone};
