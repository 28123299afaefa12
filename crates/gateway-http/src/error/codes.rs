//! The codes that error objects carry, each with its status and title.
//!
//! Invariant: every code has a page in `docs/errors/`, and every page has a code.

/// A published code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// As it stands in `code`.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// As it stands in `title`, unless the error has a better one.
    pub title: &'static str,
}

const fn code(code: &'static str, status: u16, title: &'static str) -> Code {
    Code {
        code,
        status,
        title,
    }
}

/// Every code, in the order of the documentation.
pub const CODES: &[Code] = &[
    code("VALIDATION_ERROR", 422, "Validation error"),
    code("UNAUTHORIZED", 401, "Access denied"),
    code("INVALID_TOKEN", 401, "Invalid token"),
    code("RECORD_NOT_FOUND", 404, "Record not found"),
    code("INVALID_RESOURCE", 404, "Invalid resource"),
    code("INVALID_RESOURCE_ID", 400, "Invalid resource id"),
    code("INVALID_FIELD", 400, "Invalid field"),
    code("INVALID_FIELD_VALUE", 400, "Invalid field value"),
    code("INVALID_FIELD_FORMAT", 400, "Invalid field format"),
    code("INVALID_INCLUDE", 400, "Invalid include"),
    code("INVALID_SORT_CRITERIA", 400, "Invalid sort criteria"),
    code("INVALID_FILTERS_SYNTAX", 400, "Invalid filters syntax"),
    code("INVALID_FILTER_VALUE", 400, "Invalid filter value"),
    code("FILTER_NOT_ALLOWED", 400, "Filter not allowed"),
    code("INVALID_PAGE_OBJECT", 400, "Invalid page object"),
    code("INVALID_PAGE_VALUE", 400, "Invalid page value"),
    code("INVALID_LINKS_OBJECT", 400, "Invalid links object"),
    code("INVALID_DATA_FORMAT", 400, "Invalid data format"),
    code("PARAM_MISSING", 400, "Missing parameter"),
    code("PARAM_NOT_ALLOWED", 400, "Param not allowed"),
    code("KEY_NOT_INCLUDED_IN_URL", 400, "Key is not included in URL"),
    code("TYPE_MISMATCH", 400, "Type mismatch"),
    code("METHOD_NOT_ALLOWED", 405, "Method not allowed"),
    code("NOT_ACCEPTABLE", 406, "Not acceptable"),
    code("PAYLOAD_TOO_LARGE", 413, "Payload too large"),
    code("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported media type"),
    code("LOCKED", 423, "Locked"),
    code("TOO_MANY_REQUESTS", 429, "Too many requests"),
    code("INTERNAL_SERVER_ERROR", 500, "Internal server error"),
    code("SERVICE_UNAVAILABLE", 503, "Service unavailable"),
    code("invalid_request", 400, "Invalid request"),
    code("invalid_client", 401, "Invalid client"),
    code("invalid_grant", 400, "Invalid grant"),
    code("invalid_scope", 400, "Invalid scope"),
    code("unauthorized_client", 400, "Unauthorized client"),
    code("unsupported_grant_type", 400, "Unsupported grant type"),
];
