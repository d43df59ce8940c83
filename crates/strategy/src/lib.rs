//! Built-in strategies and their combination: closed bars in, explained signals out.
