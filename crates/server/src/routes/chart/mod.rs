//! What people keep of their charts. Everything here is the caller's own: rows are found by caller and id, so that
//! another's do not exist for them.

pub mod drawings_delete;
pub mod drawings_list;
pub mod drawings_post;
pub mod drawings_put;
pub mod templates_delete;
pub mod templates_list;
pub mod templates_put;

use serde::{Deserialize, Serialize};
use tradewind_store::chart::drawings::DrawingRow;
use tradewind_store::chart::templates::TemplateRow;
use tradewind_wire as wire;
use wire::{DrawingKind, DrawingPoint, DrawingStyle, Time};

use crate::problem::{ApiError, ApiResult, Code};

const COLOR_CHARS_MAX: usize = 32;
const TEXT_CHARS_MAX: usize = 500;
const WIDTH_MAX: u8 = 10;

/// What of a drawing is stored as one text.
#[derive(Serialize, Deserialize)]
struct Content {
    kind: DrawingKind,
    points: Vec<DrawingPoint>,
    style: DrawingStyle,
}

impl Content {
    /// As text, when it is a drawing that there can be.
    fn checked(self) -> ApiResult<String> {
        let points = match self.kind {
            DrawingKind::HorizontalLine | DrawingKind::VerticalLine | DrawingKind::Text => 1,
            DrawingKind::TrendLine | DrawingKind::Ray | DrawingKind::Rectangle | DrawingKind::Fibonacci => 2,
        };
        if self.points.len() != points {
            let text = format!(
                "this kind of drawing has {points} points, got {}",
                self.points.len()
            );
            return Err(ApiError::field("points", "OUT_OF_RANGE", text));
        }
        if let Some(color) = &self.style.color {
            check_color("style.color", color)?;
        }
        if let Some(width) = self.style.width
            && !(1..=WIDTH_MAX).contains(&width)
        {
            let text = format!("width is 1 to {WIDTH_MAX}, got {width}");
            return Err(ApiError::field("style.width", "OUT_OF_RANGE", text));
        }
        if self
            .style
            .text
            .as_ref()
            .is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX)
        {
            let text = format!("text has at most {TEXT_CHARS_MAX} characters");
            return Err(ApiError::field("style.text", "OUT_OF_RANGE", text));
        }
        serde_json::to_string(&self).map_err(|_| ApiError::of(Code::Internal))
    }
}

fn check_color(field: &str, color: &str) -> ApiResult<()> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '#' | '-');
    if (1..=COLOR_CHARS_MAX).contains(&color.len()) && color.chars().all(legal) {
        return Ok(());
    }
    let text = format!("a colour is 1 to {COLOR_CHARS_MAX} letters, digits, # and -");
    Err(ApiError::field(field, "MALFORMED", text))
}

fn drawing(row: DrawingRow) -> ApiResult<wire::Drawing> {
    let content: Content = stored(&row.content)?;
    Ok(wire::Drawing {
        id: row.id,
        instrument: row.instrument,
        kind: content.kind,
        points: content.points,
        style: content.style,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
        version: version(row.version),
    })
}

fn template(row: TemplateRow) -> ApiResult<wire::ChartTemplate> {
    Ok(wire::ChartTemplate {
        content: stored(&row.content)?,
        id: row.id,
        name: row.name,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
        version: version(row.version),
    })
}

fn stored<T: for<'de> Deserialize<'de>>(text: &str) -> ApiResult<T> {
    serde_json::from_str(text).map_err(|error| {
        tracing::error!(%error, "what is stored of a chart cannot be read");
        ApiError::of(Code::Internal)
    })
}

fn version(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}
