//! Publish and subscribe.

pub(crate) mod inspect;
pub(crate) mod subscribe;
