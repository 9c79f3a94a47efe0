//! What pages are made of; one file per component. Class contracts stand on top of each partial in `style/`.

pub mod chips;
pub mod copyable;
pub mod definition;
pub mod diff;
pub mod empty;
pub mod fields;
pub mod icon;
pub mod json;
pub mod list;
pub mod list_keys;
pub mod loaded;
pub mod notice;
pub mod page_head;
pub mod paging;
pub mod pill;
pub mod risk;
pub mod text_area;
pub mod time;
pub mod tool_name;
pub mod untrusted;
