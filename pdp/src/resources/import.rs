//! One file, brought in part by part. Each part is one transaction, which also writes down how far the file is in; so
//! nothing is brought in twice or left out, wherever it is cut off. Whoever brings it in has it in hand meanwhile, and nobody
//! else does.

use super::rows::{FileError, Rows};
use policy::TenantSlug;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;
use store::administration::{FileFormat, ImportState, Imported, RefusedLine, Resource, ResourceImport};
use store::{Actor, Store, StoreError, WriteError};
use tokio::task::JoinSet;

/// For so long somebody has an import in hand who says nothing of it, in microseconds: who was killed, say.
const LEASE: i64 = 10 * 1_000_000;
/// How often it is said that somebody is at it: some of that may be late.
const BEAT: Duration = Duration::from_secs(2);

/// Why an import did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("no import of this very file, in this format and for this tenant, waits to be gone on with")]
    NothingToResume,
    /// By its id.
    #[error(
        "this file is being brought in already, by import `{id}`; if that was killed, try again in ten seconds"
    )]
    InHand { id: String },
    /// By its id.
    #[error(
        "import `{id}` of this file was taken over by somebody else, who goes on with it; look at how far it is before \
         the file is sent again"
    )]
    TakenOver { id: String },
    #[error("reading the file failed")]
    Reader,
}

/// What becomes of an earlier import of the same file that did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// It is left as it is, and a new one begins.
    Never,
    /// It is gone on with, whatever came in since; where there is none, nothing begins.
    Always,
    /// It is gone on with unless the file came in as a whole since, by another import; a new one begins else.
    IfLast,
}

/// How a file is brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    pub format: FileFormat,
    /// Every resource is of this tenant; None: each line says its own.
    pub tenant: Option<TenantSlug>,
    /// Whether a resource may be another tenant's until now.
    pub may_move: bool,
    pub resume: Resume,
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

/// The import to be brought in: a new one, or the one that waits, which nobody else goes on with from here on.
async fn in_hand(store: &Store, anew: ResourceImport, resume: Resume) -> Result<ResourceImport, ImportError> {
    if let Some(id) = store.find_held_import(&anew).await? {
        return Err(ImportError::InHand { id });
    }
    let waiting = match resume {
        Resume::Never => None,
        Resume::IfLast => store.find_interrupted_import(&anew).await?,
        Resume::Always => {
            Some(store.find_unfinished_import(&anew).await?.ok_or(ImportError::NothingToResume)?)
        }
    };
    let Some(waiting) = waiting else { return Ok(anew) };
    let taken = store.claim_import(&waiting, LEASE).await?;
    let taken = taken.ok_or(ImportError::InHand { id: waiting.id })?;
    Ok(ResourceImport { state: ImportState::Running, ..taken })
}

/// Says again and again that somebody is at it.
async fn hold(store: Store, id: String, attempt: i64) {
    loop {
        tokio::time::sleep(BEAT).await;
        // Whether it is still in hand, the next part finds out.
        if let Err(error) = store.hold_import(&id, attempt, LEASE).await {
            tracing::debug!(%error, import = %id, "that somebody is at an import was not said");
        }
    }
}

/// Notes that the import stopped: from here on it can be gone on with. Where nothing of it is in, or somebody else has it in
/// hand, there is nothing to note.
async fn let_go(store: &Store, actor: Actor, id: &str, attempt: i64) -> Result<(), WriteError> {
    let found = store.get_import(id).await?;
    let own = found.filter(|found| found.attempt == attempt && found.state != ImportState::Finished);
    let Some(import) = own else { return Ok(()) };
    let mut writer = store.write(actor).await?;
    writer.put_import(&ResourceImport { state: ImportState::Stopped, ..import }, LEASE).await?;
    writer.commit().await?;
    Ok(())
}

impl Importer {
    /// Reads the whole file once for its digest, and what its first line says.
    ///
    /// # Errors
    /// When it is no such file, somebody has it in hand, or nothing waits to be gone on with where that was asked for.
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
        let anew = ResourceImport::new(digest, size, format, tenant.clone());
        let import = Box::pin(in_hand(store, anew, resume)).await?;
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
    /// When the file or the database fails, or somebody else took it over. What was told of counts, and the import can be
    /// gone on with.
    pub async fn run(self, told: impl FnMut(&Part<'_>) + Send) -> Result<ResourceImport, ImportError> {
        let (store, actor) = (self.store.clone(), self.actor.clone());
        let (id, attempt) = (self.import.id.clone(), self.import.attempt);
        // Beside it, and for no longer than this here is waited for.
        let mut holding = JoinSet::new();
        holding.spawn(hold(store.clone(), id.clone(), attempt));
        let ended = Box::pin(self.bring_in(told)).await;
        drop(holding);
        if ended.is_err()
            && let Err(error) = Box::pin(let_go(&store, actor, &id, attempt)).await
        {
            tracing::warn!(%error, import = %id, "that an import stopped was not noted");
        }
        ended
    }

    async fn bring_in(self, mut told: impl FnMut(&Part<'_>) + Send) -> Result<ResourceImport, ImportError> {
        let Self { store, actor, may_move, mut import, mut rows } = self;
        let mut is_first = true;
        loop {
            let (back, batch) = beside(move || {
                let batch = rows.next_batch()?;
                Ok((rows, batch))
            })
            .await?;
            rows = back;
            let (lines, resources): (Vec<i64>, Vec<Resource>) = batch.resources.into_iter().unzip();
            let mut writer = store.write(actor.clone()).await?;
            // Of several that began at once one goes on: writers go one at a time.
            if is_first && let Some(id) = writer.find_held_import(&import).await? {
                return Err(ImportError::InHand { id });
            }
            is_first = false;
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
            let id = import.id.clone();
            import = writer.put_import(&import, LEASE).await?.ok_or(ImportError::TakenOver { id })?;
            writer.commit().await?;
            told(&Part { import: &import, refused: &refused });
            if batch.is_last {
                return Ok(import);
            }
        }
    }
}
