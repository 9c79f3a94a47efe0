//! Policy as a file: written down and applied again nothing changes, and pruning removes what it should and says so.

mod build;
mod exact;
mod export;
mod prune;
mod random;
mod sketch;

use pdp::bundle::{Applied, ApplyError, ApplyOptions, Bundle, apply, export as written};
use policy::TenantSlug;
use store::{Change, Store};
use tests::world::operator;

/// What `countersign export` prints.
async fn exported(store: &Store, only: Option<&str>) -> String {
    let only = only.map(TenantSlug::new);
    written(store, only.as_ref(), "VERSION").await.expect("is written")
}

fn bundle(text: &str) -> Bundle {
    Bundle::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Applies a bundle, as `countersign apply` does; its secrets are there, whatever they are called.
async fn applied(store: &Store, bundle: &Bundle, prune: bool) -> Result<(Applied, Vec<Change>), ApplyError> {
    in_one_go(store, bundle, prune, true).await
}

/// As [`applied`], with `--dry-run`.
async fn tried(store: &Store, bundle: &Bundle, prune: bool) -> Result<(Applied, Vec<Change>), ApplyError> {
    in_one_go(store, bundle, prune, false).await
}

async fn in_one_go(
    store: &Store,
    bundle: &Bundle,
    prune: bool,
    keep: bool,
) -> Result<(Applied, Vec<Change>), ApplyError> {
    let secret = |variable: &str| Some(format!("{}-{variable}", "x".repeat(40)));
    let mut writer = store.write(operator()).await.expect("a unit of work");
    let options = ApplyOptions { prune, allow_unmatched: true, ..ApplyOptions::default() };
    let outcome = apply(&mut writer, bundle, &secret, options).await;
    let changes = writer.changes().to_vec();
    if keep && outcome.is_ok() {
        writer.commit().await.expect("commits");
    } else {
        writer.rollback().await.expect("rolls back");
    }
    outcome.map(|applied| (applied, changes))
}

/// An export holds no secrets: names a variable for each of its keys.
fn with_secrets(mut bundle: Bundle) -> Bundle {
    for subject in bundle.subjects.iter_mut().flatten() {
        for key in subject.api_keys.iter_mut().flatten() {
            // No name holds a line break, so each has a variable of its own.
            key.secret_env = Some(format!("{}\n{}", subject.id, key.name));
        }
    }
    for credential in bundle.credentials.iter_mut().flatten() {
        credential.secret_env = Some(credential.name.clone());
    }
    bundle
}
