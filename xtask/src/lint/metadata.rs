//! What `cargo metadata` says, as far as we read it. Must not judge.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process::{capture, cargo};

#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
}

#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// `None` for our own.
    pub(super) source: Option<String>,
    pub(super) license: Option<String>,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) optional: bool,
    /// Set for our own rooms.
    pub(super) path: Option<String>,
}

impl Metadata {
    /// Everything in `Cargo.lock`, for every platform, with every feature of ours.
    pub(super) fn read() -> Result<Self> {
        let text = capture(cargo().args(["metadata", "--format-version", "1", "--all-features"]))?;
        serde_json::from_str(&text).context("cargo metadata gave something else than expected")
    }

    pub(super) fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    pub(super) fn others(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_some())
    }
}
