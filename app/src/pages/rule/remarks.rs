//! What is to be said of one field, at the field.

use super::draft::Note;
use super::editing::Editing;
use super::read::Checked;
use crate::components::icon::{Glyph, Icon};
use crate::pages::decision::banner::with_code;
use leptos::prelude::*;

/// What is wrong with a field, and odd about it. Give the control `aria-describedby="{field}-remarks"`.
pub fn at_field(editing: Editing, field: &'static str) -> AnyView {
    let notes = Memo::new(move |_| {
        let quiet = is_quiet(editing, field);
        editing.checked.with(|checked| of_field(checked, field, quiet))
    });
    view! {
        <div id=format!("{field}-remarks")>
            {move || notes.with(|(problems, others)| drawn(problems, others))}
        </div>
    }
    .into_any()
}

/// Whether the field has a problem that is shown.
pub fn is_invalid(editing: Editing, field: &'static str) -> bool {
    !is_quiet(editing, field)
        && editing.checked.with(|checked| checked.problems.iter().any(|note| note.field == field))
}

/// A field nobody has come to yet is not complained about.
fn is_quiet(editing: Editing, field: &str) -> bool {
    let empty = editing.draft.with(|draft| match field {
        "name" => draft.name.is_empty(),
        "tools" => draft.tools.is_empty(),
        "approval" => draft.approvers.is_empty() && draft.approver_subjects.is_empty(),
        _ => false,
    });
    empty && !editing.attempted.get()
}

fn of_field(checked: &Checked, field: &str, quiet: bool) -> (Vec<Note>, Vec<Note>) {
    let of = |notes: &[Note]| -> Vec<Note> {
        notes.iter().filter(|note| note.field == field && !quiet).cloned().collect()
    };
    let mut others = of(&checked.never);
    others.extend(of(&checked.hints));
    (of(&checked.problems), others)
}

/// Problems and other remarks, one below the other.
pub fn drawn(problems: &[Note], others: &[Note]) -> Vec<AnyView> {
    problems.iter().map(problem).chain(others.iter().map(flag)).collect()
}

fn problem(note: &Note) -> AnyView {
    view! {
        <p class="field-error">
            <Icon glyph=Glyph::Warning/>
            <span>{text(note)}</span>
        </p>
    }
    .into_any()
}

fn flag(note: &Note) -> AnyView {
    view! {
        <p class="flag">
            <Icon glyph=Glyph::Warning/>
            <span>{text(note)}</span>
        </p>
    }
    .into_any()
}

fn text(note: &Note) -> Vec<AnyView> {
    match &note.path {
        Some(path) => with_code(&format!("`{path}`: {}", note.text)),
        None => with_code(&note.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_its_own_and_nothing_while_it_is_quiet() {
        let checked = Checked {
            problems: vec![Note::new("name", "a"), Note::new("tools", "b")],
            hints: vec![Note::new("name", "c")],
            ..Checked::default()
        };
        let (problems, others) = of_field(&checked, "name", false);
        assert_eq!((problems.len(), others.len()), (1, 1));
        assert_eq!(of_field(&checked, "name", true), (Vec::new(), Vec::new()));
    }
}
