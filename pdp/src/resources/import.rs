//! One file, brought in part by part. Each part is one transaction, which also writes down how far the file is in; so
//! nothing is brought in twice or left out, wherever it is cut off.

use super::rows::{FileError, Rows};
use policy::TenantSlug;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use store::administration::{FileFormat, ImportState, Imported, RefusedLine, Resource, ResourceImport};
use store::{Actor, Store, StoreError, WriteError};

/// Why an import did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("no import of this very file waits to be gone on with")]
    NothingToResume,
    #[error("the import that waits to be gone on with is one of another format or tenant")]
    OtherOptions,
    #[error("reading the file failed")]
    Reader,
}

/// How a file is brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    pub format: FileFormat,
    /// Every resource is of this tenant; None: each line says its own.
    pub tenant: Option<TenantSlug>,
    /// Whether a resource may be another tenant's until now.
    pub may_move: bool,
    /// Go on where an earlier import of the same file stopped.
    pub resume: bool,
}

/// What became of one part.
#[derive(Debug)]
pub struct Part<'a> {
    /// How far the file is in now.
    pub import: &'a ResourceImport,
    /// The lines of this part that were not taken.
    pub refused: &'a [RefusedLine],
}

/// An import that is about to run.
#[derive(Debug)]
pub struct Importer {
    store: Store,
    actor: Actor,
    may_move: bool,
    import: ResourceImport,
    rows: Rows,
}

/// The file's SHA-256 in hexadecimal, and its size.
fn digest(file: &mut File) -> Result<(String, i64), FileError> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size: i64 = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        hasher.update(part);
        size = size.saturating_add(i64::try_from(read).unwrap_or(i64::MAX));
    }
    Ok((hex::encode(hasher.finalize()), size))
}

/// Files are read where waiting for them holds nobody up.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, ImportError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(ImportError::Reader),
    }
}

impl Importer {
    /// Reads the whole file once for its digest, and what its first line says.
    ///
    /// # Errors
    /// When it is no such file, or nothing waits to be gone on with where that was asked for.
    pub async fn open(
        store: &Store,
        actor: Actor,
        mut file: File,
        options: ImportOptions,
    ) -> Result<Self, ImportError> {
        let ImportOptions { format, tenant, may_move, resume } = options;
        let (file, digest, size) = beside(move || {
            let (digest, size) = digest(&mut file)?;
            Ok((file, digest, size))
        })
        .await?;
        let import = if resume {
            let waiting = store.find_unfinished_import(&digest).await?;
            let waiting = waiting.ok_or(ImportError::NothingToResume)?;
            if waiting.format != format || waiting.tenant != tenant {
                return Err(ImportError::OtherOptions);
            }
            ResourceImport { state: ImportState::Running, ..waiting }
        } else {
            ResourceImport::new(digest, size, format, tenant.clone())
        };
        let (position, line) = (import.position, import.line);
        let rows = beside(move || Rows::open(file, format, tenant, position, line)).await?;
        Ok(Self { store: store.clone(), actor, may_move, import, rows })
    }

    /// What is in already.
    pub fn import(&self) -> &ResourceImport {
        &self.import
    }

    /// Brings the rest of the file in; `told` hears of each part once it counts.
    ///
    /// # Errors
    /// When the file or the database fails. What was told of counts, and the import can be gone on with.
    pub async fn run(self, mut told: impl FnMut(&Part<'_>) + Send) -> Result<ResourceImport, ImportError> {
        let Self { store, actor, may_move, mut import, mut rows } = self;
        loop {
            let (back, batch) = beside(move || {
                let batch = rows.next_batch()?;
                Ok((rows, batch))
            })
            .await?;
            rows = back;
            let (lines, resources): (Vec<i64>, Vec<Resource>) = batch.resources.into_iter().unzip();
            let mut writer = store.write(actor.clone()).await?;
            let outcomes = writer.import_resources(&resources, may_move).await?;
            let mut refused = batch.refused;
            for (line, outcome) in lines.into_iter().zip(outcomes) {
                match outcome {
                    Imported::Created => import.created += 1,
                    Imported::Changed => import.changed += 1,
                    Imported::Unchanged => import.unchanged += 1,
                    Imported::Refused(why) => refused.push(RefusedLine { line, why }),
                }
            }
            refused.sort_by_key(|one| one.line);
            for one in &refused {
                import.refuse(one.clone());
            }
            import.position = batch.position;
            import.line = batch.line;
            if batch.is_last {
                import.state = ImportState::Finished;
            }
            import = writer.put_import(&import).await?;
            writer.commit().await?;
            told(&Part { import: &import, refused: &refused });
            if batch.is_last {
                return Ok(import);
            }
        }
    }
}
