//! What every part of the editor works on: the draft, what was last said of it, and what it can name.

use super::draft::Draft;
use super::read::{Checked, Choices, EditorData};
use super::schema::Schema;
use super::spec::ToolForm;
use crate::error::AppError;
use leptos::prelude::*;

/// The state of one editor. Cheap to copy: all of it is signals.
#[derive(Clone, Copy)]
pub struct Editing {
    pub draft: RwSignal<Draft>,
    pub checked: RwSignal<Checked>,
    /// The tool whose arguments the form shows.
    pub form: RwSignal<Option<ToolForm>>,
    /// The last request that failed.
    pub failed: RwSignal<Option<AppError>>,
    /// Saving was tried: fields that are still empty are complained about too.
    pub attempted: RwSignal<bool>,
    /// Empty: a new rule.
    pub id: StoredValue<String>,
    pub version: Option<i64>,
    pub choices: StoredValue<Choices>,
}

impl Editing {
    pub fn new(data: &EditorData) -> Self {
        Self {
            draft: RwSignal::new(data.draft.clone()),
            checked: RwSignal::new(data.checked.clone()),
            form: RwSignal::new(data.form.clone()),
            failed: RwSignal::new(None),
            attempted: RwSignal::new(false),
            id: StoredValue::new(data.id.clone().unwrap_or_default()),
            version: data.version,
            choices: StoredValue::new(data.choices.clone()),
        }
    }

    /// A part of the draft, followed.
    pub fn part<T>(self, read: impl Fn(&Draft) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.draft.with(&read))
    }

    /// A part of the draft as it is now.
    pub fn now<T>(self, read: impl FnOnce(&Draft) -> T) -> T {
        self.draft.with_untracked(read)
    }

    pub fn change(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
    }

    /// Changes the parameters through the form; nothing where their text is no JSON object.
    pub fn change_schema(self, change: impl FnOnce(&mut Schema)) {
        self.draft.update(|draft| {
            if let Some(mut schema) = Schema::read(&draft.parameters) {
                change(&mut schema);
                draft.parameters = schema.write();
            }
        });
    }
}

/// Adds to a list what is not in it, or removes it.
pub fn toggle<T: PartialEq>(list: &mut Vec<T>, item: T, on: bool) {
    if !on {
        list.retain(|known| *known != item);
    } else if !list.contains(&item) {
        list.push(item);
    }
}

/// Whether the list holds the name. A name whose view is gone is in no list.
pub fn holds(name: StoredValue<String>, list: &[String]) -> bool {
    name.try_with_value(|name| list.contains(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::toggle;

    #[test]
    fn a_list_holds_an_item_once() {
        let mut list = vec!["a"];
        toggle(&mut list, "b", true);
        toggle(&mut list, "b", true);
        toggle(&mut list, "a", false);
        toggle(&mut list, "a", false);
        assert_eq!(list, ["b"]);
    }
}
