//! How far the way to the first decision was gone, as steps.

use super::attention::counted;
use super::read::Step;
use crate::pages::form::place::{Ask, Place};
use crate::pages::server::head::href_of;
use crate::permission::{ConsoleRole, Permission};
use crate::routes::{KEYS, REGISTER, RULE_NEW, RULES, SERVER, SERVERS};

/// What is there.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The server whose tools want a look: one with tools to review, else the first.
    pub(super) server: Option<String>,
    pub(super) reviewed: i64,
    pub(super) to_review: i64,
    pub(super) has_key: bool,
    pub(super) has_rule: bool,
}

/// The steps before the waiting.
pub(super) fn steps(progress: &Progress, role: ConsoleRole) -> Vec<Step> {
    let may = |permission| role.may(permission);
    let register = if may(Permission::WriteServers) { REGISTER.path } else { SERVERS.path };
    let server = progress.server.as_deref();
    let key = if may(Permission::WriteSettings) {
        Some(Place::new(KEYS.path).asking(Ask::New).href())
    } else {
        may(KEYS.permission).then(|| KEYS.path.to_owned())
    };
    let key_text = if key.is_some() {
        "With it a server shows who it is when it asks."
    } else {
        "With it a server shows who it is when it asks. An owner makes it."
    };
    let rule = if may(Permission::WriteRules) { RULE_NEW.path } else { RULES.path };
    let mut steps = vec![
        step(
            "Register a server",
            "Countersign lists its tools and denies each of them until somebody has looked at it.",
            Some(register.to_owned()),
            "Register server",
            server.is_some(),
        ),
        step(
            "Review its tools",
            &review_text(progress),
            Some(server.map_or_else(|| SERVERS.path.to_owned(), |slug| href_of(&SERVER, slug))),
            "Review tools",
            progress.reviewed > 0,
        ),
        step("Create an enforcement key", key_text, key, "Create key", progress.has_key),
        step(
            "Write a rule",
            "Whatever no rule allows is denied.",
            Some(rule.to_owned()),
            "Write rule",
            progress.has_rule,
        ),
    ];
    if let Some(current) = steps.iter_mut().find(|step| !step.done) {
        current.current = true;
    }
    if !may(Permission::WriteServers) {
        // Who changes nothing is only told where to look.
        for step in &mut steps {
            "Have a look".clone_into(&mut step.action);
        }
    }
    steps
}

fn step(title: &str, text: &str, href: Option<String>, action: &str, done: bool) -> Step {
    Step {
        title: title.to_owned(),
        text: text.to_owned(),
        href,
        action: action.to_owned(),
        done,
        current: false,
    }
}

fn review_text(progress: &Progress) -> String {
    match (progress.reviewed, progress.to_review) {
        (0, 0) => "A tool can be called once a person has looked at it and said what it may do.".to_owned(),
        (0, left) => format!("{} to look at.", counted(left, "tool", "tools")),
        (reviewed, 0) => format!("{} reviewed.", counted(reviewed, "tool", "tools")),
        (reviewed, left) => {
            format!(
                "{} reviewed, {} to look at.",
                counted(reviewed, "tool", "tools"),
                counted(left, "tool", "tools")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(progress: &Progress) -> Vec<bool> {
        steps(progress, ConsoleRole::Owner).into_iter().map(|step| step.done).collect()
    }

    #[test]
    fn steps_tick_as_things_get_there() {
        let nothing = Progress::default();
        assert_eq!(ticks(&nothing), [false; 4]);
        let server = Progress { server: Some("crm".to_owned()), to_review: 2, ..nothing };
        assert_eq!(ticks(&server), [true, false, false, false]);
        let reviewed = Progress { reviewed: 1, to_review: 1, ..server };
        assert_eq!(ticks(&reviewed), [true, true, false, false]);
        let ready = Progress { has_key: true, has_rule: true, ..reviewed };
        assert_eq!(ticks(&ready), [true; 4]);
        assert!(steps(&ready, ConsoleRole::Owner).iter().all(|step| !step.current));
    }

    #[test]
    fn the_first_that_is_not_done_is_the_current_one() {
        let progress = Progress { server: Some("crm".to_owned()), has_key: true, ..Progress::default() };
        let steps = steps(&progress, ConsoleRole::Owner);
        let current: Vec<&str> =
            steps.iter().filter(|step| step.current).map(|step| step.title.as_str()).collect();
        assert_eq!(current, ["Review its tools"]);
        let places: Vec<Option<&str>> = steps.iter().map(|step| step.href.as_deref()).collect();
        assert_eq!(
            places,
            [Some("/servers/new"), Some("/servers/crm"), Some("/settings/keys?ask=new"), Some("/rules/new")]
        );
    }

    #[test]
    fn a_role_is_sent_where_it_may_go() {
        let places = |role| -> Vec<Option<String>> {
            steps(&Progress::default(), role).into_iter().map(|step| step.href).collect()
        };
        let some = |path: &str| Some(path.to_owned());
        assert_eq!(
            places(ConsoleRole::PolicyAuthor),
            [some("/servers/new"), some("/servers"), None, some("/rules/new")]
        );
        assert_eq!(
            places(ConsoleRole::Auditor),
            [some("/servers"), some("/servers"), some("/settings/keys"), some("/rules")]
        );
    }

    #[test]
    fn tools_are_counted_in_words() {
        let text =
            |reviewed, to_review| review_text(&Progress { reviewed, to_review, ..Progress::default() });
        assert_eq!(text(0, 1), "1 tool to look at.");
        assert_eq!(text(6, 0), "6 tools reviewed.");
        assert_eq!(text(1, 2), "1 tool reviewed, 2 tools to look at.");
    }
}
