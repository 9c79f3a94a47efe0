//! Proofs of possession that were shown (RFC 9449): each counts once, on whichever replica it comes first.

use crate::Store;
use crate::db::{StoreError, now_micros};
use crate::schema::DpopProofs;
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, OnConflict, Query};

/// What one proof is told from others by. Both are SHA-256 in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProofId {
    /// The thumbprint of the key (RFC 7638).
    pub thumbprint: String,
    /// Of the proof's own `jti`.
    pub jti: String,
}

impl Store {
    /// Notes that the proof was shown; false where it was shown before. Of two that come at once one is the first.
    /// `until`: from then on it is too old to be taken at all.
    ///
    /// # Errors
    /// When the database does not answer; then the proof must not be taken.
    pub async fn note_proof(&self, proof: &ProofId, until: Timestamp) -> Result<bool, StoreError> {
        let insert = Query::insert()
            .into_table(DpopProofs::Table)
            .columns([DpopProofs::Thumbprint, DpopProofs::Jti, DpopProofs::Until])
            .values_panic([
                proof.thumbprint.as_str().into(),
                proof.jti.as_str().into(),
                until.micros().into(),
            ])
            .on_conflict(
                OnConflict::columns([DpopProofs::Thumbprint, DpopProofs::Jti]).do_nothing().to_owned(),
            )
            .take();
        Ok(self.db.execute(&insert).await? == 1)
    }

    /// Forgets proofs that are too old to be taken, by the database's clock; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_proofs(&self) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(DpopProofs::Table)
            .and_where(Expr::col(DpopProofs::Until).lt(now_micros(self.dialect())))
            .take();
        self.db.execute(&delete).await
    }
}
