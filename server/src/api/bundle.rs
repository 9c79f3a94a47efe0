//! `/api/v1/bundle`: the policy as a file, to be applied and to be written down.

use super::ApiState;
use super::administrator::Administrator;
use super::changes::ChangeView;
use super::problem::Problem;
use super::reading::{Asked, BUNDLES, BundleText};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::on;
use pdp::bundle::{Applied, ApplyOptions, Bundle, apply, export, export_own};
use policy::scope::AdminScope;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const BUNDLE: &str = "/api/v1/bundle";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, BUNDLE, AdminScope::Read, "Write the live policy down as a policy file", |m| {
        on(m, write_down)
    })
    .asks::<ExportQuery>()
    .gives_bundle(),
    Route::new(Verb::Post, BUNDLE, AdminScope::Bundle, "Bring the policy to what a policy file says", |m| {
        on(m, apply_text)
    })
    .asks::<ApplyQuery>()
    .takes_bundle()
    .gives::<AppliedView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Only what holds in this tenant.
    tenant: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ApplyQuery {
    /// Say what would change, and change nothing.
    dry_run: bool,
    /// Remove what the file does not name, of each list at the top that it gives.
    prune: bool,
    /// Take rules that restrict and can never match.
    allow_unmatched: bool,
}

/// What came of a policy file.
#[derive(Debug, Serialize, ToSchema)]
struct AppliedView {
    /// True: nothing was changed, and the changes are those that would have been.
    dry_run: bool,
    changes: Vec<ChangeView>,
    /// Rules that were taken although they can never match.
    flagged: Vec<FlaggedView>,
    /// Rules that ask for an approval which too few can give.
    unapproved: Vec<UnapprovedView>,
    /// Active enforcement keys without a secret: nobody can ask with them.
    keyless: Vec<String>,
    /// What was removed, in words.
    pruned: Vec<String>,
}

/// A rule that can never match, and why.
#[derive(Debug, Serialize, ToSchema)]
struct FlaggedView {
    rule: String,
    flags: Vec<String>,
}

/// A rule that asks for an approval which too few can give, and why.
#[derive(Debug, Serialize, ToSchema)]
struct UnapprovedView {
    rule: String,
    why: String,
}

fn view(dry_run: bool, changes: Vec<store::Change>, applied: Applied) -> Json<AppliedView> {
    let unapproved = applied.flagged.iter().filter_map(|told| {
        let why = told.unapproved.as_ref()?.to_string();
        Some(UnapprovedView { rule: told.rule.clone(), why })
    });
    let flagged = applied.flagged.iter().filter(|told| !told.flags.is_empty()).map(|told| FlaggedView {
        rule: told.rule.clone(),
        flags: told.flags.iter().map(ToString::to_string).collect(),
    });
    Json(AppliedView {
        dry_run,
        changes: changes.into_iter().map(ChangeView::from).collect(),
        flagged: flagged.collect(),
        unapproved: unapproved.collect(),
        keyless: applied.keyless,
        pruned: applied.pruned.unwrap_or_default().iter().map(ToString::to_string).collect(),
    })
}

async fn write_down(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, Problem> {
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    let version = env!("CARGO_PKG_VERSION");
    let text = match administrator.tenant() {
        Some(own) => export_own(&state.store, own, version).await?,
        None => export(&state.store, tenant.as_ref(), version).await?,
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(BUNDLES[0]))], text).into_response())
}

/// A file speaks of subjects and servers that tenants share, so it takes a token of every tenant.
async fn apply_text(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ApplyQuery>,
    BundleText(text): BundleText,
) -> Result<Json<AppliedView>, Problem> {
    administrator.of_every_tenant()?;
    let bundle = Bundle::parse(&text).map_err(|error| Problem::malformed(error.first_line()))?;
    // So no secret can be named that the vault would keep.
    let how = ApplyOptions { allow_unmatched: query.allow_unmatched, prune: query.prune, vault: None };
    let mut writer = state.store.write(administrator.actor()).await?;
    // The variables of this host are nobody's business who is not on it: `secret_env` finds nothing here.
    let applied = apply(&mut writer, &bundle, &|_| None, how).await?;
    if query.dry_run {
        let changes = writer.changes().to_vec();
        writer.rollback().await?;
        return Ok(view(true, changes, applied));
    }
    let committed = writer.commit().await?;
    Ok(view(false, committed.changes, applied))
}
