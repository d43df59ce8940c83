//! HTTP API, real-time hub, identity, authorisation and the embedded web app.
