//! The documented facts, one test each, through `World::apply`.
