//! The seeds of `cargo xtask fuzz`, replayed: what must hold for any bytes holds for them, and each is taken or refused as
//! its name says. What fuzzing finds is fixed and becomes a seed.

use std::path::{Path, PathBuf};
use tests::fuzz::{TARGETS, Target};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the workspace").join("fuzz")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    names
}

#[test]
fn every_seed_is_taken_or_refused_as_its_name_says() {
    let mut wrong = Vec::new();
    for (target, check) in TARGETS {
        let seeds = folder().join("seeds").join(target);
        let (mut good, mut bad) = (0, 0);
        for name in names(&seeds) {
            let bytes = std::fs::read(seeds.join(&name)).expect("a seed");
            let wanted = match name.split_once('-') {
                Some(("good", _)) => true,
                Some(("bad", _)) => false,
                _ => panic!("{target}/{name}: a seed is called good-… or bad-…"),
            };
            *(if wanted { &mut good } else { &mut bad }) += 1;
            if check(&bytes) != wanted {
                wrong.push(format!("{target}/{name}"));
            }
        }
        assert!(good > 3 && bad > 5, "{target}: {good} good, {bad} bad");
    }
    assert!(wrong.is_empty(), "not as they are called: {wrong:#?}");
}

/// Cut short anywhere, and with any one byte turned over, a seed breaks nothing.
#[test]
fn damaged_seeds_break_nothing() {
    for (target, check) in TARGETS {
        let seeds = folder().join("seeds").join(target);
        // Tokens and proofs are signed anew each time, which takes a while.
        let places = if matches!(target, "token" | "proof") { 4 } else { 16 };
        for name in names(&seeds) {
            let bytes = std::fs::read(seeds.join(&name)).expect("a seed");
            let step = (bytes.len() / places).max(1);
            for place in (0..bytes.len()).step_by(step) {
                check(&bytes[..place]);
                let mut turned = bytes.clone();
                turned[place] ^= 0x80 >> (place % 8);
                check(&turned);
            }
        }
    }
}

#[test]
fn every_target_is_one_of_cargo_fuzz_and_has_seeds() {
    let mut targets: Vec<String> = TARGETS.map(|(name, _): Target| name.to_owned()).into();
    targets.sort();
    assert_eq!(names(&folder().join("seeds")), targets);
    let files: Vec<String> = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&folder().join("fuzz_targets")), files);
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).expect("a manifest");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
