//! Saving from the form: first the difference and who gains or loses, in a dialog; then the save itself.

use super::editing::Editing;
use super::read::{Checked, Comparison, compare_draft};
use super::remarks;
use super::save::{SaveOutcome, save_rule};
use crate::components::diff::{DiffLegend, DiffTable};
use crate::components::icon::{Glyph, Icon};
use crate::components::notice::WarningNotice;
use crate::error::AppError;
use crate::pages::decision::banner::with_code;
use crate::routes::RULES;
use crate::url::{encode, href};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use policy::labels::RuleStatus;

/// What is about to be saved.
#[derive(Clone, Copy)]
pub struct Saving {
    status: RwSignal<RuleStatus>,
    comparison: RwSignal<Option<Comparison>>,
    allow_unmatched: RwSignal<bool>,
    busy: RwSignal<bool>,
    /// Why it was not saved, where no field is to blame.
    refused: RwSignal<Option<Refusal>>,
    summary: NodeRef<html::Div>,
    dialog: NodeRef<html::Dialog>,
    /// Goes to a page of ours.
    go: Callback<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    Stale(i64),
    Gone,
    Other(String),
    Failed(AppError),
}

impl Saving {
    /// `go` leads to the page of the saved rule.
    pub fn new(go: Callback<String>) -> Self {
        Self {
            status: RwSignal::new(RuleStatus::Enforced),
            comparison: RwSignal::new(None),
            allow_unmatched: RwSignal::new(false),
            busy: RwSignal::new(false),
            refused: RwSignal::new(None),
            summary: NodeRef::new(),
            dialog: NodeRef::new(),
            go,
        }
    }

    /// The two buttons of the head.
    pub fn buttons(self, editing: Editing) -> AnyView {
        let busy = move || self.busy.get().then_some("true");
        view! {
            <button
                type="button"
                class="button"
                aria-busy=busy
                on:click=move |_| self.ask(editing, RuleStatus::Shadow)
            >
                <Icon glyph=Glyph::DashedCircle/>
                "Save as shadow"
            </button>
            <button
                type="button"
                class="button button-primary"
                aria-busy=busy
                on:click=move |_| self.ask(editing, RuleStatus::Enforced)
            >
                "Save and enforce"
            </button>
        }
        .into_any()
    }

    /// Asks the server what this would change; then the person.
    fn ask(self, editing: Editing, status: RuleStatus) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.refused.set(None);
        self.status.set(status);
        self.allow_unmatched.set(false);
        editing.attempted.set(true);
        editing.change(|draft| draft.status = status);
        let (draft, id) = (editing.now(Clone::clone), editing.id.get_value());
        spawn_local(async move {
            let answer = compare_draft(draft, id).await;
            self.busy.try_set(false);
            match answer {
                Ok(comparison) => {
                    let sound = comparison.checked.problems.is_empty();
                    editing.checked.try_set(comparison.checked.clone());
                    if sound {
                        self.comparison.try_set(Some(comparison));
                        self.open();
                    } else {
                        self.focus_summary();
                    }
                }
                Err(error) => {
                    self.refused.try_set(Some(Refusal::Failed(error)));
                    self.focus_summary();
                }
            }
        });
    }

    fn open(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            // Fails where it is open already.
            let _ = dialog.show_modal();
        }
    }

    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    fn focus_summary(self) {
        // The summary is drawn first, then it can take the focus.
        request_animation_frame(move || {
            if let Some(Some(summary)) = self.summary.try_get_untracked() {
                let _ = summary.focus();
            }
        });
    }

    fn save(self, editing: Editing) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let (draft, id) = (editing.now(Clone::clone), editing.id.get_value());
        let (status, allow) = (self.status.get_untracked(), self.allow_unmatched.get_untracked());
        spawn_local(async move {
            let answer = save_rule(draft, id, editing.version, status, allow).await;
            self.busy.try_set(false);
            let refused = match answer {
                Ok(SaveOutcome::Saved { id, revision }) => {
                    self.close();
                    let path = format!("{}/{}", RULES.path, encode(&id));
                    self.go.run(href(&path, [("saved", Some(revision.as_str()))]));
                    return;
                }
                Ok(SaveOutcome::Problems(problems)) => {
                    editing.checked.try_update(|checked| checked.problems = problems);
                    None
                }
                Ok(SaveOutcome::Unmatched(never)) => {
                    editing.checked.try_update(|checked| {
                        checked.never = never;
                        checked.unmatched = true;
                    });
                    self.comparison.try_update(|comparison| {
                        if let Some(comparison) = comparison {
                            comparison.checked.unmatched = true;
                        }
                    });
                    // The dialog asks for the tick.
                    return;
                }
                Ok(SaveOutcome::Stale { version }) => Some(Refusal::Stale(version)),
                Ok(SaveOutcome::Gone) => Some(Refusal::Gone),
                Ok(SaveOutcome::Refused(text)) => Some(Refusal::Other(text)),
                Err(error) => Some(Refusal::Failed(error)),
            };
            self.close();
            self.refused.try_set(refused);
            self.focus_summary();
        });
    }

    /// What kept the rule from being saved, on top of the form; it takes the focus.
    pub fn summary(self, editing: Editing) -> AnyView {
        let shown = move || {
            let problems =
                editing.attempted.get() && editing.checked.with(|checked| !checked.problems.is_empty());
            if let Some(refused) = self.refused.get() {
                return refusal(refused, &editing.id.get_value());
            }
            if problems {
                return editing.checked.with(problem_list);
            }
            ().into_any()
        };
        view! {
            <div tabindex="-1" node_ref=self.summary>
                {shown}
            </div>
        }
        .into_any()
    }

    /// The dialog between the button and the save.
    pub fn dialog(self, editing: Editing) -> AnyView {
        let title = move || match self.status.get() {
            RuleStatus::Shadow => "Save as shadow?",
            RuleStatus::Enforced | RuleStatus::Disabled => "Save and enforce?",
        };
        let button = move || match self.status.get() {
            RuleStatus::Shadow => "Save as shadow",
            RuleStatus::Enforced | RuleStatus::Disabled => "Save and enforce",
        };
        let unmatched = move || {
            self.comparison
                .with(|comparison| comparison.as_ref().is_some_and(|comparison| comparison.checked.unmatched))
        };
        let held_back = move || unmatched() && !self.allow_unmatched.get();
        view! {
            <dialog class="dialog dialog-wide" aria-labelledby="save-title" node_ref=self.dialog>
                <div class="stack">
                    <h2 id="save-title">{title}</h2>
                    {move || self.comparison.with(|comparison| comparison.as_ref().map(content))}
                    <label class="check" hidden=move || !unmatched()>
                        <input
                            type="checkbox"
                            prop:checked=move || self.allow_unmatched.get()
                            on:change=move |event| self.allow_unmatched.set(event_target_checked(&event))
                        />
                        <span>"Save it although it restricts nothing at present"</span>
                    </label>
                    <div class="dialog-actions">
                        <button type="button" class="button" on:click=move |_| self.close()>
                            "Go on editing"
                        </button>
                        <button
                            type="button"
                            class="button button-primary"
                            disabled=held_back
                            on:click=move |_| self.save(editing)
                        >
                            {button}
                        </button>
                    </div>
                </div>
            </dialog>
        }
        .into_any()
    }
}

fn content(comparison: &Comparison) -> AnyView {
    let lines = |texts: &[String]| -> Vec<AnyView> {
        texts.iter().map(|text| view! { <li>{with_code(text)}</li> }.into_any()).collect()
    };
    let wider = lines(&comparison.checked.wider);
    let wider = (!wider.is_empty()).then(|| {
        view! {
            <WarningNotice title="Lets more through than the stored version">
                <ul>{wider}</ul>
            </WarningNotice>
        }
    });
    let remarks = remarks::drawn(&[], &all_remarks(&comparison.checked));
    let rows: Vec<_> = comparison.rows.iter().filter(|row| !row.same).cloned().collect();
    let difference = if rows.is_empty() {
        view! { <p>"Nothing differs from the stored version."</p> }.into_any()
    } else {
        view! {
            <DiffLegend/>
            <DiffTable caption="What saving changes" rows=rows/>
        }
        .into_any()
    };
    view! {
        <ul>{lines(&comparison.reach)}</ul>
        {wider}
        {remarks}
        {difference}
    }
    .into_any()
}

fn all_remarks(checked: &Checked) -> Vec<super::draft::Note> {
    checked.never.iter().chain(&checked.hints).cloned().collect()
}

fn problem_list(checked: &Checked) -> AnyView {
    let count = checked.problems.len();
    let title = if count == 1 {
        "One thing needs your attention".to_owned()
    } else {
        format!("{count} things need your attention")
    };
    let items: Vec<AnyView> = checked
        .problems
        .iter()
        .map(|note| {
            let target = format!("#{}", control_of(&note.field));
            // `external`: the browser itself moves the focus to the field.
            view! {
                <li>
                    <a href=target rel="external">
                        {with_code(&note.text)}
                    </a>
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="form-summary" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div>
                <h2>{title}</h2>
                <ul>{items}</ul>
            </div>
        </div>
    }
    .into_any()
}

/// The id of the control that a field's remarks are about.
fn control_of(field: &str) -> &str {
    match field {
        "who" => "tenant",
        "valid" => "from",
        "approval" => "quorum",
        other => other,
    }
}

fn refusal(refusal: Refusal, id: &str) -> AnyView {
    let path = format!("{}/{}", RULES.path, encode(id));
    match refusal {
        Refusal::Stale(version) => view! {
            <WarningNotice title="Somebody changed this rule meanwhile">
                <p>{format!("It is at version {version} now. Nothing was saved, and what you typed is still here.")}</p>
                <p>
                    <a href=format!("{path}/history")>"See what changed"</a>
                    " or "
                    <a href=path rel="external">
                        "start over from the stored version"
                    </a>
                    "."
                </p>
            </WarningNotice>
        }
        .into_any(),
        Refusal::Gone => view! {
            <WarningNotice title="This rule is gone">
                <p>"Somebody deleted it meanwhile. Nothing was saved."</p>
            </WarningNotice>
        }
        .into_any(),
        Refusal::Other(text) => view! {
            <WarningNotice title="The rule was not saved">
                <p>{with_code(&text)}</p>
            </WarningNotice>
        }
        .into_any(),
        Refusal::Failed(error) => view! {
            <WarningNotice title=error.title()>
                <p>{error.advice()}</p>
                <p class="muted">{format!("Correlation id {}", error.correlation)}</p>
            </WarningNotice>
        }
        .into_any(),
    }
}
