//! Order books of aggregated levels. (Being written by the codecs engineer.)
