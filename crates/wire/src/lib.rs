//! The API's and the hub's own types, from which OpenAPI and the clients are generated.
