//! What people keep of their charts: drawings and templates. Both are each person's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Dec, Time};

/// What is drawn. What was stored in small letters is still read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DrawingKind {
    /// A line from one point to another.
    #[serde(alias = "trend_line")]
    TrendLine,
    /// A line from one point through another and on.
    #[serde(alias = "ray")]
    Ray,
    /// A price.
    #[serde(alias = "horizontal_line")]
    HorizontalLine,
    /// A time.
    #[serde(alias = "vertical_line")]
    VerticalLine,
    /// Between two corners.
    #[serde(alias = "rectangle")]
    Rectangle,
    /// Levels between two points.
    #[serde(alias = "fibonacci")]
    Fibonacci,
    /// Words at a point.
    #[serde(alias = "text")]
    Text,
}

/// A point of a drawing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawingPoint {
    /// Time.
    pub time: Time,
    /// Price.
    pub price: Dec,
}

/// How it is drawn.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawingStyle {
    /// Name of a colour of the theme, or `#rrggbb`; at most 32 letters, digits, `#` and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Width of lines, 1 to 10 pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10)]
    pub width: Option<u8>,
    /// Words; at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub text: Option<String>,
}

/// A drawing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Drawing {
    /// Id.
    pub id: String,
    /// Instrument id.
    pub instrument: String,
    /// What is drawn.
    pub kind: DrawingKind,
    /// Where.
    pub points: Vec<DrawingPoint>,
    /// How.
    pub style: DrawingStyle,
    /// When it was drawn.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// Version, for `If-Match`.
    pub version: u32,
}

/// Drawings on an instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Drawings {
    /// The oldest first.
    pub drawings: Vec<Drawing>,
}

/// A drawing to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDrawing {
    /// Instrument id.
    #[schema(example = "BTC-USD.COINBASE")]
    pub instrument: String,
    /// What is drawn.
    pub kind: DrawingKind,
    /// Where: two points, or one of a horizontal or vertical line and of text.
    pub points: Vec<DrawingPoint>,
    /// How.
    #[serde(default)]
    pub style: DrawingStyle,
}

/// What a drawing becomes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawingChange {
    /// What is drawn.
    pub kind: DrawingKind,
    /// Where: two points, or one of a horizontal or vertical line and of text.
    pub points: Vec<DrawingPoint>,
    /// How.
    #[serde(default)]
    pub style: DrawingStyle,
}

/// An indicator of a template.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartTemplateIndicator {
    /// Indicator id.
    #[schema(example = "RSI_14")]
    pub id: String,
    /// Number of its pane; 0 = over the candles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<u32>,
    /// Colours of its outputs, at most 12, each as [`DrawingStyle::color`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub colors: Vec<String>,
    /// The interval that it is computed on; the chart's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
}

/// What a template holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartTemplateContent {
    /// At most 50.
    pub indicators: Vec<ChartTemplateIndicator>,
    /// Interval of the chart; left as it is when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
}

/// A template.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChartTemplate {
    /// Id; stays when the template is replaced.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it holds.
    pub content: ChartTemplateContent,
    /// When it was made.
    pub created_at: Time,
    /// When it was replaced last.
    pub updated_at: Time,
    /// Version, for `If-Match`.
    pub version: u32,
}

/// All templates of a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChartTemplates {
    /// By name.
    pub templates: Vec<ChartTemplate>,
}

/// A template to be made or replaced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChartTemplate {
    /// What it holds.
    pub content: ChartTemplateContent,
}
