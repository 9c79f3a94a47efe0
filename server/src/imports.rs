//! Files of resources that come in over the network: kept without a name, and brought in beside the answer. Console and
//! API share it.

use crate::connections::FilePlace;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use futures::{Stream, StreamExt};
use pdp::resources::{ImportError, Importer, Part};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;
use tokio::sync::oneshot;

/// The largest file.
pub(crate) const LARGEST_FILE: usize = 512 * 1024 * 1024;

/// Whoever finds no place for a file is asked to try again after so many seconds.
pub(crate) const RETRY_AFTER: i64 = 30;

/// For so long the rest of a file is read that nobody keeps.
const READ_WITHIN: Duration = Duration::from_secs(10);

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

/// Whether a file could not be kept since there is no room for it, be it on the disk or by a limit of the system.
pub(crate) fn is_out_of_room(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// Reads the rest of a file that cannot be kept, and keeps nothing of it: whoever is still sending when the connection closes
/// never sees why. Those who are slower do not see it.
pub(crate) async fn throw_away<E>(rest: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin)) {
    let reading = async { while let Some(Ok(_)) = rest.next().await {} };
    let _ = tokio::time::timeout(READ_WITHIN, reading).await;
}

/// The same for a file that is not taken at all. Whoever asks first is answered at once, and sends nothing.
pub(crate) async fn turn_away(headers: &HeaderMap, body: Body) {
    if !headers.contains_key(header::EXPECT) {
        throw_away(&mut body.into_data_stream()).await;
    }
}

/// Begins, and answers with the import's id once the first part is in, so that there is something to look at. The file keeps
/// its place until it is in.
///
/// # Errors
/// Why it stopped before that.
pub(crate) async fn begin(importer: Importer, place: FilePlace) -> Result<String, ImportError> {
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
        drop(place);
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn no_room_is_told_from_other_faults() {
        // ENOSPC, EFBIG and EDQUOT; and EACCES, EIO and ENOENT.
        for (code, full) in [(28, true), (27, true), (122, true), (13, false), (5, false), (2, false)] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(is_out_of_room(&error), full, "{error}");
        }
    }

    #[tokio::test]
    async fn what_is_not_kept_is_read_while_it_comes() {
        let chunks = [Ok(Bytes::from_static(b"a")), Err(io::Error::other("broken"))];
        turn_away(&HeaderMap::new(), Body::from_stream(futures::stream::iter(chunks))).await;
        // Whoever asks is not waited for.
        let silent = futures::stream::pending::<io::Result<Bytes>>();
        let asks = HeaderMap::from_iter([(header::EXPECT, HeaderValue::from_static("100-continue"))]);
        let turned = tokio::time::timeout(READ_WITHIN / 2, turn_away(&asks, Body::from_stream(silent))).await;
        assert!(turned.is_ok());
    }
}
