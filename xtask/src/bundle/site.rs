//! The folder that the server embeds, and the files in it: hashed names, brotli and gzip beside them. Must not know
//! what the files are for.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A file with its two compressed forms.
pub(super) struct Packed {
    pub(super) name: String,
    pub(super) raw: Vec<u8>,
    pub(super) brotli: Vec<u8>,
    pub(super) gzip: Vec<u8>,
}

impl Packed {
    pub(super) fn new(name: &str, raw: Vec<u8>) -> Result<Self> {
        let brotli = brotli(&raw).with_context(|| format!("`{name}` could not be compressed"))?;
        let gzip = gzip(&raw).with_context(|| format!("`{name}` could not be compressed"))?;
        Ok(Self { name: super::hashed(name, &raw), raw, brotli, gzip })
    }
}

pub(super) struct Site {
    folder: PathBuf,
}

impl Site {
    /// The folder without its contents. It stays itself, because cargo watches it for the server.
    pub(super) fn emptied(folder: PathBuf) -> Result<Self> {
        let unusable = || format!("`{}` could not be emptied", folder.display());
        fs::create_dir_all(&folder).with_context(unusable)?;
        for entry in fs::read_dir(&folder).with_context(unusable)? {
            let path = entry.with_context(unusable)?.path();
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(unusable)?;
        }
        Ok(Self { folder })
    }

    /// A path below the folder, `/` between its parts.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let file = self.folder.join(path);
        let failed = || format!("`{}` could not be written", file.display());
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).with_context(failed)?;
        }
        fs::write(&file, bytes).with_context(failed)
    }

    pub(super) fn write_packed(&self, file: &Packed) -> Result<()> {
        self.write(&file.name, &file.raw)?;
        self.write(&format!("{}.br", file.name), &file.brotli)?;
        self.write(&format!("{}.gz", file.name), &file.gzip)
    }
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    let mut input = bytes;
    brotli::BrotliCompress(&mut input, &mut packed, &params)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_packed_unpacks() {
        let text = b"countersign ".repeat(1000);
        let file = Packed::new("a.css", text.clone()).unwrap();
        assert!(file.brotli.len() < 200 && file.gzip.len() < 200);

        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(file.gzip.as_slice()).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, text);
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut file.brotli.as_slice(), &mut plain).unwrap();
        assert_eq!(plain, text);
    }

    #[test]
    fn an_old_bundle_goes_but_the_folder_stays() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("site");
        fs::create_dir_all(root.join("snippets/x")).unwrap();
        fs::write(root.join("old.js"), "old").unwrap();
        let site = Site::emptied(root.clone()).unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        site.write("snippets/y/inline0.js", b"new").unwrap();
        assert_eq!(fs::read(root.join("snippets/y/inline0.js")).unwrap(), b"new");
    }
}
