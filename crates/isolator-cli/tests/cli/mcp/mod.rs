//! `isolator mcp`, as its clients see it.

mod hostile;
mod http;
mod server;
mod sessions;
mod tools;
