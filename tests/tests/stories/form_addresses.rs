//! The walk of every role and of visitors over the console's forms (`e2e/specs/roles-of-accounts.spec.ts`) takes their
//! addresses from a list that is written by hand (`e2e/support/permissions.ts`). Here it is held against what the server
//! takes.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Who is not signed in may send these.
const DOORS: [&str; 5] = ["/passkey", "/recover", "/setup", "/sign-in", "/sign-in/passkey"];

/// Each server function demands a permission of its own; the walk reads them from the source.
const FUNCTIONS: &str = "/_fn/x";

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

fn read(place: &Path) -> String {
    fs::read_to_string(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()))
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the workspace")
}

/// Every file of Rust in a folder, and in those below it.
fn below(folder: &str) -> Vec<String> {
    let (mut folders, mut texts) = (vec![repository().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let place = entry.expect("an entry").path();
            if place.is_dir() {
                folders.push(place);
            } else if place.extension().is_some_and(|ending| ending == "rs") {
                texts.push(read(&place));
            }
        }
    }
    texts
}

/// Up to the parenthesis that closes the one before it.
fn within(text: &str) -> &str {
    let mut open = 1;
    for (i, character) in text.char_indices() {
        match character {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &text[..i];
        }
    }
    panic!("a parenthesis is not closed: {text}");
}

/// The addresses that take more than a look, each parameter as `x`.
fn taken(routers: &[String], constants: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let takes = pattern(r"\b(post|put|patch|delete|any|on)\(");
    let parameter = pattern(r"\{[^}]*\}");
    let mut taken = BTreeSet::new();
    for route in routers.iter().flat_map(|text| text.split(".route(").skip(1)) {
        let (address, methods) = within(route).split_once(',').expect("an address and its methods");
        if !takes.is_match(methods) {
            continue;
        }
        let address = address.trim();
        let path = match address.strip_prefix('"') {
            Some(literal) => literal.trim_end_matches('"').to_owned(),
            None => {
                let name = address.rsplit("::").next().expect("a name");
                let values: Vec<&String> = constants.get(name).into_iter().flatten().collect();
                let [value] = values.as_slice() else { panic!("which path is `{address}`? {values:?}") };
                (*value).clone()
            }
        };
        taken.insert(parameter.replace_all(&path, "x").into_owned());
    }
    taken
}

#[test]
fn every_form_that_the_console_takes_is_walked_by_role() {
    let path = pattern(r#"const (\w+): &str = "(/[^"]*)";"#);
    let mut constants: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for text in below("app/src").iter().chain(&below("server/src/console")) {
        for found in path.captures_iter(text) {
            constants.entry(found[1].to_owned()).or_default().insert(found[2].to_owned());
        }
    }
    let taken = taken(&below("server/src/console"), &constants);
    let permissions = read(&repository().join("e2e/support/permissions.ts"));
    let (_, list) = permissions.split_once("const FORMS = [").expect("the list");
    let (list, _) = list.split_once("] as const").expect("the end of the list");
    let row = pattern(r"\['(/[^']*)', '\w+'\]");
    let mut walked: BTreeSet<String> = row.captures_iter(list).map(|found| found[1].to_owned()).collect();
    assert!(walked.len() > 15, "{walked:?}");
    walked.extend(DOORS.into_iter().chain([FUNCTIONS]).map(str::to_owned));
    assert_eq!(walked, taken, "left: those that are walked, and doors; right: those that the server takes");
}
