//! Rules that are being written: read as text, checked, held against what is registered, decided with as if they
//! were live, and saved.
//!
//! The console uses it, and the administration API will. Nothing here decides what a rule means: that is
//! [`policy::compile`].

mod check;
mod preview;
mod reach;
mod save;
mod text;
mod wider;

pub use check::{Place, Remark, Review, problems, review};
pub use reach::{Reach, reach};
pub use save::{Deleted, Save, SaveError, Saved, delete, save, set_status};
pub use text::{TextError, read_rule, write_rule};
pub use wider::wider;
