//! `cargo xtask release`: one optimised file with the console embedded. Must not publish it.

use std::fs;

use anyhow::{Context, Result};

use crate::process::{cargo, run as run_command, say};
use crate::{bundle, paths};

pub(crate) fn run() -> Result<()> {
    say("release: the front end, then the server, optimised");
    bundle::ensure()?;
    run_command(cargo().args(["build", "--release", "-p", "server", "--bin", "countersign"]))?;
    let file = paths::built("release", "countersign");
    let size = fs::metadata(&file).with_context(|| format!("cargo built no `{}`", file.display()))?.len();
    println!("{} ({:.1} MB)", file.display(), size as f64 / 1_000_000.0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No machine of ours builds the image, so that what can be told of it by reading is told here.
    #[test]
    fn the_image_is_built_from_what_is_here() {
        let read = |name: &str| fs::read_to_string(paths::root().join(name)).unwrap();
        let (manifest, dockerfile, ignored) = (read("Cargo.toml"), read("Dockerfile"), read(".dockerignore"));
        let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
        let from = format!("FROM rust:{}-bookworm AS builder\n", version.trim_matches('"'));
        assert!(dockerfile.contains(&from), "{from}");
        // The same release of Debian runs it: its libc is the one that was linked.
        assert!(dockerfile.contains("\nFROM debian:bookworm-slim\n"));
        assert!(dockerfile.contains("\nRUN cargo xtask release\n"));
        assert!(dockerfile.contains("/src/target/release/countersign"));
        for needed in [
            ".cargo",
            "Cargo.lock",
            "app",
            "docs",
            "examples",
            "frontend",
            "migrations",
            "pdp",
            "policy",
            "server",
            "store",
            "style",
            "tests",
            "xtask",
        ] {
            assert!(paths::root().join(needed).exists(), "{needed}");
            let out = ignored.lines().any(|line| line.trim_start_matches("**/").trim_matches('/') == needed);
            assert!(!out, "{needed} is not copied");
        }
    }
}
