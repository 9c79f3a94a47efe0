//! Bringing in files of registered resources: read line by line within bounded memory, written a thousand at a time,
//! and gone on with exactly where it was cut off.

mod csv;
mod import;
mod jsonl;
mod rows;

pub use import::{ImportError, ImportOptions, Importer, Part, Resume};
pub use rows::FileError;
