//! The catalogue of errors.

use crate::routes::prelude::*;

use std::fmt::Write as _;

use crate::extract::accept;

pub(crate) const HTML: &str = "text/html";

/// Every error code, with its status, its meaning and what can be done. As a page for those who would rather have HTML: the
/// `type` of a problem leads to its entry there.
#[utoipa::path(get, path = "/api/v1/errors", tag = "system",
    responses((status = 200, body = wire::ErrorCatalogue)))]
pub async fn list_errors(headers: HeaderMap) -> axum::response::Response {
    let vary = (header::VARY, "accept");
    if accept::prefers(&headers, HTML) {
        let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        return ([kind, vary], page()).into_response();
    }
    let items = Code::descriptions();
    ([vary], Json(wire::ErrorCatalogue { items })).into_response()
}

/// Nothing in it comes from a request: it is made of the catalogue alone.
fn page() -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Errors of the Tradewind API</title>\n\
         <link rel=\"stylesheet\" href=\"/api/v1/reference/reference.css\">\n</head>\n<body>\n<main>\n<h1>Errors</h1>\n\
         <p>Every error is <code>application/problem+json</code> with one of these codes as <code>error_code</code>. A code \
         keeps its meaning and its status.</p>\n",
    );
    for error in Code::descriptions() {
        let code = escaped(&error.error_code);
        let _ = writeln!(
            page,
            "<section id=\"{code}\">\n<h2><a href=\"#{code}\"><code>{code}</code></a></h2>\n<p>{} {}</p>\n<p>{}</p>\n\
             <p><strong>What to do:</strong> {}</p>\n</section>",
            error.status,
            escaped(&error.title),
            escaped(&error.description),
            escaped(&error.remedy),
        );
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
