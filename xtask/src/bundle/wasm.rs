//! From what cargo built to what a browser loads: JavaScript bindings and the wasm they go with, by wasm-bindgen as
//! a library of the version that `Cargo.lock` fixes. Must not run a `wasm-bindgen` found on the path.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{paths, tree};

pub(super) struct Bindings {
    pub(super) js: Vec<u8>,
    pub(super) wasm: Vec<u8>,
    /// Modules that the JavaScript imports by a relative path, as `snippets/…`.
    pub(super) snippets: Vec<(String, Vec<u8>)>,
}

pub(super) fn bindings() -> Result<Bindings> {
    let input = super::built_wasm();
    let folder = paths::target().join("bindgen");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("`{}` could not be emptied", folder.display()))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&input);
    bindgen.out_name("console");
    bindgen.typescript(false);
    bindgen.remove_name_section(true);
    bindgen.remove_producers_section(true);
    // The page gives the hashed name of the wasm to init(); the JavaScript must not guess one.
    bindgen.omit_default_module_path(true);
    bindgen.web(true).context("wasm-bindgen")?;
    bindgen.generate(&folder).with_context(|| format!("wasm-bindgen on `{}`", input.display()))?;

    let mut snippets = Vec::new();
    for file in tree::files(&folder.join("snippets"))? {
        let inside = file.strip_prefix(&folder).context("a snippet outside its folder")?;
        snippets.push((inside.to_string_lossy().into_owned(), read(&file)?));
    }
    Ok(Bindings {
        js: read(&folder.join("console.js"))?,
        wasm: read(&folder.join("console_bg.wasm"))?,
        snippets,
    })
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("`{}` could not be read", file.display()))
}
