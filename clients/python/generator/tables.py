"""What the document does not say. Every row is checked against the document, so that none outlives what it is about."""

from __future__ import annotations

# Operations that the client leaves out, each with the reason.
LEFT_OUT = {
    "get_stream": "the hub is a WebSocket: see tradewind_client.stream",
    "get_reference": "a page for browsers",
    "get_reference_style": "of that page",
    "get_reference_script": "of that page",
    "post_session": "opens a browser's session; programs send an API key",
    "post_session_link": "opens a browser's session",
    "delete_session": "only in person: a key is refused",
    "list_sessions": "only in person",
    "revoke_session": "only in person",
    "post_setup": "opens a browser's session for the first administrator",
    "post_password": "only in person",
    "list_keys": "only in person: a key must not make or keep credentials",
    "post_key": "only in person",
    "revoke_key": "only in person",
    "get_mfa": "only in person",
    "post_totp": "only in person",
    "confirm_totp": "only in person",
    "post_backup_codes": "only in person",
    "delete_mfa": "only in person",
    "post_password_reset": "for the page that sets a forgotten password anew",
    "put_password_reset": "for that page",
    "post_tokens": "signs a person's program in with a password; programs of their own send an API key",
    "refresh_tokens": "for those programs",
    "delete_tokens": "for those programs",
    "get_jwks": "for whoever verifies access tokens",
    "list_oidc_providers": "for the sign-in page",
    "start_oidc": "sends a browser to a provider",
    "oidc_callback": "takes that browser in again",
    "post_oidc_code": "opens a browser's session",
    "list_identities": "only in person",
    "post_identity": "only in person",
    "delete_identity": "only in person",
}

# Schemas whose shape depends on something outside of them: taken as any JSON value.
OPAQUE = {"HubData": "which shape it has follows from the topic's channel: see tradewind_client.stream.channels"}

# Schemas that only the hub's messages lead to.
HUB_ROOTS = ("ServerMessage", "ClientMessage", "HubData", "Problem")

# Text fields that carry decimals, although their schema is a plain string.
DECIMAL_TEXT = {
    "AllocationPart": {"quantity"},
    "BookingTask": {"amount", "bought", "sold", "withheld"},
    "BracketLeg": {"distance", "price"},
    "CorporateAction": {
        "cost_fraction",
        "fraction_price",
        "fraction_step",
        "per_unit",
        "price",
        "taken",
        "withholding",
    },
    "CorrectedFill": {"fee", "price", "quantity"},
    "FxRate": {"rate"},
    "LotPick": {"quantity"},
    "NewAccount": {"deposit"},
    "NewCorporateEvent": {"amount", "cost_fraction", "held", "new", "price"},
    "NewOrder": {
        "activation",
        "display_quantity",
        "price",
        "quantity",
        "trailing_offset",
        "trailing_percent",
        "trigger",
    },
    "NewTransfer": {"amount"},
    "OrderChange": {"display_quantity", "price", "quantity", "trigger"},
}

# Arrays of decimals that are pairs of price and size.
LEVELS = {"Book": {"asks", "bids"}, "BookDelta": {"asks", "bids"}}

# Fields that are never shown by repr.
SECRETS = {
    "ClientMessage": {"ticket"},
    "NewUser": {"password"},
    "ResetLink": {"token"},
    "Session": {"csrf_token"},
    "StreamTicket": {"ticket"},
}
# Words in a field's name that ask for a row above.
SECRET_WORDS = ("password", "token", "secret", "ticket", "csrf", "credential")

# Query parameters that are lists in one text.
COMMA_LISTS = {("get_bars", "overlays"), ("list_quotes", "instruments"), ("udf_quotes", "symbols")}

# When a request is repeated, where that is not "GET, or with an Idempotency-Key": when this expression holds.
REPEATABLE = {
    # Whoever asks whether it is well wants the answer, not a better one later.
    "healthz": "False",
    "readyz": "False",
    # They change nothing.
    "query_indicators": "True",
    "preview_size": "True",
    "preview_statement": "True",
    "check_script": "True",
}

# How an answer in another form than JSON is called.
FORMS = {"application/vnd.apache.arrow.stream": "arrow"}

# Answers that are text although their form does not say so, and those that are a file.
TEXTS = frozenset({"application/x-ndjson"})
FILES = frozenset({"application/zip"})
