//! Where things lie. Must not create, read or change anything.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    let root = root();
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    }
}

/// The bundle that the server embeds. Always below the root, because `server` names it relative to its own folder.
pub(crate) fn site() -> PathBuf {
    root().join("target").join("site")
}

/// The browser tests and their npm packages.
pub(crate) fn e2e() -> PathBuf {
    root().join("e2e")
}

/// The folder of a host profile: `debug` or `release`.
pub(crate) fn built(profile: &str, binary: &str) -> PathBuf {
    target().join(profile).join(format!("{binary}{}", std::env::consts::EXE_SUFFIX))
}
