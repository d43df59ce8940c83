//! The catalogue through its public face: import and export, laws of writing, the live tail, crashes, S3.

mod crash;
mod import;
mod kill;
mod laws;
mod reads;
mod rows;
mod s3;
mod tail;
