//! Whose a subject is: who is of some tenants alone sees their members, and changes those who are members of no other.

use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::Refusal;
use policy::ids::check_id;
use policy::{Reach, SubjectId, SubjectKind};
use store::Writer;
use store::administration::{Membership, Subject};

/// A subject that the reader sees: a member of one of its tenants. And whether it is of no other.
pub(super) async fn find(writer: &mut Writer, reach: &Reach, id: &str) -> Result<(Subject, bool), Refusal> {
    let gone = || Refusal::from(Problem::of_form(Fault::Gone));
    // What can be no id is not asked for: Postgres refuses U+0000 even in a comparison.
    if check_id(id).is_err() {
        return Err(gone());
    }
    let subject = writer.get_subject(&SubjectId::new(id)).await?.ok_or_else(gone)?;
    if reach.is_everything() {
        return Ok((subject, true));
    }
    let held = writer.list_memberships(&subject.id).await?;
    let own = |held: &Membership| reach.holds(held.tenant.as_str());
    if held.iter().any(own) { Ok((subject, held.iter().all(own))) } else { Err(gone()) }
}

/// A subject that is the reader's to change: others have no say in it.
pub(super) async fn find_own(writer: &mut Writer, reach: &Reach, id: &str) -> Result<Subject, Refusal> {
    match find(writer, reach, id).await? {
        (subject, true) => Ok(subject),
        (_, false) => Err(Problem::of_form(Fault::NotYours).into()),
    }
}

/// A registered user of this id whom the reader sees.
pub(super) async fn person(writer: &mut Writer, reach: &Reach, id: &str) -> Result<SubjectId, Refusal> {
    match find(writer, reach, id).await {
        Ok((subject, _)) if subject.kind == SubjectKind::User => Ok(subject.id),
        Err(error @ Refusal::Store(_)) => Err(error),
        _ => Err(Problem::new("owner", Fault::NotAPerson).into()),
    }
}

/// Who answers for it, where the reader does not see them: the form was empty, and they stay.
pub(super) async fn hidden(
    writer: &mut Writer,
    reach: &Reach,
    owner: Option<&SubjectId>,
) -> Result<Option<SubjectId>, Refusal> {
    let Some(owner) = owner else { return Ok(None) };
    match find(writer, reach, owner.as_str()).await {
        Ok(_) => Ok(None),
        Err(error @ Refusal::Store(_)) => Err(error),
        Err(Refusal::Problems(_)) => Ok(Some(owner.clone())),
    }
}
