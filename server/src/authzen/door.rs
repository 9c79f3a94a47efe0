//! Bodies read as the endpoints read them, with no server around: for fuzzing, and for the tests that replay what it starts
//! from. Nothing is decided here, and nothing looked up.

use super::error::RequestError;
use super::request::{MAX_BODY, parse_body, parse_evaluation};
use super::{batch, search};
use pdp::search::Wanted;
use pdp::{Question, Secret};

/// Where a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Evaluation,
    Evaluations,
    Search(Wanted),
}

/// What stands for the request's id and for the enforcement key.
const NOBODY: &str = "nobody";

/// The questions of a body; an item of a batch that cannot be read is an error in its place.
///
/// # Errors
/// Why the body as a whole is refused, as the asking side is told.
pub fn questions(door: Door, body: &[u8]) -> Result<Vec<Result<Question, String>>, String> {
    read(door, body).map_err(|error| error.to_string())
}

fn read(door: Door, body: &[u8]) -> Result<Vec<Result<Question, String>>, RequestError> {
    if body.len() > MAX_BODY {
        return Err(RequestError::TooLarge);
    }
    let body = parse_body(body)?;
    Ok(match door {
        Door::Evaluation => vec![Ok(parse_evaluation(body, NOBODY)?)],
        Door::Evaluations => match batch::parse(body, NOBODY)? {
            batch::Batch::Single(question) => vec![Ok(*question)],
            batch::Batch::Several(items) => {
                items.map(|item| item.map_err(|error| error.to_string())).collect()
            }
        },
        Door::Search(wanted) => {
            let (search, _) = search::parse(body, wanted, NOBODY, &Secret::new(NOBODY))?;
            vec![Ok(search.question)]
        }
    })
}
