//! `cargo xtask gallery`: a picture of every page. Must not know the pages: `e2e/gallery.mjs` does.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{run as run_command, say};
use crate::{binaries, bundle, paths, setup};

pub(crate) fn run() -> Result<()> {
    say("gallery: the server with the console, then pictures of every page into gallery/");
    let script = paths::e2e().join("gallery.mjs");
    if !script.is_file() {
        bail!("`{}` is missing", script.display());
    }
    let chromium = setup::ensure_chromium()?;
    setup::ensure_e2e_packages()?;
    bundle::ensure()?;
    let server = binaries::server()?;
    run_command(
        Command::new("node")
            .arg("gallery.mjs")
            .current_dir(paths::e2e())
            .env("COUNTERSIGN_BIN", server)
            .env("COUNTERSIGN_CHROMIUM", chromium),
    )
}
