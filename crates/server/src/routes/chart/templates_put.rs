//! Saving a template.

use crate::routes::prelude::*;

use tradewind_store::chart::Changed;
use tradewind_store::chart::templates::{self, TemplateRow};

use super::{check_color, template};
use crate::identity::random_id;
use crate::{bars, indicators};

/// Most templates of a person.
const TEMPLATES_MAX: u32 = 100;
const CONTENT_BYTES_MAX: usize = 64 * 1024;
const NAME_CHARS_MAX: usize = 64;
const INDICATORS_MAX: usize = 50;
const COLORS_MAX: usize = tradewind_indicators::OUTPUTS_MAX;

/// Makes a chart template or replaces the one of its name; at most 100. `If-Match`, where sent, carries the version that
/// is replaced.
#[utoipa::path(put, path = "/api/v1/chart/templates/{name}", tag = "charts",
    params(("name" = String, Path, description = "Name: 1 to 64 characters."),
        ("If-Match" = Option<String>, Header, description = "The version that is replaced, as `\"1\"`; any when absent.")),
    request_body = wire::NewChartTemplate, responses((status = 200, body = wire::ChartTemplate),
        (status = 409, description = "Problem: CHART_LIMIT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_template(
    State(state): State<AppState>,
    based_on: IfMatch,
    SignedIn(caller): SignedIn,
    params: Params,
    Body(body): Body<wire::NewChartTemplate>,
) -> ApiResult<impl IntoResponse> {
    let name = checked_name(params.text("name"))?;
    let content = checked(&body.content)?;
    let now = state.clock.now();
    let row = match based_on.version()? {
        Some(version) => {
            let replaced = templates::replace(&state.store, &caller.user, name, &content, version, now);
            match replaced.await? {
                Changed::Done(row) => row,
                // What is gone has no version that could be replaced.
                Changed::Stale | Changed::Missing => return Err(ApiError::of(Code::VersionConflict)),
            }
        }
        None => {
            let row = TemplateRow {
                owner: caller.user.clone(),
                name: name.to_owned(),
                id: random_id(12)?,
                org: caller.org.clone(),
                content,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            let stored = templates::put(&state.store, &row, TEMPLATES_MAX).await?;
            stored.ok_or_else(|| {
                let text = format!("there are {TEMPLATES_MAX} templates; delete some");
                ApiError::new(Code::ChartLimit, text)
            })?
        }
    };
    let saved = template(row)?;
    Ok((Tag::version(saved.version).header()?, Json(saved)))
}

fn checked_name(name: &str) -> ApiResult<&str> {
    let name = name.trim();
    let chars = name.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&chars) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    let text = format!("a name has 1 to {NAME_CHARS_MAX} printable characters");
    Err(ApiError::field("name", "MALFORMED", text))
}

fn checked(content: &wire::ChartTemplateContent) -> ApiResult<String> {
    if content.indicators.len() > INDICATORS_MAX {
        let text = format!(
            "at most {INDICATORS_MAX} indicators, got {}",
            content.indicators.len()
        );
        return Err(ApiError::field("content.indicators", "OUT_OF_RANGE", text));
    }
    if let Some(interval) = &content.interval {
        at("content.interval", bars::interval(interval))?;
    }
    for (n, indicator) in content.indicators.iter().enumerate() {
        let field = |name: &str| format!("content.indicators[{n}].{name}");
        at(&field("id"), indicators::parse(&indicator.id))?;
        if let Some(interval) = &indicator.interval {
            at(&field("interval"), bars::interval(interval))?;
        }
        if indicator.colors.len() > COLORS_MAX {
            let text = format!("at most {COLORS_MAX} colours, got {}", indicator.colors.len());
            return Err(ApiError::field(field("colors"), "OUT_OF_RANGE", text));
        }
        for color in &indicator.colors {
            check_color(&field("colors"), color)?;
        }
    }
    let text = serde_json::to_string(content).map_err(|_| ApiError::of(Code::Internal))?;
    if text.len() > CONTENT_BYTES_MAX {
        let text = format!(
            "a template has at most {CONTENT_BYTES_MAX} bytes, got {}",
            text.len()
        );
        return Err(ApiError::field("content", "OUT_OF_RANGE", text));
    }
    Ok(text)
}

/// Says of which field a refusal is.
fn at<T>(field: &str, result: ApiResult<T>) -> ApiResult<T> {
    result.map_err(|error| ApiError::field(field, "MALFORMED", error.detail))
}
