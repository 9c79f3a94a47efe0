//! A resource as one text: `type/id`, in filters and searches.

use policy::binding::{check_resource_id, check_type};

/// As it is written there.
pub fn name_of(kind: &str, id: &str) -> String {
    format!("{kind}/{id}")
}

/// Type and id; None where it is no such text. `type:id`, as rules and changes have it, is taken as well: a type holds
/// neither sign, and an id may hold both.
pub fn read_name(text: &str) -> Option<(&str, &str)> {
    let (kind, id) = text.split_once(['/', ':'])?;
    (check_type(kind).is_ok() && check_resource_id(id).is_ok()).then_some((kind, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back() {
        for id in ["c-42", "a/b", "a:b", "/", "ü\u{202e}"] {
            assert_eq!(read_name(&name_of("customer", id)), Some(("customer", id)), "{id}");
        }
        assert_eq!(read_name("customer:c/42"), Some(("customer", "c/42")));
        for text in ["", "c-42", "customer/", "/c-42", "Customer/c-42", "tool/refund", "customer/a\0b"] {
            assert_eq!(read_name(text), None, "{text}");
        }
    }
}
