//! Tests of loading, caching and refusing guest images.
