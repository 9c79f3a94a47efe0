//! Files of resources that come in over the network: kept without a name, and brought in beside the answer. Console and
//! API share it.

use axum::body::Bytes;
use pdp::resources::{FileError, ImportError, ImportOptions, Importer, Part};
use std::fs::File;
use std::io::{self, Write};
use store::{Actor, Store};
use tokio::sync::oneshot;

/// The largest file.
pub(crate) const LARGEST_FILE: usize = 512 * 1024 * 1024;

/// A file that nobody else finds: its name is taken away at once, and with the last handle it is gone.
pub(crate) async fn nameless() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("countersign-import-{}", uuid::Uuid::now_v7().simple()));
    beside(move || {
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(file)
    })
    .await
}

/// The file with this at its end.
pub(crate) async fn append(mut file: File, chunk: Bytes) -> io::Result<File> {
    beside(move || {
        file.write_all(&chunk)?;
        Ok(file)
    })
    .await
}

/// Files are written where waiting for them holds nobody up.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Goes on with the same file where an import of it was cut off, else begins anew.
pub(crate) async fn open(
    store: &Store,
    actor: &Actor,
    file: File,
    options: ImportOptions,
) -> Result<Importer, ImportError> {
    let again = file.try_clone().map_err(FileError::from)?;
    match Importer::open(store, actor.clone(), again, options.clone()).await {
        Err(ImportError::NothingToResume) => {
            let anew = ImportOptions { resume: false, ..options };
            Importer::open(store, actor.clone(), file, anew).await
        }
        opened => opened,
    }
}

/// Begins, and answers with the import's id once the first part is in, so that there is something to look at.
///
/// # Errors
/// Why it stopped before that.
pub(crate) async fn begin(importer: Importer) -> Result<String, ImportError> {
    let id = importer.import().id.clone();
    let (first, heard) = oneshot::channel();
    let name = id.clone();
    let running = tokio::spawn(async move {
        let mut first = Some(first);
        let told = move |_: &Part<'_>| {
            if let Some(first) = first.take() {
                // Nobody may wait any more.
                let _ = first.send(());
            }
        };
        let ended = importer.run(told).await;
        if let Err(error) = &ended {
            tracing::warn!(%error, import = %name, "an import stopped");
        }
        ended
    });
    if heard.await.is_ok() {
        return Ok(id);
    }
    // It ended, and what it ended with says why.
    match running.await {
        Ok(ended) => ended.map(|import| import.id),
        Err(_) => Err(ImportError::Reader),
    }
}
