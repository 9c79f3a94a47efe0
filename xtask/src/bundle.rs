//! `cargo xtask bundle`: the front end as files with content-hashed names in `target/site`, which the server embeds.
//! Must not depend on any tool but cargo and rustc, and must not write anything when the budget is exceeded.
//!
//! `manifest.json` names them: `{"js", "wasm", "css", "fonts": […], "static": {"icon.svg": "icon.x.svg"}}`. The
//! page starts the console with `import init, { hydrate } from '/pkg/<js>'; await init({ module_or_path:
//! '/pkg/<wasm>' }); hydrate();`.

mod css;
mod site;
mod stamp;
mod wasm;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::process::{cargo, run as run_command, say};
use crate::{paths, setup, tree};
use site::{Packed, Site};

/// How cargo builds what the browser loads.
pub(crate) const LIBRARY: [&str; 8] =
    ["build", "-p", "frontend", "--lib", "--target", "wasm32-unknown-unknown", "--profile", "wasm-release"];

/// The whole wasm, brotli, in bytes.
const WASM_BUDGET: usize = 600 * 1024;
/// All fonts together, in bytes.
const FONT_BUDGET: usize = 120 * 1024;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Bundle even if no source has changed
    #[arg(long)]
    force: bool,
    /// Take the wasm that is already built (by another toolchain) instead of building it
    #[arg(long)]
    built: bool,
}

#[derive(Serialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
    fonts: Vec<String>,
    #[serde(rename = "static")]
    files: BTreeMap<String, String>,
}

/// A file of `style/` that is served as it is.
struct Asset {
    /// Its name below `style/fonts` or `style/static`.
    name: String,
    bytes: Vec<u8>,
    font: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let stamp = stamp::of_sources()?;
    if !options.force && !options.built && stamp::is_current(&stamp) {
        say("bundle: target/site is up to date");
        return Ok(());
    }
    say("bundle: the front end for the browser, into target/site (some minutes the first time)");
    if !options.built {
        setup::ensure_wasm_target()?;
        run_command(cargo().args(LIBRARY))?;
    }

    // Everything is made and measured before the old bundle goes.
    say("bundle: bindings, styles, compression");
    let bindings = wasm::bindings()?;
    let style = paths::root().join("style");
    let assets = assets(&style)?;
    let names: BTreeMap<String, String> =
        assets.iter().map(|asset| (asset.name.clone(), hashed(&asset.name, &asset.bytes))).collect();
    let sheet = css::rewritten(&css::inlined(&style)?, &names)?;
    let packed = [
        Packed::new("console.js", bindings.js)?,
        Packed::new("console.wasm", bindings.wasm)?,
        Packed::new("console.css", sheet.into_bytes())?,
    ];
    report(&packed, &assets)?;

    let site = Site::emptied(paths::site())?;
    for file in &packed {
        site.write_packed(file)?;
    }
    for (path, bytes) in &bindings.snippets {
        site.write(path, bytes)?;
    }
    for asset in &assets {
        site.write(&hashed(&asset.name, &asset.bytes), &asset.bytes)?;
    }
    let [js, wasm, css] = &packed;
    let fonts = assets.iter().filter(|asset| asset.font);
    let others = assets.iter().filter(|asset| !asset.font);
    let manifest = Manifest {
        js: js.name.clone(),
        wasm: wasm.name.clone(),
        css: css.name.clone(),
        fonts: fonts.map(|asset| hashed(&asset.name, &asset.bytes)).collect(),
        files: others.map(|asset| (asset.name.clone(), hashed(&asset.name, &asset.bytes))).collect(),
    };
    let text = serde_json::to_string_pretty(&manifest).context("the manifest could not be written")?;
    site.write("manifest.json", text.as_bytes())?;
    stamp::write(&stamp)
}

/// The bundle as another command needs it: made if it is stale.
pub(crate) fn ensure() -> Result<()> {
    run(&Options { force: false, built: false })
}

/// Fonts (and the licences that must travel with them) and static files such as icons.
fn assets(style: &Path) -> Result<Vec<Asset>> {
    let mut found = Vec::new();
    for (folder, fonts) in [(style.join("fonts"), true), (style.join("static"), false)] {
        for file in tree::files(&folder)? {
            let name = file_name(&file)?;
            let font = fonts && name.ends_with(".woff2");
            if fonts && !font && !name.ends_with(".txt") {
                bail!("`{}`: fonts are .woff2, beside their licences as .txt", file.display());
            }
            if found.iter().any(|asset: &Asset| asset.name == name) {
                bail!("`{name}` is there twice below `{}`", style.display());
            }
            let bytes = fs::read(&file).with_context(|| format!("`{}` could not be read", file.display()))?;
            found.push(Asset { name, bytes, font });
        }
    }
    Ok(found)
}

fn file_name(file: &Path) -> Result<String> {
    let name = file.file_name().and_then(OsStr::to_str);
    name.map(str::to_owned).with_context(|| format!("`{}` has no plain name", file.display()))
}

/// `inter.woff2` becomes `inter.0a1b2c3d.woff2`, by its content.
fn hashed(name: &str, bytes: &[u8]) -> String {
    let hash = stamp::short_hash(bytes);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
        None => format!("{name}.{hash}"),
    }
}

/// Prints every size; an error when one is over its budget.
fn report(packed: &[Packed], assets: &[Asset]) -> Result<()> {
    for file in packed {
        eprintln!(
            "xtask:   {:<28} {:>9} bytes, gzip {:>8}, brotli {:>8}",
            file.name,
            file.raw.len(),
            file.gzip.len(),
            file.brotli.len()
        );
    }
    let fonts: usize = assets.iter().filter(|asset| asset.font).map(|asset| asset.bytes.len()).sum();
    let wasm: usize =
        packed.iter().filter(|file| file.name.ends_with(".wasm")).map(|file| file.brotli.len()).sum();
    eprintln!("xtask:   wasm {wasm} of {WASM_BUDGET} bytes (brotli), fonts {fonts} of {FONT_BUDGET} bytes");
    if wasm > WASM_BUDGET {
        bail!("the wasm is {wasm} bytes (brotli), its budget {WASM_BUDGET}");
    }
    if fonts > FONT_BUDGET {
        bail!("the fonts are {fonts} bytes, their budget {FONT_BUDGET}");
    }
    Ok(())
}

/// The wasm that cargo built.
fn built_wasm() -> PathBuf {
    paths::target().join("wasm32-unknown-unknown").join("wasm-release").join("frontend.wasm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_content() {
        assert_eq!(hashed("inter.woff2", b"abc"), "inter.ba7816bf.woff2");
        assert_eq!(hashed("inter.LICENSE.txt", b"abc"), "inter.LICENSE.ba7816bf.txt");
        assert_ne!(hashed("console.js", b"a"), hashed("console.js", b"b"));
    }

    #[test]
    fn a_font_over_the_budget_is_an_error() {
        let font = |size: usize| Asset { name: "f.woff2".to_owned(), bytes: vec![0; size], font: true };
        assert!(report(&[], &[font(FONT_BUDGET)]).is_ok());
        assert!(report(&[], &[font(FONT_BUDGET), font(1)]).is_err());
    }
}
