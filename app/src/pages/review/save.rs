//! How a tool is marked as reviewed: in the form that was seen, with the labels that were given.
#![allow(clippy::too_many_arguments, reason = "a form sends its fields one by one")]

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// `seen` is the hash of the offered form that was shown; empty where none was. `redact` is one path per line.
#[server(endpoint = "tool-review", output = Json)]
pub async fn review_tool(
    #[server(default)] id: String,
    #[server(default)] seen: String,
    #[server(default)] risk: String,
    #[server(default)] sensitivity: String,
    #[server(default)] read_only: bool,
    #[server(default)] check_schema: bool,
    #[server(default)] redact: String,
    #[server(default)] mapping: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    let form = server::LabelForm { id, seen, risk, sensitivity, read_only, check_schema, redact, mapping };
    server::review(&console, &signed_in, &form).await
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::form::FORM;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::Place;
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond};
    use crate::pages::server::place;
    use crate::pages::server::write::{keep, recorded};
    use crate::routes::TOOL_REVIEW;
    use crate::session::SignedIn;
    use crate::url::encode;
    use pdp::discovery::{self, Labels, ReviewError};
    use policy::ToolId;
    use policy::redact::RedactPath;
    use std::str::FromStr;

    /// The most arguments of a tool that are redacted.
    const MOST_PATHS: usize = 100;

    pub(super) struct LabelForm {
        pub(super) id: String,
        pub(super) seen: String,
        pub(super) risk: String,
        pub(super) sensitivity: String,
        pub(super) read_only: bool,
        pub(super) check_schema: bool,
        pub(super) redact: String,
        /// `accepted` or `ignored`; empty where the tool declares none.
        pub(super) mapping: String,
    }

    impl LabelForm {
        fn draft(&self) -> Draft {
            let texts = [
                ("risk", self.risk.as_str()),
                ("sensitivity", self.sensitivity.as_str()),
                ("redact", self.redact.as_str()),
                ("mapping", self.mapping.as_str()),
            ];
            let switches = [("read_only", self.read_only), ("check_schema", self.check_schema)];
            let switches = switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "true"));
            Draft::new(FORM, texts.into_iter().chain(switches))
        }

        fn read(&self) -> Result<Labels, Vec<Problem>> {
            let mut problems = Vec::new();
            let risk = keep(&mut problems, parse_word("risk", &self.risk));
            let sensitivity = keep(&mut problems, parse_word("sensitivity", &self.sensitivity));
            let redact = keep(&mut problems, parse_paths(&self.redact));
            let mapping = match self.mapping.as_str() {
                "" => Some(None),
                given => keep(&mut problems, parse_word("mapping", given)).map(Some),
            };
            let (Some(risk), Some(sensitivity), Some(redact), Some(mapping)) =
                (risk, sensitivity, redact, mapping)
            else {
                return Err(problems);
            };
            let (read_only, check_schema) = (self.read_only, self.check_schema);
            Ok(Labels { risk, sensitivity, read_only, redact, check_schema, mapping })
        }
    }

    fn parse_word<T: FromStr>(field: &'static str, given: &str) -> Result<T, Problem> {
        given.parse().map_err(|_| Problem::new(field, Fault::Unknown))
    }

    fn parse_paths(given: &str) -> Result<Vec<String>, Problem> {
        let paths: Vec<String> =
            given.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect();
        let fault = if paths.len() > MOST_PATHS {
            Fault::TooMany(MOST_PATHS)
        } else if paths.iter().any(|path| path.len() > 1_000) {
            Fault::TooLong(1_000)
        } else if paths.iter().any(|path| path.chars().any(char::is_control)) {
            Fault::Control
        } else if paths.iter().any(|path| RedactPath::parse(path).is_err()) {
            Fault::NotPaths
        } else {
            return Ok(paths);
        };
        Err(Problem::new("redact", fault))
    }

    pub(super) async fn review(
        console: &Console,
        signed_in: &SignedIn,
        form: &LabelForm,
    ) -> Result<(), AppError> {
        let back = Place::new(TOOL_REVIEW.path.replace("{id}", &encode(&form.id)));
        respond(mark(console, signed_in, form).await, &back, form.draft())
    }

    async fn mark(
        console: &Console,
        signed_in: &SignedIn,
        form: &LabelForm,
    ) -> Result<(Place, Saved), Refusal> {
        let labels = form.read()?;
        if [&form.id, &form.seen].into_iter().any(|text| text.contains('\0')) {
            return Err(Problem::of_form(Fault::Gone).into());
        }
        let seen = (!form.seen.is_empty()).then_some(form.seen.as_str());
        let (actor, id) = (actor(signed_in), ToolId::from(form.id.as_str()));
        let review = discovery::review(&console.store, actor.clone(), &id, seen, labels);
        let tool = Box::pin(review).await.map_err(refusal)?;
        let saved = recorded(&console.store, &actor, Done::ToolReviewed, &tool.id).await;
        Ok((place(tool.server.as_str()), saved))
    }

    fn refusal(error: ReviewError) -> Refusal {
        let problem = match error {
            ReviewError::Store(error) => return error.into(),
            ReviewError::Write(error) => return error.into(),
            ReviewError::UnknownTool => Problem::of_form(Fault::Gone),
            ReviewError::Gone { .. } => Problem::of_form(Fault::NotListed),
            ReviewError::Stale { .. } => Problem::of_form(Fault::OfferChanged),
            ReviewError::NoDefinition { .. } => Problem::of_form(Fault::NothingKnown),
            ReviewError::Pointer { .. } => Problem::new("redact", Fault::NotPaths),
            ReviewError::TooManyPointers => Problem::new("redact", Fault::TooMany(MOST_PATHS)),
            ReviewError::Mapping(_) => Problem::new("mapping", Fault::MappingNotUsable),
            ReviewError::MappingUndecided { .. } => Problem::new("mapping", Fault::MappingUndecided),
            ReviewError::Schema(_) => Problem::new("check_schema", Fault::SchemaNotUsable),
        };
        problem.into()
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use policy::labels::MappingUse;
        use policy::{Risk, Sensitivity};

        fn form(risk: &str, redact: &str) -> LabelForm {
            LabelForm {
                id: "0190".to_owned(),
                seen: "00ff".to_owned(),
                risk: risk.to_owned(),
                sensitivity: "regulated".to_owned(),
                read_only: true,
                check_schema: false,
                redact: redact.to_owned(),
                mapping: String::new(),
            }
        }

        #[test]
        fn labels_are_read_from_words_and_lines() {
            let labels = form("critical", " /iban \r\n\r\n/cards/*/number").read().expect("labels");
            assert_eq!((labels.risk, labels.sensitivity), (Risk::Critical, Sensitivity::Regulated));
            assert_eq!(labels.redact, ["/iban", "/cards/*/number"]);
            assert!(labels.read_only && !labels.check_schema);
        }

        #[test]
        fn every_field_is_told_what_is_wrong_and_all_is_kept() {
            let form = form("dire", "iban");
            assert_eq!(
                form.read(),
                Err(vec![Problem::new("risk", Fault::Unknown), Problem::new("redact", Fault::NotPaths)])
            );
            let draft = form.draft();
            assert_eq!((draft.value("redact"), draft.value("read_only")), (Some("iban"), Some("true")));
            assert_eq!(draft.value("check_schema"), None);
        }

        #[test]
        fn what_becomes_of_a_mapping_is_one_of_two_words() {
            let said = |mapping: &str| LabelForm { mapping: mapping.to_owned(), ..form("high", "") }.read();
            assert_eq!(said("").expect("labels").mapping, None);
            assert_eq!(said("accepted").expect("labels").mapping, Some(MappingUse::Accepted));
            assert_eq!(said("ignored").expect("labels").mapping, Some(MappingUse::Ignored));
            assert_eq!(said("maybe"), Err(vec![Problem::new("mapping", Fault::Unknown)]));
        }

        #[test]
        fn an_offer_that_changed_is_shown_again() {
            let stale = refusal(ReviewError::Stale { name: "refund".to_owned() });
            assert!(
                matches!(stale, Refusal::Problems(problems) if problems == [Problem::of_form(Fault::OfferChanged)])
            );
        }
    }
}
