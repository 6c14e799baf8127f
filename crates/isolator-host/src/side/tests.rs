//! What is taken for a side module and what is not.
